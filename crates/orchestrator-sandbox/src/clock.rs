//! The sandbox's time: the system's clock, one that a test drives by hand, or any of its caller's.
//!
//! Out: monotonic moments for waiting, UTC timestamps for dates. The only file of the sandbox that may ask the operating
//! system for the time or sleep (`clippy.toml` forbids it elsewhere).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use jiff::Timestamp;
use tokio::sync::watch;

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

/// Where a sandbox's time comes from. Whoever has a clock of their own adapts it, so that one hand moves client and sandbox.
pub trait Clock: Send + Sync {
    /// The present moment; never goes back.
    fn now(&self) -> Moment;

    /// The present UTC time; may jump in either direction.
    fn utc(&self) -> Timestamp;

    /// Waits until `moment`; a moment in the past is over at once. Polled on the sandbox's own runtime.
    fn sleep_until(&self, moment: Moment) -> Sleep;
}

/// A clock that a sandbox shares with its caller.
pub type SharedClock = Arc<dyn Clock>;

/// The operating system's clock, on tokio's timer; its origin is when it was made.
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
        Moment(self.origin.elapsed())
    }

    #[expect(clippy::disallowed_methods, reason = "this is the file that may ask")]
    fn utc(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the file that may sleep")]
    fn sleep_until(&self, moment: Moment) -> Sleep {
        Box::pin(tokio::time::sleep_until(tokio::time::Instant::from_std(self.origin) + moment.0))
    }
}

/// A clock that stands still until a test moves it. Clones are the same clock.
#[derive(Clone)]
pub struct HandClock(watch::Sender<(Moment, Timestamp)>);

impl HandClock {
    /// A clock that stands at its origin, where it is `utc`.
    #[must_use]
    pub fn at(utc: Timestamp) -> Self {
        Self(watch::Sender::new((Moment::default(), utc)))
    }

    /// Moves both times on by `span`; every sleeper that is then due wakes.
    pub fn advance(&self, span: Duration) {
        self.0.send_modify(|(now, utc)| {
            *now = now.after(span);
            *utc = utc.saturating_add(span).expect("a span of std time saturates");
        });
    }

    /// Sets the UTC time alone, as a step of the host's clock does.
    pub fn set_utc(&self, utc: Timestamp) {
        self.0.send_modify(|(_, own)| *own = utc);
    }

    /// Whether somebody sleeps, so that moving it will wake them: what a test waits for before it moves it.
    #[must_use]
    pub fn has_sleepers(&self) -> bool {
        self.0.receiver_count() > 0
    }
}

impl Clock for HandClock {
    fn now(&self) -> Moment {
        self.0.borrow().0
    }

    fn utc(&self) -> Timestamp {
        self.0.borrow().1
    }

    fn sleep_until(&self, moment: Moment) -> Sleep {
        let mut hand = self.0.subscribe();
        Box::pin(async move {
            if hand.wait_for(|(now, _)| *now >= moment).await.is_err() {
                // Nobody is left who could move it.
                std::future::pending::<()>().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-01-31T12:00:00Z".parse().expect("a timestamp")
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_its_moment_comes_and_not_before() {
        let clock = HandClock::at(noon());
        assert!(!clock.has_sleepers());
        let task = tokio::spawn(clock.sleep_until(Moment(Duration::from_secs(10))));
        assert!(clock.has_sleepers());
        for (seconds, is_over) in [(0, false), (9, false), (1, true)] {
            clock.advance(Duration::from_secs(seconds));
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            assert_eq!(task.is_finished(), is_over, "{seconds}");
        }
        assert!(!clock.has_sleepers());
        assert_eq!(
            (clock.now(), clock.utc().to_string().as_str()),
            (Moment(Duration::from_secs(10)), "2026-01-31T12:00:10Z")
        );
    }

    #[test]
    fn a_step_of_utc_leaves_monotonic_time_alone() {
        let clock = HandClock::at(noon());
        clock.set_utc("2026-01-31T11:00:00Z".parse().expect("a timestamp"));
        assert_eq!((clock.now(), clock.utc().to_string().as_str()), (Moment::default(), "2026-01-31T11:00:00Z"));
    }
}
