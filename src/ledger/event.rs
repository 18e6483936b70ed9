//! What may be written about a launch, and its wire form in the ledger.
//!
//! In: decisions and answers. Out: [`LaunchEvent`]s, as JSON text of a numbered form that later versions still read.
//! Never: what follows from an event; that is `ledger/state.rs`.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{AttemptNo, Digest, FolderRef, JobId, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
use crate::launch_terms::{AmbiguityPolicy, Expected};
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
    pub expected: Expected,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_ahead_ms: Option<i64>,
    /// When the stretch of our clock began in which this was written, by that clock: times of one stretch can be compared,
    /// since it was not set in between. `None` if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_era: Option<Timestamp>,
}

/// One thing that happened to a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The launch is left out for good: it is to be started `once`, and an earlier run may have done so.
    StartedElsewhere {
        /// That run.
        by: RunId,
        /// Whether it surely did; else the launch is in doubt there.
        certain: bool,
    },
}

impl LaunchEvent {
    /// The robot jobs that are the launch's by this event.
    pub(super) fn robot_jobs(&self) -> &[RobotJob] {
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
            | Self::StartedElsewhere { .. } => &[],
        }
    }
}

/// What came of one intent.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_ahead_ms: Option<i64>,
    /// The process that sent it was cut off, so that the server need not have failed at all.
    #[serde(default)]
    pub orphaned: bool,
    /// The robot jobs that the answer named, where they were not surely the attempt's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<JobId>,
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
            Self::StartedElsewhere { .. } => AttemptNo::FIRST,
            Self::Intended(intent) | Self::Adopted { intent, .. } => intent.attempt,
            Self::Ended { attempt, .. }
            | Self::Orphaned { attempt, .. }
            | Self::Settled { attempt, .. }
            | Self::Declared { attempt, .. }
            | Self::Recounted { attempt, .. } => *attempt,
        }
    }

    /// The event's kind, as its wire form names it.
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
            Self::StartedElsewhere { .. } => "passed",
        }
    }
}

/// An event with its launch and its moment: one row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The launch's place in its plan.
    pub ordinal: Ordinal,
    /// When it was recorded, UTC.
    pub at: Timestamp,
    /// What happened.
    pub event: LaunchEvent,
}

/// Form 1 of an event's text: an object of one key, its kind. Fields may be added with a default; a change of meaning needs a new form.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WireEvent {
    Intended(Intent),
    Expired {
        attempt: AttemptNo,
    },
    Unsent {
        attempt: AttemptNo,
        why: String,
    },
    Started {
        attempt: AttemptNo,
        jobs: Vec<RobotJob>,
    },
    Rejected {
        attempt: AttemptNo,
        error: ServerError,
    },
    Doubted {
        attempt: AttemptNo,
        doubt: Doubt,
    },
    Orphaned {
        attempt: AttemptNo,
        last: Timestamp,
    },
    Settled {
        attempt: AttemptNo,
        finding: Finding,
    },
    Declared {
        attempt: AttemptNo,
        answer: Declaration,
    },
    Adopted {
        intent: Intent,
        jobs: Vec<RobotJob>,
    },
    Recounted {
        attempt: AttemptNo,
        jobs: Vec<RobotJob>,
    },
    #[serde(rename = "passed")]
    StartedElsewhere {
        by: RunId,
        certain: bool,
    },
}

/// The version of the event's text that `encode` writes.
pub const EVENT_VERSION: i64 = 1;

/// Writes the event to `text` as the ledger keeps it: JSON of form [`EVENT_VERSION`].
pub(super) fn encode(event: LaunchEvent, text: &mut Vec<u8>) {
    let wire = match event {
        LaunchEvent::Intended(intent) => WireEvent::Intended(intent),
        LaunchEvent::Ended { attempt, end } => match end {
            AttemptEnd::Expired => WireEvent::Expired { attempt },
            AttemptEnd::Unsent(why) => WireEvent::Unsent { attempt, why },
            AttemptEnd::Started(jobs) => WireEvent::Started { attempt, jobs },
            AttemptEnd::Rejected(error) => WireEvent::Rejected { attempt, error },
            AttemptEnd::Doubted(doubt) => WireEvent::Doubted { attempt, doubt },
        },
        LaunchEvent::Orphaned { attempt, last } => WireEvent::Orphaned { attempt, last },
        LaunchEvent::Settled { attempt, finding } => WireEvent::Settled { attempt, finding },
        LaunchEvent::Declared { attempt, answer } => WireEvent::Declared { attempt, answer },
        LaunchEvent::Adopted { intent, jobs } => WireEvent::Adopted { intent, jobs },
        LaunchEvent::Recounted { attempt, jobs } => WireEvent::Recounted { attempt, jobs },
        LaunchEvent::StartedElsewhere { by, certain } => WireEvent::StartedElsewhere { by, certain },
    };
    serde_json::to_writer(text, &wire).expect("events hold only text, numbers and lists of them");
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(text: &str) -> Result<LaunchEvent, serde_json::Error> {
    let ended = |attempt, end| LaunchEvent::Ended { attempt, end };
    Ok(match serde_json::from_str(text)? {
        WireEvent::Intended(intent) => LaunchEvent::Intended(intent),
        WireEvent::Expired { attempt } => ended(attempt, AttemptEnd::Expired),
        WireEvent::Unsent { attempt, why } => ended(attempt, AttemptEnd::Unsent(why)),
        WireEvent::Started { attempt, jobs } => ended(attempt, AttemptEnd::Started(jobs)),
        WireEvent::Rejected { attempt, error } => ended(attempt, AttemptEnd::Rejected(error)),
        WireEvent::Doubted { attempt, doubt } => ended(attempt, AttemptEnd::Doubted(doubt)),
        WireEvent::Orphaned { attempt, last } => LaunchEvent::Orphaned { attempt, last },
        WireEvent::Settled { attempt, finding } => LaunchEvent::Settled { attempt, finding },
        WireEvent::Declared { attempt, answer } => LaunchEvent::Declared { attempt, answer },
        WireEvent::Adopted { intent, jobs } => LaunchEvent::Adopted { intent, jobs },
        WireEvent::Recounted { attempt, jobs } => LaunchEvent::Recounted { attempt, jobs },
        WireEvent::StartedElsewhere { by, certain } => LaunchEvent::StartedElsewhere { by, certain },
    })
}
