//! A call that may be repeated (a look-up, a request for a token), repeated until it answers or cannot.
//!
//! In: how to build the request. Out: a successful answer, or the [`CallError`] of the last try. Waits honour
//! Retry-After; else full jitter under a ceiling that doubles from 0.5 s to 30 s. Never used for `StartJobs`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Request;
use reqwest::header::{LOCATION, RETRY_AFTER};

use super::http_date::retry_after;
use super::observed::{HttpReply, NotSent, Observed, ReplyBody};
use super::transport::Transport;
use crate::clock::time_of_day;
use crate::ids::FolderRef;
use crate::orchestrator::auth::LoginKind;
use crate::orchestrator::base_url::Origin;
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::error_body::ErrorBody;
use crate::robot_job::ServerError;
use crate::secret::Redactor;

/// Maximum tries, the first included: with full jitter some 8 s in the mean before a person is told.
pub(in crate::orchestrator) const MAX_TRIES: u32 = 6;
/// The first ceiling of the waits; it doubles with each try.
const INITIAL_CEILING: Duration = Duration::from_millis(500);
/// Maximum ceiling of the waits.
const MAX_CEILING: Duration = Duration::from_secs(30);
/// Maximum Retry-After that is waited for; a longer one is the caller's. Source: `docs/exactly-once.md`, row 13.
const MAX_HOLD: Duration = Duration::from_secs(10 * 60);
/// A pause is told of from this length on.
const LONG: Duration = Duration::from_secs(2);
/// Maximum length of an answer that is read, in bytes: a page of 1,000 entries of 16 KiB.
const MAX_ANSWER_BYTES: usize = 16 << 20;

/// Sends what may be sent again.
pub(in crate::orchestrator) struct RetryingClient {
    pub transport: Transport,
    pub attempt: Duration,
    pub jitter: Mutex<fastrand::Rng>,
    pub redactor: Redactor,
}

/// What is called, for messages.
#[derive(Clone, Copy)]
pub(in crate::orchestrator) struct CallContext<'a> {
    pub what: &'static str,
    pub origin: &'a Origin,
    /// As whom.
    pub login: LoginKind,
    pub place: CallPlace<'a>,
}

/// Where something is asked for: what a refusal means hangs on it.
#[derive(Clone, Copy)]
pub(in crate::orchestrator) enum CallPlace<'a> {
    /// At a token endpoint: for the login's token itself.
    Login,
    /// In all folders that the login sees.
    Tenant,
    /// In a folder.
    Folder(&'a FolderRef),
}

/// What one try came to.
enum TryOutcome {
    Done(HttpReply),
    Failed(CallError),
    /// May pass; not before the span, where the server named one.
    Passing(CallError, Option<Duration>),
}

