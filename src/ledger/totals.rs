//! A run's launches, counted by verdict: what lists and reports show at their top.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::verdict::Verdict;
use crate::exit::ExitStatus;
use crate::outcome::JobOutcome;
use crate::words::Words as _;

/// How many launches ended in which verdict. `launches` is the sum of the verdicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Totals {
    /// All launches of the plan.
    pub launches: u32,
    /// Verdict `started`.
    pub started: u32,
    /// Verdict `rejected`.
    pub rejected: u32,
    /// Verdict `unknown`.
    pub unknown: u32,
    /// Verdict `partial`.
    pub partial: u32,
    /// Verdict `duplicate`.
    pub duplicate: u32,
    /// Verdict `skipped`.
    pub skipped: u32,
    /// Verdict `not-sent`.
    pub not_sent: u32,
    /// Those that were waited for, by how their robot jobs ended; left out where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<OutcomeTotals>,
    /// Launches that were made in place of robot jobs that faulted, beside those of the plan; left out where there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// Launches of the plan that ended well on a retry alone; left out where there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub flaky: u32,
}

/// How many launches were waited for, by the worst that one of their robot jobs came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct OutcomeTotals {
    /// All robot jobs ended well.
    pub successful: u32,
    /// One waits for a person or another process, and that was enough.
    pub suspended: u32,
    /// One failed.
    pub faulted: u32,
    /// One was stopped.
    pub stopped: u32,
    /// One was not over in time.
    pub late: u32,
    /// One is not on the server any more.
    pub gone: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl OutcomeTotals {
    /// How many launches came to this.
    #[must_use]
    pub fn of(&self, outcome: JobOutcome) -> u32 {
        let mut copy = *self;
        *copy.of_mut(outcome)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> u32 {
        JobOutcome::ALL.iter().map(|outcome| self.of(*outcome)).sum()
    }

    fn of_mut(&mut self, outcome: JobOutcome) -> &mut u32 {
        match outcome {
            JobOutcome::Successful => &mut self.successful,
            JobOutcome::Suspended => &mut self.suspended,
            JobOutcome::Faulted => &mut self.faulted,
            JobOutcome::Stopped => &mut self.stopped,
            JobOutcome::Late => &mut self.late,
            JobOutcome::Gone => &mut self.gone,
        }
    }
}

impl fmt::Display for OutcomeTotals {
    /// `3 successful, 1 faulted`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let present = JobOutcome::ALL.iter().filter(|outcome| self.of(**outcome) > 0);
        let words: Vec<String> = present.map(|outcome| format!("{} {}", self.of(*outcome), outcome.word())).collect();
        f.write_str(&words.join(", "))
    }
}

impl Totals {
    /// Counts one launch.
    pub fn count(&mut self, verdict: Verdict) {
        self.launches += 1;
        *self.of_mut(verdict) += 1;
    }

    /// Counts how the robot jobs of one launch ended.
    pub fn count_outcome(&mut self, outcome: JobOutcome) {
        *self.outcomes.get_or_insert_default().of_mut(outcome) += 1;
    }

    /// One launch that was counted as `before` is `after` instead; one that was never counted here stays so.
    pub fn recount(&mut self, before: Verdict, after: Verdict) {
        if let Some(left) = self.of(before).checked_sub(1) {
            *self.of_mut(before) = left;
            *self.of_mut(after) += 1;
        }
    }

    /// The totals of launches that were counted by verdict.
    #[must_use]
    pub fn of_launches(launches_by_verdict: &BTreeMap<Verdict, u32>) -> Self {
        let mut totals = Self::default();
        for (verdict, count) in launches_by_verdict {
            totals.launches += count;
            *totals.of_mut(*verdict) += count;
        }
        totals
    }

    /// How many launches have this verdict.
    #[must_use]
    pub fn of(&self, verdict: Verdict) -> u32 {
        let mut copy = *self;
        *copy.of_mut(verdict)
    }

    /// The exit status that the verdicts alone give.
    #[must_use]
    pub fn exit(&self) -> ExitStatus {
        let present = Verdict::ALL.into_iter().filter(|verdict| self.of(*verdict) > 0);
        present.map(Verdict::exit).fold(ExitStatus::Success, ExitStatus::worse)
    }

    fn of_mut(&mut self, verdict: Verdict) -> &mut u32 {
        match verdict {
            Verdict::Started => &mut self.started,
            Verdict::Rejected => &mut self.rejected,
            Verdict::Unknown => &mut self.unknown,
            Verdict::Partial => &mut self.partial,
            Verdict::Duplicate => &mut self.duplicate,
            Verdict::Skipped => &mut self.skipped,
            Verdict::NotSent => &mut self.not_sent,
        }
    }
}

impl fmt::Display for Totals {
    /// `3 started, 1 rejected`, or `none`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let present: Vec<Verdict> = Verdict::ALL.into_iter().filter(|verdict| self.of(*verdict) > 0).collect();
        if present.is_empty() {
            return f.write_str("none");
        }
        for (index, verdict) in present.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{} {}", self.of(verdict), verdict.as_str())?;
        }
        Ok(())
    }
}
