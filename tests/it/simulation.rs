//! A server and a ledger in memory, and a loop that moves the hand-driven clock whenever nothing else can happen.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, Moment, Timestamp};
use sortie::ids::{Digest, FolderRef, JobId, Ordinal, Reference, RunId};
use sortie::launch::RequestSource;
use sortie::launch_terms::{ExpectedJobs, StopStrategy};
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::{AnswerClass, PriorAttempts};
use sortie::orchestrator::{
    ChangedJobs, JobPage, JobWindow, JobsById, JobsByReference, ListedJob, PendingReasons, Server, StartAnswer,
    WaitEvent,
};
use sortie::resolve::Request;
use sortie::robot_job::RobotJob;

mod launches;
mod memory;
mod odd;
mod process;

pub use launches::{Launches, run_id, since, terms};
pub use memory::MemoryLedger;
pub use odd::{CreationClock, Fate, Ignored, ListOrder, ReferenceFilter, failing};
use odd::{lost, refused};
pub use process::{Process, drive, drive_unless_ended};

/// One request that reached the simulated server.
#[derive(Clone, Debug)]
pub struct Sent {
    pub ordinal: Ordinal,
    pub at: Moment,
}

/// A robot job of the simulated server.
#[derive(Clone, Debug)]
struct SimJob {
    id: i64,
    folder: FolderRef,
    reference: String,
    batch: u64,
    created: Timestamp,
    visible: Timestamp,
}

/// A server whose answers follow a script for each launch; without one, each request is served.
pub struct SimServer {
    pub clock: HandClock,
    pub latency: Duration,
    pub fates_by_launch: RefCell<BTreeMap<u32, VecDeque<Fate>>>,
    /// Fates for whatever launch comes, before the scripts are looked at.
    pub next: RefCell<VecDeque<Fate>>,
    pub sent: RefCell<Vec<Sent>>,
    pub lists: RefCell<Vec<Moment>>,
    /// The `lists` that asked by Reference.
    pub seeks: RefCell<Vec<Moment>>,
    pub reference_filter: ReferenceFilter,
    /// Failures of the next reads of the job list.
    pub list_failures: RefCell<VecDeque<CallError>>,
    /// Robot jobs appear in lists so much later than they are created.
    pub list_lag: Duration,
    /// A list's page holds at most this many.
    pub page: usize,
    /// Whether lists show References.
    pub shows_references: bool,
    /// What is made of a Reference that is shown.
    pub shown_reference: fn(&str) -> Option<String>,
    /// Whether answers to starts show no Reference although lists do.
    pub answers_without_reference: bool,
    /// In which order lists come.
    pub order: ListOrder,
    /// What of a list's query is ignored.
    pub ignores: Ignored,
    /// Robot jobs created within so long before a list are not in it.
    pub hides_recent: Duration,
    /// So many of the next lists show none all the same.
    pub bare_lists: Cell<u32>,
    /// How far the clock behind `Date` is ahead of the true time, in seconds; none: it sends no `Date`.
    pub ahead_s: Option<i64>,
    /// So much further ahead is the `Date` of lists, in seconds: another gateway answers them.
    pub lists_ahead_s: i64,
    /// The clock behind `CreationTime`.
    pub creation: CreationClock,
    /// The true time when our monotonic clock was at its origin.
    begin: Timestamp,
    jobs: RefCell<Vec<SimJob>>,
    batches: Cell<u64>,
    ledger: MemoryLedger,
    /// The process that calls.
    pub process: Process,
}

impl SimServer {
    pub fn new(clock: &HandClock, ledger: &MemoryLedger) -> Self {
        Self {
            clock: clock.clone(),
            latency: Duration::from_millis(20),
            fates_by_launch: RefCell::default(),
            next: RefCell::default(),
            sent: RefCell::default(),
            lists: RefCell::default(),
            seeks: RefCell::default(),
            reference_filter: ReferenceFilter::Refused,
            list_failures: RefCell::default(),
            list_lag: Duration::ZERO,
            page: 1000,
            shows_references: true,
            shown_reference: |reference| Some(reference.to_owned()),
            answers_without_reference: false,
            order: ListOrder::AsAsked,
            ignores: Ignored::default(),
            hides_recent: Duration::ZERO,
            bare_lists: Cell::new(0),
            ahead_s: Some(0),
            lists_ahead_s: 0,
            creation: CreationClock::default(),
            begin: clock.utc().checked_sub(clock.now().0).unwrap(),
            jobs: RefCell::default(),
            batches: Cell::new(0),
            process: ledger.process(),
            ledger: ledger.clone(),
        }
    }

