//! What may be written about a launch.
//!
//! In: decisions and answers. Out: [`LaunchEvent`]s. Never: how a ledger keeps them, which is `ledger/block.rs`; or what
//! follows from them, which is `ledger/state.rs`.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{AttemptNo, Digest, FolderRef, JobId, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use crate::outcome::{BegunJob, JobEnd, JobNote, LogLine};
use crate::robot_job::{RobotJob, ServerError};

/// The promise to send: durable before the first byte leaves. It holds all that settling will need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Intent {
    /// Which sending this is.
    pub attempt: AttemptNo,
    /// The launch.
    pub launch: LaunchId,
    /// What its robot jobs will carry.
    pub reference: Reference,
    /// The folder, as its header named it.
    pub folder: FolderRef,
    /// The release.
    pub release: ReleaseKey,
    /// How many robot jobs the answer must name.
    pub expected: ExpectedJobs,
    /// What follows once it was in doubt and proved absent.
    #[serde(default)]
    pub on_ambiguous: AmbiguityPolicy,
    /// The digest of the request's body.
    pub body_digest: Digest,
    /// No byte leaves before.
    pub not_before: Timestamp,
    /// No byte leaves after; a sender that comes too late records [`AttemptEnd::Expired`].
    pub not_after: Timestamp,
    /// How far the server's clock was ahead of this machine's, in milliseconds, where it was known.
    #[serde(default)]
    pub server_ahead_ms: Option<i64>,
    /// When the stretch of our clock began in which this was written, by that clock: times of one stretch can be compared,
    /// since it was not set in between. `None` if it is not known.
    #[serde(default)]
    pub clock_era: Option<Timestamp>,
}

/// One thing that happened to a launch. Its JSON form is that of run files: kinds and keys are added, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaunchEvent {
    /// The launch is about to be sent.
    Intended(Intent),
    /// What came of an intent.
    Ended {
        /// The intent's attempt.
        attempt: AttemptNo,
        /// What came of it.
        end: AttemptEnd,
    },
    /// The process that held the intent is gone; recorded by the first one that found it so.
    Orphaned {
        /// The intent's attempt.
        attempt: AttemptNo,
        /// Its bytes can have left no later than this, UTC.
        last: Timestamp,
    },
    /// What the job list proved of an attempt in doubt.
    Settled {
        /// The attempt.
        attempt: AttemptNo,
        /// What was proved.
        finding: Finding,
    },
    /// What a person said of an attempt in doubt.
    Declared {
        /// The attempt.
        attempt: AttemptNo,
        /// What they said.
        answer: Declaration,
    },
    /// The server had robot jobs of a launch that this ledger knew nothing of: it was lost, restored or failed over.
    Adopted {
        /// The intent as it must have been.
        intent: Intent,
        /// The robot jobs.
        jobs: Vec<RobotJob>,
    },
    /// The robot jobs of a launch that was sent again, counted once more at the end.
    Recounted {
        /// The latest attempt.
        attempt: AttemptNo,
        /// All robot jobs with its Reference.
        jobs: Vec<RobotJob>,
    },
    /// What waiting found of robot jobs of a launch that was started.
    JobsEnded {
        /// The latest attempt.
        attempt: AttemptNo,
        /// How they ended; of two ends of one robot job the later one holds, unless the first is final.
        ends: Vec<JobEnd>,
    },
    /// Robot jobs of a launch that was started were seen to run, and are not over. Recorded where it decides something: a
    /// fault of a robot job that had begun is not one of its session.
    JobsBegan {
        /// The latest attempt.
        attempt: AttemptNo,
        /// Which ones.
        jobs: Vec<BegunJob>,
    },
    /// The last errors that the robot of one of its robot jobs logged.
    RobotLog {
        /// The latest attempt.
        attempt: AttemptNo,
        /// The robot job, which faulted.
        job: JobId,
        /// The lines, the latest last; redacted.
        lines: Vec<LogLine>,
    },
    /// What a release told, once one of its robot jobs was over, of what was not clear about it: the names of versions.
    JobNotes {
        /// The latest attempt.
        attempt: AttemptNo,
        /// The robot job, which is over.
        job: JobId,
        /// All its notes, in the place of those of its end.
        notes: Vec<JobNote>,
    },
    /// The launch is left out for good: it is to be started `once`, and an earlier run may have done so.
    StartedElsewhere {
        /// That run.
        by: RunId,
        /// Whether it surely did; else the launch is in doubt there.
        certain: bool,
    },
    /// The launch is left out for good, by what came of the jobs that it needs.
    LeftOut {
        /// What left it out.
        cause: LeftOutCause,
        /// Why, for people; redacted.
        why: String,
    },
    /// A launch is made in place of a robot job that faulted: the first event of the place that it has behind the plan's.
    RetryDecided(RetryOrigin),
}

/// Of what a launch is a retry: enough to tell what became of it where the plan cannot be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RetryOrigin {
    /// The place of the launch in its plan.
    pub of: Ordinal,
    /// The robot job that faulted; `None` if nobody knows which, since the retry was found after a ledger was lost.
    pub replaces: Option<JobId>,
    /// Its number among the retries of its launch, from 2 on.
    pub number: u32,
    /// How many robot jobs faulted one after the other in its place, from 1 on.
    pub depth: u32,
    /// Its own id: that of its launch with `#` and the number behind it.
    pub launch: LaunchId,
    /// What its robot job will carry.
    pub reference: Reference,
    /// It is not sent before, UTC.
    pub due: Timestamp,
}

