//! How two values that are there are compared, in expressions and in conditions.
//!
//! In: two values and an operator. Out: whether it holds, or why they cannot be compared. Never: an order between kinds of values,
//! in which each number would be lower than each text.

use std::cmp::Ordering;

use minijinja::value::{Serde, Value as TemplateValue, ValueKind};
use serde_json::Value;

use crate::manifest::is_same_value;

/// What stands between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum ComparisonOperator {
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
pub(in crate::template) enum ComparisonFault {
    /// One is a number, the other is text: text that looks like a number, or any where an order is asked for.
    NumberAsText,
    /// One is true or false, the other is that word as text.
    BooleanAsText,
    /// They have no order.
    NoOrder,
    /// The second one has nothing in it.
    NotInside,
}

/// What a compared value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum Comparand<'a> {
    Null,
    Boolean,
    Number,
    Text(&'a str),
    List,
    Mapping,
    Other,
}

/// A value that can be compared.
pub(in crate::template) trait Compare {
    fn comparand(&self) -> Comparand<'_>;
    /// Whether this and `other`, which are of one kind, are the same.
    fn is_same(&self, other: &Self) -> bool;
    /// The order of this and `other`, which are numbers.
    fn number_order(&self, other: &Self) -> Ordering;
    /// Whether this, which is a mapping, has `key`.
    fn has_key(&self, key: &str) -> bool;
    /// Visits the items of this, which is a list, until `visit` says true.
    fn visit_items(&self, visit: &mut dyn FnMut(&Self) -> bool);
}

impl ComparisonOperator {
    /// The operator that is written `sign`, or the test of that name.
    pub(in crate::template) fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            "==" | "eq" => Self::Equal,
            "!=" | "ne" => Self::Different,
            "<" | "lt" => Self::Less,
            "<=" | "le" => Self::LessOrEqual,
            ">" | "gt" => Self::Greater,
            ">=" | "ge" => Self::GreaterOrEqual,
            "in" => Self::In,
            "not in" => Self::NotIn,
            _ => return None,
        })
    }

    /// Whether it holds between `left` and `right`.
    ///
    /// Errors: they cannot be compared.
    pub(in crate::template) fn holds<V: Compare>(self, left: &V, right: &V) -> Result<bool, ComparisonFault> {
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

fn are_equal<V: Compare>(left: &V, right: &V) -> Result<bool, ComparisonFault> {
    match (left.comparand(), right.comparand()) {
        (Comparand::Number, Comparand::Text(text)) | (Comparand::Text(text), Comparand::Number)
            if text.trim().parse::<f64>().is_ok() =>
        {
            Err(ComparisonFault::NumberAsText)
        }
        (Comparand::Boolean, Comparand::Text(text)) | (Comparand::Text(text), Comparand::Boolean)
            if ["true", "false"].iter().any(|word| text.trim().eq_ignore_ascii_case(word)) =>
        {
            Err(ComparisonFault::BooleanAsText)
        }
        (Comparand::Text(left), Comparand::Text(right)) => Ok(left == right),
        (one, other) => Ok(one == other && left.is_same(right)),
    }
}

fn order<V: Compare>(left: &V, right: &V) -> Result<Ordering, ComparisonFault> {
    match (left.comparand(), right.comparand()) {
        (Comparand::Text(left), Comparand::Text(right)) => Ok(left.cmp(right)),
        (Comparand::Number, Comparand::Number) => Ok(left.number_order(right)),
        (Comparand::Number, Comparand::Text(_)) | (Comparand::Text(_), Comparand::Number) => {
            Err(ComparisonFault::NumberAsText)
        }
        (_, _) => Err(ComparisonFault::NoOrder),
    }
}

fn is_inside<V: Compare>(part: &V, whole: &V) -> Result<bool, ComparisonFault> {
    match (part.comparand(), whole.comparand()) {
        (Comparand::Text(part), Comparand::Text(whole)) => Ok(whole.contains(part)),
        (Comparand::Text(part), Comparand::Mapping) => Ok(whole.has_key(part)),
        (_, Comparand::List) => {
            let mut found = Ok(false);
            whole.visit_items(&mut |item| match are_equal(part, item) {
                Ok(true) => {
                    found = Ok(true);
                    true
                }
                Ok(false) => false,
                Err(fault) => {
                    found = found.and(Err(fault));
                    false
                }
            });
            found
        }
        (_, _) => Err(ComparisonFault::NotInside),
    }
}

impl ComparisonFault {
    /// What to do, where nobody knows what the values are called.
    pub(in crate::template) fn help(self) -> &'static str {
        match self {
            Self::NumberAsText => {
                "`| int` or `| float` makes a number of text, `| string` text of a number; `columns: { amount: number }` makes \
                 numbers of a column's text"
            }
            Self::BooleanAsText => {
                "`| bool` makes true or false of text; `columns: { active: boolean }` does so for a column"
            }
            Self::NoOrder => "numbers are compared with numbers, and text with text",
            Self::NotInside => "it looks for a value in a list, for text in text",
        }
    }
}

impl Comparand<'_> {
    /// What it is, in words.
    pub(in crate::template) fn words(self) -> &'static str {
        match self {
            Self::Null => "none",
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::Text(_) => "text",
            Self::List => "a list",
            Self::Mapping => "a mapping",
            Self::Other => "no value of data",
        }
    }
}

impl Compare for Value {
    fn comparand(&self) -> Comparand<'_> {
        match self {
            Self::Null => Comparand::Null,
            Self::Bool(_) => Comparand::Boolean,
            Self::Number(_) => Comparand::Number,
            Self::String(text) => Comparand::Text(text),
            Self::Array(_) => Comparand::List,
            Self::Object(_) => Comparand::Mapping,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        is_same_value(self, other)
    }

    fn number_order(&self, other: &Self) -> Ordering {
        TemplateValue::from(Serde(self)).cmp(&TemplateValue::from(Serde(other)))
    }

    fn has_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn visit_items(&self, visit: &mut dyn FnMut(&Self) -> bool) {
        let mut items = self.as_array().into_iter().flatten();
        while items.next().is_some_and(|item| !visit(item)) {}
    }
}

impl Compare for TemplateValue {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the list of the language's kinds is open")]
    fn comparand(&self) -> Comparand<'_> {
        match self.kind() {
            ValueKind::None => Comparand::Null,
            ValueKind::Bool => Comparand::Boolean,
            ValueKind::Number => Comparand::Number,
            ValueKind::String => self.as_str().map_or(Comparand::Other, Comparand::Text),
            ValueKind::Seq | ValueKind::Iterable => Comparand::List,
            ValueKind::Map => Comparand::Mapping,
            _ => Comparand::Other,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self == other
    }

    fn number_order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn has_key(&self, key: &str) -> bool {
        self.get_item(&Self::from(key)).is_ok_and(|value| !value.is_undefined())
    }

    fn visit_items(&self, visit: &mut dyn FnMut(&Self) -> bool) {
        let mut items = self.try_iter().into_iter().flatten();
        while items.next().is_some_and(|item| !visit(&item)) {}
    }
}
