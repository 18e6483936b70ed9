//! A run against the ones before it of the same manifest on the same tenant: how long they took, how many launches they had, how
//! many of them failed.
//!
//! In: the ends of runs, as the list has them. Out: three small charts, and the same as a table. Never: reads a launch.

use serde::Serialize;

use super::error::BoardError;
use super::markup::{at, failures, took};
use crate::ids::RunId;
use crate::ledger::{RunSummary, Store};
use crate::report::forms::html::svg::Drawing;
use crate::report::forms::html::words::{number, span};

/// The newest runs, among which the one that is looked at usually is.
const MAX_NEWEST: usize = 50;
/// Maximum runs before it that it is held against.
const MAX_BEFORE: usize = 10;
/// The height of a chart and of the words above its bars, in pixels.
const HEIGHT: u32 = 84;
const WORDS_HEIGHT: f64 = 16.0;

/// A run and those before it.
#[derive(Debug, Default, Serialize)]
pub(super) struct PastRuns {
    charts: Vec<Chart>,
    rows: Vec<EndedRow>,
}

/// One figure of each run, the oldest first.
#[derive(Debug, Serialize)]
struct Chart {
    heading: &'static str,
    svg: String,
    caption: String,
}

/// The figures of one run.
#[derive(Debug, Serialize)]
struct EndedRow {
    id: String,
    is_this: bool,
    started: String,
    took: String,
    launches: String,
    failures: String,
    exit: u8,
}

/// What is drawn of one run.
struct Figures {
    took_ms: u64,
    launches: u64,
    failures: u64,
}

/// `run` against the ten before it that ended; empty while it has not ended, or where there is none before it.
pub(super) async fn read<S: Store>(store: &S, run: RunId) -> Result<PastRuns, BoardError> {
    let (record, end) = store.read_run(run).await?;
    if end.is_none() || record.is_imported() {
        return Ok(PastRuns::default());
    }
    let mut runs = store.runs_of(&record.tenant, &record.name, MAX_NEWEST).await?;
    let is_enough = runs.iter().position(|other| other.id == run).is_some_and(|place| place + MAX_BEFORE < runs.len());
    if runs.len() == MAX_NEWEST && !is_enough {
        runs = store.runs_of(&record.tenant, &record.name, usize::MAX).await?;
    }
    let since = runs.into_iter().skip_while(|other| other.id != run).filter(|other| other.end.is_some());
    let mut newest_first: Vec<RunSummary> = since.take(MAX_BEFORE + 1).collect();
    if newest_first.len() < 2 {
        return Ok(PastRuns::default());
    }
    newest_first.reverse();
    Ok(of(&newest_first))
}

/// The charts of `runs`, all ended, the last of which is the one that is looked at.
fn of(runs: &[RunSummary]) -> PastRuns {
    let figures: Vec<Figures> = runs.iter().map(Figures::of).collect();
    let charts = [
        chart(
            "took",
            "Duration",
            "sent",
            &figures,
            |run| run.took_ms,
            |ms| span(i64::try_from(ms).unwrap_or(i64::MAX)),
        ),
        chart("launched", "Launches", "sent", &figures, |run| run.launches, whole),
        chart("failed", "Failures", "bad", &figures, |run| run.failures, whole),
    ];
    let last = runs.len() - 1;
    let rows = runs.iter().enumerate().rev().filter_map(|(place, run)| {
        let end = run.end.as_ref()?;
        Some(EndedRow {
            id: run.id.to_string(),
            is_this: place == last,
            started: at(run.started),
            took: took(run.started, end.ended),
            launches: number(end.totals.launches as usize),
            failures: number(failures(&end.totals) as usize),
            exit: end.exit.code(),
        })
    });
    PastRuns { charts: charts.into(), rows: rows.collect() }
}

fn whole(count: u64) -> String {
    number(usize::try_from(count).unwrap_or(usize::MAX))
}

