//! How a run's sending ended: what came of its launches, why it stopped early, and the exit status that follows.

use std::collections::BTreeMap;
use std::fmt;

use super::interrupt::Interrupt;
use crate::clock::{Timestamp, time_of_day};
use crate::exit::ExitStatus;
use crate::ids::FolderRef;
use crate::ledger::LedgerError;
use crate::ledger::state::Verdict;
use crate::ledger::state::chains::retry_exit;
use crate::robot_job::ServerError;

/// Why sending ended before every launch had its verdict.
#[derive(Debug)]
pub enum StopReason {
    /// No launch could have succeeded: login, proxy, certificate or redirect.
    Refused {
        /// What was said.
        error: ServerError,
        /// What it means for the command.
        exit: ExitStatus,
    },
    /// The server asked for a longer pause than a run waits, or for pauses again and again; until then.
    ThrottledTooLong(Timestamp),
    /// Too many sends failed: the server must be down.
    RetriesSpent {
        /// What the last of them failed with.
        last: String,
    },
    /// The ledger could not be written.
    Ledger(LedgerError),
    /// Somebody cancelled the run.
    Cancelled,
    /// A rule of the manifest stopped the sending; why.
    Halted(String),
    /// For too long nothing could be learnt about robot jobs that are waited for: so many are not over.
    Blind(usize),
    /// A signal.
    Interrupt(Interrupt),
}

impl StopReason {
    /// Whether less can be done after `self` than after `before`: then it takes its place.
    pub(super) fn rules_over(&self, before: &Self) -> bool {
        self.strength() > before.strength()
    }

    fn strength(&self) -> u8 {
        match self {
            // What was started is settled and waited for.
            Self::Cancelled | Self::Halted(_) => 0,
            // It is settled.
            Self::RetriesSpent { .. } | Self::ThrottledTooLong(_) => 1,
            Self::Blind(_) => 2,
            Self::Refused { .. } => 3,
            Self::Interrupt(_) => 4,
            // Nothing can be recorded any more.
            Self::Ledger(_) => 5,
        }
    }

    /// The exit status that follows from it.
    #[must_use]
    pub fn exit(&self) -> ExitStatus {
        match self {
            Self::Refused { exit, .. } => *exit,
            Self::ThrottledTooLong(_) | Self::RetriesSpent { .. } => ExitStatus::NotSent,
            // What was not sent says so itself.
            Self::Cancelled | Self::Halted(_) => ExitStatus::Success,
            Self::Blind(_) => ExitStatus::Deadline,
            Self::Ledger(_) => ExitStatus::Fault,
            Self::Interrupt(Interrupt::Interrupted) => ExitStatus::Interrupted,
            Self::Interrupt(Interrupt::Terminated) => ExitStatus::Terminated,
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { error, .. } => f.write_str(&error.message),
            Self::ThrottledTooLong(until) => write!(
                f,
                "paused until {} as the server asked, which is longer than a run waits (--ignore-pause lifts the pause)",
                time_of_day(*until)
            ),
            Self::RetriesSpent { last } => write!(f, "too many sends failed, the last with: {last}"),
            Self::Ledger(error) => {
                write!(f, "{error}")?;
                let mut cause = std::error::Error::source(error);
                while let Some(error) = cause {
                    write!(f, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
            Self::Cancelled => f.write_str("cancelled"),
            Self::Halted(why) => f.write_str(why),
            Self::Blind(jobs) => write!(
                f,
                "for half an hour nothing could be learnt about robot jobs: {jobs} of them may not be over (`sortie resume` waits on)"
            ),
            Self::Interrupt(Interrupt::Interrupted) => f.write_str("interrupted"),
            Self::Interrupt(Interrupt::Terminated) => f.write_str("terminated"),
        }
    }
}

/// What came of a run's launches.
#[derive(Debug)]
pub struct LaunchSummary {
    /// How many launches ended in which verdict; the sum is the number of requests.
    pub launches_by_verdict: BTreeMap<Verdict, u32>,
    /// How many retries of robot jobs that faulted ended in which verdict.
    pub retries_by_verdict: BTreeMap<Verdict, u32>,
    /// Why sending ended early, where it did.
    pub stop: Option<StopReason>,
    /// The folders that were refused, with what the server said.
    pub closed_folders: BTreeMap<FolderRef, ServerError>,
    /// The folders whose robot jobs were to be counted once more ([`RecountScope::All`](super::RecountScope::All)) and could not
    /// be, and why.
    pub uncounted_folders: BTreeMap<FolderRef, String>,
    /// How far the server's `CreationTime` was from its `Date`, in milliseconds; `None` below five minutes.
    pub clocks_apart_ms: Option<i64>,
    /// How many robot jobs were still waited for.
    pub unfinished_jobs: usize,
}

impl LaunchSummary {
    /// The exit status of the run: the worst of its verdicts, its refused folders and what stopped it.
    #[must_use]
    pub fn exit(&self) -> ExitStatus {
        let verdicts = self.launches_by_verdict.iter().filter(|(_, count)| **count > 0).map(|(of, _)| of.exit());
        let retries = self.retries_by_verdict.iter().filter(|(_, count)| **count > 0).map(|(of, _)| retry_exit(*of));
        let folders = self.closed_folders.values().map(|_| ExitStatus::Login);
        let uncounted = self.uncounted_folders.values().map(|_| ExitStatus::Unknown);
        let stop = self.stop.iter().map(StopReason::exit);
        verdicts.chain(retries).chain(folders).chain(uncounted).chain(stop).fold(ExitStatus::Success, ExitStatus::worse)
    }
}
