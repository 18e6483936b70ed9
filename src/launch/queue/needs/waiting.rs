//! What launches still wait for when a run ends, and outputs that could not be read at first.
//!
//! In: launches that wait. Out: sentences about them, and those that may be looked at again. Never: lets one go.

use std::collections::BTreeMap;

use super::fate::Fate;
use super::graph::ResolvedNeed;
use super::{LaunchNeeds, NeedState, wanted};
use crate::ids::Ordinal;
use crate::outcome::JobEnd;

/// Maximum sentences about launches that wait.
const MAX_WAITING_WORDS: usize = 5;

impl LaunchNeeds {
    /// Why launches still wait, when nothing more comes in this process: a sentence for each reason that is worth one.
    pub(in crate::launch::queue) fn told_waiting(&self) -> Vec<String> {
        let mut launches_by_reason: BTreeMap<String, u32> = BTreeMap::new();
        for why in self.held().filter_map(|ordinal| self.why_waiting(ordinal)) {
            *launches_by_reason.entry(why).or_default() += 1;
        }
        let told = |(why, launches): (String, u32)| match launches {
            1 => format!("1 launch is not sent, and waits: {why}"),
            _ => format!("{launches} launches are not sent, and wait: {why}"),
        };
        launches_by_reason.into_iter().map(told).take(MAX_WAITING_WORDS).collect()
    }

    fn held(&self) -> impl Iterator<Item = Ordinal> {
        let launches = self.graph.jobs.iter().flat_map(|job| job.ordinals.clone());
        launches.map(Ordinal).filter(|ordinal| self.held.contains(*ordinal))
    }

    fn why_waiting(&self, ordinal: Ordinal) -> Option<String> {
        let job = self.graph.job_of(ordinal)?;
        let late = job.needs.iter().find(|need| {
            let index = ordinal.0 - job.ordinals.start;
            let is_late = match (need.job, &need.twins) {
                (Some(place), None) => self.graph.jobs[place].counts.of(Fate::Late) > 0,
                (_, Some(_)) | (None, None) => {
                    need.launches_of(index).any(|at| self.fates.of(Ordinal(at)) == Fate::Late)
                }
            };
            is_late && matches!(self.state(need, index), NeedState::Open)
        });
        if let Some(need) = late {
            return Some(format!("needs `{}` {}, and it is late", need.name, wanted(need.condition)));
        }
        let need = self.unread_need(ordinal)?;
        Some(format!("takes outputs of `{}`, and they could not be read", need.name))
    }

    /// The need of the launch whose outputs it may use, and which nobody could read.
    pub(super) fn unread_need(&self, ordinal: Ordinal) -> Option<&ResolvedNeed> {
        let job = self.graph.job_of(ordinal).filter(|job| job.uses_needs && !self.unread.is_empty())?;
        job.needs.iter().find(|need| {
            let launches = need.launches_of(ordinal.0 - job.ordinals.start);
            launches.len() == 1 && self.unread.contains(Ordinal(launches.start))
        })
    }

    /// What could not be read was read after all. Returns those that waited for it.
    pub(super) fn output_read(&mut self, ordinal: Ordinal, end: &JobEnd) -> Vec<Ordinal> {
        self.unread.remove(ordinal);
        if let Some(output) = &end.output {
            self.outputs.insert(ordinal, output.as_str().into());
        }
        let Some(place) = self.graph.place_of(ordinal) else { return Vec::new() };
        let dependents = self.graph.jobs[place].dependents.iter().flat_map(|of| of.ordinals.clone());
        let concerned: Vec<Ordinal> = dependents.map(Ordinal).filter(|at| self.held.contains(*at)).collect();
        for at in &concerned {
            self.held.remove(*at);
        }
        concerned
    }
}
