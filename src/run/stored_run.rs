//! A run as the ledger has it, and its plan, made again.
//!
//! In: an open ledger and a run's id. Out: its record, its notes and its plan; or why the plan is lost. Never: the
//! network, or a file that may have changed since. Source: `docs/exactly-once.md`, section 4.

use std::time::Duration;

use super::snapshot::RunSnapshot;
use crate::diagnostic::Severity;
use crate::ids::RunId;
use crate::launch::{RunHistory, RunOrigin};
use crate::ledger::{
    LedgerError, RunEnd, RunNote, RunRecord, RunStore, Steered, is_skipped, skipped_for, steered, successor,
};
use crate::plan::{self, Plan};
use crate::source::Sources;

pub(super) mod count;
pub(super) mod export;
pub(super) mod file_check;
pub(super) mod filter;
pub(super) mod import;
pub(super) mod learnt;
pub(super) mod prune;
pub(super) mod renamed_jobs;
pub(super) mod status;
pub(super) mod waiting;

/// Maximum time before a slot begins at which it may be run.
pub const MAX_SLOT_LEAD: Duration = Duration::from_secs(24 * 3600);

/// A run as the ledger has it.
#[derive(Debug)]
pub struct StoredRun {
    /// Its beginning.
    pub record: RunRecord,
    /// Its end; `None` while it has not ended, or since it goes on.
    pub end: Option<RunEnd>,
    /// What was noted about it since.
    pub notes: Vec<RunNote>,
    /// How it was made; `None` if a newer sortie kept it in a form that this one cannot read.
    pub snapshot: Option<RunSnapshot>,
}

/// Why a run's plan cannot be made again. What was started can still be settled and reported, by the run's events.
#[derive(Debug, thiserror::Error)]
#[error(
    "the plan of run `{run}` cannot be made again: sortie {version} made it, and this one is {}{}",
    env!("CARGO_PKG_VERSION"),
    if why.is_empty() { String::new() } else { format!(" ({why})") }
)]
pub struct PlanUnavailable {
    /// The run.
    pub run: RunId,
    /// The version of sortie that began the run.
    pub version: String,
    /// What stands in the way, where it is more than another plan.
    pub why: String,
}

impl StoredRun {
    /// Reads `run`. Errors: [`LedgerError::NoRun`] where there is none.
    pub async fn read<L: RunStore>(ledger: &L, run: RunId) -> Result<Self, LedgerError> {
        let (record, end) = ledger.read_run(run).await?;
        let notes = ledger.read_notes(run).await?;
        let snapshot = RunSnapshot::from_bytes(&record.inputs).ok();
        Ok(Self { record, end, notes, snapshot })
    }

    /// As [`StoredRun::read`]; `None` if the ledger has no such run.
    pub async fn find<L: RunStore>(ledger: &L, run: RunId) -> Result<Option<Self>, LedgerError> {
        match Self::read(ledger, run).await {
            Ok(stored) => Ok(Some(stored)),
            Err(LedgerError::NoRun(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes the plan again, and checks that it is the one that was begun.
    pub fn plan(&self) -> Result<(Sources, Plan), PlanUnavailable> {
        let lost = |why: &str| PlanUnavailable {
            run: self.record.id,
            version: self.record.version.clone(),
            why: why.to_owned(),
        };
        let snapshot =
            self.snapshot.as_ref().ok_or_else(|| lost("its inputs have a form that this one cannot read"))?;
        let (sources, outcome) = plan::make(&snapshot.inputs);
        let (plan, diagnostics) = outcome.into_parts();
        let error = diagnostics.into_iter().find(|said| said.severity == Severity::Error);
        let plan = plan.ok_or_else(|| lost(&error.map(|error| error.what).unwrap_or_default()))?;
        if plan.digest() == self.record.plan_digest { Ok((sources, plan)) } else { Err(lost("")) }
    }

    /// What it is known by to other ledgers; `key_horizon` is how far back a key is looked for.
    #[must_use]
    pub fn origin(&self, key_horizon: Duration) -> RunOrigin {
        let snapshot = self.snapshot.as_ref();
        if snapshot.is_some_and(|snapshot| snapshot.rerun_of.is_some()) {
            // It has the first run's slot and key, and an id of its own.
            return RunOrigin::Own;
        }
        match self.record.slot.as_ref().and_then(|slot| slot.parse().ok()) {
            Some(slot) => RunOrigin::Slot(slot, MAX_SLOT_LEAD),
            None if snapshot.is_some_and(|snapshot| snapshot.key.is_some()) => RunOrigin::Key(key_horizon),
            None => RunOrigin::Own,
        }
    }

    /// Whether its slot was passed over, so that nothing of it was begun.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        is_skipped(&self.notes)
    }

    /// Why nothing of it was begun, where its slot was passed over.
    #[must_use]
    pub fn why_skipped(&self) -> Option<String> {
        let live = skipped_for(&self.notes)?;
        self.is_skipped().then(|| skipped_because_of(live))
    }

    /// What holds of it by all that was asked of it.
    #[must_use]
    pub fn steered(&self) -> Steered {
        steered(&self.notes)
    }

    /// The run that took over what this one did not do.
    #[must_use]
    pub fn successor(&self) -> Option<RunId> {
        successor(&self.notes)
    }
}

/// Why a slot is passed over where `live`, if it is known which, is being run.
#[must_use]
pub fn skipped_because_of(live: Option<RunId>) -> String {
    match live {
        Some(run) => format!("run {run} of another slot was going on"),
        None => "a run of another slot was going on".to_owned(),
    }
}

/// Whether a run that holds `history` has nothing left to send, to settle or to count. `skipped` launches its plan leaves out.
#[must_use]
pub fn is_done(record: &RunRecord, history: &RunHistory, skipped: u32) -> bool {
    let over: u32 = history.ended.values().sum();
    history.unfinished.is_empty() && over + skipped >= record.launches
}
