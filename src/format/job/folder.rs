//! `folder`: where robot jobs start, as an author names it.
//!
//! In: a value under `folder`. Out: [`FolderRef`], or what is wrong with it. Never: asks a server which folder is meant.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::text_or::text_or;
use crate::diagnostic::Code;
use crate::format::from_value::{FieldError, FromValue, only_entry, printable};
use crate::format::shape::open_keys;
use crate::format::text::Guid;
use crate::ids::{FolderId, FolderRef};

/// A folder by exactly one of `path`, `id` and `key`.
#[derive(JsonSchema)]
#[schemars(transform = open_keys)]
#[expect(dead_code, reason = "only the schema knows this type")]
struct FolderBy {
    /// The fully qualified path, such as `Finance/AP`.
    #[schemars(extend("examples" = ["Finance/AP"]))]
    path: Option<String>,
    /// The folder's number. It may change on the server; paths and keys do not.
    #[schemars(extend("examples" = [7]))]
    id: Option<i64>,
    /// The folder's key, a GUID.
    key: Option<Guid>,
}

impl JsonSchema for FolderRef {
    fn schema_name() -> Cow<'static, str> {
        "Folder".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let about = "A folder: its path as text, or an object that says which.";
        text_or::<FolderBy>(generator, about, "The folder, by its fully qualified path, such as `Finance/AP`.")
    }
}

/// Text is a path; else one of `{path}`, `{id}`, `{key}`.
impl FromValue for FolderRef {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let wrong = |what: &str| FieldError::new(Code::WrongType, what);
        match value {
            Value::String(text) => path(key, text),
            Value::Object(entries) => match only_entry(key, &["path", "id", "key"], entries)? {
                ("path", Value::String(text)) => path(key, text),
                ("id", id) => id
                    .as_i64()
                    .filter(|id| *id > 0)
                    .map(|id| Self::Id(FolderId(id)))
                    .ok_or_else(|| wrong(&format!("`id` of `{key}` must be a whole number above 0"))),
                ("key", text) => text
                    .as_str()
                    .and_then(Guid::parse)
                    .map(|Guid(key)| Self::Key(key))
                    .ok_or_else(|| FieldError::new(Code::WrongForm, format!("`key` of `{key}` must be a GUID"))),
                (_, _) => Err(wrong(&format!("`path` of `{key}` must be text"))),
            },
            Value::Number(number) => Err(wrong(&format!("`{key}` as text is a path; a number is an id"))
                .help(format!("write `{key}: {{ id: {number} }}`"))),
            Value::Null | Value::Bool(_) | Value::Array(_) => {
                Err(wrong(&format!("`{key}` must be a path or a mapping")))
            }
        }
    }
}

/// A slash before or behind a path means nothing: the server knows `Shared`, and neither `/Shared` nor `Shared/`.
fn path(key: &str, text: &str) -> Result<FolderRef, FieldError> {
    let trimmed = text.trim_matches('/');
    if trimmed.trim().is_empty() {
        return Err(FieldError::new(Code::WrongForm, format!("`{key}` must not be empty")));
    }
    printable("the path of a folder", text)?;
    let parts: Vec<&str> = trimmed.split('/').map(str::trim).collect();
    if parts.iter().any(|part| part.is_empty()) || trimmed.split('/').any(|part| part != part.trim()) {
        let meant: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let what = "a folder's path has one slash between two names, without blanks around it";
        return Err(FieldError::new(Code::WrongForm, what).help(format!("write `{}`", meant.join("/"))));
    }
    Ok(FolderRef::Path(trimmed.to_owned()))
}
