//! What a robot job is given: variables of its environment, an input file, fields of the request by their API names.
//!
//! In: values under `environment`, `input-file` and `start-info`. Out: the same, typed, or what is wrong with them.
//! Never: shows a value: it may hold a secret.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use crate::diagnostic::Code;
use crate::format::from_value::{FieldError, FromValue};
use crate::format::path::data_path;
use crate::format::text::Guid;
use crate::ids::AttachmentId;
use crate::start_info;

/// `input-file`, as it is written.
#[derive(Debug)]
pub enum InputFile {
    /// A GUID: what Orchestrator has.
    Attachment(AttachmentId),
    /// A file beside the manifest.
    Path(String),
}

impl JsonSchema for InputFile {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "InputFile".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl FromValue for InputFile {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let Value::String(text) = value else {
            let what = format!("`{key}` must be the path of a file, or the GUID of an attachment");
            return Err(FieldError::new(Code::WrongType, what));
        };
        match Guid::parse(text) {
            Some(Guid(id)) => Ok(Self::Attachment(AttachmentId(id))),
            None => data_path(text).map(|()| Self::Path(text.clone())),
        }
    }
}

/// Variables of an environment, by name: text, as it is sent.
#[derive(Debug)]
pub struct Variables(pub Map<String, Value>);

impl JsonSchema for Variables {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Variables".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } })
    }
}

/// All of them, made by an expression.
impl FromValue for Variables {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let entries = Map::from_value(key, value)?.into_iter().map(|(name, value)| {
            variable_name(&name)?;
            let text = variable(&name, &value)?;
            Ok((name, Value::String(text)))
        });
        entries.collect::<Result<_, FieldError>>().map(Self)
    }
}

/// The name of an environment variable. Windows allows far more than letters, so only what would break a line is refused.
pub(crate) fn variable_name(name: &str) -> Result<(), FieldError> {
    let is_name = !name.is_empty() && name.trim() == name && !name.contains(|c: char| c == '=' || c.is_control());
    if is_name {
        return Ok(());
    }
    Err(FieldError::new(Code::WrongForm, format!("`{}` is no name of an environment variable", name.escape_debug()))
        .help("it has no `=`, no line end and no space around it"))
}

/// The value of the variable `name`, as text.
pub(crate) fn variable(name: &str, value: &Value) -> Result<String, FieldError> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            let what = format!("environment variable `{name}` must be text, a number, true or false");
            return Err(
                FieldError::new(Code::WrongType, what).help("`| tojson` makes text of anything; `omit` leaves it out")
            );
        }
    };
    if text.contains(['\n', '\r', '\0']) {
        let what = format!("environment variable `{name}` holds a line end; the API takes one line for each");
        return Err(FieldError::new(Code::WrongForm, what).help("pass it in `arguments`, or encode it"));
    }
    Ok(text)
}

/// One field of `start-info`; `value` is `None` if only its name can be judged yet.
pub(crate) fn start_info_field(name: &str, value: Option<&Value>) -> Result<(), FieldError> {
    let field = start_info::find(name);
    field
        .and_then(|field| value.map_or(Ok(()), |value| start_info::check(field, value)))
        .map_err(|start_info::StartInfoError { what, help }| FieldError { code: Code::RequestField, what, help })
}