    pub fn script(&self, launch: u32, fates: impl IntoIterator<Item = Fate>) {
        self.fates_by_launch.borrow_mut().insert(launch, fates.into_iter().collect());
    }

    pub fn sends_of(&self, launch: u32) -> usize {
        self.sent.borrow().iter().filter(|sent| sent.ordinal.0 == launch).count()
    }

    /// How many calls created robot jobs of `launch`.
    pub fn starts_of(&self, launch: u32) -> usize {
        let reference = Launches::of(1).request(Ordinal(launch)).reference;
        let jobs = self.jobs.borrow();
        let mut batches: Vec<u64> =
            jobs.iter().filter(|job| job.reference.ends_with(reference.as_str())).map(|job| job.batch).collect();
        batches.sort_unstable();
        batches.dedup();
        batches.len()
    }

    /// How many robot jobs of `launch` exist.
    pub fn jobs_of(&self, launch: u32) -> usize {
        let reference = Launches::of(1).request(Ordinal(launch)).reference;
        self.jobs.borrow().iter().filter(|job| job.reference.ends_with(reference.as_str())).count()
    }

    /// The robot jobs of `launch`.
    pub fn ids_of(&self, launch: u32) -> Vec<i64> {
        let reference = Launches::of(1).request(Ordinal(launch)).reference;
        let jobs = self.jobs.borrow();
        jobs.iter().filter(|job| job.reference.ends_with(reference.as_str())).map(|job| job.id).collect()
    }

    /// A robot job that another run of sortie started so long ago.
    pub fn create_long_ago(&self, age: Duration) {
        let mut request = Launches::of(1).request(Ordinal(0));
        request.reference = Reference::new(None, RunId::from_bytes([9; 16]), &request.launch);
        self.create(&request, 1, Duration::ZERO);
        let mut jobs = self.jobs.borrow_mut();
        let job = jobs.last_mut().unwrap();
        job.created = job.created.checked_sub(age).unwrap();
        job.visible = job.visible.checked_sub(age).unwrap();
    }

    /// The true time, which none of the clocks need show.
    fn time(&self) -> Timestamp {
        self.begin.checked_add(self.clock.now().0).unwrap()
    }

    fn date(&self, further_s: i64) -> Option<Timestamp> {
        let ahead = self.ahead_s? + further_s;
        Some(Timestamp::from_second(self.time().as_second() + ahead).unwrap())
    }

    /// The answer that names `jobs`, which were started with `reference`.
    fn answer(&self, jobs: Vec<RobotJob>, reference: &str) -> AnswerClass {
        let shown = if self.shows_references && !self.answers_without_reference {
            (self.shown_reference)(reference)
        } else {
            None
        };
        AnswerClass::Started(
            jobs.into_iter().map(|job| ListedJob { job, reference: shown.clone(), ..ListedJob::default() }).collect(),
        )
    }

    fn answer_of(&self, launch: u32) -> AnswerClass {
        let reference = Launches::of(1).request(Ordinal(launch)).reference;
        let jobs = self.jobs.borrow().iter().filter(|job| job.reference == reference.as_str()).map(started).collect();
        self.answer(jobs, reference.as_str())
    }

    /// Creates `count` robot jobs of one batch, `delay` from now.
    fn create(&self, request: &Request, count: u32, delay: Duration) -> Vec<RobotJob> {
        let mut jobs = self.jobs.borrow_mut();
        let moment = self.clock.now().after(delay);
        let truly = self.time().checked_add(delay).unwrap();
        let ahead = self.creation.ahead_ms(moment) + self.ahead_s.unwrap_or_default() * 1000;
        let created = truly.checked_add(jiff::SignedDuration::from_millis(ahead)).unwrap();
        let batch = self.batches.get() + 1;
        self.batches.set(batch);
        let first = jobs.len();
        for _ in 0..count {
            let job = SimJob {
                id: i64::try_from(jobs.len()).unwrap() + 1000,
                folder: request.folder.clone(),
                reference: request.reference.to_string(),
                batch,
                created,
                visible: truly.checked_add(self.list_lag).unwrap(),
            };
            jobs.push(job);
        }
        jobs[first..].iter().map(started).collect()
    }
}

