//! What follows once launches are sent, as later stages know it.
//!
//! In: what was read and judged. Out: plain types, made of those of the format. Never: judges.

use crate::format::{ActiveLimits, Breaker, FailFast, NeedCondition, OutcomePolicy, Ramp, Retry, Wait, WaitLimits};
use crate::source::Place;

/// What follows a job's launches once they are sent. Jobs that say the same share one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobFollowUp {
    /// How long their robot jobs are waited for; `None` where they are not.
    pub wait: Option<WaitLimits>,
    /// What judges this job's launches; `None` where the manifest's policy does.
    pub outcome: Option<OutcomePolicy>,
    /// When a robot job that faulted is started again.
    pub retry: Option<Retry>,
    /// Whether the outputs of robot jobs are fetched.
    pub outputs: bool,
    /// Whether other jobs need to know how its robot jobs end: they are waited for, whoever asks for the run.
    pub is_needed: bool,
    /// So many failures of this job stop its sending.
    pub fail_fast: Option<FailFast>,
    /// How carefully this job's launches begin.
    pub ramp: Option<Ramp>,
}

/// What follows all launches of a run once they are sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFollowUp {
    /// What jobs that do not say so themselves wait for.
    pub wait: Option<Wait>,
    /// What judges launches whose job has no policy of its own.
    pub outcome: Option<OutcomePolicy>,
    /// When faults stop the sending.
    pub breaker: Option<Breaker>,
    /// How many robot jobs may be unfinished at once.
    pub active: Option<ActiveLimits>,
    /// So many failures stop the sending.
    pub fail_fast: Option<FailFast>,
    /// How carefully the launches begin.
    pub ramp: Option<Ramp>,
}

/// What a job needs of another one before a launch of it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobNeed {
    /// The other job: its number among the manifest's jobs.
    pub job: u32,
    /// How far it must have come.
    pub condition: NeedCondition,
    /// Whether only its launch of the same row counts.
    pub is_same_row: bool,
    /// Where it is named.
    pub place: Place,
}

impl RunFollowUp {
    /// Whether a key of the manifest can only be carried out where robot jobs are waited for.
    #[must_use]
    pub fn asks_to_wait(&self) -> bool {
        self.outcome.is_some()
            || self.breaker.is_some()
            || self.active.is_some()
            || self.ramp.as_ref().is_some_and(|ramp| ramp.pause_on.is_some())
    }
}

impl JobFollowUp {
    /// Whether a key of the job can only be carried out where robot jobs are waited for.
    #[must_use]
    pub fn asks_to_wait(&self) -> bool {
        self.outcome.is_some()
            || self.outputs
            || self.retry.as_ref().is_some_and(|retry| retry.faulted > 0)
            || self.ramp.as_ref().is_some_and(|ramp| ramp.pause_on.is_some())
    }
}

impl JobNeed {
    /// Whether it takes the end of robot jobs to know that it is met.
    #[must_use]
    pub fn asks_to_wait(&self) -> bool {
        match self.condition {
            NeedCondition::Succeeded | NeedCondition::Finished | NeedCondition::Failed => true,
            NeedCondition::Started => false,
        }
    }
}
