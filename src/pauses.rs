//! How long a server that asks for pauses is waited for: one that asks for more and more does not hold a run for ever.
//!
//! In: pauses, and the answers between them. Out: whether one is too long, or one too many. No I/O and no clock.

use std::time::Duration;

use crate::clock::Moment;

/// Maximum `Retry-After` that a run waits for; a longer one ends the run, which can be resumed. Source: `docs/exactly-once.md`, row 13.
pub const MAX_HOLD: Duration = Duration::from_secs(600);
/// Maximum length of pauses in a row, together; a further one ends the run, which can be resumed.
const MAX_PAUSED: Duration = Duration::from_secs(3600);

/// How long pauses in a row last, together.
#[derive(Debug, Default)]
pub struct PauseStreak(Duration);

impl PauseStreak {
    /// A pause until `until` is asked for at `now`, where one until `held` was known; whether it is one too many.
    pub fn add(&mut self, held: Moment, until: Moment, now: Moment) -> bool {
        self.0 += until.since(held.max(now));
        self.0 > MAX_PAUSED
    }

    /// An answer that asks for no pause.
    pub fn end(&mut self) {
        self.0 = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_at_once_count_once_and_pauses_in_a_row_add_up_to_an_hour() {
        let at = |seconds| Moment(Duration::from_secs(seconds));
        let mut paused = PauseStreak::default();
        // Sixteen answers that came at once ask for the same ten minutes.
        assert!((0..16).all(|_| !paused.add(at(600), at(600), at(0))));
        let asked: Vec<bool> = (0..7).map(|pause| paused.add(at(0), at(pause * 600 + 600), at(pause * 600))).collect();
        assert_eq!(asked, [false, false, false, false, false, false, true]);
        paused.end();
        assert!(!paused.add(at(0), at(600), at(0)));
    }
}
