//! A plan under policies: its launches are checked as they are planned, or once it is there.
//!
//! In: a plan, and rules. Out: what breaks which rule, at both places. Never: leaves a launch out that would be sent.

use crate::diagnostic::Diagnostic;
use crate::ids::{Digest, Ordinal};
use crate::launch_scope::LaunchFacts;
use crate::plan::inputs::Inputs;
use crate::plan::launch::PlanEntry;
use crate::plan::model::Plan;
use crate::policy::{CheckedLaunch, PlanFacts, PolicyCheck, PolicySet};

impl Plan {
    /// What breaks which of `policies` among the launches that `may_be_sent`; their texts are among the sources of this plan, which
    /// was made of `inputs`. Nothing is looked at again where the plan was made under just these.
    #[must_use]
    pub fn check_policies(
        &self,
        policies: &PolicySet,
        inputs: &Inputs,
        may_be_sent: &dyn Fn(Ordinal) -> bool,
    ) -> Vec<Diagnostic> {
        if policies.rules.is_empty() || self.kept_policies == Some(policies.digest) {
            return Vec::new();
        }
        let mut check = PolicyCheck::new(policies);
        if check.asks_launches() {
            for ordinal in (0..self.len()).map(Ordinal::from).filter(|ordinal| may_be_sent(*ordinal)) {
                self.with_facts(ordinal, |facts| check_launch(&mut check, facts.entry(), facts));
            }
        }
        self.end_check(check, inputs, true, may_be_sent)
    }

    /// Whether it was made under the policies with this digest.
    #[must_use]
    pub fn keeps(&self, policies: Digest) -> bool {
        self.kept_policies == Some(policies)
    }

    /// The rest of the check, once the plan is there; `is_whole`: every launch of it could be made.
    pub(super) fn end_check(
        &self,
        mut check: PolicyCheck<'_>,
        inputs: &Inputs,
        is_whole: bool,
        may_be_sent: &dyn Fn(Ordinal) -> bool,
    ) -> Vec<Diagnostic> {
        let plan = PlanFacts {
            launches: self.len() - self.skipped.len() as usize,
            name: self.spec.name.clone(),
            profile: inputs.profile.clone(),
        };
        // What is tried out may lack launches, so that nobody can make them again.
        if check.asks_launches_again() && is_whole && !self.scope.has_gaps() {
            for ordinal in (0..self.len()).map(Ordinal::from).filter(|ordinal| may_be_sent(*ordinal)) {
                self.with_facts(ordinal, |facts| {
                    if let PlanEntry::Launch(launch) = facts.entry() {
                        let checked = CheckedLaunch { id: launch.id.as_str(), job: &launch.job, place: launch.place };
                        check.launch_again(checked, facts, &plan);
                    }
                });
            }
        }
        // How many launches there are is not known where a job's number of them is not.
        let is_counted = self.launches.iter().all(|part| !part.is_open);
        check.end(&plan, self.spec.jobs_place, is_counted)
    }
}

/// Checks a launch while the plan is made. What is skipped is sent by nobody.
pub(super) fn check_launch(check: &mut PolicyCheck<'_>, entry: &PlanEntry, facts: &dyn LaunchFacts) {
    if let (true, PlanEntry::Launch(launch)) = (check.asks_launches(), entry) {
        check.launch(CheckedLaunch { id: launch.id.as_str(), job: &launch.job, place: launch.place }, facts);
    }
}
