//! One violation of the schema -> one sentence at the place that its author must change.
//!
//! In: what the validator found. Out: diagnostics. Never: repeats a value; words come from the schema and from keys.

use serde_json::Value;

use super::violation::{Violation, ViolationKind};
use super::{expressions, words};
use crate::diagnostic::{Code, Diagnostic, HiddenCount, MAX_SHOWN, Severity};
use crate::manifest::{NodeId, NodeKind};

mod explainer;
mod keys;
mod values;

pub(super) use explainer::Explainer;
use explainer::subject;

impl Explainer<'_> {
    /// Adds what `violation` means to `complaints`.
    pub(super) fn explain(&self, violation: &Violation<'_>, complaints: &mut Vec<Diagnostic>) {
        let first = complaints.len();
        self.add(violation, complaints);
        // Whoever writes a secret's value into a manifest by mistake shall not find it in a CI log as well.
        if violation.path.starts_with("/secrets/") {
            complaints[first..].iter_mut().for_each(|complaint| complaint.confidential = true);
        }
    }

    fn add(&self, violation: &Violation<'_>, complaints: &mut Vec<Diagnostic>) {
        if self.document.text(violation.node).is_some_and(expressions::has_expression) {
            self.misplaced_expression(violation.node, &violation.path, complaints);
            return;
        }
        self.one(violation, complaints);
    }

    fn one(&self, violation: &Violation<'_>, complaints: &mut Vec<Diagnostic>) {
        let subject = subject(&violation.path);
        let place = self.document.place(violation.node);
        let range = |what: &str| Diagnostic::error(Code::OutOfRange, place, format!("{subject} {what}"));
        let complaint = match &violation.kind {
            ViolationKind::UnknownKeys(unknown) => {
                complaints.extend(self.unknown_keys(violation, unknown));
                if let Some(rest @ 1..) = (unknown.len() as u64).checked_sub(MAX_SHOWN as u64) {
                    let last = complaints.last().map_or(place, |last| last.place);
                    complaints.push(HiddenCount { count: rest, is_least: false }.at(Severity::Error, last));
                }
                return;
            }
            // A misspelt key is told as that.
            ViolationKind::MissingKey(key) if self.is_misspelled(violation, key) => return,
            ViolationKind::MissingKey(key) => self.missing_key(violation, key),
            // Keys of a job beside it are told with the job that has no value.
            ViolationKind::Type(_) if self.is_unindented(&violation.path) => return,
            ViolationKind::Type(wanted) => self.wrong_type(violation, wanted),
            // A value of another type is told as that.
            ViolationKind::Choice(_) if self.is_of_other_type(violation) => return,
            ViolationKind::Choice(choices) => self.not_one_of(violation, choices),
            ViolationKind::Alternatives(branches) => return self.alternatives(violation, branches, complaints),
            ViolationKind::Pattern => self.wrong_form(violation),
            ViolationKind::WrongKey(key) => self.wrong_key(violation, key),
            ViolationKind::Range => range(&values::limits(violation.schema)),
            ViolationKind::TooLong(most) => range(&format!("must have at most {most} characters")),
            ViolationKind::TooShort | ViolationKind::TooFewItems(1) | ViolationKind::TooFewKeys(1) => {
                range("must not be empty")
            }
            ViolationKind::TooFewItems(least) => range(&format!("must have at least {least} items")),
            ViolationKind::TooFewKeys(least) => range(&format!("must have at least {least} keys")),
        };
        complaints.push(complaint);
    }

    fn misplaced_expression(&self, node: NodeId, path: &str, complaints: &mut Vec<Diagnostic>) {
        let below = path.rsplit('/').find(|token| token.parse::<usize>().is_err()).unwrap_or_default();
        // What is not shown of them was counted when they were looked for.
        if complaints.iter().any(|other| other.unshown.is_some()) {
            return;
        }
        let complaint = expressions::complaint(self.document, node, below);
        if !complaints.iter().any(|other| other.code == Code::ExpressionPlace && other.place == complaint.place) {
            complaints.push(complaint);
        }
    }

    /// Of the branches of a choice, explains the one that was meant; where none stands out, names them all.
    fn alternatives(
        &self,
        violation: &Violation<'_>,
        of_branches: &[Vec<Violation<'_>>],
        complaints: &mut Vec<Diagnostic>,
    ) {
        let branches = violation.schema.get("anyOf").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let is_expression = |branch: &Value| branch.get("$ref").is_some_and(|to| to == "#/$defs/Expression");
        let typed: Vec<(&Value, &Vec<Violation<'_>>)> =
            branches.iter().zip(of_branches).filter(|(branch, _)| !is_expression(branch)).collect();
        let is_type_error =
            |other: &Violation<'_>| matches!(other.kind, ViolationKind::Type(_)) && other.path == violation.path;
        let meant: Vec<_> = match typed.as_slice() {
            [only] => vec![*only],
            several => several.iter().copied().filter(|(_, said)| !said.iter().any(is_type_error)).collect(),
        };
        if let [(_, said)] = meant.as_slice() {
            said.iter().for_each(|violation| self.explain(violation, complaints));
            return;
        }
        if violation.path.ends_with("/folder")
            && let NodeKind::Int(_) = self.document.kind(violation.node)
        {
            let what = format!("{} as text is a path; a number is an id", subject(&violation.path));
            let complaint = Diagnostic::error(Code::WrongType, self.document.place(violation.node), what);
            let number = self.document.kind(violation.node);
            let id = if let NodeKind::Int(id) = number { id.to_string() } else { "...".to_owned() };
            complaints.push(complaint.help(format!("write `folder: {{ id: {id} }}`")));
            return;
        }
        if let Some(unit) = typed.iter().find_map(|(branch, _)| self.lacks_unit(violation, self.target(branch))) {
            complaints.push(unit);
            return;
        }
        if self.document.is_null(violation.node) {
            complaints.push(self.without_value(violation));
            return;
        }
        let candidates = if meant.is_empty() { &typed } else { &meant };
        let mut names: Vec<String> = candidates.iter().map(|(branch, _)| self.branch(branch)).collect();
        names.dedup();
        let found = words::found(&self.document.kind(violation.node));
        let what = if meant.is_empty() {
            format!("{} takes {}, and this is {found}", subject(&violation.path), words::any_of(&names))
        } else {
            format!("{} takes {}, and this is neither", subject(&violation.path), words::any_of(&names))
        };
        let code = if meant.is_empty() { Code::WrongType } else { Code::WrongForm };
        let complaint = Diagnostic::error(code, self.document.place(violation.node), what);
        let example = self.example_at(&violation.path).or_else(|| self.example(violation.schema));
        complaints.push(complaint.maybe_help(example));
    }
}
