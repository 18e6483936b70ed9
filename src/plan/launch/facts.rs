//! What filters and rules may ask of a launch that is planned.
//!
//! In: a place of a plan, rendered, and the parts that it was rendered from. Out: its facts, each when it is asked for. Never: the
//! value of a secret: what uses one stands there as it is written.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Launch, PlanEntry};
use crate::ids::{FolderRef, Ordinal};
use crate::launch_scope::{FactName, FactValue, LaunchFacts};
use crate::plan::job_expansion::LaunchParts;
use crate::plan::model::Plan;
use crate::start_info::{LaunchPriority, PriorityLevel};
use crate::words::Words;

/// What is known of a launch before it is sent.
pub struct PlannedFacts<'a> {
    plan: &'a Plan,
    /// Its place among all launches of the manifest.
    full: Ordinal,
    entry: &'a PlanEntry,
    parts: LaunchParts<'a>,
}

impl<'a> PlannedFacts<'a> {
    /// The facts of `entry`, which is rendered from `parts` at `full` of all launches of the manifest.
    pub(in crate::plan) fn new(plan: &'a Plan, full: Ordinal, entry: &'a PlanEntry, parts: LaunchParts<'a>) -> Self {
        Self { plan, full, entry, parts }
    }

    /// What stands at its place.
    pub(in crate::plan) fn entry(&self) -> &'a PlanEntry {
        self.entry
    }

    /// The parts.
    pub(in crate::plan) fn parts(&self) -> &LaunchParts<'a> {
        &self.parts
    }

    fn of_launch(&self, launch: &'a Launch, name: FactName, members: &[Box<str>]) -> FactValue<'_> {
        let start = &launch.start_info;
        match name {
            FactName::Folder => FactValue::Text(match &launch.folder {
                FolderRef::Path(path) => Cow::Borrowed(path.as_str()),
                FolderRef::Id(id) => Cow::Owned(id.0.to_string()),
                FolderRef::Key(key) => Cow::Owned(key.to_string()),
            }),
            FactName::Release => FactValue::text(Some(launch.release.to_string())),
            FactName::Strategy => FactValue::text(Some(start.strategy.name())),
            FactName::Count => FactValue::plain(start.strategy.count()),
            FactName::Priority => FactValue::plain(start.priority.as_ref().map(|priority| match priority {
                LaunchPriority::Level(PriorityLevel::Low) => 25,
                LaunchPriority::Level(PriorityLevel::Normal) => 45,
                LaunchPriority::Level(PriorityLevel::High) => 65,
                LaunchPriority::Value(value) => *value,
            })),
            FactName::Runtime => FactValue::text(start.runtime.map(Words::word)),
            FactName::Reference => FactValue::text(launch.reference.as_deref()),
            FactName::Retry => {
                let retry =
                    self.plan.follow_ups.jobs[usize::from(self.plan.job_launches(self.full).follow_up)].retry.as_ref();
                FactValue::plain(Some(retry.map_or(0, |retry| retry.faulted)))
            }
            FactName::Once => FactValue::plain(Some(launch.is_once)),
            FactName::Arguments => match (start.arguments(), members) {
                (None, _) => FactValue::Absent,
                (Some(arguments), []) => whole(arguments.clone()),
                (Some(arguments), [first, rest @ ..]) => {
                    arguments.get(first.as_ref()).map_or(FactValue::Absent, |value| FactValue::member(value, rest))
                }
            },
            FactName::Id
            | FactName::Job
            | FactName::Key
            | FactName::Row
            | FactName::Rows
            | FactName::Matrix
            | FactName::Params
            | FactName::Verdict
            | FactName::Outcome
            | FactName::FaultClass
            | FactName::Attempts
            | FactName::Error
            | FactName::Launches
            | FactName::Name
            | FactName::Profile => FactValue::Absent,
        }
    }
}

impl LaunchFacts for PlannedFacts<'_> {
    fn is_open(&self, name: FactName, members: &[Box<str>]) -> bool {
        self.plan.scope.has_gaps() && self.plan.leaves_open((self.full, self.entry), name, members)
    }

    fn is_batch(&self) -> bool {
        self.parts.is_batch()
    }

    fn fact(&self, name: FactName, members: &[Box<str>]) -> FactValue<'_> {
        match name {
            FactName::Id => FactValue::text(Some(self.entry.id().as_str())),
            FactName::Job => FactValue::text(Some(match self.entry {
                PlanEntry::Launch(launch) => launch.job.as_str(),
                PlanEntry::Skipped(skipped) => skipped.job.as_str(),
            })),
            FactName::Key => self.parts.row_key().map_or(FactValue::Absent, |key| owned(key, &[])),
            FactName::Row => match (self.parts.cells(), members) {
                (None, _) => FactValue::Absent,
                (Some(cells), []) => whole(cells.clone()),
                (Some(cells), [first, rest @ ..]) => {
                    cells.get(first.as_ref()).map_or(FactValue::Absent, |value| FactValue::member(value, rest))
                }
            },
            FactName::Matrix => match (self.parts.combination(), members) {
                (None, _) => FactValue::Absent,
                (Some(values), []) => whole(values),
                (Some(values), members) => owned(Value::Object(values), members),
            },
            FactName::Params => match members {
                [] => self.plan.scope.value_of("params", None).map_or(FactValue::Absent, |value| owned(value, &[])),
                [first, rest @ ..] => {
                    let value = self.plan.scope.value_of("params", Some(first));
                    value.map_or(FactValue::Absent, |value| owned(value, rest))
                }
            },
            FactName::Rows => self.parts.batch().map_or(FactValue::Absent, |rows| owned(rows, &[])),
            FactName::Folder
            | FactName::Release
            | FactName::Strategy
            | FactName::Count
            | FactName::Priority
            | FactName::Runtime
            | FactName::Reference
            | FactName::Retry
            | FactName::Once
            | FactName::Arguments
            | FactName::Verdict
            | FactName::Outcome
            | FactName::FaultClass
            | FactName::Attempts
            | FactName::Error
            | FactName::Launches
            | FactName::Name
            | FactName::Profile => match self.entry {
                PlanEntry::Launch(launch) => self.of_launch(launch, name, members),
                PlanEntry::Skipped(_) => FactValue::Absent,
            },
        }
    }
}

impl Plan {
    /// What `ask` makes of the facts of the launch at `ordinal`.
    pub fn with_facts<T>(&self, ordinal: Ordinal, ask: impl FnOnce(&PlannedFacts<'_>) -> T) -> T {
        let full = self.full(ordinal);
        let entry = self.planned(ordinal);
        ask(&PlannedFacts::new(self, full, &entry, self.parts(full)))
    }
}

fn whole<'a>(map: Map<String, Value>) -> FactValue<'a> {
    FactValue::Json(Cow::Owned(Value::Object(map)))
}

/// What `members` take of `value`, which nobody keeps.
fn owned<'a>(value: Value, members: &[Box<str>]) -> FactValue<'a> {
    match FactValue::member(&value, members) {
        FactValue::Absent => FactValue::Absent,
        FactValue::Text(text) => FactValue::Text(Cow::Owned(text.into_owned())),
        FactValue::Json(json) => FactValue::Json(Cow::Owned(json.into_owned())),
    }
}
