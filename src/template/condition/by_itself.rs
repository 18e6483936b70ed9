//! A condition that stands by itself, in a flag or a file of rules: over names of its own, none of a manifest's contexts.
//!
//! In: its text. Out: the names that it takes, for whoever knows them, and whether it holds for their values. Never: sees
//! anything but those values, or a name that nobody checked.

use std::ops::Range;

use serde_json::Map;

use super::operand::paths;
use super::parse;
use super::tree::ConditionTree;
use super::values::{ConditionValues, TreeFault};
use super::wording::reword;
use crate::template::eval::CompiledExpression;
use crate::template::names::{KnownNames, UnknownName};
use crate::template::references::ReferenceKind;
use crate::template::rewording::Rewording;

/// A condition over names of its own.
#[derive(Debug)]
pub struct FreeCondition {
    wording: Rewording,
    tree: ConditionTree,
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
    pub fn parse(typed: &str) -> Result<Self, Vec<ConditionFault>> {
        let wording = reword(typed);
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
        let names = paths(text, &names).into_iter();
        let names = names.map(|(path, range)| ConditionName { path, range: wording.typed(&range) }).collect();
        let tree = parse::tree(text).map_err(|fault| vec![fault.typed(&wording)])?;
        Ok(Self { wording, tree, names })
    }

    /// The names that it takes, in order, each as often as it stands there.
    #[must_use]
    pub fn names(&self) -> &[ConditionName] {
        &self.names
    }

    /// Whether it holds where its names have `values`, `null` where there is none; `None`: it compares what is not there, so that
    /// it neither holds nor fails to.
    ///
    /// Errors: it fails there, or gives something else than true or false.
    pub fn holds(&self, values: Map<String, serde_json::Value>) -> Result<Option<bool>, ConditionFault> {
        let held = self.tree.holds(&self.wording.text, &ConditionValues::new(values));
        held.map_err(|fault| fault.typed(&self.wording))
    }
}

impl TreeFault {
    fn typed(self, wording: &Rewording) -> ConditionFault {
        let Self { range, what, help } = self;
        ConditionFault { range: wording.typed(&range), what, help, is_unknown_name: false }
    }
}
