//! How fast to call: the generic cell rate algorithm (GCRA), as arithmetic on moments.
//!
//! In: a rate, a burst, and the state that earlier reservations left. Out: the moments at which the next requests
//! may go. Never: waits, or asks for the time; a hand-driven clock and a database row use the same arithmetic.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::clock::Moment;

/// At most `rate` requests on average and at most `burst` at once after an idle spell.
///
/// The promise: no window of length w holds more than `rate * w + burst` reserved moments.
///
/// ```
/// use std::{num::NonZeroU32, time::Duration};
/// use sortie::pace::Pace;
/// let pace = Pace::new(NonZeroU32::new(120).unwrap(), Duration::from_secs(60), NonZeroU32::new(4).unwrap());
/// assert_eq!(pace.interval(), Duration::from_millis(500));
/// assert_eq!(pace.burst(), 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    interval: Duration,
    burst: NonZeroU32,
}

impl Pace {
    /// `count` requests in each `period`, evenly; `burst` requests at once after an idle spell.
    #[must_use]
    pub fn new(count: NonZeroU32, period: Duration, burst: NonZeroU32) -> Self {
        // Rounded up to whole nanoseconds: the promise must hold, an ideal rate need only come near.
        let nanos = period.as_nanos().div_ceil(u128::from(count.get()));
        let interval = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        Self { interval, burst }
    }

    /// Never more than `count` requests in any `period`, the burst included: a tenth of them may go at once.
    #[must_use]
    pub fn at_most(count: NonZeroU32, period: Duration) -> Self {
        let burst = NonZeroU32::new(count.get().div_ceil(10)).expect("a tenth of one is one, rounded up");
        let steady = NonZeroU32::new(count.get() - burst.get() + 1).expect("the burst is at most the count");
        Self::new(steady, period, burst)
    }

    /// The time between two requests of a steady stream.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// How many requests may go at once after an idle spell.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.burst.get()
    }

    /// How many requests may go within any `span` at most.
    #[must_use]
    pub fn most_in(&self, span: Duration) -> u32 {
        // Of a window that is open at one end: a steady stream with an interval of `span` has one request in it.
        let steady = span.as_nanos().saturating_sub(1) / self.interval.as_nanos().max(1);
        u32::try_from(steady).unwrap_or(u32::MAX).saturating_add(self.burst.get())
    }

    /// How far ahead of the steady stream a request may go.
    ///
    /// A little less than the burst would allow: requests reach the server with a few milliseconds of jitter, and the
    /// promise must hold there too. The last request of a burst waits that long; the average rate is unchanged.
    fn tolerance(&self) -> Duration {
        const JITTER: Duration = Duration::from_millis(25);
        self.interval.saturating_mul(self.burst.get() - 1).saturating_sub(JITTER)
    }
}

/// One stream of requests under a [`Pace`].
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    pace: Pace,
    /// When the steady stream would send its next request; all the state there is.
    due: Moment,
}

impl Stream {
    /// A stream that has been idle for long.
    #[must_use]
    pub fn idle(pace: Pace) -> Self {
        Self { pace, due: Moment::default() }
    }

    /// A stream whose state was kept: [`Stream::due`] of what it was.
    #[must_use]
    pub fn resumed(pace: Pace, due: Moment) -> Self {
        Self { pace, due }
    }

    /// The same, where it was made up from times of a clock that may have been set back: no stream is ever further ahead
    /// of the present than its burst.
    #[must_use]
    pub fn at_most_a_burst_ahead(self, now: Moment) -> Self {
        let most = now.after(self.pace.interval.saturating_mul(self.pace.burst()));
        Self { due: self.due.min(most), ..self }
    }

    /// The same under another pace, which holds from `now` on. What went before counts: no more than a burst of the new pace
    /// may follow at once, and a slower pace than before makes nobody wait longer than its own burst.
    #[must_use]
    pub fn paced(&self, pace: Pace, now: Moment) -> Self {
        if pace == self.pace { *self } else { Self { pace, due: self.due }.at_most_a_burst_ahead(now) }
    }

    /// When the steady stream would send its next request: all that is to be kept of it.
    #[must_use]
    pub fn due(&self) -> Moment {
        self.due
    }

    /// When the next request may go, at the earliest; not before `now`.
    #[must_use]
    pub fn next(&self, now: Moment) -> Moment {
        now.max(Moment(self.due.0.saturating_sub(self.pace.tolerance())))
    }

    /// Counts one request that goes at `moment`, which [`Stream::next`] allowed.
    pub fn take(&mut self, moment: Moment) {
        self.due = self.due.max(moment).after(self.pace.interval);
    }

    /// Reserves the moments of at most `most` requests, none of them later than `horizon`; ascending.
    pub fn reserve(&mut self, most: usize, now: Moment, horizon: Moment) -> Vec<Moment> {
        let mut moments = Vec::new();
        while moments.len() < most {
            let moment = self.next(now);
            if moment > horizon {
                break;
            }
            self.take(moment);
            moments.push(moment);
        }
        moments
    }

