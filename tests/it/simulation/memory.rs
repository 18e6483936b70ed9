//! The simulated process's ledger: a whole store in memory.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, Timestamp};
use sortie::ids::{Digest, LaunchId, Ordinal, RunId, fold_tenant};
use sortie::ledger::event::Record;
use sortie::ledger::pause::Pause;
use sortie::ledger::state::LaunchState;
use sortie::ledger::story::LaunchStory;
use sortie::ledger::{
    ClockDifference, Endpoint, EventLog, LedgerError, ListMinute, ListPermit, ListReader, LockName, Locks,
    OtherRunLaunch, Rations, RecordMark, RunEnd, RunNote, RunRecord, RunStore, RunSummary, TenantState,
};
use sortie::pace::Pace;

use super::Process;

mod records;

use records::Records;

/// A ledger in memory; commits take `delay`, and the one numbered `fail_at` and those after it fail.
#[derive(Clone)]
pub struct MemoryLedger {
    clock: HandClock,
    inner: Arc<Mutex<Memory>>,
    process: Process,
    /// What is read, where that is of one moment.
    moment: Arc<Mutex<Option<Records>>>,
    /// Whether a run that was never opened is taken for one: the simulation begins with a run.
    begins_runs: bool,
}

#[derive(Default)]
struct Memory {
    delay: Duration,
    fail_at: Option<usize>,
    commits: Vec<usize>,
    records: Records,
    locks: Vec<LockName>,
}

impl MemoryLedger {
    /// A ledger in which every run is open.
    pub fn new(clock: &HandClock) -> Self {
        Self { begins_runs: true, ..Self::empty(clock) }
    }

    /// A ledger without runs.
    pub fn empty(clock: &HandClock) -> Self {
        let (clock, process) = (clock.clone(), Process::default());
        Self { clock, inner: Arc::default(), process, moment: Arc::default(), begins_runs: false }
    }

    /// The same ledger, as another process has it.
    pub fn another(&self) -> Self {
        Self { moment: Arc::default(), ..self.clone() }
    }

    /// A copy of what was recorded up to the event that is the `last` one, as a backup has it.
    pub fn restored(&self, last: impl Fn(&Record) -> bool) -> Self {
        let restored = Self::new(&self.clock);
        let log = self.log();
        let end = log.iter().position(last).map_or(log.len(), |at| at + 1);
        restored.commit(super::run_id(), log[..end].to_vec()).unwrap();
        restored
    }

    /// All that was recorded, in order.
    pub fn log(&self) -> Vec<Record> {
        self.read(|known| known.log(super::run_id()))
    }

    /// The process that writes.
    pub fn process(&self) -> Process {
        self.process.clone()
    }

    /// Fails from commit number `commit` on.
    pub fn fail_at(&self, commit: usize) {
        self.memory().fail_at = Some(commit);
    }

    /// Fails no more, as after a full disk was cleared.
    pub fn heal(&self) {
        self.memory().fail_at = None;
    }

    pub fn delay(&self, span: Duration) {
        self.memory().delay = span;
    }

    /// The sizes of the commits, in order.
    pub fn commit_sizes(&self) -> Vec<usize> {
        self.memory().commits.clone()
    }

    /// What is known of every launch that has an event.
    pub fn states(&self) -> Vec<(u32, LaunchState)> {
        self.memory().records.states()
    }

    pub fn state(&self, ordinal: u32) -> LaunchState {
        self.memory().records.state(ordinal)
    }

    /// No byte leaves before its intent is durable, nor outside the intent's time.
    pub(super) fn check_may_be_sent(&self, ordinal: Ordinal, body: Digest, clock: &HandClock) {
        let state = self.state(ordinal.0);
        let LaunchState::Open(attempts) = state else {
            panic!("launch {} was sent while the ledger says {state:?}", ordinal.0);
        };
        assert_eq!(attempts.intent.body_digest, body);
        assert!(clock.utc() >= attempts.intent.not_before, "sent too early");
        assert!(clock.utc() <= attempts.intent.not_after, "sent too late");
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.inner.lock().unwrap()
    }

    fn read<T>(&self, see: impl FnOnce(&Records) -> T) -> T {
        match &*self.moment.lock().unwrap() {
            Some(records) => see(records),
            None => see(&self.memory().records),
        }
    }

    /// Changes what is known, where `run` is known.
    fn write<T>(&self, run: Option<RunId>, change: impl FnOnce(&mut Records) -> T) -> T {
        let mut memory = self.memory();
        if let Some(id) = run.filter(|_| self.begins_runs) {
            drop(memory.records.open(simulated(id)));
        }
        change(&mut memory.records)
    }

