//! The limiter over real HTTP: launcher, client and sandbox on one hand-driven clock, judged by the sandbox's record.

use std::cell::Cell;
use std::future::Future;
use std::num::{NonZeroU32, NonZeroUsize};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use sortie::cli::SandboxClock;
use sortie::clock::HandClock;
use sortie::ids::{FolderRef, JobId, Ordinal, ReleaseKey};
use sortie::launch::{LaunchSettings, LaunchSummary, Launcher, RunHistory};
use sortie::launch_terms::StopStrategy;
use sortie::ledger::state::Verdict;
use sortie::orchestrator::auth::Login;
use sortie::orchestrator::base_url::BaseUrl;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::{AnswerClass, NextSend, PriorAttempts, ThrottlePolicy};
use sortie::orchestrator::network::Network;
use sortie::orchestrator::{
    ChangedJobs, Client, Connection, JobPage, JobWindow, JobsById, JobsByReference, ListedJob, PendingReasons,
    ReleaseDetails, Server, StartAnswer, Timeouts, WaitEvent,
};
use sortie::outcome::LogLine;
use sortie::pace::Pace;
use sortie::resolve::Request;
use sortie::sandbox::clock::Moment;
use sortie::sandbox::{Options, Sandbox, World};
use sortie::secret::{Redactor, Secret};
use tokio::sync::watch;

use crate::simulation::{Launches, MemoryLedger, run_id, terms};

mod by_reference;
mod notes;
mod waiting;

/// The real client, counting what is under way; the answer to one launch's first sending becomes a 429.
struct Counted {
    client: Client,
    under_way: Cell<u32>,
    throttle: Cell<Option<(Ordinal, Duration)>>,
}

impl Counted {
    async fn count<F: Future>(&self, call: F) -> F::Output {
        self.under_way.set(self.under_way.get() + 1);
        let answer = call.await;
        self.under_way.set(self.under_way.get() - 1);
        answer
    }
}

impl Server for Counted {
    fn tenant_identity(&self) -> &str {
        self.client.tenant_identity()
    }

    async fn start_jobs(&self, request: &Request, history: PriorAttempts) -> StartAnswer {
        if let Some((ordinal, span)) = self.throttle.get()
            && ordinal == request.ordinal
        {
            self.throttle.set(None);
            let class = AnswerClass::Unsent { why: "HTTP 429".to_owned(), next: NextSend::Throttled(Some(span)) };
            return StartAnswer { class, server_time: None };
        }
        self.count(self.client.start_jobs(request, history)).await
    }

    async fn list_jobs(&self, window: &JobWindow, length: usize) -> Result<JobPage, CallError> {
        self.count(self.client.list_jobs(window, length)).await
    }

    async fn find_jobs(&self, window: &JobWindow, part: &str, length: usize) -> Result<JobPage, CallError> {
        self.count(self.client.find_jobs(window, part, length)).await
    }

    async fn list_jobs_by_reference(&self, sought: &JobsByReference, length: usize) -> Result<JobPage, CallError> {
        self.count(self.client.list_jobs_by_reference(sought, length)).await
    }

    async fn list_changed_jobs(&self, query: &ChangedJobs, length: usize) -> Result<JobPage, CallError> {
        self.count(self.client.list_changed_jobs(query, length)).await
    }

    async fn list_jobs_by_id(&self, query: &JobsById, length: usize) -> Result<JobPage, CallError> {
        self.count(self.client.list_jobs_by_id(query, length)).await
    }

    async fn get_job(&self, folder: &FolderRef, job: JobId) -> Result<Option<ListedJob>, CallError> {
        self.count(self.client.get_job(folder, job)).await
    }

    async fn stop_jobs(
        &self,
        folder: &FolderRef,
        jobs: &[JobId],
        strategy: StopStrategy,
    ) -> Result<Vec<(JobId, CallError)>, CallError> {
        self.count(self.client.stop_jobs(folder, jobs, strategy)).await
    }

    async fn validate_job(&self, folder: &FolderRef, job: JobId) -> Result<Option<PendingReasons>, CallError> {
        self.count(self.client.validate_job(folder, job)).await
    }

    async fn wait_events(&self, folder: &FolderRef, job: JobId) -> Result<Option<Vec<WaitEvent>>, CallError> {
        self.count(self.client.wait_events(folder, job)).await
    }

