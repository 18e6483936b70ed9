//! What several pages of the board show alike: a run's state, its launches as one bar, times.
//!
//! In: states, totals, moments. Out: words, and markup that is escaped already. Never: reads.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::ledger::totals::Totals;
use crate::report::forms::html::fact::Tone;
use crate::report::forms::html::svg::Drawing;
use crate::report::forms::html::words::{number, second, span};
use crate::run::RunStatus;

/// A state in one word, on its colour.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Badge {
    tone: &'static str,
    word: &'static str,
}

impl Badge {
    /// Of a run that is in this state, and ended so where it did.
    pub(super) fn of(status: RunStatus, exit: Option<ExitStatus>) -> Self {
        let of_exit = match exit {
            Some(ExitStatus::Success) => "good",
            Some(ExitStatus::Unknown) => "doubt",
            Some(_) => "bad",
            None => "idle",
        };
        let tone = match status {
            RunStatus::Running => "live",
            RunStatus::Paused | RunStatus::CutOff | RunStatus::Unfinished => "open",
            RunStatus::Cancelled | RunStatus::Skipped | RunStatus::Superseded => "idle",
            RunStatus::Finished | RunStatus::Imported => of_exit,
        };
        Self { tone, word: status.as_str() }
    }
}

/// How many launches have which tone, in the order of [`Tone::ALL`].
pub(super) fn by_tone(totals: &Totals) -> [u32; 5] {
    let outcomes = totals.outcomes.unwrap_or_default();
    let open = outcomes.suspended + outcomes.late + outcomes.gone;
    let bad = totals.rejected + outcomes.faulted + outcomes.stopped;
    let doubt = totals.unknown + totals.partial + totals.duplicate;
    let idle = totals.skipped + totals.not_sent;
    // One in doubt may have robot jobs that ended: it is counted once, as what is left.
    let good = totals.launches.saturating_sub(open + bad + doubt + idle);
    [good, open, bad, doubt, idle]
}

/// The launches that failed, or that somebody must look at.
pub(super) fn failures(totals: &Totals) -> u32 {
    let [_, open, bad, doubt, _] = by_tone(totals);
    let suspended = totals.outcomes.map_or(0, |outcomes| outcomes.suspended);
    (open + bad + doubt).saturating_sub(suspended)
}

/// The launches of `run` as one bar; its words are what a screen reader tells.
pub(super) fn bar(run: RunId, totals: &Totals, height: u32) -> String {
    let mut drawing = Drawing::new(height);
    let mut words = Vec::new();
    let mut x = 0.0;
    for (tone, count) in Tone::ALL.into_iter().zip(by_tone(totals)).filter(|(_, count)| *count > 0) {
        let width = f64::from(count) * 100.0 / f64::from(totals.launches.max(1));
        drawing.bar(tone.class(), (x, width), (0.0, f64::from(height)));
        words.push(format!("{} {}", number(count as usize), tone.word()));
        x += width;
    }
    drawing.finish(&format!("bar-{run}"), "Launches", &words.join(", "))
}

/// A moment to the second: `2026-01-31 02:00:05`.
pub(super) fn at(time: Timestamp) -> String {
    second(time.as_millisecond())
}

/// How long it was between two moments, in words.
pub(super) fn took(from: Timestamp, to: Timestamp) -> String {
    span(to.as_millisecond().saturating_sub(from.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::totals::OutcomeTotals;

    #[test]
    fn each_launch_is_counted_in_one_tone() {
        let outcomes = OutcomeTotals { successful: 5, suspended: 1, faulted: 2, stopped: 0, late: 1, gone: 0 };
        let totals = Totals {
            launches: 20,
            started: 9,
            rejected: 3,
            unknown: 1,
            partial: 1,
            skipped: 2,
            not_sent: 4,
            outcomes: Some(outcomes),
            ..Totals::default()
        };
        assert_eq!(by_tone(&totals), [5, 2, 5, 2, 6]);
        assert_eq!(failures(&totals), 8, "what waits for a person has not failed");
        assert_eq!(by_tone(&Totals::default()), [0; 5]);
    }

    #[test]
    fn a_bar_is_as_wide_as_its_parts_are_of_all() {
        let run = RunId::named(&["bar"]);
        let totals = Totals { launches: 4, started: 3, rejected: 1, ..Totals::default() };
        let svg = bar(run, &totals, 10);
        let good = r#"<rect class="good" x="0.00%" width="75.00%" y="0.0" height="10.0"/>"#;
        let bad = r#"<rect class="bad" x="75.00%" width="25.00%" y="0.0" height="10.0"/>"#;
        assert!(svg.contains(good) && svg.contains(bad) && svg.contains("3 good, 1 failed"), "{svg}");
    }
}
