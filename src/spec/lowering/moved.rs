//! `moved`: which jobs had other names, so that their launches keep the ids that they had under those.
//!
//! In: the node of `moved` and the jobs. Out: the earlier names of each job that has another one now; complaints at their places.
//! Never: renames anything: only ids keep the old name.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::format::MovedJob;
use crate::manifest::{Document, NodeId, from_node};
use crate::source::Place;
use crate::spec::model::JobSpec;

/// One entry, and where its names stand.
struct Move {
    from: String,
    from_place: Place,
    to: String,
    to_place: Place,
}

/// Gives each of `jobs` that has another name now those that it had.
pub(super) fn lower(document: &Document, node: NodeId, jobs: &mut [JobSpec], complaints: &mut Vec<Diagnostic>) {
    let moves = read(document, node);
    let before = complaints.len();
    check(&moves, jobs, complaints);
    if complaints.len() > before {
        return;
    }
    let by_new: HashMap<&str, &str> = moves.iter().map(|it| (it.to.as_str(), it.from.as_str())).collect();
    for job in jobs {
        // There is no circle: the last name is a job's, and no name comes twice on either side.
        let earlier = std::iter::successors(by_new.get(job.name.as_ref()), |name| by_new.get(**name));
        let mut earlier: Vec<Box<str>> = earlier.map(|name| Box::from(*name)).collect();
        earlier.reverse();
        job.earlier_names = earlier;
    }
}

fn read(document: &Document, node: NodeId) -> Vec<Move> {
    let read = |item: &NodeId| {
        // What does not fit the format is the schema's to report.
        let MovedJob { from, to } = from_node(document, *item).ok()?;
        let place = |key: &str| document.place(document.entry(*item, key).map_or(*item, |entry| entry.value));
        Some(Move { from: from.into(), from_place: place("from"), to: to.into(), to_place: place("to") })
    };
    document.items(node).iter().filter_map(read).collect()
}

fn check(moves: &[Move], jobs: &[JobSpec], complaints: &mut Vec<Diagnostic>) {
    let conflict = |place: Place, what: String, help: String| Diagnostic::error(Code::Conflict, place, what).help(help);
    let is_job = |name: &str| jobs.iter().any(|job| job.name.as_ref() == name);
    for (index, it) in moves.iter().enumerate() {
        let Move { from, from_place, to, to_place } = it;
        let earlier = &moves[..index];
        if is_job(from) {
            let what = format!("job `{from}` is still there, so it has no other name");
            let help = if moves.iter().any(|other| other.to == *from && other.from != *from) {
                "names that were swapped cannot be told apart by `moved`: give one of the two jobs a new name"
                    .to_owned()
            } else {
                "remove this entry, or rename the job; two jobs cannot have the same launch ids".to_owned()
            };
            complaints.push(conflict(*from_place, what, help));
        } else if earlier.iter().any(|other| other.from == *from) {
            let what = format!("job `{from}` is moved twice");
            complaints.push(conflict(*from_place, what, "keep one of the entries".to_owned()));
        } else if earlier.iter().any(|other| other.to == *to) {
            let what = format!("two jobs are moved to `{to}`");
            complaints.push(conflict(*to_place, what, "keep the one whose launch ids it takes over".to_owned()));
        } else if !is_job(to) && !moves.iter().any(|other| other.from == *to) {
            let near = nearest(to, jobs.iter().map(|job| job.name.as_ref()));
            let help = near.map_or_else(
                || "`to` is the name that the job has now".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            complaints
                .push(Diagnostic::error(Code::UnknownName, *to_place, format!("there is no job `{to}`")).help(help));
        } else if !leads_to_job(moves, to, &is_job) {
            let what = format!("`{from}` is moved in a circle, and to no job");
            complaints.push(conflict(*from_place, what, "the last `to` is the name that the job has now".to_owned()));
        }
    }
}

/// Whether `name`, moved on as often as it is, is a job's.
fn leads_to_job(moves: &[Move], name: &str, is_job: &impl Fn(&str) -> bool) -> bool {
    let mut name = name;
    for _ in 0..=moves.len() {
        match moves.iter().find(|it| it.from == name) {
            Some(next) => name = &next.to,
            None => return is_job(name),
        }
    }
    false
}
