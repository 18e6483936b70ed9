//! A robot job, and what is known of why a launch is not started, as reports show them.
//!
//! In: what the server said of a robot job, and how it ended. Out: [`RobotJobReport`], [`ErrorReport`], [`Trace`]. Never: judges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{FolderRef, JobId};
use crate::launch_terms::ExpectedJobs;
use crate::ledger::state::LaunchState;
use crate::outcome::{FaultClass, JobEnd, JobError, JobOutcome, LogLine};
use crate::robot_job::{RobotJob, ServerError};

/// A robot job, with every field of the server's answer that people look for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RobotJobReport {
    /// `Id`.
    pub id: i64,
    /// `Key`.
    pub key: Option<String>,
    /// `State` as last seen; null where no more is known than that it was `Pending` at first, as each is.
    pub state: Option<String>,
    /// `CreationTime`, the server's text.
    pub creation_time: Option<String>,
    /// `StartTime`, the server's text.
    pub start_time: Option<String>,
    /// `EndTime`, the server's text.
    pub end_time: Option<String>,
    /// `ReleaseName`.
    pub release_name: Option<String>,
    /// `Type`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// `Source`.
    pub source: Option<String>,
    /// `SourceType`.
    pub source_type: Option<String>,
    /// `BatchExecutionKey`.
    pub batch_execution_key: Option<String>,
    /// `StartingScheduleId`.
    pub starting_schedule_id: Option<i64>,
    /// `Info`.
    pub info: Option<String>,
    /// `OutputArguments`, the server's text.
    pub output: Option<String>,
    /// How it ended; left out where it is not over, or nobody waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<JobOutcome>,
    /// `SubState`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_state: Option<String>,
    /// Why it faulted, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<FaultClass>,
    /// `JobError`: what the server says of the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultReport>,
    /// What is worth knowing beside the outcome.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The last errors that its robot logged, the latest last; left out where none were read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogLineReport>,
}

/// A line of a robot's log. Source: Orchestrator OpenAPI, `LogDto`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LogLineReport {
    /// `TimeStamp`, the server's text.
    pub at: Option<String>,
    /// `Level`: `Error` or `Fatal`.
    pub level: Option<String>,
    /// `Message`: the workflow's own words, cut where they are long.
    pub text: String,
}

impl From<LogLine> for LogLineReport {
    fn from(line: LogLine) -> Self {
        let LogLine { at, level, text } = line;
        Self { at, level, text }
    }
}

/// What the server says of a fault. Source: Orchestrator OpenAPI, `JobErrorDto`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct FaultReport {
    /// `code`.
    pub code: Option<String>,
    /// `title`.
    pub title: Option<String>,
    /// `detail`.
    pub detail: Option<String>,
    /// `category`.
    pub category: Option<String>,
}

/// Why a launch is not `started`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ErrorReport {
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// Orchestrator's error code.
    pub code: Option<i64>,
    /// What was said, or what happened.
    pub message: String,
    /// Orchestrator's trace id, for its support.
    pub trace_id: Option<String>,
}

/// What is needed to look for a launch on the server by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The folder that it was sent to; `None` if it never was.
    pub folder: Option<FolderRef>,
    /// How many robot jobs it asked for; `None` if that is not known before they are started.
    pub asked: Option<u32>,
    /// The robot jobs that the answer itself named, where a later count found others too.
    pub named: Vec<JobId>,
    /// How far the server's clock was ahead of ours when it was sent, in milliseconds, where that was known.
    pub server_ahead_ms: Option<i64>,
    /// Whether its error says that the same may have been started elsewhere too.
    pub is_doubtful: bool,
    /// What is worth knowing of it among the runs that one report is of.
    pub remark: Option<String>,
}

