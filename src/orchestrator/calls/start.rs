//! One sending of a launch: the request, its token, and what came back, classed and masked.
//!
//! In: a request, its history, a deadline by our own clock. Out: an [`StartAnswer`]. Never: a second sending.
//! Source: Orchestrator OpenAPI, operation `Jobs_StartJobs`; `docs/exactly-once.md`, section 2.

use std::sync::Arc;

use futures::future::{Either, select};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use crate::clock::Moment;
use crate::launch_terms::ExpectedJobs;
use crate::orchestrator::auth::{AccessToken, TokenUse};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::classify::{AnswerClass, PriorAttempts, classify};
use crate::orchestrator::client::Client;
use crate::orchestrator::error_body::ErrorBody;
use crate::orchestrator::http::observed::{Observed, TokenFailure};
use crate::orchestrator::server::StartAnswer;
use crate::resolve::Request;
use crate::robot_job::ServerError;

impl Client {
    /// Sends `request` once and classes what came back.
    pub(in crate::orchestrator) async fn start(&self, request: &Request, history: PriorAttempts) -> StartAnswer {
        let clock = self.retrying.transport.clock();
        let deadline = clock.now().after(self.retrying.attempt);
        let observed = self.send_start(request, deadline).await;
        let class = classify(&observed, history, self.throttled, clock.utc());
        StartAnswer { class: self.redacted(class), server_time: observed.server_time() }
    }

    /// Sends `request` once, if a token is at hand, and sees what came of it.
    async fn send_start(&self, request: &Request, deadline: Moment) -> Observed {
        let Some(token) = self.tokens.at_hand() else {
            let fresh = self.by(deadline, self.tokens.get()).await;
            return renewed(fresh, "the token was fetched first");
        };
        let mut message = self.message(Method::POST, self.start_url.clone(), Some(&request.folder), &token);
        message.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *message.body_mut() = Some(hyper::body::Bytes::from_owner(SharedText(request.body.clone())).into());
        let limit = max_answer_bytes(request);
        let observed = self.tokens.beside(self.retrying.transport.send(message, limit, deadline)).await;
        let Observed::Answer(reply) = &observed else { return observed };
        match reply.status {
            401 | 403 if reply.status == 401 || token.is_kept() => {
                let said = self.retrying.redacted(ErrorBody::read(reply).error);
                let fresh = self.by(deadline, self.tokens.replace(&token, TokenUse::Start, said)).await;
                renewed(fresh, "the server did not take the token")
            }
            200..300 | 400 | 403 | 404 | 409 | 422 => {
                token.accept(TokenUse::Start);
                observed
            }
            _ => observed,
        }
    }

    /// What `work` comes to by `deadline`.
    async fn by<T>(&self, deadline: Moment, work: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
        match select(std::pin::pin!(work), self.retrying.transport.clock().sleep_until(deadline)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(((), _)) => Err(CallError::Unreachable {
                what: "asking for a token",
                origin: self.base.origin().clone(),
                detail: "no answer in time".to_owned(),
            }),
        }
    }

    /// `class` without any secret that the server may have repeated.
    fn redacted(&self, class: AnswerClass) -> AnswerClass {
        let masked = |text: String| self.retrying.masked(&text);
        let redactor = &self.retrying.redactor;
        match class {
            AnswerClass::Started(mut jobs) => {
                for listed in &mut jobs {
                    listed.redact(redactor);
                }
                AnswerClass::Started(jobs)
            }
            AnswerClass::Rejected(error) => AnswerClass::Rejected(self.retrying.redacted(error)),
            AnswerClass::Unsigned(error) => AnswerClass::Unsigned(self.retrying.redacted(error)),
            AnswerClass::Unsent { why, next } => AnswerClass::Unsent { why: masked(why), next },
            AnswerClass::Stopped { stop, error } => AnswerClass::Stopped { stop, error: self.retrying.redacted(error) },
            AnswerClass::InDoubt { why, hold } => AnswerClass::InDoubt { why: masked(why), hold },
        }
    }
}

fn renewed(token: Result<Arc<AccessToken>, CallError>, detail: &str) -> Observed {
    match token {
        Ok(_) => Observed::Renewed { detail: detail.to_owned() },
        Err(CallError::LoginRefused { error, .. }) => Observed::NoToken { failure: TokenFailure::Refused, error },
        Err(error) => {
            Observed::NoToken { failure: error.token_failure(), error: ServerError::of_network(error.to_string()) }
        }
    }
}

/// Maximum length of an answer to `request` that is read, in bytes: each robot job repeats the arguments, escaped once more.
fn max_answer_bytes(request: &Request) -> usize {
    const MIN_BYTES: usize = 1 << 20;
    const BYTES_PER_JOB: usize = 4 << 10;
    /// Maximum robot jobs that one call can start. Source: `docs/orchestrator-api.md`, section 4.1.
    const MAX_JOBS: usize = 10_000;
    let jobs = match request.expected {
        ExpectedJobs::Exactly(count) => usize::try_from(count).unwrap_or(MAX_JOBS).min(MAX_JOBS),
        ExpectedJobs::AtLeastOne => MAX_JOBS,
    };
    MIN_BYTES.max(jobs * (BYTES_PER_JOB + 2 * request.body.len()))
}

/// A shared text as the bytes of a body, without a copy.
struct SharedText(Arc<str>);

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
