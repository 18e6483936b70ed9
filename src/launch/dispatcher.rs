//! Dispatches the launches of one run: what to reserve, what to record, what to ask, what came of it. No I/O, no clock.
//!
//! The driver (`launch.rs`) asks [`Dispatcher::next_commit`] what must become durable, makes it durable, and then hands
//! the commit back, which frees its intents to be sent and its notices to be shown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use super::budget::RetryBudget;
use super::clocks::Clocks;
use super::decide::{Arrival, Decision, MAX_HOLD, Step, decide};
use super::forbidden::ForbiddenStreaks;
use super::gate::{Gate, SendWindow};
use super::history::RunHistory;
use super::known_jobs::KnownJobs;
use super::lookahead::Lookahead;
use super::outbox::Outbox;
use super::pauses::Pauses;
use super::queue::{PendingLaunch, Queue};
use super::settle::{Knowledge, Settler, longest_doubt};
use super::warm_up::WarmUp;
use super::{LaunchSettings, LaunchSummary, Notice, RequestSource, Sending, StopReason, TimePoint, later};

use crate::clock::{Moment, Timestamp};
use crate::ids::{AttemptNo, Digest, FolderRef, JobId, Ordinal, RunId};
use crate::ledger::event::{AttemptEnd, Intent, LaunchEvent, Record};
use crate::ledger::pause::Pause;
use crate::ledger::state::LaunchState;
use crate::ledger::{ClockDifference, Endpoint};
use crate::orchestrator::StartAnswer;
use crate::orchestrator::classify::History;
use crate::pace::{Pace, Stream};
use crate::resolve::Request;
use crate::robot_job::ServerError;

mod answers;
mod doubts;
mod order;
mod outlook;

use doubts::ConnectionEnd;

/// Maximum time by which send times are reserved ahead. Source: `docs/exactly-once.md`, step 2.
const HORIZON: Duration = Duration::from_millis(250);
/// Reservations are made when the next send time is this near, so that a slow pace fills its commits too.
const LEAD: Duration = Duration::from_millis(50);
/// How long after its send time an intent may still be sent.
const LIFETIME: Duration = Duration::from_secs(5);
/// From this difference of the server's clocks on it is worth a word.
const CLOCKS_APART_MS: u64 = 300_000;

/// A launch with a durable intent, waiting for a sender.
pub(super) struct CommittedIntent {
    pub(super) request: Rc<Request>,
    pub(super) attempt: AttemptNo,
    pub(super) window: SendWindow,
    pub(super) history: History,
    failures: u32,
}

/// What becomes durable together, and what follows once it is.
pub(super) struct Commit {
    pub(super) records: Vec<Record>,
    pub(super) notices: Vec<Notice>,
    /// Until when which endpoint is to be left alone, also by later processes.
    pub(super) holds: Vec<(Endpoint, Pause)>,
    /// What was learnt of the server's clocks.
    pub(super) clock_difference: Option<ClockDifference>,
    intents: Vec<CommittedIntent>,
}

/// What a sender brought back: the answer and how long it took, or nothing where the gate refused.
pub(super) struct SendResult {
    pub(super) ready: CommittedIntent,
    pub(super) answer: Option<(StartAnswer, Duration)>,
}

/// How many senders there are.
#[derive(Clone, Copy)]
pub(super) struct SenderCounts {
    pub(super) free: usize,
    pub(super) busy: usize,
}