impl Trace {
    /// That of a launch in this state.
    pub(super) fn of(state: &LaunchState) -> Self {
        let Some(attempts) = state.attempts() else { return Self::default() };
        let asked = match attempts.intent.expected {
            ExpectedJobs::Exactly(count) => Some(count),
            ExpectedJobs::AtLeastOne => None,
        };
        let named = if let LaunchState::Started { named, .. } = state { named.clone() } else { Vec::new() };
        Self {
            folder: Some(attempts.intent.folder.clone()),
            asked,
            named,
            server_ahead_ms: attempts.intent.server_ahead_ms,
            is_doubtful: false,
            remark: None,
        }
    }
}

impl From<ServerError> for ErrorReport {
    fn from(error: ServerError) -> Self {
        Self { status: Some(error.status), code: error.code, message: error.message, trace_id: error.trace_id }
    }
}

impl From<JobError> for FaultReport {
    fn from(error: JobError) -> Self {
        let JobError { code, title, detail, category } = error;
        Self { code, title, detail, category }
    }
}

impl RobotJobReport {
    /// `job`, as its end among `ends` tells it where there is one: that is taken out.
    pub(super) fn new(job: RobotJob, ends: &mut Vec<JobEnd>) -> Self {
        let mut report = Self::from(job);
        // So is each when it is started, and nothing else was seen of it: that is old by now.
        report.state = report.state.filter(|state| !state.trim().eq_ignore_ascii_case("Pending"));
        if let Some(place) = ends.iter().position(|end| end.job.0 == report.id) {
            report.end(ends.swap_remove(place));
        }
        report
    }

    fn end(&mut self, end: JobEnd) {
        let JobEnd { job: _, outcome, state, sub_state, start_time, end_time, info, output, error, class, notes, log } =
            end;
        self.state = state.or_else(|| self.state.take());
        self.start_time = start_time.or_else(|| self.start_time.take());
        self.end_time = end_time.or_else(|| self.end_time.take());
        self.info = info.or_else(|| self.info.take());
        self.output = output.or_else(|| self.output.take());
        self.outcome = Some(outcome);
        self.sub_state = sub_state;
        self.class = class;
        self.fault = error.map(FaultReport::from);
        self.notes = notes.iter().map(ToString::to_string).collect();
        self.log = log.into_iter().map(LogLineReport::from).collect();
    }
}

impl From<RobotJob> for RobotJobReport {
    fn from(job: RobotJob) -> Self {
        Self {
            outcome: None,
            sub_state: None,
            class: None,
            fault: None,
            notes: Vec::new(),
            log: Vec::new(),
            id: job.id.0,
            key: job.key,
            state: job.state,
            creation_time: job.creation_time,
            start_time: job.start_time,
            end_time: job.end_time,
            release_name: job.release_name,
            kind: job.kind,
            source: job.source,
            source_type: job.source_type,
            batch_execution_key: job.batch_execution_key,
            starting_schedule_id: job.starting_schedule_id,
            info: job.info,
            output: job.output,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_state_of_a_robot_job_is_not_shown_and_any_that_was_seen_later_is() {
        let end =
            |outcome, state: Option<&str>| JobEnd { state: state.map(str::to_owned), ..JobEnd::new(JobId(7), outcome) };
        for (first, ends, shown) in [
            (Some("Pending"), None, None),
            (Some(" pending "), None, None),
            (None, None, None),
            // It was found by a list, or seen to run.
            (Some("Running"), None, Some("Running")),
            (Some("Successful"), None, Some("Successful")),
            (Some("Pending"), Some(end(JobOutcome::Successful, Some("Successful"))), Some("Successful")),
            // Nobody looked at it before its time was up, or somebody did and saw it wait.
            (Some("Pending"), Some(end(JobOutcome::Late, None)), None),
            (Some("Pending"), Some(end(JobOutcome::Late, Some("Pending"))), Some("Pending")),
            (Some("Pending"), Some(end(JobOutcome::Gone, None)), None),
        ] {
            let job = RobotJob { id: JobId(7), state: first.map(str::to_owned), ..RobotJob::default() };
            let mut ends: Vec<JobEnd> = ends.into_iter().collect();
            let words = format!("{first:?}, {ends:?}");
            assert_eq!(RobotJobReport::new(job, &mut ends).state.as_deref(), shown, "{words}");
        }
    }
}
