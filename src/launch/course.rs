//! The course of one run of launches: what to reserve, what to record, what came of it. No I/O and no clock.
//!
//! The driver (`launch.rs`) asks [`Course::next_commit`] what must become durable, makes it durable, and then hands
//! the commit back, which frees its intents to be sent and its notices to be shown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use super::budget::RetryBudget;
use super::decide::{Decision, Step, decide};
use super::gate::{Gate, Leave};
use super::lookahead::Lookahead;
use super::{Notice, RequestSource, StopReason, Terms};
use crate::clock::{Moment, Timestamp};
use crate::ids::{AttemptNo, Digest, FolderRef, Ordinal};
use crate::ledger::event::{AttemptEnd, Intent, LaunchEvent, Record};
use crate::ledger::state::{LaunchState, Verdict, fold};
use crate::orchestrator::verdict::{Class, ServerError};
use crate::pace::Stream;
use crate::resolve::Request;

/// Send times are reserved at most this far ahead. Source: launch protocol, step 2.
const HORIZON: Duration = Duration::from_millis(250);
/// Reservations are made when the next send time is this near, so that a slow pace fills its commits too.
const LEAD: Duration = Duration::from_millis(50);
/// How long after its send time an intent may still be sent.
const LIFETIME: Duration = Duration::from_secs(5);
/// An outcome waits at most this long for others, or for intents, to share its commit.
const PATIENCE: Duration = Duration::from_millis(100);
/// So many outcomes are committed at once.
const FULL: usize = 256;

/// A launch with a durable intent, waiting for a sender.
pub(super) struct Ready {
    pub(super) request: Rc<Request>,
    pub(super) attempt: AttemptNo,
    pub(super) leave: Leave,
    failures: u32,
}

/// What becomes durable together, and what follows once it is.
pub(super) struct Commit {
    pub(super) records: Vec<Record>,
    pub(super) notices: Vec<Notice>,
    intents: Vec<Ready>,
}

/// What a sender brought back: the answer's class and how long it took, or nothing where the gate refused.
pub(super) struct Landing {
    pub(super) ready: Ready,
    pub(super) answer: Option<(Class, Duration)>,
}

/// How many senders there are.
#[derive(Clone, Copy)]
pub(super) struct Senders {
    pub(super) free: usize,
    pub(super) busy: usize,
}

/// A launch that is to be sent again.
struct Retry {
    request: Rc<Request>,
    failures: u32,
}

pub(super) struct Course<'a, R> {
    requests: &'a R,
    gate: &'a Gate,
    reservations: Stream,
    lookahead: Lookahead,
    budget: RetryBudget,
    random: fastrand::Rng,
    /// The first launch that was never looked at.
    cursor: u32,
    due_retries: BinaryHeap<Reverse<(Moment, Ordinal)>>,
    retries_by_launch: HashMap<Ordinal, Retry>,
    ready: VecDeque<Ready>,
    /// Launches that have events and are not over.
    states_by_launch: HashMap<Ordinal, LaunchState>,
    outbox: Vec<Record>,
    notices: Vec<Notice>,
    outbox_since: Moment,
    ended: BTreeMap<Verdict, u32>,
    stop: Option<StopReason>,
    closed_folders: BTreeMap<FolderRef, ServerError>,
}

impl<'a, R: RequestSource> Course<'a, R> {
    pub(super) fn new(requests: &'a R, gate: &'a Gate, terms: &Terms) -> Self {
        let concurrency = u32::try_from(terms.concurrency.get()).unwrap_or(u32::MAX);
        Self {
            requests,
            gate,
            reservations: Stream::idle(terms.pace),
            lookahead: Lookahead::default(),
            budget: RetryBudget::new(requests.count(), concurrency),
            random: fastrand::Rng::with_seed(terms.seed),
            cursor: 0,
            due_retries: BinaryHeap::new(),
            retries_by_launch: HashMap::new(),
            ready: VecDeque::new(),
            states_by_launch: HashMap::new(),
            outbox: Vec::new(),
            notices: Vec::new(),
            outbox_since: Moment::default(),
            ended: BTreeMap::new(),
            stop: None,
            closed_folders: BTreeMap::new(),
        }
    }

    /// The next launch for a free sender.
    pub(super) fn take_ready(&mut self) -> Option<Ready> {
        self.ready.pop_front()
    }

    /// What must become durable now; none where nothing must yet.
    pub(super) fn next_commit(&mut self, senders: Senders, now: Moment, utc: Timestamp) -> Option<Commit> {
        let intents = self.reserve(senders, now, utc);
        let overdue = now.since(self.outbox_since) >= PATIENCE || self.outbox.len() >= FULL;
        let idle = senders.busy == 0 && self.ready.is_empty();
        if intents.is_empty() && (self.outbox.is_empty() || !(overdue || idle)) {
            return None;
        }
        let records = std::mem::take(&mut self.outbox);
        let notices = std::mem::take(&mut self.notices);
        Some(Commit { records, notices, intents })
    }

