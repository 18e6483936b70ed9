//! The rows of events: appended in order, and read back as what they amount to.
//!
//! In: records of one run. Out: the same in the order of the launches, folded. Never: decides what may follow what; that
//! is `ledger/state.rs`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::rations;
use super::rows::{RowLocation, damaged, unread, unwritten};
use crate::ids::{Ordinal, RunId};
use crate::ledger::error::LedgerError;
use crate::ledger::event::{self, Record};
use crate::ledger::state::{self, LaunchState};

/// Launches with their states, ascending.
pub(super) type StatePage = Vec<(Ordinal, LaunchState)>;

/// The number of each run's last event: events are numbered in the order in which the run's process appends them.
#[derive(Default)]
pub(super) struct EventNumbers {
    last_by_run: HashMap<i64, i64>,
    /// `PRAGMA data_version` when they were read: another one says that another process wrote since.
    version: i64,
}

impl EventNumbers {
    fn last(&mut self, connection: &Connection, run: i64) -> Result<&mut i64, LedgerError> {
        let number = |sql: &str, run: &[i64]| {
            connection
                .prepare_cached(sql)
                .and_then(|mut select| select.query_row(params_from_iter(run), |row| row.get::<_, i64>(0)))
                .map_err(unwritten)
        };
        let version = number("PRAGMA data_version", &[])?;
        if version != self.version {
            *self = Self { version, ..Self::default() };
        }
        Ok(match self.last_by_run.entry(run) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let sql = "SELECT coalesce(max(number), 0) FROM events WHERE run = ?1";
                unknown.insert(number(sql, &[run])?)
            }
        })
    }
}

/// Appends `records` to the run with this number.
pub(super) fn insert_events(
    connection: &Connection,
    number: i64,
    numbers: &mut EventNumbers,
    records: Vec<Record>,
) -> Result<(), LedgerError> {
    let last = numbers.last(connection, number)?;
    let sql = "INSERT INTO events (run, launch, number, at, form, event) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut insert = connection.prepare_cached(sql).map_err(unwritten)?;
    let mut text = Vec::new();
    let greatest = records.iter().flat_map(|record| record.event.robot_jobs()).map(|job| job.id).max();
    for record in records {
        *last += 1;
        text.clear();
        event::encode(record.event, &mut text);
        let text = std::str::from_utf8(&text).expect("JSON is UTF-8");
        let values = params![number, record.ordinal.0, *last, record.at.to_string(), event::EVENT_VERSION, text];
        insert.execute(values).map_err(unwritten)?;
    }
    greatest.map_or(Ok(()), |job| rations::keep_greatest_job(connection, number, job))
}

pub(super) fn read_states(
    connection: &Connection,
    run: RunId,
    from: Ordinal,
    most: usize,
) -> Result<StatePage, LedgerError> {
    let number = connection
        .prepare_cached("SELECT number FROM runs WHERE id = ?1")
        .and_then(|mut select| select.query_row([run.to_string()], |row| row.get(0)).optional())
        .map_err(unread)?;
    match number {
        Some(number) => states(connection, number, from, most),
        None => Ok(StatePage::new()),
    }
}

/// The state of one launch of the run with this number.
pub(super) fn read_state(connection: &Connection, number: i64, ordinal: Ordinal) -> Result<LaunchState, LedgerError> {
    let page = states(connection, number, ordinal, 1)?;
    Ok(page.into_iter().find_map(|(at, state)| (at == ordinal).then_some(state)).unwrap_or_default())
}

fn states(connection: &Connection, number: i64, from: Ordinal, most: usize) -> Result<StatePage, LedgerError> {
    let sql = "SELECT launch, number, form, event FROM events
               WHERE run = ?1 AND launch >= ?2 ORDER BY launch, number";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query(params![number, from.0]).map_err(unread)?;
    let mut page = StatePage::new();
    while let Some(row) = rows.next().map_err(unread)? {
        let (launch, event): (i64, i64) = (row.get(0).map_err(unread)?, row.get(1).map_err(unread)?);
        let place = RowLocation::Event { launch, event };
        let ordinal = Ordinal(u32::try_from(launch).map_err(damaged(place))?);
        if row.get::<_, i64>(2).map_err(damaged(place))? > event::EVENT_VERSION {
            return Err(damaged(place)("an event of a newer form"));
        }
        let text = row.get_ref(3).and_then(|value| Ok(value.as_str()?)).map_err(damaged(place))?;
        let event = event::decode(text).map_err(damaged(place))?;
        if page.last().is_none_or(|(last, _)| *last != ordinal) {
            if page.len() == most {
                break;
            }
            page.push((ordinal, LaunchState::Planned));
        }
        let (_, state) = page.last_mut().expect("a state was just pushed");
        *state = state::fold(std::mem::take(state), event)
            .map_err(|source| LedgerError::Contradiction { ordinal, source })?;
    }
    Ok(page)
}
