//! A value that a condition compares: a name, a literal, or what the language computes.
//!
//! In: its text, then values. Out: a value, or none where a name of it has none. Never: a comparison inside of it, whose `none` would be
//! lower than any value.

use std::ops::Range;

use minijinja::value::{Serde, Value as TemplateValue};
use serde_json::{Map, Value};

use super::values::{ConditionValues, TreeFault};
use crate::template::eval::CompiledExpression;
use crate::template::expression_error::ExpressionError;
use crate::template::references::{MemberAccess, NameReference, ReferenceKind, path_behind};

/// One value in a condition.
#[derive(Debug)]
pub(super) struct Operand {
    /// Where it stands in the condition's text.
    pub(super) range: Range<usize>,
    kind: OperandKind,
}

#[derive(Debug)]
enum OperandKind {
    Fixed(Value),
    Name(Vec<Box<str>>),
    Computed { compiled: CompiledExpression, names: Vec<Vec<Box<str>>>, has_default: bool },
}

/// What stands at a path.
enum Found<'a> {
    Value(&'a Value),
    /// It was asked for, and there is none.
    Absent,
    /// It may not be asked for here.
    Unasked,
}

impl Operand {
    /// Reads what stands at `range` of `text`.
    pub(super) fn new(text: &str, range: Range<usize>) -> Result<Self, TreeFault> {
        let own = &text[range.clone()];
        let compiled = CompiledExpression::new(own).map_err(|error| located(error, range.start))?;
        let names = paths(own, &compiled.uses);
        let kind = if let [(path, at)] = names.as_slice()
            && *at == (0..own.len())
        {
            OperandKind::Name(path.clone())
        } else {
            let filters = compiled.uses.iter().filter_map(|used| match &used.what {
                ReferenceKind::Filter(name) => Some(name.as_ref()),
                ReferenceKind::Root { .. } | ReferenceKind::Test(_) | ReferenceKind::Function(_) => None,
            });
            let has_default = filters.into_iter().any(|name| matches!(name, "default" | "d"));
            let names: Vec<Vec<Box<str>>> = names.into_iter().map(|(path, _)| path).collect();
            let fixed =
                if names.is_empty() { compiled.eval_alone(own, TemplateValue::UNDEFINED, || {}).ok() } else { None };
            match fixed.flatten() {
                Some(value) => OperandKind::Fixed(value),
                None => OperandKind::Computed { compiled, names, has_default },
            }
        };
        Ok(Self { range, kind })
    }

    /// Whether it is the word `none`.
    pub(super) fn is_none(&self) -> bool {
        matches!(self.kind, OperandKind::Fixed(Value::Null))
    }

    /// Its value; `None` where there is none.
    pub(super) fn value(&self, text: &str, values: &ConditionValues) -> Result<Option<Value>, TreeFault> {
        let own = &text[self.range.clone()];
        match &self.kind {
            OperandKind::Fixed(value) => Ok(Some(value.clone())),
            OperandKind::Name(path) => match find(&values.map, path) {
                Found::Value(value) => Ok(Some(value.clone())),
                Found::Absent => Ok(None),
                Found::Unasked => {
                    let what = format!("`{own}` is not known here");
                    Err(TreeFault { range: self.range.clone(), what, help: None })
                }
            },
            OperandKind::Computed { compiled, names, has_default } => {
                let mut absent =
                    names.iter().filter(|path| matches!(find(&values.map, path), Found::Absent)).peekable();
                let root = if absent.peek().is_none() {
                    values.root()
                } else if *has_default {
                    let mut map = values.map.clone();
                    absent.for_each(|path| remove(&mut map, path));
                    TemplateValue::from(Serde(Value::Object(map)))
                } else {
                    return Ok(None);
                };
                compiled.eval_alone(own, root, || {}).map_err(|error| located(error, self.range.start))
            }
        }
    }
}

fn located(error: ExpressionError, start: usize) -> TreeFault {
    TreeFault { range: error.range.start + start..error.range.end + start, what: error.what, help: error.help }
}

/// The paths that `uses` take in `text`, each with where it stands.
pub(super) fn paths(text: &str, uses: &[NameReference]) -> Vec<(Vec<Box<str>>, Range<usize>)> {
    let path = |used: &NameReference| {
        let ReferenceKind::Root { name, member } = &used.what else { return None };
        let mut path = vec![name.clone()];
        let mut end = used.range.end;
        if let MemberAccess::Named(member, at) = member {
            let behind = path_behind(text, at);
            let last = behind.last().map_or(at, |(_, at)| at);
            end = last.end;
            path.push(member.clone());
            path.extend(behind.iter().map(|(member, _)| member.clone()));
        }
        Some((path, used.range.start..end))
    };
    uses.iter().filter_map(path).collect()
}

fn find<'a>(map: &'a Map<String, Value>, path: &[Box<str>]) -> Found<'a> {
    let mut own = map;
    for (depth, word) in path.iter().enumerate() {
        let Some(value) = own.get(word.as_ref()) else {
            // Behind these stands what may be asked; behind a name its members.
            let is_name = depth == 0 || (depth == 1 && matches!(path[0].as_ref(), "launch" | "plan"));
            return if is_name { Found::Unasked } else { Found::Absent };
        };
        match value {
            Value::Null => return Found::Absent,
            value if depth + 1 == path.len() => return Found::Value(value),
            Value::Object(inner) => own = inner,
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return Found::Absent,
        }
    }
    Found::Unasked
}

fn remove(map: &mut Map<String, Value>, path: &[Box<str>]) {
    let Some((last, before)) = path.split_last() else { return };
    let mut own = map;
    for word in before {
        let Some(Value::Object(inner)) = own.get_mut(word.as_ref()) else { return };
        own = inner;
    }
    own.remove(last.as_ref());
}
