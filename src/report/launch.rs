//! One launch, as a report shows it.
//!
//! In: what the plan says of it, and the state that it was left in. Out: a [`LaunchReport`]. Never: judges; the verdict is the
//! state's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reason::Reason;
use crate::ids::{FolderRef, JobId, RunId};
use crate::launch_terms::ExpectedJobs;
use crate::ledger::event::{Doubt, Hold};
use crate::ledger::state::{DoubtOutcome, Evidence, LaunchState, Verdict};
use crate::ledger::story::StoryStep;
use crate::outcome::{FaultClass, JobEnd, JobError, JobOutcome};
use crate::robot_job::{RobotJob, ServerError};

mod story;

pub use story::StepReport;

/// One launch of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LaunchReport {
    /// The launch's id.
    pub id: String,
    /// The job of the manifest that it came from.
    pub job: String,
    /// The values that tell it from the job's other launches; null where the job has one launch.
    pub key: Option<Map<String, Value>>,
    /// What its robot jobs carry in `Reference`.
    pub reference: String,
    /// How it ended.
    pub verdict: String,
    /// How its robot jobs ended: the worst of their outcomes; left out where one is not over, or nobody waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<JobOutcome>,
    /// How many times it was sent.
    pub attempts: u32,
    /// Whether the verdict was found by asking, after an answer was lost.
    pub settled: bool,
    /// When it was first sent, UTC: no byte left before; left out where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
    /// When it was known what came of it, UTC: by the answer, or by what was found in its place; left out where nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<String>,
    /// The input arguments; null where none were written.
    pub arguments: Option<Value>,
    /// The robot jobs that the server named.
    pub robot_jobs: Vec<RobotJobReport>,
    /// What the server refused with, or why nothing is known.
    pub error: Option<ErrorReport>,
    /// Why the verdict is `unknown`, or `declared` where somebody gave it; left out where the verdict says all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What happened to it, in order, where its answer was lost or it was sent more than once; left out of others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<StepReport>,
    /// What is needed to look for it by hand; for people alone.
    #[serde(skip)]
    pub trace: Trace,
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
}

/// A robot job, with every field of the server's answer that people look for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RobotJobReport {
    /// `Id`.
    pub id: i64,
    /// `Key`.
    pub key: Option<String>,
    /// `State` as last seen.
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

/// What the plan says of a launch: the part of a [`LaunchReport`] that is no outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedLaunch {
    /// The launch's id.
    pub id: String,
    /// The job of the manifest.
    pub job: String,
    /// The values that tell it from the job's other launches.
    pub key: Option<Map<String, Value>>,
    /// Its Reference.
    pub reference: String,
    /// Its input arguments, with a mask for what uses a secret.
    pub arguments: Option<Value>,
    /// Why it is skipped, where it is.
    pub skipped: Option<String>,
}

impl PlannedLaunch {
    /// How the launch ended: what the plan skips has no event.
    #[must_use]
    pub fn verdict(&self, state: &LaunchState) -> Verdict {
        let is_skipped = self.skipped.is_some() && *state == LaunchState::Planned;
        if is_skipped { Verdict::Skipped } else { state.verdict() }
    }
}

