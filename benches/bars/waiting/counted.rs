//! Server and ledger of a run, which count what is under way: where nothing is, a hand-driven clock may move on.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, SharedClock, Timestamp};
use sortie::ids::{Digest, FolderRef, JobId, LaunchId, Ordinal, ReleaseKey, RunId};
use sortie::launch_terms::StopStrategy;
use sortie::ledger::event::{LaunchEvent, Record};
use sortie::ledger::pause::Pause;
use sortie::ledger::state::LaunchState;
use sortie::ledger::story::LaunchStory;
use sortie::ledger::{
    AnyLock, AnyStore, ClockDifference, Endpoint, EventLog, LedgerError, ListMinute, ListPermit, ListReader, LockName,
    Locks, OtherRunLaunch, Rations, RecordMark, RunEnd, RunNote, RunRecord, RunStore, RunSummary, TenantState,
};
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::PriorAttempts;
use sortie::orchestrator::{
    ChangedJobs, Client, JobPage, JobWindow, JobsById, JobsByReference, ListedJob, PendingReasons, ReleaseDetails,
    Server, StartAnswer, WaitEvent,
};
use sortie::outcome::LogLine;
use sortie::pace::Pace;
use sortie::resolve::Request;
use sortie::robot_job::{ServerError, server_time};

use super::stand_in::StandIn;

/// What is under way in a run, and what it came to.
pub(crate) struct Course {
    pub(crate) clock: SharedClock,
    /// Of a run whose clock a hand drives.
    pub(crate) hand: Option<HandClock>,
    pub(crate) stand_in: RefCell<StandIn>,
    pub(crate) under_way: Cell<u32>,
    /// From the end of each robot job to its record, in seconds.
    pub(crate) lags: RefCell<Vec<f32>>,
    pub(crate) launched: Cell<u32>,
    /// Whether robot jobs are not listed by their ids either.
    pub(crate) windows_only: bool,
}

impl Course {
    /// Waits for `call`, which is under way meanwhile.
    pub(crate) async fn count<F: Future>(&self, call: F) -> F::Output {
        self.under_way.set(self.under_way.get() + 1);
        let answer = call.await;
        self.under_way.set(self.under_way.get() - 1);
        answer
    }

    async fn ask<F: Future>(&self, call: F) -> F::Output {
        if let Some(hand) = &self.hand {
            self.stand_in.borrow_mut().move_to(hand.now().0);
        }
        self.count(call).await
    }

    /// Takes in that robot jobs which ended at these times are recorded.
    fn take(&self, ends: &[Option<String>]) {
        let now = self.clock.utc();
        for end in ends {
            let ended = end.as_deref().and_then(server_time).unwrap_or(now);
            let lag = Duration::try_from(now.duration_since(ended)).unwrap_or_default();
            self.lags.borrow_mut().push(lag.as_secs_f32());
        }
    }
}

/// The real client.
pub(crate) struct CountedServer<'a> {
    pub(crate) client: Client,
    pub(crate) course: &'a Course,
}

impl Server for CountedServer<'_> {
    fn tenant_identity(&self) -> &str {
        self.client.tenant_identity()
    }

    async fn start_jobs(&self, request: &Request, history: PriorAttempts) -> StartAnswer {
        let answer = self.course.ask(Box::pin(self.client.start_jobs(request, history))).await;
        self.course.launched.set(self.course.launched.get() + 1);
        answer
    }

    async fn list_jobs(&self, window: &JobWindow, length: usize) -> Result<JobPage, CallError> {
        self.course.ask(self.client.list_jobs(window, length)).await
    }

    async fn find_jobs(&self, window: &JobWindow, part: &str, length: usize) -> Result<JobPage, CallError> {
        self.course.ask(self.client.find_jobs(window, part, length)).await
    }

    async fn list_jobs_by_reference(&self, sought: &JobsByReference, length: usize) -> Result<JobPage, CallError> {
        self.course.ask(self.client.list_jobs_by_reference(sought, length)).await
    }

    async fn list_changed_jobs(&self, query: &ChangedJobs, length: usize) -> Result<JobPage, CallError> {
        self.course.ask(self.client.list_changed_jobs(query, length)).await
    }

    async fn list_jobs_by_id(&self, query: &JobsById, length: usize) -> Result<JobPage, CallError> {
        if self.course.windows_only {
            let error = ServerError { status: 400, message: "Invalid OData".to_owned(), ..ServerError::default() };
            return Err(CallError::Refused { what: "listing jobs", error });
        }
        self.course.ask(self.client.list_jobs_by_id(query, length)).await
    }

    async fn get_job(&self, folder: &FolderRef, job: JobId) -> Result<Option<ListedJob>, CallError> {
        self.course.ask(self.client.get_job(folder, job)).await
    }

    async fn stop_jobs(
        &self,
        folder: &FolderRef,
        jobs: &[JobId],
        strategy: StopStrategy,
    ) -> Result<Vec<(JobId, CallError)>, CallError> {
        self.course.ask(self.client.stop_jobs(folder, jobs, strategy)).await
    }

    async fn validate_job(&self, folder: &FolderRef, job: JobId) -> Result<Option<PendingReasons>, CallError> {
        self.course.ask(self.client.validate_job(folder, job)).await
    }

    async fn wait_events(&self, folder: &FolderRef, job: JobId) -> Result<Option<Vec<WaitEvent>>, CallError> {
        self.course.ask(self.client.wait_events(folder, job)).await
    }

    async fn robot_log(&self, folder: &FolderRef, key: uuid::Uuid) -> Result<Option<Vec<LogLine>>, CallError> {
        self.course.ask(self.client.robot_log(folder, key)).await
    }

    async fn release_details(
        &self,
        folder: &FolderRef,
        release: ReleaseKey,
    ) -> Result<Option<ReleaseDetails>, CallError> {
        self.course.ask(self.client.release_details(folder, release)).await
    }
}

