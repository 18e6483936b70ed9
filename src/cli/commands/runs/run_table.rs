//! The list of runs: a row for each, as a table for people and as values for machines.

use std::time::Duration;

use serde::Serialize;

use super::comparison::RunComparison;
use super::spans::{span_words, took};
use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::diagnostic::styles::{Styles, paint};
use crate::ledger::RunSummary;
use crate::ledger::totals::Totals;
use crate::run::{RunStatus, ShortIds, StoredRun};

/// Maximum characters of a manifest's name in the table; JSON has all of it.
const MAX_NAME: usize = 24;

/// One run of the list. Keys are added, never changed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct RunRow {
    /// The run's id.
    id: String,
    /// The manifest's name.
    name: String,
    /// The slot that it stands for, UTC.
    slot: Option<String>,
    /// When it was opened, UTC.
    started: String,
    /// How it is getting on.
    state: RunStatus,
    /// Its launches by verdict.
    totals: Totals,
    /// How it ended; null while it has not.
    exit_code: Option<u8>,
    /// When it ended, UTC; null while it has not.
    ended: Option<String>,
    /// From its beginning to its end, in seconds; null while it has not ended.
    seconds: Option<f64>,
    /// The newest run of a manifest against those before it, where one manifest is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) compared: Option<RunComparison>,
    /// As much of its id as finds it.
    #[serde(skip)]
    short: String,
    /// When it was opened.
    #[serde(skip)]
    began: Timestamp,
}

impl RunRow {
    /// The row of the run that `summary` and `stored` are of.
    pub(super) fn new(
        short: &ShortIds,
        summary: RunSummary,
        state: RunStatus,
        totals: Totals,
        stored: &StoredRun,
        compared: Option<RunComparison>,
    ) -> Self {
        let took = stored.end.map(|end| took(summary.started, end.ended));
        Self {
            short: short.of(summary.id),
            began: summary.started,
            id: summary.id.to_string(),
            name: summary.name,
            slot: summary.slot,
            started: summary.started.to_string(),
            state,
            totals,
            exit_code: stored.end.map(|end| end.exit.code()),
            ended: stored.end.map(|end| end.ended.to_string()),
            seconds: took.map(|took| took.as_secs_f64()),
            compared,
        }
    }
}

/// The table of `rows`, whose lines are cut to `columns` where those are known.
pub(super) fn table(rows: &[RunRow], columns: Option<usize>, styles: &Styles) -> String {
    let cells = |row: &RunRow| -> [String; 7] {
        let name = escape(&row.name);
        let name = if name.chars().count() > MAX_NAME {
            name.chars().take(MAX_NAME - 1).chain(['…']).collect()
        } else {
            name.into_owned()
        };
        [
            row.short.clone(),
            name,
            row.began.strftime("%Y-%m-%d %H:%MZ").to_string(),
            row.seconds.map_or_else(|| "-".to_owned(), |seconds| span_words(Duration::from_secs_f64(seconds))),
            row.state.as_str().to_owned(),
            row.exit_code.map_or("-".to_owned(), |code| code.to_string()),
            row.totals.to_string() + &row.slot.as_ref().map(|slot| format!("; slot {slot}")).unwrap_or_default(),
        ]
    };
    let head = ["run", "manifest", "started", "took", "state", "exit", "launches"].map(str::to_owned);
    let lines: Vec<[String; 7]> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        let padded = padded.collect::<Vec<_>>().join("  ");
        let padded = padded.trim_end();
        let cut: String = match columns {
            Some(columns) if padded.chars().count() > columns => {
                padded.chars().take(columns.saturating_sub(1)).chain(['…']).collect()
            }
            Some(_) | None => padded.to_owned(),
        };
        let style = match number.checked_sub(1).map(|index| &rows[index]) {
            None => styles.strong,
            Some(row) if row.exit_code.is_some_and(|code| code != 0) => styles.error,
            Some(row) if matches!(row.state, RunStatus::CutOff | RunStatus::Unfinished | RunStatus::Paused) => {
                styles.warning
            }
            Some(_) => Styles::PLAIN.strong,
        };
        text.push_str(&format!("{}\n", paint(style, cut)));
    }
    text
}
