//! The ledger's tables, and the rows of runs as values.

use std::fmt;
use std::io::{Read as _, Write as _};

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::ids::{Digest, RunId, fold_tenant};
use crate::ledger::error::LedgerError;
use crate::ledger::note::RunNote;
use crate::ledger::run_record::{IMPORTED_TENANT, RunEnd, RunRecord, RunSummary};

pub(super) const TABLES: &str = "
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        slot TEXT,
        profile TEXT NOT NULL,
        tenant TEXT NOT NULL,
        started TEXT NOT NULL,
        plan_digest TEXT NOT NULL,
        launches INTEGER NOT NULL,
        inputs BLOB NOT NULL,
        version TEXT NOT NULL
    ) STRICT;
    CREATE TABLE run_ends (
        sequence INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs,
        ended TEXT NOT NULL,
        exit INTEGER,
        totals TEXT
    ) STRICT;
    CREATE TABLE notes (
        sequence INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs,
        note TEXT NOT NULL
    ) STRICT;
";

/// Where a row stands, for those who look at a damaged ledger with SQLite's own tools.
#[derive(Clone, Copy)]
pub(super) enum RowLocation {
    /// A run, by its number.
    Run(i64),
    /// A run's end, by its sequence.
    End(i64),
    /// A note, by its sequence.
    Note(i64),
    /// A block of events, by its number.
    Block(i64),
    /// All blocks of a run, by its number.
    Blocks(i64),
    /// An event of a ledger of form 2, by its launch and its number in the run.
    Event { launch: i64, event: i64 },
    /// A hold, or a list that was read.
    Ration,
}

impl fmt::Display for RowLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(number) => write!(f, "run {number}"),
            Self::End(sequence) => write!(f, "end {sequence}"),
            Self::Note(sequence) => write!(f, "note {sequence}"),
            Self::Block(number) => write!(f, "block {number}"),
            Self::Blocks(run) => write!(f, "the blocks of run {run}"),
            Self::Event { launch, event } => write!(f, "event {event} of launch {launch}"),
            Self::Ration => f.write_str("a hold or a list"),
        }
    }
}

/// Which runs are looked for.
pub(super) enum RunQuery {
    /// Those whose id begins so.
    Prefix(String),
    /// Those of one manifest on one tenant.
    Manifest {
        /// The tenant identity.
        tenant: String,
        /// The manifest's name.
        name: String,
    },
}

/// Whether a run's id was free.
pub(super) enum InsertOutcome {
    Yes,
    Taken,
}

pub(super) fn insert_run(connection: &Connection, run: &RunRecord) -> Result<InsertOutcome, LedgerError> {
    let sql = "INSERT INTO runs (id, name, slot, profile, tenant, started, plan_digest, launches, inputs, version)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING";
    let inputs = deflate(&run.inputs).map_err(|source| LedgerError::Unwritten(source.into()))?;
    let values = params![
        run.id.to_string(),
        run.name,
        run.slot,
        run.profile,
        run.tenant,
        run.started.to_string(),
        run.plan_digest.to_string(),
        run.launches,
        inputs,
        run.version,
    ];
    Ok(match connection.execute(sql, values).map_err(unwritten)? {
        0 => InsertOutcome::Taken,
        _ => InsertOutcome::Yes,
    })
}

pub(super) fn number_of(connection: &Connection, run: RunId) -> Result<Option<i64>, LedgerError> {
    connection
        .prepare_cached("SELECT number FROM runs WHERE id = ?1")
        .and_then(|mut select| select.query_row([run.to_string()], |row| row.get(0)).optional())
        .map_err(unwritten)
}

pub(super) fn insert_end(connection: &Connection, number: i64, end: RunEnd) -> Result<(), LedgerError> {
    let totals = serde_json::to_string(&end.totals).expect("totals are numbers");
    let values = params![number, end.ended.to_string(), end.exit.code(), totals];
    let sql = "INSERT INTO run_ends (run, ended, exit, totals) VALUES (?1, ?2, ?3, ?4)";
    connection.execute(sql, values).map_err(unwritten)?;
    Ok(())
}

