//! A server and a ledger in memory, and a loop that moves the hand-driven clock whenever nothing else can happen.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, Moment, Timestamp};
use sortie::ids::{FolderRef, JobId, Ordinal, Reference, RunId};
use sortie::launch::RequestSource;
use sortie::launch_terms::StopStrategy;
use sortie::orchestrator::ListedJob;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::AnswerClass;
use sortie::resolve::Request;
use sortie::robot_job::RobotJob;

mod answers;
mod launches;
mod memory;
mod odd;
mod process;
mod robots;
mod waits;

pub use launches::{Launches, RELEASE, run_id, since, terms};
pub use memory::MemoryLedger;
pub use odd::{CreationClock, Fate, Ignored, ListOrder, ReferenceFilter, failing};
pub use process::{Process, WatchfulClock, drive, drive_unless_ended};
pub use robots::{Course, RobotEnd, RobotLives, Standing};
pub use waits::{ChangeForm, WaitOdds};

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
    launch: Ordinal,
    folder: FolderRef,
    reference: String,
    batch: u64,
    created: Timestamp,
    visible: Timestamp,
    /// When it came to be.
    born: Moment,
}

/// A robot job as the server created it.
#[derive(Clone, Debug)]
pub struct CreatedJob {
    pub id: JobId,
    pub reference: String,
    pub born: Moment,
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
    /// How robot jobs live; without it they say nothing of their state.
    pub lives: Option<RobotLives>,
    /// How each of them lives, whatever `lives` says.
    pub all_live: Option<Course>,
    /// What is odd about looking at robot jobs for their ends.
    pub waits: WaitOdds,
    /// The looks at single robot jobs.
    pub looks: RefCell<Vec<Moment>>,
    /// Which robot jobs were asked to stop, when, and how.
    stops: RefCell<BTreeMap<i64, (Moment, StopStrategy)>>,
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
            lives: None,
            all_live: None,
            waits: WaitOdds::default(),
            looks: RefCell::default(),
            stops: RefCell::default(),
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

    /// Every robot job that it ever created, in order.
    pub fn created(&self) -> Vec<CreatedJob> {
        let jobs = self.jobs.borrow();
        let created = |job: &SimJob| {
            let SimJob { id, reference, born, .. } = job.clone();
            CreatedJob { id: JobId(id), reference, born }
        };
        jobs.iter().map(created).collect()
    }

    /// The launch of a robot job.
    pub fn launch_of(&self, job: JobId) -> u32 {
        let jobs = self.jobs.borrow();
        jobs.iter().find(|known| known.id == job.0).expect("a robot job of the server").launch.0
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

    /// All that comes and goes is well again: what is sent is served, and lists tell the truth. Clocks stay as they are.
    pub fn heal(&mut self) {
        self.fates_by_launch.borrow_mut().clear();
        self.next.borrow_mut().clear();
        self.list_failures.borrow_mut().clear();
        self.reference_filter = ReferenceFilter::Works;
        self.order = ListOrder::AsAsked;
        self.ignores = Ignored::default();
        self.hides_recent = Duration::ZERO;
        self.bare_lists.set(0);
        self.lists_ahead_s = 0;
        self.page = 1000;
        self.waits = WaitOdds::default();
    }

    /// How many requests reached it.
    pub fn count_requests(&self) -> usize {
        self.sent.borrow().len() + self.lists.borrow().len() + self.looks.borrow().len()
    }

    /// The true time, which none of the clocks need show.
    fn time(&self) -> Timestamp {
        self.begin.checked_add(self.clock.now().0).unwrap()
    }

    /// What the clock behind `CreationTime` shows, or showed, at a moment.
    fn database_time(&self, moment: Moment) -> Timestamp {
        let ahead = self.creation.ahead_ms(moment) + self.ahead_s.unwrap_or_default() * 1000;
        let truly = self.begin.checked_add(moment.0).unwrap();
        truly.checked_add(jiff::SignedDuration::from_millis(ahead)).unwrap()
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
        let born = self.clock.now().after(delay);
        let truly = self.time().checked_add(delay).unwrap();
        let created = self.database_time(born);
        let batch = self.batches.get() + 1;
        self.batches.set(batch);
        let first = jobs.len();
        for _ in 0..count {
            let job = SimJob {
                id: i64::try_from(jobs.len()).unwrap() + 1000,
                launch: request.ordinal,
                folder: request.folder.clone(),
                reference: request.reference.to_string(),
                batch,
                created,
                visible: truly.checked_add(self.list_lag).unwrap(),
                born,
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
