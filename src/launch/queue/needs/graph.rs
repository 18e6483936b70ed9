//! Which launches need which, by place.
//!
//! In: a plan. Out: the jobs that need others or are needed, with their launches, twins and dependents. Never: knows what came
//! of a launch.

use std::ops::Range;

use super::fate::FateCounts;
use crate::format::NeedCondition;
use crate::ids::Ordinal;
use crate::plan::{Plan, PlannedJob};

/// The jobs of a run, as far as they need each other.
#[derive(Debug, Default)]
pub(super) struct NeedGraph {
    /// In the order of their launches.
    pub(super) jobs: Vec<NeedingJob>,
}

/// A job that needs others, or is needed.
#[derive(Debug)]
pub(super) struct NeedingJob {
    pub(super) ordinals: Range<u32>,
    pub(super) needs: Vec<ResolvedNeed>,
    /// Who needs it.
    pub(super) dependents: Vec<Dependents>,
    /// Whether its launches are made of what needed jobs gave.
    pub(super) uses_needs: bool,
    /// How far its launches are, all of them.
    pub(super) counts: FateCounts,
    /// Whether the outputs of its robot jobs are used by others.
    keeps_outputs: bool,
}

/// What a job needs of another one.
#[derive(Debug)]
pub(super) struct ResolvedNeed {
    pub(super) name: Box<str>,
    pub(super) condition: NeedCondition,
    /// The place of the other job among those of the graph; `None` where this plan has none of its launches.
    pub(super) job: Option<usize>,
    /// Its launches.
    pub(super) ordinals: Range<u32>,
    /// For each launch of the own job its twin; `None` where all launches of the other job count.
    pub(super) twins: Option<Vec<Option<Ordinal>>>,
}

/// The launches of a job that need another job.
#[derive(Debug)]
pub(super) struct Dependents {
    pub(super) ordinals: Range<u32>,
    /// Which of that job's needs it is.
    pub(super) need: usize,
    /// Whether that need is decided for all of them: nothing that comes changes it.
    pub(super) is_decided: bool,
    /// For each launch of the needed job the one that needs it; `None` where all need the job as a whole.
    pub(super) by_twin: Option<Vec<Option<Ordinal>>>,
}

impl NeedGraph {
    /// That of `plan`.
    pub(super) fn of(plan: &Plan) -> Self {
        let planned: Vec<PlannedJob<'_>> = plan.jobs().collect();
        let mut jobs: Vec<NeedingJob> = planned
            .iter()
            .map(|job| NeedingJob {
                ordinals: job.ordinals.clone(),
                needs: job.needs.iter().map(|need| resolved(plan, &planned, job, need)).collect(),
                dependents: Vec::new(),
                uses_needs: plan.uses_needs(job.number),
                counts: FateCounts::waiting(job.ordinals.end - job.ordinals.start),
                keeps_outputs: false,
            })
            .collect();
        for (place, job) in planned.iter().enumerate() {
            for (index, need) in job.needs.iter().enumerate() {
                let Some(other) = planned.iter().position(|other| other.number == need.job) else { continue };
                let first = jobs[other].ordinals.start;
                let by_twin = jobs[place].needs[index].twins.as_ref().map(|twins| {
                    let mut by_twin = vec![None; jobs[other].ordinals.len()];
                    for (own, twin) in job.ordinals.clone().map(Ordinal).zip(twins) {
                        if let Some(twin) = twin {
                            by_twin[(twin.0 - first) as usize] = Some(own);
                        }
                    }
                    by_twin
                });
                let uses = jobs[place].uses_needs;
                jobs[other].keeps_outputs |= uses && planned[other].follow_up.outputs;
                let ordinals = job.ordinals.clone();
                jobs[other].dependents.push(Dependents { ordinals, need: index, is_decided: false, by_twin });
            }
        }
        Self { jobs }
    }

    /// The job that the launch is of; `None` where no job of the run needs another.
    pub(super) fn job_of(&self, ordinal: Ordinal) -> Option<&NeedingJob> {
        self.jobs.get(self.place_of(ordinal)?)
    }

    /// Whether others need the launch.
    pub(super) fn is_needed(&self, ordinal: Ordinal) -> bool {
        self.job_of(ordinal).is_some_and(|job| !job.dependents.is_empty())
    }

    /// Whether others use the outputs of the launch.
    pub(super) fn keeps_outputs(&self, ordinal: Ordinal) -> bool {
        self.job_of(ordinal).is_some_and(|job| job.keeps_outputs)
    }

    /// The place of the job that the launch is of.
    pub(super) fn place_of(&self, ordinal: Ordinal) -> Option<usize> {
        self.jobs.partition_point(|job| job.ordinals.start <= ordinal.0).checked_sub(1)
    }
}

impl ResolvedNeed {
    /// The launches that count for launch number `index` of the job that needs them.
    pub(super) fn launches_of(&self, index: u32) -> Range<u32> {
        match &self.twins {
            None => self.ordinals.clone(),
            Some(twins) => twins[index as usize].map_or(0..0, |twin| twin.0..twin.0 + 1),
        }
    }
}

fn resolved(
    plan: &Plan,
    planned: &[PlannedJob<'_>],
    job: &PlannedJob<'_>,
    need: &crate::spec::JobNeed,
) -> ResolvedNeed {
    let place = planned.iter().position(|other| other.number == need.job);
    let other = place.map(|place| &planned[place]);
    let twins = need.is_same_row.then(|| match other {
        Some(other) => plan.twins(job, other),
        None => vec![None; job.ordinals.len()],
    });
    ResolvedNeed {
        name: plan.job_name(need.job).into(),
        condition: need.condition,
        job: place,
        ordinals: other.map_or(0..0, |other| other.ordinals.clone()),
        twins,
    }
}
