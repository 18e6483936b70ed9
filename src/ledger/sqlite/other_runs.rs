//! What other runs of a manifest started: the question behind `once: true`.
//!
//! In: a run and launch ids. Out: those that another run may have started. It costs one look at each launch
//! of those runs, and their whole history only for launches that are asked for.

use std::collections::HashSet;

use rusqlite::{Connection, params};
use serde::Deserialize;

use super::events::read_state;
use super::rows::{RowLocation, damaged, unread};
use crate::ids::{LaunchId, Ordinal, RunId, fold_tenant};
use crate::ledger::error::LedgerError;
use crate::ledger::run_record::OtherRunLaunch;
use crate::ledger::state::{LaunchState, Verdict};

/// A launch's first event, as far as it names the launch.
#[derive(Deserialize)]
struct FirstEvent {
    #[serde(default)]
    intended: Option<LaunchName>,
    #[serde(default)]
    adopted: Option<AdoptedEvent>,
}

#[derive(Deserialize)]
struct AdoptedEvent {
    intent: LaunchName,
}

#[derive(Deserialize)]
struct LaunchName {
    launch: LaunchId,
}

/// Whether another run than `run` has sent, or found, anything on `tenant`.
pub(super) fn knows(connection: &Connection, tenant: &str, run: RunId) -> Result<bool, LedgerError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM runs WHERE tenant = ?1 AND id <> ?2
               AND EXISTS (SELECT 1 FROM events WHERE events.run = runs.number))";
    connection.query_row(sql, params![tenant, run.to_string()], |row| row.get(0)).map_err(unread)
}

/// Which of `launches` another run of the same manifest on the same tenant may have started.
///
/// Runs opened later count too: `run` may have been cut off, and be taken up after them.
pub(super) fn started_elsewhere(
    connection: &Connection,
    run: RunId,
    launches: Vec<LaunchId>,
) -> Result<Vec<OtherRunLaunch>, LedgerError> {
    let mut wanted: HashSet<LaunchId> = launches.into_iter().collect();
    let mut found = Vec::new();
    let sql = "SELECT other.number, other.id, other.tenant, own.tenant FROM runs AS other, runs AS own
               WHERE own.id = ?1 AND other.name = own.name
               AND other.number <> own.number ORDER BY other.number DESC";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query([run.to_string()]).map_err(unread)?;
    while let Some(row) = rows.next().map_err(unread)? {
        let number: i64 = row.get(0).map_err(unread)?;
        let (there, here): (String, String) = (row.get(2).map_err(unread)?, row.get(3).map_err(unread)?);
        if fold_tenant(&there) != fold_tenant(&here) {
            continue;
        }
        let id: String = row.get(1).map_err(unread)?;
        let id: RunId = id.parse().map_err(damaged(RowLocation::Run(number)))?;
        for (ordinal, launch) in launches_of(connection, number)? {
            if !wanted.contains(&launch) {
                continue;
            }
            if let Some(certain) = may_have_started(&read_state(connection, number, ordinal)?) {
                wanted.remove(&launch);
                found.push(OtherRunLaunch { launch, run: id, certain });
            }
        }
    }
    Ok(found)
}

/// The launches of a run that have events.
fn launches_of(connection: &Connection, number: i64) -> Result<Vec<(Ordinal, LaunchId)>, LedgerError> {
    // Of a group with one `min`, SQLite gives the other columns of the row that has it.
    let sql = "SELECT launch, min(number), event FROM events WHERE run = ?1 GROUP BY launch ORDER BY launch";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query(params![number]).map_err(unread)?;
    let mut launches = Vec::new();
    while let Some(row) = rows.next().map_err(unread)? {
        let (launch, event): (i64, i64) = (row.get(0).map_err(unread)?, row.get(1).map_err(unread)?);
        let place = RowLocation::Event { launch, event };
        let ordinal = Ordinal(u32::try_from(launch).map_err(damaged(place))?);
        let text = row.get_ref(2).and_then(|value| Ok(value.as_str()?)).map_err(damaged(place))?;
        let FirstEvent { intended, adopted } = serde_json::from_str(text).map_err(damaged(place))?;
        // A launch that was itself left out names no launch: it started nothing.
        let named = intended.or(adopted.map(|adopted| adopted.intent));
        launches.extend(named.map(|named| (ordinal, named.launch)));
    }
    Ok(launches)
}

/// Whether a launch in this state started robot jobs: surely, perhaps (false), or surely not (none).
fn may_have_started(state: &LaunchState) -> Option<bool> {
    match state.verdict() {
        Verdict::Started | Verdict::Partial | Verdict::Duplicate => Some(true),
        Verdict::Unknown => Some(false),
        Verdict::Rejected | Verdict::Skipped | Verdict::NotSent => None,
    }
}
