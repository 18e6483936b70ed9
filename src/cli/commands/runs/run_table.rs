//! The list of runs: a row for each, as a table for people and as values for machines.

use std::time::Duration;

use serde::Serialize;

use super::comparison::RunComparison;
use super::spans::took;
use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::diagnostic::styles::{Styles, paint};
use crate::ledger::RunSummary;
use crate::ledger::state::Verdict;
use crate::ledger::totals::Totals;
use crate::report::delivery::LaunchCounts;
use crate::report::span_in_words;
use crate::run::{RunStatus, ShortIds, StoredRun};

/// Maximum characters of a manifest's name in the table, and where its lines would be cut; JSON has all of it.
const MAX_NAME: usize = 24;
const MAX_SHORT_NAME: usize = 14;

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
    /// Of the unknown ones, those whose answer a live process waits for; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    under_way: Option<u32>,
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
        counts: LaunchCounts,
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
            totals: counts.totals,
            under_way: (state == RunStatus::Running && counts.open > 0).then_some(counts.open),
            exit_code: stored.end.map(|end| end.exit.code()),
            ended: stored.end.map(|end| end.ended.to_string()),
            seconds: took.map(|took| took.as_secs_f64()),
            compared,
        }
    }
}

impl RunRow {
    /// Its launches in words: `10 started, 48 not-sent, 2 under way`.
    fn launches(&self) -> String {
        let Some(under_way) = self.under_way else { return self.totals.to_string() };
        let known = Totals { unknown: self.totals.unknown.saturating_sub(under_way), ..self.totals };
        if Verdict::ALL.iter().all(|verdict| known.of(*verdict) == 0) {
            format!("{under_way} under way")
        } else {
            format!("{known}, {under_way} under way")
        }
    }
}

/// How much of a run a line of the table has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// All of it.
    Whole,
    /// Names and moments are shorter.
    Short,
    /// Without when it began.
    Undated,
    /// What became of its launches on a line of its own.
    TwoLines,
    /// Each verdict on a line of its own: the last thing to be cut.
    Stacked,
}

impl Layout {
    /// The columns of a line, by their places in a row of cells.
    const fn columns(self) -> &'static [usize] {
        match self {
            Self::Whole | Self::Short => &[0, 1, 2, 3, 4, 5, 6],
            Self::Undated => &[0, 1, 3, 4, 5, 6],
            Self::TwoLines => &[0, 1, 3, 4, 5],
            Self::Stacked => &[1, 4, 5],
        }
    }
}

/// The table of `rows`. Where a line has more than `columns`, it says less of what is the same in most rows: how each run
/// ended and what became of its launches is cut last.
pub(super) fn table(rows: &[RunRow], columns: Option<usize>, styles: &Styles) -> String {
    let columns = columns.unwrap_or(usize::MAX);
    let fits = |lines: &[Vec<String>]| lines.iter().flatten().all(|line| line.chars().count() <= columns);
    let layouts = [Layout::Whole, Layout::Short, Layout::Undated, Layout::TwoLines];
    let mut forms = layouts.into_iter().map(|layout| lines(rows, layout));
    let lines = forms.find(|lines| fits(lines)).unwrap_or_else(|| lines(rows, Layout::Stacked));
    painted(rows, &lines, columns, styles)
}

