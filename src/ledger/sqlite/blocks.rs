//! The rows of events: one for each commit of a run, written once and read back as what its events amount to.
//!
//! In: records of one run. Out: the same in the order of the launches, folded. Never: decides what may follow what; that
//! is `ledger/state.rs`.
//!
//! A row says which launches its events lie between, so that a page of launches reads the rows that touch it, one at a
//! time. Launches are sent in their order, so most rows touch one page or two.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;

use rusqlite::{Connection, params};

use super::rations;
use super::rows::{RowLocation, damaged, unread, unwritten};
use crate::ids::{LaunchId, Ordinal};
use crate::ledger::block::{self, Block, BlockError};
use crate::ledger::error::LedgerError;
use crate::ledger::event::Record;
use crate::ledger::state::{self, LaunchState};
use crate::ledger::store::RecordMark;
use crate::ledger::story::TakeRecord;

pub(super) const TABLES: &str = "
    CREATE TABLE blocks (
        number INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        events BLOB NOT NULL
    ) STRICT;
    CREATE INDEX blocks_of_runs ON blocks (run, last, first);
";

/// Launches with their states, or with whatever else their events were folded into; ascending.
pub(super) type LaunchPage<T> = Vec<(Ordinal, T)>;

/// Minimum launches that are looked through at once: few may have events.
const MIN_WINDOW: u32 = 1024;

/// Maximum rows of which records are read at once.
const MAX_ROWS: i64 = 64;

/// Appends `records` to the run with this number, and keeps what its tenant's other runs are to know of them.
pub(super) fn append(connection: &Connection, run: i64, records: &[Record]) -> Result<(), LedgerError> {
    insert(connection, run, records)?;
    let greatest = records.iter().flat_map(|record| record.event.robot_jobs()).map(|job| job.id).max();
    greatest.map_or(Ok(()), |job| rations::keep_greatest_job(connection, run, job))
}

/// Appends `records` to the run with this number.
pub(super) fn insert(connection: &Connection, run: i64, records: &[Record]) -> Result<(), LedgerError> {
    let ordinals = || records.iter().map(|record| record.ordinal.0);
    let (Some(first), Some(last)) = (ordinals().min(), ordinals().max()) else { return Ok(()) };
    let sql = "INSERT INTO blocks (run, first, last, events) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = connection.prepare_cached(sql).map_err(unwritten)?;
    insert.execute(params![run, first, last, block::encode(records)]).map_err(unwritten)?;
    Ok(())
}

/// What the events come to of the launches of the run with this number from `from` on: at most `most`, those that have events.
pub(super) fn page<T: TakeRecord>(
    connection: &Connection,
    run: i64,
    from: Ordinal,
    most: usize,
) -> Result<LaunchPage<T>, LedgerError> {
    if from == Ordinal(0) {
        check_index(connection, run)?;
    }
    let mut page = LaunchPage::new();
    let mut next = (most > 0).then_some(from.0);
    while let Some(low) = next {
        let wanted = u32::try_from(most - page.len()).unwrap_or(u32::MAX).max(MIN_WINDOW);
        let high = low.saturating_add(wanted - 1);
        let window = Ordinal(low)..=Ordinal(high);
        let mut launches: BTreeMap<Ordinal, T> = BTreeMap::new();
        for number in numbers(connection, run, &window)? {
            with_block(connection, number, |block| {
                for record in block.records(window.clone()) {
                    let record = record.map_err(damaged(RowLocation::Block(number)))?;
                    let ordinal = record.ordinal;
                    let launch = launches.entry(ordinal).or_default();
                    launch.take(record).map_err(|source| LedgerError::Contradiction { ordinal, source })?;
                }
                Ok(())
            })?;
        }
        page.extend(launches);
        next = if page.len() < most { first_beyond(connection, run, high)? } else { None };
    }
    page.truncate(most);
    Ok(page)
}

/// The records behind `after`, in the order in which they were appended, of so many rows; and the last of these rows.
pub(super) fn records(
    connection: &Connection,
    run: i64,
    after: RecordMark,
) -> Result<Option<(RecordMark, Vec<Record>)>, LedgerError> {
    if after == RecordMark::default() {
        check_index(connection, run)?;
    }
    let sql = "SELECT number FROM blocks WHERE run = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let rows = select.query_map(params![run, after.0, MAX_ROWS], |row| row.get(0)).map_err(unread)?;
    let numbers: Vec<i64> = rows.collect::<Result<_, _>>().map_err(unread)?;
    let Some(last) = numbers.last() else { return Ok(None) };
    let mut records = Vec::new();
    for number in &numbers {
        with_block(connection, *number, |block| {
            for record in block.records(Ordinal(0)..=Ordinal(u32::MAX)) {
                records.push(record.map_err(damaged(RowLocation::Block(*number)))?);
            }
            Ok(())
        })?;
    }
    Ok(Some((RecordMark(*last), records)))
}

