//! Opening the file: it is a ledger, or it becomes one, or it is left as it is.
//!
//! In: a path. Out: a connection to a ledger of this version's form. Never: writes to a file that is somebody else's,
//! not even the switch to a write-ahead log; waits on a pipe or a device.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::form::Form;
use super::{blocks, network_fs, ownership, prune, rations, rows, wal};
use crate::ledger::error::LedgerError;

/// Whose file it is (`PRAGMA application_id`): "sort" in ASCII.
const OURS: i64 = 0x736f_7274;
/// Maximum wait of one process for another one's write.
const MAX_BUSY_WAIT: Duration = Duration::from_secs(30);

/// What a file is.
enum FileState {
    /// Nothing yet.
    Empty,
    /// A ledger of a form that is read.
    Ledger(Form),
}

/// Opens the ledger at `path`, of whatever form is read; makes its folder (0700) and file (0600) where they are missing.
pub(super) fn connect(path: &Path) -> Result<(Connection, Form), LedgerError> {
    if let Some(kind) = other_kind(path) {
        return Err(LedgerError::NotAFile { path: path.to_owned(), kind });
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| refused(path, source))?;
    }
    if let Some(kind) = network_fs::network_file_system(path) {
        return Err(LedgerError::NetworkDisk { path: path.to_owned(), kind });
    }
    // SQLite gives its side files the mode of the main one, so that must be right before SQLite sees it.
    let touched = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    let links = touched.and_then(|file| file.metadata()).map_err(|source| refused(path, source))?.nlink();
    if links > 1 {
        return Err(LedgerError::Linked { path: path.to_owned(), links });
    }
    // What lies beside the file is looked for beside the file itself, by us as by SQLite.
    let file = path.canonicalize().map_err(|source| refused(path, source))?;
    if network_fs::is_mounted_by_itself(&file) {
        return Err(LedgerError::Mounted { path: path.to_owned() });
    }
    ownership::check(path, &file)?;
    // Before SQLite sees the log: it would write on where it takes it to end. What cannot be read is SQLite's to tell.
    if let Ok(Some(damage)) = wal::damage(&file) {
        return Err(LedgerError::Unsound(damage.into()));
    }
    let mut connection = Connection::open(&file).map_err(|source| unopened(path, source))?;
    connection.busy_timeout(MAX_BUSY_WAIT).map_err(|source| unopened(path, source))?;
    let fail = |source| unopened(path, source);
    // In one transaction: between two looks another process may make it a ledger.
    let looking = connection.transaction().map_err(fail)?;
    let content = content(&looking, path)?;
    drop(looking);
    // Only now: what is not a ledger is left as it is.
    ownership::tighten(&file);
    use_log(&mut connection).map_err(fail)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(fail)?;
    // On macOS a sync alone leaves commits in the drive's cache; elsewhere it is all there is, and this changes nothing.
    connection.pragma_update(None, "fullfsync", true).map_err(fail)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(fail)?;
    let form = match content {
        FileState::Ledger(form) => {
            complete(&mut connection).map_err(fail)?;
            form
        }
        FileState::Empty => begin(&mut connection, path)?,
    };
    connection.execute_batch(rations::LATER_TABLES).map_err(fail)?;
    connection.execute_batch(prune::LATER_TABLE).map_err(fail)?;
    Ok((connection, form))
}

/// Adds to a ledger of an older version what it lacks and that version does without.
fn complete(connection: &mut Connection) -> rusqlite::Result<()> {
    let completing = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    rations::complete(&completing)?;
    completing.commit()
}

/// Switches to a write-ahead log, which a new file does not have yet.
fn use_log(connection: &mut Connection) -> rusqlite::Result<()> {
    /// Each of them waits for one who writes.
    const MAX_TRIES: u32 = 100;
    for _ in 0..MAX_TRIES {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => {
                // The switch does not wait for another process that is at it, and a transaction does.
                drop(connection.transaction_with_behavior(TransactionBehavior::Immediate)?);
            }
            switched => return switched,
        }
    }
    connection.pragma_update(None, "journal_mode", "WAL")
}

/// What stands at `path` in a file's place.
fn other_kind(path: &Path) -> Option<&'static str> {
    let kind = fs::metadata(path).ok()?.file_type();
    let kinds = [
        (kind.is_dir(), "a folder"),
        (kind.is_fifo(), "a named pipe"),
        (kind.is_socket(), "a socket"),
        (kind.is_char_device() || kind.is_block_device(), "a device"),
    ];
    kinds.into_iter().find_map(|(is, name)| is.then_some(name))
}

/// Makes an empty file a ledger. Two processes may open a new file at once: look and create under one lock.
fn begin(connection: &mut Connection, path: &Path) -> Result<Form, LedgerError> {
    let fail = |source| unopened(path, source);
    let opening = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    let form = match content(&opening, path)? {
        FileState::Ledger(form) => form,
        FileState::Empty => {
            for tables in [rows::TABLES, blocks::TABLES, rations::TABLES] {
                opening.execute_batch(tables).map_err(fail)?;
            }
            opening.pragma_update(None, "application_id", OURS).map_err(fail)?;
            opening.pragma_update(None, "user_version", Form::WRITTEN.number()).map_err(fail)?;
            Form::WRITTEN
        }
    };
    opening.commit().map_err(fail)?;
    Ok(form)
}

fn content(connection: &Connection, path: &Path) -> Result<FileState, LedgerError> {
    let number = |sql: &str| {
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => LedgerError::Foreign { path: path.to_owned() },
            Some(rusqlite::ErrorCode::DatabaseCorrupt) => rows::unread(source),
            Some(_) | None => unopened(path, source),
        })
    };
    let owner = number("PRAGMA application_id")?;
    let form = number("PRAGMA user_version")?;
    let known = Form::WRITTEN.number();
    if let (OURS, Some(form)) = (owner, Form::of(form)) {
        return Ok(FileState::Ledger(form));
    }
    match (owner, form) {
        (OURS, found) if found > known => Err(LedgerError::TooNew { path: path.to_owned(), found, known }),
        (OURS, found) if found > 0 => Err(LedgerError::TooOld { path: path.to_owned(), found, known }),
        (0, 0) if number("SELECT count(*) FROM sqlite_schema")? == 0 => Ok(FileState::Empty),
        (_, _) => Err(LedgerError::Foreign { path: path.to_owned() }),
    }
}

fn refused(path: &Path, source: io::Error) -> LedgerError {
    if matches!(source.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) {
        return LedgerError::ReadOnly { path: path.to_owned(), source: source.into() };
    }
    unopened(path, source)
}

fn unopened(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> LedgerError {
    LedgerError::Unopened { path: path.to_owned(), source: source.into() }
}
