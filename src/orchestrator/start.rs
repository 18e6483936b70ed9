//! One sending of a launch: the request, its token, and what came back, classed and masked.
//!
//! In: a request, its history, a deadline by our own clock. Out: an [`Answer`]. Never: a second sending.
//! Source: Orchestrator OpenAPI, operation `Jobs_StartJobs`; `docs/exactly-once.md`, section 2.

use std::sync::Arc;

use futures::future::{Either, select};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use super::auth::{Token, Use};
use super::call_error::CallError;
use super::error_body::ErrorBody;
use super::seen::{Lack, Seen};
use super::verdict::{Class, History, ServerError, classify};
use super::{Answer, Client};
use crate::clock::Moment;
use crate::resolve::{Expected, Request};

impl Client {
    /// Sends `request` once and classes what came back.
    pub(super) async fn start(&self, request: &Request, history: History) -> Answer {
        let clock = self.repeater.exchange.clock();
        let deadline = clock.now().after(self.repeater.attempt);
        let seen = self.send_start(request, deadline).await;
        let class = classify(&seen, history, self.throttled, clock.utc());
        Answer { class: self.redacted(class), server_time: seen.server_time() }
    }

    /// Sends `request` once, if a token is at hand, and sees what came of it.
    async fn send_start(&self, request: &Request, deadline: Moment) -> Seen {
        let Some(token) = self.tokens.at_hand() else {
            let fresh = self.by(deadline, self.tokens.get()).await;
            return renewed(fresh, "the token was fetched first");
        };
        let mut message = self.message(Method::POST, self.start_url.clone(), &request.folder, &token);
        message.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *message.body_mut() = Some(hyper::body::Bytes::from_owner(SharedText(request.body.clone())).into());
        let limit = longest_answer(request);
        let seen = self.tokens.beside(self.repeater.exchange.send(message, limit, deadline)).await;
        let Seen::Answer(reply) = &seen else { return seen };
        match reply.status {
            401 | 403 if reply.status == 401 || token.is_kept() => {
                let said = self.repeater.redacted(ErrorBody::read(reply).error);
                let fresh = self.by(deadline, self.tokens.replace(&token, Use::Start, said)).await;
                renewed(fresh, "the server did not take the token")
            }
            200..300 | 400 | 403 | 404 | 409 | 422 => {
                token.accept(Use::Start);
                seen
            }
            _ => seen,
        }
    }

    /// What `work` comes to by `deadline`.
    async fn by<T>(&self, deadline: Moment, work: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
        match select(std::pin::pin!(work), self.repeater.exchange.clock().sleep_until(deadline)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(((), _)) => Err(CallError::Unreachable {
                what: "asking for a token",
                origin: self.base.origin().clone(),
                detail: "no answer in time".to_owned(),
            }),
        }
    }

    /// `class` without any secret that the server may have repeated.
    fn redacted(&self, class: Class) -> Class {
        let masked = |text: String| self.repeater.masked(&text);
        let redactor = &self.repeater.redactor;
        match class {
            Class::Started(mut jobs) => {
                for listed in &mut jobs {
                    listed.job.redact(redactor);
                }
                Class::Started(jobs)
            }
            Class::Rejected(error) => Class::Rejected(self.repeater.redacted(error)),
            Class::Unsent { why, next } => Class::Unsent { why: masked(why), next },
            Class::Stopped { stop, error } => Class::Stopped { stop, error: self.repeater.redacted(error) },
            Class::InDoubt { why, hold } => Class::InDoubt { why: masked(why), hold },
        }
    }
}

fn renewed(token: Result<Arc<Token>, CallError>, detail: &str) -> Seen {
    match token {
        Ok(_) => Seen::Renewed { detail: detail.to_owned() },
        Err(CallError::LoginRefused { error, .. }) => Seen::NoToken { lack: Lack::Refused, error },
        Err(error) => Seen::NoToken { lack: error.lack(), error: ServerError::of_network(error.to_string()) },
    }
}

/// The longest answer to `request` that is read, in bytes: each robot job repeats the arguments, escaped once more.
fn longest_answer(request: &Request) -> usize {
    const SHORTEST: usize = 1 << 20;
    const JOB: usize = 4 << 10;
    /// The most robot jobs that one call can start. Source: `docs/orchestrator-api.md`, section 4.1.
    const MOST_JOBS: usize = 10_000;
    let jobs = match request.expected {
        Expected::Exactly(count) => usize::try_from(count).unwrap_or(MOST_JOBS).min(MOST_JOBS),
        Expected::AtLeastOne => MOST_JOBS,
    };
    SHORTEST.max(jobs * (JOB + 2 * request.body.len()))
}

/// A shared text as the bytes of a body, without a copy.
struct SharedText(Arc<str>);

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
