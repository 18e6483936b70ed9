//! One violation of the schema -> one sentence at the place that its author must change.
//!
//! In: what the validator found. Out: diagnostics. Never: repeats a value; words come from the schema and from keys.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use super::{expressions, words};
use crate::diagnostic::{Code, Diagnostic, HiddenCount, MAX_SHOWN, Severity};
use crate::manifest::{Document, NodeId, NodeKind};

mod keys;
mod values;

/// A mapping with more keys than this does not list them all.
const MAX_LISTED: usize = 12;

/// What explaining needs to know.
pub(super) struct Explainer<'a> {
    pub(super) document: &'a Document,
    pub(super) schema: &'a Value,
}

/// A violation with what it speaks of.
struct Violation<'a> {
    kind: &'a ValidationErrorKind,
    node: NodeId,
    path: &'a str,
    /// The schema whose keyword is violated.
    schema: &'a Value,
    /// Its name under `$defs`, where it stands there itself.
    definition: Option<&'a str>,
}

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
            complaints.push(complaint.help("write `folder: { id: ... }`"));
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

    /// What a branch of a choice takes, in words.
    fn branch(&self, branch: &Value) -> String {
        let target = self.target(branch);
        if let Some(choices) = target.get("enum").and_then(Value::as_array) {
            return words::any_of(&choices.iter().map(words::spelled).collect::<Vec<_>>());
        }
        if target.get("pattern").is_some()
            && let Some(description) = target.get("description").and_then(Value::as_str)
        {
            return words::inner(description);
        }
        match target.get("type").and_then(Value::as_str) {
            Some("string") => "text".to_owned(),
            Some("integer") => "a whole number".to_owned(),
            Some("number") => "a number".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("array") => "a list".to_owned(),
            Some("object") => match target.get("properties").and_then(Value::as_object) {
                Some(properties) if properties.len() <= 5 => {
                    let keys: Vec<String> = properties.keys().map(|key| format!("`{key}`")).collect();
                    format!("a mapping with {}", words::any_of(&keys))
                }
                Some(_) | None => "a mapping".to_owned(),
            },
            Some(_) | None => "another value".to_owned(),
        }
    }

    /// The schema that `branch` refers to, or itself.
    fn target<'s>(&'s self, branch: &'s Value) -> &'s Value {
        let reference = branch.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
        reference.and_then(|pointer| self.schema.pointer(pointer)).unwrap_or(branch)
    }

    fn example(&self, schema: &Value) -> Option<String> {
        self.example_value(schema).map(|example| format!("for example: `{example}`"))
    }

    fn example_value(&self, schema: &Value) -> Option<String> {
        let first = |schema: &Value| schema.pointer("/examples/0").cloned();
        let own = first(schema).or_else(|| first(self.target(schema)));
        let choice = || self.target(schema).pointer("/enum/0").cloned();
        let value = own.or_else(choice)?;
        Some(match value {
            Value::String(text) => text,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                words::in_yaml(&value)
            }
        })
    }

    /// An example of what stands at `path`.
    fn example_at(&self, path: &str) -> Option<String> {
        let tokens: Vec<&str> = path.split('/').skip(1).collect();
        match tokens.as_slice() {
            ["jobs", _] => return Some("write its keys below it, such as `release: Invoice Loader`".to_owned()),
            ["params", _] => return Some("write its type below it: `{ type: string, default: ... }`".to_owned()),
            _ => {}
        }
        let schema = tokens.iter().try_fold(self.schema, |schema, token| self.child(schema, token))?;
        self.example(schema)
    }

    /// The schema of the key or item `token` in what `schema` describes.
    fn child<'s>(&'s self, schema: &'s Value, token: &str) -> Option<&'s Value> {
        let of_object = |schema: &'s Value| {
            schema
                .get("properties")
                .and_then(|properties| properties.get(token))
                .or_else(|| schema.get("additionalProperties").filter(|values| values.is_object()))
                .or_else(|| schema.get("items").filter(|_| token.parse::<usize>().is_ok()))
        };
        let target = self.target(schema);
        of_object(target).or_else(|| {
            let branches = target.get("anyOf").and_then(Value::as_array)?;
            branches.iter().find_map(|branch| self.child(branch, token))
        })
    }
}

/// What the value at `path` is called: its key in backticks, or its number in its list.
fn subject(path: &str) -> String {
    let tokens: Vec<String> =
        path.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    match tokens.as_slice() {
        [] => "the manifest".to_owned(),
        [jobs, name] if jobs == "jobs" => format!("job `{name}`"),
        [.., list, index] if index.parse::<usize>().is_ok() => {
            format!("item {} of `{list}`", index.parse::<usize>().map_or(0, |index| index.saturating_add(1)))
        }
        [.., key] => format!("`{key}`"),
    }
}

/// What a text of a certain form is, in words.
fn form(schema: &Value) -> String {
    if schema.get("pattern").is_some_and(|pattern| pattern == "^[ -~]*$") {
        return "ASCII text, without line breaks".to_owned();
    }
    let description = schema.get("description").and_then(Value::as_str);
    description.map_or_else(|| "of another form".to_owned(), words::inner)
}