impl RetryingClient {
    /// One for the calls to another server, with the same connections and secrets.
    pub(in crate::orchestrator) fn for_another_server(&self) -> Self {
        let jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner).fork();
        Self {
            transport: self.transport.for_another_server(),
            attempt: self.attempt,
            jitter: Mutex::new(jitter),
            redactor: self.redactor.clone(),
        }
    }

    /// Sends the request that `build` makes until it succeeds (2xx, whole).
    ///
    /// Errors: a refusal at once; what may pass after [`MAX_TRIES`] tries, or at once where Retry-After is beyond the limit.
    pub(in crate::orchestrator) async fn call(
        &self,
        context: CallContext<'_>,
        build: impl Fn() -> Request,
    ) -> Result<HttpReply, CallError> {
        self.call_up_to(MAX_TRIES, context, build).await
    }

    /// As [`RetryingClient::call`], with at most `tries` tries: one, where the caller keeps account of its calls.
    pub(in crate::orchestrator) async fn call_up_to(
        &self,
        tries: u32,
        context: CallContext<'_>,
        build: impl Fn() -> Request,
    ) -> Result<HttpReply, CallError> {
        let clock = self.transport.clock();
        let mut ceiling = INITIAL_CEILING;
        for number in 1.. {
            let deadline = clock.now().after(self.attempt);
            let observed = self.transport.send(build(), MAX_ANSWER_BYTES, deadline).await;
            let (error, hold) = match self.judge(context, observed) {
                TryOutcome::Done(reply) => return Ok(reply),
                TryOutcome::Failed(error) => return Err(error),
                TryOutcome::Passing(error, hold) => (error, hold),
            };
            if number == tries || hold.is_some_and(|hold| hold > MAX_HOLD) {
                return Err(error);
            }
            if let Some(hold) = hold.filter(|hold| *hold >= LONG) {
                let until = clock.utc().saturating_add(hold).expect("a span of std time saturates");
                tracing::warn!("{}: paused until {} as the server asked", context.what, time_of_day(until));
            }
            // Jitter is added to what the server asked for, never subtracted.
            clock.sleep(hold.unwrap_or_default() + self.jittered(ceiling)).await;
            ceiling = (ceiling * 2).min(MAX_CEILING);
        }
        unreachable!("the last try returns")
    }

    /// Waits before try `number + 1`, as [`RetryingClient::call`] does.
    pub(in crate::orchestrator) async fn rest(&self, number: u32) {
        let ceiling = (INITIAL_CEILING * 2_u32.saturating_pow(number.saturating_sub(1))).min(MAX_CEILING);
        self.transport.clock().sleep(self.jittered(ceiling)).await;
    }

    fn jittered(&self, ceiling: Duration) -> Duration {
        ceiling.mul_f64(self.jitter.lock().unwrap_or_else(PoisonError::into_inner).f64())
    }

    fn judge(&self, context: CallContext<'_>, observed: Observed) -> TryOutcome {
        let what = context.what;
        let origin = context.origin.clone();
        let (cause, detail) = match observed {
            Observed::Answer(reply) => return self.judge_reply(context, reply),
            Observed::NoToken { error, .. } => {
                return TryOutcome::Failed(CallError::LoginRefused {
                    what,
                    login: context.login,
                    error: self.redacted(error),
                });
            }
            Observed::NotSent { cause, detail } => (Some(cause), self.masked(&detail)),
            Observed::Broken { detail } | Observed::Renewed { detail } => (None, self.masked(&detail)),
        };
        match cause {
            Some(NotSent::Certificate) => TryOutcome::Failed(CallError::Certificate { what, origin, detail }),
            Some(NotSent::ClientCertificate) => {
                TryOutcome::Failed(CallError::ClientCertificate { what, origin, detail })
            }
            Some(NotSent::ProxyLogin) => {
                TryOutcome::Failed(CallError::ProxyLogin { what, error: ServerError::of_network(detail) })
            }
            Some(NotSent::Unbuilt) => TryOutcome::Failed(CallError::Unreachable { what, origin, detail }),
            Some(
                NotSent::UnknownHost
                | NotSent::NoConnection
                | NotSent::ConnectTimeout
                | NotSent::Handshake
                | NotSent::ProxyRefused
                | NotSent::NotTaken,
            )
            | None => TryOutcome::Passing(CallError::Unreachable { what, origin, detail }, None),
        }
    }

    fn judge_reply(&self, context: CallContext<'_>, reply: HttpReply) -> TryOutcome {
        let what = context.what;
        let origin = context.origin.clone();
        if (200..300).contains(&reply.status) {
            return match reply.body {
                ReplyBody::Whole(_) => TryOutcome::Done(reply),
                ReplyBody::Cut(_, detail) => TryOutcome::Passing(CallError::Unreachable { what, origin, detail }, None),
                ReplyBody::TooLong(limit) => TryOutcome::Failed(CallError::NotOrchestrator {
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
            .and_then(|value| retry_after(value, reply.date().unwrap_or_else(|| self.transport.clock().utc())));
        match (reply.status, context.place) {
            (300..400, _) => TryOutcome::Failed(CallError::Redirect {
                what,
                origin,
                status: reply.status,
                location: self.masked(reply.header(LOCATION).unwrap_or("nowhere")),
            }),
            (401, _) => TryOutcome::Failed(CallError::LoginRefused { what, login: context.login, error }),
            // A password is not tried again once somebody looked at it: accounts are locked after a few wrong ones.
            (500..=599, CallPlace::Login) if is_denial && context.login == LoginKind::Password => {
                TryOutcome::Failed(CallError::LoginRefused { what, login: context.login, error })
            }
            (407, _) => TryOutcome::Failed(CallError::ProxyLogin { what, error }),
            (429, _) => TryOutcome::Passing(CallError::Throttled { what, error, hold }, hold),
            (408 | 425 | 499, _) => TryOutcome::Passing(CallError::Failing { what, error }, hold),
            (400..=499, CallPlace::Folder(folder)) if refuses_folder => {
                TryOutcome::Failed(CallError::FolderRefused { what, folder: folder.clone(), error })
            }
            (400..=499, _) if html => TryOutcome::Failed(CallError::NotOrchestrator {
                what,
                origin,
                status: error.status,
                detail: error.message,
            }),
            // Whatever a token endpoint refuses, it refuses the login.
            (400..=499, CallPlace::Login) => {
                TryOutcome::Failed(CallError::LoginRefused { what, login: context.login, error })
            }
            (403, _) => TryOutcome::Failed(CallError::Permission { what, error }),
            (400..=499 | 501, _) => TryOutcome::Failed(CallError::Refused { what, error }),
            _ => TryOutcome::Passing(CallError::Failing { what, error }, hold),
        }
    }

    /// `error` without any secret that the server may have repeated.
    pub(in crate::orchestrator) fn redacted(&self, mut error: ServerError) -> ServerError {
        error.message = self.masked(&error.message);
        error.trace_id = error.trace_id.map(|trace| self.masked(&trace));
        error
    }

    /// Foreign `text` without any secret, and of a length that a person can read: some servers send a stack trace.
    ///
    /// Cut last, since half a secret would not be known as one.
    pub(in crate::orchestrator) fn masked(&self, text: &str) -> String {
        /// Maximum length, in characters.
        const MAX_CHARACTERS: usize = 2_000;
        self.redactor.redact(text).chars().take(MAX_CHARACTERS).collect()
    }
}
