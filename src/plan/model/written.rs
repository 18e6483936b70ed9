//! What a manifest says beside its launches, as it is written: how fast, for how long, in which order.
//!
//! In: the manifest's document. Out: JSON by key. Never: what is rendered into launches, which are compared as they are.

use serde_json::{Map, Value};

use super::Plan;
use crate::manifest::NodeId;

/// The keys of a manifest whose meaning is in its launches, or that mean nothing to a run.
const IN_LAUNCHES: [&str; 7] = ["version", "description", "folder", "params", "vars", "env", "moved"];

/// The keys of a job that no launch shows.
const BESIDE_LAUNCHES: [&str; 9] =
    ["needs", "wait", "outputs", "outcome", "retry", "on-ambiguous", "once", "fail-fast", "ramp"];

impl Plan {
    /// What the manifest says beside its launches, by key, in the order written; `defaults` and `jobs` hold what is said for jobs,
    /// by the names that the ids of their launches begin with.
    #[must_use]
    pub fn settings(&self) -> Map<String, Value> {
        let document = &self.spec.document;
        let mut settings = Map::new();
        for entry in document.entries(document.root()) {
            let value = match entry.key {
                "defaults" => self.of_job(entry.value),
                "jobs" => {
                    let id_name = |name: &str| {
                        let job = self.spec.jobs.iter().find(|job| job.name.as_ref() == name);
                        job.map_or(name, |job| job.id_name()).to_owned()
                    };
                    let jobs = document.entries(entry.value).map(|job| (id_name(job.key), self.of_job(job.value)));
                    Value::Object(
                        jobs.filter(|(_, said)| said.as_object().is_some_and(|said| !said.is_empty())).collect(),
                    )
                }
                key if IN_LAUNCHES.contains(&key) || key.starts_with("x-") => continue,
                _ => document.to_json(entry.value),
            };
            settings.insert(entry.key.to_owned(), value);
        }
        settings
    }

    fn of_job(&self, node: NodeId) -> Value {
        let document = &self.spec.document;
        let told = document.entries(node).filter(|entry| BESIDE_LAUNCHES.contains(&entry.key));
        Value::Object(told.map(|entry| (entry.key.to_owned(), document.to_json(entry.value))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::BESIDE_LAUNCHES;
    use crate::format::{Job, Keyed as _};
    use crate::start_info::FIELDS;

    /// The keys of a job that are in its launches and set no field of the request by themselves, or mean nothing to a run.
    const OF_LAUNCHES: [&str; 8] =
        ["description", "folder", "arguments-file", "for-each", "matrix", "if", "machines", "start-info"];

    #[test]
    fn each_key_of_a_job_is_seen_in_launches_or_beside_them() {
        for key in Job::KEYS {
            let is_sent = FIELDS.iter().any(|field| field.key.is_some_and(|name| key.is(name)));
            let is_in = |names: &[&str]| names.iter().any(|name| key.is(name));
            let places = [is_sent, is_in(&OF_LAUNCHES), is_in(&BESIDE_LAUNCHES)];
            assert_eq!(places.iter().filter(|is_there| **is_there).count(), 1, "{}", key.field);
        }
    }
}
