//! Dispatches the launches of one run: what to reserve, what to record, what to ask, what came of it. No I/O, no clock.
//!
//! It composes, and each part answers one question: `queue` what may go next, `send` how much and when, `doubts` what the
//! job list is read for, `outbox` what must become durable. The driver (`launch.rs`) asks [`Dispatcher::next_commit`]
//! what must become durable, makes it durable, and then hands the commit back, which frees its intents to be sent and its
//! notices to be shown. Never: lets a launch go whose intent is not durable, or sends again what may have been started.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use self::clock_watch::ClockWatch;
use self::doubts::Doubts;
pub(super) use self::free_slots::FreeSlots;
use self::outbox::Outbox;
use self::stops::RobotJobStops;
use self::watched_jobs::Watching;
use self::watching::fault_book::FaultBook;
use super::history::{FaultedJob, RunHistory};
use super::notice::Notice;
use super::queue::Queue;
use super::queue::rule::Next;
use super::queue::warm_up::WarmUp;
use super::request_source::RequestSource;
use super::send::budget::RetryBudget;
use super::send::commit::Commit;
use super::send::forbidden::ForbiddenStreaks;
use super::send::gate::Gate;
use super::send::reservations::Reservations;
use super::send::sender::{CommittedIntent, SenderCounts};
use super::settings::{LaunchSettings, RecountScope, SendMode};
use super::settle::times::longest_doubt;
use super::summary::{LaunchSummary, StopReason};
use crate::clock::{Moment, TimePoint};
use crate::ids::{FolderRef, JobId, RunId};
use crate::job_list::schedule::ReadSchedule;
use crate::ledger::Steered;
use crate::ledger::event::AttemptEnd;
use crate::pauses::{MAX_HOLD, PauseStreak};
use crate::robot_job::ServerError;

mod answers;
mod clock_watch;
mod doubts;
mod free_slots;
mod left_out;
mod long_pending;
mod outbox;
mod outlook;
mod reserve;
mod restore;
mod settled;
mod steer;
mod stops;
mod watched_jobs;
mod watching;

/// Decides what one run sends, records and asks next.
pub(super) struct Dispatcher<'a, R> {
    requests: &'a R,
    settings: LaunchSettings,
    gate: &'a Gate,
    queue: Queue<'a, R>,
    reservations: Reservations,
    /// Launches whose intents are durable.
    ready: VecDeque<CommittedIntent>,
    outbox: Outbox,
    doubts: Doubts,
    watch: ClockWatch,
    watching: Watching,
    faults: FaultBook,
    /// Faults that an earlier process left undecided.
    undecided: Vec<FaultedJob>,
    budget: RetryBudget,
    random: fastrand::Rng,
    /// How long starts were paused without an answer between.
    paused: PauseStreak,
    forbidden: ForbiddenStreaks,
    closed_folders: BTreeMap<FolderRef, ServerError>,
    stop: Option<StopReason>,
    /// What holds by all that was asked of the run.
    steered: Steered,
    stops: RobotJobStops,
    /// Why the last answer was lost.
    last_lost: String,
    /// Whether any launch may have retries.
    may_retry: bool,
    /// Whether anything was sent by this process.
    has_sent: bool,
    /// The robot job of the greatest id on this tenant that was known when this process began.
    latest_before: Option<JobId>,
}

impl<'a, R: RequestSource> Dispatcher<'a, R> {
    /// The dispatcher of `run`, whose ledger holds `history`.
    pub(super) fn new(
        requests: &'a R,
        gate: &'a Gate,
        settings: LaunchSettings,
        (run, history): (RunId, RunHistory),
        now: TimePoint,
    ) -> Self {
        let LaunchSettings { concurrency, settle, .. } = settings;
        if settings.sending == SendMode::Off {
            gate.stop();
        }
        let answers: u32 = history.ended.values().sum();
        let open_faults = history.open_faults();
        let budget = RetryBudget::new(requests.count(), u32::try_from(concurrency.get()).unwrap_or(u32::MAX));
        let schedule = ReadSchedule::new(history.polls(settings.poll, now));
        let warm_up = WarmUp::new(concurrency.get(), requests.count(), longest_doubt(settle));
        let sends = history.latest_sends.iter().map(|Reverse(send)| *send);
        let kept = history.rations;
        let mut dispatcher = Self {
            requests,
            settings,
            gate,
            queue: Queue::new(requests, history.touched, warm_up),
            reservations: Reservations::after(sends, settings.pace, now),
            ready: VecDeque::new(),
            outbox: Outbox::new(
                (history.ended, history.ended_retries),
                history.unfinished.clone().into_iter().collect(),
            ),
            doubts: Doubts::new(run, settle, history.known, history.disputed, schedule),
            watch: ClockWatch::new(history.clocks, kept.clock_difference, history.server_ahead_ms, now),
            watching: Watching::new(requests.wait_plan(), history.learnt, &settings),
            undecided: open_faults,
            faults: FaultBook::new(requests.count(), &history.retry_origins, (history.odd, history.adopted)),
            budget: budget.after(history.retries, answers),
            random: fastrand::Rng::with_seed(settings.seed),
            paused: PauseStreak::default(),
            forbidden: ForbiddenStreaks::default(),
            closed_folders: BTreeMap::new(),
            stop: None,
            steered: Steered::default(),
            stops: RobotJobStops::default(),
            last_lost: String::new(),
            may_retry: requests.may_retry(),
            has_sent: false,
            latest_before: kept.greatest_job,
        };
        if let Some(pause) = kept.starts_pause.filter(|_| settings.sending == SendMode::On) {
            let left = pause.left(now.utc);
            gate.hold_until(now.moment.after(left));
            if left > MAX_HOLD {
                dispatcher.stop(StopReason::ThrottledTooLong(pause.at(now.utc).until), now);
            }
        }
        if let Some(pause) = kept.lists_pause {
            dispatcher.hold_lists(pause.left(now.utc), !history.unfinished.is_empty(), now);
        }
        for (endpoint, pause) in kept.restarted_pauses(now.utc) {
            dispatcher.outbox.hold(endpoint, pause);
        }
        for folder in dispatcher.doubts.known().folders() {
            dispatcher.queue.alive(folder);
        }
        for (ordinal, state) in &history.needed {
            dispatcher.queue.recall(*ordinal, state);
        }
        for (ordinal, verdict) in history.needed_odd {
            dispatcher.queue.recall_odd(ordinal, verdict);
        }
        dispatcher.watch_again(history.unfinished_jobs, now);
        for (ordinal, state) in history.unfinished {
            dispatcher.restore(ordinal, state, now);
        }
        dispatcher
    }