/// What left a launch out after its plan was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOutCause {
    /// Its needs cannot be met any more.
    Needs,
    /// Its `if`, which uses what needed jobs gave, does not hold.
    Condition,
    /// It cannot be made of what needed jobs gave: an output is missing, or its arguments become too long.
    Unfit,
}

impl LaunchEvent {
    /// The robot jobs that are the launch's by this event.
    pub(crate) fn robot_jobs(&self) -> &[RobotJob] {
        match self {
            Self::Ended { end: AttemptEnd::Started(jobs), .. }
            | Self::Settled { finding: Finding::Found(jobs), .. }
            | Self::Adopted { jobs, .. }
            | Self::Recounted { jobs, .. } => jobs,
            Self::Intended(_)
            | Self::Ended { .. }
            | Self::Orphaned { .. }
            | Self::Settled { .. }
            | Self::Declared { .. }
            | Self::JobsEnded { .. }
            | Self::JobsBegan { .. }
            | Self::RobotLog { .. }
            | Self::JobNotes { .. }
            | Self::StartedElsewhere { .. }
            | Self::LeftOut { .. }
            | Self::RetryDecided(_) => &[],
        }
    }
}

/// What came of one intent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptEnd {
    /// Its time passed, or the run was stopped, before a byte had left.
    Expired,
    /// The request surely started nothing; the launch may be sent again. Why, redacted.
    Unsent(String),
    /// The server named the robot jobs that it started, in its order; at least one.
    Started(Vec<RobotJob>),
    /// The server refused, finally. What it said, redacted.
    Rejected(ServerError),
    /// Nobody can tell whether the request started something.
    Doubted(Doubt),
}

/// Why an attempt is in doubt, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Doubt {
    /// What happened, redacted.
    pub why: String,
    /// When its connection was closed, UTC of this machine.
    pub last: Timestamp,
    /// How far the server's clock was ahead of this machine's, in milliseconds, where it was known.
    #[serde(default)]
    pub server_ahead_ms: Option<i64>,
    /// The process that sent it was cut off, so that the server need not have failed at all.
    #[serde(default)]
    pub orphaned: bool,
    /// The robot jobs that the answer named, where they were not surely the attempt's own.
    #[serde(default)]
    pub named: Vec<JobId>,
    /// The refusal that came, where it was not in Orchestrator's own words: it holds once nothing of the attempt exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Box<ServerError>>,
}

/// What the job list proves of an attempt in doubt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// These robot jobs carry its Reference: all that will.
    Found(Vec<RobotJob>),
    /// None does, and none will: the launch may be sent again.
    Absent,
    /// None does, and none will, but the launch is held: only a person may let it be sent again.
    Held(Hold),
    /// It cannot be told; why.
    Undecided(String),
}

/// Why a launch that was not started is not sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// The manifest says `on-ambiguous: hold`.
    Asked,
    /// It was sent again as often as a launch may be.
    Exhausted,
}

/// A person's answer about an attempt in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Declaration {
    /// Its robot jobs exist, all of them.
    Started,
    /// Nothing of it exists: it may be sent again.
    Absent,
    /// Fewer robot jobs exist than were asked for.
    Partial,
    /// More robot jobs exist than were asked for.
    Duplicate,
}

impl LaunchEvent {
    /// The attempt that it is about; the first where it is about none.
    #[must_use]
    pub fn attempt(&self) -> AttemptNo {
        match self {
            Self::StartedElsewhere { .. } | Self::LeftOut { .. } | Self::RetryDecided(_) => AttemptNo::FIRST,
            Self::Intended(intent) | Self::Adopted { intent, .. } => intent.attempt,
            Self::Ended { attempt, .. }
            | Self::Orphaned { attempt, .. }
            | Self::Settled { attempt, .. }
            | Self::Declared { attempt, .. }
            | Self::JobsEnded { attempt, .. }
            | Self::JobsBegan { attempt, .. }
            | Self::RobotLog { attempt, .. }
            | Self::JobNotes { attempt, .. }
            | Self::Recounted { attempt, .. } => *attempt,
        }
    }

    /// The event's kind, as messages name it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Intended(_) => "intended",
            Self::Ended { end, .. } => match end {
                AttemptEnd::Expired => "expired",
                AttemptEnd::Unsent(_) => "unsent",
                AttemptEnd::Started(_) => "started",
                AttemptEnd::Rejected(_) => "rejected",
                AttemptEnd::Doubted(_) => "doubted",
            },
            Self::Orphaned { .. } => "orphaned",
            Self::Settled { .. } => "settled",
            Self::Declared { .. } => "declared",
            Self::Adopted { .. } => "adopted",
            Self::Recounted { .. } => "recounted",
            Self::JobsEnded { .. } => "jobs-ended",
            Self::JobsBegan { .. } => "jobs-began",
            Self::RobotLog { .. } => "robot-log",
            Self::JobNotes { .. } => "job-notes",
            Self::StartedElsewhere { .. } => "passed",
            Self::LeftOut { .. } => "left-out",
            Self::RetryDecided(_) => "retry-decided",
        }
    }
}

/// An event with its launch and its moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The launch's place in its plan.
    pub ordinal: Ordinal,
    /// When it was recorded, UTC.
    pub at: Timestamp,
    /// What happened.
    pub event: LaunchEvent,
}
