//! A condition that stands by itself, in a flag or a file of rules: over names of its own, none of a manifest's contexts.
//!
//! In: its text. Out: the names that it takes, for whoever knows them, and whether it holds for their values. Never: sees
//! anything but those values, or a name that nobody checked.

use std::ops::Range;

use minijinja::value::{Serde, Value};
use serde_json::Map;

use super::wording::{AbsentValue, ConditionWording};
use crate::template::eval::CompiledExpression;
use crate::template::names::{KnownNames, UnknownName};
use crate::template::references::{MemberAccess, ReferenceKind, path_behind};

/// A condition over names of its own.
#[derive(Debug)]
pub struct FreeCondition {
    wording: ConditionWording,
    compiled: CompiledExpression,
    names: Vec<ConditionName>,
}

/// A name that a condition takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionName {
    /// The name, then each member that is taken of it by its name; where one is computed, what stands before it.
    pub path: Vec<Box<str>>,
    /// Where all of it stands, in bytes of the typed text.
    pub range: Range<usize>,
}

/// What is wrong with a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionFault {
    /// Where, in bytes of the typed text.
    pub range: Range<usize>,
    /// What, as the middle of a sentence.
    pub what: String,
    /// What to do.
    pub help: Option<String>,
    /// Whether something in it has a name that nothing has; else it cannot be read, or fails.
    pub is_unknown_name: bool,
}

impl FreeCondition {
    /// Reads `typed`. `&&`, `||`, `!`, `startswith` and `endswith` are taken as people mean them.
    ///
    /// Errors: it cannot be read, or a filter, test or function is unknown; all of it, in order.
    pub fn parse(typed: &str, absent: AbsentValue) -> Result<Self, Vec<ConditionFault>> {
        let wording = ConditionWording::of(typed, absent);
        let compiled = CompiledExpression::new(&wording.text).map_err(|error| {
            let what = match error.what.as_str() {
                "there is no expression between the braces" => "there is no condition".to_owned(),
                _ => error.what,
            };
            vec![ConditionFault { range: wording.typed(&error.range), what, help: error.help, is_unknown_name: false }]
        })?;
        let text = wording.text.as_str();
        let (names, others): (Vec<_>, Vec<_>) =
            compiled.uses.iter().cloned().partition(|used| matches!(used.what, ReferenceKind::Root { .. }));
        let unknown = KnownNames::of_data("", &[]).check_all(&others, text, true);
        if !unknown.is_empty() {
            let fault = |unknown: UnknownName| ConditionFault {
                range: wording.typed(&unknown.range),
                what: unknown.what,
                help: unknown.help,
                is_unknown_name: true,
            };
            return Err(unknown.into_iter().map(fault).collect());
        }
        let names = names.into_iter().filter_map(|used| {
            let ReferenceKind::Root { name, member } = used.what else { return None };
            let mut path = vec![name];
            let mut end = used.range.end;
            if let MemberAccess::Named(member, at) = member {
                end = at.end;
                let behind = path_behind(text, &at);
                path.push(member);
                for (member, at) in behind {
                    end = at.end;
                    path.push(member);
                }
            }
            Some(ConditionName { path, range: wording.typed(&(used.range.start..end)) })
        });
        let names = names.collect();
        Ok(Self { wording, compiled, names })
    }

    /// The names that it takes, in order, each as often as it stands there.
    #[must_use]
    pub fn names(&self) -> &[ConditionName] {
        &self.names
    }

    /// Whether it holds where its names have `values`.
    ///
    /// Errors: it fails there, or gives something else than true or false.
    pub fn holds(&self, values: Map<String, serde_json::Value>) -> Result<bool, ConditionFault> {
        let root = Value::from(Serde(serde_json::Value::Object(values)));
        let whole = || 0..self.wording.text.len();
        let (range, what, help) = match self.compiled.eval_alone(&self.wording.text, root, || {}) {
            Ok(Some(serde_json::Value::Bool(holds))) => return Ok(holds),
            // What a launch has not is no reason to take it.
            Ok(Some(serde_json::Value::Null)) => return Ok(false),
            Ok(_) => (
                whole(),
                "it gives neither true nor false".to_owned(),
                Some("compare: `row.region == \"emea\"`".to_owned()),
            ),
            Err(fault) => (fault.range, fault.what, fault.help),
        };
        Err(ConditionFault { range: self.wording.typed(&range), what, help, is_unknown_name: false })
    }
}
