//! Values of another type, another form, or outside their choices.

use serde_json::Value;

use super::explainer::{Explainer, MAX_LISTED, form, subject};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::format::{JobName, ManifestName};
use crate::manifest::NodeKind;
use crate::schema::rules::ValueType;
use crate::schema::violation::Violation;
use crate::schema::words;

impl Explainer<'_> {
    pub(super) fn wrong_type(&self, violation: &Violation<'_>, wanted: &[ValueType]) -> Diagnostic {
        if let Some(complaint) = self.lacks_unit(violation, violation.schema) {
            return complaint;
        }
        let found = self.document.kind(violation.node);
        let place = self.document.place(violation.node);
        if violation.path.is_empty() {
            let what = if matches!(found, NodeKind::Null) {
                "the manifest is empty".to_owned()
            } else {
                format!("a manifest is a mapping of keys, and this is {}", words::found(&found))
            };
            return Diagnostic::error(Code::WrongType, place, what).help("begin with `version: 1` and `name: NAME`");
        }
        let subject = subject(&violation.path);
        if self.document.is_null(violation.node) {
            return self.without_value(violation);
        }
        let described =
            violation.definition.and(violation.schema.get("pattern")).and(violation.schema.get("description"));
        let names = match described.and_then(Value::as_str) {
            Some(description) => words::inner(description),
            None => words::any_of(&wanted.iter().map(|kind| words::wanted(*kind)).collect::<Vec<_>>()),
        };
        let what = format!("{subject} must be {names}, and this is {}", words::found(&found));
        let help = if violation.path.starts_with("/secrets") {
            Some("a secret's value never stands in a manifest; say where it comes from: `{ env: NAME }`".to_owned())
        } else {
            Self::slip(violation, wanted, &found)
                .or_else(|| self.known_slip(violation, &found))
                .or_else(|| type_help(wanted, &found).map(str::to_owned))
                .or_else(|| self.example_at(&violation.path))
                .or_else(|| self.example(violation.schema))
                .or_else(|| wanted.contains(&ValueType::Integer).then(|| "write digits, without quotes".to_owned()))
        };
        Diagnostic::error(Code::WrongType, place, what).maybe_help(help)
    }

    /// A slip at a place that is known: what stands there says what was meant.
    fn known_slip(&self, violation: &Violation<'_>, found: &NodeKind<'_>) -> Option<String> {
        let tokens: Vec<&str> = violation.path.split('/').skip(1).collect();
        match (tokens.as_slice(), found) {
            (["jobs"], NodeKind::Seq(_)) => {
                let first = self.document.at("/jobs/0");
                let entry = first.and_then(|first| self.document.entries(first).next());
                let name = entry.and_then(|entry| {
                    let named = self.document.text(entry.value).filter(|_| entry.key == "name");
                    let bare = self.document.is_null(entry.value).then_some(entry.key);
                    named.or(bare).and_then(JobName::parse)
                });
                let name = name.map_or_else(|| "NAME".to_owned(), String::from);
                Some(format!("jobs are keys, without dashes: write `{name}:`, and what belongs to it indented below"))
            }
            (["params", _], NodeKind::Int(value)) => {
                Some(format!("write its type and default: `{{ type: integer, default: {value} }}`"))
            }
            (["params", _], NodeKind::Bool(value)) => {
                Some(format!("write its type and default: `{{ type: boolean, default: {value} }}`"))
            }
            _ => None,
        }
    }

    /// A slip of writing that made text of something else.
    fn slip(violation: &Violation<'_>, wanted: &[ValueType], found: &NodeKind<'_>) -> Option<String> {
        let NodeKind::Text(text) = found else { return None };
        let (key, value) = text.split_once(':').unwrap_or_default();
        let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if wanted.contains(&ValueType::Object) && is_key && !value.starts_with(' ') && !value.starts_with("//") {
            return Some(format!("a space belongs after the colon: `{key}: ...`"));
        }
        if wanted.contains(&ValueType::Array) && text.starts_with('-') {
            return Some("a space belongs after each dash".to_owned());
        }
        let is_condition = violation.path.ends_with("/if") || violation.path.ends_with("/where");
        let is_word = text.bytes().all(|byte| byte.is_ascii_alphabetic());
        (is_condition && !is_word).then(|| "a condition is an expression: write `${{ ... }}` around it".to_owned())
    }

    pub(super) fn without_value(&self, violation: &Violation<'_>) -> Diagnostic {
        let what = format!("{} has no value", subject(&violation.path));
        let beside = self.document.at("/jobs").and_then(|jobs| {
            let mut entries = self.document.entries(jobs);
            entries.find(|entry| self.is_unindented(&format!("/jobs/{}", entry.key))).map(|entry| entry.key)
        });
        let help = match beside.filter(|_| is_job(&violation.path)) {
            Some(key) => format!("`{key}` stands beside it: indent what belongs to the job"),
            None => "write a value, or remove the key".to_owned(),
        };
        Diagnostic::error(Code::WrongType, self.document.place(violation.node), what).help(help)
    }

    /// Whether what stands at `path` looks like a key of the job without a value above it.
    pub(super) fn is_unindented(&self, path: &str) -> bool {
        let Some(key) = path.strip_prefix("/jobs/").filter(|_| is_job(path)) else { return false };
        let is_key = self.schema.pointer("/$defs/Job/properties").is_some_and(|keys| keys.get(key).is_some());
        let jobs = self.document.at("/jobs").map(|jobs| self.document.entries(jobs));
        is_key && jobs.into_iter().flatten().any(|entry| self.document.is_null(entry.value))
    }

    /// A bare number where a span of time or a rate is wanted by `schema`: shows the two likely readings.
    pub(super) fn lacks_unit(&self, violation: &Violation<'_>, schema: &Value) -> Option<Diagnostic> {
        let number = match self.document.kind(violation.node) {
            NodeKind::Int(number) => number.to_string(),
            NodeKind::UInt(number) => number.to_string(),
            NodeKind::Text(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.to_owned()
            }
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Float(_)
            | NodeKind::Text(_)
            | NodeKind::Seq(_)
            | NodeKind::Map(_) => return None,
        };
        let is = |name: &str| self.schema.pointer(&format!("/$defs/{name}")).is_some_and(|target| target == schema);
        let help = if is("TimeSpan") {
            format!("write `{number}s` for seconds, or `{number}m` for minutes")
        } else if is("Rate") {
            format!("write `{number}/s` for each second, or `{number}/min` for each minute")
        } else if is("Percentage") {
            format!("write `{number}%`")
        } else {
            return None;
        };
        let what = format!("{} needs a unit", subject(&violation.path));
        Some(Diagnostic::error(Code::DurationUnit, self.document.place(violation.node), what).help(help))
    }

    pub(super) fn is_of_other_type(&self, violation: &Violation<'_>) -> bool {
        let is_text = self.document.text(violation.node).is_some();
        violation.schema.get("type").and_then(Value::as_str).is_some_and(|kind| (kind == "string") != is_text)
    }

    pub(super) fn not_one_of(&self, violation: &Violation<'_>, options: &[Value]) -> Diagnostic {
        let listed = words::any_of(&options.iter().map(words::spelled).collect::<Vec<_>>());
        let typed = self.document.text(violation.node).unwrap_or_default();
        let names = || options.iter().filter_map(Value::as_str);
        let near =
            nearest(typed, names()).or_else(|| words::own_choice(typed).filter(|own| names().any(|name| name == *own)));
        let near = near.filter(|_| options.len() > 1).map(|near| format!("did you mean `{near}`?"));
        let (what, help) = if options.len() <= MAX_LISTED {
            let or_number = if violation.path.ends_with("/priority") { ", or a number from 1 to 100" } else { "" };
            (format!("{} must be {listed}{or_number}", subject(&violation.path)), near)
        } else {
            let help = near.unwrap_or_else(|| format!("write {listed}"));
            (format!("{} does not have this value", subject(&violation.path)), Some(help))
        };
        Diagnostic::error(Code::NotOneOf, self.document.place(violation.node), what).maybe_help(help)
    }

    pub(super) fn wrong_form(&self, violation: &Violation<'_>) -> Diagnostic {
        if let Some(complaint) = self.lacks_unit(violation, violation.schema) {
            return complaint;
        }
        let wanted = form(violation.schema);
        let what = format!("{} must be {wanted}", subject(&violation.path));
        let name = self.document.text(violation.node).filter(|_| violation.path == "/name");
        let name = name.and_then(ManifestName::near).map(|name| format!("write `{name}`"));
        let example = || self.example_at(&violation.path).or_else(|| self.example(violation.schema));
        Diagnostic::error(Code::WrongForm, self.document.place(violation.node), what).maybe_help(name.or_else(example))
    }
}

