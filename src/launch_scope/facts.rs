//! Facts of a launch, made when a condition asks for them.
//!
//! In: a name. Out: its value. Never: keeps one.

use std::borrow::Cow;

use serde_json::Value;

use super::fact_names::FactName;

/// What is known of one launch.
pub trait LaunchFacts {
    /// The value of `name`, or of what `members` take of it one after the other.
    fn fact(&self, name: FactName, members: &[Box<str>]) -> FactValue<'_>;

    /// Whether the value is not known yet, for want of another one: what stands in its place was made up.
    fn is_open(&self, _name: FactName, _members: &[Box<str>]) -> bool {
        false
    }

    /// Whether it is of a batch: it has many rows, and none that `row` could mean.
    fn is_batch(&self) -> bool {
        false
    }
}

/// A fact's value.
#[derive(Clone, Debug, PartialEq)]
pub enum FactValue<'a> {
    /// There is none: conditions see `none`.
    Absent,
    /// Text.
    Text(Cow<'a, str>),
    /// Anything else.
    Json(Cow<'a, Value>),
}

/// What a condition asks for: a name, and the members that it takes of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactPath {
    /// The name.
    pub name: FactName,
    /// The members, one after the other.
    pub members: Vec<Box<str>>,
}

impl FactValue<'_> {
    /// Whether it is `value`.
    pub(super) fn is(&self, value: &Value) -> bool {
        match self {
            Self::Absent => value.is_null(),
            Self::Text(text) => value.as_str() == Some(text.as_ref()),
            Self::Json(json) => json.as_ref() == value,
        }
    }

    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Absent => Value::Null,
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Json(json) => json.into_owned(),
        }
    }
}

impl<'a> FactValue<'a> {
    /// What `members` take of `value`, one after the other.
    #[must_use]
    pub fn member(value: &'a Value, members: &[Box<str>]) -> Self {
        members.iter().try_fold(value, |value, member| value.get(member.as_ref())).map_or(Self::Absent, Self::of)
    }

    /// `value` itself.
    #[must_use]
    pub fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Absent,
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Self::Json(Cow::Borrowed(value)),
        }
    }

    /// The text, where there is one.
    #[must_use]
    pub fn text(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map_or(Self::Absent, |text| Self::Text(text.into()))
    }

    /// A number or a truth, where there is one.
    #[must_use]
    pub fn plain(value: Option<impl Into<Value>>) -> Self {
        value.map_or(Self::Absent, |value| Self::Json(Cow::Owned(value.into())))
    }
}
