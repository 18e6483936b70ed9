//! What a tenant asked for, and how often it was asked, in the embedded ledger: it outlives processes.
//!
//! Times are microseconds since 1970, so that SQLite can compare them.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows::{RowLocation, damaged, number_of, unread, unwritten};
use crate::clock::Timestamp;
use crate::ids::{JobId, RunId, fold_tenant};
use crate::ledger::error::LedgerError;
use crate::ledger::pause::Pause;
use crate::ledger::ration::{self, RationState};
use crate::ledger::tenant::{ClockDifference, Endpoint, ListMinute, ListPermit, TenantState};
use crate::pace::Pace;

pub(super) const TABLES: &str = "
    CREATE TABLE holds (
        tenant TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        until INTEGER NOT NULL,
        asked INTEGER,
        PRIMARY KEY (tenant, endpoint)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE list_rations (
        tenant TEXT PRIMARY KEY,
        due INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE lists (
        sequence INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs,
        at INTEGER NOT NULL
    ) STRICT;
";

/// Tables that ledgers of this form did not have from the beginning.
pub(super) const LATER_TABLES: &str = "
    CREATE TABLE IF NOT EXISTS clock_differences (
        tenant TEXT PRIMARY KEY,
        least_ms INTEGER NOT NULL,
        greatest_ms INTEGER NOT NULL,
        learnt INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS job_pages (
        tenant TEXT PRIMARY KEY,
        length INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS greatest_jobs (
        tenant TEXT PRIMARY KEY,
        id INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS list_minutes (
        run INTEGER NOT NULL REFERENCES runs,
        minute INTEGER NOT NULL,
        lists INTEGER NOT NULL,
        most INTEGER,
        PRIMARY KEY (run, minute)
    ) STRICT, WITHOUT ROWID;
";

/// What lists are counted by for reports.
const MINUTE: Duration = Duration::from_secs(60);

/// Maximum age of a list that was read, in microseconds: the longest period of a rate. Older ones are forgotten.
const MAX_LIST_AGE_MICROS: i64 = 3_600_000_000;

fn name(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Starts => "starts",
        Endpoint::Lists => "lists",
    }
}

/// Adds what ledgers of older versions do not keep: when a pause was asked for.
pub(super) fn complete(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT count(*) FROM pragma_table_info('holds') WHERE name = 'asked'";
    let columns: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if columns == 0 { connection.execute_batch("ALTER TABLE holds ADD COLUMN asked INTEGER") } else { Ok(()) }
}

/// Keeps `pause`, or the one that is kept already if that lasts longer. The tenant is folded.
pub(super) fn hold(connection: &Connection, tenant: &str, endpoint: Endpoint, pause: Pause) -> Result<(), LedgerError> {
    let kept = read_pause(connection, tenant, endpoint)?;
    let pause = kept.map_or(pause, |kept| pause.longer(kept, pause.asked));
    keep(connection, tenant, endpoint, pause)
}

fn keep(connection: &Connection, tenant: &str, endpoint: Endpoint, pause: Pause) -> Result<(), LedgerError> {
    let sql = "INSERT INTO holds (tenant, endpoint, until, asked) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (tenant, endpoint) DO UPDATE SET until = excluded.until, asked = excluded.asked";
    let (until, asked) = (pause.until.as_microsecond(), pause.asked.as_microsecond());
    connection.execute(sql, params![tenant, name(endpoint), until, asked]).map_err(unwritten)?;
    Ok(())
}

/// The pause of the tenant, which is folded: of several, by its spellings in older ledgers, the longest.
fn read_pause(connection: &Connection, tenant: &str, endpoint: Endpoint) -> Result<Option<Pause>, LedgerError> {
    let sql = "SELECT tenant, until, asked FROM holds WHERE endpoint = ?1";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query([name(endpoint)]).map_err(unread)?;
    let mut longest: Option<Pause> = None;
    while let Some(row) = rows.next().map_err(unread)? {
        let spelling: String = row.get(0).map_err(unread)?;
        if fold_tenant(&spelling) == tenant {
            let time = |micros| Timestamp::from_microsecond(micros).map_err(damaged(RowLocation::Ration));
            let until = time(row.get(1).map_err(unread)?)?;
            let asked = row.get::<_, Option<i64>>(2).map_err(unread)?.map(time).transpose()?;
            let pause = Pause::kept(asked, until);
            longest = longest.filter(|longest| longest.until >= pause.until).or(Some(pause));
        }
    }
    Ok(longest)
}

/// Forgets every pause of `tenant`, which is folded.
pub(super) fn lift(connection: &Connection, tenant: &str) -> Result<(), LedgerError> {
    let mut spellings = Vec::new();
    let mut select = connection.prepare_cached("SELECT DISTINCT tenant FROM holds").map_err(unread)?;
    let mut rows = select.query([]).map_err(unread)?;
    while let Some(row) = rows.next().map_err(unread)? {
        spellings.push(row.get::<_, String>(0).map_err(unread)?);
    }
    for spelling in spellings.iter().filter(|spelling| fold_tenant(spelling) == tenant) {
        connection.execute("DELETE FROM holds WHERE tenant = ?1", [spelling]).map_err(unwritten)?;
    }
    Ok(())
}

/// Takes a turn of the tenant's to read a list, where there is one.
pub(super) fn take_list_permit(
    connection: &Connection,
    tenant: &str,
    ration: Pace,
    at: Timestamp,
) -> Result<ListPermit, LedgerError> {
    let tenant = &fold_tenant(tenant);
    let kept_pause = read_pause(connection, tenant, Endpoint::Lists)?;
    let pause = kept_pause.map(|pause| pause.at(at));
    if let Some(pause) = pause.filter(|_| pause != kept_pause) {
        // Kept as it counts from now on, or a clock that was set back would never come to its end.
        keep(connection, tenant, Endpoint::Lists, pause)?;
    }
    let kept = RationState {
        due: latest(connection, tenant, "SELECT tenant, due FROM list_rations", [])?,
        held_until: pause.map(|pause| pause.until),
    };
    let (permit, due) = ration::take(kept, ration, at);
    let sql = "INSERT INTO list_rations (tenant, due) VALUES (?1, ?2)
               ON CONFLICT (tenant) DO UPDATE SET due = excluded.due";
    if let Some(due) = due.filter(|_| due != kept.due) {
        connection.execute(sql, params![tenant, due.as_microsecond()]).map_err(unwritten)?;
    }
    Ok(permit)
}

/// The tenant of the run with this number, folded.
pub(super) fn tenant_of(connection: &Connection, number: i64) -> Result<String, LedgerError> {
    let sql = "SELECT tenant FROM runs WHERE number = ?1";
    let spelled = connection.query_row(sql, [number], |row| row.get::<_, String>(0)).map_err(unread)?;
    Ok(fold_tenant(&spelled))
}

/// The latest time of the tenant, which is folded: older ledgers have a row for each of its spellings.
fn latest(
    connection: &Connection,
    tenant: &str,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Option<Timestamp>, LedgerError> {
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query(values).map_err(unread)?;
    let mut latest = None;
    while let Some(row) = rows.next().map_err(unread)? {
        let spelling: String = row.get(0).map_err(unread)?;
        if fold_tenant(&spelling) == tenant {
            let time =
                Timestamp::from_microsecond(row.get(1).map_err(unread)?).map_err(damaged(RowLocation::Ration))?;
            latest = latest.max(Some(time));
        }
    }
    Ok(latest)
}

/// Counts a list that the run with this number read, by `ration` where that is known.
pub(super) fn count_list(
    connection: &Connection,
    number: i64,
    at: Timestamp,
    ration: Option<Pace>,
) -> Result<(), LedgerError> {
    let minute = ListMinute::beginning(at).as_second();
    let most = ration.map(|ration| ration.most_in(MINUTE));
    let sql = "INSERT INTO list_minutes (run, minute, lists, most) VALUES (?1, ?2, 1, ?3)
               ON CONFLICT (run, minute) DO UPDATE SET lists = lists + 1, most = ifnull(excluded.most, most)";
    connection
        .prepare_cached(sql)
        .and_then(|mut keep| keep.execute(params![number, minute, most]))
        .map_err(unwritten)?;
    let at = at.as_microsecond();
    connection.execute("INSERT INTO lists (run, at) VALUES (?1, ?2)", params![number, at]).map_err(unwritten)?;
    connection.execute("DELETE FROM lists WHERE at < ?1", [at - MAX_LIST_AGE_MICROS]).map_err(unwritten)?;
    Ok(())
}

/// How many lists `run` read in each minute.
pub(super) fn read_list_minutes(connection: &Connection, run: RunId) -> Result<Vec<ListMinute>, LedgerError> {
    let Some(number) = number_of(connection, run)? else { return Ok(Vec::new()) };
    let sql = "SELECT minute, lists, most FROM list_minutes WHERE run = ?1 ORDER BY minute";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query([number]).map_err(unread)?;
    let mut minutes = Vec::new();
    while let Some(row) = rows.next().map_err(unread)? {
        let minute = Timestamp::from_second(row.get(0).map_err(unread)?).map_err(damaged(RowLocation::Ration))?;
        minutes.push(ListMinute { minute, lists: row.get(1).map_err(unread)?, most: row.get(2).map_err(unread)? });
    }
    Ok(minutes)
}

/// Keeps what was learnt of the clocks of the tenant of the run with this number.
pub(super) fn keep_clock_difference(
    connection: &Connection,
    number: i64,
    difference: ClockDifference,
) -> Result<(), LedgerError> {
    let tenant = tenant_of(connection, number)?;
    let sql = "INSERT INTO clock_differences (tenant, least_ms, greatest_ms, learnt) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (tenant) DO UPDATE
               SET least_ms = excluded.least_ms, greatest_ms = excluded.greatest_ms, learnt = excluded.learnt";
    let ClockDifference { least_ms, greatest_ms, learnt } = difference;
    connection.execute(sql, params![tenant, least_ms, greatest_ms, learnt.as_microsecond()]).map_err(unwritten)?;
    Ok(())
}

/// Keeps that the tenant of the run with this number has robot jobs up to `job`, by their ids.
pub(super) fn keep_greatest_job(connection: &Connection, number: i64, job: JobId) -> Result<(), LedgerError> {
    let tenant = tenant_of(connection, number)?;
    let sql = "INSERT INTO greatest_jobs (tenant, id) VALUES (?1, ?2)
               ON CONFLICT (tenant) DO UPDATE SET id = max(id, excluded.id)";
    connection.prepare_cached(sql).and_then(|mut keep| keep.execute(params![tenant, job.0])).map_err(unwritten)?;
    Ok(())
}

fn greatest_job(connection: &Connection, tenant: &str) -> Result<Option<JobId>, LedgerError> {
    let mut select = connection.prepare_cached("SELECT id FROM greatest_jobs WHERE tenant = ?1").map_err(unread)?;
    select.query_row([tenant], |row| row.get(0).map(JobId)).optional().map_err(unread)
}

/// Keeps how long a page of robot jobs may be at `tenant`.
pub(super) fn keep_job_page(connection: &Connection, tenant: &str, length: usize) -> Result<(), LedgerError> {
    let sql = "INSERT INTO job_pages (tenant, length) VALUES (?1, ?2)
               ON CONFLICT (tenant) DO UPDATE SET length = excluded.length";
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    connection.execute(sql, params![fold_tenant(tenant), length]).map_err(unwritten)?;
    Ok(())
}

/// How long a page of robot jobs may be at `tenant`; `None` if nothing is known of it.
pub(super) fn job_page(connection: &Connection, tenant: &str) -> Result<Option<usize>, LedgerError> {
    let mut select = connection.prepare_cached("SELECT length FROM job_pages WHERE tenant = ?1").map_err(unread)?;
    let mut rows = select.query([fold_tenant(tenant)]).map_err(unread)?;
    let Some(row) = rows.next().map_err(unread)? else { return Ok(None) };
    let length: i64 = row.get(0).map_err(unread)?;
    Ok(usize::try_from(length).ok().filter(|length| *length > 0))
}

/// What is known of the clocks of `tenant`, which is folded.
fn clock_difference(connection: &Connection, tenant: &str) -> Result<Option<ClockDifference>, LedgerError> {
    let sql = "SELECT least_ms, greatest_ms, learnt FROM clock_differences WHERE tenant = ?1";
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query([tenant]).map_err(unread)?;
    let Some(row) = rows.next().map_err(unread)? else { return Ok(None) };
    let number = |at| row.get(at).map_err(unread);
    let learnt = Timestamp::from_microsecond(number(2)?).map_err(damaged(RowLocation::Ration))?;
    Ok(Some(ClockDifference { least_ms: number(0)?, greatest_ms: number(1)?, learnt }))
}

pub(super) fn read_tenant(connection: &Connection, run: RunId) -> Result<TenantState, LedgerError> {
    let Some(number) = number_of(connection, run)? else { return Ok(TenantState::default()) };
    let tenant = tenant_of(connection, number)?;
    let pause = |endpoint| read_pause(connection, &tenant, endpoint);
    let sql = "SELECT at FROM lists WHERE run = (SELECT number FROM runs WHERE id = ?1) ORDER BY at";
    Ok(TenantState {
        starts_pause: pause(Endpoint::Starts)?,
        lists_pause: pause(Endpoint::Lists)?,
        lists: times(connection, sql, params![run.to_string()])?,
        clock_difference: clock_difference(connection, &tenant)?,
        greatest_job: greatest_job(connection, &tenant)?,
    })
}

fn times(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Vec<Timestamp>, LedgerError> {
    let mut select = connection.prepare_cached(sql).map_err(unread)?;
    let mut rows = select.query(values).map_err(unread)?;
    let mut times = Vec::new();
    while let Some(row) = rows.next().map_err(unread)? {
        let time = Timestamp::from_microsecond(row.get(0).map_err(unread)?);
        times.push(time.map_err(damaged(RowLocation::Ration))?);
    }
    Ok(times)
}