/// Whether `path` is that of a whole job.
fn is_job(path: &str) -> bool {
    path.strip_prefix("/jobs/").is_some_and(|name| !name.contains('/'))
}

/// "between 1 and 100", from the limits that a schema sets.
pub(super) fn limits(schema: &Value) -> String {
    let limit = |keyword: &str| schema.get(keyword).map(ToString::to_string);
    match (limit("minimum"), limit("maximum"), limit("exclusiveMinimum"), limit("exclusiveMaximum")) {
        (Some(low), Some(high), _, _) => format!("must be between {low} and {high}"),
        (Some(low), None, _, _) => format!("must be at least {low}"),
        (None, Some(high), _, _) => format!("must be at most {high}"),
        (None, None, Some(low), _) => format!("must be more than {low}"),
        (None, None, None, Some(high)) => format!("must be less than {high}"),
        (None, None, None, None) => "is out of range".to_owned(),
    }
}

/// The usual slip behind a value of another type.
fn type_help(wanted: &[ValueType], found: &NodeKind<'_>) -> Option<&'static str> {
    let wants = |kind| wanted.contains(&kind);
    match found {
        NodeKind::Int(_) | NodeKind::UInt(_) | NodeKind::Float(_) | NodeKind::Bool(_) if wants(ValueType::String) => {
            Some("put it in quotes")
        }
        NodeKind::Text(text) if wants(ValueType::Boolean) => {
            let lower = text.to_lowercase();
            let yes_or_no = matches!(lower.as_str(), "yes" | "no" | "on" | "off" | "y" | "n" | "true" | "false");
            yes_or_no.then_some("write `true` or `false` without quotes; `yes`, `no`, `on` and `off` are text")
        }
        NodeKind::Text(text)
            if (wants(ValueType::Integer) || wants(ValueType::Number)) && text.parse::<f64>().is_ok() =>
        {
            Some("remove the quotes")
        }
        NodeKind::Float(_) if wants(ValueType::Integer) => Some("write it without a fraction"),
        NodeKind::Text(_) | NodeKind::Int(_) | NodeKind::UInt(_) if wants(ValueType::Array) => {
            Some("put it into brackets, `[` before it and `]` behind it; or one line with a dash for each item")
        }
        NodeKind::Seq(_) if wants(ValueType::Object) => Some("write `key: value` lines, without dashes"),
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::UInt(_)
        | NodeKind::Float(_)
        | NodeKind::Text(_)
        | NodeKind::Seq(_)
        | NodeKind::Map(_) => None,
    }
}
