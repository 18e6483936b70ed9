//! The ledger's thread: the only owner of its connection, by which whatever waits together becomes one commit.
//!
//! In: commands from any number of callers, in their order. Out: an answer to each, after the commit that it needs.
//! Never: writes again after a commit that failed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::{io, thread};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::blocks::{self, LaunchPage};
use super::form::Form;
use super::lock::FileLocation;
use super::rows::{self, RunQuery};
use super::{form_2, other_runs, prune, rations};
use crate::clock::Timestamp;
use crate::ids::{LaunchId, Ordinal, RunId, fold_tenant};
use crate::ledger::error::LedgerError;
use crate::ledger::event::Record;
use crate::ledger::note::RunNote;
use crate::ledger::pause::Pause;
use crate::ledger::run_record::{OtherRunLaunch, RunEnd, RunRecord, RunSummary};
use crate::ledger::state::LaunchState;
use crate::ledger::store::RecordMark;
use crate::ledger::story::{LaunchStory, TakeRecord};
use crate::ledger::tenant::{ClockDifference, Endpoint, ListMinute, ListPermit, ListReader, TenantState};
use crate::pace::Pace;

/// The runs whose locks were taken here, with the places of those locks.
pub(super) type HeldLocks = Arc<Mutex<Vec<(RunId, Weak<FileLocation>)>>>;

pub(super) type ReplySender<T> = oneshot::Sender<Result<T, LedgerError>>;

/// What the thread is asked to do.
pub(super) enum Command {
    Write(Write, ReplySender<()>),
    TakeListPermit(ListReader, Pace, Timestamp, ReplySender<ListPermit>),
    ReadRun(RunId, ReplySender<(RunRecord, Option<RunEnd>)>),
    ReadStates(RunId, Ordinal, usize, ReplySender<LaunchPage<LaunchState>>),
    ReadStories(RunId, Ordinal, usize, ReplySender<LaunchPage<LaunchStory>>),
    ReadListMinutes(RunId, ReplySender<Vec<ListMinute>>),
    ReadRecords(RunId, RecordMark, ReplySender<Option<(RecordMark, Vec<Record>)>>),
    FindRuns(RunQuery, usize, ReplySender<Vec<RunSummary>>),
    TenantSpellings(String, ReplySender<Vec<String>>),
    JobPage(String, ReplySender<Option<usize>>),
    StartedElsewhere(RunId, Vec<LaunchId>, ReplySender<Vec<OtherRunLaunch>>),
    Knows(String, RunId, ReplySender<bool>),
    ReadNotes(RunId, ReplySender<Vec<RunNote>>),
    ReadTenant(RunId, ReplySender<TenantState>),
    BeginReading(ReplySender<()>),
    EndReading(ReplySender<()>),
}

/// What one caller wants written.
pub(super) enum Write {
    OpenRun(Box<RunRecord>),
    ReopenRun(RunId, Timestamp),
    CloseRun(RunId, RunEnd),
    Append(RunId, Vec<Record>),
    Note(RunId, RunNote),
    Hold(RunId, Endpoint, Pause),
    LiftPauses(String),
    KeepJobPage(String, usize),
    CountList(RunId, Timestamp),
    KeepClockDifference(RunId, ClockDifference),
}

/// Starts the thread, for the ledger at `place`; it ends once nobody has the sender any more.
pub(super) fn spawn(
    (connection, form): (Connection, Form),
    place: FileLocation,
    commits: Arc<AtomicU64>,
    held: HeldLocks,
) -> io::Result<mpsc::Sender<Command>> {
    let (commands, queue) = mpsc::channel();
    let writer = WriterThread { connection, place, commits, broken: false, form, held };
    thread::Builder::new().name("ledger".to_owned()).spawn(move || writer.work(&queue))?;
    Ok(commands)
}

/// The thread's side: the only owner of the connection.
struct WriterThread {
    connection: Connection,
    place: FileLocation,
    commits: Arc<AtomicU64>,
    /// A commit failed; whether it reached the disk cannot be known, so nothing more is written.
    broken: bool,
    form: Form,
    held: HeldLocks,
}

