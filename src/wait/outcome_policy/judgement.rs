//! The judgement of a run: policy by policy, and the exit status that follows.
//!
//! In: policies and tallies. Out: [`RunJudgement`]. Never: forgives what no `fail-on` names.

use super::tally::{JudgedJob, OutcomeTally};
use crate::exit::ExitStatus;
use crate::format::{FailOn, OutcomePolicy};
use crate::outcome::Judgement;
use crate::words::Words as _;

/// Whether a run met its policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunJudgement {
    /// Each policy with what it was held against: the manifest's first, then those of jobs in the order of jobs. A policy
    /// under which no launch was waited for is not among them.
    pub policies: Vec<Judgement>,
    /// The exit status that follows, of verdicts too.
    pub exit: ExitStatus,
}

impl RunJudgement {
    /// Whether every policy was met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.policies.iter().all(|policy| policy.is_met)
    }
}

/// Judges a run: `rest` are the launches of jobs without a policy of their own, `jobs` all others.
///
/// Source of the rules: `docs/waiting.md`. The exit status is the first that holds of 12, 11, 16, 4 and 10.
#[must_use]
pub fn judge(manifest: Option<&OutcomePolicy>, rest: &OutcomeTally, jobs: &[JudgedJob<'_>]) -> RunJudgement {
    let default = OutcomePolicy::default();
    let mut exit = ExitStatus::Success;
    let mut policies = Vec::new();
    let of_jobs = jobs.iter().map(|job| (Some(job.name), job.policy, &job.tally));
    for (name, policy, tally) in [(None, manifest.unwrap_or(&default), rest)].into_iter().chain(of_jobs) {
        exit = exit.worse(tally.verdicts.exit());
        if tally.unfinished > 0 {
            exit = exit.worse(ExitStatus::Deadline);
        }
        if tally.waited_for > 0 {
            let (judged, status) = held_against(name, policy, tally);
            policies.push(judged);
            exit = exit.worse(status);
        }
    }
    RunJudgement { policies, exit }
}

/// `policy` held against `tally`, and the exit status that follows from it alone.
fn held_against(job: Option<&str>, policy: &OutcomePolicy, tally: &OutcomeTally) -> (Judgement, ExitStatus) {
    let counted = policy.fail_on().iter().map(|ending| (*ending, tally.of(*ending)));
    let failed: Vec<(FailOn, u32)> = counted.filter(|(_, count)| *count > 0).collect();
    let all: u64 = failed.iter().map(|(_, count)| u64::from(*count)).sum();
    let tolerated = policy.tolerate().of(tally.waited_for.into());
    let is_met = all <= tolerated;
    let status = |ending: &FailOn| match ending {
        FailOn::Late => ExitStatus::Deadline,
        FailOn::Faulted | FailOn::Stopped | FailOn::Gone | FailOn::Flaky => ExitStatus::Outcome,
    };
    let exit = if is_met {
        ExitStatus::Success
    } else {
        failed.iter().map(|(ending, _)| status(ending)).fold(ExitStatus::Success, ExitStatus::worse)
    };
    let judged = Judgement {
        job: job.map(str::to_owned),
        run: None,
        launches: tally.waited_for,
        failed: failed.iter().map(|(ending, count)| (ending.word().to_owned(), *count)).collect(),
        tolerate: policy.tolerate().to_string(),
        tolerated: u32::try_from(tolerated).unwrap_or(u32::MAX),
        is_met,
    };
    (judged, exit)
}
