//! Robot jobs that have been pending for long: gathered, asked about once, told of once.
//!
//! In: robot jobs, and the server's reasons. Out: one of each folder to ask about, and sentences. Never: decides what becomes of
//! them; no I/O and no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::{Moment, Timestamp, time_of_day};
use crate::ids::{FolderRef, JobId};
use crate::orchestrator::PendingReasons;

pub(super) mod suspended;

/// How long others are waited for that are told of together.
const GATHERING: Duration = Duration::from_secs(10);

/// Those that nobody was told of yet, by folder.
#[derive(Debug, Default)]
pub(super) struct LongPending {
    by_folder: BTreeMap<FolderRef, PendingGroup>,
}

#[derive(Debug)]
struct PendingGroup {
    jobs: u32,
    /// The one that has been pending for longest.
    first: JobId,
    since: Timestamp,
    /// Its `Info`, as it was stored.
    info: Option<String>,
    /// When the server is asked; `None` while it is.
    due: Option<Moment>,
}

impl LongPending {
    /// Takes in a robot job that has been pending since then.
    pub(super) fn add(&mut self, folder: FolderRef, job: JobId, since: Timestamp, info: Option<String>, now: Moment) {
        let due = Some(now.after(GATHERING));
        let new = || PendingGroup { jobs: 0, first: job, since, info: None, due };
        let group = self.by_folder.entry(folder).or_insert_with(new);
        group.jobs += 1;
        if since <= group.since {
            (group.first, group.since) = (job, since);
            group.info = info.or_else(|| group.info.take());
        }
    }

    /// When the next one is to be asked about; `None` if none is.
    pub(super) fn due(&self) -> Option<Moment> {
        self.by_folder.values().filter_map(|group| group.due).min()
    }

    /// One to ask about now.
    pub(super) fn next(&mut self, now: Moment) -> Option<(FolderRef, JobId)> {
        let is_due = |group: &PendingGroup| group.due.is_some_and(|due| due <= now);
        let (folder, group) = self.by_folder.iter_mut().find(|(_, group)| is_due(group))?;
        group.due = None;
        Some((folder.clone(), group.first))
    }

    /// What to say of those of `folder`, now that the server said `reasons`, or nothing.
    pub(super) fn explained(&mut self, folder: &FolderRef, reasons: Option<PendingReasons>) -> Vec<String> {
        let Some(group) = self.by_folder.remove(folder) else { return Vec::new() };
        let PendingGroup { jobs, first, since, info, .. } = group;
        let which = match jobs {
            1 => format!("robot job {} in folder `{folder}` has", first.0),
            jobs => format!("{jobs} robot jobs in folder `{folder}` have"),
        };
        let why = match reasons {
            Some(reasons) if !reasons.errors.is_empty() => {
                format!("Orchestrator says now: {}", reasons.errors.join("; "))
            }
            Some(reasons) if !reasons.codes.is_empty() => {
                format!("Orchestrator says now: {}", reasons.codes.join(", "))
            }
            Some(reasons) if reasons.is_valid => {
                "Orchestrator sees nothing in the way: robots or runtimes are busy".to_owned()
            }
            Some(_) | None => match info.as_deref().map(str::trim).filter(|info| !info.is_empty()) {
                Some(info) => format!("Orchestrator's note, which may be of an earlier time: {info}"),
                None => "Orchestrator does not say why".to_owned(),
            },
        };
        let check = "check that a machine with a free runtime is connected to the folder, that the robot's user is assigned to \
                     it, and that licences are left";
        vec![format!("{which} been pending since {} (the first is {}). {why}; {check}", time_of_day(since), first.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    fn utc(second: u32) -> Timestamp {
        format!("2026-01-31T12:00:{second:02}Z").parse().expect("a time")
    }

    #[test]
    fn robot_jobs_of_a_folder_are_asked_about_once_and_told_of_together() {
        let folder = FolderRef::Path("A".to_owned());
        let mut pending = LongPending::default();
        pending.add(folder.clone(), JobId(2), utc(2), None, at(0));
        pending.add(folder.clone(), JobId(1), utc(1), Some("no robot".to_owned()), at(3));
        assert_eq!((pending.next(at(9)), pending.due()), (None, Some(at(10))));
        assert_eq!(pending.next(at(10)), Some((folder.clone(), JobId(1))));
        assert_eq!((pending.next(at(11)), pending.due()), (None, None), "it is being asked about");
        let [words] = pending.explained(&folder, None).try_into().expect("one sentence");
        let expected = "2 robot jobs in folder `A` have been pending since 12:00:01Z (the first is 1). \
                        Orchestrator's note, which may be of an earlier time: no robot; check";
        assert!(words.starts_with(expected), "{words}");
        assert!(pending.explained(&folder, None).is_empty());
    }

    #[test]
    fn what_the_server_says_now_goes_before_what_it_once_noted() {
        let folder = FolderRef::Path("A".to_owned());
        for (reasons, expected) in [
            (
                PendingReasons { errors: vec!["no runtime".to_owned()], ..PendingReasons::default() },
                "Orchestrator says now: no runtime;",
            ),
            (
                PendingReasons { codes: vec!["RobotBusy".to_owned()], ..PendingReasons::default() },
                "Orchestrator says now: RobotBusy;",
            ),
            (PendingReasons { is_valid: true, ..PendingReasons::default() }, "robots or runtimes are busy;"),
        ] {
            let mut pending = LongPending::default();
            pending.add(folder.clone(), JobId(1), utc(1), Some("stale".to_owned()), at(0));
            let words = pending.explained(&folder, Some(reasons)).concat();
            assert!(words.contains(expected) && !words.contains("stale"), "{words}");
        }
    }
}
