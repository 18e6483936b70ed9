//! How a condition compares two values that are there.
//!
//! In: two JSON values and an operator. Out: whether it holds, or why they cannot be compared. Never: an order between kinds of values,
//! in which each number would be lower than each text.

use std::cmp::Ordering;

use minijinja::value::{Serde, Value as TemplateValue};
use serde_json::Value;

use crate::manifest::is_same_value;

/// What stands between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComparisonOperator {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

/// Why two values cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComparisonFault {
    /// One is a number, the other is text that looks like one.
    NumberAsText,
    /// They have no order.
    NoOrder,
    /// The second one has nothing in it.
    NotInside,
}

impl ComparisonOperator {
    /// The operator that is written `sign`, or the test of that name.
    pub(super) fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            "==" | "eq" => Self::Equal,
            "!=" | "ne" => Self::Different,
            "<" | "lt" => Self::Less,
            "<=" | "le" => Self::LessOrEqual,
            ">" | "gt" => Self::Greater,
            ">=" | "ge" => Self::GreaterOrEqual,
            "in" => Self::In,
            _ => return None,
        })
    }

    /// Whether it holds between `left` and `right`.
    ///
    /// Errors: they cannot be compared.
    pub(super) fn holds(self, left: &Value, right: &Value) -> Result<bool, ComparisonFault> {
        match self {
            Self::Equal => are_equal(left, right),
            Self::Different => are_equal(left, right).map(|are| !are),
            Self::Less => order(left, right).map(Ordering::is_lt),
            Self::LessOrEqual => order(left, right).map(Ordering::is_le),
            Self::Greater => order(left, right).map(Ordering::is_gt),
            Self::GreaterOrEqual => order(left, right).map(Ordering::is_ge),
            Self::In => is_inside(left, right),
            Self::NotIn => is_inside(left, right).map(|is| !is),
        }
    }
}

fn are_equal(left: &Value, right: &Value) -> Result<bool, ComparisonFault> {
    match (left, right) {
        (Value::Number(_), Value::String(text)) | (Value::String(text), Value::Number(_))
            if text.trim().parse::<f64>().is_ok() =>
        {
            Err(ComparisonFault::NumberAsText)
        }
        (left, right) => Ok(is_same_value(left, right)),
    }
}

fn order(left: &Value, right: &Value) -> Result<Ordering, ComparisonFault> {
    match (left, right) {
        (Value::String(left), Value::String(right)) => Ok(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => {
            let value = |number| TemplateValue::from(Serde(Value::Number(number)));
            Ok(value(left.clone()).cmp(&value(right.clone())))
        }
        (Value::Number(_), Value::String(_)) | (Value::String(_), Value::Number(_)) => {
            Err(ComparisonFault::NumberAsText)
        }
        (_, _) => Err(ComparisonFault::NoOrder),
    }
}

fn is_inside(part: &Value, whole: &Value) -> Result<bool, ComparisonFault> {
    match (part, whole) {
        (Value::String(part), Value::String(whole)) => Ok(whole.contains(part.as_str())),
        (Value::String(part), Value::Object(whole)) => Ok(whole.contains_key(part)),
        (part, Value::Array(items)) => {
            let found: Vec<Result<bool, ComparisonFault>> = items.iter().map(|item| are_equal(part, item)).collect();
            if found.contains(&Ok(true)) {
                Ok(true)
            } else {
                found.into_iter().find(Result::is_err).unwrap_or(Ok(false))
            }
        }
        (_, _) => Err(ComparisonFault::NotInside),
    }
}

/// What a value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "none",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