impl LaunchReport {
    /// The launch that `planned` describes, as `state` left it.
    #[must_use]
    pub fn new(planned: PlannedLaunch, state: LaunchState) -> Self {
        let verdict = planned.verdict(&state);
        let attempts = state.attempts().map_or(0, |attempts| attempts.sent);
        let settled = match &state {
            LaunchState::Started { evidence: Evidence::List, .. } | LaunchState::Declared { .. } => true,
            LaunchState::Started { evidence: Evidence::Answer, recounted, .. } => {
                *recounted && verdict == Verdict::Duplicate
            }
            LaunchState::Planned
            | LaunchState::Open(_)
            | LaunchState::Unsent { .. }
            | LaunchState::Rejected { .. }
            | LaunchState::InDoubt { .. }
            | LaunchState::StartedElsewhere { .. }
            | LaunchState::LeftOut { .. } => false,
        };
        let (reason, trace, outcome) = (Reason::of(&state), Trace::of(&state), state.outcome());
        let mut ends = Vec::new();
        let (jobs, error) = match state {
            LaunchState::Planned => (Vec::new(), planned.skipped.as_deref().map(told)),
            LaunchState::Declared { jobs, .. } => (jobs, None),
            LaunchState::Open(_) => (Vec::new(), Some(told("no answer was recorded before sortie stopped"))),
            LaunchState::Unsent { why, .. } => (Vec::new(), why.map(|why| told(&why))),
            LaunchState::InDoubt { doubt, outcome, .. } => (Vec::new(), Some(in_doubt(doubt, outcome, attempts))),
            LaunchState::Rejected { error, .. } => (Vec::new(), Some(error.into())),
            LaunchState::StartedElsewhere { by, certain } => (Vec::new(), Some(told(&started_elsewhere(by, certain)))),
            LaunchState::LeftOut { why, .. } => (Vec::new(), Some(told(&why))),
            LaunchState::Started { attempts, jobs, ends: known, .. } => {
                ends = known;
                let error = (verdict != Verdict::Started).then(|| miscounted(attempts.intent.expected, jobs.len()));
                (jobs, error)
            }
        };
        Self {
            id: planned.id,
            job: planned.job,
            key: planned.key,
            reference: planned.reference,
            verdict: verdict.as_str().to_owned(),
            outcome,
            attempts,
            settled,
            sent: None,
            answered: None,
            arguments: planned.arguments,
            robot_jobs: jobs.into_iter().map(|job| RobotJobReport::new(job, &mut ends)).collect(),
            error,
            reason,
            story: Vec::new(),
            trace,
        }
    }

    /// The same with what happened to it.
    #[must_use]
    pub fn with_steps(self, steps: &[StoryStep]) -> Self {
        let (sent, answered) = story::moments(steps);
        Self { sent, answered, story: StepReport::of_notable(steps), ..self }
    }
}

impl Trace {
    fn of(state: &LaunchState) -> Self {
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
        }
    }
}

fn in_doubt(doubt: Doubt, outcome: Option<DoubtOutcome>, sent: u32) -> ErrorReport {
    match outcome {
        None => told(&doubt.why),
        Some(DoubtOutcome::Undecided(why)) => told(&format!("{}; {why}", doubt.why)),
        Some(DoubtOutcome::Held(Hold::Asked)) => told(&format!(
            "{}; nothing of it exists, and it is held, as `on-ambiguous: hold` or --at-most-once asks",
            doubt.why
        )),
        Some(DoubtOutcome::Held(Hold::Exhausted)) => {
            let times = if sent == 1 { "once".to_owned() } else { format!("{sent} times") };
            told(&format!("{}; sent {times}, never started; sortie stops trying here", doubt.why))
        }
    }
}

/// Why a launch that is to be started once was left out.
fn started_elsewhere(by: RunId, certain: bool) -> String {
    if certain {
        format!("run {by} started it, and `once: true` starts it no more")
    } else {
        format!("run {by} may have started it: it is in doubt there, and `once: true` starts it no more")
    }
}

fn told(message: &str) -> ErrorReport {
    ErrorReport { status: None, code: None, message: message.to_owned(), trace_id: None }
}

fn miscounted(expected: ExpectedJobs, found: usize) -> ErrorReport {
    let were = if found == 1 { "was" } else { "were" };
    match expected {
        ExpectedJobs::Exactly(1) => told(&format!("asked for 1 robot job, {found} {were} started")),
        ExpectedJobs::Exactly(asked) => told(&format!("asked for {asked} robot jobs, {found} {were} started")),
        ExpectedJobs::AtLeastOne if found == 1 => told("1 robot job was started"),
        ExpectedJobs::AtLeastOne => told(&format!("{found} robot jobs were started")),
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
    fn new(job: RobotJob, ends: &mut Vec<JobEnd>) -> Self {
        let mut report = Self::from(job);
        if let Some(place) = ends.iter().position(|end| end.job.0 == report.id) {
            report.end(ends.swap_remove(place));
        }
        report
    }

    fn end(&mut self, end: JobEnd) {
        let JobEnd { job: _, outcome, state, sub_state, start_time, end_time, info, output, error, class, notes } = end;
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
