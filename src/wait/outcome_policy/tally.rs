//! How many launches ended how.
//!
//! In: how each launch ended. Out: [`OutcomeTally`]. Never: says what is bad about it.

use std::collections::BTreeMap;

use crate::format::{FailOn, OutcomePolicy};
use crate::ledger::state::Verdict;
use crate::ledger::totals::Totals;
use crate::outcome::JobOutcome;

/// How one launch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaunchEnding {
    /// Whether its robot jobs were started.
    pub verdict: Verdict,
    /// Whether its robot jobs were waited for.
    pub is_waited_for: bool,
    /// The worst of its robot jobs' outcomes; `None` where one of them is not known to be over.
    pub outcome: Option<JobOutcome>,
    /// Whether it ended well only on a retry.
    pub is_flaky: bool,
}

/// How many launches ended how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutcomeTally {
    /// All of them by verdict.
    pub verdicts: Totals,
    /// Those that were waited for, whatever came of them.
    pub waited_for: u32,
    /// Those that were waited for and are not known to be over.
    pub unfinished: u32,
    /// Those that were waited for, by outcome.
    pub by_outcome: BTreeMap<JobOutcome, u32>,
    /// Those that ended well only on a retry.
    pub flaky: u32,
}

/// The launches of a job that has a policy of its own.
#[derive(Clone, Debug)]
pub struct JudgedJob<'a> {
    /// The job's name.
    pub name: &'a str,
    /// Its policy.
    pub policy: &'a OutcomePolicy,
    /// Its launches.
    pub tally: OutcomeTally,
}

impl OutcomeTally {
    /// Counts one launch.
    pub fn count(&mut self, ending: LaunchEnding) {
        self.verdicts.count(ending.verdict);
        // A launch without robot jobs has none to wait for.
        let has_jobs = match ending.verdict {
            Verdict::Started | Verdict::Partial | Verdict::Duplicate => true,
            Verdict::Rejected | Verdict::Unknown | Verdict::Skipped | Verdict::NotSent => false,
        };
        if !has_jobs || !ending.is_waited_for {
            return;
        }
        self.waited_for += 1;
        match ending.outcome {
            None => self.unfinished += 1,
            Some(outcome) => *self.by_outcome.entry(outcome).or_default() += 1,
        }
        self.flaky += u32::from(ending.is_flaky && ending.outcome.is_some_and(ended_well));
    }

    /// How many launches ended in this way. Each launch is in one of them at most.
    #[must_use]
    pub fn of(&self, ending: FailOn) -> u32 {
        let of = |outcome| self.by_outcome.get(&outcome).copied().unwrap_or_default();
        match ending {
            FailOn::Faulted => of(JobOutcome::Faulted),
            FailOn::Stopped => of(JobOutcome::Stopped),
            FailOn::Late => of(JobOutcome::Late),
            FailOn::Gone => of(JobOutcome::Gone),
            FailOn::Flaky => self.flaky,
        }
    }
}

/// Whether a launch that ended so did what it was meant to.
fn ended_well(outcome: JobOutcome) -> bool {
    match outcome {
        JobOutcome::Successful | JobOutcome::Suspended => true,
        JobOutcome::Faulted | JobOutcome::Stopped | JobOutcome::Late | JobOutcome::Gone => false,
    }
}
