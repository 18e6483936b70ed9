//! One violation of the schema -> one sentence at the place that its author must change.
//!
//! In: what the validator found. Out: diagnostics. Never: repeats a value; words come from the schema and from keys.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use super::{expressions, words};
use crate::diagnostic::{Code, Diagnostic, HiddenCount, MAX_SHOWN, Severity};
use crate::manifest::{NodeId, NodeKind};

mod explainer;
mod keys;
mod values;

pub(super) use explainer::Explainer;
use explainer::{Violation, subject};

/// How many complaints `error` would be.
#[expect(clippy::wildcard_enum_match_arm, reason = "the validator's list is open; any other kind is one complaint")]
pub(super) fn weight(error: &ValidationError<'_>) -> u64 {
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected.len() as u64,
        _ => 1,
    }
}

impl Explainer<'_> {
    /// Adds what `error` means to `complaints`.
    pub(super) fn explain(&self, error: &ValidationError<'_>, complaints: &mut Vec<Diagnostic>) {
        let first = complaints.len();
        self.add(error, complaints);
        // Whoever writes a secret's value into a manifest by mistake shall not find it in a CI log as well.
        if error.instance_path().as_str().starts_with("/secrets/") {
            complaints[first..].iter_mut().for_each(|complaint| complaint.confidential = true);
        }
    }

    fn add(&self, error: &ValidationError<'_>, complaints: &mut Vec<Diagnostic>) {
        let path = error.instance_path().as_str();
        let Some(node) = self.document.at(path) else { return };
        if self.document.text(node).is_some_and(expressions::has_expression) {
            self.misplaced_expression(node, path, complaints);
            return;
        }
        let (owner, _) = error.schema_path().as_str().rsplit_once('/').unwrap_or_default();
        let Some(schema) = self.schema.pointer(owner) else { return };
        let definition = owner.strip_prefix("/$defs/").filter(|name| !name.contains('/'));
        let violation = Violation { kind: error.kind(), node, path, schema, definition };
        if let ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } = error.kind() {
            self.alternatives(&violation, context, complaints);
            return;
        }
        self.one(&violation, complaints);
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the validator's list is open; our schema uses the arms above")]
    fn one(&self, violation: &Violation<'_>, complaints: &mut Vec<Diagnostic>) {
        let subject = subject(violation.path);
        let place = self.document.place(violation.node);
        let range = |what: &str| Diagnostic::error(Code::OutOfRange, place, format!("{subject} {what}"));
        let complaint = match violation.kind {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                complaints.extend(self.unknown_keys(violation, unexpected));
                if let Some(rest @ 1..) = (unexpected.len() as u64).checked_sub(MAX_SHOWN as u64) {
                    let last = complaints.last().map_or(place, |last| last.place);
                    complaints.push(HiddenCount { count: rest, is_least: false }.at(Severity::Error, last));
                }
                return;
            }
            // A misspelt key is told as that.
            ValidationErrorKind::Required { property } if self.is_misspelled(violation, property) => return,
            ValidationErrorKind::Required { property } => self.missing_key(violation, property),
            // Keys of a job beside it are told with the job that has no value.
            ValidationErrorKind::Type { .. } if self.is_unindented(violation.path) => return,
            ValidationErrorKind::Type { kind } => self.wrong_type(violation, kind),
            // A value of another type is told as that.
            ValidationErrorKind::Enum { .. } if self.is_of_other_type(violation) => return,
            ValidationErrorKind::Enum { options } => {
                self.not_one_of(violation, options.as_array().map_or(&[][..], Vec::as_slice))
            }
            ValidationErrorKind::Constant { expected_value } => {
                self.not_one_of(violation, std::slice::from_ref(&**expected_value))
            }
            ValidationErrorKind::Pattern { .. } | ValidationErrorKind::Format { .. } => self.wrong_form(violation),
            ValidationErrorKind::PropertyNames { error } => self.wrong_key(violation, error),
            ValidationErrorKind::Minimum { .. }
            | ValidationErrorKind::Maximum { .. }
            | ValidationErrorKind::ExclusiveMinimum { .. }
            | ValidationErrorKind::ExclusiveMaximum { .. } => range(&values::limits(violation.schema)),
            ValidationErrorKind::MinLength { .. } => range("must not be empty"),
            ValidationErrorKind::MaxLength { limit } => range(&format!("must have at most {limit} characters")),
            ValidationErrorKind::MinItems { limit: 1 } | ValidationErrorKind::MinProperties { limit: 1 } => {
                range("must not be empty")
            }
            ValidationErrorKind::MinItems { limit } => range(&format!("must have at least {limit} items")),
            ValidationErrorKind::MaxItems { limit } => range(&format!("must have at most {limit} items")),
            ValidationErrorKind::MinProperties { limit } => range(&format!("must have at least {limit} keys")),
            ValidationErrorKind::MaxProperties { limit } => range(&format!("must have at most {limit} keys")),
            ValidationErrorKind::UniqueItems => range("must not name anything twice"),
            other => {
                let what = format!("{subject} violates `{}` of the manifest's schema", other.keyword());
                Diagnostic::error(Code::WrongForm, place, what)
            }
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
        context: &[Vec<ValidationError<'static>>],
        complaints: &mut Vec<Diagnostic>,
    ) {
        let branches = violation.schema.get("anyOf").or_else(|| violation.schema.get("oneOf"));
        let branches = branches.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let is_expression = |branch: &Value| branch.get("$ref").is_some_and(|to| to == "#/$defs/Expression");
        let typed: Vec<(&Value, &Vec<ValidationError<'static>>)> =
            branches.iter().zip(context).filter(|(branch, _)| !is_expression(branch)).collect();
        let is_type_error = |error: &ValidationError<'_>| {
            matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.instance_path().as_str() == violation.path
        };
        let meant: Vec<_> = match typed.as_slice() {
            [only] => vec![*only],
            several => several.iter().copied().filter(|(_, errors)| !errors.iter().any(is_type_error)).collect(),
        };
        if let [(_, errors)] = meant.as_slice() {
            errors.iter().for_each(|error| self.explain(error, complaints));
            return;
        }
        if violation.path.ends_with("/folder")
            && let NodeKind::Int(_) = self.document.kind(violation.node)
        {
            let what = format!("{} as text is a path; a number is an id", subject(violation.path));
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
            format!("{} takes {}, and this is {found}", subject(violation.path), words::any_of(&names))
        } else {
            format!("{} takes {}, and this is neither", subject(violation.path), words::any_of(&names))
        };
        let code = if meant.is_empty() { Code::WrongType } else { Code::WrongForm };
        let complaint = Diagnostic::error(code, self.document.place(violation.node), what);
        let example = self.example_at(violation.path).or_else(|| self.example(violation.schema));
        complaints.push(complaint.maybe_help(example));
    }
}
