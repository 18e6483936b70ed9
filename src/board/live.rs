//! How a run is getting on, as the part of a page that changes; of a run that a process is at, from what was added to the ledger
//! since it was last asked for.
//!
//! In: the ledger. Out: totals, and the part of a page. Kept: the counts of the runs that are watched. Never: writes.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::Mutex;

use super::error::BoardError;
use super::markup::{Badge, bar, took};
use crate::clock::Timestamp;
use crate::ids::RunId;
use crate::ledger::Store;
use crate::ledger::state::Verdict;
use crate::ledger::totals::Totals;
use crate::outcome::JobOutcome;
use crate::report::forms::html::summary::{tone_of, tone_of_outcome};
use crate::report::forms::html::words::number;
use crate::run::{RunCount, RunStatus, StoredRun};
use crate::words::Words as _;

/// Maximum runs whose states are kept; beyond it all are read anew.
const MAX_KEPT: usize = 32;

/// The height of the bar of launches, in pixels.
const BAR_HEIGHT: u32 = 18;

/// The runs that are watched.
#[derive(Default)]
pub(super) struct LiveRuns {
    counts_by_run: Mutex<HashMap<RunId, Arc<Mutex<RunCount>>>>,
}

/// How a run is getting on, for its page.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RunProgress {
    pub(super) id: String,
    /// Whether a process is at it.
    pub(super) is_live: bool,
    badge: Badge,
    /// For how long it has been going on, or took.
    took: String,
    launches: String,
    /// Those of which it is known what came of them, or which were sent at least.
    sent: String,
    bar: String,
    /// Verdicts and outcomes that there are, each with its tone and its count.
    counts: Vec<(&'static str, &'static str, String)>,
    outcomes: Vec<(&'static str, &'static str, String)>,
    /// Who or what holds it back.
    hold: String,
}

/// How `run` is getting on at `now`.
pub(super) async fn read<S: Store>(
    store: &S,
    run: RunId,
    live: &LiveRuns,
    now: Timestamp,
) -> Result<RunProgress, BoardError> {
    let stored = StoredRun::read(store, run).await?;
    let status = stored.status(store).await?;
    let totals = live.totals(store, &stored, status).await?;
    let until = stored.end.map_or(now, |end| end.ended);
    let counts =
        Verdict::ALL.into_iter().map(|verdict| (tone_of(verdict).class(), verdict.as_str(), totals.of(verdict)));
    let outcomes = totals.outcomes.unwrap_or_default();
    let outcomes = JobOutcome::ALL
        .iter()
        .map(|outcome| (tone_of_outcome(*outcome).class(), outcome.word(), outcomes.of(*outcome)));
    let shown = |(tone, word, count): (&'static str, &'static str, u32)| {
        (count > 0).then(|| (tone, word, number(count as usize)))
    };
    Ok(RunProgress {
        id: run.to_string(),
        is_live: is_live(status),
        badge: Badge::of(status, stored.end.map(|end| end.exit)),
        took: if stored.end.is_some() || is_live(status) { took(stored.record.started, until) } else { String::new() },
        launches: number(totals.launches as usize),
        sent: number((totals.launches - totals.not_sent) as usize),
        bar: bar(run, &totals, BAR_HEIGHT),
        counts: counts.filter_map(shown).collect(),
        outcomes: outcomes.filter_map(shown).collect(),
        hold: stored.steered().hold.map(|hold| hold.to_string()).unwrap_or_default(),
    })
}

/// Whether it changes by itself.
pub(super) fn is_live(status: RunStatus) -> bool {
    match status {
        RunStatus::Running => true,
        RunStatus::Paused
        | RunStatus::Cancelled
        | RunStatus::CutOff
        | RunStatus::Unfinished
        | RunStatus::Finished
        | RunStatus::Skipped
        | RunStatus::Superseded
        | RunStatus::Imported => false,
    }
}

impl LiveRuns {
    /// What has come of the launches of a run in this state.
    pub(super) async fn totals<S: Store>(
        &self,
        store: &S,
        stored: &StoredRun,
        status: RunStatus,
    ) -> Result<Totals, BoardError> {
        if let Some(end) = stored.end.filter(|_| !is_live(status)) {
            return Ok(end.totals);
        }
        let count = {
            let mut counts = self.counts_by_run.lock().await;
            if counts.len() >= MAX_KEPT && !counts.contains_key(&stored.record.id) {
                counts.clear();
            }
            Arc::clone(counts.entry(stored.record.id).or_default())
        };
        let mut count = count.lock().await;
        let counted = count.go_on(store, stored).await;
        if counted.is_err() {
            *count = RunCount::default();
        }
        Ok(counted?)
    }
}
