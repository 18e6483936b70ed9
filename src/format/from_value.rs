//! How a field's value is read: JSON, fixed or rendered, -> the type that the key's schema comes from.
//!
//! In: a value and the key above it. Out: the typed value, or what is wrong with it. Never: looks at another field, or shows
//! a value that may hold a secret.

use serde_json::{Map, Value};

use super::key::Keyed;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::Place;

/// A type of the format that a field's value is read as.
pub trait FromValue: Sized {
    /// Reads `value`, which stands under `key`.
    ///
    /// Errors: the value is of another type, of another form, or out of range.
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError>;
}

/// What is wrong with a field's value. Never shows the value itself where it may be an argument.
#[derive(Debug)]
pub struct FieldError {
    /// The situation.
    pub code: Code,
    /// The complaint, whole.
    pub what: String,
    /// A next step.
    pub help: Option<String>,
}

impl FieldError {
    pub(crate) fn new(code: Code, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), help: None }
    }

    /// The complaint at its place.
    #[must_use]
    pub fn at(self, place: Place) -> Diagnostic {
        Diagnostic::error(self.code, place, self.what).maybe_help(self.help)
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(super) fn maybe_help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }
}

impl FromValue for bool {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        value.as_bool().ok_or_else(|| FieldError::new(Code::WrongType, format!("`{key}` must be `true` or `false`")))
    }
}

/// A mapping, such as `arguments`.
impl FromValue for Map<String, Value> {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        value.as_object().cloned().ok_or_else(|| FieldError::new(Code::WrongType, format!("`{key}` must be a mapping")))
    }
}

/// The entry of `entries` that is one of `parts`, of which exactly one may stand there.
pub(super) fn only_entry<'v>(
    key: &str,
    parts: &[&str],
    entries: &'v Map<String, Value>,
) -> Result<(&'v str, &'v Value), FieldError> {
    let mut known = entries.iter().filter(|(part, _)| parts.contains(&part.as_str()));
    if let (Some((part, value)), None) = (known.next(), known.next()) {
        return Ok((part, value));
    }
    let listed: Vec<String> = parts.iter().map(|part| format!("`{part}`")).collect();
    let what = format!("`{key}` takes exactly one of {}", listed.join(", "));
    // An unknown key is what is wrong then.
    let is_misspelled =
        entries.keys().any(|key| !parts.contains(&key.as_str()) && key != "version" && !key.starts_with("x-"));
    let code = if is_misspelled { Code::UnknownKey } else { Code::Conflict };
    Err(FieldError::new(code, what).help(format!("write `{key}: {{ {}: ... }}`", parts[0])))
}

/// Refuses a key of `entries` that `T` does not have.
pub(super) fn no_other_key<T: Keyed>(key: &str, entries: &Map<String, Value>) -> Result<(), FieldError> {
    let Some(unknown) = entries.keys().find(|key| T::key(key).is_none() && !key.starts_with("x-")) else {
        return Ok(());
    };
    let names: Vec<String> = T::KEYS.iter().map(|key| key.field.replace('_', "-")).collect();
    let near = nearest(unknown, names.iter().map(String::as_str));
    Err(FieldError::new(Code::UnknownKey, format!("`{key}` has no key `{unknown}`"))
        .maybe_help(near.map(|near| format!("did you mean `{near}`?"))))
}

/// Refuses a name with a control character: nothing is called so, and in double quotes `\t` and `\n` are such.
pub(crate) fn printable(subject: &str, name: &str) -> Result<(), FieldError> {
    match name.chars().find(|c| c.is_control()) {
        None => Ok(()),
        Some(control) => {
            let what = format!("{subject} holds the control character U+{:04X}", u32::from(control));
            Err(FieldError::new(Code::WrongForm, what).help(
                "in double quotes a backslash begins an escape (`\\t` is a tab): double it, or use single quotes",
            ))
        }
    }
}
