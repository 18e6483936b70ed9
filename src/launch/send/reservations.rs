//! How many launches are made ready, and for which send times. No I/O and no clock.
//!
//! In: a pace, the sends that the ledger knows of, and how fast answers come. Out: send times, ahead of the sends. Never:
//! lets anything leave; the gate does (`launch/send/gate.rs`).

use std::time::Duration;

use super::lookahead::Lookahead;
use super::sender::SenderCounts;
use crate::clock::{Moment, TimePoint, Timestamp};
use crate::pace::{Pace, Stream};

/// Maximum time by which send times are reserved ahead. Source: `docs/exactly-once.md`, step 2.
const HORIZON: Duration = Duration::from_millis(250);
/// Reservations are made when the next send time is this near, so that a slow pace fills its commits too.
const LEAD: Duration = Duration::from_millis(50);

/// The send times of a run.
pub(in crate::launch) struct Reservations {
    stream: Stream,
    lookahead: Lookahead,
}

impl Reservations {
    /// Those after the latest `sends` that the ledger knows of.
    pub(in crate::launch) fn after(sends: impl Iterator<Item = Timestamp>, pace: Pace, now: TimePoint) -> Self {
        let mut stream = Stream::idle(pace);
        let mut sends: Vec<Timestamp> = sends.collect();
        sends.sort_unstable();
        for send in sends {
            // A clock that was set back since makes none of them later than now.
            stream.take(now.moment_at(send).min(now.moment));
        }
        Self { stream: stream.at_most_a_burst_ahead(now.moment), lookahead: Lookahead::default() }
    }

    /// An answer came after `latency`.
    pub(in crate::launch) fn answered(&mut self, latency: Duration) {
        self.lookahead.answered(latency);
    }

    /// How many more launches should be made ready, beside `ready` that are.
    pub(in crate::launch) fn room(&self, senders: SenderCounts, ready: usize) -> usize {
        let limit = self.lookahead.limit(senders.free, senders.busy);
        if ready * 2 > limit { 0 } else { limit.saturating_sub(ready) }
    }

    /// When the next one may be reserved, if there is room.
    pub(in crate::launch) fn due(&self, now: Moment) -> Moment {
        Moment(self.stream.next(now).0.saturating_sub(LEAD))
    }

    /// The next send time; `None` if it lies too far ahead, which is further where some were reserved in this turn (`has_some`).
    pub(in crate::launch) fn next(&self, has_some: bool, now: Moment) -> Option<Moment> {
        let moment = self.stream.next(now);
        let reach = if has_some { HORIZON } else { LEAD };
        (moment <= now.after(reach)).then_some(moment)
    }

    /// Reserves the send time.
    pub(in crate::launch) fn take(&mut self, moment: Moment) {
        self.stream.take(moment);
    }

    /// Keeps `pace` from now on, counting what was reserved before.
    pub(in crate::launch) fn set_pace(&mut self, pace: Pace, now: Moment) {
        self.stream = self.stream.paced(pace, now);
    }

    /// Falls in behind what really left.
    pub(in crate::launch) fn fall_behind(&mut self, sent: &Stream) {
        self.stream.fall_behind(sent);
    }
}
