//! The dispatcher's doubts: what is asked of the job list, and what follows from its answers.

use std::rc::Rc;
use std::time::Duration;

use super::{Dispatcher, Knowledge};
use crate::clock::{Moment, Timestamp};
use crate::ids::{JobId, Ordinal, ReferenceMark};
use crate::launch::clocks::{MARGIN, SendTime, creation_time, earlier, shifted};
use crate::launch::decide::{MAX_HOLD, after_absence};
use crate::launch::queue::PendingLaunch;
use crate::launch::settle::{DoubtPurpose, ListRequest, OpenDoubt, ReadFailure, Settlement};
use crate::launch::{Counting, Notice, RequestSource, Resends, StopReason, TimePoint, later};
use crate::launch_terms::AmbiguityPolicy;
use crate::ledger::Endpoint;
use crate::ledger::event::{Finding, Intent, LaunchEvent};
use crate::ledger::pause::Pause;
use crate::ledger::state::{DoubtOutcome, LaunchState};
use crate::orchestrator::JobPage;
use crate::orchestrator::call_error::CallError;
use crate::robot_job::RobotJob;

/// When a connection was closed that an attempt had.
#[derive(Clone, Copy)]
pub(super) struct ConnectionEnd {
    /// By our clock of then.
    at: Timestamp,
    /// How far the server's `Date` was ahead of it, in milliseconds; `None` if that was not known.
    ahead_ms: Option<i64>,
    /// When this process took it up, if another one had the connection.
    taken_up: Option<TimePoint>,
}

impl ConnectionEnd {
    /// Just now, by this process.
    pub(super) fn now(now: TimePoint, ahead_ms: Option<i64>) -> Self {
        Self { at: now.utc, ahead_ms, taken_up: None }
    }

    /// By an earlier process.
    fn before(now: TimePoint, at: Timestamp, ahead_ms: Option<i64>) -> Self {
        Self { at, ahead_ms, taken_up: Some(now) }
    }
}

