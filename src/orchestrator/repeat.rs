//! A call that may be repeated (a look-up, a request for a token), repeated until it answers or cannot.
//!
//! In: how to build the request. Out: a successful answer, or the [`CallError`] of the last try. Waits honour
//! Retry-After; else full jitter under a ceiling that doubles from 0.5 s to 30 s. Never used for `StartJobs`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Request;
use reqwest::header::{LOCATION, RETRY_AFTER};

use super::auth::LoginKind;
use super::base_url::Origin;
use super::call_error::CallError;
use super::error_body::ErrorBody;
use super::exchange::Exchange;
use super::http_date::retry_after;
use super::seen::{Body, NotSent, Reply, Seen};
use super::verdict::ServerError;
use crate::clock::time_of_day;
use crate::ids::FolderRef;
use crate::secret::Redactor;

/// Tries, the first included: with full jitter some 8 s in the mean before a person is told.
pub(super) const TRIES: u32 = 6;
const FIRST_CEILING: Duration = Duration::from_millis(500);
const HIGHEST_CEILING: Duration = Duration::from_secs(30);
/// A longer Retry-After is the caller's to wait for. Source: `docs/exactly-once.md`, row 13.
const LONGEST_HOLD: Duration = Duration::from_secs(10 * 60);
/// A pause is told of from this length on.
const LONG: Duration = Duration::from_secs(2);
/// The longest answer that is read, in bytes: a page of 1,000 entries of 16 KiB.
const LONGEST_ANSWER: usize = 16 << 20;

/// Sends what may be sent again.
pub(super) struct Repeater {
    pub exchange: Exchange,
    pub attempt: Duration,
    pub jitter: Mutex<fastrand::Rng>,
    pub redactor: Redactor,
}

/// What is called, for messages.
#[derive(Clone, Copy)]
pub(super) struct Purpose<'a> {
    pub what: &'static str,
    pub origin: &'a Origin,
    /// As whom; the call itself asks for this login's token where it names no folder.
    pub login: LoginKind,
    pub folder: Option<&'a FolderRef>,
}

/// What one try came to.
enum Try {
    Done(Reply),
    Failed(CallError),
    /// May pass; not before the span, where the server named one.
    Passing(CallError, Option<Duration>),
}

