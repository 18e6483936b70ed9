//! The course of one run of launches: what to reserve, what to record, what to ask, what came of it. No I/O, no clock.
//!
//! The driver (`launch.rs`) asks [`Course::next_commit`] what must become durable, makes it durable, and then hands
//! the commit back, which frees its intents to be sent and its notices to be shown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use super::book::Book;
use super::budget::RetryBudget;
use super::claim::{self, Claim};
use super::clocks::{Clocks, Sent, creation_time};
use super::decide::{Arrival, Decision, LONGEST_HOLD, Step, decide};
use super::forbidden::Forbidden;
use super::gate::{Gate, Leave};
use super::held_back::HeldBack;
use super::known_jobs::KnownJobs;
use super::lookahead::Lookahead;
use super::past::Past;
use super::pauses::Pauses;
use super::queue::{Pending, Queue};
use super::settle::{Knowledge, Settler, longest_doubt};
use super::{Launched, Notice, Now, RequestSource, Sending, StopReason, Terms, later};

use crate::clock::{Moment, Timestamp};
use crate::ids::{AttemptNo, Digest, FolderRef, JobId, Ordinal, RunId};
use crate::ledger::event::{AttemptEnd, Intent, LaunchEvent, Record};
use crate::ledger::pause::Pause;
use crate::ledger::state::LaunchState;
use crate::ledger::{ClockDifference, Endpoint};
use crate::orchestrator::verdict::{Class, History, ServerError};
use crate::orchestrator::{Answer, ListedJob};
use crate::pace::{Pace, Stream};
use crate::resolve::Request;

mod doubts;
mod order;
mod outlook;

use doubts::Closed;

/// Send times are reserved at most this far ahead. Source: `docs/exactly-once.md`, step 2.
const HORIZON: Duration = Duration::from_millis(250);
/// Reservations are made when the next send time is this near, so that a slow pace fills its commits too.
const LEAD: Duration = Duration::from_millis(50);
/// How long after its send time an intent may still be sent.
const LIFETIME: Duration = Duration::from_secs(5);
/// Our own clock was set, and did not only run, if it is so far from where it should be.
const CLOCK_SET: Duration = Duration::from_secs(2);
/// From this difference of the server's clocks on it is worth a word.
const CLOCKS_APART_MS: u64 = 300_000;

/// A launch with a durable intent, waiting for a sender.
pub(super) struct Ready {
    pub(super) request: Rc<Request>,
    pub(super) attempt: AttemptNo,
    pub(super) leave: Leave,
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
    intents: Vec<Ready>,
}

/// What a sender brought back: the answer and how long it took, or nothing where the gate refused.
pub(super) struct Landing {
    pub(super) ready: Ready,
    pub(super) answer: Option<(Answer, Duration)>,
}

/// How many senders there are.
#[derive(Clone, Copy)]
pub(super) struct Senders {
    pub(super) free: usize,
    pub(super) busy: usize,
}

pub(super) struct Course<'a, R> {
    run: RunId,
    requests: &'a R,
    gate: &'a Gate,
    terms: Terms,
    reservations: Stream,
    lookahead: Lookahead,
    budget: RetryBudget,
    /// Since when every answer has been a request for a pause.
    throttled_since: Option<Moment>,
    random: fastrand::Rng,
    queue: Queue<'a, R>,
    held_back: HeldBack,
    /// Why the last answer was lost.
    last_lost: String,
    ready: VecDeque<Ready>,
    book: Book,
    settler: Settler,
    known: KnownJobs,
    clocks: Clocks,
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
    era: Now,
    stop: Option<StopReason>,
    forbidden: Forbidden,
    closed_folders: BTreeMap<FolderRef, ServerError>,
}

