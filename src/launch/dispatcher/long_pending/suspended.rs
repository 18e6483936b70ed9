//! Robot jobs that stay suspended: gathered, a few of them asked about, told of once.
//!
//! In: robot jobs, and what the server says that they wait for. Out: the next one to ask about, and a sentence for each folder.
//! Never: decides what becomes of them; no I/O and no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::clock::Moment;
use crate::ids::{FolderRef, JobId};
use crate::orchestrator::WaitEvent;

/// How long others are waited for that are told of together.
const GATHERING: Duration = Duration::from_secs(10);
/// Questions are at least so far apart.
const INTERVAL: Duration = Duration::from_secs(1);
/// Maximum robot jobs of one group that are asked about: most wait for the same.
const MAX_ASKED: usize = 5;

/// Those that nobody was told of yet, by folder.
#[derive(Debug, Default)]
pub(in crate::launch::dispatcher) struct LongSuspended {
    by_folder: BTreeMap<FolderRef, SuspendedGroup>,
}

#[derive(Debug, Default)]
struct SuspendedGroup {
    jobs: u32,
    /// The first of them.
    named: Vec<JobId>,
    asked: usize,
    reasons: BTreeSet<String>,
    /// When the server is asked; `None` while it is.
    due: Option<Moment>,
}

impl LongSuspended {
    /// Takes in a robot job that stays suspended.
    pub(in crate::launch::dispatcher) fn add(&mut self, folder: FolderRef, job: JobId, now: Moment) {
        let new = || SuspendedGroup { due: Some(now.after(GATHERING)), ..SuspendedGroup::default() };
        let group = self.by_folder.entry(folder).or_insert_with(new);
        group.jobs += 1;
        if group.named.len() < MAX_ASKED {
            group.named.push(job);
        }
    }

    /// When the next one is to be asked about; `None` if none is.
    pub(in crate::launch::dispatcher) fn due(&self) -> Option<Moment> {
        self.by_folder.values().filter_map(|group| group.due).min()
    }

    /// One to ask about now.
    pub(in crate::launch::dispatcher) fn next(&mut self, now: Moment) -> Option<(FolderRef, JobId)> {
        let is_due = |group: &SuspendedGroup| group.due.is_some_and(|due| due <= now);
        let (folder, group) = self.by_folder.iter_mut().find(|(_, group)| is_due(group))?;
        group.due = None;
        let job = *group.named.get(group.asked)?;
        group.asked += 1;
        Some((folder.clone(), job))
    }

    /// What to say of those of `folder`, once enough were asked about; the server said `events` of the one asked last, or nothing.
    pub(in crate::launch::dispatcher) fn explained(
        &mut self,
        folder: &FolderRef,
        events: Option<Vec<WaitEvent>>,
        now: Moment,
    ) -> Option<String> {
        let group = self.by_folder.get_mut(folder)?;
        group.reasons.extend(events.into_iter().flatten().filter_map(told));
        if group.asked < group.named.len() {
            group.due = Some(now.after(INTERVAL));
            return None;
        }
        let SuspendedGroup { jobs, named, reasons, .. } = self.by_folder.remove(folder)?;
        let first = named.first()?.0;
        let which = match jobs {
            1 => format!("robot job {first} in folder `{folder}` is"),
            jobs => format!("{jobs} robot jobs in folder `{folder}` (the first is {first}) are"),
        };
        let why = if reasons.is_empty() {
            "Orchestrator does not say what for".to_owned()
        } else {
            reasons.into_iter().collect::<Vec<_>>().join("; ")
        };
        Some(format!("{which} suspended, and waited for on: {why}"))
    }
}

/// What one waits for, in words; `None` where nothing is said.
fn told(event: WaitEvent) -> Option<String> {
    let WaitEvent { kind, status: _, item, message, until } = event;
    let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let parts = [
        said(kind).map(|kind| format!("it waits for: {kind}")),
        said(item).map(|item| format!("`{item}`")),
        said(message).map(|message| format!("({message})")),
        said(until).map(|until| format!("until {until}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    fn task(item: &str) -> Vec<WaitEvent> {
        let (kind, item) = (Some("Task".to_owned()), Some(item.to_owned()));
        vec![WaitEvent { kind, item, ..WaitEvent::default() }]
    }

    #[test]
    fn a_few_of_a_folder_are_asked_about_and_all_are_told_of_together() {
        let folder = FolderRef::Path("A".to_owned());
        let mut suspended = LongSuspended::default();
        (1..=7).for_each(|job| suspended.add(folder.clone(), JobId(job), at(0)));
        assert_eq!((suspended.next(at(9)), suspended.due()), (None, Some(at(10))));
        for job in 1..=5 {
            let now = at(9 + u64::try_from(job).unwrap());
            assert_eq!(suspended.next(now), Some((folder.clone(), JobId(job))));
            assert_eq!(suspended.due(), None, "it is being asked about");
            let words = suspended.explained(&folder, Some(task(if job < 4 { "Approve" } else { "Sign" })), now);
            let all = "7 robot jobs in folder `A` (the first is 1) are suspended, and waited for on: it waits for: Task \
                       `Approve`; it waits for: Task `Sign`";
            assert_eq!(words.as_deref(), (job == 5).then_some(all));
        }
        assert_eq!((suspended.next(at(99)), suspended.due()), (None, None));
    }

    #[test]
    fn a_server_that_says_nothing_is_no_error() {
        let folder = FolderRef::Path("A".to_owned());
        for events in [None, Some(vec![]), Some(vec![WaitEvent::default()])] {
            let mut suspended = LongSuspended::default();
            suspended.add(folder.clone(), JobId(7), at(0));
            assert!(suspended.next(at(10)).is_some());
            let words = suspended.explained(&folder, events, at(10)).expect("a sentence");
            let told = "robot job 7 in folder `A` is suspended, and waited for on: Orchestrator does not say what for";
            assert_eq!(words, told);
        }
    }
}
