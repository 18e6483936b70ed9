//! Time as a trait: the system's clock, and one that a test drives by hand.
//!
//! Out: monotonic moments for waiting, UTC timestamps for records. The only file that may ask the operating
//! system for the time or sleep (`clippy.toml` forbids it elsewhere).

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub use jiff::Timestamp;

/// A point of monotonic time: how long after its clock's origin. Only comparable within one clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Duration);

impl Moment {
    /// The moment `span` later.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }

    /// How long it is from `earlier` to this moment; zero where `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// A sleep that ends at a moment; dropping it cancels it.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// The present moment; never goes back.
    fn now(&self) -> Moment;

    /// The present UTC time; may jump in either direction.
    fn utc(&self) -> Timestamp;

    /// Waits until `moment`; a moment in the past is over at once.
    fn sleep_until(&self, moment: Moment) -> Sleep;

    /// Waits for `span` from now.
    fn sleep(&self, span: Duration) -> Sleep {
        self.sleep_until(self.now().after(span))
    }
}

/// The present, by both clocks.
#[derive(Clone, Copy, Debug)]
pub struct TimePoint {
    /// By the monotonic clock.
    pub moment: Moment,
    /// By the other one, which may be set.
    pub utc: Timestamp,
}

impl TimePoint {
    /// The present of `clock`.
    pub fn of(clock: &dyn Clock) -> Self {
        Self { moment: clock.now(), utc: clock.utc() }
    }

    /// How far ahead of it `time` is; zero if it is not.
    #[must_use]
    pub fn ahead(&self, time: Timestamp) -> Duration {
        Duration::try_from(time.duration_since(self.utc)).unwrap_or_default()
    }

    /// The moment that was or will be at `time`.
    #[must_use]
    pub fn moment_at(&self, time: Timestamp) -> Moment {
        let ago = Duration::try_from(self.utc.duration_since(time)).unwrap_or_default();
        Moment(self.moment.0.saturating_sub(ago)).after(self.ahead(time))
    }
}

/// `time`, `span` later.
#[must_use]
pub fn later(time: Timestamp, span: Duration) -> Timestamp {
    time.saturating_add(span).expect("a span of std time saturates")
}

/// `time`, `span` earlier.
#[must_use]
pub fn earlier(time: Timestamp, span: Duration) -> Timestamp {
    time.saturating_sub(span).expect("a span of std time saturates")
}

/// The time of day of `time`, in whole seconds of UTC and rounded up: `04:42:59Z`.
#[must_use]
pub fn time_of_day(time: Timestamp) -> String {
    let nearly = Duration::from_nanos(999_999_999);
    time.saturating_add(nearly).expect("a span of std time saturates").strftime("%H:%M:%SZ").to_string()
}

/// A clock that several owners share.
pub type SharedClock = Arc<dyn Clock>;

/// What the operating system's clock shows at its start: what happened before it has moments too, up to so long ago.
const BEFORE: Duration = Duration::from_secs(400 * 24 * 3600);

/// The operating system's clock, on tokio's timer (granularity: 1 ms, rounded up).
pub struct SystemClock {
    origin: std::time::Instant,
}

impl SystemClock {
    /// A clock that starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the file that may ask")]
    pub fn new() -> Self {
        Self { origin: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        Moment(BEFORE + self.origin.elapsed())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the file that may ask")]
    fn utc(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the file that may sleep")]
    fn sleep_until(&self, moment: Moment) -> Sleep {
        let deadline = tokio::time::Instant::from_std(self.origin) + moment.0.saturating_sub(BEFORE);
        Box::pin(tokio::time::sleep_until(deadline))
    }
}

/// A clock that stands still until a test moves it.
#[derive(Clone)]
pub struct HandClock {
    state: Arc<Mutex<HandState>>,
}

struct HandState {
    now: Moment,
    utc: Timestamp,
    next_sleeper: u64,
    wakers_by_due: BTreeMap<(Moment, u64), Waker>,
}

impl HandClock {
    /// A clock that stands at its origin, where it is `utc`.
    #[must_use]
    pub fn at(utc: Timestamp) -> Self {
        let state = HandState { now: Moment::default(), utc, next_sleeper: 0, wakers_by_due: BTreeMap::new() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, HandState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves both times on by `span` and wakes every sleeper that is then due.
    pub fn advance(&self, span: Duration) {
        let due: Vec<Waker> = {
            let mut state = self.state();
            state.now = state.now.after(span);
            state.utc = state.utc.saturating_add(span).expect("a span of std time saturates");
            let now = state.now;
            let later = state.wakers_by_due.split_off(&(now, u64::MAX));
            std::mem::replace(&mut state.wakers_by_due, later).into_values().collect()
        };
        due.into_iter().for_each(Waker::wake);
    }

    /// Moves on to the earliest sleeper's moment and wakes it; false where nobody sleeps.
    pub fn advance_to_next_sleeper(&self) -> bool {
        let span = {
            let state = self.state();
            match state.wakers_by_due.keys().next() {
                Some((due, _)) => due.since(state.now),
                None => return false,
            }
        };
        self.advance(span);
        true
    }

    /// Sets the UTC time alone, as a step of the host's clock does.
    pub fn set_utc(&self, utc: Timestamp) {
        self.state().utc = utc;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Moment {
        self.state().now
    }

    fn utc(&self) -> Timestamp {
        self.state().utc
    }

    fn sleep_until(&self, moment: Moment) -> Sleep {
        Box::pin(HandSleep { clock: self.clone(), due: moment, number: None })
    }
}

struct HandSleep {
    clock: HandClock,
    due: Moment,
    number: Option<u64>,
}

impl Future for HandSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        if state.now >= self.due {
            return Poll::Ready(());
        }
        let number = *self.number.get_or_insert_with(|| {
            state.next_sleeper += 1;
            state.next_sleeper
        });
        state.wakers_by_due.insert((self.due, number), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for HandSleep {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.clock.state().wakers_by_due.remove(&(self.due, number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-01-31T12:00:00Z".parse().expect("a timestamp")
    }

    #[test]
    fn what_was_before_the_clock_has_its_moment_too() {
        let day = Duration::from_secs(24 * 3600);
        let now = SystemClock::new().now();
        assert!(now.since(Moment(now.0.saturating_sub(day))) == day, "{now:?}");
    }

    #[test]
    fn a_time_of_day_is_in_whole_seconds_and_never_too_early() {
        for (time, told) in [("12:00:00", "12:00:00Z"), ("12:00:00.000001", "12:00:01Z"), ("23:59:59.5", "00:00:00Z")] {
            assert_eq!(time_of_day(format!("2026-01-31T{time}Z").parse().expect("a timestamp")), told);
        }
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_its_moment_comes_and_not_before() {
        let clock = HandClock::at(noon());
        let sleep = clock.sleep(Duration::from_secs(10));
        let task = tokio::spawn(sleep);
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(9));
        tokio::task::yield_now().await;
        assert!(!task.is_finished());
        assert!(clock.advance_to_next_sleeper());
        task.await.expect("the sleeper ends");
        assert_eq!(clock.now(), Moment(Duration::from_secs(10)));
        assert_eq!(clock.utc().to_string(), "2026-01-31T12:00:10Z");
        assert!(!clock.advance_to_next_sleeper());
    }

    #[test]
    fn a_step_of_utc_leaves_monotonic_time_alone() {
        let clock = HandClock::at(noon());
        clock.set_utc("2026-01-31T11:00:00Z".parse().expect("a timestamp"));
        assert_eq!(clock.now(), Moment::default());
    }
}
