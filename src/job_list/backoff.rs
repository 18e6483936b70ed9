//! How long to wait after a list could not be read, where the server does not say it: longer with each failure in a row.

use std::time::Duration;

/// The wait after the first failure; it doubles with each one.
pub(crate) const INITIAL_BACKOFF: Duration = Duration::from_millis(500);

/// Failures in a row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReadBackoff {
    failures: u32,
}

impl ReadBackoff {
    /// One more; how long to wait, `max` at most.
    pub(crate) fn fail(&mut self, max: Duration) -> Duration {
        self.failures = self.failures.saturating_add(1);
        INITIAL_BACKOFF.saturating_mul(1 << (self.failures - 1).min(10)).min(max)
    }

    /// How many there were in a row.
    pub(crate) fn failures(self) -> u32 {
        self.failures
    }

    /// It was read.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_maximum_and_begin_again_after_a_page() {
        let (mut backoff, max) = (ReadBackoff::default(), Duration::from_secs(5));
        let waits: Vec<u128> = (0..6).map(|_| backoff.fail(max).as_millis()).collect();
        assert_eq!((waits, backoff.failures()), (vec![500, 1000, 2000, 4000, 5000, 5000], 6));
        backoff.reset();
        assert_eq!(backoff.fail(max), INITIAL_BACKOFF);
    }
}
