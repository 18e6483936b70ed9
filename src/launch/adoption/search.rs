//! How far back adoption looks for earlier starts, and whether what it does not find must be vouched for. Pure.
//!
//! In: what a run stands for, and when this ledger began it. Out: the earliest `CreationTime` that a robot job of it can
//! have. Source: `docs/exactly-once.md`, steps 1 and 6.

use std::time::Duration;

use crate::clock::{Timestamp, earlier};

/// What a run is known by to other ledgers, and so since when one of them can have begun it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOrigin {
    /// Only this ledger knows it.
    Own,
    /// A slot that begins at a moment; it may be run this long before that, and any time after it.
    Slot(Timestamp, Duration),
    /// A key, which is looked for this far back.
    Key(Duration),
}

impl RunOrigin {
    /// The earliest time at which the server can have dated a robot job of a run that this ledger began at `started`.
    /// The server's clock for robot jobs is behind ours by `margin` at most.
    #[must_use]
    pub fn since(self, started: Timestamp, margin: Duration) -> Timestamp {
        let begun = match self {
            Self::Own => started,
            Self::Slot(slot, early) => earlier(slot, early).min(started),
            Self::Key(horizon) => earlier(started, horizon),
        };
        earlier(begun, margin)
    }
}

/// Whether finding nothing is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It is: the ledger knows the tenant, or somebody says that nothing was started elsewhere.
    Unneeded,
    /// Only where the list shows that it keeps References; else that is said, and where robot jobs of the run's releases
    /// stand there without one, the run is refused.
    Needed,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// The earliest `CreationTime`.
    pub since: Timestamp,
    /// Whether nothing found is believed to be nothing there.
    pub proof: Proof,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_look_reaches_back_to_whoever_can_have_begun_the_run_first() {
        let time = |text: &str| -> Timestamp { text.parse().expect("a time") };
        let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(24 * 3600));
        let noon = "2026-01-31T12:00:00Z";
        let cases = [
            ("a run of its own", RunOrigin::Own, noon, "2026-01-31T11:00:00Z"),
            ("a slot, late", RunOrigin::Slot(time("2026-01-20T00:00:00Z"), day), noon, "2026-01-18T23:00:00Z"),
            ("a slot, early", RunOrigin::Slot(time("2026-02-01T00:00:00Z"), day), noon, "2026-01-30T23:00:00Z"),
            (
                "an hour, earlier than allowed",
                RunOrigin::Slot(time("2026-01-31T14:00:00Z"), hour),
                noon,
                "2026-01-31T11:00:00Z",
            ),
            ("a key", RunOrigin::Key(day * 7), noon, "2026-01-24T11:00:00Z"),
        ];
        for (case, origin, started, since) in cases {
            assert_eq!(origin.since(time(started), hour), time(since), "{case}");
        }
        assert_eq!(RunOrigin::Key(Duration::MAX).since(time(noon), Duration::MAX), Timestamp::MIN);
    }
}