/// An end without exit status: the run goes on.
pub(super) fn insert_reopening(connection: &Connection, number: i64, at: Timestamp) -> Result<(), LedgerError> {
    let sql = "INSERT INTO run_ends (run, ended) VALUES (?1, ?2)";
    connection.execute(sql, params![number, at.to_string()]).map_err(unwritten)?;
    Ok(())
}

pub(super) fn insert_note(connection: &Connection, number: i64, note: &RunNote) -> Result<(), LedgerError> {
    let text = serde_json::to_string(note).expect("notes hold only text");
    connection.execute("INSERT INTO notes (run, note) VALUES (?1, ?2)", params![number, text]).map_err(unwritten)?;
    Ok(())
}

pub(super) fn unwritten(source: rusqlite::Error) -> LedgerError {
    failed(source, LedgerError::Unwritten)
}

pub(super) fn read_run(connection: &Connection, run: RunId) -> Result<(RunRecord, Option<RunEnd>), LedgerError> {
    let sql = "SELECT number, name, slot, profile, tenant, started, plan_digest, launches, inputs, version
               FROM runs WHERE id = ?1";
    let found = connection
        .query_row(sql, [run.to_string()], |row| {
            let texts = (row.get::<_, String>(5)?, row.get::<_, String>(6)?, row.get::<_, Vec<u8>>(8)?);
            let record = RunRecord {
                id: run,
                name: row.get(1)?,
                slot: row.get(2)?,
                profile: row.get(3)?,
                tenant: row.get(4)?,
                started: Timestamp::UNIX_EPOCH,
                plan_digest: Digest::of(&[]),
                launches: row.get(7)?,
                inputs: Vec::new(),
                version: row.get(9)?,
            };
            Ok((row.get::<_, i64>(0)?, record, texts))
        })
        .optional()
        .map_err(unread)?;
    let Some((number, record, (started, digest, inputs))) = found else {
        return Err(LedgerError::NoRun(run));
    };
    let record = RunRecord {
        started: started.parse().map_err(damaged(RowLocation::Run(number)))?,
        plan_digest: Digest::try_from(digest).map_err(damaged(RowLocation::Run(number)))?,
        inputs: inflate(&inputs).map_err(damaged(RowLocation::Run(number)))?,
        ..record
    };
    Ok((record, read_end(connection, number)?))
}

/// The runs that are `query`, newest first.
pub(super) fn find_runs(
    connection: &Connection,
    query: &RunQuery,
    most: usize,
) -> Result<Vec<RunSummary>, LedgerError> {
    let (wanted, which, tenant) = match query {
        RunQuery::Prefix(prefix) => (prefix, "substr(id, 1, length(?1)) = ?1", None),
        RunQuery::Manifest { tenant, name } => (name, "name = ?1", Some(fold_tenant(tenant))),
    };
    let sql = format!(
        "SELECT number, id, name, slot, started, launches, tenant FROM runs WHERE {which} ORDER BY number DESC"
    );
    let mut select = connection.prepare_cached(&sql).map_err(unread)?;
    let mut rows = select.query([wanted]).map_err(unread)?;
    let mut found = Vec::new();
    while found.len() < most
        && let Some(row) = rows.next().map_err(unread)?
    {
        let number: i64 = row.get(0).map_err(unread)?;
        // Here, since SQLite folds the letters of ASCII alone.
        let of: String = row.get(6).map_err(unread)?;
        if tenant.as_ref().is_some_and(|tenant| *tenant != fold_tenant(&of)) {
            continue;
        }
        let (id, started): (String, String) = (row.get(1).map_err(unread)?, row.get(4).map_err(unread)?);
        found.push(RunSummary {
            id: id.parse().map_err(damaged(RowLocation::Run(number)))?,
            name: row.get(2).map_err(unread)?,
            slot: row.get(3).map_err(unread)?,
            started: started.parse().map_err(damaged(RowLocation::Run(number)))?,
            launches: row.get(5).map_err(unread)?,
            is_imported: of.starts_with(IMPORTED_TENANT),
            end: read_end(connection, number)?,
        });
    }
    Ok(found)
}

