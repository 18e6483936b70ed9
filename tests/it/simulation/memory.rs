//! The simulated process's ledger.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, Timestamp};
use sortie::ids::{Digest, LaunchId, Ordinal, RunId};
use sortie::ledger::event::Record;
use sortie::ledger::pause::Pause;
use sortie::ledger::state::{LaunchState, fold};
use sortie::ledger::{
    ClockDifference, Endpoint, EventLog, LedgerError, ListPermit, ListReader, LockName, Locks, OtherRunLaunch, Rations,
    RunEnd, RunNote, RunRecord, RunStore, RunSummary, TenantState, ration,
};
use sortie::pace::Pace;

use super::Process;

/// A ledger in memory; commits take `delay`, and the one numbered `fail_at` and those after it fail.
#[derive(Clone)]
pub struct MemoryLedger {
    clock: HandClock,
    inner: Arc<std::sync::Mutex<Memory>>,
    process: Process,
}

#[derive(Default)]
struct Memory {
    delay: Duration,
    fail_at: Option<usize>,
    commits: Vec<usize>,
    states: BTreeMap<u32, LaunchState>,
    rations: TenantState,
    ration_due: Option<Timestamp>,
}

impl MemoryLedger {
    pub fn new(clock: &HandClock) -> Self {
        Self { clock: clock.clone(), inner: Arc::default(), process: Process::default() }
    }

    /// The process that writes.
    pub fn process(&self) -> Process {
        self.process.clone()
    }

    /// Fails from commit number `commit` on.
    pub fn fail_at(&self, commit: usize) {
        self.inner.lock().unwrap().fail_at = Some(commit);
    }

    /// Fails no more, as after a full disk was cleared.
    pub fn heal(&self) {
        self.inner.lock().unwrap().fail_at = None;
    }

    pub fn delay(&self, span: Duration) {
        self.inner.lock().unwrap().delay = span;
    }

    /// The sizes of the commits, in order.
    pub fn commit_sizes(&self) -> Vec<usize> {
        self.inner.lock().unwrap().commits.clone()
    }

    pub fn state(&self, ordinal: u32) -> LaunchState {
        self.inner.lock().unwrap().states.get(&ordinal).cloned().unwrap_or_default()
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
}

impl RunStore for MemoryLedger {
    async fn open_run(&self, _: RunRecord) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn reopen_run(&self, _: RunId, _: Timestamp) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn close_run(&self, _: RunId, _: RunEnd) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn read_run(&self, run: RunId) -> Result<(RunRecord, Option<RunEnd>), LedgerError> {
        Err(LedgerError::NoRun(run))
    }

    async fn find_runs(&self, _: &str, _: usize) -> Result<Vec<RunSummary>, LedgerError> {
        Ok(Vec::new())
    }

    async fn runs_of(&self, _: &str, _: &str, _: usize) -> Result<Vec<RunSummary>, LedgerError> {
        Ok(Vec::new())
    }

    async fn note(&self, _: RunId, _: RunNote) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn read_notes(&self, _: RunId) -> Result<Vec<RunNote>, LedgerError> {
        Ok(Vec::new())
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

impl EventLog for MemoryLedger {
    async fn append(&self, _: RunId, records: Vec<Record>) -> Result<(), LedgerError> {
        let delay = self.inner.lock().unwrap().delay;
        self.clock.sleep(delay).await;
        self.process.step().await;
        let failed = self.commit(records);
        self.process.step().await;
        failed
    }

    async fn read_states(
        &self,
        _: RunId,
        from: Ordinal,
        most: usize,
    ) -> Result<Vec<(Ordinal, LaunchState)>, LedgerError> {
        let memory = self.inner.lock().unwrap();
        Ok(memory.states.range(from.0..).take(most).map(|(at, state)| (Ordinal(*at), state.clone())).collect())
    }

    fn commits(&self) -> u64 {
        self.commit_sizes().len() as u64
    }
}

impl Locks for MemoryLedger {
    type Lock = ();

    async fn lock(&self, _: LockName) -> Result<Option<()>, LedgerError> {
        Ok(Some(()))
    }

    async fn is_held(&self, _: LockName) -> Result<bool, LedgerError> {
        Ok(false)
    }

    async fn leave_word(&self, (): &(), _: Digest) -> Result<(), LedgerError> {
        Ok(())
    }
}

impl Rations for MemoryLedger {
    async fn hold(&self, _: RunId, endpoint: Endpoint, pause: Pause) -> Result<(), LedgerError> {
        self.process.step().await;
        let mut memory = self.inner.lock().unwrap();
        let kept = match endpoint {
            Endpoint::Starts => &mut memory.rations.starts_pause,
            Endpoint::Lists => &mut memory.rations.lists_pause,
        };
        *kept = Some(kept.map_or(pause, |kept| pause.longer(kept, pause.asked)));
        Ok(())
    }

    async fn lift_pauses(&self, _: &str) -> Result<(), LedgerError> {
        let mut memory = self.inner.lock().unwrap();
        memory.rations = TenantState { lists: memory.rations.lists.clone(), ..TenantState::default() };
        Ok(())
    }

    async fn take_list_permit(
        &self,
        reader: ListReader,
        ration: Pace,
        at: Timestamp,
    ) -> Result<ListPermit, LedgerError> {
        self.process.step().await;
        let mut memory = self.inner.lock().unwrap();
        memory.rations.lists_pause = memory.rations.lists_pause.map(|pause| pause.at(at));
        let held_until = memory.rations.lists_pause.map(|pause| pause.until);
        let kept = ration::RationState { due: memory.ration_due, held_until };
        let (turn, due) = ration::take(kept, ration, at);
        memory.ration_due = due;
        if turn == ListPermit::Granted && matches!(reader, ListReader::Run(_)) {
            memory.rations.lists.push(at);
        }
        Ok(turn)
    }

    async fn count_list(&self, _: RunId, at: Timestamp) -> Result<(), LedgerError> {
        self.process.step().await;
        self.inner.lock().unwrap().rations.lists.push(at);
        Ok(())
    }

    async fn keep_clock_difference(&self, _: RunId, difference: ClockDifference) -> Result<(), LedgerError> {
        self.process.step().await;
        self.inner.lock().unwrap().rations.clock_difference = Some(difference);
        Ok(())
    }

    async fn read_tenant(&self, _: RunId) -> Result<TenantState, LedgerError> {
        Ok(self.inner.lock().unwrap().rations.clone())
    }

    async fn job_page(&self, _: &str) -> Result<Option<usize>, LedgerError> {
        Ok(None)
    }

    async fn keep_job_page(&self, _: &str, _: usize) -> Result<(), LedgerError> {
        Ok(())
    }
}

impl MemoryLedger {
    fn commit(&self, records: Vec<Record>) -> Result<(), LedgerError> {
        let mut memory = self.inner.lock().unwrap();
        memory.commits.push(records.len());
        if memory.fail_at.is_some_and(|commit| memory.commits.len() >= commit) {
            return Err(LedgerError::Unwritten("no space left on device".into()));
        }
        for record in records {
            let state = memory.states.remove(&record.ordinal.0).unwrap_or_default();
            let state = fold(state, record.event).expect("the launcher appends only what may follow");
            memory.states.insert(record.ordinal.0, state);
        }
        Ok(())
    }
}
