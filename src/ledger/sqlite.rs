//! The embedded ledger: one SQLite file, one writer thread, group commit.
//!
//! WAL with `synchronous=FULL`: with NORMAL a commit can vanish on a power loss, and an intent must not. The thread
//! takes what is queued, commits it as one transaction, and then answers those who wait; so a commit serves all
//! callers that were waiting when it began. After one failed commit nothing more is written: whether a failed sync
//! reached the disk cannot be known, so the file is not trusted again before it is opened anew.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, mpsc};

use tokio::sync::oneshot;

use super::error::LedgerError;
use super::event::Record;
use super::note::RunNote;
use super::pause::Pause;
use super::run_record::{OtherRunLaunch, PrunedRun, RunEnd, RunRecord, RunSummary};
use super::state::LaunchState;
use super::store::{EventLog, LockName, Locks, Rations, RecordMark, RunStore};
use super::story::LaunchStory;
use super::tenant::{ClockDifference, Endpoint, ListMinute, ListPermit, ListReader, TenantState};
use crate::clock::Timestamp;
use crate::ids::{Digest, LaunchId, Ordinal, RunId};
use crate::pace::Pace;

mod blocks;
mod form;
mod form_2;
mod lock;
mod migrate;
mod network_fs;
mod open;
mod other_runs;
mod ownership;
mod prune;
mod rations;
mod rows;
mod wal;
mod writer;

use blocks::LaunchPage;
use form::Form;
use lock::FileLocation;
pub(super) use lock::FileLock;
pub use lock::HeldLock;
pub use migrate::Migrated;
pub use prune::Pruned;
use rows::RunQuery;
use writer::{Command, HeldLocks, ReplySender, Write};

/// A ledger in one SQLite file. Clones share its thread.
#[derive(Clone)]
pub struct SqliteLedger {
    path: Arc<Path>,
    commands: mpsc::Sender<Command>,
    commits: Arc<AtomicU64>,
    held: HeldLocks,
    form: Form,
}

impl SqliteLedger {
    /// Opens the ledger at `path`, as `ledger::open` promises.
    pub(super) fn open(path: &Path) -> Result<Self, LedgerError> {
        let opened = Self::open_to_read(path)?;
        opened.check_written()?;
        Ok(opened)
    }

    /// Opens the ledger at `path`, as `ledger::open_to_read` promises.
    pub(super) fn open_to_read(path: &Path) -> Result<Self, LedgerError> {
        let (connection, form) = open::connect(path)?;
        let (commits, held) = (Arc::new(AtomicU64::new(0)), HeldLocks::default());
        let commands = FileLocation::of(path)
            .and_then(|place| writer::spawn((connection, form), place, Arc::clone(&commits), Arc::clone(&held)))
            .map_err(|source| LedgerError::Unopened { path: path.to_owned(), source: source.into() })?;
        Ok(Self { path: path.into(), commands, commits, held, form })
    }

    /// Takes the ledger at `path` along, as `ledger::migrate` promises.
    pub(super) fn migrate(path: &Path) -> Result<Migrated, LedgerError> {
        let (mut connection, form) = open::connect(path)?;
        migrate::migrate(&mut connection, path, form)
    }

    /// Takes `runs` out of the ledger at `path`, as `ledger::prune` promises.
    pub(super) fn prune(path: &Path, runs: &[PrunedRun], at: Timestamp) -> Result<Pruned, LedgerError> {
        let (mut connection, form) = open::connect(path)?;
        prune::prune_file(&mut connection, path, form, runs, at)
    }

    /// What SQLite puts beside the file of the ledger at `path`.
    pub(super) fn side_files(path: &Path) -> Vec<PathBuf> {
        ownership::side_files(path).into()
    }

    async fn ask<T>(&self, command: impl FnOnce(ReplySender<T>) -> Command) -> Result<T, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }

    /// Asks at once; the future only waits, and is small.
    fn write(&self, write: Write) -> impl Future<Output = Result<(), LedgerError>> + use<> {
        let (reply, answer) = oneshot::channel();
        let asked = self
            .check_written()
            .and_then(|()| self.commands.send(Command::Write(write, reply)).map_err(|_| LedgerError::Closed));
        async move {
            asked?;
            answer.await.map_err(|_| LedgerError::Closed)?
        }
    }

    /// Errors: its form is one that is read, and not written.
    fn check_written(&self) -> Result<(), LedgerError> {
        if self.form == Form::WRITTEN {
            return Ok(());
        }
        let (found, known) = (self.form.number(), Form::WRITTEN.number());
        Err(LedgerError::Outdated { path: self.path.to_path_buf(), found, known })
    }

    fn unlockable(&self, source: std::io::Error) -> LedgerError {
        LedgerError::Unlockable { path: self.path.to_path_buf(), source }
    }
}

impl RunStore for SqliteLedger {
    async fn open_run(&self, run: RunRecord) -> Result<(), LedgerError> {
        self.write(Write::OpenRun(Box::new(run))).await
    }

    async fn reopen_run(&self, run: RunId, at: Timestamp) -> Result<(), LedgerError> {
        self.write(Write::ReopenRun(run, at)).await
    }

    async fn close_run(&self, run: RunId, end: RunEnd) -> Result<(), LedgerError> {
        self.write(Write::CloseRun(run, end)).await
    }

    async fn read_run(&self, run: RunId) -> Result<(RunRecord, Option<RunEnd>), LedgerError> {
        self.ask(|reply| Command::ReadRun(run, reply)).await
    }

