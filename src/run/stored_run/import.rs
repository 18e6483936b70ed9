//! A run file -> the ledger, to be shown and never to be sent on.
//!
//! In: a run that another ledger launched. Out: the same run here, of a tenant that no profile leads to: in the very row that makes
//! it known, so that no crash leaves one that could be sent. Never: changes what is here; a later file of the same run adds to it.

use std::collections::VecDeque;

use crate::ids::RunId;
use crate::ledger::event::Record;
use crate::ledger::{LedgerError, LockName, RecordMark, RunRecord, Store};
use crate::run_file::RunFile;

/// Maximum events that are appended at once.
const MAX_AT_ONCE: usize = 1000;

/// What an import did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Imported {
    /// The ledger has the run now.
    New,
    /// It had the beginning of it, and has so many events more.
    Continued(usize),
    /// It had all of it.
    Known,
}

/// Why a run is not imported; the ledger is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RunImportError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Another process imports it, or is at it.
    #[error("run {run} is in use by another process")]
    InUse {
        /// The run.
        run: RunId,
    },
    /// This ledger launched it itself.
    #[error("run {run} was launched by this ledger, which knows more of it than any file")]
    Own {
        /// The run.
        run: RunId,
    },
    /// What is here is not what is in the file, nor the beginning of it.
    #[error(
        "run {run} was imported before, with another content: neither is the beginning of the other\n  \
         help: import the file into a ledger of its own (--ledger FILE), or make a report of it as it is"
    )]
    Another {
        /// The run.
        run: RunId,
    },
}

/// Takes the run in `file` into `store`. The same file again changes nothing; a later one of the same run adds what is new.
pub async fn import_run<S: Store>(store: &S, file: RunFile) -> Result<Imported, RunImportError> {
    let run = file.record.id;
    let Some(_lock) = store.lock(LockName::Run(run)).await? else { return Err(RunImportError::InUse { run }) };
    let wanted = file.imported_record();
    let (is_new, known_end) = match store.read_run(run).await {
        Err(LedgerError::NoRun(_)) => (true, None),
        Err(error) => return Err(error.into()),
        Ok((known, _)) if !known.is_imported() => return Err(RunImportError::Own { run }),
        Ok((known, end)) if is_same(&known, &wanted) => (false, end),
        Ok(_) => return Err(RunImportError::Another { run }),
    };
    let mut notes: VecDeque<_> = file.notes.into();
    let mut records: VecDeque<Record> = file.records.into();
    // What is here already is taken off; whether one side is the beginning of the other on both counts is seen before anything is
    // written.
    let (mut has_more, mut has_fewer) = (false, false);
    for note in store.read_notes(run).await? {
        match notes.pop_front() {
            Some(known) if known == note => {}
            Some(_) => return Err(RunImportError::Another { run }),
            None => has_more = true,
        }
    }
    let mut mark = RecordMark::default();
    while let Some((next, known)) = store.read_records(run, mark).await? {
        for known in known {
            match records.pop_front() {
                Some(record) if record == known => {}
                Some(_) => return Err(RunImportError::Another { run }),
                None => has_more = true,
            }
        }
        mark = next;
    }
    has_fewer |= !notes.is_empty() || !records.is_empty();
    if has_more && has_fewer {
        return Err(RunImportError::Another { run });
    }
    if has_more || (!is_new && !has_fewer && (file.end.is_none() || file.end == known_end)) {
        return Ok(Imported::Known);
    }
    if is_new {
        store.open_run(wanted).await?;
    } else if file.end.is_none() && known_end.is_some() {
        store.reopen_run(run, file.exported).await?;
    }
    let added = records.len();
    for note in notes {
        store.note(run, note).await?;
    }
    while !records.is_empty() {
        let some: Vec<Record> = records.drain(..records.len().min(MAX_AT_ONCE)).collect();
        store.append(run, some).await?;
    }
    if let Some(end) = file.end {
        store.close_run(run, end).await?;
    }
    Ok(if is_new { Imported::New } else { Imported::Continued(added) })
}

/// Whether both are of one run: a later export may come from another machine that has the same ledger.
fn is_same(known: &RunRecord, wanted: &RunRecord) -> bool {
    known.launched_on() == wanted.launched_on()
        && RunRecord { tenant: String::new(), ..known.clone() } == RunRecord { tenant: String::new(), ..wanted.clone() }
}