/// How the tenant of `identity` is spelled in this ledger, in the order of its runs; the folded spelling is left out.
pub(super) fn tenant_spellings(connection: &Connection, identity: &str) -> Result<Vec<String>, LedgerError> {
    let folded = fold_tenant(identity);
    let sql = "SELECT tenant FROM runs GROUP BY tenant ORDER BY min(number)";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let rows = select.query_map([], |row| row.get::<_, String>(0)).map_err(unread)?;
    let all: Vec<String> = rows.collect::<Result<_, _>>().map_err(unread)?;
    Ok(all.into_iter().filter(|spelling| *spelling != folded && fold_tenant(spelling) == folded).collect())
}

/// What was noted about `run`, in order.
pub(super) fn read_notes(connection: &Connection, run: RunId) -> Result<Vec<RunNote>, LedgerError> {
    let sql = "SELECT sequence, note FROM notes WHERE run = (SELECT number FROM runs WHERE id = ?1) ORDER BY sequence";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query([run.to_string()]).map_err(unread)?;
    let mut notes = Vec::new();
    while let Some(row) = rows.next().map_err(unread)? {
        let place = RowLocation::Note(row.get(0).map_err(unread)?);
        let text: String = row.get(1).map_err(damaged(place))?;
        notes.push(serde_json::from_str(&text).map_err(|error| unknown_note(place, error))?);
    }
    Ok(notes)
}

/// Of another kind than the notes that are known, or damaged.
fn unknown_note(row: RowLocation, error: serde_json::Error) -> LedgerError {
    // Kinds are added, and serde has no other way to say so.
    if error.is_data() && error.to_string().starts_with("unknown variant") {
        return LedgerError::UnknownNote { place: row.to_string(), source: error.into() };
    }
    damaged(row)(error)
}

fn read_end(connection: &Connection, number: i64) -> Result<Option<RunEnd>, LedgerError> {
    let sql = "SELECT sequence, ended, exit, totals FROM run_ends WHERE run = ?1 ORDER BY sequence DESC LIMIT 1";
    let found = connection
        .query_row(sql, [number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()
        .map_err(unread)?;
    let Some(row) = found else { return Ok(None) };
    let (sequence, ended, code, totals): (i64, String, Option<u8>, Option<String>) = row;
    let (Some(code), Some(totals)) = (code, totals) else { return Ok(None) };
    let exit = ExitStatus::from_code(code)
        .ok_or_else(|| damaged(RowLocation::End(sequence))("an exit code that nobody has"))?;
    let ended = ended.parse().map_err(damaged(RowLocation::End(sequence)))?;
    let totals = serde_json::from_str(&totals).map_err(damaged(RowLocation::End(sequence)))?;
    Ok(Some(RunEnd { ended, exit, totals }))
}

pub(super) fn unread(source: rusqlite::Error) -> LedgerError {
    failed(source, LedgerError::Unread)
}

/// SQLite's own words, once: its error's cause would say them again.
fn failed(source: rusqlite::Error, other: fn(Box<dyn std::error::Error + Send + Sync>) -> LedgerError) -> LedgerError {
    match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => LedgerError::Unsound(source.to_string().into()),
        Some(_) => other(source.to_string().into()),
        None => other(source.into()),
    }
}

pub(super) fn damaged<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
    row: RowLocation,
) -> impl FnOnce(E) -> LedgerError {
    move |source| LedgerError::Damaged { place: row.to_string(), source: source.into() }
}

fn deflate(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn inflate(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    flate2::read::DeflateDecoder::new(bytes).read_to_end(&mut plain)?;
    Ok(plain)
}
