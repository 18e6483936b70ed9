//! Events as text: JSON, as ledgers of form 2 kept them.
//!
//! In: an object of one key, its kind. Out: the event. Never: writes one.

use serde::Deserialize;

use crate::clock::Timestamp;
use crate::ids::{AttemptNo, RunId};
use crate::ledger::event::{AttemptEnd, Declaration, Doubt, Finding, Intent, LaunchEvent};
use crate::robot_job::{RobotJob, ServerError};

/// The form of the text that is read here. There was no other.
pub(super) const FORM: i64 = 1;

#[derive(Deserialize)]
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

/// The event that `text` says.
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
