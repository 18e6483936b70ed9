//! What a store of runs promises, by role. A caller asks for the roles that it uses.
//!
//! In: runs, events, locks, and what tenants asked for. Out: the same again, after any crash, in whatever process asks.
//! Never: a path, a file or a database; how a store is reached is `ledger/open.rs`.
//!
//! What is called durable here survives the process and a loss of power once the call has returned, and never before.
//! Tests hold every store to all of it.

use std::future::Future;

use crate::clock::Timestamp;
use crate::ids::{Digest, LaunchId, Ordinal, RunId};
use crate::ledger::error::LedgerError;
use crate::ledger::event::Record;
use crate::ledger::note::RunNote;
use crate::ledger::pause::Pause;
use crate::ledger::run_record::{OtherRunLaunch, RunEnd, RunRecord, RunSummary};
use crate::ledger::state::LaunchState;
use crate::ledger::story::LaunchStory;
use crate::ledger::tenant::{ClockDifference, Endpoint, ListMinute, ListPermit, ListReader, TenantState};
use crate::pace::Pace;

/// A whole store of runs.
pub trait Store: RunStore + EventLog + Locks + Rations {}

impl<S: RunStore + EventLog + Locks + Rations> Store for S {}

/// Runs: what they are, how they ended, and what was noted about them.
pub trait RunStore {
    /// Records a new run, durably. Errors: [`LedgerError::RunExists`] where its id is taken; nothing is changed.
    fn open_run(&self, run: RunRecord) -> impl Future<Output = Result<(), LedgerError>>;

    /// Records, durably, that `run` goes on: it has no end until it is closed again.
    ///
    /// Errors: [`LedgerError::NoRun`].
    fn reopen_run(&self, run: RunId, at: Timestamp) -> impl Future<Output = Result<(), LedgerError>>;

    /// Records how `run` ended, durably; of several ends the last one holds. Errors: [`LedgerError::NoRun`].
    fn close_run(&self, run: RunId, end: RunEnd) -> impl Future<Output = Result<(), LedgerError>>;

    /// The run, and how it ended where it did. Errors: [`LedgerError::NoRun`].
    fn read_run(&self, run: RunId) -> impl Future<Output = Result<(RunRecord, Option<RunEnd>), LedgerError>>;

    /// The runs whose id begins with `prefix`, newest first, at most `most`.
    fn find_runs(&self, prefix: &str, most: usize) -> impl Future<Output = Result<Vec<RunSummary>, LedgerError>>;

    /// The runs of the manifest `name` on `tenant`, however that is spelled, newest first, at most `most`.
    fn runs_of(
        &self,
        tenant: &str,
        name: &str,
        most: usize,
    ) -> impl Future<Output = Result<Vec<RunSummary>, LedgerError>>;

    /// Records something about a whole run, durably. Errors: [`LedgerError::NoRun`].
    fn note(&self, run: RunId, note: RunNote) -> impl Future<Output = Result<(), LedgerError>>;

    /// What was noted about `run`, in order; nothing where there is no such run.
    fn read_notes(&self, run: RunId) -> impl Future<Output = Result<Vec<RunNote>, LedgerError>>;

    /// Which of `launches` may have been started by another run of the same manifest on the same tenant than `run`.
    fn started_elsewhere(
        &self,
        run: RunId,
        launches: Vec<LaunchId>,
    ) -> impl Future<Output = Result<Vec<OtherRunLaunch>, LedgerError>>;

    /// Whether another run than `run` has sent, or found, anything on `tenant`.
    fn knows(&self, tenant: &str, run: RunId) -> impl Future<Output = Result<bool, LedgerError>>;

    /// The other spellings of the tenant `identity` in this store, the oldest run's first. Runs from before identities
    /// were folded keep their spelling, and the ids that were made from it.
    fn tenant_spellings(&self, identity: &str) -> impl Future<Output = Result<Vec<String>, LedgerError>>;

    /// Everything that is read from now on is of this moment, whatever other processes write, until
    /// [`RunStore::end_reading`]. Nothing can be written through this value meanwhile.
    fn begin_reading(&self) -> impl Future<Output = Result<(), LedgerError>>;

    /// Ends what [`RunStore::begin_reading`] began.
    fn end_reading(&self) -> impl Future<Output = Result<(), LedgerError>>;
}

/// What happened to the launches of runs, and what it amounts to.
pub trait EventLog {
    /// Appends `records` in this order, durably and all or none: one commit, which other callers may share.
    ///
    /// Errors: [`LedgerError::NoRun`]; [`LedgerError::LockLost`] where the lock of `run` was taken by this value and keeps
    /// nobody out any more; [`LedgerError::FileLost`] where the store's file is no longer where it was. After any other error
    /// nothing of it can be relied on; the caller stops all sending.
    fn append(&self, run: RunId, records: Vec<Record>) -> impl Future<Output = Result<(), LedgerError>>;

