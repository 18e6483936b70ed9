//! The sandbox's own pages, for tests in another process. The ready token opens them, expired or not.
//!
//! They are not in the record themselves.

use axum::http::header;
use axum::http::request::Parts;

use super::endpoint::Endpoint;
use super::{Answer, Form, Shared, admission};
use crate::record::lines;
use crate::refusal::Refusal;

/// Answers `GET /sandbox/record`, `/sandbox/jobs` and `/sandbox/queue-items`, and `POST /sandbox/expire-tokens`.
pub(super) fn answer(shared: &Shared, parts: &Parts, page: Endpoint) -> Answer {
    let authorization = parts.headers.get(header::AUTHORIZATION).map(axum::http::HeaderValue::as_bytes);
    let admitted = admission::host(&parts.headers).and_then(|()| {
        if !page.methods().contains(&parts.method.as_str()) {
            Err(Refusal::method(page.methods()))
        } else if shared.live().tokens.is_ready(authorization) {
            Ok(())
        } else {
            Err(Refusal::unauthorized())
        }
    });
    match (admitted, page) {
        (Err(refusal), _) => Answer::refused(&refusal, 0),
        (Ok(()), Endpoint::RecordedJobs) => Answer::new(200, Form::Lines, lines(shared.jobs())),
        (Ok(()), Endpoint::RecordedQueueItems) => Answer::new(200, Form::Lines, lines(shared.queue_items())),
        (Ok(()), Endpoint::ExpireTokens) => {
            shared.live().tokens.expire();
            Answer::empty(204)
        }
        (Ok(()), _) => Answer::new(200, Form::Lines, lines(shared.live().record.lines())),
    }
}