fn started(job: &SimJob) -> RobotJob {
    RobotJob {
        id: JobId(job.id),
        batch_execution_key: Some(format!("{:032x}", job.batch)),
        creation_time: Some(job.created.to_string()),
        ..RobotJob::default()
    }
}

impl Server for SimServer {
    fn tenant_identity(&self) -> &'static str {
        "simulated"
    }

    async fn start_jobs(&self, request: &Request, _: PriorAttempts) -> StartAnswer {
        self.process.step().await;
        let body = Digest::of(request.body.as_bytes());
        self.ledger.check_may_be_sent(request.ordinal, body, &self.clock);
        self.sent.borrow_mut().push(Sent { ordinal: request.ordinal, at: self.clock.now() });
        let scripted = self.next.borrow_mut().pop_front();
        let fate = scripted
            .or_else(|| self.fates_by_launch.borrow_mut().get_mut(&request.ordinal.0).and_then(VecDeque::pop_front));
        let ExpectedJobs::Exactly(count) = request.expected else { panic!("the simulation starts counted launches") };
        let class = match fate.unwrap_or(Fate::Served) {
            Fate::Served => self.answer(self.create(request, count, Duration::ZERO), request.reference.as_str()),
            Fate::Answered(class) => class,
            Fate::Lost => {
                self.create(request, count, Duration::ZERO);
                lost()
            }
            Fate::Dropped => lost(),
            Fate::Late(delay) => {
                self.create(request, count, delay);
                lost()
            }
            Fate::LateAndMore(delay, count) => {
                self.create(request, count, delay);
                lost()
            }
            Fate::Partial(count) => {
                self.create(request, count, Duration::ZERO);
                lost()
            }
            Fate::Replayed => {
                self.create(request, count, Duration::ZERO);
                self.answer(self.create(request, count, Duration::ZERO), request.reference.as_str())
            }
            Fate::AnsweredAs(other) => {
                self.create(request, count, Duration::ZERO);
                self.answer_of(other)
            }
            Fate::DroppedAndAnsweredAs(other) => self.answer_of(other),
            Fate::AnsweredWithTheFirst { creates } => {
                if creates {
                    self.create(request, count, Duration::ZERO);
                }
                let first = self.jobs.borrow()[0].clone();
                self.answer(vec![started(&first)], &first.reference)
            }
            Fate::Hangs => {
                self.create(request, count, Duration::ZERO);
                std::future::pending().await
            }
        };
        self.clock.sleep(self.latency).await;
        self.process.step().await;
        StartAnswer { class, server_time: self.date(0) }
    }

    async fn list_jobs(&self, window: &JobWindow, _: usize) -> Result<JobPage, CallError> {
        self.process.step().await;
        self.lists.borrow_mut().push(self.clock.now());
        self.clock.sleep(self.latency).await;
        if let Some(error) = self.list_failures.borrow_mut().pop_front() {
            return Err(error);
        }
        let from: Timestamp = window.from.parse().unwrap();
        let skip = if self.ignores.skip { 0 } else { window.skip };
        let page = self.page(&window.folder, skip, |job| self.ignores.window || job.created >= from);
        Ok(page)
    }

    async fn find_jobs(&self, window: &JobWindow, part: &str, _: usize) -> Result<JobPage, CallError> {
        self.process.step().await;
        self.lists.borrow_mut().push(self.clock.now());
        self.seeks.borrow_mut().push(self.clock.now());
        self.clock.sleep(self.latency).await;
        let from: Timestamp = window.from.parse().unwrap();
        let shows: Box<dyn Fn(&SimJob) -> bool> = match self.reference_filter {
            ReferenceFilter::Works | ReferenceFilter::OnlyTheFirst | ReferenceFilter::TurnsBad => {
                Box::new(|job| job.reference.contains(part))
            }
            ReferenceFilter::Refused => return Err(refused()),
            ReferenceFilter::Ignored => Box::new(|_| true),
            ReferenceFilter::FindsNothing => Box::new(|_| false),
            ReferenceFilter::FindsTheFirst => Box::new(|job| job.reference.contains(part) && job.id < 1100),
            ReferenceFilter::Fails => return Err(failing()),
        };
        Ok(self.page(&window.folder, window.skip, |job| job.created >= from && shows(job)))
    }

    async fn list_jobs_by_reference(&self, sought: &JobsByReference, _: usize) -> Result<JobPage, CallError> {
        self.process.step().await;
        self.lists.borrow_mut().push(self.clock.now());
        self.seeks.borrow_mut().push(self.clock.now());
        self.clock.sleep(self.latency).await;
        let is_probe = sought.references.iter().any(|reference| reference.as_str().ends_with("-0000000000000000"));
        let is_asked = |job: &SimJob| sought.references.iter().any(|reference| reference.as_str() == job.reference);
        let shows: Box<dyn Fn(&SimJob) -> bool> = match self.reference_filter {
            ReferenceFilter::Works => Box::new(is_asked),
            ReferenceFilter::Refused => return Err(refused()),
            ReferenceFilter::Ignored => Box::new(|_| true),
            ReferenceFilter::FindsNothing => Box::new(|_| false),
            ReferenceFilter::OnlyTheFirst => {
                let first = sought.references[0].to_string();
                Box::new(move |job| job.reference == first)
            }
            ReferenceFilter::FindsTheFirst => Box::new(move |job| is_asked(job) && job.id < 1100),
            ReferenceFilter::TurnsBad => Box::new(move |job| !is_probe || is_asked(job)),
            ReferenceFilter::Fails => return Err(failing()),
        };
        Ok(self.page(&sought.folder, 0, shows))
    }

    async fn list_changed_jobs(&self, _: &ChangedJobs, _: usize) -> Result<JobPage, CallError> {
        unreachable!("nothing is waited for yet")
    }

    async fn list_jobs_by_id(&self, _: &JobsById, _: usize) -> Result<JobPage, CallError> {
        unreachable!("nothing is waited for yet")
    }

    async fn get_job(&self, _: &FolderRef, _: JobId) -> Result<Option<ListedJob>, CallError> {
        unreachable!("nothing is waited for yet")
    }

    async fn stop_jobs(
        &self,
        _: &FolderRef,
        _: &[JobId],
        _: StopStrategy,
    ) -> Result<Vec<(JobId, CallError)>, CallError> {
        unreachable!("nothing is waited for yet")
    }

    async fn validate_job(&self, _: &FolderRef, _: JobId) -> Result<Option<PendingReasons>, CallError> {
        unreachable!("nothing is waited for yet")
    }

    async fn wait_events(&self, _: &FolderRef, _: JobId) -> Result<Option<Vec<WaitEvent>>, CallError> {
        unreachable!("nothing is waited for yet")
    }
}

