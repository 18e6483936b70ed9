//! Launches that are to be started once, whatever the run: those that another run may have started are left out.
//!
//! In: what the ledger holds of this run, and of every other run of its manifest. Out: an event for each launch that is
//! left out, so that it stays left out, and its report says why. Never: sends.

use crate::clock::Timestamp;
use crate::ids::{LaunchId, Ordinal, RunId};
use crate::launch::history::RunHistory;
use crate::launch::request_source::RequestSource;
use crate::ledger::event::{LaunchEvent, Record};
use crate::ledger::{EventLog, LedgerError, OtherRunLaunch, RunStore};
use std::collections::HashMap;

/// Maximum launches left out by one commit.
const MAX_BATCH: usize = 1000;

/// Leaves out what `run` has not begun, is to start once, and another run of its manifest may have started.
///
/// The caller holds the manifest's lock, so that no other run can start it meanwhile. Shape: `history` as it then is.
pub async fn skip_started_elsewhere<L: RunStore + EventLog, R: RequestSource>(
    ledger: &L,
    requests: &R,
    run: RunId,
    now: Timestamp,
    mut history: RunHistory,
) -> Result<RunHistory, LedgerError> {
    let mut ordinal_by_launch: HashMap<LaunchId, Ordinal> = HashMap::new();
    for ordinal in (0..requests.count()).map(Ordinal) {
        if requests.is_once(ordinal) && !requests.skips(ordinal) && !history.touched.contains(ordinal) {
            ordinal_by_launch.insert(requests.request(ordinal).launch, ordinal);
            // Its own id rules over one that is another launch's under a name of before.
            for other in requests.plan().map(|plan| plan.ids_under_later_names(ordinal)).unwrap_or_default() {
                ordinal_by_launch.entry(other).or_insert(ordinal);
            }
        }
    }
    if ordinal_by_launch.is_empty() {
        return Ok(history);
    }
    let found = ledger.started_elsewhere(run, ordinal_by_launch.keys().cloned().collect()).await?;
    let mut records = Vec::with_capacity(found.len());
    for OtherRunLaunch { launch, run: by, certain } in found {
        let Some(ordinal) = ordinal_by_launch.get(&launch) else { continue };
        if history.touched.contains(*ordinal) {
            // Under another id, too.
            continue;
        }
        let event = LaunchEvent::StartedElsewhere { by, certain };
        history.apply(*ordinal, event.clone());
        records.push(Record { ordinal: *ordinal, at: now, event });
    }
    records.sort_by_key(|record| record.ordinal);
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(MAX_BATCH));
        ledger.append(run, std::mem::replace(&mut records, rest)).await?;
    }
    Ok(history)
}
