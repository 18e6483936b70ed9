//! How many launches to have ready: as many as the senders will take in the next moment, and no more.
//!
//! Too few, and each commit serves few; too many, and a slow server lets their intents run out of time.

use std::time::Duration;

/// The span that is looked ahead. Source: `docs/exactly-once.md`, step 2, which also gives [`MAX_READY`].
const SPAN: Duration = Duration::from_millis(250);
/// Maximum launches that are ready at any time.
const MAX_READY: usize = 256;

/// How long answers take; `None` before the first one.
#[derive(Debug, Default)]
pub(super) struct Lookahead {
    latency: Option<Duration>,
}

impl Lookahead {
    /// An answer came after `latency`. The latest eight or so decide.
    pub(super) fn answered(&mut self, latency: Duration) {
        self.latency = Some(self.latency.map_or(latency, |former| (former * 7 + latency) / 8));
    }

    /// How many launches should be ready while `free` senders have nothing to do and `busy` wait for answers.
    pub(super) fn limit(&self, free: usize, busy: usize) -> usize {
        let expected = self.latency.map_or(0, |latency| {
            let answers = SPAN.as_nanos() * busy as u128 / latency.as_nanos().max(1);
            usize::try_from(answers).unwrap_or(MAX_READY)
        });
        free.saturating_add(expected).min(MAX_READY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_the_first_answer_only_free_senders_count() {
        assert_eq!(Lookahead::default().limit(16, 0), 16);
        assert_eq!(Lookahead::default().limit(0, 16), 0);
    }

    #[test]
    fn a_slow_server_gets_no_more_than_its_free_senders() {
        let mut lookahead = Lookahead::default();
        lookahead.answered(Duration::from_secs(30));
        assert_eq!(lookahead.limit(1, 15), 1);
    }

    #[test]
    fn a_fast_server_fills_whole_commits() {
        let mut lookahead = Lookahead::default();
        lookahead.answered(Duration::from_millis(50));
        assert_eq!(lookahead.limit(0, 64), 256);
        assert_eq!(lookahead.limit(2, 8), 42);
        lookahead.answered(Duration::ZERO);
        assert_eq!(lookahead.limit(0, 64), 256);
    }
}
