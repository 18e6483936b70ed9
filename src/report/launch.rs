//! One launch, as a report shows it.
//!
//! In: what the plan says of it, and the state that it was left in. Out: a [`LaunchReport`]. Never: judges; the verdict is the
//! state's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::reason::Reason;
use super::retry::RetryReport;
use super::robot_job::{ErrorReport, RobotJobReport, Trace};
use crate::ids::RunId;
use crate::launch_terms::ExpectedJobs;
use crate::ledger::event::{Doubt, Hold};
use crate::ledger::state::chains::Chains;
use crate::ledger::state::{DoubtOutcome, Evidence, LaunchState, Verdict};
use crate::ledger::story::StoryStep;
use crate::outcome::JobOutcome;

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
    /// The values that tell it from the job's other launches, of a batch of rows the list of all their keys; null where the job has
    /// one launch.
    pub key: Option<Map<String, Value>>,
    /// What its robot jobs carry in `Reference`.
    pub reference: String,
    /// How it ended.
    pub verdict: Verdict,
    /// How its robot jobs ended: the worst of their outcomes, each as the last retry in its place ended; left out where one is
    /// not over, or nobody waited.
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
    /// The robot jobs that the server named; those of its retries stand there.
    pub robot_jobs: Vec<RobotJobReport>,
    /// The launches that were made in place of its robot jobs that faulted, in the order of their numbers; left out where
    /// there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retries: Vec<RetryReport>,
    /// Whether it ended well on a retry alone; left out where it did not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flaky: bool,
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
    /// The keys of its rows, where it takes a batch of them.
    #[must_use]
    pub fn batch_keys(&self) -> Option<&[serde_json::Value]> {
        // Values of a matrix are never lists.
        self.key.as_ref()?.values().find_map(serde_json::Value::as_array).map(Vec::as_slice)
    }

    /// The robot jobs that the server named, and then those of its retries.
    pub fn every_robot_job(&self) -> impl Iterator<Item = &RobotJobReport> {
        self.robot_jobs.iter().chain(self.retries.iter().flat_map(|retry| &retry.robot_jobs))
    }

    /// What is worth knowing of its retries and its robot jobs, each once: `1 retry; with faults`.
    pub(super) fn notes(&self) -> String {
        let mut notes: Vec<&str> = self.every_robot_job().flat_map(|job| &job.notes).map(String::as_str).collect();
        notes.sort_unstable();
        notes.dedup();
        let retries = self.retry_notes();
        let told = self.doubtful().into_iter().chain(self.trace.remark.as_deref());
        told.chain(retries.iter().map(String::as_str)).chain(notes).collect::<Vec<_>>().join("; ")
    }

    /// What is wrong with it although it was started as asked: another run, or another launch, may have started the same.
    pub(super) fn doubtful(&self) -> Option<&str> {
        self.error.as_ref().filter(|_| self.trace.is_doubtful).map(|error| error.message.as_str())
    }

    /// What came of its retries: how many were started, that one waits, with what one was refused.
    fn retry_notes(&self) -> Vec<String> {
        let started = self.retries.iter().filter(|retry| match retry.verdict {
            Verdict::Started | Verdict::Partial | Verdict::Duplicate | Verdict::Unknown => true,
            Verdict::Rejected | Verdict::Skipped | Verdict::NotSent => false,
        });
        let mut notes = Vec::new();
        let counted = match started.count() {
            0 => None,
            1 => Some("1 retry".to_owned()),
            count => Some(format!("{count} retries")),
        };
        notes.extend(counted.map(|count| if self.flaky { format!("flaky: well after {count}") } else { count }));
        for retry in &self.retries {
            match (retry.verdict, &retry.due, &retry.error) {
                (Verdict::NotSent, Some(due), _) => notes.push(format!("{} waits until {due}", retry.id)),
                (Verdict::NotSent, None, _) => notes.push(format!("{} waits", retry.id)),
                (Verdict::Rejected, _, Some(error)) => {
                    notes.push(format!("{} was refused: {}", retry.id, error.message));
                }
                (Verdict::Rejected, _, None) => notes.push(format!("{} was refused", retry.id)),
                (
                    Verdict::Started | Verdict::Partial | Verdict::Duplicate | Verdict::Unknown | Verdict::Skipped,
                    _,
                    _,
                ) => {}
            }
        }
        notes
    }

    /// The robot job that makes its outcome what it is, the last retries before others; else the last of all.
    #[must_use]
    pub fn deciding_robot_job(&self) -> Option<&RobotJobReport> {
        let jobs: Vec<&RobotJobReport> = self.every_robot_job().collect();
        let decides = |job: &&&RobotJobReport| job.outcome.is_some() && job.outcome == self.outcome;
        jobs.iter().rev().find(decides).or(jobs.last()).copied()
    }

    /// Whether a retry of it is still to be sent, or in doubt: it is not over then.
    #[must_use]
    pub fn has_open_retry(&self) -> bool {
        self.retries.iter().any(|retry| match retry.verdict {
            Verdict::NotSent | Verdict::Unknown => true,
            Verdict::Started | Verdict::Partial | Verdict::Duplicate | Verdict::Rejected | Verdict::Skipped => false,
        })
    }

    /// The launch that `planned` describes, as `state` and its `retries` left it.
    #[must_use]
    pub fn new(planned: PlannedLaunch, state: LaunchState, retries: Vec<LaunchState>) -> Self {
        let chains = Chains { state: &state, retries: &retries };
        let (outcome, flaky) = (chains.outcome(), chains.is_flaky());
        let retries = retries.into_iter().filter_map(RetryReport::of).collect();
        Self { outcome, retries, flaky, ..Self::alone(planned, state) }
    }

    /// `retry` of this launch as a launch of its own: for whoever shows what must be dealt with.
    #[must_use]
    pub fn of_retry(&self, retry: &RetryReport) -> Self {
        let RetryReport { id, reference, replaces: _, verdict, outcome, attempts, settled, .. } = retry;
        Self {
            id: id.clone(),
            job: self.job.clone(),
            key: self.key.clone(),
            reference: reference.clone(),
            verdict: *verdict,
            outcome: *outcome,
            attempts: *attempts,
            settled: *settled,
            sent: None,
            answered: None,
            arguments: self.arguments.clone(),
            robot_jobs: retry.robot_jobs.clone(),
            retries: Vec::new(),
            flaky: false,
            error: retry.error.clone(),
            reason: retry.reason,
            story: Vec::new(),
            trace: retry.trace.clone(),
        }
    }

    /// The same, had it no retries.
    fn alone(planned: PlannedLaunch, state: LaunchState) -> Self {
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
            | LaunchState::LeftOut { .. }
            | LaunchState::Due(_) => false,
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
            LaunchState::Due(_) => (Vec::new(), None),
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
            verdict,
            outcome,
            attempts,
            settled,
            sent: None,
            answered: None,
            arguments: planned.arguments,
            robot_jobs: jobs.into_iter().map(|job| RobotJobReport::new(job, &mut ends)).collect(),
            retries: Vec::new(),
            flaky: false,
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

impl RetryReport {
    /// The retry that `state` is of; `None` where it is of none.
    fn of(state: LaunchState) -> Option<Self> {
        let origin = state.retry()?;
        let replaces = origin.replaces.map(|job| job.0);
        let due = origin.due.to_string();
        let planned = PlannedLaunch {
            id: origin.launch.to_string(),
            job: String::new(),
            key: None,
            reference: origin.reference.to_string(),
            arguments: None,
            skipped: None,
        };
        let LaunchReport {
            id, reference, verdict, outcome, attempts, settled, robot_jobs, error, reason, trace, ..
        } = LaunchReport::alone(planned, state);
        let due = (verdict == Verdict::NotSent && attempts == 0).then_some(due);
        Some(Self {
            id,
            reference,
            replaces,
            due,
            verdict,
            outcome,
            attempts,
            settled,
            robot_jobs,
            error,
            reason,
            trace,
        })
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
