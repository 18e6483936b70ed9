//! The list of runs: newest first, a page at a time.
//!
//! In: the ledger's runs as it lists them, and which are wanted. Out: the rows of one page. Never: reads what a run was made of
//! where its end tells all.

use serde::Serialize;

use super::error::BoardError;
use super::live::{LiveRuns, is_live};
use super::markup::{Badge, at, bar, failures, took};
use super::request::RunsQuery;
use crate::clock::Timestamp;
use crate::ledger::totals::Totals;
use crate::ledger::{RunSummary, Store};
use crate::report::forms::html::words::{line, number};
use crate::run::{RunStatus, StoredRun};

/// The rows of a page.
const MAX_ROWS: usize = 50;
/// The height of the bar of a row's launches, in pixels.
const BAR_HEIGHT: u32 = 10;

/// One page of the list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RunListing {
    rows: Vec<ListedRun>,
    /// Which of the runs that are wanted: `1 to 50`.
    shown: String,
    /// The pages beside this one, as what stands behind `?`; `None` if there is none.
    newer: Option<String>,
    older: Option<String>,
    is_narrow: bool,
}

/// One run of the list.
#[derive(Clone, Debug, Serialize)]
struct ListedRun {
    id: String,
    /// The beginning of its id, which people type.
    short: String,
    name: String,
    slot: String,
    started: String,
    took: String,
    badge: Badge,
    exit: String,
    launches: String,
    failures: String,
    bar: String,
}

/// The page that `query` asks for, at `now`.
pub(super) async fn read<S: Store>(
    store: &S,
    query: &RunsQuery,
    live: &LiveRuns,
    now: Timestamp,
) -> Result<RunListing, BoardError> {
    let first = query.page.saturating_mul(MAX_ROWS);
    // One more than is shown: whether there are more.
    let most = if query.is_narrow() { usize::MAX } else { first.saturating_add(MAX_ROWS + 1) };
    let summaries = store.find_runs("", most).await?;
    let name = query.name.to_lowercase();
    let wanted = summaries.into_iter().filter(|run| name.is_empty() || run.name.to_lowercase().contains(&name));
    let (mut rows, mut place, mut is_more) = (Vec::new(), 0, false);
    for summary in wanted {
        // Where all states are wanted, those of other pages are not asked for.
        if query.status.is_none() && place < first {
            place += 1;
            continue;
        }
        if rows.len() == MAX_ROWS && query.status.is_none() {
            is_more = true;
            break;
        }
        let (status, totals) = status_of(store, &summary, live).await?;
        if query.status.is_some_and(|wanted| wanted != status) {
            continue;
        }
        if rows.len() == MAX_ROWS {
            is_more = true;
            break;
        }
        if place >= first {
            rows.push(row(&summary, status, &totals, now));
        }
        place += 1;
    }
    let newer = (query.page > 0).then(|| query.query(query.page - 1));
    let older = is_more.then(|| query.query(query.page + 1));
    let shown = format!("{} to {}", number(first + 1), number(first + rows.len()));
    Ok(RunListing { rows, shown, newer, older, is_narrow: query.is_narrow() })
}

/// How a run is getting on, and what has come of its launches.
async fn status_of<S: Store>(
    store: &S,
    summary: &RunSummary,
    live: &LiveRuns,
) -> Result<(RunStatus, Totals), BoardError> {
    if let Some(end) = &summary.end {
        let notes = store.read_notes(summary.id).await?;
        if let Some(status) = RunStatus::of_end(end, &notes, summary.is_imported) {
            return Ok((status, end.totals));
        }
    }
    let stored = StoredRun::read(store, summary.id).await?;
    let status = stored.status(store).await?;
    let totals = live.totals(store, &stored, status).await?;
    Ok((status, totals))
}

fn row(summary: &RunSummary, status: RunStatus, totals: &Totals, now: Timestamp) -> ListedRun {
    let id = summary.id.to_string();
    let until = summary.end.map(|end| end.ended).or(is_live(status).then_some(now));
    ListedRun {
        short: id.chars().take(12).collect(),
        name: line(&summary.name, 200),
        slot: summary.slot.as_deref().map(|slot| line(slot, 80)).unwrap_or_default(),
        started: at(summary.started),
        took: until.map(|until| took(summary.started, until)).unwrap_or_default(),
        badge: Badge::of(status, summary.end.map(|end| end.exit)),
        exit: summary.end.map(|end| end.exit.code().to_string()).unwrap_or_default(),
        launches: number(totals.launches as usize),
        failures: number(failures(totals) as usize),
        bar: bar(summary.id, totals, BAR_HEIGHT),
        id,
    }
}