    fn commit(&self, run: RunId, records: Vec<Record>) -> Result<(), LedgerError> {
        let mut memory = self.memory();
        memory.commits.push(records.len());
        if memory.fail_at.is_some_and(|commit| memory.commits.len() >= commit) {
            return Err(LedgerError::Unwritten("no space left on device".into()));
        }
        drop(memory);
        self.write(Some(run), |known| known.append(run, records))
    }
}

/// What a run is that the simulation began.
fn simulated(id: RunId) -> RunRecord {
    RunRecord {
        id,
        name: "simulated".to_owned(),
        slot: None,
        profile: "simulated".to_owned(),
        tenant: "https://a".to_owned(),
        started: Timestamp::UNIX_EPOCH,
        plan_digest: Digest::of(b""),
        launches: 0,
        inputs: Vec::new(),
        version: "0.0.0".to_owned(),
    }
}

impl RunStore for MemoryLedger {
    async fn open_run(&self, run: RunRecord) -> Result<(), LedgerError> {
        match self.write(None, |known| known.open(run.clone())) {
            // It begins anew, as what it is.
            Err(LedgerError::RunExists(id)) if self.begins_runs => {
                self.write(None, |known| known.run_mut(id).map(|known| known.record = run))
            }
            opened => opened,
        }
    }

    async fn reopen_run(&self, run: RunId, _: Timestamp) -> Result<(), LedgerError> {
        self.write(Some(run), |known| known.run_mut(run).map(|run| run.end = None))
    }

    async fn close_run(&self, run: RunId, end: RunEnd) -> Result<(), LedgerError> {
        self.write(Some(run), |known| known.run_mut(run).map(|run| run.end = Some(end)))
    }

    async fn read_run(&self, run: RunId) -> Result<(RunRecord, Option<RunEnd>), LedgerError> {
        self.read(|known| known.run(run).map(|run| (run.record.clone(), run.end)))
    }

    async fn find_runs(&self, prefix: &str, most: usize) -> Result<Vec<RunSummary>, LedgerError> {
        Ok(self.read(|known| known.find(most, |run| run.id.to_string().starts_with(prefix))))
    }

    async fn runs_of(&self, tenant: &str, name: &str, most: usize) -> Result<Vec<RunSummary>, LedgerError> {
        let tenant = fold_tenant(tenant);
        Ok(self.read(|known| known.find(most, |run| run.name == name && fold_tenant(&run.tenant) == tenant)))
    }

    async fn note(&self, run: RunId, note: RunNote) -> Result<(), LedgerError> {
        self.write(Some(run), |known| known.run_mut(run).map(|run| run.notes.push(note)))
    }

    async fn read_notes(&self, run: RunId) -> Result<Vec<RunNote>, LedgerError> {
        Ok(self.read(|known| known.run(run).map(|run| run.notes.clone()).unwrap_or_default()))
    }

    async fn started_elsewhere(&self, run: RunId, launches: Vec<LaunchId>) -> Result<Vec<OtherRunLaunch>, LedgerError> {
        Ok(self.read(|known| known.started_elsewhere(run, &launches)))
    }

    async fn knows(&self, tenant: &str, run: RunId) -> Result<bool, LedgerError> {
        Ok(self.read(|known| known.knows(tenant, run)))
    }

    async fn tenant_spellings(&self, identity: &str) -> Result<Vec<String>, LedgerError> {
        Ok(self.read(|known| known.spellings(identity)))
    }

    async fn begin_reading(&self) -> Result<(), LedgerError> {
        let now = self.memory().records.clone();
        *self.moment.lock().unwrap() = Some(now);
        Ok(())
    }

    async fn end_reading(&self) -> Result<(), LedgerError> {
        *self.moment.lock().unwrap() = None;
        Ok(())
    }
}

impl EventLog for MemoryLedger {
    async fn append(&self, run: RunId, records: Vec<Record>) -> Result<(), LedgerError> {
        let delay = self.memory().delay;
        self.clock.sleep(delay).await;
        self.process.step().await;
        let failed = self.commit(run, records);
        self.process.step().await;
        failed
    }

    async fn read_states(
        &self,
        run: RunId,
        from: Ordinal,
        most: usize,
    ) -> Result<Vec<(Ordinal, LaunchState)>, LedgerError> {
        Ok(self.read(|known| {
            let found = known.run(run).map(|run| run.launches.range(from.0..).take(most)).into_iter().flatten();
            found.map(|(at, story)| (Ordinal(*at), story.state.clone())).collect()
        }))
    }