    /// The commit is durable: its launches may be sent, its notices shown.
    pub(super) fn committed(&mut self, commit: Commit) -> Vec<Notice> {
        self.ready.extend(commit.intents);
        commit.notices
    }

    /// When there will be something to do without any answer; none where only answers help.
    pub(super) fn wake_at(&self, senders: Senders, now: Moment) -> Option<Moment> {
        let outbox = (!self.outbox.is_empty()).then(|| self.outbox_since.after(PATIENCE));
        let room = self.lookahead.limit(senders.free, senders.busy) > 0;
        let sending = if room && !self.gate.is_stopped() && self.ready.is_empty() {
            let work = if self.cursor < self.requests.count() {
                Some(now)
            } else {
                self.due_retries.peek().map(|Reverse((due, _))| *due)
            };
            let paced = Moment(self.reservations.next(now).0.saturating_sub(LEAD));
            work.map(|due| due.max(paced).max(self.gate.held_until()))
        } else {
            None
        };
        outbox.into_iter().chain(sending).min()
    }

    /// Whether nothing is left to send or to record.
    pub(super) fn is_over(&self) -> bool {
        let work = self.cursor < self.requests.count() || !self.due_retries.is_empty();
        self.outbox.is_empty() && self.ready.is_empty() && (self.gate.is_stopped() || !work)
    }

    /// Ends all sending, for the first reason given.
    pub(super) fn stop(&mut self, reason: StopReason, now: Moment, utc: Timestamp) {
        self.gate.stop();
        if self.stop.is_none() {
            self.notices.push(Notice::Stopping(reason.to_string()));
            self.stop = Some(reason);
        }
        // Their intents are durable and no byte has left: say so, or they would look doubtful.
        for ready in std::mem::take(&mut self.ready) {
            self.record(&ready, AttemptEnd::Expired, now, utc);
        }
    }

    /// Takes in what a sender brought back.
    pub(super) fn landed(&mut self, landing: Landing, now: Moment, utc: Timestamp) {
        let Landing { ready, answer } = landing;
        let Some((class, latency)) = answer else {
            self.record(&ready, AttemptEnd::Expired, now, utc);
            if !self.gate.is_stopped() && !self.gate.is_closed(&ready.request.folder) {
                self.send_again(ready.request, ready.failures, now);
            }
            return;
        };
        self.lookahead.answered(latency);
        let Decision { end, step, hold } = decide(class, ready.failures, self.random.f64());
        if let Some(span) = hold {
            self.gate.hold_until(now.after(span));
            self.notices.push(Notice::Held(span));
        }
        match step {
            Step::Over if matches!(end, AttemptEnd::Started(_) | AttemptEnd::Rejected(_)) => self.budget.refill(),
            Step::Over => {}
            Step::Now => self.send_again(Rc::clone(&ready.request), ready.failures + 1, now),
            Step::Again(span) if self.budget.spend() => {
                self.send_again(Rc::clone(&ready.request), ready.failures + 1, now.after(span));
            }
            Step::Again(_) => self.stop(StopReason::RetriesSpent { last: why(&end) }, now, utc),
            Step::StopFolder(error) => {
                self.gate.close_folder(ready.request.folder.clone());
                self.notices.push(Notice::FolderClosed(ready.request.folder.clone(), error.message.clone()));
                self.closed_folders.insert(ready.request.folder.clone(), error);
            }
            Step::StopRun(reason) => self.stop(reason, now, utc),
        }
        self.record(&ready, end, now, utc);
    }

    /// The reason for which all sending ended, the folders that were closed, and the launches by verdict.
    pub(super) fn end(self) -> super::Launched {
        let mut ended = self.ended;
        for state in self.states_by_launch.values() {
            *ended.entry(state.verdict()).or_default() += 1;
        }
        let touched: u32 = ended.values().sum();
        // What the plan leaves out has no event: the ledger does not know it.
        let skipped = self.requests.skipped();
        *ended.entry(Verdict::Skipped).or_default() += skipped;
        *ended.entry(Verdict::NotSent).or_default() += self.requests.count() - touched - skipped;
        super::Launched { launches_by_verdict: ended, stop: self.stop, closed_folders: self.closed_folders }
    }