impl<R: RequestSource> Dispatcher<'_, R> {
    /// Goes on with a launch that an earlier process left unfinished.
    pub(super) fn restore(&mut self, ordinal: Ordinal, state: LaunchState, now: TimePoint) {
        match state {
            LaunchState::Open(attempts) => {
                // The process is gone, so its requests ended with it, or with their own time at the latest.
                let latest = attempts.intent.not_after.saturating_add(self.settings.attempt).unwrap_or(now.utc);
                let last = latest.min(now.utc);
                let event = LaunchEvent::Orphaned { attempt: attempts.intent.attempt, last };
                self.outbox.append(ordinal, event, now);
                self.doubt(
                    ordinal,
                    &attempts.intent,
                    &[],
                    ConnectionEnd::before(now, last, attempts.intent.server_ahead_ms),
                    now,
                );
            }
            LaunchState::InDoubt { attempts, doubt, .. } => {
                self.doubt(
                    ordinal,
                    &attempts.intent,
                    &doubt.named,
                    ConnectionEnd::before(now, doubt.last, doubt.server_ahead_ms),
                    now,
                );
            }
            LaunchState::Unsent { .. } => {
                let request = Rc::new(self.requests.request(ordinal));
                self.queue.retry_at(PendingLaunch { request, failures: 0 }, now.moment);
            }
            LaunchState::Started { attempts, jobs, .. } => {
                // At a time that is the same for each process: were it a settle time from now, runs that are cut off
                // again and again would never come to it.
                let last = attempts.intent.not_after.min(now.utc);
                let closed = ConnectionEnd::before(now, last, attempts.intent.server_ahead_ms);
                self.recount(ordinal, &attempts.intent, &jobs, closed, now);
            }
            LaunchState::Planned
            | LaunchState::Rejected { .. }
            | LaunchState::Declared { .. }
            | LaunchState::StartedElsewhere { .. } => {}
        }
    }

    /// The next part of the job list to read, where one is due.
    pub(in crate::launch) fn next_request(&mut self, now: TimePoint) -> Option<ListRequest> {
        if now.moment < self.lists_held_until || self.polls.next(now.moment) > now.moment || !self.settles() {
            return None;
        }
        let Self { settler, known, clocks, run, settings, .. } = self;
        let knowledge = Knowledge { run: *run, settle: settings.settle, jobs: known, clocks };
        settler.next_request(knowledge, now.moment)
    }

    /// Takes in what came of reading the job list, which was asked at `read`: later than it was due, where the tenant's
    /// ration was used up.
    pub(in crate::launch) fn on_page(&mut self, listed: Result<JobPage, CallError>, read: Moment, now: TimePoint) {
        self.polls.take(read);
        let report = match listed {
            Ok(page) => {
                self.pauses.lists.end();
                self.note_server_time(page.server_time, now);
                let Self { settler, known, clocks, run, settings, .. } = self;
                let knowledge = Knowledge { run: *run, settle: settings.settle, jobs: known, clocks };
                settler.page(page, knowledge, now.moment)
            }
            Err(error) => {
                if let Some(span) = error.hold() {
                    let pause = Pause::new(now.utc, span);
                    self.holds.push((Endpoint::Lists, pause));
                    self.hold_lists(pause.left(now.utc), true, now);
                }
                let failure = match self.stop {
                    Some(_) => ReadFailure::Final,
                    None if error.may_pass() => ReadFailure::Transient,
                    None => ReadFailure::Refused,
                };
                self.settler.failed(&error.to_string(), failure, self.settings.settle, now.moment)
            }
        };
        self.recalls.extend(report.contradicted.difference(&self.recalled));
        self.uncounted.extend(report.uncounted);
        for (doubt, found) in report.found {
            self.settle_doubt(doubt, found, now);
        }
        for folder in self.warm_up.folders() {
            if self.settler.has_positive_control(&folder) {
                self.alive(&folder);
            }
        }
    }

    /// No list is read for `span`. Where that is longer than a run waits, or goes on and on, and something is in doubt,
    /// the run ends.
    pub(super) fn hold_lists(&mut self, span: Duration, is_needed: bool, now: TimePoint) {
        let until = now.moment.after(span);
        let goes_on = self.pauses.lists.add(self.lists_held_until, until, now.moment);
        self.lists_held_until = self.lists_held_until.max(until);
        if (goes_on || span > MAX_HOLD) && is_needed {
            self.pauses.are_lists_given_up = true;
            self.stop(StopReason::ThrottledTooLong(later(now.utc, span)), now);
        }
    }

    /// Whether doubts are still looked into: not where the login is gone, the lists are held for long, or somebody wants
    /// the run to end.
    pub(super) fn settles(&self) -> bool {
        if self.pauses.are_lists_given_up {
            return false;
        }
        match self.stop {
            None | Some(StopReason::RetriesSpent { .. } | StopReason::ThrottledTooLong(_)) => true,
            Some(StopReason::Refused { .. } | StopReason::Ledger(_) | StopReason::Interrupt(_)) => false,
        }
    }

    /// Counts a launch that was started once more, where that is due; else it is over.
    pub(super) fn recount_or_close(&mut self, ordinal: Ordinal, now: TimePoint) {
        let state = self.outbox.state(ordinal).expect("it was just started");
        let LaunchState::Started { attempts, jobs, .. } = state else { return };
        if state.wants_recount() {
            let (intent, jobs) = (attempts.intent.clone(), jobs.clone());
            self.recount(ordinal, &intent, &jobs, ConnectionEnd::now(now, self.server_ahead_ms), now);
        } else {
            let launch = attempts.intent.launch.clone();
            self.outbox.close(ordinal, launch);
        }
    }

    /// Asks whether the intent started something: perhaps the robot jobs that its answer `named`.
    pub(super) fn doubt(
        &mut self,
        ordinal: Ordinal,
        intent: &Intent,
        named: &[JobId],
        closed: ConnectionEnd,
        now: TimePoint,
    ) {
        let doubt = open_doubt(ordinal, intent, DoubtPurpose::Settle, closed, now);
        let doubt = OpenDoubt { named: named.to_vec(), ..doubt };
        self.settler.doubt(&intent.folder, doubt, self.settings.settle);
    }

    /// Asks, a settle time after its connection was closed, whether more robot jobs of the launch exist than `jobs`.
    fn recount(&mut self, ordinal: Ordinal, intent: &Intent, jobs: &[RobotJob], closed: ConnectionEnd, now: TimePoint) {
        let doubt = open_doubt(ordinal, intent, DoubtPurpose::Recount(jobs.to_vec()), closed, now);
        self.settler.doubt(&intent.folder, doubt, self.settings.settle);
    }

    fn is_rejected(&self, ordinal: Ordinal) -> bool {
        matches!(self.outbox.state(ordinal), Some(LaunchState::Rejected { .. }))
    }

    /// Takes note of robot jobs of the launch, and of what they tell of the clocks.
    pub(super) fn know(&mut self, ordinal: Ordinal, intent: &Intent, jobs: &[RobotJob], now: TimePoint) {
        let other = self.known.add(ordinal, intent, jobs, Some(now.moment));
        self.recalls.extend(other.filter(|other| !self.recalled.contains(other)));
        let created = jobs.iter().find_map(|job| creation_time(job.creation_time.as_deref()?));
        if let Some(created) = created {
            self.clocks.note_sent(created, SendTime::of(intent));
        }
    }

    /// The next launch whose state is to be read again, once all that is known of it is durable.
    pub(in crate::launch) fn next_recall(&mut self) -> Option<Ordinal> {
        let is_ready = self.outbox.is_clean() && self.settles();
        if is_ready { self.recalls.pop_first() } else { None }
    }

    /// Begins to count all robot jobs of the run, if that is asked for and was not done; whether there is anything to count.
    pub(in crate::launch) fn begin_count(&mut self, now: TimePoint) -> bool {
        let is_due =
            self.settings.counting == Counting::All && self.settles() && !std::mem::replace(&mut self.is_counted, true);
        if !is_due {
            return false;
        }
        // What a gateway repeats may come as late as anything else.
        let wait = if self.has_sent { self.settings.settle + Duration::from_secs(2) } else { Duration::ZERO };
        let Self { known, settler, .. } = self;
        for (folder, earliest) in known.earliest_by_folder() {
            settler.count(folder, earlier(earliest, MARGIN), now.moment.after(wait), now.moment);
        }
        self.settler.open() > 0
    }

    /// Takes in what the ledger holds of a launch that is over: it is counted once more.
    pub(in crate::launch) fn recall(&mut self, ordinal: Ordinal, states: Vec<(Ordinal, LaunchState)>, now: TimePoint) {
        let is_over = self.outbox.state(ordinal).is_none();
        let state = states.into_iter().find(|(found, _)| *found == ordinal).map(|(_, state)| state);
        let Some(state) = state.filter(|_| is_over) else { return };
        let (intent, jobs) = match &state {
            LaunchState::Started { attempts, jobs, .. } => (attempts.intent.clone(), jobs.clone()),
            LaunchState::Rejected { attempts, .. } => (attempts.intent.clone(), Vec::new()),
            LaunchState::Planned
            | LaunchState::Open(_)
            | LaunchState::Unsent { .. }
            | LaunchState::InDoubt { .. }
            | LaunchState::Declared { .. }
            | LaunchState::StartedElsewhere { .. } => return,
        };
        self.recalled.insert(ordinal);
        self.outbox.reopen(ordinal, state);
        self.recount(ordinal, &intent, &jobs, ConnectionEnd::now(now, self.server_ahead_ms), now);
    }

    /// Records what the job list proved, and goes on from there.
    fn settle_doubt(&mut self, doubt: OpenDoubt, found: Settlement, now: TimePoint) {
        let OpenDoubt { ordinal, launch, attempt, .. } = doubt;
        let event = match found {
            // The ledger still says that it should be counted: a resume will try.
            Settlement::Uncounted => return self.outbox.close(ordinal, launch),
            // It was refused, and nothing of it is there: so it stays.
            Settlement::Counted(jobs) if jobs.is_empty() && self.is_rejected(ordinal) => {
                return self.outbox.close(ordinal, launch);
            }
            Settlement::Counted(jobs) => LaunchEvent::Recounted { attempt, jobs },
            Settlement::Jobs(jobs) => LaunchEvent::Settled { attempt, finding: Finding::Found(jobs) },
            Settlement::Undecided(why) => LaunchEvent::Settled { attempt, finding: Finding::Undecided(why) },
            Settlement::Absent => {
                let state = self.outbox.state(ordinal).expect("a launch in doubt is not over");
                let policy = match self.settings.resends {
                    Resends::AsAsked => {
                        state.attempts().map_or(AmbiguityPolicy::Hold, |attempts| attempts.intent.on_ambiguous)
                    }
                    Resends::Never => AmbiguityPolicy::Hold,
                };
                LaunchEvent::Settled { attempt, finding: after_absence(state, policy) }
            }
        };
        match self.outbox.append(ordinal, event, now).clone() {
            LaunchState::Unsent { .. } => {
                self.outbox.tell(Notice::Absent(launch));
                let request = Rc::new(self.requests.request(ordinal));
                self.queue.retry_at(PendingLaunch { request, failures: 0 }, now.moment);
            }
            LaunchState::Started { attempts, jobs, .. } => {
                self.know(ordinal, &attempts.intent, &jobs, now);
                self.recount_or_close(ordinal, now);
            }
            LaunchState::InDoubt { outcome: Some(DoubtOutcome::Held(_) | DoubtOutcome::Undecided(_)), .. } => {
                self.outbox.close(ordinal, launch);
            }
            LaunchState::Planned
            | LaunchState::Open(_)
            | LaunchState::Rejected { .. }
            | LaunchState::InDoubt { outcome: None, .. }
            | LaunchState::Declared { .. }
            | LaunchState::StartedElsewhere { .. } => {}
        }
    }
}

/// What the settler must know of `intent`, whose connection was closed as `closed` says.
fn open_doubt(
    ordinal: Ordinal,
    intent: &Intent,
    purpose: DoubtPurpose,
    closed: ConnectionEnd,
    now: TimePoint,
) -> OpenDoubt {
    let ConnectionEnd { at, ahead_ms, taken_up } = closed;
    // What an earlier process sent was closed when its time was over, though our clock was set back since.
    let at = if taken_up.is_some() { at.max(intent.not_after) } else { at };
    OpenDoubt {
        ordinal,
        launch: intent.launch.clone(),
        attempt: intent.attempt,
        mark: ReferenceMark::find(intent.reference.as_str()).expect("each Reference of ours has its mark"),
        reference: intent.reference.clone(),
        release: intent.release,
        expected: intent.expected,
        named: Vec::new(),
        purpose,
        sent: SendTime { ahead_ms: intent.server_ahead_ms.or(ahead_ms), ..SendTime::of(intent) },
        last: now.moment_at(at).min(now.moment),
        last_utc: at,
        last_on_server: ahead_ms.map(|ahead| shifted(at, ahead)),
        taken_up,
    }
}
