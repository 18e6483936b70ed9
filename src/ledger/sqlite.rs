//! The embedded ledger: one SQLite file, one writer thread, group commit.
//!
//! WAL with `synchronous=FULL`: with NORMAL a commit can vanish on a power loss, and an intent must not. The thread
//! takes what is queued, commits it as one transaction, and then answers those who wait; so a commit serves all
//! callers that were waiting when it began. After one failed commit nothing more is written: whether a failed sync
//! reached the disk cannot be known, so the file is not trusted again before it is opened anew.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::event::Record;
use super::pause::Pause;
use super::{
    ClockDifference, Endpoint, Ledger, LedgerError, ListPermit, ListReader, LockName, OtherRunLaunch, Rations, RunEnd,
    RunNote, RunRecord, RunSummary,
};
use crate::clock::Timestamp;
use crate::ids::{LaunchId, Ordinal, RunId, fold_tenant};
use crate::pace::Pace;

mod events;
mod lock;
mod network_fs;
mod open;
mod other_runs;
mod ownership;
mod rations;
mod rows;
mod wal;

use events::{EventNumbers, StatePage};
use lock::LockLocation;
pub use lock::{FileLock, HeldLock};
use rows::RunQuery;

/// A ledger in one SQLite file. Clones share its thread.
#[derive(Clone)]
pub struct SqliteLedger {
    path: Arc<Path>,
    commands: mpsc::Sender<Command>,
    commits: Arc<AtomicU64>,
    held: HeldLocks,
}

/// The runs whose locks were taken here, with the places of those locks.
type HeldLocks = Arc<Mutex<Vec<(RunId, Weak<LockLocation>)>>>;

type ReplySender<T> = oneshot::Sender<Result<T, LedgerError>>;

/// What the thread is asked to do.
enum Command {
    Write(Write, ReplySender<()>),
    TakeListPermit(ListReader, Pace, Timestamp, ReplySender<ListPermit>),
    ReadRun(RunId, ReplySender<(RunRecord, Option<RunEnd>)>),
    ReadStates(RunId, Ordinal, usize, ReplySender<StatePage>),
    FindRuns(RunQuery, usize, ReplySender<Vec<RunSummary>>),
    TenantSpellings(String, ReplySender<Vec<String>>),
    JobPage(String, ReplySender<Option<usize>>),
    StartedElsewhere(RunId, Vec<LaunchId>, ReplySender<Vec<OtherRunLaunch>>),
    Knows(String, RunId, ReplySender<bool>),
    ReadNotes(RunId, ReplySender<Vec<RunNote>>),
    ReadRations(RunId, ReplySender<Rations>),
    BeginReading(ReplySender<()>),
    EndReading(ReplySender<()>),
}

/// What one caller wants written.
enum Write {
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

impl SqliteLedger {
    /// Opens the ledger at `path`; makes its folder (0700) and file (0600) where they are missing.
    ///
    /// Errors: [`LedgerError::Unopened`], [`LedgerError::NotAFile`], [`LedgerError::ReadOnly`],
    /// [`LedgerError::NetworkDisk`], [`LedgerError::Foreign`], [`LedgerError::TooNew`], [`LedgerError::TooOld`],
    /// [`LedgerError::Linked`], [`LedgerError::Mounted`], [`LedgerError::OfAnother`], [`LedgerError::LinkBeside`],
    /// [`LedgerError::Unsound`], [`LedgerError::Unread`].
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let connection = open::connect(path)?;
        let (commands, queue) = mpsc::channel();
        let commits = Arc::new(AtomicU64::new(0));
        let held = HeldLocks::default();
        let writer = WriterThread {
            connection,
            commits: Arc::clone(&commits),
            broken: false,
            numbers: EventNumbers::default(),
            held: Arc::clone(&held),
        };
        thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || writer.work(&queue))
            .map_err(|source| LedgerError::Unopened { path: path.to_owned(), source: source.into() })?;
        Ok(Self { path: path.into(), commands, commits, held })
    }

    /// How many transactions were committed through this value since it was opened.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// The other spellings of the tenant `identity` in this ledger, the oldest run's first. Runs from before identities
    /// were folded keep their spelling, and the ids that were made from it.
    pub async fn tenant_spellings(&self, identity: &str) -> Result<Vec<String>, LedgerError> {
        self.ask(|reply| Command::TenantSpellings(identity.to_owned(), reply)).await
    }

    /// How long a page of robot jobs may be at `tenant`, in robot jobs; `None` if longer ones were never refused.
    pub async fn job_page(&self, tenant: &str) -> Result<Option<usize>, LedgerError> {
        self.ask(|reply| Command::JobPage(tenant.to_owned(), reply)).await
    }

    /// Keeps, durably, how long a page of robot jobs may be at `tenant`.
    pub async fn keep_job_page(&self, tenant: &str, length: usize) -> Result<(), LedgerError> {
        self.ask(|reply| Command::Write(Write::KeepJobPage(tenant.to_owned(), length), reply)).await
    }

    /// Everything that is read from now on is of this moment, whatever other processes write, until
    /// [`SqliteLedger::end_reading`]. Nothing can be written through this value meanwhile.
    pub async fn begin_reading(&self) -> Result<(), LedgerError> {
        self.ask(Command::BeginReading).await
    }

    /// Ends what [`SqliteLedger::begin_reading`] began.
    pub async fn end_reading(&self) -> Result<(), LedgerError> {
        self.ask(Command::EndReading).await
    }

    async fn ask<T>(&self, command: impl FnOnce(ReplySender<T>) -> Command) -> Result<T, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }
}

