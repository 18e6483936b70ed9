//! What other runs of a manifest started: the question behind `once: true`.
//!
//! In: a run and launch ids. Out: those that another run may have started. It costs one pass over the events of those runs,
//! and keeps in memory no more than the launches that are asked for.

use std::collections::HashSet;

use rusqlite::{Connection, params};

use super::form::Form;
use super::rows::{RowLocation, damaged, unread};
use super::{blocks, form_2};
use crate::ids::{LaunchId, RunId, fold_tenant};
use crate::ledger::error::LedgerError;
use crate::ledger::run_record::OtherRunLaunch;
use crate::ledger::state::{LaunchState, Verdict};

/// Whether another run than `run` has sent, or found, anything on `tenant`.
pub(super) fn knows(connection: &Connection, form: Form, tenant: &str, run: RunId) -> Result<bool, LedgerError> {
    let sql = "SELECT number FROM runs WHERE tenant = ?1 AND id <> ?2";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query(params![tenant, run.to_string()]).map_err(unread)?;
    while let Some(row) = rows.next().map_err(unread)? {
        let number = row.get(0).map_err(unread)?;
        let has_any = match form {
            Form::Two => form_2::has_any(connection, number)?,
            Form::Three => blocks::has_any(connection, number)?,
        };
        if has_any {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Which of `launches` another run of the same manifest on the same tenant may have started.
///
/// Runs opened later count too: `run` may have been cut off, and be taken up after them.
pub(super) fn started_elsewhere(
    connection: &Connection,
    form: Form,
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
        if wanted.is_empty() {
            break;
        }
        let number: i64 = row.get(0).map_err(unread)?;
        let (there, here): (String, String) = (row.get(2).map_err(unread)?, row.get(3).map_err(unread)?);
        if fold_tenant(&there) != fold_tenant(&here) {
            continue;
        }
        let id: String = row.get(1).map_err(unread)?;
        let id: RunId = id.parse().map_err(damaged(RowLocation::Run(number)))?;
        let states = match form {
            Form::Two => form_2::states_of(connection, number, &wanted)?,
            Form::Three => blocks::states_of(connection, number, &wanted)?,
        };
        for (launch, state) in states {
            if let Some(certain) = may_have_started(&state) {
                wanted.remove(&launch);
                found.push(OtherRunLaunch { launch, run: id, certain });
            }
        }
    }
    Ok(found)
}

/// Whether a launch in this state started robot jobs: surely, perhaps (false), or surely not (none).
fn may_have_started(state: &LaunchState) -> Option<bool> {
    match state.verdict() {
        Verdict::Started | Verdict::Partial | Verdict::Duplicate => Some(true),
        Verdict::Unknown => Some(false),
        Verdict::Rejected | Verdict::Skipped | Verdict::NotSent => None,
    }
}
