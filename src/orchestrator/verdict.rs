//! The protocol's table as one pure function: what one sending of a launch means.
//!
//! In: what the client saw. Out: a [`Class`]: surely started, surely not started, or in doubt.
//! Never: network, clock or ledger. Source: `docs/exactly-once.md`, the table; each row has its test here.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::JobId;

/// A robot job that the server says it started. Every field but `id` may be absent on the wire.
///
/// Source: Orchestrator OpenAPI, `JobDto`. Moments stay the server's own text, since 7 fraction digits are common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StartedJob {
    /// `Id`.
    pub id: JobId,
    /// `Key`, a GUID.
    pub key: Option<String>,
    /// `State`, usually `Pending`.
    pub state: Option<String>,
    /// `CreationTime`.
    pub creation_time: Option<String>,
    /// `StartTime`.
    pub start_time: Option<String>,
    /// `EndTime`.
    pub end_time: Option<String>,
    /// `ReleaseName`.
    pub release_name: Option<String>,
    /// `Type`: `Unattended`, `Attended` or `ServerlessGeneric`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `Source`.
    pub source: Option<String>,
    /// `SourceType`.
    pub source_type: Option<String>,
    /// `BatchExecutionKey`, a GUID, shared by all jobs of one call.
    pub batch_execution_key: Option<String>,
    /// `StartingScheduleId`.
    pub starting_schedule_id: Option<i64>,
    /// `Info`: free text of the server.
    pub info: Option<String>,
    /// `OutputArguments`, as the server's text.
    pub output: Option<String>,
}

/// What a server said when it refused. Foreign text: redacted and escaped before it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ServerError {
    /// The HTTP status.
    pub status: u16,
    /// Orchestrator's `errorCode`.
    pub code: Option<i64>,
    /// Orchestrator's `message`, or our words for a body that held none.
    pub message: String,
    /// Orchestrator's `traceId`, for its support.
    pub trace_id: Option<String>,
}

/// What is known of a launch before this sending; rows 11 and 13 need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// An earlier attempt of the same launch ended in doubt.
    pub doubted_before: bool,
}

/// What one sending means.
#[derive(Clone, Debug, PartialEq)]
pub enum Class {
    /// Rows 2 and 3: these robot jobs exist, as many as the body names. Whether that is what was asked is the ledger's to say.
    Started(Vec<StartedJob>),
    /// Rows 5, 6, 8, 11, 12: the server refused; nothing was started, and the same request would be refused again.
    Rejected(ServerError),
    /// Nothing was started, and the launch may be sent again as `next` says.
    Unsent {
        /// What happened, in a few words.
        why: String,
        /// When.
        next: Next,
    },
    /// Nothing was started, and nothing more can be sent at all, or to this folder.
    Stopped {
        /// How far the stop reaches.
        stop: Stop,
        /// What the server or the network said.
        error: ServerError,
    },
    /// Rows 4, 14 to 16: nobody can tell. Never sent again before it is settled.
    InDoubt {
        /// What happened, in a few words.
        why: String,
        /// The server's `Retry-After`, counted from now.
        hold: Option<Duration>,
    },
}

/// When a launch that was surely not started may be sent again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    /// Rows 1, 17: after the launcher's own back-off, out of its retry budget.
    Backoff,
    /// Row 7: at once; the client has a fresh token now.
    Now,
    /// Row 13: after this span, for every launch of the run. None: the server named no time, so back off.
    Throttled(Option<Duration>),
}

/// What an answer stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Rows 7 and 10: no token that the server takes, or proxy credentials are wanted. Exit 2.
    Login,
    /// Row 8: the folder is refused; other folders go on. Exit 2.
    Folder,
    /// Rows 1 and 9: certificate refused, or a redirect. Exit 1.
    Connection,
}

/// `Retry-After` in either form, as a span from `now`; none where it is neither.
///
/// Source: RFC 9110, section 10.2.3. A date in the past is a span of zero.
#[must_use]
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds)));
    }
    let moment = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(moment.duration_since(now)).unwrap_or_default())
}
