//! What all launches of a job send alike, and what varies: a plan of thousands is read by that.
//!
//! In: a plan, launch by launch. Out: for each job the fields that all of its launches share, said once, and the names of those that
//! vary. Kept meanwhile: the fields of one launch for each job. Never: a launch.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::view::PlanView;
use crate::plan::{Launch, PlanEntry};

/// Minimum launches that are shown by what they share: fewer are read one by one.
const MIN_LAUNCHES: usize = 200;

/// What the launches of each job of a plan share.
#[derive(Debug, Default)]
pub(super) struct SharedFields {
    by_job: HashMap<u32, JobFieldUse>,
}

/// What the launches of one job share, and what varies among them.
#[derive(Debug, Default)]
pub(super) struct JobFieldUse {
    /// How many launches it has, skipped ones too.
    pub(super) launches: usize,
    /// The fields that all launches which are not skipped have with one value.
    pub(super) shared: Map<String, Value>,
    /// The names of the others.
    varying: Map<String, Value>,
    is_begun: bool,
}

impl SharedFields {
    /// What the launches of a plan share; `None` where so few are shown that each is read by itself.
    pub(super) fn of(shown: &PlanView<'_>) -> Option<Self> {
        if shown.plan.len().min(shown.most()) < MIN_LAUNCHES {
            return None;
        }
        let mut fields = Self::default();
        for (ordinal, planned) in (0..).zip(shown.planned()) {
            let job = shown.plan.job_number(crate::ids::Ordinal(ordinal));
            let of_job = fields.by_job.entry(job).or_default();
            of_job.launches += 1;
            if let PlanEntry::Launch(launch) = &planned {
                of_job.add(leaves(shown, launch));
            }
        }
        Some(fields)
    }

    /// What the launches of the job with this number share.
    pub(super) fn of_job(&self, number: u32) -> Option<&JobFieldUse> {
        self.by_job.get(&number)
    }
}

impl JobFieldUse {
    fn add(&mut self, fields: Map<String, Value>) {
        if !self.is_begun {
            self.is_begun = true;
            self.shared = fields;
            return;
        }
        for (name, value) in &fields {
            match self.shared.get(name) {
                Some(known) if known == value => {}
                Some(_) => self.part(name),
                None if !self.varying.contains_key(name) => drop(self.varying.insert(name.clone(), Value::Null)),
                None => {}
            }
        }
        let gone: Vec<String> = self.shared.keys().filter(|name| !fields.contains_key(*name)).cloned().collect();
        for name in gone {
            self.part(&name);
        }
    }

    fn part(&mut self, name: &str) {
        self.shared.shift_remove(name);
        self.varying.insert(name.to_owned(), Value::Null);
    }

    /// The names of the fields that vary, as they first came.
    pub(super) fn varying(&self) -> impl Iterator<Item = &str> {
        self.varying.keys().map(String::as_str)
    }
}

/// What is sent for `launch`, each value by itself: `InputArguments.invoice`. Its Reference is its own, and left out.
pub(super) fn leaves(shown: &PlanView<'_>, launch: &Launch) -> Map<String, Value> {
    let mut found = Map::new();
    found.insert("folder".to_owned(), launch.folder.to_string().into());
    let needs = shown.needs(launch);
    if !needs.is_empty() {
        found.insert("needs".to_owned(), needs.join(", ").into());
    }
    if let Some(version) = launch.release.version() {
        found.insert("release version".to_owned(), version.into());
    }
    if let Some(prefix) = launch.reference.as_deref().filter(|prefix| !prefix.is_empty()) {
        found.insert("reference".to_owned(), prefix.into());
    }
    for (name, value) in shown.start_info(launch) {
        match (name.as_str(), &value) {
            ("Reference", _) => {}
            // JSON inside of a text, as the API wants it.
            ("InputArguments" | "EnvironmentVariables", Value::String(text)) => {
                let inner = serde_json::from_str(text).unwrap_or_else(|_| value.clone());
                add_leaves(&name, inner, &mut found);
            }
            (_, _) => add_leaves(&name, value, &mut found),
        }
    }
    found
}

fn add_leaves(path: &str, value: Value, found: &mut Map<String, Value>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                add_leaves(&format!("{path}.{key}"), value, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            found.insert(path.to_owned(), value);
        }
    }
}

/// A value for people: text as it is, all else as JSON; cut where it is longer than `most` characters.
pub(super) fn short(value: &Value, most: usize) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().count() <= most {
        return text;
    }
    let cut: String = text.chars().take(most).collect();
    format!("{cut} ..")
}

/// The name of a field that varies, as a column is headed: an argument by its own name.
pub(super) fn short_name(name: &str) -> &str {
    name.strip_prefix("InputArguments.").unwrap_or(name)
}