    async fn find_runs(&self, prefix: &str, most: usize) -> Result<Vec<RunSummary>, LedgerError> {
        let query = RunQuery::Prefix(prefix.to_owned());
        self.ask(|reply| Command::FindRuns(query, most, reply)).await
    }

    async fn runs_of(&self, tenant: &str, name: &str, most: usize) -> Result<Vec<RunSummary>, LedgerError> {
        let query = RunQuery::Manifest { tenant: tenant.to_owned(), name: name.to_owned() };
        self.ask(|reply| Command::FindRuns(query, most, reply)).await
    }

    async fn note(&self, run: RunId, note: RunNote) -> Result<(), LedgerError> {
        self.write(Write::Note(run, note)).await
    }

    async fn read_notes(&self, run: RunId) -> Result<Vec<RunNote>, LedgerError> {
        self.ask(|reply| Command::ReadNotes(run, reply)).await
    }

    async fn started_elsewhere(&self, run: RunId, launches: Vec<LaunchId>) -> Result<Vec<OtherRunLaunch>, LedgerError> {
        self.ask(|reply| Command::StartedElsewhere(run, launches, reply)).await
    }

    async fn knows(&self, tenant: &str, run: RunId) -> Result<bool, LedgerError> {
        self.ask(|reply| Command::Knows(tenant.to_owned(), run, reply)).await
    }

    async fn tenant_spellings(&self, identity: &str) -> Result<Vec<String>, LedgerError> {
        self.ask(|reply| Command::TenantSpellings(identity.to_owned(), reply)).await
    }

    async fn begin_reading(&self) -> Result<(), LedgerError> {
        self.ask(Command::BeginReading).await
    }

    async fn end_reading(&self) -> Result<(), LedgerError> {
        self.ask(Command::EndReading).await
    }
}

impl EventLog for SqliteLedger {
    async fn append(&self, run: RunId, records: Vec<Record>) -> Result<(), LedgerError> {
        self.write(Write::Append(run, records)).await
    }

    async fn read_states(
        &self,
        run: RunId,
        from: Ordinal,
        most: usize,
    ) -> Result<LaunchPage<LaunchState>, LedgerError> {
        self.ask(|reply| Command::ReadStates(run, from, most, reply)).await
    }

    async fn read_records(
        &self,
        run: RunId,
        after: RecordMark,
    ) -> Result<Option<(RecordMark, Vec<Record>)>, LedgerError> {
        self.ask(|reply| Command::ReadRecords(run, after, reply)).await
    }

    async fn read_stories(
        &self,
        run: RunId,
        from: Ordinal,
        most: usize,
    ) -> Result<LaunchPage<LaunchStory>, LedgerError> {
        self.ask(|reply| Command::ReadStories(run, from, most, reply)).await
    }

    fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

impl Locks for SqliteLedger {
    type Lock = FileLock;

    async fn lock(&self, name: LockName) -> Result<Option<FileLock>, LedgerError> {
        let lock = FileLock::take(&self.path, &name).map_err(|source| self.unlockable(source))?;
        if let (Some(lock), LockName::Run(run)) = (&lock, name) {
            self.held.lock().unwrap_or_else(PoisonError::into_inner).push((run, lock.place()));
        }
        Ok(lock)
    }

    async fn is_held(&self, name: LockName) -> Result<bool, LedgerError> {
        FileLock::held(&self.path, &name).map(|held| held.is_some()).map_err(|source| self.unlockable(source))
    }

    async fn leave_word(&self, lock: &FileLock, word: Digest) -> Result<(), LedgerError> {
        lock.leave_word(word).map_err(|source| self.unlockable(source))
    }
}

impl Rations for SqliteLedger {
    async fn hold(&self, run: RunId, endpoint: Endpoint, pause: Pause) -> Result<(), LedgerError> {
        self.write(Write::Hold(run, endpoint, pause)).await
    }

    async fn lift_pauses(&self, tenant: &str) -> Result<(), LedgerError> {
        self.write(Write::LiftPauses(tenant.to_owned())).await
    }

    async fn take_list_permit(
        &self,
        reader: ListReader,
        ration: Pace,
        at: Timestamp,
    ) -> Result<ListPermit, LedgerError> {
        self.check_written()?;
        self.ask(|reply| Command::TakeListPermit(reader, ration, at, reply)).await
    }

    async fn count_list(&self, run: RunId, at: Timestamp) -> Result<(), LedgerError> {
        self.write(Write::CountList(run, at)).await
    }

    async fn read_list_minutes(&self, run: RunId) -> Result<Vec<ListMinute>, LedgerError> {
        self.ask(|reply| Command::ReadListMinutes(run, reply)).await
    }

    async fn keep_clock_difference(&self, run: RunId, difference: ClockDifference) -> Result<(), LedgerError> {
        self.write(Write::KeepClockDifference(run, difference)).await
    }

    async fn read_tenant(&self, run: RunId) -> Result<TenantState, LedgerError> {
        self.ask(|reply| Command::ReadTenant(run, reply)).await
    }

    async fn job_page(&self, tenant: &str) -> Result<Option<usize>, LedgerError> {
        self.ask(|reply| Command::JobPage(tenant.to_owned(), reply)).await
    }

    async fn keep_job_page(&self, tenant: &str, length: usize) -> Result<(), LedgerError> {
        self.write(Write::KeepJobPage(tenant.to_owned(), length)).await
    }
}
