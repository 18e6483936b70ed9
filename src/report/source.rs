//! Where a report's launches come from: the plan made again, or, if it cannot be, their events.
//!
//! In: a plan, or the states of launches. Out: what is known of each launch apart from its state. Never: keeps one.

use serde_json::Value;

use super::head::ShownLaunches;
use super::launch::PlannedLaunch;
use crate::ids::{Ordinal, Reference, RunId};
use crate::ledger::state::LaunchState;
use crate::plan::{self, Plan};
use crate::spec::LaunchLimits;

/// The plan's side of a report: every launch by its place, made again when it is needed.
pub trait PlannedLaunches {
    /// How many launches the run has.
    fn count(&self) -> u32;

    /// The plan itself, where it could be made again.
    fn plan(&self) -> Option<&Plan>;

    /// What is known of the launch at `ordinal`, apart from its `state`; `None` if nothing is.
    fn planned(&self, ordinal: Ordinal, state: &LaunchState) -> Option<PlannedLaunch>;

    /// What the manifest allows; `None` if that is not known.
    fn limits(&self) -> Option<LaunchLimits>;

    /// Which of several tenants the launch at `ordinal` is of: the same robot job of another tenant is another robot job.
    fn tenant(&self, _: Ordinal) -> usize {
        0
    }

    /// Whether the launch at `ordinal` is shown, and counted: not where a filter leaves it out.
    fn shows(&self, _: Ordinal) -> bool {
        true
    }

    /// What of the run is shown, where that is not all.
    fn shown(&self) -> Option<ShownLaunches> {
        None
    }

    /// What must be said of the launch at `ordinal` whatever became of it.
    fn remark(&self, _: Ordinal) -> Option<LaunchRemark> {
        None
    }
}

/// What must be said of a launch whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchRemark {
    /// Something is wrong with it: somebody must look.
    Doubtful(String),
    /// It is worth knowing.
    Worth(String),
}

/// The launches of a run, from its plan.
pub struct FromPlan<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The run.
    pub run: RunId,
    /// Why none of it was begun, where the whole run was skipped.
    pub skipped: Option<String>,
}

impl PlannedLaunches for FromPlan<'_> {
    fn plan(&self) -> Option<&Plan> {
        Some(self.plan)
    }

    fn count(&self) -> u32 {
        u32::try_from(self.plan.len()).expect("a plan holds fewer than 2^32 launches")
    }

    fn planned(&self, ordinal: Ordinal, _: &LaunchState) -> Option<PlannedLaunch> {
        let reference = |prefix: Option<&str>, id| Reference::new(prefix, self.run, id).to_string();
        Some(match self.plan.masked(ordinal) {
            plan::PlanEntry::Launch(launch) => PlannedLaunch {
                id: launch.id.to_string(),
                job: launch.job,
                key: (!launch.key.is_empty()).then_some(launch.key),
                reference: reference(launch.reference.as_deref(), &launch.id),
                arguments: launch.start_info.arguments().cloned().map(Value::Object),
                skipped: self.skipped.clone(),
            },
            plan::PlanEntry::Skipped(skipped) => PlannedLaunch {
                // Nothing was sent, so only sortie's own part of it is known.
                reference: reference(None, &skipped.id),
                id: skipped.id.to_string(),
                job: skipped.job,
                key: (!skipped.key.is_empty()).then_some(skipped.key),
                arguments: None,
                skipped: Some(skipped.why),
            },
        })
    }

    fn limits(&self) -> Option<LaunchLimits> {
        Some(self.plan.limits())
    }
}

/// The launches of a run whose plan cannot be made again: those that have events, as these name them.
pub struct EventsOnly {
    /// How many launches the run has.
    pub launches: u32,
}

impl PlannedLaunches for EventsOnly {
    fn plan(&self) -> Option<&Plan> {
        None
    }

    fn count(&self) -> u32 {
        self.launches
    }

    fn planned(&self, _: Ordinal, state: &LaunchState) -> Option<PlannedLaunch> {
        let intent = &state.attempts()?.intent;
        let id = intent.launch.to_string();
        let job = id.split('/').next().unwrap_or_default().to_owned();
        let reference = intent.reference.to_string();
        Some(PlannedLaunch { id, job, key: None, reference, arguments: None, skipped: None })
    }

    fn limits(&self) -> Option<LaunchLimits> {
        None
    }
}