/// The real ledger.
pub(crate) struct CountedStore<'a> {
    pub(crate) store: AnyStore,
    pub(crate) course: &'a Course,
}

/// Passes calls on to the real ledger, counted.
macro_rules! passed_on {
    ($($name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        $(async fn $name(&self, $($argument: $type),*) -> Result<$output, LedgerError> {
            self.course.count(self.store.$name($($argument),*)).await
        })*
    };
}

impl RunStore for CountedStore<'_> {
    passed_on! {
        open_run(run: RunRecord) -> ();
        reopen_run(run: RunId, at: Timestamp) -> ();
        close_run(run: RunId, end: RunEnd) -> ();
        read_run(run: RunId) -> (RunRecord, Option<RunEnd>);
        find_runs(prefix: &str, most: usize) -> Vec<RunSummary>;
        runs_of(tenant: &str, name: &str, most: usize) -> Vec<RunSummary>;
        note(run: RunId, note: RunNote) -> ();
        read_notes(run: RunId) -> Vec<RunNote>;
        started_elsewhere(run: RunId, launches: Vec<LaunchId>) -> Vec<OtherRunLaunch>;
        knows(tenant: &str, run: RunId) -> bool;
        tenant_spellings(identity: &str) -> Vec<String>;
        begin_reading() -> ();
        end_reading() -> ();
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "of all events it looks at one")]
impl EventLog for CountedStore<'_> {
    async fn append(&self, run: RunId, records: Vec<Record>) -> Result<(), LedgerError> {
        let ends: Vec<Option<String>> = records
            .iter()
            .filter_map(|record| match &record.event {
                LaunchEvent::JobsEnded { ends, .. } => Some(ends.iter().map(|end| end.end_time.clone())),
                _ => None,
            })
            .flatten()
            .collect();
        self.course.count(self.store.append(run, records)).await?;
        self.course.take(&ends);
        Ok(())
    }

    passed_on! {
        read_states(run: RunId, from: Ordinal, most: usize) -> Vec<(Ordinal, LaunchState)>;
        read_stories(run: RunId, from: Ordinal, most: usize) -> Vec<(Ordinal, LaunchStory)>;
        read_records(run: RunId, after: RecordMark) -> Option<(RecordMark, Vec<Record>)>;
    }

    fn commits(&self) -> u64 {
        self.store.commits()
    }
}

impl Rations for CountedStore<'_> {
    passed_on! {
        hold(run: RunId, endpoint: Endpoint, pause: Pause) -> ();
        lift_pauses(tenant: &str) -> ();
        take_list_permit(reader: ListReader, ration: Pace, at: Timestamp) -> ListPermit;
        count_list(run: RunId, at: Timestamp) -> ();
        keep_clock_difference(run: RunId, difference: ClockDifference) -> ();
        read_tenant(run: RunId) -> TenantState;
        read_list_minutes(run: RunId) -> Vec<ListMinute>;
        job_page(tenant: &str) -> Option<usize>;
        keep_job_page(tenant: &str, length: usize) -> ();
    }
}

impl Locks for CountedStore<'_> {
    type Lock = AnyLock;

    passed_on! {
        lock(name: LockName) -> Option<AnyLock>;
        is_held(name: LockName) -> bool;
        leave_word(lock: &AnyLock, word: Digest) -> ();
    }
}
