//! What rules may ask of a plan as a whole.
//!
//! In: a plan's own figures. Out: facts. Never: a launch.

use crate::launch_scope::{FactKind, FactName, FactValue, LaunchFacts};

/// What is known of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanFacts {
    /// How many launches it has that are not skipped.
    pub launches: usize,
    /// The manifest's name.
    pub name: String,
    /// The profile's name; empty without one.
    pub profile: String,
}

impl LaunchFacts for PlanFacts {
    fn fact(&self, name: FactName, _: &[Box<str>]) -> FactValue<'_> {
        match name {
            FactName::Launches => FactValue::plain(Some(self.launches)),
            FactName::Name => FactValue::text(Some(self.name.as_str())),
            FactName::Profile => FactValue::text(Some(self.profile.as_str())),
            FactName::Id
            | FactName::Job
            | FactName::Key
            | FactName::Row
            | FactName::Rows
            | FactName::Matrix
            | FactName::Arguments
            | FactName::Params
            | FactName::Folder
            | FactName::Release
            | FactName::Strategy
            | FactName::Count
            | FactName::Priority
            | FactName::Runtime
            | FactName::Reference
            | FactName::Retry
            | FactName::Once
            | FactName::Verdict
            | FactName::Outcome
            | FactName::FaultClass
            | FactName::Attempts
            | FactName::Error => FactValue::Absent,
        }
    }
}

/// Facts of a launch and of its plan.
pub(super) struct BothFacts<'a> {
    pub(super) launch: &'a dyn LaunchFacts,
    pub(super) plan: &'a PlanFacts,
}

impl LaunchFacts for BothFacts<'_> {
    fn is_batch(&self) -> bool {
        self.launch.is_batch()
    }

    fn is_open(&self, name: FactName, members: &[Box<str>]) -> bool {
        self.launch.is_open(name, members)
    }

    fn fact(&self, name: FactName, members: &[Box<str>]) -> FactValue<'_> {
        match name.kind() {
            FactKind::OfPlan => self.plan.fact(name, members),
            FactKind::Planned | FactKind::OfRun => self.launch.fact(name, members),
        }
    }
}
