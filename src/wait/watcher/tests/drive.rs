//! Drives a watcher as the launcher's loop does: one list at a time within the run's share, single calls beside it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use super::tenant::{LyingTenant, folder, point, utc};
use crate::clock::{Moment, TimePoint};
use crate::ids::{AttemptNo, FolderRef, JobId, Ordinal, ReleaseKey};
use crate::job_list::reader::{ListAnswer, ReadError};
use crate::job_list::request::ListRequest;
use crate::orchestrator::call_error::CallError;
use crate::outcome::JobOutcome;
use crate::pace::{Pace, Stream};
use crate::robot_job::RobotJob;
use crate::wait::look_ups::JobLookUp;
use crate::wait::spans::LearntSpans;
use crate::wait::terms::{SingleJobs, WatchEvent, WatchSettings, WatchTerms, WatchedLaunch};
use crate::wait::watcher::Watcher;

/// How long a list and a single call take.
const LIST: Duration = Duration::from_millis(200);
const SINGLE: Duration = Duration::from_millis(60);

pub(super) fn settings() -> WatchSettings {
    let ten = NonZeroU32::new(10).unwrap();
    let single_pace = Pace::new(ten, Duration::from_secs(1), ten);
    WatchSettings { single_jobs: SingleJobs::Free, single_pace, tries_filters: true }
}

pub(super) struct Drive {
    pub(super) tenant: LyingTenant,
    pub(super) watcher: Watcher,
    pub(super) now: Moment,
    pub(super) events: Vec<(Moment, WatchEvent)>,
    /// Failures of the next lists and single calls.
    pub(super) list_failures: Vec<CallError>,
    pub(super) single_failures: Vec<CallError>,
    share: Stream,
    list: Option<(Moment, TimePoint, ListRequest)>,
    singles: Vec<(Moment, JobLookUp)>,
    length: usize,
    launched: u32,
    turns: u32,
}

impl Drive {
    pub(super) fn new(tenant: LyingTenant, settings: WatchSettings, terms: WatchTerms) -> Self {
        // `limits.poll` as it is by default: 60 a minute.
        let share = Stream::idle(Pace::at_most(NonZeroU32::new(60).unwrap(), Duration::from_secs(60)));
        Self {
            tenant,
            watcher: Watcher::new(settings, vec![terms], LearntSpans::default()),
            now: Moment::default(),
            events: Vec::new(),
            list_failures: Vec::new(),
            single_failures: Vec::new(),
            share,
            list: None,
            singles: Vec::new(),
            length: 1000,
            launched: 0,
            turns: 0,
        }
    }

    /// Starts a robot job now, and has it watched.
    pub(super) fn start(&mut self, number: u16, runs: Duration) -> JobId {
        let job = self.tenant.start(number, self.now, runs);
        let folder = folder(number);
        let launch = self.launch_of(number, &folder);
        self.watcher.add(launch, std::slice::from_ref(&job), point(self.now));
        job.id
    }

