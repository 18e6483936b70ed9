//! Which place each launch of several runs has among all of them.
//!
//! In: runs. Out: an order, and which launches more than one of them sent. Never: leaves out a launch that may have started
//! something, but where a rerun among them started it again.

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
    /// By a launch that was rerun, as the last rerun left it: the runs that started it before.
    rerun: BTreeMap<Ordinal, Vec<usize>>,
    /// Launches that stand among all as a rerun left them: the run, and the place there.
    superseded: Vec<(usize, Ordinal)>,
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
        let chains: Vec<ChainPlace> = (0..parts.len()).map(|part| ChainPlace::of(parts, part)).collect();
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
            places.add(&all, &group, &chains);
        }
        places
    }

    /// Adds the launches of one id: those that started something, or else the one that was sent, or the first. A rerun starts again
    /// what its source did not do: of a chain of reruns the last that started something counts, and the two are not taken for hosts
    /// that ran the same.
    fn add(&mut self, all: &[MergeCandidate], group: &[usize], chains: &[ChainPlace]) {
        let of = |is: fn(&MergeCandidate) -> bool| group.iter().copied().filter(|at| is(&all[*at])).collect::<Vec<_>>();
        let mut started = of(|launch| launch.is_started);
        let chain = |at: &usize| chains[all[*at].part];
        let before: Vec<usize> = started
            .iter()
            .copied()
            .filter(|at| started.iter().any(|later| chain(later).is_behind(chain(at))))
            .collect();
        started.retain(|at| !before.contains(at));
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
            if parts.iter().any(|part| chains[*part].source != chains[parts[0]].source) {
                self.twice.insert(place, (launch.id.clone(), parts.clone()));
            }
            let earlier: Vec<usize> =
                before.iter().filter(|before| chain(&at).is_behind(chain(before))).map(|at| all[*at].part).collect();
            if !earlier.is_empty() {
                self.rerun.insert(place, earlier);
            }
            self.order.push((launch.part, launch.ordinal));
            self.merged.insert((launch.part, launch.ordinal), place);
        }
        self.superseded.extend(before.iter().map(|at| (all[*at].part, all[*at].ordinal)));
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

    /// The runs that started the launch at `ordinal` before the one that stands there, which is a rerun of theirs.
    pub(super) fn rerun_of(&self, ordinal: Ordinal) -> &[usize] {
        self.rerun.get(&ordinal).map(Vec::as_slice).unwrap_or_default()
    }

    /// How many launches stand as a rerun left them.
    pub(super) fn count_rerun(&self) -> u32 {
        u32::try_from(self.rerun.len()).unwrap_or(u32::MAX)
    }

    /// The launches of the run `part` that stand among all as a rerun left them.
    pub(super) fn superseded(&self, part: usize) -> impl Iterator<Item = Ordinal> {
        self.superseded.iter().filter(move |(of, _)| *of == part).map(|(_, ordinal)| *ordinal)
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

/// Where a run stands in its chain of reruns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ChainPlace {
    /// The run, by its number, that it is a rerun of, by however many reruns; itself where that is not among them.
    source: usize,
    /// By how many.
    reruns: usize,
}

impl ChainPlace {
    fn of(parts: &[Part], part: usize) -> Self {
        let find = |run: RunId| parts.iter().position(|part| part.file.record.id == run);
        let mut place = Self { source: part, reruns: 0 };
        // A chain is no longer than there are runs, whatever a file says.
        for _ in 0..parts.len() {
            let Some(before) = parts[place.source].rerun_of().and_then(find) else { break };
            place = Self { source: before, reruns: place.reruns + 1 };
        }
        place
    }

    /// Whether it is a later one of the same chain.
    fn is_behind(self, other: Self) -> bool {
        self.source == other.source && self.reruns > other.reruns
    }
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