impl<'a, R: RequestSource> Course<'a, R> {
    /// The course of `run`, whose ledger holds `past`.
    pub(super) fn new(requests: &'a R, gate: &'a Gate, terms: Terms, (run, past): (RunId, Past), now: Now) -> Self {
        let concurrency = u32::try_from(terms.concurrency.get()).unwrap_or(u32::MAX);
        let answers: u32 = past.ended.values().sum();
        if terms.sending == Sending::Off {
            gate.stop();
        }
        let polls = past.polls(terms.poll, now);
        let mut course = Self {
            run,
            requests,
            gate,
            terms,
            reservations: reserved(terms.pace, &past, now),
            lookahead: Lookahead::default(),
            budget: RetryBudget::new(requests.count(), concurrency).after(past.retries, answers),
            throttled_since: None,
            random: fastrand::Rng::with_seed(terms.seed),
            queue: Queue::new(requests, past.touched),
            held_back: HeldBack::new(terms.concurrency.get(), requests.count(), longest_doubt(terms.settle)),
            last_lost: String::new(),
            ready: VecDeque::new(),
            book: Book::new(past.ended, past.unfinished.clone().into_iter().collect()),
            settler: Settler::default(),
            known: past.known,
            clocks: past.clocks,
            is_told_of_clocks: false,
            recalls: past.disputed,
            recalled: BTreeSet::new(),
            is_counted: false,
            has_sent: false,
            uncounted: BTreeMap::new(),
            polls,
            lists_held_until: Moment::default(),
            pauses: Pauses::default(),
            holds: Vec::new(),
            server_ahead_ms: past.server_ahead_ms,
            era: now,
            stop: None,
            forbidden: Forbidden::default(),
            closed_folders: BTreeMap::new(),
        };
        if let Some(pause) = past.rations.starts_pause.filter(|_| terms.sending == Sending::On) {
            let left = pause.left(now.utc);
            gate.hold_until(now.moment.after(left));
            if left > LONGEST_HOLD {
                course.stop(StopReason::ThrottledTooLong(pause.at(now.utc).until), now);
            }
        }
        if let Some(pause) = past.rations.lists_pause {
            course.hold_lists(pause.left(now.utc), !past.unfinished.is_empty(), now);
        }
        course.holds = past.rations.told_anew(now.utc);
        let Self { known, held_back, .. } = &mut course;
        for folder in known.folders() {
            held_back.alive(folder);
        }
        course.clocks.recall(past.rations.clock_difference, now.utc);
        for (ordinal, state) in past.unfinished {
            course.take_up(ordinal, state, now);
        }
        course
    }

    /// The next launch for a free sender.
    pub(super) fn take_ready(&mut self) -> Option<Ready> {
        self.ready.pop_front()
    }

    /// What must become durable now; none where nothing must yet.
    pub(super) fn next_commit(&mut self, senders: Senders, now: Now) -> Option<Commit> {
        let intents = self.reserve(senders, now);
        let idle = senders.busy == 0 && self.ready.is_empty();
        let must = !intents.is_empty()
            || !self.holds.is_empty()
            || self.book.is_overdue(now.moment)
            || (idle && !self.book.is_clean());
        must.then(|| {
            let (records, notices) = self.book.take();
            let clock_difference = self.clocks.take_unsaved(now.utc);
            Commit { records, notices, holds: std::mem::take(&mut self.holds), clock_difference, intents }
        })
    }

    /// The commit is durable: its launches may be sent, its notices shown.
    pub(super) fn committed(&mut self, commit: Commit) -> Vec<Notice> {
        self.ready.extend(commit.intents);
        commit.notices
    }

    /// When there will be something to do without any answer; none where only answers help.
    pub(super) fn wake_at(&self, senders: Senders, now: Now) -> Option<Moment> {
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
        [self.book.due(), sending, listing].into_iter().flatten().min()
    }

    /// Whether nothing is left to send, to settle or to record.
    pub(super) fn is_over(&self, now: Now) -> bool {
        let sends = self.next_due(now).is_some() && !self.gate.is_stopped();
        let settles = self.settles() && (self.settler.open() > 0 || !self.recalls.is_empty());
        self.book.is_clean() && self.holds.is_empty() && self.ready.is_empty() && !sends && !settles
    }

    /// Ends all sending, for the first reason given.
    pub(super) fn stop(&mut self, reason: StopReason, now: Now) {
        self.gate.stop();
        if self.stop.is_none() {
            // Whoever asked for an end is told at once, by the launcher itself.
            if !matches!(reason, StopReason::Interrupt(_)) {
                self.book.tell(Notice::Stopping(reason.to_string()));
            }
            self.stop = Some(reason);
        }
        // Their intents are durable and no byte has left: say so, or they would look doubtful.
        for ready in std::mem::take(&mut self.ready) {
            self.end_attempt(&ready, AttemptEnd::Expired, now);
        }
    }

