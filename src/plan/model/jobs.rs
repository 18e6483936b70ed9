//! The jobs of a plan: which launches are theirs, and what follows those.
//!
//! In: a plan. Out: [`PlannedJob`]s, what follows a launch, and what is told at the run's end. Never: makes a launch.

use std::ops::Range;
use std::sync::Arc;

use super::super::field_value::value_of;
use super::Plan;
use crate::diagnostic::{Diagnosed, Diagnostic};
use crate::format::OnFinish;
use crate::ids::{Ordinal, RunId};
use crate::manifest::NodeId;
use crate::outcome::FaultClass;
use crate::plan::PlanEntry;
use crate::source::Place;
use crate::spec::{self, JobFollowUp, JobNeed, RunFollowUp};
use crate::template::{Condition, Scope, SecretView};

/// A job of a plan, with at least one launch in it.
#[derive(Clone, Debug)]
pub struct PlannedJob<'a> {
    /// Its number among the manifest's jobs.
    pub number: u32,
    /// Its name.
    pub name: &'a str,
    /// Where its name stands.
    pub place: Place,
    /// The launches that are its own: neighbours.
    pub ordinals: Range<u32>,
    /// What follows them.
    pub follow_up: &'a JobFollowUp,
    /// What it needs of other jobs.
    pub needs: &'a [JobNeed],
}

/// An author's own rule for why a robot job faulted, ready to be asked.
#[derive(Clone, Debug)]
pub struct FaultCondition {
    /// The class.
    pub class: FaultClass,
    /// When it is that.
    pub when: Condition,
    /// What the condition sees, but for the fault.
    pub scope: Scope,
}

impl Plan {
    /// What follows all of its launches once they are sent.
    #[must_use]
    pub fn run_follow_up(&self) -> &RunFollowUp {
        &self.follow_ups.run
    }

    /// What follows the launch at `ordinal` once it is sent.
    #[must_use]
    pub fn follow_up(&self, ordinal: Ordinal) -> &JobFollowUp {
        &self.follow_ups.jobs[usize::from(self.follow_up_number(ordinal))]
    }

    /// Whether a robot job of the launch at `ordinal` can be started again by itself: not where it is one of several, and robots
    /// are named.
    #[must_use]
    pub fn starts_again(&self, ordinal: Ordinal) -> bool {
        match self.planned(ordinal) {
            PlanEntry::Launch(launch) => launch.start_info.single().is_some(),
            PlanEntry::Skipped(_) => false,
        }
    }

    /// The number of [`Plan::follow_up`] in [`Plan::follow_ups`].
    #[must_use]
    pub fn follow_up_number(&self, ordinal: Ordinal) -> u16 {
        self.job_launches(self.full(ordinal)).follow_up
    }

    /// Each different follow-up of its jobs, by number.
    #[must_use]
    pub fn follow_ups(&self) -> &[JobFollowUp] {
        &self.follow_ups.jobs
    }

    /// The number of the job that the launch at `ordinal` is of, among the manifest's jobs.
    #[must_use]
    pub fn job_number(&self, ordinal: Ordinal) -> u32 {
        self.job_launches(self.full(ordinal)).job
    }

    /// The name of the job with this number among the manifest's.
    #[must_use]
    pub fn job_name(&self, number: u32) -> &str {
        &self.spec.jobs[number as usize].name
    }

    /// Whether its manifest has a job `name`, also one without launches in it.
    #[must_use]
    pub fn has_job(&self, name: &str) -> bool {
        self.spec.jobs.iter().any(|job| job.name.as_ref() == name)
    }

    /// The name that the ids of the launches of the job with this number begin with: the first that the job had.
    #[must_use]
    pub fn job_id_name(&self, number: u32) -> &str {
        self.spec.jobs[number as usize].id_name()
    }

    /// The name that the ids of the launches of job `name` begin with: the first that the job had. `None` if there is no such
    /// job with launches; a first name is taken, too.
    #[must_use]
    pub fn id_name_of(&self, name: &str) -> Option<&str> {
        let id_name = |job: PlannedJob<'_>| self.job_id_name(job.number);
        let by_name = self.jobs().find(|job| job.name == name).map(id_name);
        by_name.or_else(|| self.jobs().map(id_name).find(|first| *first == name))
    }

    /// The jobs that have launches in it, in the order of those.
    pub fn jobs(&self) -> impl Iterator<Item = PlannedJob<'_>> {
        let place_of = |full: u32| match &self.picked {
            None => full,
            Some(picked) => u32::try_from(picked.partition_point(|place| *place < full))
                .expect("a plan has fewer than 2^32 launches"),
        };
        let jobs = self.launches.iter().map(move |part| {
            let job = &self.spec.jobs[part.job as usize];
            PlannedJob {
                number: part.job,
                name: &job.name,
                place: job.place,
                ordinals: place_of(part.first)..place_of(part.first + part.count),
                follow_up: &self.follow_ups.jobs[usize::from(part.follow_up)],
                needs: &job.needs,
            }
        });
        jobs.filter(|job| !job.ordinals.is_empty())
    }

    /// The author's own rules for why a robot job faulted, in the order in which they are asked.
    #[must_use]
    pub fn fault_conditions(&self) -> Vec<FaultCondition> {
        let rules = self.spec.follow_up.fault_rules.iter();
        rules
            .filter_map(|rule| {
                let when = Condition::compile(&self.spec.document, rule.when, &self.spec.expressions)?;
                Some(FaultCondition { class: rule.class, when, scope: self.scope.clone() })
            })
            .collect()
    }

    /// Whom to tell that run `run` of this plan began or is over; `None` where the manifest names nobody.
    ///
    /// Complaints: a value that does not fit with the values of secrets, which are those that [`Plan::reveal`] was given.
    #[must_use]
    pub fn on_finish(&self, run: RunId) -> Option<Diagnosed<OnFinish>> {
        self.spec.follow_up.on_finish?;
        let secrets = self.secrets.as_ref().map(|secrets| SecretView::Revealed(Arc::clone(secrets)));
        let scope = self.scope.clone().with_run_id(&run.to_string()).with_secrets(secrets.unwrap_or_default());
        let mut values = |node: NodeId, said: &mut Vec<Diagnostic>| value_of(&self.spec, &scope, node, said);
        let mut said = Vec::new();
        let read = spec::read_on_finish(&self.spec.document, &self.spec.follow_up, &mut values, &mut said);
        Some(Diagnosed::new(read.unwrap_or_default(), said))
    }
}
