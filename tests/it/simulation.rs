//! A server and a ledger in memory, and a loop that moves the hand-driven clock whenever nothing else can happen.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, Moment};
use sortie::ids::{Digest, FolderId, FolderRef, JobId, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
use sortie::launch::RequestSource;
use sortie::ledger::event::Record;
use sortie::ledger::state::{LaunchState, fold};
use sortie::ledger::{Ledger, LedgerError, RunEnd, RunRecord};
use sortie::orchestrator::verdict::{Class, History, StartedJob};
use sortie::orchestrator::{Answer, Server};
use sortie::resolve::{Expected, Request};

const RELEASE: uuid::Uuid = uuid::Uuid::from_u128(0x5b75_4c63_5d1a_4c37_bb9b_74b6_9e49_34bf);

pub fn run_id() -> RunId {
    RunId::from_bytes([1; 16])
}

/// Polls `future` to its end; whenever it can only wait, moves `clock` to the next sleeper.
pub fn drive<F: Future>(clock: &HandClock, future: F) -> F::Output {
    struct Flag(AtomicBool);
    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let mut future = pin!(future);
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&flag));
    loop {
        flag.0.store(false, Ordering::SeqCst);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        if !flag.0.load(Ordering::SeqCst) {
            assert!(clock.advance_to_next_sleeper(), "everybody waits for nothing");
        }
    }
}

/// `count` launches named `job-0`, `job-1`, ..., each of one robot job, in folder 7 or as `folder` says.
pub struct Launches {
    pub count: u32,
    pub folder: fn(u32) -> i64,
}

impl Launches {
    pub fn of(count: u32) -> Self {
        Self { count, folder: |_| 7 }
    }
}

impl RequestSource for Launches {
    fn count(&self) -> u32 {
        self.count
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        let launch = LaunchId::from(format!("job-{}", ordinal.0).as_str());
        let reference = Reference::new(None, run_id(), &launch);
        let start_info = serde_json::json!({
            "ReleaseKey": RELEASE,
            "Strategy": "ModernJobsCount",
            "JobsCount": 1,
            "Reference": reference.as_str(),
        });
        Request {
            ordinal,
            folder: FolderRef::Id(FolderId((self.folder)(ordinal.0))),
            release: ReleaseKey(RELEASE),
            reference,
            launch,
            expected: Expected::Exactly(1),
            body: serde_json::json!({ "startInfo": start_info }).to_string().into(),
        }
    }
}

/// One request that reached the simulated server.
#[derive(Clone, Debug)]
pub struct Sent {
    pub ordinal: Ordinal,
    pub at: Moment,
}

/// A server that answers from a script for each launch, and then starts what it is asked for.
pub struct ScriptedServer {
    pub clock: HandClock,
    pub latency: Duration,
    pub script_by_launch: RefCell<BTreeMap<u32, VecDeque<Class>>>,
    /// Answers for whatever launch comes, before the scripts are looked at.
    pub next: RefCell<VecDeque<Class>>,
    pub sent: RefCell<Vec<Sent>>,
    ledger: MemoryLedger,
}

impl ScriptedServer {
    pub fn new(clock: &HandClock, ledger: &MemoryLedger) -> Self {
        Self {
            clock: clock.clone(),
            latency: Duration::from_millis(20),
            script_by_launch: RefCell::default(),
            next: RefCell::default(),
            sent: RefCell::default(),
            ledger: ledger.clone(),
        }
    }

    pub fn script(&self, launch: u32, answers: impl IntoIterator<Item = Class>) {
        self.script_by_launch.borrow_mut().insert(launch, answers.into_iter().collect());
    }

    pub fn sends_of(&self, launch: u32) -> usize {
        self.sent.borrow().iter().filter(|sent| sent.ordinal.0 == launch).count()
    }
}

pub fn started(id: u32) -> Class {
    Class::Started(vec![StartedJob { id: JobId(i64::from(id) + 1000), ..StartedJob::default() }])
}

impl Server for ScriptedServer {
    async fn start_jobs(&self, request: &Request, _: History) -> Answer {
        let body = Digest::of(request.body.as_bytes());
        self.ledger.check_may_be_sent(request.ordinal, body, &self.clock);
        self.sent.borrow_mut().push(Sent { ordinal: request.ordinal, at: self.clock.now() });
        let scripted = self.next.borrow_mut().pop_front();
        let class = scripted
            .or_else(|| self.script_by_launch.borrow_mut().get_mut(&request.ordinal.0).and_then(VecDeque::pop_front));
        self.clock.sleep(self.latency).await;
        Answer { class: class.unwrap_or_else(|| started(request.ordinal.0)), server_time: None }
    }
}

/// A ledger in memory; commits take `delay`, and the one numbered `fail_at` fails.
#[derive(Clone)]
pub struct MemoryLedger {
    clock: HandClock,
    inner: Arc<std::sync::Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    delay: Duration,
    fail_at: Option<usize>,
    commits: Vec<usize>,
    states: BTreeMap<u32, LaunchState>,
}

impl MemoryLedger {
    pub fn new(clock: &HandClock) -> Self {
        Self { clock: clock.clone(), inner: Arc::default() }
    }

    pub fn fail_at(&self, commit: usize) {
        self.inner.lock().unwrap().fail_at = Some(commit);
    }

    pub fn delay(&self, span: Duration) {
        self.inner.lock().unwrap().delay = span;
    }

    /// The sizes of the commits, in order.
    pub fn commits(&self) -> Vec<usize> {
        self.inner.lock().unwrap().commits.clone()
    }

    pub fn state(&self, ordinal: u32) -> LaunchState {
        self.inner.lock().unwrap().states.get(&ordinal).cloned().unwrap_or_default()
    }

    /// No byte leaves before its intent is durable, nor outside the intent's time.
    fn check_may_be_sent(&self, ordinal: Ordinal, body: Digest, clock: &HandClock) {
        let state = self.state(ordinal.0);
        let LaunchState::Open(tried) = state else {
            panic!("launch {} was sent while the ledger says {state:?}", ordinal.0);
        };
        assert_eq!(tried.intent.body_digest, body);
        assert!(clock.utc() >= tried.intent.not_before, "sent too early");
        assert!(clock.utc() <= tried.intent.not_after, "sent too late");
    }
}

impl Ledger for MemoryLedger {
    async fn open_run(&self, _: RunRecord) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn close_run(&self, _: RunId, _: RunEnd) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn append(&self, _: RunId, records: Vec<Record>) -> Result<(), LedgerError> {
        let delay = self.inner.lock().unwrap().delay;
        self.clock.sleep(delay).await;
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

    async fn read_run(&self, run: RunId) -> Result<(RunRecord, Option<RunEnd>), LedgerError> {
        Err(LedgerError::NoRun(run))
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
}
