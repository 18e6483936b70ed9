//! So many failures stop the sending: of the run, or of one of its jobs.
//!
//! In: how launches ended. Out: whether the run, or a job, sends nothing more, and why. Never: counts a launch twice. No I/O and
//! no clock.

use std::collections::BTreeMap;

use super::launch_ends::LaunchEnd;

/// The limits, and what was counted.
#[derive(Default)]
pub(super) struct FailFastRule {
    run: Option<FailureCount>,
    by_job: BTreeMap<u32, FailureCount>,
}

struct FailureCount {
    most: u32,
    failures: u32,
}

/// What follows from a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FailFastStep {
    /// Nothing more of the run is sent; why.
    StopRun(String),
    /// Nothing more of the job is sent; why.
    StopJob(u32, String),
}

impl FailFastRule {
    /// Of a run that stops after `run` failures, and of whose jobs some stop after so many of their own.
    pub(super) fn new(run: Option<u32>, by_job: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let count = |most| FailureCount { most, failures: 0 };
        Self { run: run.map(count), by_job: by_job.into_iter().map(|(job, most)| (job, count(most))).collect() }
    }

    /// Whether there is no limit.
    pub(super) fn is_idle(&self) -> bool {
        self.run.is_none() && self.by_job.is_empty()
    }

    /// Takes in how a launch of `job` ended.
    pub(super) fn take(&mut self, end: &LaunchEnd, job: u32) -> Vec<FailFastStep> {
        if !end.is_failure() {
            return Vec::new();
        }
        let mut steps = Vec::new();
        if let Some(count) = &mut self.run
            && count.is_reached()
        {
            steps.push(FailFastStep::StopRun(count.words()));
        }
        if let Some(count) = self.by_job.get_mut(&job)
            && count.is_reached()
        {
            steps.push(FailFastStep::StopJob(job, count.words()));
        }
        steps
    }
}

impl FailureCount {
    /// Counts a failure; whether the limit is reached by it.
    fn is_reached(&mut self) -> bool {
        self.failures += 1;
        self.failures == self.most
    }

    fn words(&self) -> String {
        let launches = if self.failures == 1 { "1 launch".to_owned() } else { format!("{} launches", self.failures) };
        format!("fail-fast: {launches} failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Ordinal;
    use crate::ledger::state::Verdict;
    use crate::outcome::JobOutcome;

    fn end(outcome: Option<JobOutcome>, verdict: Option<Verdict>) -> LaunchEnd {
        LaunchEnd { ordinal: Ordinal(0), outcome, verdict, classes: [].into() }
    }

    #[test]
    fn the_run_stops_at_its_limit_and_a_job_at_its_own() {
        let mut rule = FailFastRule::new(Some(3), [(1, 2)]);
        let faulted = end(Some(JobOutcome::Faulted), None);
        assert_eq!(rule.take(&faulted, 0), []);
        assert_eq!(rule.take(&end(Some(JobOutcome::Successful), None), 1), []);
        assert_eq!(rule.take(&end(None, Some(Verdict::Rejected)), 1), []);
        let both = rule.take(&end(Some(JobOutcome::Late), None), 1);
        assert_eq!(
            both,
            [
                FailFastStep::StopRun("fail-fast: 3 launches failed".to_owned()),
                FailFastStep::StopJob(1, "fail-fast: 2 launches failed".to_owned())
            ]
        );
        assert_eq!(rule.take(&faulted, 1), [], "once");
        assert_eq!(FailFastRule::default().take(&faulted, 0), []);
    }
}
