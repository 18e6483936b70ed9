//! How many lists of robot jobs a minute are answered: the one limit of Orchestrator that is documented.
//!
//! In: the moment of each list. Out: whether it is answered. Pure. Which window the service counts in is not known: here
//! any 60 seconds. Source: `docs/orchestrator-api.md`, section 8.

use std::collections::VecDeque;
use std::time::Duration;

use super::refusal::Refusal;
use super::world::switches::{ListRation, RetryAfter};
use crate::clock::{Moment, Timestamp};

/// The window in which lists are counted.
const WINDOW: Duration = Duration::from_secs(60);

/// The lists that were answered within the window.
#[derive(Debug, Default)]
pub(super) struct Ration {
    answered: VecDeque<Moment>,
}

impl Ration {
    /// Takes one list at `now`, which is `utc`.
    ///
    /// Errors: 429 where the ration is used up; such a list does not count.
    pub(super) fn take(&mut self, ration: &ListRation, now: Moment, utc: Timestamp) -> Result<(), Refusal> {
        while self.answered.front().is_some_and(|oldest| now.since(*oldest) >= WINDOW) {
            self.answered.pop_front();
        }
        if self.answered.len() < ration.per_minute {
            self.answered.push_back(now);
            return Ok(());
        }
        let oldest = self.answered.front().copied().unwrap_or(now);
        // Rounded up, so that who waits that long is answered.
        let wait = oldest.after(WINDOW).since(now);
        let wait = Duration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        let refusal = Refusal::throttled();
        Err(match ration.retry_after {
            RetryAfter::Absent => refusal,
            RetryAfter::Seconds => refusal.with_header("retry-after", wait.as_secs().to_string()),
            RetryAfter::Date => {
                // One more second, since a date has no fraction.
                let until = utc.saturating_add(wait + Duration::from_secs(1)).unwrap_or(Timestamp::MAX);
                let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
                match printer.timestamp_to_rfc9110_string(&until) {
                    Ok(date) => refusal.with_header("retry-after", date),
                    Err(_) => refusal,
                }
            }
        })
    }
}
