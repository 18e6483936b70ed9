//! What is waited for, on which terms, and what comes of it.

use std::time::Duration;

use crate::clock::{Moment, Timestamp};
use crate::format::OnTimeout;
use crate::ids::{AttemptNo, FolderRef, JobId, Ordinal, ReleaseKey};
use crate::launch_terms::StopStrategy;
use crate::outcome::{BegunJob, JobEnd};
use crate::pace::Pace;

/// How a server is asked about robot jobs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WatchSettings {
    /// Whether asking for one robot job counts against the tenant's ration of lists.
    pub(crate) single_jobs: SingleJobs,
    /// How fast robot jobs are asked for one by one.
    pub(crate) single_pace: Pace,
    /// Whether lists of what changed are tried: else the whole window is read each time.
    pub(crate) tries_filters: bool,
}

/// Whether a call for one robot job counts as a list. Source: `docs/orchestrator-api.md`, section 8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SingleJobs {
    /// It does not, as on the cloud.
    #[default]
    Free,
    /// It does.
    Rationed,
}

/// The terms of all launches of one of the manifest's jobs.
#[derive(Clone, Debug, Default)]
pub(crate) struct WatchTerms {
    /// How long to wait, from the last of these launches on, retries not counted; `None` for as long as it takes.
    pub(crate) timeout: Option<Duration>,
    /// What happens to those that are unfinished then; `None` leaves them.
    pub(crate) on_timeout: Option<OnTimeout>,
    /// When a pending one is told of.
    pub(crate) pending: Option<PendingTerms>,
    /// Whether a suspended one is waited for no longer.
    pub(crate) until_suspended: bool,
    /// Whether the outputs are wanted: each successful one is then asked for by itself.
    pub(crate) outputs: bool,
    /// Whether it matters later that one was seen to run.
    pub(crate) notes_begin: bool,
}

/// When a pending robot job is told of, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PendingTerms {
    /// From its start on.
    pub(crate) after: Duration,
    pub(crate) then: PendingThen,
}

/// What becomes of a robot job that was pending for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PendingThen {
    /// It counts as late.
    Late,
    /// It is stopped, and waited for.
    Stop,
    /// Nothing: it is told of.
    Tell,
}

/// Robot jobs of one launch that are to be waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WatchedLaunch<'a> {
    pub(crate) ordinal: Ordinal,
    pub(crate) attempt: AttemptNo,
    pub(crate) folder: &'a FolderRef,
    pub(crate) release: ReleaseKey,
    /// Which of the terms are its own.
    pub(crate) terms: u16,
    /// When it was sent; long ago where the wait is resumed.
    pub(crate) launched: Moment,
    /// Whether its robot jobs come as a ledger knows them: they may be over for long.
    pub(crate) is_again: bool,
    /// Whether it stands in the place of a robot job that faulted: it has what is left of the time of its launch.
    pub(crate) is_retry: bool,
}

/// What a release may tell of the end of a robot job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnsureNotes {
    pub(crate) folder: FolderRef,
    pub(crate) release: ReleaseKey,
    /// `ReleaseVersionId` of what ran.
    pub(crate) ran: i64,
    /// The one of what was current when it was launched, where that is another.
    pub(crate) planned: Option<i64>,
    /// Whether it ended well and gave nothing, where its outputs are wanted and all of it was shown.
    pub(crate) lacks_output: bool,
}

/// What waiting came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WatchEvent {
    /// A robot job is over, or is not waited for any longer: the only word on it. What its release may tell of its notes, where
    /// that is worth asking.
    Ended { ordinal: Ordinal, attempt: AttemptNo, end: Box<JobEnd>, unsure: Option<Box<UnsureNotes>> },
    /// A robot job was seen to run for the first time, where its terms ask for that word.
    Began { ordinal: Ordinal, attempt: AttemptNo, begun: BegunJob },
    /// A robot job has been pending for long; once each. To be told of together.
    LongPending {
        ordinal: Ordinal,
        job: JobId,
        folder: FolderRef,
        since: Timestamp,
        then: PendingThen,
        info: Option<String>,
    },
    /// A robot job was suspended at two looks, one after the other; once each. To be told of together.
    StaysSuspended { folder: FolderRef, job: JobId },
    /// These robot jobs are to be stopped.
    Stop { folder: FolderRef, jobs: Vec<JobId>, strategy: StopStrategy },
    /// A robot job is in a state that nobody knows, which is not taken for an end; once for each state.
    UnknownState { job: JobId, state: String },
}