/// Decides what one run sends, records and asks next.
pub(super) struct Dispatcher<'a, R> {
    run: RunId,
    requests: &'a R,
    gate: &'a Gate,
    settings: LaunchSettings,
    reservations: Stream,
    lookahead: Lookahead,
    budget: RetryBudget,
    /// Since when every answer has been a request for a pause.
    throttled_since: Option<Moment>,
    random: fastrand::Rng,
    queue: Queue<'a, R>,
    warm_up: WarmUp,
    /// Why the last answer was lost.
    last_lost: String,
    ready: VecDeque<CommittedIntent>,
    outbox: Outbox,
    settler: Settler,
    known: KnownJobs,
    clocks: Clocks,
    /// The robot job of the greatest id on this tenant that was known when this process began.
    latest_before: Option<JobId>,
    /// Whether anybody was told that the server's clocks are apart.
    is_told_of_clocks: bool,
    /// Launches that are over, and of which a list showed something else: their states are to be read again.
    recalls: BTreeSet<Ordinal>,
    /// Those that were. Once is enough.
    recalled: BTreeSet<Ordinal>,
    /// Whether all robot jobs of the run are being counted, or were.
    is_counted: bool,
    /// Whether anything was sent by this process.
    has_sent: bool,
    /// The folders whose robot jobs could not be counted, and why.
    uncounted: BTreeMap<FolderRef, String>,
    polls: Stream,
    lists_held_until: Moment,
    pauses: Pauses,
    holds: Vec<(Endpoint, Pause)>,
    server_ahead_ms: Option<i64>,
    /// Since when our own clock was not set.
    era: TimePoint,
    stop: Option<StopReason>,
    forbidden: ForbiddenStreaks,
    closed_folders: BTreeMap<FolderRef, ServerError>,
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
        let concurrency = u32::try_from(settings.concurrency.get()).unwrap_or(u32::MAX);
        let answers: u32 = history.ended.values().sum();
        if settings.sending == Sending::Off {
            gate.stop();
        }
        let polls = history.polls(settings.poll, now);
        let mut dispatcher = Self {
            run,
            requests,
            gate,
            settings,
            reservations: reserved(settings.pace, &history, now),
            lookahead: Lookahead::default(),
            budget: RetryBudget::new(requests.count(), concurrency).after(history.retries, answers),
            throttled_since: None,
            random: fastrand::Rng::with_seed(settings.seed),
            queue: Queue::new(requests, history.touched),
            warm_up: WarmUp::new(settings.concurrency.get(), requests.count(), longest_doubt(settings.settle)),
            last_lost: String::new(),
            ready: VecDeque::new(),
            outbox: Outbox::new(history.ended, history.unfinished.clone().into_iter().collect()),
            settler: Settler::default(),
            known: history.known,
            clocks: history.clocks,
            latest_before: history.rations.greatest_job,
            is_told_of_clocks: false,
            recalls: history.disputed,
            recalled: BTreeSet::new(),
            is_counted: false,
            has_sent: false,
            uncounted: BTreeMap::new(),
            polls,
            lists_held_until: Moment::default(),
            pauses: Pauses::default(),
            holds: Vec::new(),
            server_ahead_ms: history.server_ahead_ms,
            era: now,
            stop: None,
            forbidden: ForbiddenStreaks::default(),
            closed_folders: BTreeMap::new(),
        };
        if let Some(pause) = history.rations.starts_pause.filter(|_| settings.sending == Sending::On) {
            let left = pause.left(now.utc);
            gate.hold_until(now.moment.after(left));
            if left > MAX_HOLD {
                dispatcher.stop(StopReason::ThrottledTooLong(pause.at(now.utc).until), now);
            }
        }
        if let Some(pause) = history.rations.lists_pause {
            dispatcher.hold_lists(pause.left(now.utc), !history.unfinished.is_empty(), now);
        }
        dispatcher.holds = history.rations.restarted_pauses(now.utc);
        let Self { known, warm_up, .. } = &mut dispatcher;
        for folder in known.folders() {
            warm_up.alive(folder);
        }
        dispatcher.clocks.recall(history.rations.clock_difference, now.utc);
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
        let idle = senders.busy == 0 && self.ready.is_empty();
        let must = !intents.is_empty()
            || !self.holds.is_empty()
            || self.outbox.is_overdue(now.moment)
            || (idle && !self.outbox.is_clean());
        must.then(|| {
            let (records, notices) = self.outbox.take();
            let clock_difference = self.clocks.take_unsaved(now.utc);
            Commit { records, notices, holds: std::mem::take(&mut self.holds), clock_difference, intents }
        })
    }

    /// The commit is durable: its launches may be sent, its notices shown.
    pub(super) fn on_commit(&mut self, commit: Commit) -> Vec<Notice> {
        self.ready.extend(commit.intents);
        commit.notices
    }

    /// When there will be something to do without any answer; `None` if only answers help.
    pub(super) fn wake_at(&self, senders: SenderCounts, now: TimePoint) -> Option<Moment> {
        let room = self.lookahead.limit(senders.free, senders.busy) > 0;
        let sending = if room && !self.gate.is_stopped() && self.ready.is_empty() {
            let paced = Moment(self.reservations.next(now.moment).0.saturating_sub(LEAD));
            self.next_due(now).map(|due| due.max(paced).max(self.gate.held_until()))
        } else {
            None
        };
        let listing = if self.settles() {
            self.settler.due().map(|due| due.max(self.polls.next(now.moment)).max(self.lists_held_until))
        } else {
            None
        };
        [self.outbox.due(), sending, listing].into_iter().flatten().min()
    }

    /// Whether nothing is left to send, to settle or to record.
    pub(super) fn is_over(&self, now: TimePoint) -> bool {
        let sends = self.next_due(now).is_some() && !self.gate.is_stopped();
        let settles = self.settles() && (self.settler.open() > 0 || !self.recalls.is_empty());
        self.outbox.is_clean() && self.holds.is_empty() && self.ready.is_empty() && !sends && !settles
    }

    /// Ends all sending, for the first reason given.
    pub(super) fn stop(&mut self, reason: StopReason, now: TimePoint) {
        self.gate.stop();
        if self.stop.is_none() {
            // Whoever asked for an end is told at once, by the launcher itself.
            if !matches!(reason, StopReason::Interrupt(_)) {
                self.outbox.tell(Notice::Stopping(reason.to_string()));
            }
            self.stop = Some(reason);
        }
        // Their intents are durable and no byte has left: say so, or they would look doubtful.
        for ready in std::mem::take(&mut self.ready) {
            self.end_attempt(&ready, AttemptEnd::Expired, now);
        }
    }

    /// Takes in what a sender brought back.
    pub(super) fn on_answer(&mut self, result: SendResult, now: TimePoint) {
        let SendResult { ready, answer } = result;
        let Some((answer, latency)) = answer else {
            self.end_attempt(&ready, AttemptEnd::Expired, now);
            if !self.gate.is_stopped() && !self.gate.is_closed(&ready.request.folder) {
                self.queue.retry_at(PendingLaunch { request: ready.request, failures: ready.failures }, now.moment);
            }
            return;
        };
        self.lookahead.answered(latency);
        self.note_server_time(answer.server_time, now);
        let (class, named) = self.checked(answer.class, answer.server_time, &ready);
        let at = Arrival { utc: now.utc, server_ahead_ms: self.server_ahead_ms };
        let Decision { mut end, step, hold } = decide(class, ready.failures, self.random.f64(), at);
        if let AttemptEnd::Doubted(doubt) = &mut end {
            doubt.named = named;
        }
        if let Some(span) = hold {
            let goes_on = self.pauses.starts.add(self.gate.held_until(), now.moment.after(span), now.moment);
            self.gate.hold_until(now.moment.after(span));
            let pause = Pause::new(now.utc, span);
            self.holds.push((Endpoint::Starts, pause));
            self.outbox.tell(Notice::Held(span));
            // What was asked for may have been lengthened by a tenth.
            if goes_on || (span > MAX_HOLD * 11 / 10 && matches!(step, Step::Settle)) {
                self.stop(StopReason::ThrottledTooLong(pause.until), now);
            }
        }
        let retry = PendingLaunch { request: Rc::clone(&ready.request), failures: ready.failures + 1 };
        let throttled_since = self.throttled_since.take();
        match step {
            Step::Over => {
                self.pauses.starts.end();
                self.budget.refill();
                self.alive(&ready.request.folder);
                if let Some(error) = self.forbidden.note(&ready.request.folder, &end) {
                    self.close_folder(&ready.request.folder, error);
                }
            }
            Step::AfterPause => {
                // A server that asks for pauses is well: it costs retries only when that goes on and on.
                let since = throttled_since.unwrap_or(now.moment);
                self.throttled_since = Some(since);
                if now.moment.since(since) <= MAX_HOLD || self.budget.spend() {
                    self.queue.retry_at(retry, now.moment);
                } else {
                    self.stop(StopReason::RetriesSpent { last: why(&end) }, now);
                }
            }
            Step::Settle => {
                self.last_lost = why(&end);
                self.warm_up.lost(&ready.request.folder, now.moment);
            }
            Step::Immediately => self.queue.retry_at(retry, now.moment),
            Step::AfterBackoff(span) if self.budget.spend() => self.queue.retry_at(retry, now.moment.after(span)),
            Step::AfterBackoff(_) => self.stop(StopReason::RetriesSpent { last: why(&end) }, now),
            Step::StopFolder(error) => self.close_folder(&ready.request.folder, error),
            Step::StopRun(reason) => self.stop(reason, now),
        }
        self.end_attempt(&ready, end, now);
    }

    /// The reason for which all sending ended, the folders that were closed, and the launches by verdict.
    pub(super) fn end(self) -> LaunchSummary {
        let is_dead = self.stop.is_none() && !self.warm_up.is_empty();
        let dead = is_dead.then_some(StopReason::RetriesSpent { last: self.last_lost });
        LaunchSummary {
            launches_by_verdict: self.outbox.into_totals(self.requests.count(), self.requests.skipped()),
            stop: self.stop.or(dead),
            closed_folders: self.closed_folders,
            uncounted_folders: self.uncounted,
            clocks_apart_ms: self.clocks.apart_ms().filter(|ms| ms.unsigned_abs() >= CLOCKS_APART_MS),
        }
    }

    fn reserve(&mut self, senders: SenderCounts, now: TimePoint) -> Vec<CommittedIntent> {
        let limit = self.lookahead.limit(senders.free, senders.busy);
        if self.gate.is_stopped() || now.moment < self.gate.held_until() || self.ready.len() * 2 > limit {
            return Vec::new();
        }
        self.note_our_time(now);
        self.reservations.fall_behind(&self.gate.sent());
        let most = limit.saturating_sub(self.ready.len());
        let mut intents = Vec::new();
        while intents.len() < most {
            let moment = self.reservations.next(now.moment);
            let reach = if intents.is_empty() { LEAD } else { HORIZON };
            if moment > now.moment.after(reach) {
                break;
            }
            let Some(pending) = self.next_pending(now) else { break };
            if !self.gate.is_closed(&pending.request.folder) {
                self.reservations.take(moment);
                intents.push(self.intend(pending, moment, now));
            }
        }
        intents
    }

    fn intend(&mut self, pending: PendingLaunch, moment: Moment, now: TimePoint) -> CommittedIntent {
        let request = pending.request;
        let at = |moment: Moment| later(now.utc, moment.since(now.moment));
        let not_after = moment.after(LIFETIME);
        let window = SendWindow { not_before: moment, not_after, not_after_utc: at(not_after) };
        let attempt = self.outbox.next_attempt(request.ordinal);
        let before = self.outbox.state(request.ordinal).and_then(LaunchState::attempts);
        let history = History { doubted_before: before.is_some_and(|attempts| attempts.doubted) };
        let intent = Intent {
            attempt,
            launch: request.launch.clone(),
            reference: request.reference.clone(),
            folder: request.folder.clone(),
            release: request.release,
            expected: request.expected,
            on_ambiguous: request.on_ambiguous,
            body_digest: Digest::of(request.body.as_bytes()),
            not_before: at(moment),
            not_after: window.not_after_utc,
            server_ahead_ms: self.server_ahead_ms,
            clock_era: Some(self.era.utc),
        };
        self.outbox.append(request.ordinal, LaunchEvent::Intended(intent), now);
        self.has_sent = true;
        CommittedIntent { request, attempt, window, history, failures: pending.failures }
    }

    fn close_folder(&mut self, folder: &FolderRef, error: ServerError) {
        self.gate.close_folder(folder.clone());
        self.warm_up.close(folder);
        self.outbox.tell(Notice::FolderClosed(folder.clone(), error.message.clone()));
        self.closed_folders.insert(folder.clone(), error);
    }

    /// Records what came of an attempt, and goes on from the state that it leaves.
    fn end_attempt(&mut self, ready: &CommittedIntent, end: AttemptEnd, now: TimePoint) {
        if let AttemptEnd::Unsent(why) = &end {
            self.outbox.tell(Notice::Unsent(ready.request.launch.clone(), why.clone()));
        }
        let ordinal = ready.request.ordinal;
        let event = LaunchEvent::Ended { attempt: ready.attempt, end };
        match self.outbox.append(ordinal, event, now) {
            LaunchState::InDoubt { attempts, doubt, .. } => {
                let (intent, doubt) = (attempts.intent.clone(), doubt.clone());
                self.outbox.tell(Notice::Doubted(ready.request.launch.clone(), doubt.why));
                self.doubt(ordinal, &intent, &doubt.named, ConnectionEnd::now(now, doubt.server_ahead_ms), now);
            }
            LaunchState::Started { attempts, jobs, .. } => {
                let (intent, jobs) = (attempts.intent.clone(), jobs.clone());
                self.know(ordinal, &intent, &jobs, now);
                self.recount_or_close(ordinal, now);
            }
            LaunchState::Rejected { attempts, .. } => {
                // What was refused may exist all the same, by an answer that was not the server's own word.
                self.known.add_launch(ordinal, &attempts.intent);
                self.outbox.close(ordinal, ready.request.launch.clone());
            }
            LaunchState::Planned
            | LaunchState::Open(_)
            | LaunchState::Unsent { .. }
            | LaunchState::Declared { .. }
            | LaunchState::StartedElsewhere { .. } => {}
        }
    }
}

/// The pace's state after the sends that the ledger knows of.
fn reserved(pace: Pace, history: &RunHistory, now: TimePoint) -> Stream {
    let mut stream = Stream::idle(pace);
    let mut sends: Vec<Timestamp> = history.latest_sends.iter().map(|Reverse(send)| *send).collect();
    sends.sort_unstable();
    for send in sends {
        // A clock that was set back since makes none of them later than now.
        stream.take(now.moment_at(send).min(now.moment));
    }
    stream.at_most_a_burst_ahead(now.moment)
}

fn why(end: &AttemptEnd) -> String {
    match end {
        AttemptEnd::Unsent(why) => why.clone(),
        AttemptEnd::Doubted(doubt) => doubt.why.clone(),
        AttemptEnd::Rejected(error) => error.message.clone(),
        AttemptEnd::Expired | AttemptEnd::Started(_) => String::new(),
    }
}
