//! The judgement of a run: policy by policy, and the exit status that follows.
//!
//! In: policies and tallies. Out: [`Judgement`]. Never: forgives what no `fail-on` names.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tally::{JudgedJob, OutcomeTally};
use crate::exit::ExitStatus;
use crate::format::{FailOn, OutcomePolicy};
use crate::words::Words as _;

/// Whether a run met its policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Each policy with what it was held against: the manifest's first, then those of jobs in the order of jobs. A policy
    /// under which no launch was waited for is not among them.
    pub policies: Vec<PolicyJudgement>,
    /// The exit status that follows, of verdicts too.
    pub exit: ExitStatus,
}

/// Whether one policy was met, with its arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PolicyJudgement {
    /// The job whose policy it is; null for the manifest's.
    pub job: Option<String>,
    /// How many launches were waited for.
    pub launches: u64,
    /// How many of them failed, by what `fail-on` names; only what came up.
    pub failed: BTreeMap<String, u64>,
    /// What is forgiven, as written: a count or a percentage.
    pub tolerate: String,
    /// How many failures that are.
    pub tolerated: u64,
    /// How many launches are not known to be over; nothing forgives these.
    pub unfinished: u64,
    /// Whether no more failed than are forgiven.
    pub met: bool,
}

/// Judges a run: `rest` are the launches of jobs without a policy of their own, `jobs` all others.
///
/// Source of the rules: `docs/waiting.md`. The exit status is the first that holds of 12, 11, 16, 4 and 10.
#[must_use]
pub fn judge(manifest: Option<&OutcomePolicy>, rest: &OutcomeTally, jobs: &[JudgedJob<'_>]) -> Judgement {
    let default = OutcomePolicy::default();
    let mut exit = ExitStatus::Success;
    let mut policies = Vec::new();
    let rest = (None, manifest.unwrap_or(&default), rest);
    for (name, policy, tally) in
        [rest].into_iter().chain(jobs.iter().map(|job| (Some(job.name), job.policy, &job.tally)))
    {
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
    Judgement { policies, exit }
}

/// `policy` held against `tally`, and the exit status that follows from it alone.
fn held_against(job: Option<&str>, policy: &OutcomePolicy, tally: &OutcomeTally) -> (PolicyJudgement, ExitStatus) {
    let failed: Vec<(FailOn, u64)> =
        policy.fail_on().iter().map(|ending| (*ending, tally.of(*ending))).filter(|(_, count)| *count > 0).collect();
    let all: u64 = failed.iter().map(|(_, count)| count).sum();
    let tolerated = policy.tolerate().of(tally.waited_for);
    let met = all <= tolerated;
    let status = |ending: &FailOn| match ending {
        FailOn::Late => ExitStatus::Deadline,
        FailOn::Faulted | FailOn::Stopped | FailOn::Gone | FailOn::Flaky => ExitStatus::Outcome,
    };
    let exit = match met {
        true => ExitStatus::Success,
        false => failed.iter().map(|(ending, _)| status(ending)).fold(ExitStatus::Success, ExitStatus::worse),
    };
    let judged = PolicyJudgement {
        job: job.map(str::to_owned),
        launches: tally.waited_for,
        failed: failed.iter().map(|(ending, count)| (ending.word().to_owned(), *count)).collect(),
        tolerate: policy.tolerate().to_string(),
        tolerated,
        unfinished: tally.unfinished,
        met,
    };
    (judged, exit)
}

impl Judgement {
    /// Whether every policy was met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.policies.iter().all(|policy| policy.met)
    }
}

impl fmt::Display for PolicyJudgement {
    /// `3 of 200 launches faulted, 2 (1%) are tolerated: not met`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(job) = &self.job {
            write!(f, "job `{job}`: ")?;
        }
        let all: u64 = self.failed.values().sum();
        let launches = if self.launches == 1 { "launch" } else { "launches" };
        write!(f, "{all} of {} {launches} ", self.launches)?;
        let mut kinds = self.failed.iter();
        match (kinds.next(), self.failed.len()) {
            (Some((kind, _)), 1) => write!(f, "{}", phrase(kind, all))?,
            (None, _) => f.write_str("failed")?,
            (Some(_), _) => {
                let listed: Vec<String> = self.failed.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
                write!(f, "failed ({})", listed.join(", "))?;
            }
        }
        match (self.tolerated, self.tolerate.ends_with('%')) {
            (0, false) => f.write_str(", none is tolerated")?,
            (1, false) => f.write_str(", 1 is tolerated")?,
            (count, false) => write!(f, ", {count} are tolerated")?,
            (1, true) => write!(f, ", 1 ({}) is tolerated", self.tolerate)?,
            (count, true) => write!(f, ", {count} ({}) are tolerated", self.tolerate)?,
        }
        f.write_str(if self.met { ": met" } else { ": not met" })?;
        if self.unfinished > 0 {
            write!(f, "; {} not known to be over", self.unfinished)?;
        }
        Ok(())
    }
}

/// What is said of launches that all failed in one way.
fn phrase(kind: &str, count: u64) -> String {
    let is_or_are = if count == 1 { "is" } else { "are" };
    let was_or_were = if count == 1 { "was" } else { "were" };
    match kind {
        "stopped" => format!("{was_or_were} stopped"),
        "late" | "gone" => format!("{is_or_are} {kind}"),
        "flaky" => format!("{was_or_were} flaky"),
        kind => kind.to_owned(),
    }
}
