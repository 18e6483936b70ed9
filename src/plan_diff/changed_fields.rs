//! How one launch differs from another, or one setting: field by field, by the manifest's words.
//!
//! In: two launches, or two values. Out: [`FieldChange`]s, in the order of the second. Never: what is the same.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::plan::{Launch, PlanEntry};
use crate::secret::Redactor;
use crate::start_info::FIELDS;

/// A field that is there otherwise than before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// The manifest's key, and the way below it: `arguments.region`, `robots[1]`.
    pub path: String,
    /// What it was; left out where it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// What it is; left out where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

impl FieldChange {
    /// Takes out of its values what `redactor` knows.
    pub(super) fn mask(&mut self, redactor: &Redactor) {
        for value in self.from.iter_mut().chain(&mut self.to) {
            redactor.redact_output_value(value);
        }
    }
}

/// What differs between two launches of one id, without what `redactor` knows.
pub(super) fn of_launches(before: &PlanEntry, after: &PlanEntry, redactor: &Redactor) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    match (before, after) {
        (PlanEntry::Launch(before), PlanEntry::Launch(after)) => {
            differences("", Some(&launch_fields(before)), Some(&launch_fields(after)), &mut changes);
        }
        (PlanEntry::Skipped(before), PlanEntry::Skipped(after)) => {
            let why = |why: &str| Value::from(why);
            differences("skipped", Some(&why(&before.why)), Some(&why(&after.why)), &mut changes);
        }
        (PlanEntry::Launch(_), PlanEntry::Skipped(skipped)) => {
            changes.push(FieldChange { path: "skipped".into(), from: None, to: Some(skipped.why.as_str().into()) });
        }
        (PlanEntry::Skipped(skipped), PlanEntry::Launch(_)) => {
            changes.push(FieldChange { path: "skipped".into(), from: Some(skipped.why.as_str().into()), to: None });
        }
    }
    if changes.is_empty() {
        // Whatever differs and is in no key of an author's is told as it is compared.
        differences("", Some(&before.canonical()), Some(&after.canonical()), &mut changes);
    }
    for change in &mut changes {
        change.mask(redactor);
    }
    changes
}

/// What is sent for `launch`, by the keys that an author writes: `folder`, `release`, `arguments` as JSON, and the rest as
/// `start-info.NAME`.
#[must_use]
pub fn launch_fields(launch: &Launch) -> Value {
    let mut canonical = launch.canonical();
    let mut fields = Map::new();
    fields.insert("folder".into(), Value::from(launch.folder.to_string()));
    if let Some(version) = launch.release.version() {
        fields.insert("release-version".into(), version.into());
    }
    let Value::Object(request) = canonical["request"].take() else { return Value::Object(fields) };
    for (name, value) in request {
        let key = FIELDS.iter().find(|field| field.name == name).and_then(|field| field.key);
        match (key, &value) {
            // JSON inside of a text, as the API wants it.
            (Some(key @ ("arguments" | "environment")), Value::String(text)) => {
                let inner = serde_json::from_str(text).unwrap_or_else(|_| value.clone());
                fields.insert(key.to_owned(), inner);
            }
            // One key of a job, and several fields of the request.
            (Some(key @ "stop"), _) => drop(fields.insert(format!("{key}.{name}"), value)),
            (Some(key), _) => drop(fields.insert(key.to_owned(), value)),
            (None, _) => drop(fields.insert(format!("start-info.{name}"), value)),
        }
    }
    Value::Object(fields)
}

/// Adds what differs between `before` and `after` at `path`. Lists of one length are compared item by item.
pub(super) fn differences(path: &str, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    // What comes or goes as a whole is told by what is in it.
    let empty = Value::Object(Map::new());
    let (before, after) = match (before, after) {
        (None, Some(Value::Object(come))) if !come.is_empty() => (Some(&empty), after),
        (Some(Value::Object(gone)), None) if !gone.is_empty() => (before, Some(&empty)),
        (None | Some(_), None | Some(_)) => (before, after),
    };
    match (before, after) {
        (Some(Value::Object(first)), Some(Value::Object(second))) => {
            let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            for (key, value) in second {
                differences(&below(key), first.get(key), Some(value), changes);
            }
            for (key, value) in first.iter().filter(|(key, _)| !second.contains_key(*key)) {
                differences(&below(key), Some(value), None, changes);
            }
        }
        (Some(Value::Array(first)), Some(Value::Array(second))) if first.len() == second.len() => {
            for (index, (first, second)) in first.iter().zip(second).enumerate() {
                differences(&format!("{path}[{index}]"), Some(first), Some(second), changes);
            }
        }
        (None | Some(_), None | Some(_)) => {
            changes.push(FieldChange { path: path.to_owned(), from: before.cloned(), to: after.cloned() });
        }
    }
}
