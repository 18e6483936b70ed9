//! Launches that are held back while nothing shows that their folder's server is alive.
//!
//! An absence counts only beside a robot job of sortie's in the same list. Where a server loses every answer, and sortie
//! never started anything in that folder, no launch in doubt could ever be settled; so a folder's first launches go, and
//! the others are held back until the first answer. While all answers are lost they go one at a time, later and later:
//! the first that is started lets all go, and is what the others' absence is held against. The last one is kept for a
//! resume. In: launches, what came of others. Out: which may go. No I/O and no clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::pending::PendingLaunch;
use super::rule::{Candidate, Next, QueueRule};
use crate::clock::Moment;
use crate::ids::{FolderRef, Ordinal};

/// Minimum launches of a folder that go before its first answer.
const MIN_FIRST: usize = 4;
/// Maximum launches that wait for a first answer; beyond it no new launch is considered.
const MAX_WAITING: usize = 128;
/// The first trial goes this long after the first lost answer, the next after twice that, and so on.
const INITIAL_PAUSE: Duration = Duration::from_secs(1);
/// Maximum pause between two trials.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// Maximum trials that take a folder's last launch: a server that answers a fifth of all calls badly is no dead one.
const MAX_QUICK_TRIALS: u32 = 2;

/// The launches that are held back, by folder.
pub(in crate::launch) struct WarmUp {
    /// How many of a folder go before its first answer.
    first: usize,
    /// How long after the first lost answer the server is taken for dead.
    patience: Duration,
    folders: BTreeMap<FolderRef, FolderWarmUp>,
    /// How many are held back in folders that may still answer at any moment.
    waiting: usize,
}

#[derive(Default)]
struct FolderWarmUp {
    is_alive: bool,
    /// How many went at once.
    gone: usize,
    held: VecDeque<Ordinal>,
    /// When the first answer was lost.
    lost: Option<Moment>,
    /// How many went all the same.
    trials: u32,
    /// When the next one may.
    due: Moment,
}

impl WarmUp {
    /// Holds none back yet. Of each folder as many go first as may be under way at once, by `concurrency`, but no more than
    /// half of the run's `launches`. A folder that lost every answer for longer than `patience` gets no more.
    pub(in crate::launch) fn new(concurrency: usize, launches: u32, patience: Duration) -> Self {
        let half = usize::try_from(launches / 2).unwrap_or(usize::MAX);
        Self { first: half.min(concurrency).max(MIN_FIRST), patience, folders: BTreeMap::new(), waiting: 0 }
    }

    /// An answer from the folder was lost.
    pub(super) fn lost(&mut self, folder: &FolderRef, now: Moment) {
        let folder = self.folder(folder);
        if !folder.is_alive && folder.lost.is_none() {
            folder.lost = Some(now);
            folder.due = now.after(INITIAL_PAUSE);
            let held = folder.held.len();
            self.waiting -= held;
        }
    }

    /// Something showed that the folder's server is alive; returns those that were held back.
    pub(super) fn alive(&mut self, folder: &FolderRef) -> VecDeque<Ordinal> {
        let folder = self.folder(folder);
        folder.is_alive = true;
        let held = std::mem::take(&mut folder.held);
        let waited = if folder.lost.is_none() { held.len() } else { 0 };
        self.waiting -= waited;
        held
    }

    /// Those of the launches that are held back are never sent.
    pub(super) fn drop_held(&mut self, is_dropped: impl Fn(Ordinal) -> bool) {
        for folder in self.folders.values_mut() {
            let before = folder.held.len();
            folder.held.retain(|ordinal| !is_dropped(*ordinal));
            if folder.lost.is_none() {
                self.waiting -= before - folder.held.len();
            }
        }
    }

    /// The folders of which launches are held back.
    pub(super) fn folders(&self) -> Vec<FolderRef> {
        self.folders.iter().filter(|(_, folder)| !folder.held.is_empty()).map(|(folder, _)| folder.clone()).collect()
    }

    fn folder(&mut self, folder: &FolderRef) -> &mut FolderWarmUp {
        if !self.folders.contains_key(folder) {
            self.folders.insert(folder.clone(), FolderWarmUp::default());
        }
        self.folders.get_mut(folder).expect("it was just made")
    }
}

impl QueueRule for WarmUp {
    /// One goes although its folder lost every answer.
    fn next(&self, now: Moment) -> Next {
        Next::due(self.folders.values().filter_map(|folder| folder.due(now, self.patience)).min(), now)
    }

    fn take(&mut self, now: Moment) -> Option<Candidate> {
        let patience = self.patience;
        let is_due = |folder: &&mut FolderWarmUp| folder.due(now, patience).is_some_and(|due| due <= now);
        let folder = self.folders.values_mut().find(is_due)?;
        let ordinal = folder.held.pop_front()?;
        folder.trials += 1;
        let pause = INITIAL_PAUSE.saturating_mul(1 << folder.trials.min(10)).min(MAX_PAUSE);
        folder.due = now.after(pause);
        Some(Candidate::New(ordinal))
    }

