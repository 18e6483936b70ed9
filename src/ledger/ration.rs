//! When a list of a tenant may be read: the ration that all its runs on one ledger share. Pure.
//!
//! In: what the ledger keeps of the tenant, and the time. Out: a turn, and what to keep; or when to ask again. Each
//! asking is one transaction of a store, so that two processes never get one turn; who has to wait has taken none, so
//! that processes that are killed while they wait use nothing up. Source: `docs/exactly-once.md`, section 4.

use std::time::Duration;

use super::tenant::ListPermit;
use crate::clock::{Moment, Timestamp};
use crate::pace::{Pace, Stream};

/// What is waited for where the clock was set back: by its end, what was read before counts no more.
const MINUTE: Duration = Duration::from_secs(60);

/// What a ledger keeps of a tenant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RationState {
    /// When a steady stream of reads would have its next one.
    pub due: Option<Timestamp>,
    /// No list is read before, by the server's own word.
    pub held_until: Option<Timestamp>,
}

/// Whether a list may be read at `at`, and what is to be kept as due from then on.
#[must_use]
pub fn take(state: RationState, ration: Pace, at: Timestamp) -> (ListPermit, Option<Timestamp>) {
    if let Some(held) = state.held_until.filter(|held| *held > at) {
        return (ListPermit::NotBefore(held), state.due);
    }
    let burst = ration.interval().saturating_mul(ration.burst());
    let due = match state.due {
        // Nobody takes more than a burst ahead: the clock was set back.
        Some(due) if due > later(at, MINUTE.max(burst)) => later(at, MINUTE.max(burst)),
        Some(due) => due,
        None => Timestamp::UNIX_EPOCH,
    };
    let mut stream = Stream::resumed(ration, moment(due));
    let next = stream.next(moment(at));
    if next > moment(at) {
        return (ListPermit::NotBefore(time(next)), Some(due));
    }
    stream.take(next);
    (ListPermit::Granted, Some(time(stream.due())))
}

fn later(time: Timestamp, span: Duration) -> Timestamp {
    time.saturating_add(span).expect("a span of std time saturates")
}

/// `time` as a moment since 1970, in which the arithmetic of paces is done.
fn moment(time: Timestamp) -> Moment {
    Moment(Duration::try_from(time.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default())
}

/// The same back, in whole microseconds, as ledgers keep it; rounded up, so that nothing is early.
fn time(moment: Moment) -> Timestamp {
    let micros = moment.0.as_nanos().div_ceil(1000);
    Timestamp::from_microsecond(i64::try_from(micros).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const NOON: &str = "2026-01-31T12:00:00Z";

    fn at(seconds: i64) -> Timestamp {
        NOON.parse::<Timestamp>()
            .expect("a time")
            .saturating_add(jiff::SignedDuration::from_secs(seconds))
            .expect("fits")
    }

    fn ration(count: u32) -> Pace {
        Pace::at_most(NonZeroU32::new(count).expect("not zero"), Duration::from_secs(60))
    }

    #[test]
    fn in_no_minute_are_more_turns_taken_than_the_ration_and_few_less() {
        for count in [1, 7, 60, 100] {
            let mut random = fastrand::Rng::with_seed(u64::from(count));
            let mut state = RationState::default();
            let mut now = at(0);
            let mut taken = Vec::new();
            for _ in 0..600 {
                if random.u8(..) < 10 {
                    now = later(now, Duration::from_secs_f64(random.f64() * 100.0));
                }
                let (permit, due) = take(state, ration(count), now);
                state.due = due;
                match permit {
                    ListPermit::Granted => taken.push(moment(now)),
                    ListPermit::NotBefore(then) => now = then,
                }
            }
            for (first, start) in taken.iter().enumerate() {
                let held = taken[first..].iter().take_while(|moment| moment.since(*start) < MINUTE).count();
                assert!(held <= count as usize, "{held} in a minute of {count}");
            }
            assert!(taken.len() > 200, "whoever waits is served: {}", taken.len());
        }
    }

    #[test]
    fn what_the_server_asked_for_and_a_clock_that_was_set_back_are_heeded() {
        let wait = |due: Option<i64>, held: Option<i64>| {
            let state = RationState { due: due.map(at), held_until: held.map(at) };
            match take(state, ration(100), at(0)).0 {
                ListPermit::Granted => 0,
                ListPermit::NotBefore(then) => then.duration_since(at(0)).as_secs(),
            }
        };
        assert_eq!(wait(None, None), 0);
        assert_eq!(wait(None, Some(-1)), 0);
        assert_eq!(wait(None, Some(300)), 300, "a Retry-After that another run heard");
        assert_eq!(wait(Some(-3600), None), 0, "idle for long");
        assert_eq!(wait(Some(10), None), 4);
        assert_eq!(wait(Some(3600), None), 54, "an hour ahead is no queue");
        let set_back = RationState { due: Some(at(3600)), held_until: None };
        let due = take(set_back, ration(100), at(0)).1;
        assert_eq!(
            take(RationState { due, ..set_back }, ration(100), at(55)).0,
            ListPermit::Granted,
            "and the wait has an end"
        );
    }

    #[test]
    fn who_has_to_wait_has_taken_nothing() {
        let state = RationState { due: Some(at(10)), held_until: None };
        assert_eq!(take(state, ration(100), at(0)).1, state.due);
    }
}