impl WriterThread {
    fn work(mut self, queue: &mpsc::Receiver<Command>) {
        while let Ok(first) = queue.recv() {
            let mut writes = Vec::new();
            for command in std::iter::once(first).chain(queue.try_iter()) {
                match command {
                    Command::Write(write, reply) => writes.push((write, reply)),
                    Command::TakeListPermit(reader, ration, at, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(self.take_list_permit(reader, ration, at));
                    }
                    // Readers want what was appended before they asked.
                    Command::ReadRun(run, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        // A reader that went away needs no answer.
                        let _ = reply.send(rows::read_run(&self.connection, run));
                    }
                    Command::FindRuns(query, most, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(rows::find_runs(&self.connection, &query, most));
                    }
                    Command::JobPage(tenant, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(rations::job_page(&self.connection, &tenant));
                    }
                    Command::TenantSpellings(identity, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(rows::tenant_spellings(&self.connection, &identity));
                    }
                    Command::StartedElsewhere(run, launches, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(other_runs::started_elsewhere(&self.connection, self.form, run, launches));
                    }
                    Command::Knows(tenant, run, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(other_runs::knows(&self.connection, self.form, &tenant, run));
                    }
                    Command::ReadNotes(run, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(rows::read_notes(&self.connection, run));
                    }
                    Command::ReadTenant(run, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(rations::read_tenant(&self.connection, run));
                    }
                    Command::BeginReading(reply) => {
                        self.commit(std::mem::take(&mut writes));
                        // A transaction sees what was committed at its first reading, and nothing of what comes after.
                        let _ = reply.send(self.execute("BEGIN DEFERRED; SELECT max(number) FROM runs"));
                    }
                    Command::EndReading(reply) => {
                        let _ = reply.send(self.execute("COMMIT"));
                    }
                    Command::ReadRecords(run, after, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(self.read_records(run, after));
                    }
                    Command::ReadStates(run, from, most, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(self.read_page(run, from, most));
                    }
                    Command::ReadStories(run, from, most, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(self.read_page(run, from, most));
                    }
                    Command::ReadListMinutes(run, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(rations::read_list_minutes(&self.connection, run));
                    }
                }
            }
            self.commit(writes);
        }
    }

    /// Writes all of `writes` as one transaction and answers those who wait, only then.
    fn commit(&mut self, writes: Vec<(Write, ReplySender<()>)>) {
        if writes.is_empty() {
            return;
        }
        let (writes, replies): (Vec<_>, Vec<_>) = writes.into_iter().unzip();
        let outcome = if self.broken { Err(LedgerError::Closed) } else { self.write(writes) };
        match outcome {
            Ok(answers) => replies.into_iter().zip(answers).for_each(|(reply, answer)| {
                let _ = reply.send(answer);
            }),
            Err(error) => {
                self.broken = true;
                // The first waiter learns the cause. The others' replies are dropped, which tells them `Closed`.
                if let Some(first) = replies.into_iter().next() {
                    let _ = first.send(Err(error));
                }
            }
        }
    }

    fn execute(&self, sql: &str) -> Result<(), LedgerError> {
        self.connection.execute_batch(sql).map_err(rows::unread)
    }

    fn read_page<T: TakeRecord>(&self, run: RunId, from: Ordinal, most: usize) -> Result<LaunchPage<T>, LedgerError> {
        match (rows::number_of(&self.connection, run)?, self.form) {
            (None, _) => Ok(LaunchPage::new()),
            (Some(number), Form::Two) => form_2::page(&self.connection, number, from, most),
            (Some(number), Form::Three) => blocks::page(&self.connection, number, from, most),
        }
    }

    fn read_records(&self, run: RunId, after: RecordMark) -> Result<Option<(RecordMark, Vec<Record>)>, LedgerError> {
        match (rows::number_of(&self.connection, run)?, self.form) {
            (None, _) => Ok(None),
            (Some(number), Form::Two) => form_2::records(&self.connection, number, after),
            (Some(number), Form::Three) => blocks::records(&self.connection, number, after),
        }
    }

    /// Takes a turn to read a list, in a transaction of its own: the answer depends on what is read there.
    fn take_list_permit(&mut self, reader: ListReader, ration: Pace, at: Timestamp) -> Result<ListPermit, LedgerError> {
        if self.broken {
            return Err(LedgerError::Closed);
        }
        let permit = self.write_list_permit(reader, ration, at);
        self.broken |= matches!(permit, Err(LedgerError::Unwritten(_)));
        permit
    }

    fn write_list_permit(
        &mut self,
        reader: ListReader,
        ration: Pace,
        at: Timestamp,
    ) -> Result<ListPermit, LedgerError> {
        let immediate = rusqlite::TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(immediate).map_err(rows::unwritten)?;
        let permit = match reader {
            ListReader::Tenant(tenant) => rations::take_list_permit(&transaction, &tenant, ration, at)?,
            ListReader::Run(run) => {
                let number = rows::number_of(&transaction, run)?.ok_or(LedgerError::NoRun(run))?;
                let tenant = rations::tenant_of(&transaction, number)?;
                let permit = rations::take_list_permit(&transaction, &tenant, ration, at)?;
                if permit == ListPermit::Granted {
                    rations::count_list(&transaction, number, at, Some(ration))?;
                }
                permit
            }
        };
        transaction.commit().map_err(rows::unwritten)?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(permit)
    }

