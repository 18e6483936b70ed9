//! A ledger of an older form, taken along to the form that is written: in one transaction, with all that it holds.
//!
//! In: a connection to a ledger. Out: the same ledger in the written form, or as it was. A process that is killed in the
//! middle leaves the older form whole. Never: begins while a process is at a run of the ledger.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::form::Form;
use super::lock::FileLock;
use super::rows::{RowLocation, damaged, unread, unwritten};
use super::{blocks, form_2};
use crate::ids::RunId;
use crate::ledger::error::LedgerError;
use crate::ledger::event::Record;

/// Maximum events of a block that is made of an older form: as many as the launcher puts into one commit.
const MAX_BLOCK: usize = 256;

/// What came of a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The form that the ledger had.
    pub from: i64,
    /// The form that it has; the same where there was nothing to do.
    pub to: i64,
    /// How many runs were taken along.
    pub runs: u64,
    /// How many events were taken along.
    pub events: u64,
}

/// Takes the ledger at `path` along, which had the form `form` a moment ago.
///
/// Errors: [`LedgerError::InUse`]; damage, with its place. The ledger is as it was.
pub(super) fn migrate(connection: &mut Connection, path: &Path, form: Form) -> Result<Migrated, LedgerError> {
    let to = Form::WRITTEN.number();
    let nothing = Migrated { from: to, to, runs: 0, events: 0 };
    match form {
        Form::Three => return Ok(nothing),
        Form::Two => {}
    }
    // Nobody writes from here on. Whoever began a run before this, and comes to write after it, is refused by the tables.
    let taking = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unwritten)?;
    let found = taking.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(unread)?;
    if Form::of(found) != Some(Form::Two) {
        return Ok(nothing);
    }
    let unlockable = |source| LedgerError::Unlockable { path: path.to_owned(), source };
    if let Some(lock) = FileLock::find_held(path).map_err(unlockable)? {
        return Err(LedgerError::InUse { path: path.to_owned(), lock });
    }
    taking.execute_batch(blocks::TABLES).map_err(unwritten)?;
    let mut migrated = Migrated { from: Form::Two.number(), ..nothing };
    for (number, run) in runs(&taking)? {
        migrated.runs += 1;
        let mut block: Vec<Record> = Vec::with_capacity(MAX_BLOCK);
        form_2::for_each_record(&taking, number, |record| {
            migrated.events += 1;
            block.push(record);
            if block.len() == MAX_BLOCK {
                blocks::insert(&taking, number, &block)?;
                block.clear();
            }
            Ok(())
        })?;
        blocks::insert(&taking, number, &block)?;
        tracing::debug!("run {run}: taken along");
    }
    taking.execute_batch("DROP TABLE events").map_err(unwritten)?;
    taking.pragma_update(None, "user_version", to).map_err(unwritten)?;
    taking.commit().map_err(unwritten)?;
    Ok(migrated)
}

/// The numbers and ids of all runs.
fn runs(connection: &Connection) -> Result<Vec<(i64, RunId)>, LedgerError> {
    let mut select = connection.prepare("SELECT number, id FROM runs ORDER BY number").map_err(unread)?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?))).map_err(unread)?;
    let mut runs = Vec::new();
    for row in rows {
        let (number, id) = row.map_err(unread)?;
        runs.push((number, id.parse().map_err(damaged(RowLocation::Run(number)))?));
    }
    Ok(runs)
}
