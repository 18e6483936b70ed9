//! A run file as a store: reports are made of it as of a ledger.
//!
//! In: a [`RunFile`]. Out: the roles of a store, to read. Never: writes; whoever asks it to is told that it is a file.

use std::collections::BTreeMap;

use super::read::RunFile;
use crate::clock::Timestamp;
use crate::ids::{Digest, LaunchId, Ordinal, RunId};
use crate::ledger::event::Record;
use crate::ledger::pause::Pause;
use crate::ledger::state::LaunchState;
use crate::ledger::story::LaunchStory;
use crate::ledger::{
    ClockDifference, Endpoint, EventLog, LedgerError, ListMinute, ListPermit, ListReader, LockName, Locks,
    OtherRunLaunch, Rations, RecordMark, RunEnd, RunNote, RunRecord, RunStore, RunSummary, TenantState,
};
use crate::pace::Pace;

/// A run file as a store of one run.
#[derive(Clone, Debug)]
pub struct RunFileStore {
    file: RunFile,
    launches: BTreeMap<Ordinal, LaunchStory>,
}

impl RunFileStore {
    /// The store of `file`.
    #[must_use]
    pub fn new(mut file: RunFile) -> Self {
        let mut launches: BTreeMap<Ordinal, LaunchStory> = BTreeMap::new();
        for record in std::mem::take(&mut file.records) {
            let story = launches.entry(record.ordinal).or_default();
            story.add(record).expect("whoever read the file has tried it");
        }
        Self { file, launches }
    }

    /// The run that it holds.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.file.record.id
    }

    /// What happened to the launch at `ordinal`.
    #[must_use]
    pub fn story(&self, ordinal: Ordinal) -> LaunchStory {
        self.launches.get(&ordinal).cloned().unwrap_or_default()
    }

    /// The machine on which the file was written, where that had a name.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.file.host.as_deref()
    }

    fn of(&self, run: RunId) -> Result<&RunFile, LedgerError> {
        if run == self.run() { Ok(&self.file) } else { Err(LedgerError::NoRun(run)) }
    }

    #[expect(clippy::unused_self, reason = "it is asked of the store, as everything else")]
    fn refused<T>(&self) -> Result<T, LedgerError> {
        Err(LedgerError::Unwritten("a run file is only read".into()))
    }

    fn summary(&self) -> RunSummary {
        let RunRecord { id, name, slot, started, launches, .. } = self.file.record.clone();
        RunSummary { id, name, slot, started, launches, is_imported: false, end: self.file.end }
    }
}

impl RunStore for RunFileStore {
    async fn open_run(&self, _: RunRecord) -> Result<(), LedgerError> {
        self.refused()
    }

    async fn reopen_run(&self, _: RunId, _: Timestamp) -> Result<(), LedgerError> {
        self.refused()
    }

    async fn close_run(&self, _: RunId, _: RunEnd) -> Result<(), LedgerError> {
        self.refused()
    }

    async fn read_run(&self, run: RunId) -> Result<(RunRecord, Option<RunEnd>), LedgerError> {
        // Of the rerun that took over only that it had begun is known.
        if self.file.rerun == Some(run) {
            return Ok((RunRecord { id: run, ..self.file.record.clone() }, None));
        }
        self.of(run).map(|file| (file.imported_record(), file.end))
    }

    async fn find_runs(&self, prefix: &str, most: usize) -> Result<Vec<RunSummary>, LedgerError> {
        let is_meant = most > 0 && self.run().to_string().starts_with(prefix);
        Ok(is_meant.then(|| self.summary()).into_iter().collect())
    }

    async fn runs_of(&self, _: &str, _: &str, _: usize) -> Result<Vec<RunSummary>, LedgerError> {
        Ok(Vec::new())
    }

    async fn note(&self, _: RunId, _: RunNote) -> Result<(), LedgerError> {
        self.refused()
    }

