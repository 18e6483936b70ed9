//! What happened to a launch, and when, as a report shows it.
//!
//! In: the steps that the ledger kept. Out: the same as text, and the two moments that everybody asks for: when it was sent,
//! and when it was known what came of it. Never: judges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ledger::story::{StepKind, StoryStep};

/// One thing that happened to a launch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct StepReport {
    /// When, UTC.
    pub at: String,
    /// The sending that it is about.
    pub attempt: u32,
    /// What.
    pub step: StepKind,
    /// How many robot jobs it is about; left out where it is about none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub robot_jobs: u32,
    /// Why, where that was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl StepReport {
    /// The steps of a launch whose answer was lost, or that was sent more than once; nothing of others.
    pub(super) fn of_notable(steps: &[StoryStep]) -> Vec<Self> {
        if steps.iter().any(|step| step.kind.is_notable()) { steps.iter().map(Self::of).collect() } else { Vec::new() }
    }

    fn of(step: &StoryStep) -> Self {
        let StoryStep { at, attempt, kind, robot_jobs, why } = step;
        Self { at: moment(*at), attempt: attempt.0, step: *kind, robot_jobs: *robot_jobs, why: why.clone() }
    }
}

/// When the launch was first sent, and when it was known what came of it: by the answer, or what was found in its place.
pub(super) fn moments(steps: &[StoryStep]) -> (Option<String>, Option<String>) {
    let first = |wanted: fn(StepKind) -> bool| steps.iter().find(|step| wanted(step.kind)).map(|step| moment(step.at));
    (first(|kind| kind == StepKind::Sent), first(is_known))
}

fn is_known(kind: StepKind) -> bool {
    match kind {
        StepKind::Answered | StepKind::Refused | StepKind::Found | StepKind::Declared => true,
        StepKind::Sent
        | StepKind::NotStarted
        | StepKind::Lost
        | StepKind::CutOff
        | StepKind::Absent
        | StepKind::Held
        | StepKind::Undecided
        | StepKind::Counted
        | StepKind::Ended
        | StepKind::LeftOut
        | StepKind::Decided => false,
    }
}

/// To the millisecond: finer than any clock that is compared here.
fn moment(at: Timestamp) -> String {
    format!("{at:.3}")
}