    fn admits(&mut self, pending: &PendingLaunch, _: u32, _: Moment) -> bool {
        let first = self.first;
        let folder = self.folder(&pending.request.folder);
        if folder.is_alive {
            return true;
        }
        if folder.gone < first {
            folder.gone += 1;
            return true;
        }
        folder.held.push_back(pending.request.ordinal);
        self.waiting += usize::from(folder.lost.is_none());
        false
    }

    /// Answers should be waited for then. A folder that loses its answers is no reason: launches of others may come behind
    /// its own.
    fn is_full(&self) -> bool {
        self.waiting >= MAX_WAITING
    }
}

impl FolderWarmUp {
    fn due(&self, now: Moment, patience: Duration) -> Option<Moment> {
        let lost = self.lost?;
        let has_one = self.held.len() > 1 || (self.held.len() == 1 && self.trials < MAX_QUICK_TRIALS);
        (has_one && now.since(lost) <= patience).then_some(self.due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FolderId;

    fn pending(ordinal: u32, folder: i64) -> PendingLaunch {
        PendingLaunch::of_test(ordinal, folder)
    }

    /// Those of `launches` that may go.
    fn admitted(held: &mut WarmUp, launches: impl IntoIterator<Item = PendingLaunch>) -> Vec<u32> {
        launches
            .into_iter()
            .filter(|launch| held.admits(launch, 0, Moment::default()))
            .map(|launch| launch.request.ordinal.0)
            .collect()
    }

    fn numbers(ordinals: impl IntoIterator<Item = Ordinal>) -> Vec<u32> {
        ordinals.into_iter().map(|ordinal| ordinal.0).collect()
    }

    /// The seconds at which launches go, after all answers were lost at second 0.
    fn trial_times(launches: u32) -> Vec<u64> {
        let mut held = WarmUp::new(1, 0, Duration::from_secs(420));
        let folder = FolderRef::Id(FolderId(7));
        let passed = admitted(&mut held, (0..launches).map(|ordinal| pending(ordinal, 7)));
        assert_eq!(passed.len(), MIN_FIRST.min(launches as usize));
        held.lost(&folder, Moment::default());
        let mut times = Vec::new();
        let mut now = Moment::default();
        loop {
            match held.next(now) {
                Next::At(due) => now = due,
                Next::Now => {
                    held.take(now).expect("one is due");
                    times.push(now.0.as_secs());
                    held.lost(&folder, now);
                }
                Next::Nothing => return times,
            }
        }
    }

    #[test]
    fn all_but_a_few_launches_of_each_folder_wait_for_the_first_answer_from_it() {
        let mut held = WarmUp::new(1, 0, Duration::from_secs(420));
        let passed = admitted(&mut held, (0..12).map(|ordinal| pending(ordinal, i64::from(ordinal / 6))));
        assert_eq!(passed, [0, 1, 2, 3, 6, 7, 8, 9]);
        assert_eq!(numbers(held.alive(&FolderRef::Id(FolderId(0)))), [4, 5]);
        assert_eq!(held.folders(), [FolderRef::Id(FolderId(1))]);
        assert!(
            held.admits(&pending(12, 0), 0, Moment::default()) && held.admits(&pending(13, 0), 0, Moment::default())
        );
        assert_eq!(held.next(Moment::default()), Next::Nothing, "nothing is lost");
    }

    #[test]
    fn while_every_answer_is_lost_they_go_one_at_a_time_and_the_last_stays() {
        assert!(trial_times(4).is_empty());
        assert_eq!(trial_times(5), [1]);
        assert_eq!(trial_times(6), [1, 3]);
        assert_eq!(trial_times(7), [1, 3]);
        assert_eq!(trial_times(9), [1, 3, 7, 15]);
        assert_eq!(trial_times(100).len(), 17, "for seven minutes");
    }

    #[test]
    fn few_wait_for_a_first_answer_and_any_number_for_a_server_that_loses_them() {
        let mut held = WarmUp::new(1, 0, Duration::from_secs(420));
        let mut looked_at = 0;
        let mut look = |held: &mut WarmUp, folder: i64| {
            looked_at += 1;
            held.admits(&pending(looked_at, folder), 0, Moment::default())
        };
        while !held.is_full() {
            look(&mut held, 7);
        }
        let folder = FolderRef::Id(FolderId(7));
        held.lost(&folder, Moment::default());
        for _ in 0..1000 {
            assert!(!look(&mut held, 7) && !held.is_full());
        }
        assert!(look(&mut held, 8), "another folder's goes");
        assert_eq!(
            (looked_at as usize, held.alive(&folder).len()),
            (MIN_FIRST + MAX_WAITING + 1001, MAX_WAITING + 1000)
        );
        assert!(held.folders().is_empty() && !held.is_full());
    }
}