    /// The next launch for a free sender.
    pub(super) fn take_ready(&mut self) -> Option<CommittedIntent> {
        self.ready.pop_front()
    }

    /// What must become durable now; `None` if nothing must yet.
    pub(super) fn next_commit(&mut self, senders: SenderCounts, now: TimePoint) -> Option<Commit> {
        let intents = self.reserve(senders, now);
        let is_idle = senders.busy == 0 && self.ready.is_empty();
        let must = !intents.is_empty() || self.outbox.is_overdue(now.moment) || (is_idle && !self.outbox.is_clean());
        must.then(|| self.outbox.take(intents, self.watch.take_unsaved(now.utc)))
    }

    /// What is to be shown although nothing of it has to become durable. Only while no commit is under way.
    pub(super) fn take_notices(&mut self) -> Vec<Notice> {
        self.outbox.take_notices()
    }

    /// The commit is durable: its launches may be sent, its notices shown.
    pub(super) fn on_commit(&mut self, commit: Commit) -> Vec<Notice> {
        self.ready.extend(commit.intents);
        commit.notices
    }

    /// When there will be something to do without any answer; `None` if only answers help.
    pub(super) fn wake_at(&mut self, senders: SenderCounts, free: FreeSlots, now: TimePoint) -> Option<Moment> {
        let watching = self.watch_wake_at(free, now);
        let now = now.moment;
        let has_room = self.ready.is_empty() && self.reservations.room(senders, 0) > 0;
        let sending = if has_room && !self.gate.is_stopped() && !self.gate.is_paused() {
            let allowed = self.reservations.due(now).max(self.gate.held_until());
            self.queue.next(now).moment(now).map(|due| due.max(allowed))
        } else {
            None
        };
        let listing = if self.settles() && free.lists { self.doubts.next_look(now) } else { None };
        [self.outbox.due(), sending, listing, watching].into_iter().flatten().min()
    }

    /// Whether nothing is left to send, to settle or to record.
    pub(super) fn is_over(&self, now: TimePoint) -> bool {
        let sends = self.queue.next(now.moment) != Next::Nothing && !self.gate.is_stopped();
        let settles = self.settles() && self.doubts.is_open();
        let is_idle = self.outbox.is_empty() && self.ready.is_empty();
        let reads = self.is_reading_logs(now) || self.is_asking_releases(now);
        is_idle && !sends && !settles && !self.is_watching() && !self.is_stopping() && !reads
    }

    /// Whether every launch has its verdict, and nothing but robot jobs is waited for.
    pub(super) fn is_launched(&self, now: TimePoint) -> bool {
        let settles = self.settles() && self.doubts.is_open();
        // A robot job that faults may yet be followed by a launch.
        self.is_watching()
            && !self.may_retry
            && self.ready.is_empty()
            && !settles
            && self.queue.next(now.moment) == Next::Nothing
            && self.outbox.has_ended(self.requests.count().saturating_sub(self.requests.skipped()))
    }

    /// Ends all sending, for the first reason given, or one that is stronger: after which less can be done.
    pub(super) fn stop(&mut self, reason: StopReason, now: TimePoint) {
        self.gate.stop();
        if self.stop.as_ref().is_none_or(|before| reason.rules_over(before)) {
            // Whoever asked for an end is told at once, by the launcher itself.
            if !matches!(reason, StopReason::Interrupt(_) | StopReason::Cancelled) {
                self.outbox.tell(Notice::Stopping(reason.to_string()));
            }
            self.stop = Some(reason);
        }
        // Their intents are durable and no byte has left: say so, or they would look doubtful.
        for ready in std::mem::take(&mut self.ready) {
            self.end_attempt(&ready, AttemptEnd::Expired, now);
        }
    }

    /// The reason for which all sending ended, the folders that were closed, and the launches by verdict.
    pub(super) fn end(self) -> LaunchSummary {
        let is_dead = self.stop.is_none() && !self.queue.waiting_folders().is_empty();
        let counts = self.settings.counting == RecountScope::All;
        let dead = is_dead.then_some(StopReason::RetriesSpent { last: self.last_lost });
        let retries_by_verdict = self.outbox.retries();
        LaunchSummary {
            launches_by_verdict: self.outbox.into_totals(self.requests.count(), self.requests.skipped()),
            retries_by_verdict,
            stop: self.stop.or(dead),
            closed_folders: self.closed_folders,
            uncounted_folders: self.doubts.into_uncounted(counts),
            clocks_apart_ms: self.watch.apart_ms(),
            unfinished_jobs: self.watching.count_unfinished(),
        }
    }
}