impl Repeater {
    /// One for the calls to another server, with the same connections and secrets.
    pub(super) fn for_another_server(&self) -> Self {
        let jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner).fork();
        Self {
            exchange: self.exchange.for_another_server(),
            attempt: self.attempt,
            jitter: Mutex::new(jitter),
            redactor: self.redactor.clone(),
        }
    }

    /// Sends the request that `build` makes until it succeeds (2xx, whole).
    ///
    /// Errors: a refusal at once; what may pass after [`TRIES`] tries, or at once where Retry-After is beyond the limit.
    pub(super) async fn call(&self, purpose: Purpose<'_>, build: impl Fn() -> Request) -> Result<Reply, CallError> {
        self.call_up_to(TRIES, purpose, build).await
    }

    /// As [`Repeater::call`], with at most `tries` tries: one, where the caller keeps account of its calls.
    pub(super) async fn call_up_to(
        &self,
        tries: u32,
        purpose: Purpose<'_>,
        build: impl Fn() -> Request,
    ) -> Result<Reply, CallError> {
        let clock = self.exchange.clock();
        let mut ceiling = FIRST_CEILING;
        for number in 1.. {
            let deadline = clock.now().after(self.attempt);
            let seen = self.exchange.send(build(), LONGEST_ANSWER, deadline).await;
            let (error, hold) = match self.judge(purpose, seen) {
                Try::Done(reply) => return Ok(reply),
                Try::Failed(error) => return Err(error),
                Try::Passing(error, hold) => (error, hold),
            };
            if number == tries || hold.is_some_and(|hold| hold > LONGEST_HOLD) {
                return Err(error);
            }
            if let Some(hold) = hold.filter(|hold| *hold >= LONG) {
                let until = clock.utc().saturating_add(hold).expect("a span of std time saturates");
                tracing::warn!("{}: paused until {} as the server asked", purpose.what, time_of_day(until));
            }
            // Jitter is added to what the server asked for, never subtracted.
            clock.sleep(hold.unwrap_or_default() + self.jittered(ceiling)).await;
            ceiling = (ceiling * 2).min(HIGHEST_CEILING);
        }
        unreachable!("the last try returns")
    }

    /// Waits before try `number + 1`, as [`Repeater::call`] does.
    pub(super) async fn rest(&self, number: u32) {
        let ceiling = (FIRST_CEILING * 2_u32.saturating_pow(number.saturating_sub(1))).min(HIGHEST_CEILING);
        self.exchange.clock().sleep(self.jittered(ceiling)).await;
    }

    fn jittered(&self, ceiling: Duration) -> Duration {
        ceiling.mul_f64(self.jitter.lock().unwrap_or_else(PoisonError::into_inner).f64())
    }

    fn judge(&self, purpose: Purpose<'_>, seen: Seen) -> Try {
        let what = purpose.what;
        let origin = purpose.origin.clone();
        let (cause, detail) = match seen {
            Seen::Answer(reply) => return self.judge_reply(purpose, reply),
            Seen::NoToken { error, .. } => {
                return Try::Failed(CallError::LoginRefused {
                    what,
                    login: purpose.login,
                    error: self.redacted(error),
                });
            }
            Seen::NotSent { cause, detail } => (Some(cause), self.masked(&detail)),
            Seen::Broken { detail } | Seen::Renewed { detail } => (None, self.masked(&detail)),
        };
        match cause {
            Some(NotSent::Certificate) => Try::Failed(CallError::Certificate { what, origin, detail }),
            Some(NotSent::ClientCertificate) => Try::Failed(CallError::ClientCertificate { what, origin, detail }),
            Some(NotSent::ProxyLogin) => {
                Try::Failed(CallError::ProxyLogin { what, error: ServerError::of_network(detail) })
            }
            Some(NotSent::Unbuilt) => Try::Failed(CallError::Unreachable { what, origin, detail }),
            Some(
                NotSent::UnknownHost
                | NotSent::NoConnection
                | NotSent::ConnectTimeout
                | NotSent::Handshake
                | NotSent::ProxyRefused
                | NotSent::NotTaken,
            )
            | None => Try::Passing(CallError::Unreachable { what, origin, detail }, None),
        }
    }

    fn judge_reply(&self, purpose: Purpose<'_>, reply: Reply) -> Try {
        let what = purpose.what;
        let origin = purpose.origin.clone();
        if (200..300).contains(&reply.status) {
            return match reply.body {
                Body::Whole(_) => Try::Done(reply),
                Body::Cut(_, detail) => Try::Passing(CallError::Unreachable { what, origin, detail }, None),
                Body::TooLong(limit) => Try::Failed(CallError::NotOrchestrator {
                    what,
                    origin,
                    status: reply.status,
                    detail: format!("the answer went on past {limit} bytes"),
                }),
            };
        }
        let body = ErrorBody::read(&reply);
        let refuses_folder = body.refuses_folder();
        let is_denial = body.is_denial();
        let html = body.html;
        let error = self.redacted(body.error);
        let hold = reply
            .header(RETRY_AFTER)
            .and_then(|value| retry_after(value, reply.date().unwrap_or_else(|| self.exchange.clock().utc())));
        match (reply.status, purpose.folder) {
            (300..400, _) => Try::Failed(CallError::Redirect {
                what,
                origin,
                status: reply.status,
                location: self.masked(reply.header(LOCATION).unwrap_or("nowhere")),
            }),
            (401, _) => Try::Failed(CallError::LoginRefused { what, login: purpose.login, error }),
            // A password is not tried again once somebody looked at it: accounts are locked after a few wrong ones.
            (500..=599, None) if is_denial && purpose.login == LoginKind::Password => {
                Try::Failed(CallError::LoginRefused { what, login: purpose.login, error })
            }
            (407, _) => Try::Failed(CallError::ProxyLogin { what, error }),
            (429, _) => Try::Passing(CallError::Throttled { what, error, hold }, hold),
            (408 | 425 | 499, _) => Try::Passing(CallError::Failing { what, error }, hold),
            (400..=499, Some(folder)) if refuses_folder => {
                Try::Failed(CallError::FolderRefused { what, folder: folder.clone(), error })
            }
            (400..=499, _) if html => {
                Try::Failed(CallError::NotOrchestrator { what, origin, status: error.status, detail: error.message })
            }
            // Whatever a token endpoint refuses, it refuses the login.
            (400..=499, None) => Try::Failed(CallError::LoginRefused { what, login: purpose.login, error }),
            (403, _) => Try::Failed(CallError::Permission { what, error }),
            (400..=499 | 501, _) => Try::Failed(CallError::Refused { what, error }),
            _ => Try::Passing(CallError::Failing { what, error }, hold),
        }
    }

    /// `error` without any secret that the server may have repeated.
    pub(super) fn redacted(&self, mut error: ServerError) -> ServerError {
        error.message = self.masked(&error.message);
        error.trace_id = error.trace_id.map(|trace| self.masked(&trace));
        error
    }

    /// Foreign `text` without any secret, and of a length that a person can read: some servers send a stack trace.
    ///
    /// Cut last, since half a secret would not be known as one.
    pub(super) fn masked(&self, text: &str) -> String {
        /// In characters.
        const LONGEST: usize = 2_000;
        self.redactor.redact(text).chars().take(LONGEST).collect()
    }
}
