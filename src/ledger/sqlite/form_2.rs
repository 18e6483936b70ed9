//! Ledgers of form 2, in which each event was a row of JSON: read for reports, and to be taken along.
//!
//! In: a connection to such a ledger. Out: what its events amount to; the events themselves. Never: writes one.

use std::collections::HashSet;

use rusqlite::{Connection, params};
use serde::Deserialize;

use super::blocks::LaunchPage;
use super::rows::{RowLocation, damaged, unread};
use crate::clock::Timestamp;
use crate::ids::{LaunchId, Ordinal};
use crate::ledger::error::LedgerError;
use crate::ledger::event::{LaunchEvent, Record};
use crate::ledger::state::LaunchState;
use crate::ledger::store::RecordMark;
use crate::ledger::story::TakeRecord;

mod event_text;

/// Maximum records that are read at once.
const MAX_RECORDS: i64 = 4096;

/// As [`page`](super::blocks::page).
pub(super) fn page<T: TakeRecord>(
    connection: &Connection,
    run: i64,
    from: Ordinal,
    most: usize,
) -> Result<LaunchPage<T>, LedgerError> {
    let sql = "SELECT launch, number, form, event, at FROM events
               WHERE run = ?1 AND launch >= ?2 ORDER BY launch, number";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query(params![run, from.0]).map_err(unread)?;
    let mut page: LaunchPage<T> = LaunchPage::new();
    while let Some(row) = rows.next().map_err(unread)? {
        let record = record_of(row)?;
        let ordinal = record.ordinal;
        if page.last().is_none_or(|(last, _)| *last != ordinal) {
            if page.len() == most {
                break;
            }
            page.push((ordinal, T::default()));
        }
        let (_, launch) = page.last_mut().expect("a launch was just pushed");
        launch.take(record).map_err(|source| LedgerError::Contradiction { ordinal, source })?;
    }
    Ok(page)
}

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

/// As [`states_of`](super::blocks::states_of).
pub(super) fn states_of(
    connection: &Connection,
    run: i64,
    wanted: &HashSet<LaunchId>,
) -> Result<Vec<(LaunchId, LaunchState)>, LedgerError> {
    // Of a group with one `min`, SQLite gives the other columns of the row that has it.
    let sql = "SELECT launch, min(number), event FROM events WHERE run = ?1 GROUP BY launch ORDER BY launch";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query(params![run]).map_err(unread)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(unread)? {
        let (launch, event): (i64, i64) = (row.get(0).map_err(unread)?, row.get(1).map_err(unread)?);
        let place = RowLocation::Event { launch, event };
        let ordinal = Ordinal(u32::try_from(launch).map_err(damaged(place))?);
        let text = row.get_ref(2).and_then(|value| Ok(value.as_str()?)).map_err(damaged(place))?;
        let FirstEvent { intended, adopted } = serde_json::from_str(text).map_err(damaged(place))?;
        // A launch that was itself left out names no launch: it started nothing.
        let named = intended.or(adopted.map(|adopted| adopted.intent));
        if let Some(named) = named.filter(|named| wanted.contains(&named.launch)) {
            let page: LaunchPage<LaunchState> = page(connection, run, ordinal, 1)?;
            found.extend(page.into_iter().map(|(_, state)| (named.launch.clone(), state)));
        }
    }
    Ok(found)
}

/// Whether the run with this number has events.
pub(super) fn has_any(connection: &Connection, run: i64) -> Result<bool, LedgerError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM events WHERE run = ?1)";
    connection.query_row(sql, [run], |row| row.get(0)).map_err(unread)
}

/// Hands the events of the run with this number to `see` in the order in which they were appended.
pub(super) fn for_each_record(
    connection: &Connection,
    run: i64,
    mut see: impl FnMut(Record) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let sql = "SELECT launch, number, form, event, at FROM events WHERE run = ?1 ORDER BY number";
    let mut select = connection.prepare(sql).map_err(unread)?;
    let mut rows = select.query([run]).map_err(unread)?;
    while let Some(row) = rows.next().map_err(unread)? {
        see(record_of(row)?)?;
    }
    Ok(())
}

/// As [`records`](super::blocks::records).
pub(super) fn records(
    connection: &Connection,
    run: i64,
    after: RecordMark,
) -> Result<Option<(RecordMark, Vec<Record>)>, LedgerError> {
    let (mut records, mut last) = (Vec::new(), after);
    let sql =
        "SELECT launch, number, form, event, at FROM events WHERE run = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query(params![run, after.0, MAX_RECORDS]).map_err(unread)?;
    while let Some(row) = rows.next().map_err(unread)? {
        last = RecordMark(row.get(1).map_err(unread)?);
        records.push(record_of(row)?);
    }
    Ok((!records.is_empty()).then_some((last, records)))
}

/// The record in a row of launch, number, form, text and time.
fn record_of(row: &rusqlite::Row<'_>) -> Result<Record, LedgerError> {
    let (ordinal, event) = event_of(row)?;
    let place = RowLocation::Event { launch: i64::from(ordinal.0), event: row.get(1).map_err(unread)? };
    let at: Timestamp = row
        .get_ref(4)
        .and_then(|value| Ok(value.as_str()?))
        .map_err(damaged(place))?
        .parse()
        .map_err(damaged(place))?;
    Ok(Record { ordinal, at, event })
}

/// The event in a row of launch, number, form and text.
fn event_of(row: &rusqlite::Row<'_>) -> Result<(Ordinal, LaunchEvent), LedgerError> {
    let (launch, event): (i64, i64) = (row.get(0).map_err(unread)?, row.get(1).map_err(unread)?);
    let place = RowLocation::Event { launch, event };
    let ordinal = Ordinal(u32::try_from(launch).map_err(damaged(place))?);
    if row.get::<_, i64>(2).map_err(damaged(place))? > event_text::FORM {
        return Err(damaged(place)("an event of a newer form"));
    }
    let text = row.get_ref(3).and_then(|value| Ok(value.as_str()?)).map_err(damaged(place))?;
    Ok((ordinal, event_text::decode(text).map_err(damaged(place))?))
}
