//! A server with two clocks that shows References as it likes, and carries out filters as it likes.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use jiff::SignedDuration;
use sortie::clock::{Clock as _, HandClock, Timestamp};
use sortie::ids::{FolderId, FolderRef, JobId, LaunchId, Reference, ReleaseKey, RunId};
use sortie::launch_terms::StopStrategy;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::{AnswerClass, PriorAttempts};
use sortie::orchestrator::{
    ChangedJobs, JobPage, JobWindow, JobsById, JobsByReference, ListedJob, PendingReasons, ReleaseDetails, Server,
    StartAnswer, WaitEvent,
};
use sortie::outcome::LogLine;
use sortie::resolve::Request;
use sortie::robot_job::{RobotJob, ServerError};

use crate::simulation::run_id;

/// What a server makes of `contains(Reference, ..)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// It finds what is there.
    Works,
    /// It answers 400.
    Refused,
    /// It answers as without it.
    Ignored,
    /// It finds nothing.
    FindsNothing,
    /// It finds what is asked for, and only the first three of them.
    FindsThree,
    /// It finds all the others.
    Negated,
}

/// What a list shows for a Reference.
pub type Shows = fn(&str) -> Option<String>;

struct Job {
    id: i64,
    reference: Option<String>,
    release: &'static str,
    created: Timestamp,
}

pub struct Tenant {
    pub clock: HandClock,
    /// How far the clock of `CreationTime` is ahead of ours, and `Date`'s.
    pub creation_ahead: SignedDuration,
    pub has_date: bool,
    pub filter: Filter,
    pub page: usize,
    /// How a Reference is shown.
    pub shows: Shows,
    /// What happens when a list is asked for, which is then never answered.
    pub instead: RefCell<Option<Box<dyn Fn()>>>,
    /// Pages were asked for so often, and so often of them by a part of the Reference.
    pub lists: Cell<(u32, u32)>,
    pub sent: Cell<u32>,
    jobs: RefCell<Vec<Job>>,
}

impl Tenant {
    pub fn new(clock: &HandClock) -> Self {
        Self {
            clock: clock.clone(),
            creation_ahead: SignedDuration::ZERO,
            has_date: true,
            filter: Filter::Works,
            page: 1000,
            shows: |reference| Some(reference.to_owned()),
            instead: RefCell::default(),
            lists: Cell::default(),
            sent: Cell::new(0),
            jobs: RefCell::default(),
        }
    }

    /// Adds robot jobs of `Ping` that the run with this byte started, or that carry no Reference, so far from now.
    pub fn fill(&self, count: u32, run: Option<u8>, from_now: SignedDuration) {
        for number in 0..count {
            let launch = LaunchId::from(format!("other-{number}").as_str());
            let reference = run.map(|byte| Reference::new(None, RunId::from_bytes([byte; 16]), &launch).to_string());
            self.add(reference, "Ping", from_now);
        }
    }

    pub fn add(&self, reference: Option<String>, release: &'static str, from_now: SignedDuration) {
        let mut jobs = self.jobs.borrow_mut();
        let created = self.clock.utc().checked_add(self.creation_ahead).unwrap().checked_add(from_now).unwrap();
        let created = Timestamp::from_millisecond(created.as_millisecond()).unwrap();
        let id = i64::try_from(jobs.len()).unwrap() + 1000;
        jobs.push(Job { id, reference, release, created });
    }

    /// How many robot jobs the run has; panics where two share a Reference.
    #[track_caller]
    pub fn starts(&self) -> usize {
        let jobs = self.jobs.borrow();
        let run = run_id().to_string();
        let mut own: Vec<&str> = jobs.iter().filter_map(|job| job.reference.as_deref()).collect();
        own.retain(|reference| reference.contains(&run));
        own.sort_unstable();
        let all = own.len();
        own.dedup();
        assert_eq!(own.len(), all, "a launch was started twice");
        all
    }

    fn date(&self) -> Option<Timestamp> {
        self.has_date.then(|| Timestamp::from_second(self.clock.utc().as_second()).unwrap())
    }