    /// Takes in what a sender brought back.
    pub(super) fn landed(&mut self, landing: Landing, now: Now) {
        let Landing { ready, answer } = landing;
        let Some((answer, latency)) = answer else {
            self.end_attempt(&ready, AttemptEnd::Expired, now);
            if !self.gate.is_stopped() && !self.gate.is_closed(&ready.request.folder) {
                self.queue.again(Pending { request: ready.request, failures: ready.failures }, now.moment);
            }
            return;
        };
        self.lookahead.answered(latency);
        self.note_server_time(answer.server_time, now);
        let class = self.claimed(answer.class, answer.server_time, &ready);
        let at = Arrival { utc: now.utc, server_ahead_ms: self.server_ahead_ms };
        let Decision { end, step, hold } = decide(class, ready.failures, self.random.f64(), at);
        if let Some(span) = hold {
            let goes_on = self.pauses.starts.add(self.gate.held_until(), now.moment.after(span), now.moment);
            self.gate.hold_until(now.moment.after(span));
            let pause = Pause::new(now.utc, span);
            self.holds.push((Endpoint::Starts, pause));
            self.book.tell(Notice::Held(span));
            // What was asked for may have been lengthened by a tenth.
            if goes_on || (span > LONGEST_HOLD * 11 / 10 && matches!(step, Step::Settle)) {
                self.stop(StopReason::ThrottledTooLong(pause.until), now);
            }
        }
        let again = Pending { request: Rc::clone(&ready.request), failures: ready.failures + 1 };
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
            Step::Held => {
                // A server that asks for pauses is well: it costs retries only when that goes on and on.
                let since = throttled_since.unwrap_or(now.moment);
                self.throttled_since = Some(since);
                if now.moment.since(since) <= LONGEST_HOLD || self.budget.spend() {
                    self.queue.again(again, now.moment);
                } else {
                    self.stop(StopReason::RetriesSpent { last: why(&end) }, now);
                }
            }
            Step::Settle => {
                self.last_lost = why(&end);
                self.held_back.lost(&ready.request.folder, now.moment);
            }
            Step::Now => self.queue.again(again, now.moment),
            Step::Again(span) if self.budget.spend() => self.queue.again(again, now.moment.after(span)),
            Step::Again(_) => self.stop(StopReason::RetriesSpent { last: why(&end) }, now),
            Step::StopFolder(error) => self.close_folder(&ready.request.folder, error),
            Step::StopRun(reason) => self.stop(reason, now),
        }
        self.end_attempt(&ready, end, now);
    }

    /// The reason for which all sending ended, the folders that were closed, and the launches by verdict.
    pub(super) fn end(self) -> Launched {
        let is_dead = self.stop.is_none() && !self.held_back.is_empty();
        let dead = is_dead.then_some(StopReason::RetriesSpent { last: self.last_lost });
        Launched {
            launches_by_verdict: self.book.into_totals(self.requests.count(), self.requests.skipped()),
            stop: self.stop.or(dead),
            closed_folders: self.closed_folders,
            uncounted_folders: self.uncounted,
            clocks_apart_ms: self.clocks.apart_ms().filter(|ms| ms.unsigned_abs() >= CLOCKS_APART_MS),
        }
    }

    fn reserve(&mut self, senders: Senders, now: Now) -> Vec<Ready> {
        let limit = self.lookahead.limit(senders.free, senders.busy);
        if self.gate.is_stopped() || now.moment < self.gate.held_until() || self.ready.len() * 2 > limit {
            return Vec::new();
        }
        self.note_our_time(now);
        self.reservations.fall_behind(&self.gate.departures());
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

    fn intend(&mut self, pending: Pending, moment: Moment, now: Now) -> Ready {
        let request = pending.request;
        let at = |moment: Moment| later(now.utc, moment.since(now.moment));
        let not_after = moment.after(LIFETIME);
        let leave = Leave { not_before: moment, not_after, not_after_utc: at(not_after) };
        let attempt = self.book.next_attempt(request.ordinal);
        let before = self.book.state(request.ordinal).and_then(LaunchState::tried);
        let history = History { doubted_before: before.is_some_and(|tried| tried.doubted) };
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
            not_after: leave.not_after_utc,
            server_ahead_ms: self.server_ahead_ms,
            clock_era: Some(self.era.utc),
        };
        self.book.append(request.ordinal, LaunchEvent::Intended(intent), now);
        self.has_sent = true;
        Ready { request, attempt, leave, history, failures: pending.failures }
    }

    fn close_folder(&mut self, folder: &FolderRef, error: ServerError) {
        self.gate.close_folder(folder.clone());
        self.held_back.close(folder);
        self.book.tell(Notice::FolderClosed(folder.clone(), error.message.clone()));
        self.closed_folders.insert(folder.clone(), error);
    }

    /// Records what came of an attempt, and goes on from the state that it leaves.
    fn end_attempt(&mut self, ready: &Ready, end: AttemptEnd, now: Now) {
        if let AttemptEnd::Unsent(why) = &end {
            self.book.tell(Notice::Unsent(ready.request.launch.clone(), why.clone()));
        }
        let ordinal = ready.request.ordinal;
        let event = LaunchEvent::Ended { attempt: ready.attempt, end };
        match self.book.append(ordinal, event, now) {
            LaunchState::InDoubt { tried, doubt, .. } => {
                let (intent, doubt) = (tried.intent.clone(), doubt.clone());
                self.book.tell(Notice::Doubted(ready.request.launch.clone(), doubt.why));
                self.doubt(ordinal, &intent, Closed::now(now, doubt.server_ahead_ms), now);
            }
            LaunchState::Started { tried, jobs, .. } => {
                let (intent, jobs) = (tried.intent.clone(), jobs.clone());
                self.know(ordinal, &intent, &jobs, now);
                self.recount_or_close(ordinal, now);
            }
            LaunchState::Rejected { tried, .. } => {
                // What was refused may exist all the same, by an answer that was not the server's own word.
                self.known.add_launch(ordinal, &tried.intent);
                self.book.close(ordinal, ready.request.launch.clone());
            }
            LaunchState::Planned
            | LaunchState::Open(_)
            | LaunchState::Unsent { .. }
            | LaunchState::Declared { .. }
            | LaunchState::Passed { .. } => {}
        }
    }

    fn note_server_time(&mut self, server_time: Option<Timestamp>, now: Now) {
        self.note_our_time(now);
        if let Some(time) = server_time {
            let ahead = time.duration_since(now.utc).as_millis();
            self.server_ahead_ms = i64::try_from(ahead).ok();
            self.clocks.note_date(time, now.utc, self.era.utc);
        }
    }

    /// Our own clock may be set at any moment: what was learnt beside it holds no longer then.
    fn note_our_time(&mut self, now: Now) {
        let expected = later(self.era.utc, now.moment.since(self.era.moment));
        if now.utc.duration_since(expected).unsigned_abs() >= CLOCK_SET {
            self.era = now;
            self.server_ahead_ms = None;
        }
    }

    /// `class`, in doubt where the answer is not the answer to what was sent; and what it tells of the server's clocks.
    fn claimed(&mut self, class: Class, server_time: Option<Timestamp>, ready: &Ready) -> Class {
        let Class::Started(jobs) = class else { return class };
        let tried = self.book.state(ready.request.ordinal).and_then(LaunchState::tried);
        let sent = Sent::of(&tried.expect("what was sent was intended").intent);
        let reading = self.clocks.surely_created(sent);
        let in_doubt = |why| Class::InDoubt { why, hold: None };
        match claim::check(&jobs, &ready.request, &self.known, reading) {
            Err(why) => return in_doubt(why),
            Ok(Claim::Earlier(JobId(id), created)) => {
                // Clocks may be set, and windows must show what is created by them; but none is taken to be days wrong.
                if created >= reading.wide_opening() {
                    self.clocks.note_doubtful(created, sent, server_time);
                }
                return in_doubt(format!(
                    "the answer names robot job {id} without a Reference, created at {created}: before this launch was sent"
                ));
            }
            Ok(Claim::Changed(job)) => self.settler.changed(&ready.request.folder, job),
            Ok(Claim::Intact) => {}
        }
        let created = jobs.iter().find_map(|ListedJob { job, .. }| creation_time(job.creation_time.as_deref()?));
        if let Some((created, date)) = created.zip(server_time) {
            self.clocks.note_answer(created, date);
            self.tell_of_clocks();
        }
        Class::Started(jobs)
    }

    /// Says once that the server's own clocks are far apart.
    fn tell_of_clocks(&mut self) {
        let apart = self.clocks.apart_ms().filter(|apart| apart.unsigned_abs() >= CLOCKS_APART_MS);
        if let Some(apart) = apart.filter(|_| !self.is_told_of_clocks) {
            self.is_told_of_clocks = true;
            self.book.tell(Notice::ClocksApart(apart));
        }
    }
}

/// The pace's state after the sends that the ledger knows of.
fn reserved(pace: Pace, past: &Past, now: Now) -> Stream {
    let mut stream = Stream::idle(pace);
    let mut sends: Vec<Timestamp> = past.latest_sends.iter().map(|Reverse(send)| *send).collect();
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