impl SimServer {
    /// A page of the folder's robot jobs that `shows` lets through.
    fn page(&self, folder: &FolderRef, skip: u32, shows: impl Fn(&SimJob) -> bool) -> JobPage {
        let time = self.time();
        let jobs = self.jobs.borrow();
        let mut shown: Vec<&SimJob> =
            jobs.iter().filter(|job| job.folder == *folder && shows(job) && job.visible <= time).collect();
        shown.retain(|job| job.visible.checked_add(self.hides_recent).unwrap() <= time);
        match self.order {
            ListOrder::AsAsked => shown.sort_by_key(|job| (job.created, job.id)),
            ListOrder::NewestFirst => shown.sort_by_key(|job| std::cmp::Reverse((job.created, job.id))),
            ListOrder::ByReference => shown.sort_by(|one, other| one.reference.cmp(&other.reference)),
        }
        let bare = self.bare_lists.get();
        self.bare_lists.set(bare.saturating_sub(1));
        let shows = self.shows_references && bare == 0;
        let reference = |job: &SimJob| if shows { (self.shown_reference)(&job.reference) } else { None };
        let jobs = shown
            .into_iter()
            .skip(skip as usize)
            .take(self.page)
            .map(|job| ListedJob { job: started(job), reference: reference(job), ..ListedJob::default() })
            .collect();
        JobPage { jobs, server_time: self.date(self.lists_ahead_s), asked: 0 }
    }
}
