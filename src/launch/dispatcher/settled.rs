//! What follows from the job list: recorded, sent again, held, or counted once more.

use std::time::Duration;

use super::Dispatcher;
use super::watching::faults::counted;
use crate::clock::{TimePoint, later};
use crate::ids::{JobId, LaunchId, Ordinal};
use crate::job_list::reader::{ListAnswer, ReadError};
use crate::job_list::request::ListRequest;
use crate::launch::notice::Notice;
use crate::launch::queue::progress::LaunchProgress;
use crate::launch::request_source::RequestSource;
use crate::launch::send::decide::after_absence;
use crate::launch::settings::{RecountScope, ResendPolicy};
use crate::launch::settle::doubt::{ConnectionEnd, DoubtPurpose, OpenDoubt, ReadFailure, Settlement};
use crate::launch::summary::StopReason;
use crate::launch_terms::AmbiguityPolicy;
use crate::ledger::Endpoint;
use crate::ledger::event::{Finding, Intent, LaunchEvent};
use crate::ledger::pause::Pause;
use crate::ledger::state::{DoubtOutcome, LaunchState, Verdict};
use crate::robot_job::RobotJob;

impl<R: RequestSource> Dispatcher<'_, R> {
    /// The next part of the job list to read, where one is due.
    pub(in crate::launch) fn next_request(&mut self, now: TimePoint) -> Option<ListRequest> {
        let settling = if self.settles() { self.doubts.next_request(self.watch.clocks(), now.moment) } else { None };
        settling.or_else(|| self.next_watch_list(now))
    }

    /// Takes in what came of reading the job list.
    pub(in crate::launch) fn on_page(&mut self, answer: ListAnswer, now: TimePoint) {
        self.doubts.note_read(answer.asked.moment);
        if self.take_watch_list(&answer, now) {
            if let Ok(page) = &answer.listed {
                self.watch.note_server_time(page.server_time, now);
            }
            self.note_list_pause(&answer, now);
            return;
        }
        self.note_list_pause(&answer, now);
        let found = match answer.listed {
            Ok(page) => {
                self.watch.note_server_time(page.server_time, now);
                self.doubts.take_page(page, self.watch.clocks(), now.moment)
            }
            Err(error) => {
                let failure = self.failure(&error);
                self.doubts.take_failure(&error.to_string(), failure, now.moment)
            }
        };
        for (doubt, found) in found {
            self.settle_doubt(doubt, found, now);
        }
        for folder in self.doubts.shown_alive(self.queue.waiting_folders()).collect::<Vec<_>>() {
            self.queue.alive(&folder);
        }
    }

    /// Where the server asked to be left alone, that is kept for all who read its lists.
    fn note_list_pause(&mut self, answer: &ListAnswer, now: TimePoint) {
        if let Some(span) = answer.listed.as_ref().err().and_then(ReadError::pause) {
            let pause = Pause::new(now.utc, span);
            self.outbox.hold(Endpoint::Lists, pause);
            // For waiting alone nothing is given up: single robot jobs may still be asked for.
            let is_needed = self.doubts.is_open();
            self.hold_lists(pause.left(now.utc), is_needed, now);
        }
    }

    fn failure(&self, error: &ReadError) -> ReadFailure {
        match self.stop {
            None | Some(StopReason::Cancelled | StopReason::Halted(_)) if error.may_pass() => ReadFailure::Transient,
            None | Some(StopReason::Cancelled | StopReason::Halted(_)) => ReadFailure::Refused,
            Some(_) => ReadFailure::Final,
        }
    }

    /// No list is read for `span`. Where that is longer than a run waits, or goes on and on, and something is in doubt,
    /// the run ends.
    pub(super) fn hold_lists(&mut self, span: Duration, is_needed: bool, now: TimePoint) {
        if self.doubts.pause(span, is_needed, now.moment) {
            self.stop(StopReason::ThrottledTooLong(later(now.utc, span)), now);
        }
    }

    /// Whether doubts are still looked into: not where the login is gone, the lists are held for long, or somebody wants
    /// the run to end.
    pub(super) fn settles(&self) -> bool {
        if self.doubts.is_given_up() {
            return false;
        }
        match self.stop {
            None
            | Some(
                StopReason::RetriesSpent { .. }
                | StopReason::ThrottledTooLong(_)
                | StopReason::Cancelled
                | StopReason::Halted(_),
            ) => true,
            Some(
                StopReason::Refused { .. } | StopReason::Ledger(_) | StopReason::Blind(_) | StopReason::Interrupt(_),
            ) => false,
        }
    }

    /// Counts a launch that was started once more, where that is due; else it is over.
    pub(super) fn recount_or_close(&mut self, ordinal: Ordinal, now: TimePoint) {
        let state = self.outbox.state(ordinal).expect("it was just started");
        let LaunchState::Started { attempts, jobs, .. } = state else { return };
        if state.wants_recount() {
            let (intent, jobs) = (attempts.intent.clone(), jobs.clone());
            self.recount(ordinal, &intent, &jobs, ConnectionEnd::now(now, self.watch.ahead_ms()), now);
        } else {
            let launch = attempts.intent.launch.clone();
            self.close(ordinal, launch, now);
        }
    }

    /// The launch is over: it is counted, and the queue hears of one that was not started as asked for.
    pub(super) fn close(&mut self, ordinal: Ordinal, launch: LaunchId, now: TimePoint) {
        let counted = counted(self.outbox.state(ordinal));
        let verdict = self.outbox.close(ordinal, launch);
        if verdict != Verdict::Started {
            self.hear(&LaunchProgress::NotStarted { ordinal, verdict }, now);
        }
        self.close_faults(ordinal, verdict, counted, now);
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
        let doubt = OpenDoubt::of(ordinal, intent, DoubtPurpose::Settle, closed, now);
        self.doubts.add(&intent.folder, OpenDoubt { named: named.to_vec(), ..doubt });
    }

    /// Asks, a settle time after its connection was closed, whether more robot jobs of the launch exist than `jobs`.
    pub(super) fn recount(
        &mut self,
        ordinal: Ordinal,
        intent: &Intent,
        jobs: &[RobotJob],
        closed: ConnectionEnd,
        now: TimePoint,
    ) {
        let doubt = OpenDoubt::of(ordinal, intent, DoubtPurpose::Recount(jobs.to_vec()), closed, now);
        self.doubts.add(&intent.folder, doubt);
    }

    /// Takes note of robot jobs of the launch, and of what they tell of the clocks.
    pub(super) fn know(&mut self, ordinal: Ordinal, intent: &Intent, jobs: &[RobotJob], now: TimePoint) {
        let is_news = |job: &&RobotJob| self.doubts.known().owner(job.id) != Some(ordinal);
        let news: Vec<RobotJob> = jobs.iter().filter(is_news).cloned().collect();
        if !news.is_empty() {
            // It may have been taken for another launch's until now.
            for job in &news {
                if let Some(ordinal) = self.watching.forget(job.id) {
                    self.hear(&LaunchProgress::JobDropped { ordinal }, now);
                }
            }
            self.watch_started(ordinal, intent, &news, now);
        }
        self.doubts.know(ordinal, intent, jobs, now.moment);
        self.watch.note_sent(jobs, intent);
        self.stop_if_cancelled(ordinal, intent, jobs);
    }

    /// Begins to count all robot jobs of the run, if that is asked for and was not done; whether there is anything to count.
    pub(in crate::launch) fn begin_count(&mut self, now: TimePoint) -> bool {
        if self.settings.counting != RecountScope::All || !self.settles() {
            return false;
        }
        // What a gateway repeats may come as late as anything else.
        let wait = if self.has_sent { self.settings.settle + Duration::from_secs(2) } else { Duration::ZERO };
        self.doubts.count_all(now.moment.after(wait), now.moment)
    }

    /// Records what the job list proved, and goes on from there.
    fn settle_doubt(&mut self, doubt: OpenDoubt, found: Settlement, now: TimePoint) {
        let OpenDoubt { ordinal, launch, attempt, purpose, .. } = doubt;
        let mut dropped: Vec<Ordinal> = Vec::new();
        if let (DoubtPurpose::Recount(before), Settlement::Counted(jobs)) = (&purpose, &found) {
            let gone = before.iter().filter(|job| !jobs.iter().any(|kept| kept.id == job.id));
            dropped.extend(gone.filter_map(|job| self.watching.forget(job.id)));
        }
        let event = match found {
            // The ledger still says that it should be counted: a resume will try.
            Settlement::Uncounted => return self.close(ordinal, launch, now),
            // It was refused, and nothing of it is there: so it stays.
            Settlement::Counted(jobs) if jobs.is_empty() && self.is_rejected(ordinal) => {
                return self.close(ordinal, launch, now);
            }
            Settlement::Counted(jobs) => LaunchEvent::Recounted { attempt, jobs },
            Settlement::Jobs(jobs) => LaunchEvent::Settled { attempt, finding: Finding::Found(jobs) },
            Settlement::Undecided(why) => LaunchEvent::Settled { attempt, finding: Finding::Undecided(why) },
            Settlement::Absent => {
                let state = self.outbox.state(ordinal).expect("a launch in doubt is not over");
                let policy = match self.settings.resends {
                    ResendPolicy::AsAsked => {
                        state.attempts().map_or(AmbiguityPolicy::Hold, |attempts| attempts.intent.on_ambiguous)
                    }
                    ResendPolicy::Never => AmbiguityPolicy::Hold,
                };
                LaunchEvent::Settled { attempt, finding: after_absence(state, policy) }
            }
        };
        match self.outbox.append(ordinal, event, now).clone() {
            LaunchState::Unsent { .. } => {
                self.outbox.tell(Notice::Absent(launch));
                self.queue.retry_anew(ordinal, now.moment);
            }
            LaunchState::Started { attempts, jobs, .. } => {
                self.know(ordinal, &attempts.intent, &jobs, now);
                self.recount_or_close(ordinal, now);
            }
            LaunchState::InDoubt { outcome: Some(DoubtOutcome::Held(_) | DoubtOutcome::Undecided(_)), .. } => {
                self.close(ordinal, launch, now);
            }
            LaunchState::Rejected { .. } => self.close(ordinal, launch, now),
            LaunchState::Planned
            | LaunchState::Open(_)
            | LaunchState::InDoubt { outcome: None, .. }
            | LaunchState::Declared { .. }
            | LaunchState::StartedElsewhere { .. }
            | LaunchState::LeftOut { .. }
            | LaunchState::Due(_) => {}
        }
        // Whoever counts on their ends, or on their room, hears of what came in their place first.
        for ordinal in dropped {
            self.hear(&LaunchProgress::JobDropped { ordinal }, now);
        }
    }

    fn is_rejected(&self, ordinal: Ordinal) -> bool {
        matches!(self.outbox.state(ordinal), Some(LaunchState::Rejected { .. }))
    }
}
