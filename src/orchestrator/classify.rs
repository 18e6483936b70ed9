//! The protocol's table as one pure function: what one sending of a launch means.
//!
//! In: what the client saw. Out: a [`AnswerClass`]: surely started, surely not started, or in doubt.
//! Never: network, clock or ledger. Source: `docs/exactly-once.md`, section 2; each row has its test in `tests/it/verdict.rs`.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{LOCATION, RETRY_AFTER};
use serde::{Deserialize, Serialize};

use super::ListedJob;
use super::error_body::ErrorBody;
use super::observed::{HttpReply, NotSent, Observed, ReplyBody, TokenFailure};
use super::wire;
use crate::clock::Timestamp;
use crate::ids::JobId;
use crate::secret::Redactor;

pub use super::http_date::retry_after;

/// A robot job that the server says it started. Every field but `id` may be absent on the wire.
///
/// Source: Orchestrator OpenAPI, `JobDto`. Moments stay the server's own text, since 7 fraction digits are common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RobotJob {
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

impl RobotJob {
    /// Masks secrets that the server repeated here. What is an id, a time or a word of an enumeration stays what it is:
    /// lists are paged by some of it, and robot jobs are told apart by the rest.
    pub(super) fn redact(&mut self, redactor: &Redactor) {
        let Self {
            id: _,
            key,
            state,
            creation_time,
            start_time,
            end_time,
            release_name,
            kind,
            source,
            source_type,
            batch_execution_key,
            starting_schedule_id: _,
            info,
            output,
        } = self;
        for word in [key, state, creation_time, start_time, end_time, kind, source, source_type, batch_execution_key] {
            if let Some(Cow::Owned(masked)) = word.as_deref().map(|text| redactor.redact_word(text)) {
                *word = Some(masked);
            }
        }
        for text in [release_name, info, output] {
            if let Some(Cow::Owned(masked)) = text.as_deref().map(|text| redactor.redact(text)) {
                *text = Some(masked);
            }
        }
    }
}

/// What a server said when it refused. Foreign text: redacted and escaped before it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ServerError {
    /// The HTTP status; 0 where no answer came.
    pub status: u16,
    /// Orchestrator's `errorCode`.
    pub code: Option<i64>,
    /// Orchestrator's `message`, or our words for a body that held none.
    pub message: String,
    /// Orchestrator's `traceId`, for its support.
    pub trace_id: Option<String>,
}

impl ServerError {
    /// What the network said, where no server said anything.
    pub fn of_network(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A message that is the status itself, since no other came, needs no second one before it.
        let is_bare = self.code.is_none() && self.message.starts_with(&status_text(self.status));
        if self.status != 0 && !is_bare {
            write!(f, "HTTP {}", self.status)?;
            if let Some(code) = self.code {
                write!(f, ", errorCode {code}")?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)?;
        match &self.trace_id {
            Some(trace) => write!(f, " (traceId {trace})"),
            None => Ok(()),
        }
    }
}

/// What is known of a launch before this sending; rows 11 and 13 need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// An earlier attempt of the same launch ended in doubt.
    pub doubted_before: bool,
}

/// What the profile says of a 429, row 13.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThrottlePolicy {
    /// The request was refused before anything was done.
    #[default]
    Unsent,
    /// Something may have been started all the same. Also what `--at-most-once` assumes.
    Ambiguous,
}

/// What one sending means.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerClass {
    /// Rows 2 and 3: these robot jobs exist, as many as the body names. Whether they are the request's own is the
    /// launcher's to check, and whether as many as asked the ledger's to say.
    Started(Vec<ListedJob>),
    /// Rows 5, 6, 8, 11, 12: the server refused; nothing was started, and the same request would be refused again.
    Rejected(ServerError),
    /// Nothing was started, and the launch may be sent again as `next` says.
    Unsent {
        /// What happened, in a few words.
        why: String,
        /// When.
        next: NextSend,
    },
    /// Nothing was started, and nothing more can be sent at all, or to this folder.
    Stopped {
        /// How far the stop reaches.
        stop: StopScope,
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
pub enum NextSend {
    /// Rows 1, 17: after the launcher's own back-off, out of its retry budget.
    Backoff,
    /// Row 7: at once; the client has a fresh token now.
    Now,
    /// Row 13: after this span, for every launch of the run. None: the server named no time, so back off.
    Throttled(Option<Duration>),
}

/// What an answer stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopScope {
    /// Rows 7 and 10: no token that the server takes, or proxy credentials are wanted. Exit 2.
    Login,
    /// Row 8: the folder is refused; other folders go on. Exit 2.
    Folder,
    /// Rows 1 and 9: certificate refused, or a redirect. Exit 1.
    Connection,
}

