//! `needs`, read by number, and what no order of jobs can meet.
//!
//! In: a manifest's jobs. Out: each job's [`JobNeed`]s, whether others need it, and complaints of names that are not there and
//! of circles. Never: knows rows; those are the plan's.

use std::collections::{BTreeSet, HashMap};

use super::model::JobNeed;
use crate::diagnostic::{Code, Diagnostic, MAX_SUGGESTIONS, nearest};
use crate::format::{Job, Need, NeedCondition};
use crate::manifest::{Document, NodeId, from_node};
use crate::source::Place;
use crate::spec::model::JobSpec;

/// The node of `needs`, of the job itself or else of the defaults.
pub(in crate::spec) fn needs_of(job: &Job, defaults: Option<&Job>) -> Option<NodeId> {
    job.needs.or_else(|| defaults.and_then(|job| job.needs)).map(|field| field.node)
}

/// What the `needs` at `node` names, each with its place and what must have come of it.
fn written(document: &Document, node: NodeId) -> Vec<(&str, Place, Need)> {
    let items = document.items(node).iter().filter_map(|item| {
        Some((document.text(*item)?, document.place(*item), Need::Status(NeedCondition::default())))
    });
    // What has another form is the schema's to report.
    let entries = document.entries(node).map(|entry| {
        let need = from_node::<Need>(document, entry.value).unwrap_or(Need::Status(NeedCondition::default()));
        (entry.key, entry.key_place, need)
    });
    items.chain(entries).collect()
}

/// Reads the `needs` at `node`, where `numbers` are the jobs of the manifest by name.
pub(in crate::spec) fn read_needs(
    document: &Document,
    node: NodeId,
    numbers: &HashMap<&str, u32>,
    complaints: &mut Vec<Diagnostic>,
) -> Vec<JobNeed> {
    let mut needs: Vec<JobNeed> = Vec::new();
    let mut seen = BTreeSet::new();
    for (name, place, need) in written(document, node) {
        let Some(job) = numbers.get(name).copied() else {
            // An expression is misplaced there, and names nobody.
            if !name.contains("${{") {
                complaints.push(unknown(name, place, numbers, complaints.len() < MAX_SUGGESTIONS));
            }
            continue;
        };
        if !seen.insert(job) {
            complaints.push(
                Diagnostic::error(Code::Conflict, place, format!("`{name}` stands twice in `needs`"))
                    .help("name each once"),
            );
            continue;
        }
        needs.push(JobNeed { job, condition: need.condition(), is_same_row: need.is_same_row(), place });
    }
    needs
}

fn unknown(name: &str, place: Place, numbers: &HashMap<&str, u32>, is_read: bool) -> Diagnostic {
    // By name: a map has no order.
    let sorted = || numbers.keys().copied().collect::<BTreeSet<_>>();
    let near = if is_read { nearest(name, sorted()) } else { None };
    Diagnostic::error(Code::UnknownName, place, format!("there is no job `{name}`"))
        .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
}

/// Marks the jobs that others need, and complains of those that need each other, or a row where there is none.
pub(in crate::spec) fn judge(jobs: &mut [JobSpec], complaints: &mut Vec<Diagnostic>) {
    for number in 0..jobs.len() {
        for index in 0..jobs[number].needs.len() {
            let need = jobs[number].needs[index];
            let Some(other) = jobs.get_mut(need.job as usize) else { continue };
            other.is_needed |= need.asks_to_wait();
            if need.is_same_row {
                complaints.extend(rowless(&jobs[number], &jobs[need.job as usize], need.place));
            }
        }
    }
    complaints.extend(circles(jobs));
}

/// The complaint that `same-row` means nothing where a job is one launch, or takes its rows in batches.
fn rowless(job: &JobSpec, other: &JobSpec, place: Place) -> Option<Diagnostic> {
    let is_batched = |job: &&JobSpec| job.fan_out.as_ref().is_some_and(|out| out.is_batched());
    if let Some(batched) = [job, other].into_iter().find(is_batched) {
        let what = format!("`same-row`, and one launch of job `{}` takes many rows", batched.name);
        return Some(
            Diagnostic::error(Code::Conflict, place, what)
                .help("name the condition alone, which waits for all launches of the job; or leave `batch` out"),
        );
    }
    let is_one = |job: &JobSpec| job.fan_out.as_ref().is_none_or(|out| out.rows.is_none() && out.matrix.is_none());
    let one = [job, other].into_iter().find(|job| is_one(job))?;
    Some(
        Diagnostic::error(Code::Conflict, place, format!("`same-row`, and job `{}` has no rows", one.name))
            .help("both jobs need `for-each` or `matrix` with the same keys; else name the condition alone"),
    )
}

/// Maximum circles that are told.
const MAX_CIRCLES: usize = 20;

/// The circles of jobs that need each other.
fn circles(jobs: &[JobSpec]) -> Vec<Diagnostic> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        New,
        Open,
        Done,
    }
    let mut told = Vec::new();
    let mut visits = vec![Visit::New; jobs.len()];
    for start in 0..jobs.len() {
        if visits[start] != Visit::New {
            continue;
        }
        // Each job on the way here, with the number of its next need: no recursion, since a chain may be long.
        let mut way = vec![(start, 0)];
        visits[start] = Visit::Open;
        while let Some((job, next)) = way.last_mut() {
            let Some(need) = jobs[*job].needs.get(*next) else {
                visits[*job] = Visit::Done;
                way.pop();
                continue;
            };
            *next += 1;
            let other = need.job as usize;
            match visits.get(other) {
                Some(Visit::New) => {
                    visits[other] = Visit::Open;
                    way.push((other, 0));
                }
                Some(Visit::Open) => {
                    let from = way.iter().position(|(job, _)| *job == other).unwrap_or(0);
                    let mut names: Vec<&str> = way[from..].iter().map(|(job, _)| jobs[*job].name.as_ref()).collect();
                    names.push(&jobs[other].name);
                    told.push(complaint(&names, need.place));
                    if told.len() == MAX_CIRCLES {
                        return told;
                    }
                }
                Some(Visit::Done) | None => {}
            }
        }
    }
    told
}

/// Maximum names of a circle that are told.
const MAX_TOLD: usize = 8;

fn complaint(names: &[&str], place: Place) -> Diagnostic {
    let what = match names {
        [one, _] => format!("job `{one}` needs itself"),
        names if names.len() <= MAX_TOLD => format!("jobs need each other: {}", names.join(" -> ")),
        names => {
            let last = names[names.len() - 1];
            format!("{} jobs need each other: {} -> .. -> {last}", names.len() - 1, names[..MAX_TOLD - 2].join(" -> "))
        }
    };
    Diagnostic::error(Code::Cycle, place, what).help("none of them could ever begin: take one need out")
}
