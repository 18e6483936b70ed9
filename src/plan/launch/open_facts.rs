//! Which facts of a launch are not known yet, where a plan is tried out without all values.
//!
//! In: a launch's place, and a fact's name. Out: whether it depends on what has no value. Never: takes what was made up for a fact. A launch
//! of which a key of its own lacks a value is not rendered at all, so that only what it has from elsewhere can be open.

use super::PlanEntry;
use crate::ids::Ordinal;
use crate::launch_scope::FactName;
use crate::plan::manifest_folder::is_made_up;
use crate::plan::model::Plan;

impl Plan {
    /// Whether the fact `name`, or what `members` take of it, depends on what has no value in the launch `entry`, at `full` of
    /// all launches.
    pub(super) fn leaves_open(
        &self,
        (full, entry): (Ordinal, &PlanEntry),
        name: FactName,
        members: &[Box<str>],
    ) -> bool {
        match name {
            FactName::Folder => match entry {
                PlanEntry::Launch(launch) => is_made_up(&launch.folder),
                PlanEntry::Skipped(_) => false,
            },
            FactName::Params => match members.first() {
                Some(param) => self.scope.is_left_open("params", param),
                None => self.spec.params.iter().any(|param| self.scope.is_left_open("params", &param.name)),
            },
            FactName::Id | FactName::Key | FactName::Row | FactName::Rows | FactName::Matrix => {
                self.job_launches(full).is_open
            }
            FactName::Job
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
            | FactName::Profile => false,
        }
    }
}
