//! The keys of a job that are one word, one number or one text: strategy, count, runtime, priority, Reference.
//!
//! In: a key's value. Out: the value typed, or what is wrong with it. Never: judges one key by another.
//! Source of the limits: Orchestrator OpenAPI, `StartProcessDto`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::diagnostic::{Code, nearest};
use crate::format::from_value::{FieldError, FromValue};
use crate::ids::{Reference, ReferenceMark};
use crate::start_info::{LaunchPriority, MAX_JOBS_PER_CALL, PriorityLevel};
use crate::words::Words;

/// One of a few words; the key is what an author calls the choice.
impl<T: Words> FromValue for T {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let listed = || format!("one of {}", T::NAMES.join(", "));
        let Value::String(text) = value else {
            return Err(FieldError::new(Code::WrongType, format!("`{key}` must be text")).help(listed()));
        };
        T::ALL.iter().find(|choice| choice.word() == text).copied().ok_or_else(|| {
            let near = nearest(text, T::NAMES.iter().copied());
            let help = near.map_or_else(listed, |near| format!("did you mean `{near}`?"));
            FieldError::new(Code::NotOneOf, format!("`{text}` is not a {key}")).help(help)
        })
    }
}

/// How many robot jobs one launch starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Count(#[schemars(range(min = 1, max = 10000))] pub u32);

impl Default for Count {
    fn default() -> Self {
        Self(1)
    }
}

impl FromValue for Count {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let wrong =
            |code| FieldError::new(code, format!("`{key}` must be a whole number from 1 to {MAX_JOBS_PER_CALL}"));
        match value.as_u64().and_then(|count| u32::try_from(count).ok()) {
            Some(count) if (1..=MAX_JOBS_PER_CALL).contains(&count) => Ok(Self(count)),
            _ if value.is_number() => Err(wrong(Code::OutOfRange)),
            _ => Err(wrong(Code::WrongType).help("`| int` makes a number of text")),
        }
    }
}

/// A launch's priority.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Priority")]
#[expect(dead_code, reason = "only the schema knows this type")]
enum WrittenPriority {
    /// One of three levels.
    Level(PriorityLevel),
    /// A number from 1 (lowest) to 100.
    Value(#[schemars(range(min = 1, max = 100))] u8),
}

impl JsonSchema for LaunchPriority {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        WrittenPriority::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        WrittenPriority::json_schema(generator)
    }
}

impl FromValue for LaunchPriority {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        if let Value::Number(number) = value {
            return match number.as_u64().and_then(|number| u8::try_from(number).ok()) {
                Some(number @ 1..=100) => Ok(Self::Value(number)),
                Some(_) | None => {
                    Err(FieldError::new(Code::OutOfRange, format!("`{key}` as a number must be from 1 to 100")))
                }
            };
        }
        PriorityLevel::from_value(key, value).map(Self::Level).map_err(|wrong| FieldError {
            help: wrong.help.map(|help| format!("{help}; or a number from 1 to 100")),
            ..wrong
        })
    }
}

/// Your own part of a Reference.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[serde(transparent)]
pub struct ReferencePrefix(#[schemars(length(min = 1, max = 71), regex(pattern = "^[ -~]*$"))] pub String);

impl FromValue for ReferencePrefix {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let longest = Reference::MAX_PREFIX_CHARS;
        let form = |what: String| FieldError::new(Code::WrongForm, what);
        let Value::String(text) = value else {
            return Err(FieldError::new(Code::WrongType, format!("`{key}` must be text")).help("put it in quotes"));
        };
        if text.is_empty() {
            return Err(form(format!("`{key}` must not be empty")));
        }
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(form(format!("`{key}` may hold printable ASCII characters only")));
        }
        if text.len() > longest {
            let what = format!("`{key}` may be at most {longest} characters long; this one has {}", text.len());
            return Err(FieldError::new(Code::OutOfRange, what)
                .help(format!("with sortie's own part it must fit the API's {}", Reference::MAX_CHARS)));
        }
        if text.trim() != text || text.contains("  ") {
            let meant = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let what = "may not begin or end with a blank, nor hold two in a row: servers drop such blanks, and a launch is \
                        then not found by it";
            return Err(form(format!("`{key}` {what}")).help(format!("write `{meant}`")));
        }
        if ReferenceMark::find(text).is_some() {
            let what = "holds a text of the form of sortie's own part: the robot job could pass for another launch's";
            return Err(form(format!("`{key}` {what}")).help("give the id of a parent in an argument instead"));
        }
        Ok(Self(text.clone()))
    }
}