/// The states of those launches of the run with this number that are among `wanted`, in one pass over its events.
pub(super) fn states_of(
    connection: &Connection,
    run: i64,
    wanted: &HashSet<LaunchId>,
) -> Result<Vec<(LaunchId, LaunchState)>, LedgerError> {
    check_index(connection, run)?;
    let mut found: HashMap<Ordinal, (LaunchId, LaunchState)> = HashMap::new();
    for number in numbers(connection, run, &(Ordinal(0)..=Ordinal(u32::MAX)))? {
        with_block(connection, number, |block| {
            let damaged = || damaged::<BlockError>(RowLocation::Block(number));
            // The first event of a launch that may have started something names it.
            for named in block.launches() {
                let (ordinal, launch) = named.map_err(damaged())?;
                if wanted.contains(&launch) {
                    found.entry(ordinal).or_insert((launch, LaunchState::Planned));
                }
            }
            if !block.ordinals().any(|ordinal| found.contains_key(&ordinal)) {
                return Ok(());
            }
            for record in block.records(Ordinal(0)..=Ordinal(u32::MAX)) {
                let Record { ordinal, event, .. } = record.map_err(damaged())?;
                let Some((_, state)) = found.get_mut(&ordinal) else { continue };
                *state = state::fold(std::mem::take(state), event)
                    .map_err(|source| LedgerError::Contradiction { ordinal, source })?;
            }
            Ok(())
        })?;
    }
    Ok(found.into_values().collect())
}

/// Holds the rows of the run with this number against the index by which they are found: it has no checksum, and a launch
/// whose row is not found would count as one that was never sent. One pass over the heads of all rows.
fn check_index(connection: &Connection, run: i64) -> Result<(), LedgerError> {
    let sums = "ifnull(sum(number), 0), ifnull(sum(first), 0), ifnull(sum(last), 0) FROM blocks";
    let sql = format!(
        "SELECT (SELECT count(*), {sums} NOT INDEXED WHERE run = ?1)
             IS (SELECT count(*), {sums} INDEXED BY blocks_of_runs WHERE run = ?1)"
    );
    let mut select = connection.prepare_cached(&sql).map_err(unread)?;
    let agrees: bool = select.query_row([run], |row| row.get(0)).map_err(unread)?;
    if agrees { Ok(()) } else { Err("its rows and their index differ").map_err(damaged(RowLocation::Blocks(run))) }
}

/// Whether the run with this number has events.
pub(super) fn has_any(connection: &Connection, run: i64) -> Result<bool, LedgerError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM blocks WHERE run = ?1)";
    connection.prepare_cached(sql).and_then(|mut select| select.query_row([run], |row| row.get(0))).map_err(unread)
}

/// The rows whose events may be of launches within `window`, in the order in which they were appended.
fn numbers(connection: &Connection, run: i64, window: &RangeInclusive<Ordinal>) -> Result<Vec<i64>, LedgerError> {
    let sql = "SELECT number FROM blocks WHERE run = ?1 AND last >= ?2 AND first <= ?3 ORDER BY number";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let rows = select.query_map(params![run, window.start().0, window.end().0], |row| row.get(0)).map_err(unread)?;
    rows.collect::<Result<_, _>>().map_err(unread)
}

/// The first launch beyond `high` that may have events.
fn first_beyond(connection: &Connection, run: i64, high: u32) -> Result<Option<u32>, LedgerError> {
    let Some(beyond) = high.checked_add(1) else { return Ok(None) };
    let sql = "SELECT min(max(first, ?2)) FROM blocks WHERE run = ?1 AND last >= ?2";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    select.query_row(params![run, beyond], |row| row.get(0)).map_err(unread)
}

/// Hands the row with this number to `see`.
fn with_block(
    connection: &Connection,
    number: i64,
    see: impl FnOnce(&Block<'_>) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let place = RowLocation::Block(number);
    let sql = "SELECT events, first, last FROM blocks WHERE number = ?1";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query([number]).map_err(unread)?;
    let row = rows.next().map_err(unread)?.ok_or("it is gone").map_err(damaged(place))?;
    let bytes = row.get_ref(0).and_then(|value| Ok(value.as_blob()?)).map_err(damaged(place))?;
    let block = Block::read(bytes).map_err(damaged(place))?;
    // What it is found by must be what it holds.
    let said: (Option<u32>, Option<u32>) =
        row.get(1).and_then(|first| Ok((first, row.get(2)?))).map_err(damaged(place))?;
    let held = || block.ordinals().map(|ordinal| ordinal.0);
    if said != (held().min(), held().max()) {
        return Err("its launches are not those that it is said to be of").map_err(damaged(place));
    }
    see(&block)
}
