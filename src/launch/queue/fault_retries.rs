//! Launches in place of robot jobs that faulted, each not before it is due, and within the room that there is.
//!
//! In: retries that were decided. Out: which may go now. They go before new launches: theirs was let go before, by all rules, and
//! is not over without them. So a ramp does not count them, or it would wait for itself. Never: decides one. No I/O and no clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::rule::Next;
use crate::clock::Moment;
use crate::ids::Ordinal;

/// Maximum retries that are looked at in vain before something happens that may make room.
const MAX_REFUSED: usize = 64;

/// The retries that are still to be sent.
#[derive(Default)]
pub(super) struct FaultRetries {
    due: BinaryHeap<Reverse<(Moment, Ordinal)>>,
    /// Those that were due and had no room.
    refused: Vec<(Moment, Ordinal)>,
}

impl FaultRetries {
    /// The retry at `ordinal` goes, not before `due`.
    pub(super) fn add(&mut self, ordinal: Ordinal, due: Moment) {
        self.due.push(Reverse((due, ordinal)));
    }

    /// When one may go, if nothing else happens.
    pub(super) fn next(&self, now: Moment) -> Next {
        if self.refused.len() >= MAX_REFUSED {
            return Next::Nothing;
        }
        Next::due(self.due.peek().map(|Reverse((due, _))| *due), now)
    }

    /// One that is due.
    pub(super) fn take(&mut self, now: Moment) -> Option<(Moment, Ordinal)> {
        if self.next(now) != Next::Now {
            return None;
        }
        self.due.pop().map(|Reverse(retry)| retry)
    }

    /// That one has no room.
    pub(super) fn refuse(&mut self, retry: (Moment, Ordinal)) {
        self.refused.push(retry);
    }

    /// There may be room again.
    pub(super) fn note_room(&mut self) {
        self.due.extend(self.refused.drain(..).map(Reverse));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    #[test]
    fn a_retry_goes_when_it_is_due_and_waits_for_room_in_its_turn() {
        let mut retries = FaultRetries::default();
        assert_eq!(retries.next(at(0)), Next::Nothing);
        retries.add(Ordinal(9), at(30));
        retries.add(Ordinal(8), at(60));
        assert_eq!((retries.next(at(10)), retries.take(at(10))), (Next::At(at(30)), None));
        let first = retries.take(at(31)).expect("it is due");
        assert_eq!(first.1, Ordinal(9));
        retries.refuse(first);
        assert_eq!(retries.next(at(31)), Next::At(at(60)), "the other one");
        retries.note_room();
        assert_eq!((retries.next(at(31)), retries.take(at(31))), (Next::Now, Some((at(30), Ordinal(9)))));
        assert_eq!(retries.take(at(60)), Some((at(60), Ordinal(8))));
        assert_eq!(retries.next(at(600)), Next::Nothing);
    }

    #[test]
    fn so_many_that_have_no_room_are_looked_at_and_no_more() {
        let mut retries = FaultRetries::default();
        (0..100).for_each(|number| retries.add(Ordinal(number), at(0)));
        let mut looked_at = 0;
        while let Some(retry) = retries.take(at(1)) {
            looked_at += 1;
            retries.refuse(retry);
        }
        assert_eq!((looked_at, retries.next(at(1))), (MAX_REFUSED, Next::Nothing));
        retries.note_room();
        assert_eq!(retries.next(at(1)), Next::Now);
    }
}
