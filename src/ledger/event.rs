//! What may be written about a launch, and its wire form in the ledger.
//!
//! In: decisions and answers. Out: [`LaunchEvent`]s, as JSON text of a numbered form that later versions still read.
//! Never: what follows from an event; that is `ledger/state.rs`.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{AttemptNo, Digest, FolderRef, LaunchId, Ordinal, Reference, ReleaseKey};
use crate::orchestrator::verdict::{ServerError, StartedJob};
use crate::resolve::Expected;

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
    /// The digest of the request's body.
    pub body_digest: Digest,
    /// No byte leaves before.
    pub not_before: Timestamp,
    /// No byte leaves after; a sender that comes too late records [`AttemptEnd::Expired`].
    pub not_after: Timestamp,
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
}

/// What came of one intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// Its time passed, or the run was stopped, before a byte had left.
    Expired,
    /// The request surely started nothing; the launch may be sent again. Why, redacted.
    Unsent(String),
    /// The server named the robot jobs that it started, in its order; at least one.
    Started(Vec<StartedJob>),
    /// The server refused, finally. What it said, redacted.
    Rejected(ServerError),
    /// Nobody can tell whether the request started something. Why, redacted.
    Doubted(String),
}

impl LaunchEvent {
    /// The attempt that it is about.
    #[must_use]
    pub fn attempt(&self) -> AttemptNo {
        match self {
            Self::Intended(intent) => intent.attempt,
            Self::Ended { attempt, .. } => *attempt,
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

/// Form 1 of an event's text. Fields may be added with a default; a change of meaning needs a new form.
#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum WireEvent {
    Intended(Intent),
    Expired { attempt: AttemptNo },
    Unsent { attempt: AttemptNo, why: String },
    Started { attempt: AttemptNo, jobs: Vec<StartedJob> },
    Rejected { attempt: AttemptNo, error: ServerError },
    Doubted { attempt: AttemptNo, why: String },
}

/// The number of the form that `encode` writes.
pub const FORM: i64 = 1;

/// The event as the ledger keeps it: JSON text of form [`FORM`].
pub(super) fn encode(event: LaunchEvent) -> String {
    let wire = match event {
        LaunchEvent::Intended(intent) => WireEvent::Intended(intent),
        LaunchEvent::Ended { attempt, end } => match end {
            AttemptEnd::Expired => WireEvent::Expired { attempt },
            AttemptEnd::Unsent(why) => WireEvent::Unsent { attempt, why },
            AttemptEnd::Started(jobs) => WireEvent::Started { attempt, jobs },
            AttemptEnd::Rejected(error) => WireEvent::Rejected { attempt, error },
            AttemptEnd::Doubted(why) => WireEvent::Doubted { attempt, why },
        },
    };
    serde_json::to_string(&wire).expect("events hold only text, numbers and lists of them")
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(text: &str) -> Result<LaunchEvent, serde_json::Error> {
    let (attempt, end) = match serde_json::from_str(text)? {
        WireEvent::Intended(intent) => return Ok(LaunchEvent::Intended(intent)),
        WireEvent::Expired { attempt } => (attempt, AttemptEnd::Expired),
        WireEvent::Unsent { attempt, why } => (attempt, AttemptEnd::Unsent(why)),
        WireEvent::Started { attempt, jobs } => (attempt, AttemptEnd::Started(jobs)),
        WireEvent::Rejected { attempt, error } => (attempt, AttemptEnd::Rejected(error)),
        WireEvent::Doubted { attempt, why } => (attempt, AttemptEnd::Doubted(why)),
    };
    Ok(LaunchEvent::Ended { attempt, end })
}
