//! What is known of robot jobs that faulted, and of the retries in their place: the data. What is done with it:
//! `launch/dispatcher/watching/faults.rs`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::ids::{JobId, Ordinal};
use crate::launch::history::FaultedJob;
use crate::ledger::event::RetryOrigin;

/// The robot jobs of a run that faulted, as far as they matter for what comes next.
#[derive(Default)]
pub(in crate::launch::dispatcher) struct FaultBook {
    /// The first place behind the plan's launches and all retries.
    next: u32,
    /// The highest number of a retry, by the launch of the plan.
    numbers: HashMap<Ordinal, u32>,
    /// The robot jobs in whose place a retry was decided.
    replaced: HashSet<JobId>,
    /// Launches of the plan with a retry of which nobody knows in whose place it was made.
    unplaced: HashSet<Ordinal>,
    /// Launches that were started otherwise than they asked.
    odd: HashSet<Ordinal>,
    /// Launches that another ledger may know: whoever started them may be about to make a retry.
    adopted: HashSet<Ordinal>,
    /// Launches that were to be counted once more, and could not be.
    uncounted: HashSet<Ordinal>,
    /// Faults of launches that are being counted.
    deferred: HashMap<Ordinal, Vec<FaultedJob>>,
    /// Retries before which the robot jobs of their launch are counted once more, or were.
    checked: HashSet<Ordinal>,
    /// Launches that are counted once more before a retry leaves.
    counting: HashSet<Ordinal>,
    /// The robot job of each retry by whose end its launch was heard of.
    heard: HashMap<Ordinal, JobId>,
    /// Whether somebody was told that something cannot be started again.
    pub(super) is_told: bool,
    /// Whether somebody was told that there is no time left for a retry.
    pub(super) is_told_late: bool,
}

impl FaultBook {
    /// That of a run whose plan has so many launches, which has these retries, of which `odd` launches were started otherwise than
    /// they asked, and others are `adopted`: known by the server's list alone.
    pub(in crate::launch::dispatcher) fn new(
        launches: u32,
        origins: &BTreeMap<Ordinal, Rc<RetryOrigin>>,
        (odd, adopted): (HashSet<Ordinal>, HashSet<Ordinal>),
    ) -> Self {
        let next = origins.keys().next_back().map_or(launches, |last| launches.max(last.0 + 1));
        let mut book = Self { next, odd, adopted, ..Self::default() };
        for origin in origins.values() {
            book.note(origin);
        }
        book
    }

    /// The place and the number of the next retry of the launch at `of`.
    pub(super) fn next(&self, of: Ordinal) -> (Ordinal, u32) {
        (Ordinal(self.next), self.numbers.get(&of).copied().unwrap_or(1) + 1)
    }

    /// A retry was decided, and has the next place.
    pub(super) fn add(&mut self, origin: &RetryOrigin) {
        self.next += 1;
        self.note(origin);
    }

    fn note(&mut self, origin: &RetryOrigin) {
        let number = self.numbers.entry(origin.of).or_default();
        *number = origin.number.max(*number);
        match origin.replaces {
            Some(job) => drop(self.replaced.insert(job)),
            None => drop(self.unplaced.insert(origin.of)),
        }
    }

    /// Whether a retry was decided in its place.
    pub(super) fn is_replaced(&self, job: JobId) -> bool {
        self.replaced.contains(&job)
    }

    /// Whether its launch gets no retry, whatever its class.
    pub(super) fn is_excluded(&self, fault: &FaultedJob) -> bool {
        let is_others = self.unplaced.contains(&fault.of) || self.adopted.contains(&fault.ordinal);
        is_others || self.odd.contains(&fault.ordinal) || self.odd.contains(&fault.of)
    }

    /// Whether the launch was started otherwise than it asked.
    pub(super) fn is_odd(&self, ordinal: Ordinal) -> bool {
        self.odd.contains(&ordinal)
    }

    /// Whether nobody knows how many robot jobs its launch has.
    pub(super) fn is_uncounted(&self, ordinal: Ordinal) -> bool {
        self.uncounted.contains(&ordinal)
    }

    /// It is decided once its launch is counted.
    pub(super) fn defer(&mut self, fault: FaultedJob) {
        let faults = self.deferred.entry(fault.ordinal).or_default();
        if !faults.iter().any(|known| known.job == fault.job) {
            faults.push(fault);
        }
    }

    /// The launch is over: `is_odd` where it was started otherwise than it asked, `is_uncounted` where it was to be counted once
    /// more and could not be. The faults that can be decided now.
    pub(in crate::launch::dispatcher) fn close(
        &mut self,
        ordinal: Ordinal,
        is_odd: bool,
        is_uncounted: bool,
    ) -> Vec<FaultedJob> {
        set(&mut self.odd, ordinal, is_odd);
        set(&mut self.uncounted, ordinal, is_uncounted);
        self.deferred.remove(&ordinal).unwrap_or_default()
    }

    /// Whether the robot jobs of its launch are still to be counted before the retry at `ordinal` leaves; once.
    pub(super) fn is_to_be_checked(&mut self, ordinal: Ordinal) -> bool {
        self.checked.insert(ordinal)
    }

    /// The launch is counted once more before a retry leaves.
    pub(super) fn note_counting(&mut self, ordinal: Ordinal) {
        self.counting.insert(ordinal);
    }

    /// Whether it is, so that what is long over needs no settle time; once.
    pub(in crate::launch::dispatcher) fn takes_counting(&mut self, ordinal: Ordinal) -> bool {
        self.counting.remove(&ordinal)
    }

    /// Whether its launch hears of the end of `job`, of the retry at `ordinal`: of the first one only, where there are too many.
    pub(super) fn is_heard(&mut self, ordinal: Ordinal, job: JobId) -> bool {
        *self.heard.entry(ordinal).or_insert(job) == job
    }
}

fn set(launches: &mut HashSet<Ordinal>, ordinal: Ordinal, is_in: bool) {
    if is_in {
        launches.insert(ordinal);
    } else {
        launches.remove(&ordinal);
    }
}
