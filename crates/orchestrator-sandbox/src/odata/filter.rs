//! A `$filter` as a typed tree, and whether a row satisfies it.
//!
//! Columns are resolved and literals have the column's type, so that evaluation cannot fail. Comparison of text is
//! exact: whether the service ignores case is not known, and a launcher must not depend on it.

use std::cmp::Ordering;

use super::value::Value;
use crate::clock::Timestamp;
use crate::dto::Row;

/// A condition on a row of one entity; columns are places in its table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare {
        subject: Subject,
        op: Op,
        value: Value<'static>,
    },
    In {
        subject: Subject,
        values: Vec<Value<'static>>,
    },
    Text {
        test: TextTest,
        subject: Subject,
        needle: String,
    },
    /// A boolean property by itself.
    Is {
        column: usize,
    },
}

/// A property, seen through functions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) column: usize,
    /// Applied in this order.
    pub(crate) folds: Vec<Fold>,
}

/// A function of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Lower,
    Upper,
    Trim,
    /// In UTF-16 units, as .NET counts.
    Length,
}

impl Fold {
    /// The function's value of a text.
    pub(crate) fn of(self, text: &str) -> Value<'static> {
        let text = match self {
            Self::Lower => text.to_lowercase(),
            Self::Upper => text.to_uppercase(),
            Self::Trim => text.trim().to_owned(),
            Self::Length => return Value::Int(i64::try_from(text.encode_utf16().count()).unwrap_or(i64::MAX)),
        };
        Value::Text(text.into())
    }
}

impl Subject {
    /// The row's value; null stays null.
    fn of<'r, R: Row>(&self, row: &'r R) -> Value<'r> {
        self.folds.iter().fold(row.value(self.column), |value, fold| match value {
            Value::Text(text) => fold.of(&text),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Guid(_)
            | Value::Date(_)
            | Value::Enum(..)
            | Value::Json(_) => value,
        })
    }

    fn is_bare(&self, column: usize) -> bool {
        self.column == column && self.folds.is_empty()
    }
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Op {
    /// The comparison with its sides exchanged.
    pub(crate) fn flipped(self) -> Self {
        match self {
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
        }
    }

    /// Whether the comparison holds; one with null holds only as `eq null` and `ne`.
    fn holds(self, left: &Value<'_>, right: &Value<'_>) -> bool {
        match self {
            Self::Eq => left.is(right),
            Self::Ne => !left.is(right),
            Self::Gt => left.order(right) == Some(Ordering::Greater),
            Self::Ge => left.order(right).is_some_and(Ordering::is_ge),
            Self::Lt => left.order(right) == Some(Ordering::Less),
            Self::Le => left.order(right).is_some_and(Ordering::is_le),
        }
    }
}

/// A function of a text and a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
}

impl Filter {
    /// Whether `row` satisfies the condition.
    pub(crate) fn matches<R: Row>(&self, row: &R) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(row)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(row)),
            Self::Not(part) => !part.matches(row),
            Self::Compare { subject, op, value } => op.holds(&subject.of(row), value),
            Self::In { subject, values } => {
                let found = subject.of(row);
                values.iter().any(|value| found.is(value))
            }
            Self::Is { column } => row.value(*column) == Value::Bool(true),
            Self::Text { test, subject, needle } => match subject.of(row) {
                Value::Text(text) => match test {
                    TextTest::Contains => text.contains(needle.as_str()),
                    TextTest::StartsWith => text.starts_with(needle.as_str()),
                    TextTest::EndsWith => text.ends_with(needle.as_str()),
                },
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Guid(_)
                | Value::Date(_)
                | Value::Enum(..)
                | Value::Json(_) => false,
            },
        }
    }

    /// The values that `column` must have one of, where every row that matches has; none where others may match.
    ///
    /// Lets a list of `Id in (..)` go by index instead of looking at every row.
    pub(crate) fn only(&self, column: usize) -> Option<Vec<&Value<'static>>> {
        match self {
            Self::Compare { subject, op: Op::Eq, value } if subject.is_bare(column) => Some(vec![value]),
            Self::In { subject, values } if subject.is_bare(column) => Some(values.iter().collect()),
            Self::All(parts) => parts.iter().find_map(|part| part.only(column)),
            Self::Any(parts) => {
                let parts: Option<Vec<_>> = parts.iter().map(|part| part.only(column)).collect();
                parts.map(|parts| parts.into_iter().flatten().collect())
            }
            Self::Not(_) | Self::Compare { .. } | Self::In { .. } | Self::Text { .. } | Self::Is { .. } => None,
        }
    }

    /// The earliest date that `column` can have in a row that matches, where the filter sets one.
    ///
    /// Lets a list of `CreationTime ge ..` begin there instead of looking at every row before.
    pub(crate) fn from(&self, column: usize) -> Option<Timestamp> {
        match self {
            Self::Compare { subject, op: Op::Eq | Op::Gt | Op::Ge, value: Value::Date(date) }
                if subject.is_bare(column) =>
            {
                Some(*date)
            }
            Self::All(parts) => parts.iter().filter_map(|part| part.from(column)).max(),
            Self::Any(_)
            | Self::Not(_)
            | Self::Compare { .. }
            | Self::In { .. }
            | Self::Text { .. }
            | Self::Is { .. } => None,
        }
    }

    /// Every value that the filter compares `column` with for equality, wherever it stands.
    pub(crate) fn named(&self, column: usize) -> Vec<&Value<'static>> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(|part| part.named(column)).collect(),
            Self::Compare { subject, op: Op::Eq, value } if subject.is_bare(column) => vec![value],
            Self::In { subject, values } if subject.is_bare(column) => values.iter().collect(),
            Self::Not(_) | Self::Compare { .. } | Self::In { .. } | Self::Text { .. } | Self::Is { .. } => Vec::new(),
        }
    }
}
