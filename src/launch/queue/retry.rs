//! Launches that are to be sent again, each not before its time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::pending::PendingLaunch;
use super::rule::{Candidate, Next, QueueRule};
use crate::clock::Moment;
use crate::ids::Ordinal;

/// The launches that go again.
#[derive(Default)]
pub(super) struct Retries {
    due: BinaryHeap<Reverse<(Moment, Ordinal)>>,
    pending_by_ordinal: HashMap<Ordinal, PendingLaunch>,
}

impl Retries {
    /// The launch goes again, not before `due`.
    pub(super) fn add(&mut self, pending: PendingLaunch, due: Moment) {
        self.due.push(Reverse((due, pending.request.ordinal)));
        self.pending_by_ordinal.insert(pending.request.ordinal, pending);
    }
}

impl QueueRule for Retries {
    fn next(&self, now: Moment) -> Next {
        Next::due(self.due.peek().map(|Reverse((due, _))| *due), now)
    }

    fn take(&mut self, now: Moment) -> Option<Candidate> {
        let Reverse((_, ordinal)) = *self.due.peek().filter(|Reverse((due, _))| *due <= now)?;
        self.due.pop();
        Some(Candidate::Again(self.pending_by_ordinal.remove(&ordinal).expect("each due launch has its request")))
    }
}
