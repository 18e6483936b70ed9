//! How many retries a run may spend: a token bucket that good answers refill.
//!
//! A server that fails now and then gets its launches through; one that is down drains the bucket, and the run ends
//! early and resumable instead of hammering on.

use crate::clock::Moment;
use crate::pauses::MAX_HOLD;

/// What a definite answer puts back, in thousandths of a retry.
const REFILL: u32 = 500;

/// Retries that may still be spent.
#[derive(Debug)]
pub(in crate::launch) struct RetryBudget {
    thousandths: u32,
    capacity: u32,
    /// Since when every answer has been a request for a pause.
    throttled_since: Option<Moment>,
}

impl RetryBudget {
    /// A full budget for a run of `launches` launches of which `concurrency` are under way at once.
    ///
    /// At most as many retries as launches, so that a dead server sees at most twice their number; at least ten, so
    /// that a single launch survives a restart of the server.
    pub(in crate::launch) fn new(launches: u32, concurrency: u32) -> Self {
        let retries = launches.clamp(10, 100_u32.saturating_add(concurrency.saturating_mul(4)).max(10));
        let capacity = retries.saturating_mul(1000);
        Self { thousandths: capacity, capacity, throttled_since: None }
    }

    /// The same after `retries` were spent and `answers` came, by an earlier process of the run.
    pub(in crate::launch) fn after(self, retries: u32, answers: u32) -> Self {
        let spent = retries.saturating_mul(1000).saturating_sub(answers.saturating_mul(REFILL));
        Self { thousandths: self.capacity.saturating_sub(spent), ..self }
    }

    /// Spends one retry; false where none is left.
    pub(in crate::launch) fn spend(&mut self) -> bool {
        let left = self.thousandths.checked_sub(1000);
        self.thousandths = left.unwrap_or(self.thousandths);
        left.is_some()
    }

    /// Pays for a retry after a pause that the server asked for; false where none is left.
    ///
    /// A server that asks for pauses is well: it costs retries only when that goes on and on.
    pub(in crate::launch) fn spend_for_pause(&mut self, now: Moment) -> bool {
        let since = *self.throttled_since.get_or_insert(now);
        now.since(since) <= MAX_HOLD || self.spend()
    }

    /// Takes note of an answer that asks for no pause.
    pub(in crate::launch) fn end_throttling(&mut self) {
        self.throttled_since = None;
    }

    /// Takes note of a definite answer.
    pub(in crate::launch) fn refill(&mut self) {
        self.thousandths = self.thousandths.saturating_add(REFILL).min(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spendable(budget: &mut RetryBudget) -> u32 {
        (0..1_000_000).take_while(|_| budget.spend()).count().try_into().expect("few")
    }

    #[test]
    fn a_dead_server_gets_no_more_retries_than_there_are_launches() {
        assert_eq!(spendable(&mut RetryBudget::new(1, 16)), 10);
        assert_eq!(spendable(&mut RetryBudget::new(50, 16)), 50);
        assert_eq!(spendable(&mut RetryBudget::new(100_000, 16)), 164);
    }

    #[test]
    fn a_resume_goes_on_with_what_is_left() {
        let left = |retries, answers| spendable(&mut RetryBudget::new(50, 16).after(retries, answers));
        assert_eq!(left(0, 0), 50);
        assert_eq!(left(40, 20), 20);
        assert_eq!(left(500, 20), 0);
        assert_eq!(left(10, 1000), 50);
    }

    #[test]
    fn two_good_answers_buy_a_retry() {
        let mut budget = RetryBudget::new(10, 1);
        spendable(&mut budget);
        budget.refill();
        assert!(!budget.spend());
        budget.refill();
        assert!(budget.spend());
    }
}
