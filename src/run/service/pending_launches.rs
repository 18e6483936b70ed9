//! What is left of a run that sends and asks nothing more by itself.

use crate::ids::{Ordinal, RunId};
use crate::ledger::state::{LaunchState, Verdict};
use crate::ledger::{EventLog, LedgerError};
use crate::report::Reason;

/// Launches that are read from the ledger at once.
const PAGE_LAUNCHES: usize = 1000;

/// Launches that wait for somebody, by what they wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PendingLaunches {
    /// Nobody knows whether they were started.
    pub unknown: usize,
    /// Nothing of them exists, and they are sent when somebody says so.
    pub held: usize,
    /// Nothing of them exists, and they were sent as often as a launch may be.
    pub given_up: usize,
    /// Fewer robot jobs than were asked for.
    pub partial: usize,
    /// More robot jobs than were asked for.
    pub duplicate: usize,
}

/// What is left of `run`, of which nothing is left to send, to settle or to count by itself.
pub(super) async fn count<L: EventLog>(ledger: &L, run: RunId) -> Result<PendingLaunches, LedgerError> {
    let mut left = PendingLaunches::default();
    let mut from = Ordinal(0);
    loop {
        let page = ledger.read_states(run, from, PAGE_LAUNCHES).await?;
        for (_, state) in &page {
            left.count(state);
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE_LAUNCHES => from = Ordinal(last.0 + 1),
            Some(_) | None => return Ok(left),
        }
    }
}

impl PendingLaunches {
    fn count(&mut self, state: &LaunchState) {
        match (state.verdict(), Reason::of(state)) {
            (_, Some(Reason::Held)) => self.held += 1,
            (_, Some(Reason::GivenUp)) => self.given_up += 1,
            (_, Some(Reason::Declared))
            | (Verdict::Started | Verdict::Rejected | Verdict::Skipped | Verdict::NotSent, _) => {}
            (Verdict::Unknown, _) => self.unknown += 1,
            (Verdict::Partial, _) => self.partial += 1,
            (Verdict::Duplicate, _) => self.duplicate += 1,
        }
    }

    /// In one sentence about `run`.
    #[must_use]
    pub fn describe(self, run: RunId) -> String {
        let kinds = [
            (self.unknown, "unknown"),
            (self.held, "held"),
            (self.given_up, "given up"),
            (self.partial, "partial"),
            (self.duplicate, "duplicate"),
        ];
        let mut present = kinds.into_iter().filter(|(count, _)| *count > 0);
        let Some((count, kind)) = present.next() else { return format!("run {run} is complete") };
        let launches = if count == 1 { "1 launch is".to_owned() } else { format!("{count} launches are") };
        let mut words = format!("nothing more of run {run} is sent by itself, and {launches} {kind}");
        for (count, kind) in present {
            words.push_str(&format!(", {count} {kind}"));
        }
        words + ": the report says what to do"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_counted_by_kind() {
        let run = RunId::from_bytes([1; 16]);
        assert_eq!(PendingLaunches::default().describe(run), format!("run {run} is complete"));
        let left = PendingLaunches { held: 1, partial: 2, ..PendingLaunches::default() };
        assert_eq!(
            left.describe(run),
            format!(
                "nothing more of run {run} is sent by itself, and 1 launch is held, 2 partial: the report says what to do"
            )
        );
    }
}