    /// Falls in behind `other`, which saw when requests of this stream really went.
    ///
    /// Without it, a stream whose senders are always a little late would reserve ever further ahead of them.
    pub fn fall_behind(&mut self, other: &Self) {
        self.due = self.due.max(other.due);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pace(count: u32, period_ms: u64, burst: u32) -> Pace {
        let some = |n| NonZeroU32::new(n).expect("not zero");
        Pace::new(some(count), Duration::from_millis(period_ms), some(burst))
    }

    /// Fails where some window holds more than rate x w + burst.
    fn check_windows(moments: &[Moment], pace: Pace) {
        for (first, start) in moments.iter().enumerate() {
            for (last, end) in moments.iter().enumerate().skip(first) {
                let held = u128::try_from(last - first + 1).expect("few");
                let room = end.since(*start).as_nanos() + u128::from(pace.burst()) * pace.interval().as_nanos();
                assert!(held * pace.interval().as_nanos() <= room, "{held} in {:?}", end.since(*start));
            }
        }
    }

    #[test]
    fn an_idle_stream_sends_its_burst_and_then_keeps_step() {
        let mut stream = Stream::idle(pace(10, 1000, 3));
        let start = Moment(Duration::from_secs(5));
        let sent = stream.reserve(6, start, start.after(Duration::from_secs(60)));
        let millis: Vec<u128> = sent.iter().map(|moment| moment.since(start).as_millis()).collect();
        assert_eq!(millis, [0, 0, 25, 125, 225, 325], "25 ms are kept back for jitter on the way to the server");
    }

    #[test]
    fn the_horizon_bounds_a_reservation() {
        let mut stream = Stream::idle(pace(10, 1000, 1));
        let now = Moment::default();
        assert_eq!(stream.reserve(256, now, now.after(Duration::from_millis(250))).len(), 3);
        assert_eq!(stream.next(now), Moment(Duration::from_millis(300)));
    }

    #[test]
    fn a_stream_made_up_from_a_clock_that_was_set_back_waits_for_no_more_than_its_burst() {
        let hour = Moment(Duration::from_secs(3600));
        let mut stream = Stream::idle(pace(10, 1000, 3));
        stream.take(hour);
        let now = Moment(Duration::from_secs(5));
        assert_eq!(stream.at_most_a_burst_ahead(now).next(now).since(now), Duration::from_millis(125));
        let honest = Stream::resumed(pace(10, 1000, 3), now.after(Duration::from_millis(200)));
        assert_eq!(honest.at_most_a_burst_ahead(now).due(), honest.due());
    }

    #[test]
    fn the_total_is_within_one_percent_of_ideal() {
        let pace = pace(50, 1000, 10);
        let mut stream = Stream::idle(pace);
        let sent = stream.reserve(10_000, Moment::default(), Moment(Duration::from_secs(100_000)));
        let ideal = pace.interval() * (10_000 - 10);
        let took = sent.last().expect("sent").since(sent[0]);
        assert!(took >= ideal && took <= ideal.mul_f64(1.01), "{took:?} against {ideal:?}");
    }

    #[test]
    fn a_ration_is_never_exceeded_in_any_of_its_periods() {
        for count in [1, 2, 9, 60, 100] {
            let period = Duration::from_secs(60);
            let mut stream = Stream::idle(Pace::at_most(NonZeroU32::new(count).expect("not zero"), period));
            let sent = stream.reserve(500, Moment::default(), Moment(Duration::from_secs(1_000_000)));
            for (first, start) in sent.iter().enumerate() {
                let held = sent[first..].iter().take_while(|moment| moment.since(*start) < period).count();
                assert!(held <= count as usize, "{held} in a period of {count}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_its_share(
            count in 1_u32..200,
            burst in 1_u32..20,
            idles in prop::collection::vec(0_u64..400, 1..40),
        ) {
            let pace = pace(count, 1000, burst);
            let mut stream = Stream::idle(pace);
            let mut now = Moment::default();
            let mut sent = Vec::new();
            for idle in idles {
                now = now.after(Duration::from_millis(idle));
                sent.extend(stream.reserve(7, now, now.after(Duration::from_millis(250))));
            }
            sent.sort();
            check_windows(&sent, pace);
        }

        #[test]
        fn late_senders_push_those_behind_them(
            count in 1_u32..200,
            burst in 1_u32..20,
            delays in prop::collection::vec(0_u64..50, 1..60),
        ) {
            let pace = pace(count, 1000, burst);
            let mut departures = Stream::idle(pace);
            let mut sent: Vec<Moment> = Vec::new();
            for delay in delays {
                let earliest = departures.next(sent.last().copied().unwrap_or_default());
                let late = earliest.after(Duration::from_millis(delay));
                departures.take(late);
                sent.push(late);
            }
            check_windows(&sent, pace);
        }
    }
}
