//! Which place each launch of several runs has among all of them.
//!
//! In: runs. Out: an order, and which launches more than one of them sent. Never: leaves out a launch that may have started
//! something.

use std::collections::{BTreeMap, HashMap};

use super::part::{Part, have_one_manifest};
use crate::clock::Timestamp;
use crate::ids::{Ordinal, RunId, fold_tenant};
use crate::ledger::RunRecord;
use crate::ledger::state::Verdict;
use crate::report::PlannedLaunches as _;
use crate::run::service::finished::ReportedLaunches;

/// The places of launches.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The run, by its number, and the launch's place there.
    order: Vec<(usize, Ordinal)>,
    merged: HashMap<(usize, Ordinal), Ordinal>,
    /// By a launch that more than one run sent: its id, and the runs.
    twice: BTreeMap<Ordinal, (String, Vec<usize>)>,
}

/// A launch of one of the runs.
struct MergeCandidate {
    part: usize,
    ordinal: Ordinal,
    id: String,
    /// The job's number in the manifest.
    job: u32,
    /// Whether it started something, or may have.
    is_started: bool,
    /// Whether it was sent at all.
    is_sent: bool,
}

/// What two runs must share for launches of one id to be one launch: tenant, manifest, night, id.
type LaunchKey = (String, String, String, String);

/// Runs without slot and key that begin within so many hours of each other are of one night.
const MAX_NIGHT_HOURS: i64 = 12;

impl Places {
    pub(super) fn of(parts: &[Part]) -> Self {
        let mut all: Vec<MergeCandidate> =
            parts.iter().enumerate().flat_map(|(part, found)| candidates(part, found)).collect();
        if have_one_manifest(parts) {
            let first = &parts[0].file.record.plan_digest;
            if parts.iter().all(|part| part.file.record.plan_digest == *first) {
                all.sort_by_key(|launch| (launch.ordinal, launch.part));
            } else {
                // Runs of one manifest have launches of the same jobs, and each its own rows.
                all.sort_by_key(|launch| (launch.job, launch.part, launch.ordinal));
            }
        }
        let nights = nights(parts);
        let sources = sources(parts);
        let mut groups: HashMap<LaunchKey, Vec<usize>> = HashMap::new();
        let mut keys = Vec::with_capacity(all.len());
        for (at, launch) in all.iter().enumerate() {
            let record = &parts[launch.part].file.record;
            let night = nights[launch.part].clone();
            let key = (fold_tenant(&record.tenant), record.name.clone(), night, launch.id.clone());
            groups.entry(key.clone()).or_default().push(at);
            keys.push(key);
        }
        let mut places = Self::default();
        for key in keys {
            // A group stands where its first launch does.
            let Some(group) = groups.remove(&key) else { continue };
            places.add(&all, &group, &sources);
        }
        places
    }

    /// Adds the launches of one id: those that started something, or else the one that was sent, or the first. A rerun starts again
    /// what its source (`sources`) did not do, so that the two are not taken for hosts that ran the same.
    fn add(&mut self, all: &[MergeCandidate], group: &[usize], sources: &[usize]) {
        let of = |is: fn(&MergeCandidate) -> bool| group.iter().copied().filter(|at| is(&all[*at])).collect::<Vec<_>>();
        let started = of(|launch| launch.is_started);
        let kept = if started.is_empty() {
            let sent = of(|launch| launch.is_sent);
            sent.first().or(group.first()).copied().into_iter().collect()
        } else {
            started.clone()
        };
        let parts: Vec<usize> = started.iter().map(|at| all[*at].part).collect();
        for at in kept {
            let launch = &all[at];
            let place = Ordinal(self.count());
            if parts.iter().any(|part| sources[*part] != sources[parts[0]]) {
                self.twice.insert(place, (launch.id.clone(), parts.clone()));
            }
            self.order.push((launch.part, launch.ordinal));
            self.merged.insert((launch.part, launch.ordinal), place);
        }
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.order.len()).expect("runs have fewer than 2^32 launches")
    }

    /// The run of the launch at `ordinal` among all, and its place there.
    pub(super) fn of_part(&self, ordinal: Ordinal) -> (usize, Ordinal) {
        self.order[ordinal.0 as usize]
    }

    /// The place among all of a launch of a run; `None` if another run has what came of it.
    pub(super) fn merged(&self, part: usize, ordinal: Ordinal) -> Option<Ordinal> {
        self.merged.get(&(part, ordinal)).copied()
    }

    /// The other runs that started the launch at `ordinal`, or may have.
    pub(super) fn started_by_others(&self, ordinal: Ordinal) -> Vec<usize> {
        let (own, _) = self.of_part(ordinal);
        let Some((_, parts)) = self.twice.get(&ordinal) else { return Vec::new() };
        parts.iter().copied().filter(|part| *part != own).collect()
    }

    /// The ids of launches that more than one run started, each once, in their order.
    pub(super) fn started_twice(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.twice.values().map(|(id, _)| id.as_str()).collect();
        ids.dedup();
        ids
    }
}

/// The night that each run stands for: its slot, its key, or else that of the first run which began within some hours of it.
fn nights(parts: &[Part]) -> Vec<String> {
    let mut firsts = Vec::new();
    let mut nights = Vec::with_capacity(parts.len());
    for part in parts {
        let RunRecord { slot, started, .. } = &part.file.record;
        nights.push(match (slot, part.key()) {
            (Some(slot), _) => format!("slot {slot}"),
            (None, Some(key)) => format!("key {key}"),
            (None, None) => {
                let is_near = |first: &Timestamp| started.duration_since(*first).abs().as_hours() < MAX_NIGHT_HOURS;
                let night = firsts.iter().position(is_near).unwrap_or_else(|| {
                    firsts.push(*started);
                    firsts.len() - 1
                });
                format!("night {night}")
            }
        });
    }
    nights
}

/// The run, by its number, that each is a rerun of, by however many reruns; itself where that is not among them.
fn sources(parts: &[Part]) -> Vec<usize> {
    let of = |run: RunId| parts.iter().position(|part| part.file.record.id == run);
    let source = |mut part: usize| {
        // A chain is no longer than there are runs, whatever a file says.
        for _ in 0..parts.len() {
            let Some(before) = parts[part].rerun_of().and_then(of) else { break };
            part = before;
        }
        part
    };
    (0..parts.len()).map(source).collect()
}

fn candidates(part: usize, found: &Part) -> Vec<MergeCandidate> {
    let plan = match &found.launches {
        ReportedLaunches::Planned { plan, .. } => Some(plan),
        ReportedLaunches::EventsOnly { .. } => None,
    };
    let mut jobs = plan.iter().flat_map(|plan| plan.jobs()).peekable();
    let mut of_job = |ordinal: u32| {
        while jobs.next_if(|job| job.ordinals.end <= ordinal).is_some() {}
        jobs.peek().map_or(0, |job| job.number)
    };
    let mut candidates = Vec::new();
    for ordinal in 0..found.launches.count() {
        let job = of_job(ordinal);
        let ordinal = Ordinal(ordinal);
        let state = found.store.story(ordinal).state;
        // A launch of which nothing is known is not listed by its own run's report either.
        let Some(planned) = found.launches.planned(ordinal, &state) else { continue };
        let is_started = match planned.verdict(&state) {
            Verdict::Started | Verdict::Partial | Verdict::Duplicate | Verdict::Unknown => true,
            Verdict::Rejected | Verdict::Skipped | Verdict::NotSent => false,
        };
        let is_sent = state.attempts().is_some();
        candidates.push(MergeCandidate { part, ordinal, id: planned.id, job, is_started, is_sent });
    }
    candidates
}
