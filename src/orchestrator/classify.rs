//! The protocol's table as one pure function: what one sending of a launch means.
//!
//! In: what the client saw. Out: a [`AnswerClass`]: surely started, surely not started, or in doubt.
//! Never: network, clock or ledger. Source: `docs/exactly-once.md`, section 2; each row has its test in `tests/it/client/verdict.rs`.

use std::time::Duration;

use reqwest::header::{LOCATION, RETRY_AFTER};
use serde::{Deserialize, Serialize};

use super::error_body::ErrorBody;
use super::http::observed::{HttpReply, NotSent, Observed, ReplyBody, TokenFailure};
use super::job_pages::ListedJob;
use super::wire;
use crate::clock::Timestamp;
use crate::robot_job::{ServerError, status_text};

pub use super::http::retry_after;

/// What is known of a launch before this sending; rows 11 and 13 need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PriorAttempts {
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
    /// Rows 5, 8, 11, 12: the server refused; nothing was started, and the same request would be refused again.
    Rejected(ServerError),
    /// Rows 6, 8, 9: a refusal that is not in Orchestrator's words. Somebody on the way may have put it in the place of the server's
    /// answer: it is settled as a doubt, and holds where nothing was started.
    Unsigned(ServerError),
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
    /// Rows 1 and 9: certificate refused, or a redirect to another address. Exit 1.
    Connection,
}

/// Says what one sending of a launch means: rows 1 to 17 of the protocol's table.
///
/// `now` is our own time, for a `Retry-After` that is a date where the answer carries no `Date`. How many robot jobs
/// were asked for plays no part: row 3 is [`AnswerClass::Started`] with what came, and the ledger compares.
#[must_use]
pub fn classify(observed: &Observed, history: PriorAttempts, throttled: ThrottlePolicy, now: Timestamp) -> AnswerClass {
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
fn answered(reply: &HttpReply, history: PriorAttempts, throttled: ThrottlePolicy, now: Timestamp) -> AnswerClass {
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
            let status = status_text(reply.status);
            error.message = match reply.header(LOCATION) {
                Some(location) => format!("{status}: redirected to `{location}`, which is never followed"),
                None => format!("{status}, without saying where to"),
            };
            // Those that send a request elsewhere unchanged, or to a page for people; the others may come once the work is done.
            match reply.status {
                301 | 302 | 307 | 308 => AnswerClass::Stopped { stop: StopScope::Connection, error },
                _ => AnswerClass::Unsigned(error),
            }
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
        400 | 403 | 404 | 405 | 406 | 413 | 415 | 422 if error.is_foreign() => AnswerClass::Unsigned(error.error),
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