impl Ledger for SqliteLedger {
    type Lock = FileLock;

    async fn lock(&self, name: LockName) -> Result<Option<FileLock>, LedgerError> {
        let unlockable = |source| LedgerError::Unlockable { path: self.path.to_path_buf(), source };
        let lock = FileLock::take(&self.path, &name).map_err(unlockable)?;
        if let (Some(lock), LockName::Run(run)) = (&lock, name) {
            self.held.lock().unwrap_or_else(PoisonError::into_inner).push((run, lock.place()));
        }
        Ok(lock)
    }

    async fn is_held(&self, name: LockName) -> Result<bool, LedgerError> {
        FileLock::held(&self.path, &name)
            .map(|held| held.is_some())
            .map_err(|source| LedgerError::Unlockable { path: self.path.to_path_buf(), source })
    }

    async fn find_runs(&self, prefix: &str, most: usize) -> Result<Vec<RunSummary>, LedgerError> {
        let query = RunQuery::Prefix(prefix.to_owned());
        self.ask(|reply| Command::FindRuns(query, most, reply)).await
    }

    async fn runs_of(&self, tenant: &str, name: &str, most: usize) -> Result<Vec<RunSummary>, LedgerError> {
        let query = RunQuery::Manifest { tenant: tenant.to_owned(), name: name.to_owned() };
        self.ask(|reply| Command::FindRuns(query, most, reply)).await
    }

    async fn started_elsewhere(&self, run: RunId, launches: Vec<LaunchId>) -> Result<Vec<OtherRunLaunch>, LedgerError> {
        self.ask(|reply| Command::StartedElsewhere(run, launches, reply)).await
    }

    async fn note(&self, run: RunId, note: RunNote) -> Result<(), LedgerError> {
        self.ask(|reply| Command::Write(Write::Note(run, note), reply)).await
    }

    async fn read_notes(&self, run: RunId) -> Result<Vec<RunNote>, LedgerError> {
        self.ask(|reply| Command::ReadNotes(run, reply)).await
    }

    async fn hold(&self, run: RunId, endpoint: Endpoint, pause: Pause) -> Result<(), LedgerError> {
        self.ask(|reply| Command::Write(Write::Hold(run, endpoint, pause), reply)).await
    }

    async fn lift_pauses(&self, tenant: &str) -> Result<(), LedgerError> {
        self.ask(|reply| Command::Write(Write::LiftPauses(tenant.to_owned()), reply)).await
    }

    async fn knows(&self, tenant: &str, run: RunId) -> Result<bool, LedgerError> {
        self.ask(|reply| Command::Knows(tenant.to_owned(), run, reply)).await
    }

    async fn take_list_permit(
        &self,
        reader: ListReader,
        ration: Pace,
        at: Timestamp,
    ) -> Result<ListPermit, LedgerError> {
        self.ask(|reply| Command::TakeListPermit(reader, ration, at, reply)).await
    }

    async fn count_list(&self, run: RunId, at: Timestamp) -> Result<(), LedgerError> {
        self.ask(|reply| Command::Write(Write::CountList(run, at), reply)).await
    }

    async fn keep_clock_difference(&self, run: RunId, difference: ClockDifference) -> Result<(), LedgerError> {
        self.ask(|reply| Command::Write(Write::KeepClockDifference(run, difference), reply)).await
    }

    async fn read_rations(&self, run: RunId) -> Result<Rations, LedgerError> {
        self.ask(|reply| Command::ReadRations(run, reply)).await
    }

