//! Which robot jobs of the run are over: read of lists and single answers, recorded, and heard by the queue.
//!
//! In: robot jobs that were started, pages, single answers, the present. Out: events for the ledger. Never: takes a failed
//! look for an end; that is what `wait` is for. No I/O and no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Dispatcher;
use super::free_slots::FreeSlots;
use crate::clock::{Moment, TimePoint};
use crate::exit::ExitStatus;
use crate::ids::{AttemptNo, FolderRef, JobId, Ordinal, ReleaseKey};
use crate::job_list::reader::{ListAnswer, ReadError};
use crate::job_list::request::ListRequest;
use crate::launch::history::UnfinishedJob;
use crate::launch::notice::Notice;
use crate::launch::queue::progress::LaunchProgress;
use crate::launch::request_source::RequestSource;
use crate::launch::summary::StopReason;
use crate::ledger::event::{Intent, LaunchEvent};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{ListedJob, PendingReasons, WaitEvent};
use crate::outcome::{BegunJob, FaultClass, JobEnd, JobOutcome, LogLine};
use crate::robot_job::{RobotJob, ServerError};
use crate::wait::fault_class::FaultFacts;
use crate::wait::{JobLookUp, LogQuestion, WatchEvent, WatchedLaunch};

pub(super) mod fault_book;
pub(super) mod faults;
mod passing_ends;
mod release_answers;

/// Maximum time for which nothing about robot jobs could be learnt before waiting is given up.
const MAX_BLIND: Duration = Duration::from_secs(1800);

/// How long looks must have failed before somebody is told, or a login that is refused ends the run.
const TELL_BLIND: Duration = Duration::from_secs(30);

