//! Equal changes together: `arguments.region: emea -> apac in 40 launches`.
//!
//! In: the launches that differ. Out: groups, the largest first, each with a few ids. Never: more groups or longer values than
//! the bounds, whatever the plans.

use std::collections::HashMap;

use serde_json::Value;

use super::changed_fields::{self, FieldChange};
use crate::ids::{LaunchId, Ordinal};
use crate::plan::Plan;
use crate::secret::Redactor;

/// Maximum ids that stand for a group.
pub const MAX_EXAMPLES: usize = 3;

/// Maximum groups of one field: what changes otherwise in each launch is one group, with examples.
const MAX_GROUPS_OF_FIELD: usize = 8;

/// Maximum fields that are told of; an author of arguments names them.
const MAX_FIELDS: usize = 500;

/// Maximum bytes of a value, as JSON, by which changes are held equal and that is kept.
const MAX_VALUE_BYTES: usize = 2_000;

/// Launches of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobGroup {
    /// The job's name.
    pub job: String,
    /// How many launches.
    pub launches: u32,
    /// The first of them.
    pub examples: Vec<LaunchId>,
}

/// One change of one field, and the launches that have it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeGroup {
    /// The field: the manifest's key, and the way below it.
    pub path: String,
    /// The change; that of the first launch, where `is_various`.
    pub from: Option<Value>,
    /// What it becomes.
    pub to: Option<Value>,
    /// Whether these launches change in many ways, of which one is shown.
    pub is_various: bool,
    /// How many launches.
    pub launches: u32,
    /// The jobs that they are of, in order.
    pub jobs: Vec<String>,
    /// The first of them.
    pub examples: Vec<LaunchId>,
}

impl ChangeGroup {
    fn new(change: FieldChange, is_various: bool) -> Self {
        let FieldChange { path, from, to } = change;
        Self { path, from, to, is_various, launches: 0, jobs: Vec::new(), examples: Vec::new() }
    }

    fn add(&mut self, job: &str, id: &LaunchId) {
        self.launches += 1;
        if self.examples.len() < MAX_EXAMPLES {
            self.examples.push(id.clone());
        }
        if self.jobs.len() < MAX_FIELDS && !self.jobs.iter().any(|known| known == job) {
            self.jobs.push(job.to_owned());
        }
    }
}

/// The launches at `ordinals` by job, in the plan's order.
pub(super) fn by_job(plan: &Plan, ordinals: &[Ordinal]) -> Vec<JobGroup> {
    let mut groups: Vec<JobGroup> = Vec::new();
    let mut last = None;
    for ordinal in ordinals {
        // Launches of a job stand beside each other.
        let number = plan.job_number(*ordinal);
        if last != Some(number) {
            last = Some(number);
            groups.push(JobGroup { job: plan.job_name(number).to_owned(), launches: 0, examples: Vec::new() });
        }
        let group = groups.last_mut().expect("a group was made for the first");
        group.launches += 1;
        if group.examples.len() < MAX_EXAMPLES {
            group.examples.push(plan.planned(*ordinal).id().clone());
        }
    }
    groups
}

/// What changed in the launches `changed`: where `before` has them, and `after`; and how many changes are in no group.
pub(super) fn changes(
    before: &Plan,
    after: &Plan,
    changed: &[(Ordinal, Ordinal)],
    redactor: &Redactor,
) -> (Vec<ChangeGroup>, u64) {
    let mut ungrouped = 0;
    let mut groups: Vec<ChangeGroup> = Vec::new();
    let mut by_change: HashMap<(String, String), usize> = HashMap::new();
    let mut fields: HashMap<String, Vec<usize>> = HashMap::new();
    for (first, second) in changed {
        let (earlier, later) = (before.planned(*first), after.planned(*second));
        let job = after.job_name(after.job_number(*second));
        for change in changed_fields::of_launches(&earlier, &later, redactor) {
            let what = cut(&change);
            let key = (change.path.clone(), what);
            let at = match by_change.get(&key) {
                Some(at) => *at,
                None if fields.len() >= MAX_FIELDS && !fields.contains_key(&change.path) => {
                    ungrouped += 1;
                    continue;
                }
                None => {
                    let of_field = fields.entry(change.path.clone()).or_default();
                    match of_field.last() {
                        Some(last) if of_field.len() > MAX_GROUPS_OF_FIELD => *last,
                        Some(_) | None => {
                            let is_various = of_field.len() == MAX_GROUPS_OF_FIELD;
                            groups.push(ChangeGroup::new(kept(change), is_various));
                            of_field.push(groups.len() - 1);
                            if !is_various {
                                by_change.insert(key, groups.len() - 1);
                            }
                            groups.len() - 1
                        }
                    }
                }
            };
            groups[at].add(job, later.id());
        }
    }
    (sorted(merge_various(groups)), ungrouped)
}

/// Where a field changes in more ways than are told apart, it is one group.
fn merge_various(groups: Vec<ChangeGroup>) -> Vec<ChangeGroup> {
    let various: Vec<String> = groups.iter().filter(|group| group.is_various).map(|group| group.path.clone()).collect();
    let mut merged: Vec<ChangeGroup> = Vec::with_capacity(groups.len());
    for group in groups {
        let is_various = various.contains(&group.path);
        match merged.iter_mut().find(|known| is_various && known.path == group.path) {
            Some(known) => {
                known.launches += group.launches;
                known.examples.extend(group.examples);
                known.examples.truncate(MAX_EXAMPLES);
                let new = group.jobs.into_iter().filter(|job| !known.jobs.contains(job)).collect::<Vec<_>>();
                known.jobs.extend(new);
            }
            None => merged.push(ChangeGroup { is_various, ..group }),
        }
    }
    merged
}

/// The largest first; those of equal size in the order in which they came.
fn sorted(mut groups: Vec<ChangeGroup>) -> Vec<ChangeGroup> {
    groups.sort_by_key(|group| std::cmp::Reverse(group.launches));
    groups
}

/// The change as text, by which others are held equal: long values by their beginning and length.
fn cut(change: &FieldChange) -> String {
    let text = |value: &Option<Value>| {
        let mut text = value.as_ref().map(Value::to_string).unwrap_or_default();
        if text.len() > MAX_VALUE_BYTES {
            // Two long values that begin alike are not told apart by their beginnings.
            let digest = crate::ids::Digest::of(text.as_bytes());
            text = digest.to_string();
        }
        text
    };
    format!("{}\u{0}{}", text(&change.from), text(&change.to))
}

/// The change as it is kept: a long value by its beginning, as text.
fn kept(change: FieldChange) -> FieldChange {
    let short = |value: Option<Value>| {
        value.map(|value| {
            let text = value.to_string();
            if text.len() <= MAX_VALUE_BYTES {
                return value;
            }
            let end = (0..=MAX_VALUE_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            Value::from(format!("{}...", &text[..end]))
        })
    };
    FieldChange { from: short(change.from), to: short(change.to), path: change.path }
}
