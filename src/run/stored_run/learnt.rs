//! How long robot jobs of each release usually live, by an earlier run of the same manifest.
//!
//! In: a ledger. Out: a median for each release. Never: more than a page of one run; where nothing is known, nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::ids::{Ordinal, ReleaseKey};
use crate::ledger::state::LaunchState;
use crate::ledger::{EventLog, LedgerError, RunRecord, RunStore};
use crate::outcome::JobOutcome;
use crate::wait::LearntSpans;

/// Maximum earlier runs that are looked at for one that waited.
const MAX_RUNS: usize = 5;
/// Maximum launches of it that are read.
const MAX_LAUNCHES: usize = 1000;

/// What the latest run of the manifest of `record` tells that waited for robot jobs.
///
/// Errors: the ledger cannot be read.
pub(in crate::run) async fn learn_spans<L: RunStore + EventLog>(
    ledger: &L,
    record: &RunRecord,
) -> Result<LearntSpans, LedgerError> {
    for run in ledger.runs_of(&record.tenant, &record.name, MAX_RUNS).await? {
        if run.id == record.id {
            continue;
        }
        let mut spans_by_release: BTreeMap<ReleaseKey, Vec<Duration>> = BTreeMap::new();
        for (_, state) in ledger.read_states(run.id, Ordinal(0), MAX_LAUNCHES).await? {
            if let LaunchState::Started { attempts, jobs, ends, .. } = state {
                let spans = ends.iter().filter(|end| end.outcome == JobOutcome::Successful).filter_map(|end| {
                    let created = jobs.iter().find(|job| job.id == end.job)?.created()?;
                    let ended: Timestamp = end.end_time.as_deref()?.parse().ok()?;
                    Duration::try_from(ended.duration_since(created)).ok()
                });
                spans_by_release.entry(attempts.intent.release).or_default().extend(spans);
            }
        }
        let medians = spans_by_release.into_iter().filter_map(|(release, mut spans)| {
            spans.sort_unstable();
            Some((release, *spans.get(spans.len() / 2)?))
        });
        let medians = LearntSpans(medians.collect());
        if !medians.0.is_empty() {
            return Ok(medians);
        }
    }
    Ok(LearntSpans::default())
}