    async fn listed(&self, window: &JobWindow, shows: impl Fn(&Job) -> bool) -> JobPage {
        self.clock.sleep(Duration::from_millis(20)).await;
        let is_mute = self.instead.borrow().as_ref().map(|instead| instead()).is_some();
        if is_mute {
            std::future::pending::<()>().await;
        }
        let from: Timestamp = window.from.parse().unwrap();
        let jobs = self.jobs.borrow();
        let mut shown: Vec<&Job> = jobs.iter().filter(|job| job.created >= from && shows(job)).collect();
        shown.sort_by_key(|job| (job.created, job.id));
        let rows = shown.into_iter().skip(window.skip as usize).take(self.page).map(|job| ListedJob {
            job: started(job),
            reference: job.reference.as_deref().and_then(self.shows),
            ..ListedJob::default()
        });
        JobPage { jobs: rows.collect(), server_time: self.date(), asked: 0 }
    }

    fn count(&self, filtered: u32) {
        let (lists, by_part) = self.lists.get();
        self.lists.set((lists + 1, by_part + filtered));
    }
}

fn started(job: &Job) -> RobotJob {
    RobotJob {
        id: JobId(job.id),
        creation_time: Some(job.created.to_string()),
        release_name: Some(job.release.to_owned()),
        ..RobotJob::default()
    }
}

impl Server for Tenant {
    fn tenant_identity(&self) -> &'static str {
        "simulated"
    }

    async fn start_jobs(&self, request: &Request, _: PriorAttempts) -> StartAnswer {
        assert_eq!(request.folder, FolderRef::Id(FolderId(7)));
        self.sent.set(self.sent.get() + 1);
        self.add(Some(request.reference.to_string()), "Ping", SignedDuration::ZERO);
        let class = AnswerClass::Started(vec![ListedJob {
            job: started(self.jobs.borrow().last().unwrap()),
            ..ListedJob::default()
        }]);
        self.clock.sleep(Duration::from_millis(20)).await;
        StartAnswer { class, server_time: self.date() }
    }

    async fn list_jobs(&self, window: &JobWindow, _: usize) -> Result<JobPage, CallError> {
        self.count(0);
        Ok(self.listed(window, |_| true).await)
    }

    async fn find_jobs(&self, window: &JobWindow, part: &str, _: usize) -> Result<JobPage, CallError> {
        self.count(1);
        let has = |job: &Job| job.reference.as_deref().is_some_and(|reference| reference.contains(part));
        Ok(match self.filter {
            Filter::Works => self.listed(window, has).await,
            Filter::Refused => {
                let error = ServerError { status: 400, message: "Invalid OData".to_owned(), ..ServerError::default() };
                return Err(CallError::Refused { what: "listing jobs", error });
            }
            Filter::Ignored => self.listed(window, |_| true).await,
            Filter::FindsNothing => self.listed(window, |_| false).await,
            Filter::FindsThree => {
                let mut page = self.listed(window, has).await;
                page.jobs.truncate(3);
                page
            }
            Filter::Negated => self.listed(window, |job| !has(job)).await,
        })
    }

    async fn list_jobs_by_reference(&self, _: &JobsByReference, _: usize) -> Result<JobPage, CallError> {
        unreachable!("nothing is in doubt here")
    }

    async fn list_changed_jobs(&self, _: &ChangedJobs, _: usize) -> Result<JobPage, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn list_jobs_by_id(&self, _: &JobsById, _: usize) -> Result<JobPage, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn get_job(&self, _: &FolderRef, _: JobId) -> Result<Option<ListedJob>, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn stop_jobs(
        &self,
        _: &FolderRef,
        _: &[JobId],
        _: StopStrategy,
    ) -> Result<Vec<(JobId, CallError)>, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn validate_job(&self, _: &FolderRef, _: JobId) -> Result<Option<PendingReasons>, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn wait_events(&self, _: &FolderRef, _: JobId) -> Result<Option<Vec<WaitEvent>>, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn release_details(&self, _: &FolderRef, _: ReleaseKey) -> Result<Option<ReleaseDetails>, CallError> {
        Ok(None)
    }

    async fn robot_log(&self, _: &FolderRef, _: uuid::Uuid) -> Result<Option<Vec<LogLine>>, CallError> {
        Ok(None)
    }
}
