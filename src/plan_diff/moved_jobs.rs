//! Jobs that have another name now: by `moved`, or as it seems; without it, all of their launches are new ones.
//!
//! In: which launches came and went. Out: pairs of names whose launches have the same keys and start the same
//! release. Never: decides
//! that they are the same: that is the author's.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::ids::Ordinal;
use crate::plan::{Plan, PlanEntry};
use crate::spec::ReleaseRef;

/// Maximum launches of a job that are compared with those of another name.
const MAX_COMPARED: usize = 200;

/// Maximum pairs of jobs that are compared: where more have another name, nobody renamed one.
const MAX_PAIRS: usize = 1_000;

/// A job that has, or seems to have, another name now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenamedJob {
    /// Its name before.
    pub from: String,
    /// Its name now.
    pub to: String,
    /// How many launches it has now.
    pub launches: u32,
    /// How many of them had the same key before, and are no longer kept by `once: true` from being started again.
    pub once: u32,
}

/// The jobs that have another name in `after` than in `before`, and keep their launches' ids.
pub(super) fn moved(before: &Plan, after: &Plan) -> Vec<RenamedJob> {
    let names: HashMap<&str, &str> =
        before.jobs().map(|job| (before.job_id_name(job.number), before.job_name(job.number))).collect();
    let renamed = after.jobs().filter_map(|job| {
        let from = *names.get(after.job_id_name(job.number))?;
        let launches = job.ordinals.end - job.ordinals.start;
        (from != job.name).then(|| RenamedJob { from: from.to_owned(), to: job.name.to_owned(), launches, once: 0 })
    });
    renamed.collect()
}

/// The jobs that went and came back under another name, where the launches `removed` of `before` went, and `added` of `after` came.
pub(super) fn renamed(before: &Plan, after: &Plan, removed: &[Ordinal], added: &[Ordinal]) -> Vec<RenamedJob> {
    let gone = whole_jobs(before, removed, after);
    let come = whole_jobs(after, added, before);
    let mut renamed: Vec<RenamedJob> = Vec::new();
    if gone.len().saturating_mul(come.len()) > MAX_PAIRS {
        return renamed;
    }
    for (to, added) in &come {
        let free = gone.iter().filter(|(from, _)| !renamed.iter().any(|known| known.from == **from));
        let likenesses =
            free.filter_map(|(from, removed)| Some((Likeness::of(before, (from, removed), after, (to, added))?, from)));
        let Some((likeness, from)) = likenesses.max_by_key(|(likeness, _)| (likeness.same, likeness.shared.len()))
        else {
            continue;
        };
        let short = |count: usize| u32::try_from(count).expect("a plan has fewer than 2^32 launches");
        renamed.push(RenamedJob {
            from: from.clone(),
            to: to.clone(),
            launches: short(added.len()),
            once: short(likeness.shared.iter().filter(|ordinal| after.is_once(**ordinal)).count()),
        });
    }
    renamed
}

/// The launches among `ordinals` of jobs whose ids `other` does not have, by the names that the ids begin with.
fn whole_jobs(plan: &Plan, ordinals: &[Ordinal], other: &Plan) -> BTreeMap<String, Vec<Ordinal>> {
    let known = other.id_names();
    let mut jobs: BTreeMap<String, Vec<Ordinal>> = BTreeMap::new();
    for ordinal in ordinals {
        let name = plan.job_id_name(plan.job_number(*ordinal));
        if !known.contains(name) {
            jobs.entry(name.to_owned()).or_default().push(*ordinal);
        }
    }
    jobs
}

/// What tells the launch at `ordinal` from others of its job, whose ids begin with `job`.
fn key(plan: &Plan, ordinal: Ordinal, job: &str) -> String {
    let id = plan.launch_id(ordinal);
    id.as_str().strip_prefix(job).unwrap_or(id.as_str()).to_owned()
}

/// How far a job that came is one that went.
struct Likeness {
    /// The launches that came whose key a launch has that went.
    shared: Vec<Ordinal>,
    /// How many of the first of them mean the same.
    same: usize,
}

impl Likeness {
    /// `None` where they are two jobs: most of their keys are not the same, or they start other releases.
    fn of(
        before: &Plan,
        (from, removed): (&str, &[Ordinal]),
        after: &Plan,
        (to, added): (&str, &[Ordinal]),
    ) -> Option<Self> {
        let by_key: HashMap<String, Ordinal> = removed.iter().map(|at| (key(before, *at, from), *at)).collect();
        let pairs = added.iter().filter_map(|at| Some((*by_key.get(&key(after, *at, to))?, *at)));
        let pairs: Vec<(Ordinal, Ordinal)> = pairs.collect();
        // Some rows may have come or gone along with the name, and arguments may have changed.
        if pairs.is_empty() || pairs.len() * 2 < removed.len().min(added.len()) {
            return None;
        }
        let mut same = 0;
        for (earlier, later) in pairs.iter().take(MAX_COMPARED) {
            let (earlier, later) = (before.planned(*earlier), after.planned(*later));
            if starts(&earlier) != starts(&later) {
                return None;
            }
            same += usize::from(meaning(&earlier) == meaning(&later));
        }
        Some(Self { shared: pairs.into_iter().map(|(_, later)| later).collect(), same })
    }
}

/// What a launch starts; `None` for one that is skipped.
fn starts(entry: &PlanEntry) -> Option<&ReleaseRef> {
    match entry {
        PlanEntry::Launch(launch) => Some(&launch.release),
        PlanEntry::Skipped(_) => None,
    }
}

/// What a launch means, whatever its id is.
fn meaning(entry: &PlanEntry) -> Value {
    let mut canonical = entry.canonical();
    canonical["id"] = Value::Null;
    canonical
}