    async fn read_stories(
        &self,
        run: RunId,
        from: Ordinal,
        most: usize,
    ) -> Result<Vec<(Ordinal, LaunchStory)>, LedgerError> {
        Ok(self.read(|known| {
            let found = known.run(run).map(|run| run.launches.range(from.0..).take(most)).into_iter().flatten();
            found.map(|(at, story)| (Ordinal(*at), story.clone())).collect()
        }))
    }

    async fn read_records(
        &self,
        run: RunId,
        after: RecordMark,
    ) -> Result<Option<(RecordMark, Vec<Record>)>, LedgerError> {
        let from = usize::try_from(after.0).expect("a place in the log");
        Ok(self.read(|known| {
            let log = &known.run(run).ok()?.log;
            let records: Vec<Record> = log.iter().skip(from).take(100).cloned().collect();
            let mark = RecordMark(after.0 + i64::try_from(records.len()).expect("few"));
            (!records.is_empty()).then_some((mark, records))
        }))
    }

    fn commits(&self) -> u64 {
        self.memory().commits.len() as u64
    }
}

/// A lock that is held until it is dropped.
pub struct MemoryLock {
    name: LockName,
    ledger: Arc<Mutex<Memory>>,
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.ledger.lock().unwrap().locks.retain(|held| *held != self.name);
    }
}

/// The lock `name` by the one spelling of its tenant.
fn folded(name: LockName) -> LockName {
    match name {
        LockName::Run(run) => LockName::Run(run),
        LockName::Manifest { tenant, name } => LockName::Manifest { tenant: fold_tenant(&tenant), name },
    }
}

impl Locks for MemoryLedger {
    type Lock = MemoryLock;

    async fn lock(&self, name: LockName) -> Result<Option<MemoryLock>, LedgerError> {
        let (name, mut memory) = (folded(name), self.memory());
        if memory.locks.contains(&name) {
            return Ok(None);
        }
        memory.locks.push(name.clone());
        Ok(Some(MemoryLock { name, ledger: Arc::clone(&self.inner) }))
    }

    async fn is_held(&self, name: LockName) -> Result<bool, LedgerError> {
        Ok(self.memory().locks.contains(&folded(name)))
    }

    async fn leave_word(&self, _: &MemoryLock, _: Digest) -> Result<(), LedgerError> {
        Ok(())
    }
}

impl Rations for MemoryLedger {
    async fn hold(&self, run: RunId, endpoint: Endpoint, pause: Pause) -> Result<(), LedgerError> {
        self.process.step().await;
        self.write(Some(run), |known| known.hold(run, endpoint, pause))
    }

    async fn lift_pauses(&self, tenant: &str) -> Result<(), LedgerError> {
        self.write(None, |known| known.lift_pauses(tenant));
        Ok(())
    }

    async fn take_list_permit(
        &self,
        reader: ListReader,
        ration: Pace,
        at: Timestamp,
    ) -> Result<ListPermit, LedgerError> {
        self.process.step().await;
        let run = match &reader {
            ListReader::Run(run) => Some(*run),
            ListReader::Tenant(_) => None,
        };
        self.write(run, |known| known.take_list_permit(reader, ration, at))
    }

    async fn count_list(&self, run: RunId, at: Timestamp) -> Result<(), LedgerError> {
        self.process.step().await;
        self.write(Some(run), |known| known.run_mut(run).map(|run| run.count_list(at, None)))
    }

    async fn read_list_minutes(&self, run: RunId) -> Result<Vec<ListMinute>, LedgerError> {
        Ok(self.read(|known| known.run(run).map(records::RunEntry::list_minutes).unwrap_or_default()))
    }

    async fn keep_clock_difference(&self, run: RunId, difference: ClockDifference) -> Result<(), LedgerError> {
        self.process.step().await;
        self.write(Some(run), |known| known.keep_clock_difference(run, difference))
    }

    async fn read_tenant(&self, run: RunId) -> Result<TenantState, LedgerError> {
        Ok(self.read(|known| known.read_tenant(run)))
    }

    async fn job_page(&self, tenant: &str) -> Result<Option<usize>, LedgerError> {
        Ok(self.write(None, |known| known.tenant(tenant).job_page))
    }

    async fn keep_job_page(&self, tenant: &str, length: usize) -> Result<(), LedgerError> {
        self.write(None, |known| known.tenant(tenant).job_page = Some(length));
        Ok(())
    }
}
