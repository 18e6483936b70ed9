//! What a property of an entity may hold, and how two values compare.

use std::borrow::Cow;
use std::cmp::Ordering;

use uuid::Uuid;

use crate::clock::Timestamp;

/// The names of an enumeration, each at its number.
pub(crate) type Names = &'static [&'static str];

/// The type of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int,
    Text,
    Guid,
    Date,
    Enum(Names),
    /// JSON text of an object or array; it can be shown, and compared with `null` only.
    Json,
}

impl Kind {
    /// Whether rows can be ordered by such a property.
    pub(crate) fn is_plain(self) -> bool {
        match self {
            Self::Bool | Self::Int | Self::Text | Self::Guid | Self::Date | Self::Enum(_) => true,
            Self::Json => false,
        }
    }
}

/// A property's value, or a literal of a filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Text(Cow<'a, str>),
    Guid(Uuid),
    Date(Timestamp),
    /// A number of an enumeration, with the names of all.
    Enum(Names, usize),
    Json(Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// `text`, without copying it.
    pub(crate) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// What `make` makes of a value that is there, else null.
    pub(crate) fn of<T>(value: Option<T>, make: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Null, make)
    }

    /// The order of two values of one kind; none where one is null or they are of different kinds.
    pub(crate) fn order(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Self::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Self::Text(a), Value::Text(b)) => Some(a.as_ref().cmp(b.as_ref())),
            (Self::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
            (Self::Date(a), Value::Date(b)) => Some(a.cmp(b)),
            (Self::Enum(_, a), Value::Enum(_, b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// The order of `$orderby`: null before everything.
    pub(crate) fn order_with_null_first(&self, other: &Value<'_>) -> Ordering {
        match (self, other) {
            (Self::Null, Value::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Value::Null) => Ordering::Greater,
            _ => self.order(other).unwrap_or(Ordering::Equal),
        }
    }

    /// Whether the two are the same value; null is only null.
    pub(crate) fn is(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Self::Null, Value::Null) => true,
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }
}