    /// The states of the launches from place `from` on: ascending, at most `most`, without those that have no event.
    fn read_states(
        &self,
        run: RunId,
        from: Ordinal,
        most: usize,
    ) -> impl Future<Output = Result<Vec<(Ordinal, LaunchState)>, LedgerError>>;

    /// The records of `run` behind `after` in the order in which they were appended, and where they end: as many as are
    /// read well at once. `None` where there are no more.
    fn read_records(
        &self,
        run: RunId,
        after: RecordMark,
    ) -> impl Future<Output = Result<Option<(RecordMark, Vec<Record>)>, LedgerError>>;

    /// The same launches, each with what happened to it, and when: for reports.
    fn read_stories(
        &self,
        run: RunId,
        from: Ordinal,
        most: usize,
    ) -> impl Future<Output = Result<Vec<(Ordinal, LaunchStory)>, LedgerError>>;

    /// How many commits were made through this value, for whoever wonders what a run costs.
    fn commits(&self) -> u64;
}

/// A place among the records of a run, as its store counts. The default is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordMark(pub i64);

/// What a lock is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockName {
    /// One run: whoever sends or settles for it holds this.
    Run(RunId),
    /// All slot runs of one manifest on one tenant.
    Manifest {
        /// The tenant identity.
        tenant: String,
        /// The manifest's name.
        name: String,
    },
}

/// Who may work on what: one process at a time.
pub trait Locks {
    /// A lock that is held until it is dropped, or until the process ends in whatever way.
    type Lock;

    /// Takes the lock `name`; `None` if somebody holds it, this process included.
    fn lock(&self, name: LockName) -> impl Future<Output = Result<Option<Self::Lock>, LedgerError>>;

    /// Whether somebody holds the lock `name`. Looking never stands in the way of whoever takes it.
    fn is_held(&self, name: LockName) -> impl Future<Output = Result<bool, LedgerError>>;

    /// Leaves `word` for whoever finds `lock` held, for as long as it is.
    fn leave_word(&self, lock: &Self::Lock, word: Digest) -> impl Future<Output = Result<(), LedgerError>>;
}

/// What tenants asked for, and how often they were asked, over all their runs.
///
/// A tenant is one whatever its spelling: identities that fold alike share everything here.
pub trait Rations {
    /// Records, durably, that the tenant of `run` asked to be left alone at `endpoint`, now. Of two pauses the longer is
    /// kept; one that was asked for by a clock that has been set back since is kept no longer than it was granted.
    ///
    /// Errors: [`LedgerError::NoRun`].
    fn hold(&self, run: RunId, endpoint: Endpoint, pause: Pause) -> impl Future<Output = Result<(), LedgerError>>;

    /// Forgets, durably, every pause that `tenant` asked for.
    fn lift_pauses(&self, tenant: &str) -> impl Future<Output = Result<(), LedgerError>>;

    /// Takes, durably, a permit to read a list at `at`, where the tenant's `ration` and its server's word allow it beside
    /// all others who read for that tenant by this store. It counts whether or not the list is then read.
    ///
    /// Errors: [`LedgerError::NoRun`].
    fn take_list_permit(
        &self,
        reader: ListReader,
        ration: Pace,
        at: Timestamp,
    ) -> impl Future<Output = Result<ListPermit, LedgerError>>;

    /// Records, durably, that `run` read a list at `at`, by a permit of its tenant: it counts for its own share.
    ///
    /// Errors: [`LedgerError::NoRun`].
    fn count_list(&self, run: RunId, at: Timestamp) -> impl Future<Output = Result<(), LedgerError>>;

    /// How many lists `run` read in each minute, ascending, without those in which it read none; nothing where there is no
    /// such run.
    fn read_list_minutes(&self, run: RunId) -> impl Future<Output = Result<Vec<ListMinute>, LedgerError>>;

    /// Keeps, durably, how far the clocks of the tenant of `run` are apart, in place of what was kept.
    ///
    /// Errors: [`LedgerError::NoRun`].
    fn keep_clock_difference(
        &self,
        run: RunId,
        difference: ClockDifference,
    ) -> impl Future<Output = Result<(), LedgerError>>;

    /// What still counts of all that for the tenant of `run`; where there is no such run, nothing.
    fn read_tenant(&self, run: RunId) -> impl Future<Output = Result<TenantState, LedgerError>>;

    /// How long a page of robot jobs may be at `tenant`, in robot jobs; `None` if longer ones were never refused.
    fn job_page(&self, tenant: &str) -> impl Future<Output = Result<Option<usize>, LedgerError>>;

    /// Keeps, durably, how long a page of robot jobs may be at `tenant`, in robot jobs.
    fn keep_job_page(&self, tenant: &str, length: usize) -> impl Future<Output = Result<(), LedgerError>>;
}