    async fn open_run(&self, run: RunRecord) -> Result<(), LedgerError> {
        self.ask(|reply| Command::Write(Write::OpenRun(Box::new(run)), reply)).await
    }

    async fn reopen_run(&self, run: RunId, at: Timestamp) -> Result<(), LedgerError> {
        self.ask(|reply| Command::Write(Write::ReopenRun(run, at), reply)).await
    }

    async fn close_run(&self, run: RunId, end: RunEnd) -> Result<(), LedgerError> {
        self.ask(|reply| Command::Write(Write::CloseRun(run, end), reply)).await
    }

    async fn append(&self, run: RunId, records: Vec<Record>) -> Result<(), LedgerError> {
        self.ask(|reply| Command::Write(Write::Append(run, records), reply)).await
    }

    async fn read_run(&self, run: RunId) -> Result<(RunRecord, Option<RunEnd>), LedgerError> {
        self.ask(|reply| Command::ReadRun(run, reply)).await
    }

    async fn read_states(&self, run: RunId, from: Ordinal, most: usize) -> Result<StatePage, LedgerError> {
        self.ask(|reply| Command::ReadStates(run, from, most, reply)).await
    }
}

/// The thread's side: the only owner of the connection.
struct WriterThread {
    connection: Connection,
    commits: Arc<AtomicU64>,
    /// A commit failed; whether it reached the disk cannot be known, so nothing more is written.
    broken: bool,
    numbers: EventNumbers,
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
                        let _ = reply.send(other_runs::started_elsewhere(&self.connection, run, launches));
                    }
                    Command::Knows(tenant, run, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(other_runs::knows(&self.connection, &tenant, run));
                    }
                    Command::ReadNotes(run, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(rows::read_notes(&self.connection, run));
                    }
                    Command::ReadRations(run, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(rations::read(&self.connection, run));
                    }
                    Command::BeginReading(reply) => {
                        self.commit(std::mem::take(&mut writes));
                        // A transaction sees what was committed at its first reading, and nothing of what comes after.
                        let _ = reply.send(self.execute("BEGIN DEFERRED; SELECT max(number) FROM runs"));
                    }
                    Command::EndReading(reply) => {
                        let _ = reply.send(self.execute("COMMIT"));
                    }
                    Command::ReadStates(run, from, most, reply) => {
                        self.commit(std::mem::take(&mut writes));
                        let _ = reply.send(events::read_states(&self.connection, run, from, most));
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
                    rations::count_list(&transaction, number, at)?;
                }
                permit
            }
        };
        transaction.commit().map_err(rows::unwritten)?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(permit)
    }

    /// Errors: the lock of `run` was taken here, is still held, and keeps nobody out any more.
    fn check_lock(&self, run: RunId) -> Result<(), LedgerError> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places = held.iter().filter(|(locked, _)| *locked == run).filter_map(|(_, place)| place.upgrade());
        if places.all(|place| place.is_kept()) { Ok(()) } else { Err(LedgerError::LockLost(run)) }
    }

    /// One transaction. The inner results are one caller's own matter, such as a taken run id; the outer one is all's.
    fn write(&mut self, writes: Vec<Write>) -> Result<Vec<Result<(), LedgerError>>, LedgerError> {
        for write in &writes {
            if let Write::Append(run, _) = write {
                self.check_lock(*run)?;
            }
        }
        // At once, not at the first write: SQLite does not wait for a lock that a begun read must be turned into.
        let immediate = rusqlite::TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(immediate).map_err(rows::unwritten)?;
        let mut answers = Vec::with_capacity(writes.len());
        for write in writes {
            answers.push(match write {
                Write::OpenRun(run) => match rows::insert_run(&transaction, &run)? {
                    rows::InsertOutcome::Yes => Ok(()),
                    rows::InsertOutcome::Taken => Err(LedgerError::RunExists(run.id)),
                },
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
                    Some(number) => Ok(rations::count_list(&transaction, number, at)?),
                    None => Err(LedgerError::NoRun(run)),
                },
                Write::KeepClockDifference(run, difference) => match rows::number_of(&transaction, run)? {
                    Some(number) => Ok(rations::keep_clock_difference(&transaction, number, difference)?),
                    None => Err(LedgerError::NoRun(run)),
                },
                Write::Append(run, records) => match rows::number_of(&transaction, run)? {
                    Some(number) => Ok(events::insert_events(&transaction, number, &mut self.numbers, records)?),
                    None => Err(LedgerError::NoRun(run)),
                },
            });
        }
        transaction.commit().map_err(rows::unwritten)?;
        self.commits.fetch_add(1, Ordering::Relaxed);
        Ok(answers)
    }
}
