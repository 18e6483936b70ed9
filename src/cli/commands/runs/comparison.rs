//! This night against the last ten: the newest run of a manifest beside those before it.
//!
//! In: runs as a list shows them. Out: how long they took, and how many launches failed. Never: reads a ledger.

use std::time::Duration;

use serde::Serialize;

use super::spans::took;
use crate::diagnostic::styles::{Styles, paint};
use crate::ids::RunId;
use crate::ledger::totals::Totals;
use crate::ledger::{RunEnd, RunSummary};
use crate::outcome::JobOutcome;
use crate::report::span_in_words;
use crate::words::Words as _;

/// Maximum runs that the newest is held against.
const MAX_BEFORE: usize = 10;

/// The newest run of a manifest that has ended, and those before it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RunComparison {
    /// How many runs are before it: ten at most.
    before: usize,
    /// How long it took, in seconds.
    seconds: Compared<f64>,
    /// How many launches it had.
    launches: Compared<u32>,
    /// How many of them did not start, or not end well.
    failures: Compared<u32>,
    /// Its exit code.
    exit_code: Compared<u8>,
    /// The run.
    #[serde(skip)]
    run: RunId,
}

/// One figure of the newest run, and of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Compared<T> {
    newest: T,
    /// The one in the middle of those before.
    median: T,
    least: T,
    most: T,
}

impl RunComparison {
    /// Of the newest run named `name` among `runs`, which are newest first; `None` where fewer than two have ended.
    pub(super) fn of_newest(runs: &[RunSummary], name: &str) -> Option<Self> {
        let ended = runs.iter().filter(|run| run.name == name && !run.is_imported);
        let ended: Vec<(&RunSummary, RunEnd)> =
            ended.filter_map(|run| Some((run, run.end?))).take(MAX_BEFORE + 1).collect();
        let ((newest, _), before) = ended.split_first().filter(|(_, before)| !before.is_empty())?;
        Some(Self {
            before: before.len(),
            seconds: Compared::of(&ended, |run, end| took(run.started, end.ended).as_secs_f64()),
            launches: Compared::of(&ended, |_, end| end.totals.launches),
            failures: Compared::of(&ended, |_, end| failures(&end.totals)),
            exit_code: Compared::of(&ended, |_, end| end.exit.code()),
            run: newest.id,
        })
    }

    /// Whether `run` is the newest.
    pub(super) fn is_of(&self, run: RunId) -> bool {
        self.run == run
    }

    /// For people.
    pub(super) fn table(&self, styles: &Styles) -> String {
        let noun =
            if self.before == 1 { "the one before it".to_owned() } else { format!("the {} before it", self.before) };
        let title = format!("The newest against {noun}");
        let mut text = format!("\n{}\n", paint(styles.strong, title));
        let lines = [
            ["", "newest", "median", "least", "most"].map(str::to_owned),
            self.seconds.cells("took", |seconds| span_in_words(Duration::from_secs_f64(seconds))),
            self.launches.cells("launches", |count| count.to_string()),
            self.failures.cells("failures", |count| count.to_string()),
            self.exit_code.cells("exit", |code| code.to_string()),
        ];
        let widths: [usize; 5] = std::array::from_fn(|column| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default() + 2
        });
        for line in lines {
            let padded: Vec<String> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            text.push_str(&format!("  {}\n", padded.concat().trim_end()));
        }
        text
    }
}

impl<T: Copy + PartialOrd> Compared<T> {
    fn of(runs: &[(&RunSummary, RunEnd)], figure: impl Fn(&RunSummary, RunEnd) -> T) -> Self {
        let newest = figure(runs[0].0, runs[0].1);
        let mut before: Vec<T> = runs[1..].iter().map(|(run, end)| figure(run, *end)).collect();
        before.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
        let last = before.len() - 1;
        Self { newest, median: before[last / 2], least: before[0], most: before[last] }
    }

    fn cells(self, name: &str, words: impl Fn(T) -> String) -> [String; 5] {
        [name.to_owned(), words(self.newest), words(self.median), words(self.least), words(self.most)]
    }
}

/// How many launches did not start, or not end well.
fn failures(totals: &Totals) -> u32 {
    let ended_badly = totals.outcomes.map_or(0, |outcomes| {
        let bad =
            JobOutcome::ALL.iter().filter(|outcome| !matches!(outcome, JobOutcome::Successful | JobOutcome::Suspended));
        bad.map(|outcome| outcomes.of(*outcome)).sum()
    });
    let Totals { rejected, unknown, partial, duplicate, not_sent, .. } = totals;
    rejected + unknown + partial + duplicate + not_sent + ended_badly
}
