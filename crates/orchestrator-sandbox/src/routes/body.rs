//! A request's body as JSON: an object whose members fit in any letter case.

use axum::http::header;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Call;
use crate::clock::Timestamp;
use crate::odata::value::Names;
use crate::refusal::Refusal;
use crate::start_info::member;
use crate::world::switches::{Switches, UnknownProperties};

/// The members of an object, each under the name that the API has for it.
pub(super) struct Members(Map<String, Value>);

/// Refuses a body that is not said to be JSON. Source: the content types that the operations declare.
pub(super) fn check_json(call: &Call<'_>) -> Result<(), Refusal> {
    let content_type = call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
    let content_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let is_json = content_type == b"application/json" || content_type.ends_with(b"+json");
    if is_json { Ok(()) } else { Err(Refusal::media_type()) }
}

impl Members {
    /// Reads the body as an object with members of `names`; `name` is what the service calls the whole.
    ///
    /// Errors: 415 where it is not said to be JSON; 400 where it is not an object, or has members of other names and
    /// the world's switch refuses those.
    pub(super) fn of_body(call: &Call<'_>, name: &str, names: &[&str], switches: &Switches) -> Result<Self, Refusal> {
        check_json(call)?;
        match serde_json::from_slice(call.body) {
            Ok(Value::Object(body)) => Self::of(body, names, switches),
            Ok(_) | Err(_) => Err(Refusal::missing(name)),
        }
    }

    /// Takes `given`, whose members have `names`. Errors: as [`Members::of_body`].
    pub(super) fn of(given: Map<String, Value>, names: &[&str], switches: &Switches) -> Result<Self, Refusal> {
        let mut members = Map::new();
        for (name, value) in given {
            match names.iter().find(|known| known.eq_ignore_ascii_case(&name)) {
                Some(known) if members.contains_key(*known) => {
                    return Err(Refusal::invalid_request(format!("`{known}` is given twice")));
                }
                Some(known) => drop(members.insert((*known).to_owned(), value)),
                None if name.starts_with('@') => {}
                None if switches.unknown_properties == UnknownProperties::Refuse => {
                    let name = name.escape_debug();
                    return Err(Refusal::invalid_request(format!("the property `{name}` does not exist")));
                }
                None => {}
            }
        }
        members.retain(|_, value| !value.is_null());
        Ok(Self(members))
    }

    /// A member that must be there.
    pub(super) fn required(&mut self, name: &str) -> Result<Value, Refusal> {
        self.0.remove(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A member that may be absent.
    pub(super) fn optional(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// A text of at most `most` UTF-16 units.
    pub(super) fn text(&mut self, name: &str, most: usize) -> Result<Option<String>, Refusal> {
        match self.optional(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.encode_utf16().count() <= most => Ok(Some(text)),
            Some(_) => Err(wrong(name, "a string that is short enough")),
        }
    }

    /// A text that must be there, with at least one character.
    pub(super) fn required_text(&mut self, name: &str, most: usize) -> Result<String, Refusal> {
        self.text(name, most)?.filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing(name))
    }

    /// An integer that must be there.
    pub(super) fn integer(&mut self, name: &str) -> Result<i64, Refusal> {
        self.required(name)?.as_i64().ok_or_else(|| wrong(name, "an integer"))
    }

    /// A GUID that must be there.
    pub(super) fn guid(&mut self, name: &str) -> Result<Uuid, Refusal> {
        let value = self.required(name)?;
        value.as_str().and_then(|text| Uuid::try_parse(text).ok()).ok_or_else(|| wrong(name, "a GUID"))
    }

    /// The number of a member of an enumeration, given by name or number.
    pub(super) fn member(&mut self, name: &str, names: Names) -> Result<Option<usize>, Refusal> {
        let found =
            |value: Value| member(&value, names).ok_or_else(|| wrong(name, &format!("one of {}", names.join(", "))));
        self.optional(name).map(found).transpose()
    }

    /// A moment.
    pub(super) fn date(&mut self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let read = |value: Value| value.as_str().and_then(|text| text.parse().ok());
        let found = |value: Value| read(value).ok_or_else(|| wrong(name, "a moment with its offset"));
        self.optional(name).map(found).transpose()
    }
}

/// A member of another type than its own.
pub(super) fn wrong(name: &str, wanted: &str) -> Refusal {
    Refusal::invalid_request(format!("`{name}` must be {wanted}"))
}