    fn launch_of<'f>(&mut self, number: u16, folder: &'f FolderRef) -> WatchedLaunch<'f> {
        self.launched += 1;
        WatchedLaunch {
            ordinal: Ordinal(self.launched - 1),
            attempt: AttemptNo::FIRST,
            folder,
            release: ReleaseKey(uuid::Uuid::from_u128(u128::from(number))),
            terms: 0,
            launched: self.now,
            is_again: false,
            is_retry: false,
        }
    }

    /// Starts a robot job at `created` that is not watched yet.
    pub(super) fn start_before(&mut self, number: u16, created: Moment, runs: Duration) {
        self.tenant.start(number, created, runs);
    }

    /// Has all robot jobs watched, as a ledger knows them.
    pub(super) fn watch_left_behind(&mut self) {
        let jobs: Vec<_> = self.tenant.jobs.iter().map(|job| (job.id, job.folder, job.created)).collect();
        for (id, number, created) in jobs {
            let creation_time = Some(utc(created).to_string());
            let known = RobotJob { id, creation_time, ..RobotJob::default() };
            let folder = folder(number);
            let launch = WatchedLaunch { is_again: true, ..self.launch_of(number, &folder) };
            self.watcher.add(launch, &[known], point(self.now));
        }
    }

    /// Lets time go by up to `until`.
    pub(super) fn run_until(&mut self, until: Moment) {
        loop {
            self.ask();
            let answers = self.singles.iter().map(|(due, _)| *due).chain(self.list.iter().map(|(due, ..)| *due));
            let turn = self.list_turn();
            let wake = self.watcher.wake_at(point(self.now), turn, true);
            let Some(next) = answers.chain(wake).min().filter(|next| *next <= until) else {
                self.now = until;
                return;
            };
            self.turns = if next > self.now { 0 } else { self.turns + 1 };
            assert!(
                self.turns < 1_000,
                "it turns and turns at {:?}: {wake:?}, {}",
                self.now,
                self.watcher.state_of_turns(self.now)
            );
            self.now = self.now.max(next);
            self.answer();
            let told = self.watcher.take_time(point(self.now));
            self.tell(told);
        }
    }

    /// Lets time go by until nothing is waited for; at most `most`.
    pub(super) fn run_for(&mut self, most: Duration) {
        let until = self.now.after(most);
        while self.watcher.is_open() && self.now < until {
            let next = self.now.after(Duration::from_secs(1)).min(until);
            self.run_until(next);
        }
    }

    /// From when a list may be asked for; `None` while one is.
    fn list_turn(&self) -> Option<Moment> {
        self.list.is_none().then(|| self.share.next(self.now))
    }

    fn ask(&mut self) {
        let now = point(self.now);
        while let Some(look_up) = self.watcher.next_look_up(now) {
            self.singles.push((self.now.after(SINGLE), look_up));
        }
        if self.list.is_none()
            && self.share.next(self.now) <= self.now
            && let Some(request) = self.watcher.next_list(now)
        {
            self.share.take(self.now);
            self.list = Some((self.now.after(LIST), now, request));
        }
    }

    fn answer(&mut self) {
        let now = point(self.now);
        let (due, waiting): (Vec<_>, Vec<_>) = self.singles.drain(..).partition(|(due, _)| *due <= now.moment);
        self.singles = waiting;
        for (_, look_up) in due {
            let found = match self.single_failures.pop() {
                Some(error) => Err(error),
                None => Ok(self.tenant.single(look_up.job, self.now)),
            };
            let told = self.watcher.take_look_up(&look_up, found, now);
            self.tell(told);
        }
        if self.list.as_ref().is_some_and(|(due, ..)| *due <= self.now)
            && let Some((_, asked, request)) = self.list.take()
        {
            let listed = match self.list_failures.pop() {
                Some(error) => Err(ReadError::Call(error)),
                None => {
                    self.tenant.list(&request, self.length, self.now).map_err(|error| self.shortened(&request, error))
                }
            };
            let told = self.watcher.take_list(&ListAnswer { listed, asked }, now);
            self.tell(told);
        }
    }

    /// As the reader of lists does with what is refused.
    fn shortened(&mut self, request: &ListRequest, error: CallError) -> ReadError {
        if let (ListRequest::Window(_), CallError::Refused { what, error }, 1000) = (request, &error, self.length) {
            self.length = 100;
            return ReadError::Call(CallError::PageRefused { what, error: error.clone() });
        }
        ReadError::Call(error)
    }

    fn tell(&mut self, told: Vec<WatchEvent>) {
        let now = self.now;
        self.events.extend(told.into_iter().map(|event| (now, event)));
    }

    /// The ends that were told, by robot job. Fails where one was told twice.
    pub(super) fn ends(&self) -> BTreeMap<JobId, (Moment, JobOutcome)> {
        let mut ends = BTreeMap::new();
        for (at, event) in &self.events {
            if let WatchEvent::Ended { end, .. } = event {
                assert!(ends.insert(end.job, (*at, end.outcome)).is_none(), "{:?} ended twice", end.job);
            }
        }
        ends
    }

    /// Fails unless every robot job was told to have ended as it did, after it did.
    pub(super) fn assert_true(&self) {
        let ends = self.ends();
        for job in &self.tenant.jobs {
            let (at, outcome) = ends.get(&job.id).unwrap_or_else(|| panic!("{:?} never ended", job.id));
            let expected = match job.state {
                "Successful" => JobOutcome::Successful,
                "Faulted" => JobOutcome::Faulted,
                _ => JobOutcome::Stopped,
            };
            assert_eq!((*outcome, *at >= job.ended.unwrap()), (expected, true), "{job:?}");
        }
    }

    /// How long after its end each was told of, as the 95th percentile.
    pub(super) fn p95(&self) -> Duration {
        let ends = self.ends();
        let ended = |id: &JobId| self.tenant.jobs[usize::try_from(id.0 - 1_000).unwrap()].ended;
        let mut delays: Vec<Duration> = ends.iter().filter_map(|(id, (at, _))| Some(at.since(ended(id)?))).collect();
        delays.sort_unstable();
        delays[delays.len() * 95 / 100]
    }

    /// How many requests to lists were made.
    pub(super) fn lists(&self) -> usize {
        self.tenant.asked.len()
    }
}
