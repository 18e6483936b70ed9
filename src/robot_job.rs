//! A robot job, and a refusal, as the server tells them: what client, ledger, launcher and report all speak of.
//!
//! In: what an answer or a list said. Out: the same, masked, as it is kept and shown. Never: network or disk.

use std::borrow::Cow;
use std::fmt;

use hyper::StatusCode;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::JobId;
use crate::secret::Redactor;

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
    /// `ReleaseVersionId`: the version of the release that it is to run.
    #[serde(default)]
    pub release_version: Option<i64>,
    /// `Info`: free text of the server.
    pub info: Option<String>,
    /// `OutputArguments`, as the server's text.
    pub output: Option<String>,
}

impl RobotJob {
    /// When it was created, by the server's `CreationTime`; `None` if that was not said, or is no time.
    ///
    /// Without an offset it is taken as UTC: how far the clocks are apart is learnt all the same.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        server_time(self.creation_time.as_deref()?)
    }

    /// When it ended, by the server's `EndTime`; `None` if that was not said, or is no time.
    #[must_use]
    pub fn ended(&self) -> Option<Timestamp> {
        server_time(self.end_time.as_deref()?)
    }

    /// Whether it began, as far as is known: it shows a `StartTime`, or a state that only follows on one.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        let state = self.state.as_deref().unwrap_or_default().trim();
        let is_state = |word: &str| state.eq_ignore_ascii_case(word);
        self.start_time.as_deref().is_some_and(|text| !text.trim().is_empty())
            || is_state("Running")
            || is_state("Suspended")
            || is_state("Resumed")
    }

    /// It was seen to run, since `start` where that was shown.
    pub(crate) fn note_begin(&mut self, start: Option<Timestamp>) {
        self.state = Some("Running".to_owned());
        self.start_time = self.start_time.take().or_else(|| start.map(|start| start.to_string()));
    }

    /// Masks secrets that the server repeated here. What is an id, a time or a word of an enumeration stays what it is:
    /// lists are paged by some of it, and robot jobs are told apart by the rest.
    pub(crate) fn redact(&mut self, redactor: &Redactor) {
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
            release_version: _,
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

/// A time as a server writes it; without an offset it is taken as UTC.
#[must_use]
pub fn server_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()
    })
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

/// `503 Service Unavailable`, or the bare number.
pub(crate) fn status_text(status: u16) -> String {
    match StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()) {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_creation_time_is_read_with_and_without_an_offset() {
        let created = |text: &str| RobotJob { creation_time: Some(text.to_owned()), ..RobotJob::default() }.created();
        for text in [
            "2026-01-31T12:00:00Z",
            "2026-01-31T12:00:00.0000000",
            "2026-01-31T13:00:00+01:00",
            " 2026-01-31T12:00:00 ",
        ] {
            assert_eq!(created(text), Some("2026-01-31T12:00:00Z".parse().expect("a time")), "{text}");
        }
        assert_eq!(created("yesterday"), None);
        assert_eq!(RobotJob::default().created(), None);
    }
}