/// The head and what is said of each row, not cut.
fn lines(rows: &[RunRow], layout: Layout) -> Vec<Vec<String>> {
    let (max_name, moment) = match layout {
        Layout::Whole => (MAX_NAME, "%Y-%m-%d %H:%MZ"),
        Layout::Short | Layout::Undated | Layout::TwoLines | Layout::Stacked => (MAX_SHORT_NAME, "%m-%d %H:%MZ"),
    };
    let cells = |row: &RunRow| -> [String; 7] {
        let name = escape(&row.name);
        let name = if name.chars().count() > max_name {
            name.chars().take(max_name - 1).chain(['…']).collect()
        } else {
            name.into_owned()
        };
        [
            row.short.clone(),
            name,
            row.began.strftime(moment).to_string(),
            row.seconds.map_or_else(|| "-".to_owned(), |seconds| span_in_words(Duration::from_secs_f64(seconds))),
            row.state.as_str().to_owned(),
            row.exit_code.map_or("-".to_owned(), |code| code.to_string()),
            row.launches() + &row.slot.as_ref().map(|slot| format!("; slot {slot}")).unwrap_or_default(),
        ]
    };
    let head = ["run", "manifest", "started", "took", "state", "exit", "launches"].map(str::to_owned);
    let all: Vec<[String; 7]> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| all.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..7).map(width).collect();
    let padded = all.iter().enumerate().map(|(number, line)| {
        let cells = layout.columns().iter().map(|&column| format!("{:width$}", line[column], width = widths[column]));
        let first = cells.collect::<Vec<_>>().join("  ").trim_end().to_owned();
        let below = match layout {
            Layout::TwoLines if number > 0 => vec![format!("  {}", line[6])],
            Layout::Stacked if number > 0 => stacked(&line[0], &line[6]),
            Layout::Whole | Layout::Short | Layout::Undated | Layout::TwoLines | Layout::Stacked => Vec::new(),
        };
        std::iter::once(first).chain(below).collect()
    });
    padded.collect()
}

/// What stands below the first line of a row where there is little room: its id, and each verdict of its launches.
fn stacked(id: &str, launches: &str) -> Vec<String> {
    let verdicts = launches.split([',', ';']).map(str::trim);
    std::iter::once(id).chain(verdicts).map(|part| format!("  {part}")).collect()
}

/// The lines of `rows` in the colours of their ends, each cut to `columns`.
fn painted(rows: &[RunRow], lines: &[Vec<String>], columns: usize, styles: &Styles) -> String {
    let mut text = String::new();
    for (number, lines) in lines.iter().enumerate() {
        let style = match number.checked_sub(1).map(|index| &rows[index]) {
            None => styles.strong,
            Some(row) if row.exit_code.is_some_and(|code| code != 0) => styles.error,
            Some(row) if matches!(row.state, RunStatus::CutOff | RunStatus::Unfinished | RunStatus::Paused) => {
                styles.warning
            }
            Some(_) => Styles::PLAIN.strong,
        };
        for line in lines {
            let cut: String = if line.chars().count() > columns {
                line.chars().take(columns.saturating_sub(1)).chain(['…']).collect()
            } else {
                line.clone()
            };
            text.push_str(&format!("{}\n", paint(style, cut)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, totals: Totals) -> RunRow {
        let began: Timestamp = "2026-01-31T02:30:00Z".parse().expect("a moment");
        RunRow {
            id: "01a21fe61445457e88952d0ad7c09eb7".to_owned(),
            name: name.to_owned(),
            slot: None,
            started: began.to_string(),
            state: RunStatus::Finished,
            totals,
            under_way: None,
            exit_code: Some(12),
            ended: None,
            seconds: Some(2.5),
            compared: None,
            short: "01a21fe61445".to_owned(),
            began,
        }
    }

    #[test]
    fn what_became_of_launches_is_cut_last() {
        let rows = [row("a-name-that-is-long", Totals { started: 3, unknown: 1, rejected: 2, ..Totals::default() })];
        let shown = |columns| table(&rows, Some(columns), &Styles::PLAIN);
        expect_test::expect![[r#"
            run           manifest        took   state     exit  launches
            01a21fe61445  a-name-that-i…  2.5 s  finished  12    3 started, 2 rejected, 1 unknown
        "#]]
        .assert_eq(&shown(95));
        expect_test::expect![[r#"
            manifest        state     exit
            a-name-that-i…  finished  12
              01a21fe61445
              3 started
              2 rejected
              1 unknown
        "#]]
        .assert_eq(&shown(40));
        assert!(shown(200).contains("2026-01-31 02:30Z") && !shown(200).contains('…'), "{}", shown(200));
    }
}