impl<R: RequestSource> Dispatcher<'_, R> {
    /// Whether robot jobs are waited for: not where the login is gone, the server is down for long, or somebody wants the
    /// run to end.
    pub(super) fn watches(&self) -> bool {
        if self.doubts.is_given_up() {
            return false;
        }
        match self.stop {
            None | Some(StopReason::Cancelled | StopReason::Halted(_)) => true,
            Some(
                StopReason::Refused { .. }
                | StopReason::Ledger(_)
                | StopReason::Interrupt(_)
                | StopReason::RetriesSpent { .. }
                | StopReason::ThrottledTooLong(_)
                | StopReason::Blind(_),
            ) => false,
        }
    }

    /// Whether robot jobs are waited for, and one of them is not over.
    pub(super) fn is_watching(&self) -> bool {
        self.watches() && self.watching.watcher.is_open()
    }

    /// How many robot jobs are not over, and are waited for.
    pub(super) fn unfinished_jobs(&self) -> usize {
        if self.watches() { self.watching.count_unfinished() } else { 0 }
    }

    /// Begins to wait for robot jobs that an earlier process left unfinished, as far as that is asked for.
    pub(super) fn watch_again(&mut self, unfinished: Vec<UnfinishedJob>, now: TimePoint) {
        for job in unfinished {
            let UnfinishedJob {
                ordinal,
                attempt,
                folder,
                release,
                id,
                created,
                release_version,
                is_late: _,
                has_begun,
                start,
            } = job;
            let mut known = RobotJob {
                id,
                creation_time: created.map(|created| created.to_string()),
                release_version,
                ..RobotJob::default()
            };
            if has_begun {
                known.note_begin(start);
            }
            self.queue.restore_active(ordinal, &folder, release);
            self.watch_jobs((ordinal, attempt), &folder, release, &[known], (true, now));
        }
    }

    /// Begins to wait for robot jobs of a launch that was started, as far as that is asked for.
    pub(super) fn watch_started(&mut self, ordinal: Ordinal, intent: &Intent, jobs: &[RobotJob], now: TimePoint) {
        self.watch_jobs((ordinal, intent.attempt), &intent.folder, intent.release, jobs, (false, now));
    }

    fn watch_jobs(
        &mut self,
        (ordinal, attempt): (Ordinal, AttemptNo),
        folder: &FolderRef,
        release: ReleaseKey,
        jobs: &[RobotJob],
        (is_again, now): (bool, TimePoint),
    ) {
        let terms = self.requests.wait_terms(ordinal);
        let waits = self.is_waited_for(ordinal);
        let origin = self.requests.retry_origin(ordinal);
        let is_retry = origin.is_some();
        if let Some(origin) = origin.filter(|_| is_again && waits) {
            self.expect_chain(origin.of, now);
        }
        // What nobody waits for takes no room, and nobody hears of its end.
        let heard = if waits { jobs.len() } else { 0 };
        self.hear(&LaunchProgress::Started { ordinal, jobs: heard }, now);
        if waits {
            let launched = now.moment;
            let launch = WatchedLaunch { ordinal, attempt, folder, release, terms, launched, is_again, is_retry };
            self.watching.watcher.add(launch, jobs, now);
        }
    }

    /// Whether robot jobs of the launch of the plan at `ordinal` are waited for.
    fn is_waited_for(&self, ordinal: Ordinal) -> bool {
        let terms = self.requests.wait_terms(ordinal);
        self.watching.waits.get(usize::from(terms)).copied().unwrap_or_default()
    }

    /// The next part of the job list that tells which robot jobs are over, where one is due.
    pub(super) fn next_watch_list(&mut self, now: TimePoint) -> Option<ListRequest> {
        if !self.watches() || self.doubts.next_read(now.moment) > now.moment {
            return None;
        }
        let request = self.watching.watcher.next_list(now)?;
        self.watching.is_reading = true;
        Some(request)
    }

    /// Whether `answer` is to a question of [`Dispatcher::next_watch_list`]: then it is taken in.
    pub(super) fn take_watch_list(&mut self, answer: &ListAnswer, now: TimePoint) -> bool {
        if !std::mem::take(&mut self.watching.is_reading) {
            return false;
        }
        let failure = answer.listed.as_ref().err().map(|error| match error {
            ReadError::Call(error) => (error.to_string(), matches!(error, CallError::LoginRefused { .. })),
            ReadError::Paused(_) => (error.to_string(), false),
        });
        self.note_look(failure, now);
        if let Ok(page) = &answer.listed {
            self.doubts.note_page();
            page.jobs.iter().for_each(|listed| self.doubts.note_listed(listed));
        }
        let events = self.watching.watcher.take_list(answer, now);
        self.take_watch_events(events, now);
        true
    }

    /// The next robot job to ask for by itself, where one is due.
    pub(in crate::launch) fn next_look_up(&mut self, now: TimePoint) -> Option<JobLookUp> {
        if self.watches() { self.watching.watcher.next_look_up(now) } else { None }
    }

    /// Takes in what came of asking for one robot job.
    pub(in crate::launch) fn on_look_up(
        &mut self,
        look_up: JobLookUp,
        found: Result<Option<ListedJob>, CallError>,
        now: TimePoint,
    ) {
        let is_login = |error: &CallError| matches!(error, CallError::LoginRefused { .. });
        // That one is not there may be for want of rights: it neither fails, nor shows that all is well.
        if !matches!(found, Ok(None)) {
            self.note_look(found.as_ref().err().map(|error| (error.to_string(), is_login(error))), now);
        }
        let events = self.watching.watcher.take_look_up(&look_up, found, now);
        self.take_watch_events(events, now);
    }

    /// A look came back, with an answer or with why there is none and whether the login is to blame. A failure that goes on is
    /// told of once; a login that stays refused ends the run.
    fn note_look(&mut self, failure: Option<(String, bool)>, now: TimePoint) {
        let Some((why, is_login)) = failure else {
            (self.watching.blind_since, self.watching.is_blind, self.watching.is_told) = (None, false, false);
            return;
        };
        let since = *self.watching.blind_since.get_or_insert(now.moment);
        let span = now.moment.since(since);
        // Only by a look that failed just now: the next may be due long after the first that did.
        self.watching.is_blind = span > MAX_BLIND;
        if span < TELL_BLIND {
            return;
        }
        if is_login {
            let error = ServerError::of_network(why);
            self.stop(StopReason::Refused { error, exit: ExitStatus::Login }, now);
        } else if !std::mem::replace(&mut self.watching.is_told, true) {
            self.outbox
                .tell(Notice::Watched(format!("robot jobs cannot be looked at, and are asked for again: {why}")));
        }
    }

    /// What has come by time alone: limits of waiting that have passed.
    pub(in crate::launch) fn on_time(&mut self, now: TimePoint) {
        if !self.is_watching() {
            return;
        }
        let events = self.watching.watcher.take_time(now);
        self.take_watch_events(events, now);
        if self.watching.is_blind {
            self.stop(StopReason::Blind(self.watching.count_unfinished()), now);
        }
    }

    /// A robot job that has been pending for long, of which the server is to be asked why.
    pub(in crate::launch) fn next_question(&mut self, now: TimePoint) -> Option<(FolderRef, JobId)> {
        if self.watches() { self.watching.pending.next(now.moment) } else { None }
    }

    /// A robot job that stays suspended, of which the server is to be asked what it waits for.
    pub(in crate::launch) fn next_suspended(&mut self, now: TimePoint) -> Option<(FolderRef, JobId)> {
        if self.watches() { self.watching.suspended.next(now.moment) } else { None }
    }

    /// What the server says of that, where it says anything.
    pub(in crate::launch) fn on_wait_events(
        &mut self,
        folder: &FolderRef,
        events: Option<Vec<WaitEvent>>,
        now: TimePoint,
    ) {
        if let Some(words) = self.watching.suspended.explained(folder, events, now.moment) {
            self.outbox.tell(Notice::Watched(words));
        }
    }

    /// What the server says of it, where it says anything.
    pub(in crate::launch) fn on_reasons(&mut self, folder: &FolderRef, reasons: Option<PendingReasons>) {
        for words in self.watching.pending.explained(folder, reasons) {
            self.outbox.tell(Notice::Watched(words));
        }
    }

    /// The next robot job whose robot's log is to be read.
    pub(in crate::launch) fn next_log(&mut self, now: TimePoint) -> Option<LogQuestion> {
        if self.watches() { self.watching.logs.next(now.moment) } else { None }
    }

    /// Takes in what came of reading the log.
    pub(in crate::launch) fn on_log(
        &mut self,
        asked: LogQuestion,
        found: Result<Option<Vec<LogLine>>, CallError>,
        now: TimePoint,
    ) {
        let (lines, told) = self.watching.logs.take(found, now.moment);
        if let Some(words) = told {
            self.outbox.tell(Notice::Watched(words));
        }
        if !lines.is_empty() {
            let LogQuestion { ordinal, attempt, job } = asked;
            self.outbox.append_to_any(ordinal, LaunchEvent::RobotLog { attempt, job, lines }, now);
        }
    }

    /// Whether robots' logs are still to come that the run's end waits for.
    pub(super) fn is_reading_logs(&self, now: TimePoint) -> bool {
        self.watches() && self.watching.logs.is_open(now.moment)
    }

    /// When waiting has something to do by itself; `None` if it has not.
    pub(super) fn watch_wake_at(&mut self, free: FreeSlots, now: TimePoint) -> Option<Moment> {
        let logs = if self.watches() { self.watching.logs.due(free.logs, now.moment) } else { None };
        let releases = if self.watches() { self.watching.notes.due(free.releases, now.moment) } else { None };
        if !self.is_watching() {
            return [logs, releases].into_iter().flatten().min();
        }
        // What is due while its slot is taken is asked once that answer has come: to wake for it would be to spin.
        let lists_from = free.lists.then(|| self.doubts.next_read(now.moment));
        let next = self.watching.watcher.wake_at(now, lists_from, free.look_ups);
        let questions = [self.watching.pending.due(), self.watching.suspended.due()].into_iter().flatten().min();
        [next, logs, releases, questions.filter(|_| free.questions)].into_iter().flatten().min()
    }

    fn take_watch_events(&mut self, events: Vec<WatchEvent>, now: TimePoint) {
        let mut began: BTreeMap<(Ordinal, AttemptNo), Vec<BegunJob>> = BTreeMap::new();
        for event in &events {
            if let WatchEvent::Began { ordinal, attempt, begun } = event {
                began.entry((*ordinal, *attempt)).or_default().push(*begun);
            }
        }
        for ((ordinal, attempt), jobs) in began {
            self.outbox.append_to_any(ordinal, LaunchEvent::JobsBegan { attempt, jobs }, now);
        }
        for event in events {
            match event {
                WatchEvent::Began { .. } => {}
                WatchEvent::Ended { ordinal, attempt, mut end, unsure } => {
                    if let Some(unsure) = unsure {
                        self.complete_notes((ordinal, attempt), &mut end, *unsure, now);
                    }
                    self.end_job(ordinal, attempt, *end, now);
                }
                WatchEvent::LongPending { folder, job, since, info, .. } => {
                    self.watching.pending.add(folder, job, since, info, now.moment);
                }
                WatchEvent::StaysSuspended { folder, job } => {
                    self.watching.suspended.add(folder, job, now.moment);
                }
                WatchEvent::Stop { folder, jobs, strategy } => self.stops.add(&folder, jobs, strategy),
                WatchEvent::UnknownState { job, state } => self.outbox.tell(Notice::Watched(format!(
                    "robot job {} is `{state}`, a state that sortie does not know: it is waited for on",
                    job.0
                ))),
            }
        }
    }

    /// A robot job is over, or not waited for any longer.
    fn end_job(&mut self, ordinal: Ordinal, attempt: AttemptNo, mut end: JobEnd, now: TimePoint) {
        if end.outcome == JobOutcome::Faulted {
            end.class = Some(self.classify(ordinal, &end));
            let has_begun = end.start_time.as_deref().is_some_and(|time| !time.trim().is_empty());
            if has_begun {
                self.watching.logs.add(LogQuestion { ordinal, attempt, job: end.job }, now.moment);
            }
        }
        self.hear_sent(&LaunchProgress::JobEnded { ordinal, end: &end }, now);
        self.outbox.tell(Notice::JobEnded(end.job, end.outcome));
        self.outbox.append_to_any(ordinal, LaunchEvent::JobsEnded { attempt, ends: vec![end.clone()] }, now);
        self.follow_end(ordinal, &end, now);
    }

    /// Why a robot job faulted. An author's rule that cannot be asked is told of once.
    fn classify(&mut self, ordinal: Ordinal, end: &JobEnd) -> FaultClass {
        // Made again for authors' rules alone, which may ask for it.
        let release = if self.watching.classifier.has_own_rules() {
            let request = self.requests.request(self.requests.planned(ordinal));
            self.requests.release_name(&request.folder, request.release)
        } else {
            None
        };
        let facts = FaultFacts {
            info: end.info.as_deref(),
            code: None,
            error: end.error.as_ref(),
            state: end.state.as_deref(),
            sub_state: end.sub_state.as_deref(),
            started: Some(end.start_time.as_deref().is_some_and(|time| !time.trim().is_empty())),
            release: release.as_deref(),
        };
        let classified = self.watching.classifier.classify(&facts);
        for failure in self.watching.classifier.take_failures() {
            self.outbox.tell(Notice::Watched(format!(
                "rule {} of `fault-classes` could not be asked and is passed over: {}",
                failure.rule, failure.why
            )));
        }
        classified.class
    }
}