    async fn read_notes(&self, run: RunId) -> Result<Vec<RunNote>, LedgerError> {
        Ok(self.of(run).map(|file| file.notes.clone()).unwrap_or_default())
    }

    async fn started_elsewhere(&self, _: RunId, _: Vec<LaunchId>) -> Result<Vec<OtherRunLaunch>, LedgerError> {
        Ok(Vec::new())
    }

    async fn knows(&self, _: &str, _: RunId) -> Result<bool, LedgerError> {
        Ok(false)
    }

    async fn tenant_spellings(&self, _: &str) -> Result<Vec<String>, LedgerError> {
        Ok(Vec::new())
    }

    async fn begin_reading(&self) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn end_reading(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}

impl EventLog for RunFileStore {
    async fn append(&self, _: RunId, _: Vec<Record>) -> Result<(), LedgerError> {
        self.refused()
    }

    async fn read_states(
        &self,
        run: RunId,
        from: Ordinal,
        most: usize,
    ) -> Result<Vec<(Ordinal, LaunchState)>, LedgerError> {
        if run != self.run() {
            return Ok(Vec::new());
        }
        Ok(self.launches.range(from..).take(most).map(|(ordinal, story)| (*ordinal, story.state.clone())).collect())
    }

    async fn read_stories(
        &self,
        run: RunId,
        from: Ordinal,
        most: usize,
    ) -> Result<Vec<(Ordinal, LaunchStory)>, LedgerError> {
        if run != self.run() {
            return Ok(Vec::new());
        }
        Ok(self.launches.range(from..).take(most).map(|(ordinal, story)| (*ordinal, story.clone())).collect())
    }

    async fn read_records(&self, _: RunId, _: RecordMark) -> Result<Option<(RecordMark, Vec<Record>)>, LedgerError> {
        Ok(None)
    }

    fn commits(&self) -> u64 {
        0
    }
}

impl Locks for RunFileStore {
    type Lock = ();

    async fn lock(&self, _: LockName) -> Result<Option<()>, LedgerError> {
        self.refused()
    }

    /// Whether a process was at the run when the file was written.
    async fn is_held(&self, name: LockName) -> Result<bool, LedgerError> {
        Ok(match name {
            LockName::Run(run) => run == self.run() && self.file.is_live,
            LockName::Manifest { .. } => false,
        })
    }

    async fn leave_word(&self, (): &(), _: Digest) -> Result<(), LedgerError> {
        self.refused()
    }
}

impl Rations for RunFileStore {
    async fn hold(&self, _: RunId, _: Endpoint, _: Pause) -> Result<(), LedgerError> {
        self.refused()
    }

    async fn lift_pauses(&self, _: &str) -> Result<(), LedgerError> {
        self.refused()
    }

    async fn take_list_permit(&self, _: ListReader, _: Pace, _: Timestamp) -> Result<ListPermit, LedgerError> {
        self.refused()
    }

    async fn count_list(&self, _: RunId, _: Timestamp) -> Result<(), LedgerError> {
        self.refused()
    }

    async fn keep_clock_difference(&self, _: RunId, _: ClockDifference) -> Result<(), LedgerError> {
        self.refused()
    }

    async fn read_list_minutes(&self, run: RunId) -> Result<Vec<ListMinute>, LedgerError> {
        Ok(self.of(run).map(|file| file.lists.clone()).unwrap_or_default())
    }

    async fn read_tenant(&self, run: RunId) -> Result<TenantState, LedgerError> {
        let starts_pause = self.of(run).ok().and_then(|file| file.starts_pause);
        Ok(TenantState { starts_pause, ..TenantState::default() })
    }

    async fn job_page(&self, _: &str) -> Result<Option<usize>, LedgerError> {
        Ok(None)
    }

    async fn keep_job_page(&self, _: &str, _: usize) -> Result<(), LedgerError> {
        self.refused()
    }
}
