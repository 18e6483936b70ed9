//! Runs that nobody needs any more, taken out of the file for good; of those that stand for a slot or a key the id stays.
//!
//! In: a connection, runs, and the locks that keep others away from them. Out: a smaller file, sound whatever ends the process
//! meanwhile. Never: decides which runs those are; that is `run/stored_run/prune.rs`.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use super::form::Form;
use super::lock::FileLock;
use super::rows::{self, unread, unwritten};
use crate::clock::Timestamp;
use crate::ids::RunId;
use crate::ledger::error::LedgerError;
use crate::ledger::run_record::{PrunedRun, RunEnd};
use crate::ledger::store::LockName;

/// A table that ledgers of this form did not have from the beginning: which runs were taken out that could be begun again.
pub(super) const LATER_TABLE: &str = "
    CREATE TABLE IF NOT EXISTS pruned_runs (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        started TEXT NOT NULL,
        pruned TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Where rows of a run are, each before what it refers to.
const TABLES: [&str; 6] = ["blocks", "notes", "run_ends", "lists", "list_minutes", "runs"];

/// Maximum runs whose locks are held at the same time: each is two open files.
const MAX_BATCH: usize = 100;

/// What came of pruning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many runs are gone.
    pub runs: u64,
    /// The length of the ledger's file before, in bytes, with its log.
    pub bytes_before: u64,
    /// The same now.
    pub bytes_now: u64,
    /// Whether the room was given back: not where a process is at a run, or the disk has too little room for it.
    pub is_shrunk: bool,
}

/// Takes `runs` out of the ledger at `path`, some at a time, and gives their room back.
pub(super) fn prune_file(
    connection: &mut Connection,
    path: &Path,
    form: Form,
    runs: &[PrunedRun],
    at: Timestamp,
) -> Result<Pruned, LedgerError> {
    if form != Form::WRITTEN {
        let (found, known) = (form.number(), Form::WRITTEN.number());
        return Err(LedgerError::Outdated { path: path.to_owned(), found, known });
    }
    let unlockable = |source| LedgerError::Unlockable { path: path.to_owned(), source };
    let mut pruned = Pruned { bytes_before: length(path), ..Pruned::default() };
    let mut chains: Vec<Vec<PrunedRun>> = Vec::new();
    for run in runs {
        match chains.iter_mut().find(|chain| chain[0].chain == run.chain) {
            Some(chain) => chain.push(*run),
            None => chains.push(vec![*run]),
        }
    }
    let mut chains = chains.into_iter().peekable();
    while chains.peek().is_some() {
        let (mut locks, mut free) = (Vec::new(), Vec::new());
        while locks.len() < MAX_BATCH
            && let Some(chain) = chains.next()
        {
            // Whoever is at one of them needs them all.
            let taken: Result<Option<Vec<FileLock>>, _> =
                chain.iter().map(|run| FileLock::take(path, &LockName::Run(run.id))).collect();
            if let Some(taken) = taken.map_err(unlockable)? {
                locks.extend(taken);
                free.push(chain);
            }
        }
        pruned.runs += take_out(connection, &free, at)?;
        drop(locks);
    }
    pruned.is_shrunk = may_shrink(path)? && shrink(connection)?;
    pruned.bytes_now = length(path);
    Ok(pruned)
}

/// The bytes of the ledger's file and its log.
fn length(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let of = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    of(path) + of(Path::new(&log))
}

/// Takes `chains` out, all or none; one of which a run is not as it was when it was chosen stays. How many runs went.
fn take_out(connection: &mut Connection, chains: &[Vec<PrunedRun>], at: Timestamp) -> Result<u64, LedgerError> {
    let pruning = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(unwritten)?;
    let mut gone = 0;
    for chain in chains {
        let mut are_same = true;
        for run in chain {
            are_same &= is_same(&pruning, run)?;
        }
        for run in chain.iter().filter(|_| are_same) {
            let Some(number) = rows::number_of(&pruning, run.id)? else { continue };
            let (record, _) = rows::read_run(&pruning, run.id)?;
            if run.keeps_id {
                let sql = "INSERT OR REPLACE INTO pruned_runs (id, name, started, pruned) VALUES (?1, ?2, ?3, ?4)";
                let values = params![record.id.to_string(), record.name, record.started.to_string(), at.to_string()];
                pruning.execute(sql, values).map_err(unwritten)?;
            }
            for table in TABLES {
                let column = if table == "runs" { "number" } else { "run" };
                pruning.execute(&format!("DELETE FROM {table} WHERE {column} = ?1"), [number]).map_err(unwritten)?;
            }
            gone += 1;
        }
    }
    pruning.commit().map_err(unwritten)?;
    Ok(gone)
}

/// Whether `run` is there as it was when it was chosen.
fn is_same(connection: &Connection, run: &PrunedRun) -> Result<bool, LedgerError> {
    if rows::number_of(connection, run.id)?.is_none() {
        return Ok(false);
    }
    let (_, end): (_, Option<RunEnd>) = rows::read_run(connection, run.id)?;
    Ok(end == Some(run.end) && rows::read_notes(connection, run.id)?.len() == run.notes)
}

/// Whether the file may be written anew: nobody is at a run, who would wait for it and then stop sending, and the disk has the
/// room that it takes meanwhile.
fn may_shrink(path: &Path) -> Result<bool, LedgerError> {
    let unlockable = |source| LedgerError::Unlockable { path: path.to_owned(), source };
    let is_free = FileLock::find_held(path).map_err(unlockable)?.is_none();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let free = rustix::fs::statvfs(folder).map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    Ok(is_free && free / 2 > length(path))
}

/// Gives the room of what was taken out back to the disk; whether that was done. A process that is killed meanwhile leaves the
/// ledger whole.
fn shrink(connection: &Connection) -> Result<bool, LedgerError> {
    use rusqlite::ErrorCode::{DatabaseBusy, DiskFull};
    match connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)") {
        // The runs are gone, and their room is used again.
        Err(error) if matches!(error.sqlite_error_code(), Some(DatabaseBusy | DiskFull)) => Ok(false),
        shrunk => shrunk.map(|()| true).map_err(unwritten),
    }
}

/// When a run with this id was opened that was taken out since; `None` if none was.
pub(super) fn pruned(connection: &Connection, id: RunId) -> Result<Option<String>, LedgerError> {
    let mut select = connection.prepare_cached("SELECT started FROM pruned_runs WHERE id = ?1").map_err(unread)?;
    select.query_row([id.to_string()], |row| row.get(0)).optional().map_err(unread)
}