    fn reserve(&mut self, senders: Senders, now: Moment, utc: Timestamp) -> Vec<Ready> {
        let limit = self.lookahead.limit(senders.free, senders.busy);
        if self.gate.is_stopped() || now < self.gate.held_until() || self.ready.len() * 2 > limit {
            return Vec::new();
        }
        self.reservations.fall_behind(&self.gate.departures());
        if self.reservations.next(now) > now.after(LEAD) {
            return Vec::new();
        }
        let launches = self.launches_to_send(limit.saturating_sub(self.ready.len()), now);
        // A copy first: launches that find no moment within the horizon must not use the pace up.
        let moments = self.reservations.reserve(launches.len(), now, now.after(HORIZON));
        let mut launches = launches.into_iter();
        let intents = launches.by_ref().zip(moments).map(|(retry, moment)| self.intend(retry, moment, now, utc));
        let intents: Vec<Ready> = intents.collect();
        for retry in launches {
            self.send_again(retry.request, retry.failures, now);
        }
        intents
    }

    /// At most `most` launches that may go now: due retries first, then new ones in the plan's order.
    fn launches_to_send(&mut self, most: usize, now: Moment) -> Vec<Retry> {
        let mut launches = Vec::new();
        while launches.len() < most {
            let launch = match self.due_retries.peek() {
                Some(Reverse((due, ordinal))) if *due <= now => {
                    let ordinal = *ordinal;
                    self.due_retries.pop();
                    self.retries_by_launch.remove(&ordinal).expect("each due retry has its launch")
                }
                Some(_) | None if self.cursor < self.requests.count() => {
                    if self.requests.skips(Ordinal(self.cursor)) {
                        self.cursor += 1;
                        continue;
                    }
                    let request = Rc::new(self.requests.request(Ordinal(self.cursor)));
                    self.cursor += 1;
                    Retry { request, failures: 0 }
                }
                Some(_) | None => break,
            };
            if !self.gate.is_closed(&launch.request.folder) {
                launches.push(launch);
            }
        }
        launches
    }

    fn intend(&mut self, launch: Retry, moment: Moment, now: Moment, utc: Timestamp) -> Ready {
        let request = launch.request;
        let at = |span: Duration| utc.saturating_add(span).expect("a span of std time saturates");
        let leave = Leave {
            not_before: moment,
            not_after: moment.after(LIFETIME),
            not_after_utc: at(moment.after(LIFETIME).since(now)),
        };
        let state = self.states_by_launch.entry(request.ordinal).or_default();
        let intent = Intent {
            attempt: state.next_attempt(),
            launch: request.launch.clone(),
            reference: request.reference.clone(),
            folder: request.folder.clone(),
            release: request.release,
            expected: request.expected,
            body_digest: Digest::of(request.body.as_bytes()),
            not_before: at(moment.since(now)),
            not_after: leave.not_after_utc,
        };
        let attempt = intent.attempt;
        self.append(request.ordinal, LaunchEvent::Intended(intent), utc);
        Ready { request, attempt, leave, failures: launch.failures }
    }

    fn send_again(&mut self, request: Rc<Request>, failures: u32, due: Moment) {
        self.due_retries.push(Reverse((due, request.ordinal)));
        self.retries_by_launch.insert(request.ordinal, Retry { request, failures });
    }

    fn record(&mut self, ready: &Ready, end: AttemptEnd, now: Moment, utc: Timestamp) {
        if self.outbox.is_empty() {
            self.outbox_since = now;
        }
        if let AttemptEnd::Unsent(why) = &end {
            self.notices.push(Notice::Unsent(ready.request.launch.clone(), why.clone()));
        }
        let ordinal = ready.request.ordinal;
        let verdict = self.append(ordinal, LaunchEvent::Ended { attempt: ready.attempt, end }, utc);
        if verdict != Verdict::NotSent {
            self.states_by_launch.remove(&ordinal);
            *self.ended.entry(verdict).or_default() += 1;
            self.notices.push(Notice::Ended(ready.request.launch.clone(), verdict));
        }
    }

    /// Puts the event into the next commit and folds it; returns the verdict that it leaves.
    fn append(&mut self, ordinal: Ordinal, event: LaunchEvent, utc: Timestamp) -> Verdict {
        let state = self.states_by_launch.entry(ordinal).or_default();
        *state = fold(std::mem::take(state), event.clone()).expect("the course appends only what may follow");
        self.outbox.push(Record { ordinal, at: utc, event });
        state.verdict()
    }
}

fn why(end: &AttemptEnd) -> String {
    match end {
        AttemptEnd::Unsent(why) | AttemptEnd::Doubted(why) => why.clone(),
        AttemptEnd::Rejected(error) => error.message.clone(),
        AttemptEnd::Expired | AttemptEnd::Started(_) => String::new(),
    }
}
