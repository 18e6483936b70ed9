//! A condition as a tree of comparisons, in which what is not there is neither true nor false.
//!
//! In: a condition's text, which compiles, then values. Out: true, false, or neither, as in SQL: `not` of neither is neither, `or` holds where one
//! side does, `and` fails where one side does. Never: takes a launch for what it has not.

use std::ops::Range;

use serde_json::Value;

use super::operand::Operand;
use super::values::{ConditionValues, TreeFault};
use crate::template::operators::comparison::{Comparand, Compare, ComparisonFault, ComparisonOperator};

/// One part of a condition.
#[derive(Debug)]
pub(super) enum ConditionTree {
    And(Box<[Self; 2]>),
    Or(Box<[Self; 2]>),
    Not(Box<Self>),
    /// Whether one holds, then the value where it does and where it does not.
    Choice(Box<[Self; 3]>),
    Compare(ComparisonOperator, Box<[Self; 2]>),
    /// Whether a value is there, or whether it is not.
    IsThere(Box<Self>, bool),
    /// Another test of a value, with that value.
    Test(Box<Self>, Operand),
    Value(Operand),
}

impl ConditionTree {
    /// Whether it holds; `None`: nobody can say, for want of a value.
    pub(super) fn holds(&self, text: &str, values: &ConditionValues) -> Result<Option<bool>, TreeFault> {
        match self.value(text, values)? {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(holds)) => Ok(Some(holds)),
            Some(Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => Err(TreeFault {
                range: self.range(),
                what: "it gives neither true nor false".to_owned(),
                help: Some("compare: `row.region == \"emea\"`".to_owned()),
            }),
        }
    }

    /// Its value; `None` where there is none.
    fn value(&self, text: &str, values: &ConditionValues) -> Result<Option<Value>, TreeFault> {
        let truth = |holds: Option<bool>| Ok(holds.map(Value::Bool));
        match self {
            Self::And(sides) => truth(match sides[0].holds(text, values)? {
                Some(false) => Some(false),
                Some(true) => sides[1].holds(text, values)?,
                None => sides[1].holds(text, values)?.filter(|holds| !holds),
            }),
            Self::Or(sides) => truth(match sides[0].holds(text, values)? {
                Some(true) => Some(true),
                Some(false) => sides[1].holds(text, values)?,
                None => sides[1].holds(text, values)?.filter(|holds| *holds),
            }),
            Self::Not(of) => truth(of.holds(text, values)?.map(|holds| !holds)),
            Self::Choice(parts) => match parts[0].holds(text, values)? {
                Some(true) => parts[1].value(text, values),
                Some(false) => parts[2].value(text, values),
                None => Ok(None),
            },
            Self::Compare(comparison, sides) => {
                let (Some(left), Some(right)) = (sides[0].value(text, values)?, sides[1].value(text, values)?) else {
                    return Ok(None);
                };
                if left.is_null() || right.is_null() {
                    return Ok(None);
                }
                let held = comparison.holds(&left, &right);
                held.map(|holds| Some(Value::Bool(holds))).map_err(|fault| {
                    let range = self.range();
                    let written = |at: usize| text[sides[at].range()].to_owned();
                    fault.described(range, (&written(0), &left), (&written(1), &right))
                })
            }
            Self::IsThere(of, wanted) => {
                let is_there = of.value(text, values)?.is_some_and(|value| !value.is_null());
                Ok(Some(Value::Bool(is_there == *wanted)))
            }
            Self::Test(of, test) => match of.value(text, values)? {
                None | Some(Value::Null) => Ok(None),
                Some(_) => test.value(text, values),
            },
            Self::Value(operand) => operand.value(text, values),
        }
    }

    /// Where it stands.
    pub(super) fn range(&self) -> Range<usize> {
        match self {
            Self::And(sides) | Self::Or(sides) | Self::Compare(_, sides) => {
                sides[0].range().start..sides[1].range().end
            }
            Self::Not(of) | Self::IsThere(of, _) => of.range(),
            Self::Choice(parts) => parts[1].range().start..parts[2].range().end.max(parts[0].range().end),
            Self::Test(_, operand) | Self::Value(operand) => operand.range.clone(),
        }
    }
}

impl ComparisonFault {
    fn described(self, range: Range<usize>, left: (&str, &Value), right: (&str, &Value)) -> TreeFault {
        let ((one, first), (other, second)) = (left, right);
        let (first, second) = (first.comparand(), second.comparand());
        let what = match self {
            Self::NotInside => format!("`in` cannot look for {} in {}", first.words(), second.words()),
            Self::NumberAsText | Self::BooleanAsText | Self::NoOrder => {
                format!("`{one}` is {} and `{other}` is {}: they cannot be compared", first.words(), second.words())
            }
        };
        let name = if matches!(first, Comparand::Text(_)) { one } else { other };
        let is_name = |column: &&str| column.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let column = name.rsplit_once("row.").map(|(_, column)| column).filter(is_name);
        let help = match (self, column) {
            (Self::NumberAsText, Some(column)) => format!(
                "`columns: {{ {column}: number }}` makes numbers of that column's text; `{name} | float` makes one here"
            ),
            (Self::BooleanAsText, Some(column)) => format!(
                "`columns: {{ {column}: boolean }}` makes true or false of that column's text; `{name} | bool` does so here"
            ),
            (fault, _) => fault.help().to_owned(),
        };
        TreeFault { range, what, help: Some(help) }
    }
}
