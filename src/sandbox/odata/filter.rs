//! A `$filter` as a typed tree, and whether a row satisfies it.
//!
//! Columns are resolved and literals have the column's type, so that evaluation cannot fail. Comparison of text is
//! exact: whether the service ignores case is not known, and a launcher must not depend on it.

use std::cmp::Ordering;

use super::value::Value;
use crate::sandbox::dto::Row;

/// A condition on a row of one entity; columns are places in its table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare {
        column: usize,
        op: Op,
        value: Value<'static>,
    },
    In {
        column: usize,
        values: Vec<Value<'static>>,
    },
    Text {
        test: TextTest,
        column: usize,
        needle: String,
    },
    /// A boolean property by itself.
    Is {
        column: usize,
    },
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
            Self::Compare { column, op, value } => op.holds(&row.value(*column), value),
            Self::In { column, values } => {
                let found = row.value(*column);
                values.iter().any(|value| found.is(value))
            }
            Self::Is { column } => row.value(*column) == Value::Bool(true),
            Self::Text { test, column, needle } => match row.value(*column) {
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
            Self::Compare { column: own, op: Op::Eq, value } if *own == column => Some(vec![value]),
            Self::In { column: own, values } if *own == column => Some(values.iter().collect()),
            Self::All(parts) => parts.iter().find_map(|part| part.only(column)),
            Self::Any(parts) => {
                let parts: Option<Vec<_>> = parts.iter().map(|part| part.only(column)).collect();
                parts.map(|parts| parts.into_iter().flatten().collect())
            }
            Self::Not(_) | Self::Compare { .. } | Self::In { .. } | Self::Text { .. } | Self::Is { .. } => None,
        }
    }

    /// Every value that the filter compares `column` with for equality, wherever it stands.
    pub(crate) fn named(&self, column: usize) -> Vec<&Value<'static>> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(|part| part.named(column)).collect(),
            Self::Compare { column: own, op: Op::Eq, value } if *own == column => vec![value],
            Self::In { column: own, values } if *own == column => values.iter().collect(),
            Self::Not(_) | Self::Compare { .. } | Self::In { .. } | Self::Text { .. } | Self::Is { .. } => Vec::new(),
        }
    }
}
