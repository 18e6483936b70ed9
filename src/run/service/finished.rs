//! A run that is over, or that needs nothing more: what its report is made of.

use crate::exit::ExitStatus;
use crate::ids::{Ordinal, RunId};
use crate::launch::LaunchSummary;
use crate::ledger::state::LaunchState;
use crate::ledger::totals::Totals;
use crate::ledger::{LedgerError, RunEnd, RunRecord};
use crate::plan::Plan;
use crate::report::{EventsOnly, FromPlan, PlannedLaunch, PlannedLaunches};
use crate::run::locks::RunLocks;
use crate::spec::LaunchLimits;

/// A run that is over, or that needs nothing more.
#[derive(Debug)]
pub struct FinishedRun<L> {
    /// What the ledger holds of its beginning.
    pub record: RunRecord,
    /// What to exit with, where its report is written as well.
    pub exit: ExitStatus,
    /// Its launches.
    pub launches: ReportedLaunches,
    /// How it ended; `None` if it is only shown as it is at this moment.
    pub ended: Option<EndedRun>,
    /// Who reports beside the run keeps others away until that is done.
    locks: Option<RunLocks<L>>,
}

/// How a run ended.
#[derive(Debug)]
pub struct EndedRun {
    /// What was recorded of it.
    pub end: RunEnd,
    /// Its launches by verdict, as its report counts them.
    pub totals: Totals,
    /// What came of its launches; `None` if this call launched and settled nothing.
    pub summary: Option<LaunchSummary>,
    /// Why its end could not be recorded, where it could not.
    pub unclosed: Option<LedgerError>,
}

/// The launches of a run, for its report.
#[derive(Debug)]
pub enum ReportedLaunches {
    /// From its plan.
    Planned {
        /// The plan.
        plan: Box<Plan>,
        /// The run.
        run: RunId,
        /// Why none of it was begun, where the whole run was skipped.
        skipped: Option<String>,
    },
    /// Of a run whose plan cannot be made again: those that have events.
    EventsOnly {
        /// How many launches the run has.
        launches: u32,
    },
}

impl<L> FinishedRun<L> {
    /// A run that ended so.
    pub(super) fn ended(record: RunRecord, launches: ReportedLaunches, ended: EndedRun) -> Self {
        Self { record, exit: ended.end.exit, launches, ended: Some(ended), locks: None }
    }

    /// A run that is shown as it is, by a call that exits with `exit`.
    pub(super) fn as_it_is(record: RunRecord, launches: ReportedLaunches, exit: ExitStatus) -> Self {
        Self { record, exit, launches, ended: None, locks: None }
    }

    /// The same, which others are kept away from until it goes.
    pub(super) fn holding(self, locks: RunLocks<L>) -> Self {
        Self { locks: Some(locks), ..self }
    }

    /// Whether others are kept away from it, so that nobody but the caller is at it.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.locks.is_some()
    }
}

impl EndedRun {
    /// An end at which this call launched nothing.
    pub(super) fn found(end: RunEnd, totals: Totals) -> Self {
        Self { end, totals, summary: None, unclosed: None }
    }
}

impl ReportedLaunches {
    /// The launches of `plan`, of the run `run`.
    pub(in crate::run) fn of_plan(plan: Plan, run: RunId, skipped: Option<String>) -> Self {
        Self::Planned { plan: Box::new(plan), run, skipped }
    }
}

impl PlannedLaunches for ReportedLaunches {
    fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Planned { plan, .. } => Some(plan),
            Self::EventsOnly { .. } => None,
        }
    }

    fn count(&self) -> u32 {
        match self {
            Self::Planned { plan, .. } => u32::try_from(plan.len()).expect("a plan holds fewer than 2^32 launches"),
            Self::EventsOnly { launches } => *launches,
        }
    }

    fn planned(&self, ordinal: Ordinal, state: &LaunchState) -> Option<PlannedLaunch> {
        match self {
            Self::Planned { plan, run, skipped } => {
                FromPlan { plan, run: *run, skipped: skipped.clone() }.planned(ordinal, state)
            }
            Self::EventsOnly { launches } => EventsOnly { launches: *launches }.planned(ordinal, state),
        }
    }

    fn limits(&self) -> Option<LaunchLimits> {
        match self {
            Self::Planned { plan, .. } => Some(plan.limits()),
            Self::EventsOnly { .. } => None,
        }
    }
}