    /// Errors: the lock of `run` was taken here, is still held, and keeps nobody out any more; or the ledger's file is gone, so that
    /// nobody would find what is written.
    fn check_files(&self, run: RunId) -> Result<(), LedgerError> {
        if !self.place.is_filled() {
            return Err(LedgerError::FileLost(self.place.path().to_owned()));
        }
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places = held.iter().filter(|(locked, _)| *locked == run).filter_map(|(_, place)| place.upgrade());
        if places.all(|place| place.is_kept()) { Ok(()) } else { Err(LedgerError::LockLost(run)) }
    }

    /// One transaction. The inner results are one caller's own matter, such as a taken run id; the outer one is all's.
    fn write(&mut self, writes: Vec<Write>) -> Result<Vec<Result<(), LedgerError>>, LedgerError> {
        for write in &writes {
            if let Write::Append(run, _) = write {
                self.check_files(*run)?;
            }
        }
        // At once, not at the first write: SQLite does not wait for a lock that a begun read must be turned into.
        let immediate = rusqlite::TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(immediate).map_err(rows::unwritten)?;
        let mut answers = Vec::with_capacity(writes.len());
        let mut appended: Vec<(i64, Vec<Record>)> = Vec::new();
        for write in writes {
            answers.push(match write {
                Write::OpenRun(run) => open_run(&transaction, &run)?,
                Write::ReopenRun(run, at) => match rows::number_of(&transaction, run)? {
                    Some(number) => Ok(rows::insert_reopening(&transaction, number, at)?),
                    None => Err(LedgerError::NoRun(run)),
                },
                Write::CloseRun(run, end) => match rows::number_of(&transaction, run)? {
                    Some(number) => Ok(rows::insert_end(&transaction, number, end)?),
                    None => Err(LedgerError::NoRun(run)),
                },
                Write::Note(run, note) => match rows::number_of(&transaction, run)? {
                    Some(number) => Ok(rows::insert_note(&transaction, number, &note)?),
                    None => Err(LedgerError::NoRun(run)),
                },
                Write::Hold(run, endpoint, pause) => match rows::number_of(&transaction, run)? {
                    Some(number) => {
                        let tenant = rations::tenant_of(&transaction, number)?;
                        Ok(rations::hold(&transaction, &tenant, endpoint, pause)?)
                    }
                    None => Err(LedgerError::NoRun(run)),
                },
                Write::KeepJobPage(tenant, length) => Ok(rations::keep_job_page(&transaction, &tenant, length)?),
                Write::LiftPauses(tenant) => Ok(rations::lift(&transaction, &fold_tenant(&tenant))?),
                Write::CountList(run, at) => match rows::number_of(&transaction, run)? {
                    Some(number) => Ok(rations::count_list(&transaction, number, at, None)?),
                    None => Err(LedgerError::NoRun(run)),
                },
                Write::KeepClockDifference(run, difference) => match rows::number_of(&transaction, run)? {
                    Some(number) => Ok(rations::keep_clock_difference(&transaction, number, difference)?),
                    None => Err(LedgerError::NoRun(run)),
                },
                Write::Append(run, records) => match rows::number_of(&transaction, run)? {
                    Some(number) => {
                        match appended.last_mut() {
                            Some((last, all)) if *last == number => all.extend(records),
                            Some(_) | None => appended.push((number, records)),
                        }
                        Ok(())
                    }
                    None => Err(LedgerError::NoRun(run)),
                },
            });
        }
        for (number, records) in appended {
            blocks::append(&transaction, number, &records)?;
        }
        transaction.commit().map_err(rows::unwritten)?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(answers)
    }
}

/// Records a new run. The outer error is everybody's, the inner one its caller's own matter.
fn open_run(connection: &Connection, run: &RunRecord) -> Result<Result<(), LedgerError>, LedgerError> {
    // What another ledger launched is only shown, and starts nothing.
    if !run.is_imported()
        && let Some(started) = prune::pruned(connection, run.id)?
    {
        return Ok(Err(LedgerError::RunPruned { run: run.id, started }));
    }
    Ok(match rows::insert_run(connection, run)? {
        rows::InsertOutcome::Yes => Ok(()),
        rows::InsertOutcome::Taken => Err(LedgerError::RunExists(run.id)),
    })
}
