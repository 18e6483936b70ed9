//! How a run of the ledger is getting on, in one word, and what has come of its launches.
//!
//! In: a run as the ledger has it, and whether a process is at it. Out: a [`RunStatus`] and totals. Never: the network.

use serde::Serialize;

use super::{StoredRun, is_done};
use crate::exit::ExitStatus;
use crate::launch::RunHistory;
use crate::ledger::totals::Totals;
use crate::ledger::{LedgerError, LockName, RunEnd, RunNote, Store, is_skipped, steered, successor};
use crate::report::delivery::{self, LaunchCounts, ReportError};
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

impl RunStatus {
    /// Of a run that ended so and that no process is at, by what was noted of it; `None` where only its launches tell.
    #[must_use]
    pub fn of_end(end: &RunEnd, notes: &[RunNote], is_imported: bool) -> Option<Self> {
        let RunEnd { totals, exit, .. } = end;
        if is_imported {
            return Some(Self::Imported);
        }
        if successor(notes).is_some() {
            return Some(Self::Superseded);
        }
        if is_skipped(notes) {
            return Some(Self::Skipped);
        }
        // What was sent may be over, which the ledger knows launch by launch.
        let may_be_open = totals.unknown > 0 || totals.retries > 0 || *exit == ExitStatus::Unknown;
        if totals.not_sent == 0 && may_be_open {
            return None;
        }
        Some(Self::of_rest(end, notes, totals.not_sent > 0))
    }

    /// The same, where launches are left or not.
    fn of_rest(end: &RunEnd, notes: &[RunNote], is_left: bool) -> Self {
        let steered = steered(notes);
        // A run that had nothing left to do when it was cancelled, and all of it went well: that ended nothing of it.
        let is_done_well = end.exit == ExitStatus::Success && !is_left;
        if steered.is_cancelled() && !is_done_well {
            Self::Cancelled
        } else if is_left && steered.is_paused() {
            Self::Paused
        } else if is_left {
            Self::Unfinished
        } else {
            Self::Finished
        }
    }
}

impl StoredRun {
    /// How it is getting on.
    ///
    /// Errors: the ledger cannot be read.
    pub async fn status<S: Store>(&self, store: &S) -> Result<RunStatus, LedgerError> {
        let is_live = store.is_held(LockName::Run(self.record.id)).await?;
        let Some(end) = self.end.filter(|_| !is_live || self.record.is_imported()) else {
            return Ok(match (self.record.is_imported(), is_live, self.steered().is_paused()) {
                (true, _, _) => RunStatus::Imported,
                // A rerun took over what it did not do: nobody goes on with it.
                (false, false, _) if self.successor().is_some() => RunStatus::Superseded,
                (false, _, true) => RunStatus::Paused,
                (false, true, false) => RunStatus::Running,
                (false, false, false) => RunStatus::CutOff,
            });
        };
        if let Some(status) = RunStatus::of_end(&end, &self.notes, self.record.is_imported()) {
            return Ok(status);
        }
        // What is held waits for somebody's word, and is not done.
        let history = RunHistory::read_with_held(store, self.record.id).await?;
        let is_left = !is_done(&self.record, &history, end.totals.skipped);
        Ok(RunStatus::of_rest(&end, &self.notes, is_left))
    }

    /// What has come of its launches: at its end, or, where it has none or a process is at it, by now.
    ///
    /// Errors: the ledger cannot be read.
    pub async fn totals<S: Store>(&self, store: &S) -> Result<Totals, ReportError> {
        Ok(self.counts(store).await?.totals)
    }

    /// The same, with how many launches' requests are open.
    ///
    /// Errors: the ledger cannot be read.
    pub async fn counts<S: Store>(&self, store: &S) -> Result<LaunchCounts, ReportError> {
        let id = self.record.id;
        if let Some(end) = self.end
            && (self.record.is_imported() || !store.is_held(LockName::Run(id)).await?)
        {
            return Ok(LaunchCounts { totals: end.totals, open: 0 });
        }
        match self.plan() {
            Ok((_, plan)) => delivery::count(store, id, &FromPlan { plan: &plan, run: id, skipped: None }).await,
            Err(_) => delivery::count(store, id, &EventsOnly { launches: self.record.launches }).await,
        }
    }
}
