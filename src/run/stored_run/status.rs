//! How a run of the ledger is getting on, in one word, and what has come of its launches.
//!
//! In: a run as the ledger has it, and whether a process is at it. Out: a [`RunStatus`] and totals. Never: the network.

use serde::Serialize;

use super::{StoredRun, is_done};
use crate::exit::ExitStatus;
use crate::launch::RunHistory;
use crate::ledger::totals::Totals;
use crate::ledger::{LockName, RunEnd, Store};
use crate::report::delivery::{self, ReportError};
use crate::report::{EventsOnly, FromPlan};

/// How a run is getting on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// A process is at it.
    Running,
    /// Somebody, or a rule of its manifest, paused it; a process may be at it.
    Paused,
    /// Somebody cancelled it.
    Cancelled,
    /// No process is at it, and it did not end.
    CutOff,
    /// It ended, and launches are left to send or to settle, or are held.
    Unfinished,
    /// Nothing is left to do.
    Finished,
    /// Its slot came while another one was being run.
    Skipped,
    /// A rerun took over what it did not do.
    Superseded,
    /// Another ledger launched it, and a file brought it here.
    Imported,
}

impl RunStatus {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Running,
        Self::Paused,
        Self::Cancelled,
        Self::CutOff,
        Self::Unfinished,
        Self::Finished,
        Self::Skipped,
        Self::Superseded,
        Self::Imported,
    ];

    /// Its word: `cut-off`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::CutOff => "cut-off",
            Self::Unfinished => "unfinished",
            Self::Finished => "finished",
            Self::Skipped => "skipped",
            Self::Superseded => "superseded",
            Self::Imported => "imported",
        }
    }
}

impl StoredRun {
    /// How it is getting on, and what has come of its launches: at its end, or by now.
    ///
    /// Errors: the ledger cannot be read.
    pub async fn status<S: Store>(&self, store: &S) -> Result<(RunStatus, Totals), ReportError> {
        let is_live = store.is_held(LockName::Run(self.record.id)).await?;
        let is_paused = self.steered().is_paused();
        let Some(end) = self.end.filter(|_| !is_live || self.record.is_imported()) else {
            let status = match (self.record.is_imported(), is_live, is_paused) {
                (true, _, _) => RunStatus::Imported,
                (false, _, true) => RunStatus::Paused,
                (false, true, false) => RunStatus::Running,
                (false, false, false) => RunStatus::CutOff,
            };
            return Ok((status, self.counted(store).await?));
        };
        let status = if self.record.is_imported() {
            RunStatus::Imported
        } else if self.successor().is_some() {
            RunStatus::Superseded
        } else if self.is_skipped() {
            RunStatus::Skipped
        } else if self.steered().is_cancelled() && !self.is_done_well(store, end).await? {
            RunStatus::Cancelled
        } else if self.is_left(store, end.totals).await? {
            if is_paused { RunStatus::Paused } else { RunStatus::Unfinished }
        } else {
            RunStatus::Finished
        };
        Ok((status, end.totals))
    }

    /// What has come of its launches by now.
    async fn counted<S: Store>(&self, store: &S) -> Result<Totals, ReportError> {
        let id = self.record.id;
        match self.plan() {
            Ok((_, plan)) => delivery::totals(store, id, &FromPlan { plan: &plan, run: id, skipped: None }).await,
            Err(_) => delivery::totals(store, id, &EventsOnly { launches: self.record.launches }).await,
        }
    }

    /// Whether it had nothing left to do when it was cancelled, and all of it went well: that ended nothing of it.
    async fn is_done_well<S: Store>(&self, store: &S, end: RunEnd) -> Result<bool, ReportError> {
        Ok(end.exit == ExitStatus::Success && !self.is_left(store, end.totals).await?)
    }

    /// Whether launches are left to send or to settle, where it ended with `totals`.
    async fn is_left<S: Store>(&self, store: &S, totals: Totals) -> Result<bool, ReportError> {
        if totals.not_sent > 0 {
            return Ok(true);
        }
        // The others were sent once at least, so the ledger knows whether they are over.
        let may_be_open =
            totals.unknown > 0 || totals.retries > 0 || self.end.is_some_and(|end| end.exit == ExitStatus::Unknown);
        if !may_be_open {
            return Ok(false);
        }
        // What is held waits for somebody's word, and is not done.
        let history = RunHistory::read_with_held(store, self.record.id).await?;
        Ok(!is_done(&self.record, &history, totals.skipped))
    }
}
