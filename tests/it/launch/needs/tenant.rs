//! A tenant whose robot jobs run for a while and end as a test says, and a process that may end at any step.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, Timestamp};
use sortie::ids::{FolderRef, JobId, LaunchId, Reference, ReleaseKey, RunId};
use sortie::launch_terms::StopStrategy;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::{AnswerClass, PriorAttempts};
use sortie::orchestrator::{
    ChangeFilter, ChangedJobs, JobPage, JobWindow, JobsById, JobsByReference, ListedJob, PendingReasons,
    ReleaseDetails, Server, StartAnswer, WaitEvent,
};
use sortie::outcome::LogLine;
use sortie::resolve::Request;
use sortie::robot_job::RobotJob;

use crate::simulation::Process;

/// How long robot jobs run.
const RUNS: Duration = Duration::from_secs(30);
const LATENCY: Duration = Duration::from_millis(20);

struct TenantJob {
    id: i64,
    launch: String,
    reference: String,
    body: String,
    created: Timestamp,
}

/// The final state of a launch's robot job, and its output.
type EndOfLaunch = dyn Fn(&str) -> (&'static str, Option<String>);

/// A tenant. What a robot job comes to is told by its launch: its final state, and its output.
pub struct LivingTenant {
    clock: HandClock,
    process: Process,
    jobs: RefCell<Vec<TenantJob>>,
    pub comes_to: Box<EndOfLaunch>,
    /// Launches that are refused.
    pub refuses: fn(&str) -> bool,
    asked: Cell<u32>,
}

impl LivingTenant {
    pub fn new(clock: &HandClock, process: Process) -> Self {
        let comes_to = Box::new(|launch: &str| {
            ("Successful", Some(format!("{{\"of\":\"{launch}\",\"total\":{}}}", launch.len())))
        });
        let jobs = RefCell::default();
        Self { clock: clock.clone(), process, jobs, comes_to, refuses: |_| false, asked: Cell::new(0) }
    }

    /// Another run of sortie starts something: it shows that the list keeps References.
    fn start_something_else(&self) {
        let mut jobs = self.jobs.borrow_mut();
        let launch = LaunchId::from("another");
        let id = i64::try_from(jobs.len()).unwrap() + 1000;
        jobs.push(TenantJob {
            id,
            reference: Reference::new(None, RunId::from_bytes([9; 16]), &launch).to_string(),
            launch: launch.to_string(),
            body: r#"{"startInfo":{}}"#.to_owned(),
            created: self.clock.utc(),
        });
    }

    /// The input arguments of each robot job, by launch; each launch must have started one at most.
    pub fn arguments(&self) -> BTreeMap<String, String> {
        let mut started = BTreeMap::new();
        for job in self.jobs.borrow().iter().filter(|job| job.launch != "another") {
            let body: serde_json::Value = serde_json::from_str(&job.body).unwrap();
            let arguments = body["startInfo"]["InputArguments"].as_str().unwrap_or_default().to_owned();
            assert!(started.insert(job.launch.clone(), arguments).is_none(), "{} was started twice", job.launch);
        }
        started
    }

    /// When each robot job was created, by launch.
    pub fn created(&self) -> BTreeMap<String, Timestamp> {
        self.jobs.borrow().iter().map(|job| (job.launch.clone(), job.created)).collect()
    }

    fn end_of(job: &TenantJob) -> Timestamp {
        job.created.checked_add(RUNS).unwrap()
    }

    fn shown(&self, job: &TenantJob) -> ListedJob {
        let is_over = Self::end_of(job) <= self.clock.utc();
        let (state, output) = if is_over { (self.comes_to)(&job.launch) } else { ("Running", None) };
        ListedJob {
            job: RobotJob {
                id: JobId(job.id),
                state: Some(state.to_owned()),
                batch_execution_key: Some(format!("{:032x}", job.id)),
                creation_time: Some(job.created.to_string()),
                start_time: Some(job.created.to_string()),
                end_time: is_over.then(|| Self::end_of(job).to_string()),
                output,
                ..RobotJob::default()
            },
            reference: Some(job.reference.clone()),
            ..ListedJob::default()
        }
    }

    async fn page(&self, skip: u32, shows: impl Fn(&TenantJob) -> bool) -> Result<JobPage, CallError> {
        self.process.step().await;
        if self.asked.replace(self.asked.get() + 1).is_multiple_of(10) {
            self.start_something_else();
        }
        self.clock.sleep(LATENCY).await;
        let jobs = self.jobs.borrow();
        let shown = jobs.iter().filter(|job| shows(job)).skip(skip as usize).take(1000).map(|job| self.shown(job));
        Ok(JobPage { jobs: shown.collect(), server_time: Some(self.clock.utc()), asked: 0 })
    }
}

impl Server for LivingTenant {
    fn tenant_identity(&self) -> &'static str {
        "living"
    }

    async fn start_jobs(&self, request: &Request, _: PriorAttempts) -> StartAnswer {
        self.process.step().await;
        let class = if (self.refuses)(request.launch.as_str()) {
            AnswerClass::Rejected(sortie::robot_job::ServerError {
                status: 409,
                code: Some(1670),
                message: "refused".to_owned(),
                trace_id: None,
            })
        } else {
            let mut jobs = self.jobs.borrow_mut();
            let id = i64::try_from(jobs.len()).unwrap() + 1000;
            jobs.push(TenantJob {
                id,
                launch: request.launch.to_string(),
                reference: request.reference.to_string(),
                body: request.body.to_string(),
                created: self.clock.utc(),
            });
            AnswerClass::Started(vec![self.shown(jobs.last().unwrap())])
        };
        self.clock.sleep(LATENCY).await;
        self.process.step().await;
        StartAnswer { class, server_time: Some(self.clock.utc()) }
    }

    async fn list_jobs(&self, window: &JobWindow, _: usize) -> Result<JobPage, CallError> {
        let from: Timestamp = window.from.parse().unwrap();
        self.page(window.skip, |job| job.created >= from).await
    }

    async fn find_jobs(&self, window: &JobWindow, part: &str, _: usize) -> Result<JobPage, CallError> {
        let from: Timestamp = window.from.parse().unwrap();
        self.page(window.skip, |job| job.created >= from && job.reference.contains(part)).await
    }

    async fn list_jobs_by_reference(&self, sought: &JobsByReference, _: usize) -> Result<JobPage, CallError> {
        self.page(0, |job| sought.references.iter().any(|reference| reference.as_str() == job.reference)).await
    }

    async fn list_changed_jobs(&self, query: &ChangedJobs, _: usize) -> Result<JobPage, CallError> {
        let from: Timestamp = query.from.parse().unwrap();
        let now = self.clock.utc();
        let changed = |job: &TenantJob| match query.since {
            None => true,
            Some(ChangeFilter::Ended(since)) => Self::end_of(job) <= now && Self::end_of(job) >= since,
            Some(ChangeFilter::Modified(since)) => Self::end_of(job).min(now) >= since,
        };
        self.page(query.skip, |job| job.created >= from && changed(job)).await
    }

    async fn list_jobs_by_id(&self, query: &JobsById, _: usize) -> Result<JobPage, CallError> {
        self.page(0, |job| query.ids.contains(&JobId(job.id))).await
    }

    async fn get_job(&self, _: &FolderRef, id: JobId) -> Result<Option<ListedJob>, CallError> {
        let page = self.page(0, |job| job.id == id.0).await?;
        Ok(page.jobs.into_iter().next())
    }

    async fn stop_jobs(
        &self,
        _: &FolderRef,
        _: &[JobId],
        _: StopStrategy,
    ) -> Result<Vec<(JobId, CallError)>, CallError> {
        unreachable!("nobody stops anything here")
    }

    async fn validate_job(&self, _: &FolderRef, _: JobId) -> Result<Option<PendingReasons>, CallError> {
        Ok(None)
    }

    async fn wait_events(&self, _: &FolderRef, _: JobId) -> Result<Option<Vec<WaitEvent>>, CallError> {
        Ok(None)
    }

    async fn release_details(&self, _: &FolderRef, _: ReleaseKey) -> Result<Option<ReleaseDetails>, CallError> {
        Ok(None)
    }

    async fn robot_log(&self, _: &FolderRef, _: uuid::Uuid) -> Result<Option<Vec<LogLine>>, CallError> {
        Ok(None)
    }
}
