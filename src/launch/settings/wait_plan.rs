//! What a run waits for, and by which rules the faults of its robot jobs are told apart.
//!
//! In: what follows the launches of each job, as the plan has it, and what rules over it for one run. Out: [`WaitPlan`].
//! Never: waits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::format::{PendingStep, TimeSpan};
use crate::outcome::FaultClass;
use crate::plan::FaultCondition;
use crate::spec::JobFollowUp;
use crate::wait::fault_class::FaultClassifier;
use crate::wait::{PendingTerms, PendingThen, WatchTerms};

/// After so long a time a pending robot job is told of, where the manifest says nothing.
const LONG_PENDING: Duration = Duration::from_secs(600);

/// What a run waits for. Launches of jobs that say the same share their terms, by number.
#[derive(Debug, Default)]
pub struct WaitPlan {
    terms: Vec<Option<WatchTerms>>,
    /// Which of them other jobs need, so that nobody can do without.
    needed: Vec<bool>,
    classifier: FaultClassifier,
}

/// What rules over the manifest's `wait`, for one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WaitOverride {
    /// Whether robot jobs are waited for: `--wait`, `--no-wait`; `None`: as the manifest says.
    pub waits: Option<bool>,
    /// How long, from the last launch on: `--timeout`.
    pub timeout: Option<Duration>,
}

impl WaitOverride {
    /// What `self` says, and for the rest what `earlier` said.
    #[must_use]
    pub fn or(self, earlier: Self) -> Self {
        Self { waits: self.waits.or(earlier.waits), timeout: self.timeout.or(earlier.timeout) }
    }
}

impl WaitPlan {
    /// What follows the launches of each job, by number, and the author's own rules for faults.
    #[must_use]
    pub fn new(follow_ups: &[JobFollowUp], own_rules: Vec<FaultCondition>) -> Self {
        Self {
            terms: follow_ups.iter().map(terms_of).collect(),
            needed: follow_ups.iter().map(|follow_up| follow_up.is_needed).collect(),
            classifier: FaultClassifier::new(own_rules),
        }
    }

    /// The same, ruled over.
    #[must_use]
    pub fn overridden(mut self, over: WaitOverride) -> Self {
        match over.waits {
            Some(true) => self.terms.iter_mut().for_each(|terms| _ = terms.get_or_insert_with(plain_terms)),
            Some(false) => {
                let needed = self.needed.iter().chain(std::iter::repeat(&false));
                self.terms
                    .iter_mut()
                    .zip(needed)
                    .filter(|(_, is_needed)| !**is_needed)
                    .for_each(|(terms, _)| *terms = None);
            }
            None => {}
        }
        if let Some(timeout) = over.timeout {
            self.terms.iter_mut().flatten().for_each(|terms| terms.timeout = Some(timeout));
        }
        self
    }

    /// Whether launches of the terms with this number are waited for.
    #[must_use]
    pub fn waits(&self, number: u16) -> bool {
        self.terms.get(usize::from(number)).is_some_and(Option::is_some)
    }

    /// Which terms are waited on, by number.
    pub(in crate::launch) fn waits_by_number(&self) -> Vec<bool> {
        self.terms.iter().map(Option::is_some).collect()
    }

    /// The terms by number, those that are not waited for with nothing in them; and the rules for faults.
    pub(in crate::launch) fn into_parts(self) -> (Vec<WatchTerms>, FaultClassifier) {
        (self.terms.into_iter().map(Option::unwrap_or_default).collect(), self.classifier)
    }
}

/// The terms of a wait of which nothing more is said.
fn plain_terms() -> WatchTerms {
    let pending = PendingTerms { after: LONG_PENDING, then: PendingThen::Tell };
    WatchTerms { pending: Some(pending), ..WatchTerms::default() }
}

fn terms_of(follow_up: &JobFollowUp) -> Option<WatchTerms> {
    let limits = follow_up.wait?;
    let said = limits.pending.map(|pending| PendingTerms {
        after: pending.after(),
        then: match pending.then() {
            PendingStep::Late => PendingThen::Late,
            PendingStep::Stop => PendingThen::Stop,
        },
    });
    Some(WatchTerms {
        timeout: limits.timeout.map(TimeSpan::duration),
        on_timeout: limits.on_timeout,
        pending: said.or(plain_terms().pending),
        until_suspended: limits.ends_at_suspended(),
        outputs: follow_up.outputs,
        notes_begin: follow_up.retry.as_ref().is_some_and(|retry| {
            // Whatever else is retried is retried whether or not it ran.
            retry.faulted > 0 && retry.on().contains(&FaultClass::Session)
        }),
    })
}