/// Says what one sending of a launch means: rows 1 to 17 of the protocol's table.
///
/// `now` is our own time, for a `Retry-After` that is a date where the answer carries no `Date`. How many robot jobs
/// were asked for plays no part: row 3 is [`AnswerClass::Started`] with what came, and the ledger compares.
#[must_use]
pub fn classify(observed: &Observed, history: History, throttled: ThrottlePolicy, now: Timestamp) -> AnswerClass {
    match observed {
        Observed::NotSent { cause, detail } => not_sent(*cause, detail),
        Observed::Renewed { detail } => AnswerClass::Unsent { why: detail.clone(), next: NextSend::Now },
        Observed::NoToken { failure: TokenFailure::Unreachable, error } => {
            AnswerClass::Unsent { why: format!("no token: {error}"), next: NextSend::Backoff }
        }
        Observed::NoToken { failure: TokenFailure::Refused, error } => {
            AnswerClass::Stopped { stop: StopScope::Login, error: error.clone() }
        }
        Observed::Broken { detail } => AnswerClass::InDoubt { why: detail.clone(), hold: None },
        Observed::Answer(reply) => answered(reply, history, throttled, now),
    }
}

/// Rows 1, 10 (a proxy before TLS) and 17.
fn not_sent(cause: NotSent, detail: &str) -> AnswerClass {
    let stopped = |stop| AnswerClass::Stopped { stop, error: ServerError::of_network(detail) };
    match cause {
        NotSent::UnknownHost
        | NotSent::NoConnection
        | NotSent::ConnectTimeout
        | NotSent::Handshake
        | NotSent::ProxyRefused
        | NotSent::NotTaken => AnswerClass::Unsent { why: detail.to_owned(), next: NextSend::Backoff },
        NotSent::ProxyLogin => stopped(StopScope::Login),
        NotSent::Certificate | NotSent::ClientCertificate | NotSent::Unbuilt => stopped(StopScope::Connection),
    }
}

/// Rows 2 to 15, by status.
fn answered(reply: &HttpReply, history: History, throttled: ThrottlePolicy, now: Timestamp) -> AnswerClass {
    let hold = || retry_after(reply.header(RETRY_AFTER)?, reply.date().unwrap_or(now));
    let doubt = |error: ErrorBody, hold| AnswerClass::InDoubt { why: error.error.to_string(), hold };
    let stopped = |stop, error: ErrorBody| AnswerClass::Stopped { stop, error: error.error };
    if (200..300).contains(&reply.status) {
        return match started(&reply.body) {
            Ok(jobs) => AnswerClass::Started(jobs),
            Err(why) => {
                AnswerClass::InDoubt { why: format!("HTTP {}, but {why}", status_text(reply.status)), hold: None }
            }
        };
    }
    let error = ErrorBody::read(reply);
    match reply.status {
        300..400 => {
            let mut error = error.error;
            error.message = match reply.header(LOCATION) {
                Some(location) => format!("redirected to `{location}`, which is never followed"),
                None => "redirected, without saying where to".to_owned(),
            };
            AnswerClass::Stopped { stop: StopScope::Connection, error }
        }
        401 | 407 => stopped(StopScope::Login, error),
        408 | 425 | 499 => doubt(error, hold()),
        429 => match throttled {
            ThrottlePolicy::Unsent => {
                AnswerClass::Unsent { why: error.error.to_string(), next: NextSend::Throttled(hold()) }
            }
            ThrottlePolicy::Ambiguous => doubt(error, hold()),
        },
        400..500 if error.refuses_folder() => stopped(StopScope::Folder, error),
        // "The robots already have pending jobs": perhaps the very jobs of the attempt whose answer was lost.
        400..500 if error.error.code == Some(1670) && history.doubted_before => doubt(error, hold()),
        400 | 403 | 404 | 405 | 406 | 413 | 415 | 422 => AnswerClass::Rejected(error.error),
        400..500 if error.is_coded() => AnswerClass::Rejected(error.error),
        // An informational status as the last word, an unknown 4xx that no Orchestrator signed, and every 5xx.
        _ => doubt(error, hold()),
    }
}

/// Rows 2 to 4: the robot jobs that a 2xx names, or why they cannot be told.
fn started(body: &ReplyBody) -> Result<Vec<ListedJob>, String> {
    match body {
        ReplyBody::Whole(bytes) => wire::started_jobs(bytes),
        ReplyBody::Cut(_, detail) => Err(format!("the answer was cut short: {detail}")),
        ReplyBody::TooLong(limit) => Err(format!("the answer went on past {limit} bytes")),
    }
}

/// `503 Service Unavailable`, or the bare number.
pub(super) fn status_text(status: u16) -> String {
    match StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}