    async fn release_details(
        &self,
        folder: &FolderRef,
        release: ReleaseKey,
    ) -> Result<Option<ReleaseDetails>, CallError> {
        self.count(self.client.release_details(folder, release)).await
    }

    async fn robot_log(&self, folder: &FolderRef, key: uuid::Uuid) -> Result<Option<Vec<LogLine>>, CallError> {
        self.count(self.client.robot_log(folder, key)).await
    }
}

/// Runs `work`, and moves the clock on whenever no request is under way and `work` only waits for time.
async fn drive<F: Future>(clock: &HandClock, server: &Counted, work: F) -> F::Output {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            biased;
            output = &mut work => return output,
            () = tokio::task::yield_now() => {}
        }
        // `work` was polled just now and is waiting; if not for an answer, then for the clock.
        if server.under_way.get() == 0 {
            clock.advance_to_next_sleeper();
        }
    }
}

fn client(sandbox: &Sandbox, clock: &HandClock) -> Client {
    Client::new(Connection {
        base: BaseUrl::parse(&sandbox.url()).unwrap(),
        tenant: None,
        login: Login::Token(Secret::new(sandbox.token().to_owned())),
        tokens: None,
        network: Network::default(),
        timeouts: Timeouts::default(),
        throttled: ThrottlePolicy::Unsent,
        senders: 8,
        seed: 1,
        clock: Arc::new(clock.clone()),
        redactor: Redactor::default(),
    })
    .unwrap()
}

/// Launches all of `requests` at `server`.
fn launch_at(clock: &HandClock, server: &Counted, requests: &Launches, terms: LaunchSettings) -> LaunchSummary {
    let ledger = MemoryLedger::new(clock);
    let launcher = Launcher { server, ledger: &ledger, requests, run: run_id(), clock: Arc::new(clock.clone()) };
    let (_keep, interrupt) = watch::channel(None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut observe = |_| {};
    runtime.block_on(drive(clock, server, launcher.launch(terms, RunHistory::default(), interrupt, &mut observe)))
}

fn launch(launches: u32, per_second: u32, burst: u32, throttle: Option<(Ordinal, Duration)>) -> Vec<Moment> {
    let clock = HandClock::at("2026-01-31T00:00:00Z".parse().unwrap());
    let sandbox =
        Sandbox::start(&World::obliging(), SandboxClock::over(Arc::new(clock.clone())), Options::default()).unwrap();
    let client = client(&sandbox, &clock);
    let server = Counted { client, under_way: Cell::new(0), throttle: Cell::new(throttle) };
    let some = |n| NonZeroU32::new(n).unwrap();
    let terms = LaunchSettings {
        pace: Pace::new(some(per_second), Duration::from_secs(1), some(burst)),
        concurrency: NonZeroUsize::new(8).unwrap(),
        ..terms()
    };
    let launched = launch_at(&clock, &server, &Launches::of(launches), terms);
    let refusals = || sandbox.record().iter().find(|received| received.status != 201).cloned();
    assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&launches), "{launched:?}, {:?}", refusals());
    let mut arrivals: Vec<Moment> = sandbox
        .record()
        .iter()
        .filter(|received| received.operation == "StartJobs")
        .map(|received| received.moment)
        .collect();
    arrivals.sort();
    assert_eq!(arrivals.len(), launches as usize);
    arrivals
}

#[test]
fn the_server_sees_no_window_above_rate_and_burst_and_the_total_is_near_ideal() {
    let arrivals = launch(400, 50, 10, None);
    for (first, start) in arrivals.iter().enumerate() {
        for (last, end) in arrivals.iter().enumerate().skip(first) {
            let held = f64::from(u32::try_from(last - first + 1).unwrap());
            let allowed = 50.0 * end.since(*start).as_secs_f64() + 10.0;
            assert!(held <= allowed + 1e-6, "{held} requests in {:?}", end.since(*start));
        }
    }
    let took = arrivals.last().unwrap().since(arrivals[0]).as_secs_f64();
    let ideal = (400.0 - 10.0) / 50.0;
    assert!(took >= ideal && took <= ideal * 1.01, "{took} s against {ideal} s");
}

#[test]
fn the_server_sees_nothing_inside_a_retry_after() {
    let hold = Duration::from_secs(30);
    let arrivals = launch(200, 50, 10, Some((Ordinal(60), hold)));
    let widest = arrivals.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap();
    assert!(widest >= hold, "the longest silence was {widest:?}");
}