/// A bar for each run, as high as its figure is of the greatest; the one that is looked at stands last, in its own colour.
fn chart(
    id: &str,
    heading: &'static str,
    class: &str,
    runs: &[Figures],
    figure: fn(&Figures) -> u64,
    words: fn(u64) -> String,
) -> Chart {
    let values: Vec<u64> = runs.iter().map(figure).collect();
    let most = values.iter().copied().max().unwrap_or_default();
    let (last, before) = values.split_last().expect("there is one run at least");
    let mut sorted = before.to_vec();
    sorted.sort_unstable();
    let usual = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    let mut drawing = Drawing::new(HEIGHT);
    let room = f64::from(HEIGHT) - WORDS_HEIGHT;
    // As wide as if there were all of them, so that two charts of different runs can be compared.
    let step = 100.0 / (lossy(MAX_BEFORE as u64) + 1.0);
    let first = 100.0 - step * lossy(values.len() as u64);
    for (place, value) in values.iter().enumerate() {
        let x = first + step * lossy(place as u64);
        let height = if most == 0 { 0.0 } else { room * lossy(*value) / lossy(most) };
        let is_last = place + 1 == values.len();
        // Something is seen of a run in which there was nothing.
        let height = height.max(1.0);
        // Nothing that failed is not red.
        let class = if is_last && *value > 0 { class } else { "queued" };
        drawing.bar(class, (x + step * 0.1, step * 0.8), (f64::from(HEIGHT) - height, height));
    }
    drawing.words("label", (100.0, 11.0), "end", &words(*last));
    let told = values.iter().map(|value| words(*value)).collect::<Vec<_>>().join(", ");
    let description = format!("From the oldest to this run: {told}");
    let caption =
        format!("This run {}; usually {} (median of the {} before)", words(*last), words(usual), before.len());
    Chart { heading, svg: drawing.finish(&format!("history-{id}"), heading, &description), caption }
}

impl Figures {
    fn of(run: &RunSummary) -> Self {
        let Some(end) = &run.end else { return Self { took_ms: 0, launches: 0, failures: 0 } };
        let took_ms = end.ended.as_millisecond().saturating_sub(run.started.as_millisecond());
        Self {
            took_ms: u64::try_from(took_ms).unwrap_or_default(),
            launches: u64::from(end.totals.launches),
            failures: u64::from(failures(&end.totals)),
        }
    }
}

/// A number for drawing.
#[expect(clippy::cast_precision_loss, reason = "a pixel more or less is not seen")]
fn lossy(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitStatus;
    use crate::ledger::RunEnd;
    use crate::ledger::totals::Totals;

    #[test]
    fn the_run_that_is_looked_at_stands_last_and_is_held_against_the_median_of_the_others() {
        let run = |hour: i8, minutes: i64, launches: u32, rejected: u32| {
            let started = format!("2026-01-31T{hour:02}:00:00Z").parse().expect("a time");
            let ended = crate::clock::later(started, std::time::Duration::from_secs(minutes.unsigned_abs() * 60));
            let totals = Totals { launches, started: launches - rejected, rejected, ..Totals::default() };
            RunSummary {
                id: RunId::named(&[&hour.to_string()]),
                name: "night".to_owned(),
                slot: None,
                started,
                launches,
                is_imported: false,
                end: Some(RunEnd { ended, exit: ExitStatus::Success, totals }),
            }
        };
        let history = of(&[run(1, 10, 100, 0), run(2, 20, 100, 0), run(3, 15, 100, 0), run(4, 40, 50, 5)]);
        let captions: Vec<&str> = history.charts.iter().map(|chart| chart.caption.as_str()).collect();
        assert_eq!(
            captions,
            [
                "This run 40 min; usually 15 min (median of the 3 before)",
                "This run 50; usually 100 (median of the 3 before)",
                "This run 5; usually 0 (median of the 3 before)",
            ]
        );
        let bars = |chart: &Chart| (chart.svg.matches("\"queued\"").count(), chart.svg.matches("\"bad\"").count());
        assert_eq!(bars(&history.charts[2]), (3, 1));
        let this: Vec<(bool, u8)> = history.rows.iter().map(|row| (row.is_this, row.exit)).collect();
        assert_eq!(this, [(true, 0), (false, 0), (false, 0), (false, 0)], "the newest first");
    }
}
