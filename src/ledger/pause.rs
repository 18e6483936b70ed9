//! What a server's `Retry-After` is worth, and to whom: a pause that is kept for an hour at most. Pure.
//!
//! In: when a server asked to be left alone, and for how long. Out: until when it is, by a clock that may have been set
//! back since. Source: `docs/exactly-once.md`, sections 2 and 4.

use std::time::Duration;

use crate::clock::Timestamp;

/// Maximum pause that is kept, whatever the server asked for: no server means more.
pub const MAX_PAUSE: Duration = Duration::from_secs(3600);

/// A pause that a server asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// When it asked.
    pub asked: Timestamp,
    /// Until when it is left alone; at most [`MAX_PAUSE`] later.
    pub until: Timestamp,
}

impl Pause {
    /// A pause of `span` that was asked for at `asked`; cut to [`MAX_PAUSE`].
    #[must_use]
    pub fn new(asked: Timestamp, span: Duration) -> Self {
        Self { asked, until: later(asked, span.min(MAX_PAUSE)) }
    }

    /// A pause as it was kept. Older versions kept no `asked`, and pauses of any length.
    #[must_use]
    pub fn kept(asked: Option<Timestamp>, until: Timestamp) -> Self {
        let longest = Self { asked: until.saturating_sub(MAX_PAUSE).expect("a span of std time saturates"), until };
        asked.map_or(longest, |asked| Self::new(asked, span(asked, until)))
    }

    /// The pause at `now`, by a clock that may have been set back: it never lasts longer than was granted.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Self {
        if self.asked > now { Self::new(now, span(self.asked, self.until)) } else { self }
    }

    /// How long it still lasts at `now`.
    #[must_use]
    pub fn left(self, now: Timestamp) -> Duration {
        span(now, self.at(now).until)
    }

    /// Of two pauses, both of them at `now`, the one that lasts longer.
    #[must_use]
    pub fn longer(self, other: Self, now: Timestamp) -> Self {
        let (own, other) = (self.at(now), other.at(now));
        if own.until >= other.until { own } else { other }
    }
}

fn span(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

fn later(time: Timestamp, span: Duration) -> Timestamp {
    time.saturating_add(span).expect("a span of std time saturates")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        let noon: Timestamp = "2026-01-31T12:00:00Z".parse().expect("a time");
        noon.checked_add(jiff::SignedDuration::from_secs(seconds)).expect("fits")
    }

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn no_pause_is_longer_than_an_hour_whatever_was_asked_for() {
        for (asked_for, granted) in [(0, 0), (30, 30), (3600, 3600), (3601, 3600), (u64::MAX, 3600)] {
            assert_eq!(Pause::new(at(0), seconds(asked_for)).left(at(0)), seconds(granted), "{asked_for}");
        }
        let years = "2162-01-31T12:00:00Z".parse().expect("a time");
        assert_eq!(Pause::kept(Some(at(-600)), years).left(at(0)), seconds(3000), "from when it was recorded");
        let older = Pause::kept(None, years);
        assert_eq!(older.left(at(0)), seconds(3600), "from now, where nobody recorded it");
        assert_eq!(older.at(at(0)), Pause { asked: at(0), until: at(3600) }, "and it ends, once it is kept again");
    }

    #[test]
    fn a_clock_that_was_set_back_lengthens_no_pause() {
        let pause = Pause::new(at(0), seconds(30));
        for (now, left) in [(0, 30), (10, 20), (30, 0), (9000, 0), (-5, 30), (-86_400, 30)] {
            assert_eq!(pause.left(at(now)), seconds(left), "{now}");
        }
        assert_eq!(pause.at(at(-86_400)), Pause { asked: at(-86_400), until: at(-86_370) });
        let kept = Pause::new(at(0), seconds(3000));
        assert_eq!(kept.longer(pause, at(5)), kept);
        assert_eq!(kept.longer(Pause::new(at(-9000), seconds(3600)), at(-9000)).until, at(-5400));
    }
}
