//! Why a run cannot be taken up.

use crate::clock::{Timestamp, time_of_day};
use crate::ids::{FolderRef, JobId};
use crate::job_list::patient_reader::PageError;
use crate::ledger::LedgerError;
use crate::orchestrator::call_error::CallError;

/// Why a run cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum AdoptionError {
    /// The job list cannot be read, so that nobody knows what was started before.
    #[error("cannot check which robot jobs this run has already started")]
    Unlisted(#[source] Box<CallError>),
    /// The server asked to be left alone for longer than anybody waits; until then.
    #[error("the list of robot jobs cannot be read: paused until {} as the server asked, which is longer than a run waits\n  help: run the command again then, or with --ignore-pause", time_of_day(*.0))]
    HeldTooLong(Timestamp),
    /// Its pages contradict each other, again and again.
    #[error(
        "cannot check which robot jobs this run has already started: the pages of the job list contradict each other"
    )]
    Contradicted,
    /// It is not the list that was asked for.
    #[error("cannot check which robot jobs this run has already started: the job list cannot be relied on: {0}")]
    Incomplete(&'static str),
    /// Robot jobs stand in a folder that may be this run's, and nothing tells.
    #[error("whether this slot or key was started elsewhere cannot be told: the list of folder {folder} shows {jobs} robot job{} of its releases since {since} whose Reference is lacking or cut (such as {}), and none that a run of sortie's started and that still has its own\n  help: look what started them; if nothing of this slot or key was started by another ledger, add --first-run", plural(*jobs), example.0)]
    Unproven {
        /// The folder.
        folder: FolderRef,
        /// How many such robot jobs it shows.
        jobs: usize,
        /// One of them.
        example: JobId,
        /// Since when was looked.
        since: Timestamp,
    },
    /// What was found cannot be recorded.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl From<PageError> for AdoptionError {
    fn from(error: PageError) -> Self {
        match error {
            PageError::Refused(error) => Self::Unlisted(error),
            PageError::PausedTooLong(until) => Self::HeldTooLong(until),
            PageError::Ledger(error) => Self::Ledger(error),
        }
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
