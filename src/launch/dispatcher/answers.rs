//! What follows from an answer: recorded, and sent again, settled, stopped or over.

use std::rc::Rc;

use super::Dispatcher;
use crate::clock::{TimePoint, Timestamp};
use crate::ids::{FolderRef, JobId};
use crate::launch::clocks::SendTime;
use crate::launch::notice::Notice;
use crate::launch::queue::pending::PendingLaunch;
use crate::launch::queue::progress::LaunchProgress;
use crate::launch::request_source::RequestSource;
use crate::launch::send::claim::{self, Claim};
use crate::launch::send::decide::{Arrival, Decision, Step, decide};
use crate::launch::send::sender::{CommittedIntent, SendResult};
use crate::launch::settle::doubt::ConnectionEnd;
use crate::launch::summary::StopReason;
use crate::ledger::Endpoint;
use crate::ledger::event::{AttemptEnd, LaunchEvent};
use crate::ledger::pause::Pause;
use crate::ledger::state::{LaunchState, Verdict};
use crate::orchestrator::classify::AnswerClass;
use crate::pauses::MAX_HOLD;
use crate::robot_job::ServerError;

impl<R: RequestSource> Dispatcher<'_, R> {
    /// Takes in what a sender brought back.
    pub(in crate::launch) fn on_answer(&mut self, result: SendResult, now: TimePoint) {
        let SendResult { ready, answer } = result;
        let Some((answer, latency)) = answer else {
            self.expire(ready, now);
            return;
        };
        self.reservations.answered(latency);
        self.watch.note_server_time(answer.server_time, now);
        let (class, named) = self.checked(answer.class, answer.server_time, &ready);
        let at = Arrival { utc: now.utc, server_ahead_ms: self.watch.ahead_ms() };
        let Decision { mut end, step, hold } = decide(class, ready.failures, self.random.f64(), at);
        if let AttemptEnd::Doubted(doubt) = &mut end {
            doubt.named = named;
        }
        if let Some(span) = hold {
            let goes_on = self.paused.add(self.gate.held_until(), now.moment.after(span), now.moment);
            self.gate.hold_until(now.moment.after(span));
            let pause = Pause::new(now.utc, span);
            self.outbox.hold(Endpoint::Starts, pause);
            self.outbox.tell(Notice::Held(span));
            // What was asked for may have been lengthened by a tenth.
            if goes_on || (span > MAX_HOLD * 11 / 10 && matches!(step, Step::Settle)) {
                self.stop(StopReason::ThrottledTooLong(pause.until), now);
            }
        }
        if !matches!(step, Step::AfterPause) {
            self.budget.end_throttling();
        }
        let is_given_up = matches!(step, Step::StopFolder(_));
        self.follow(step, &end, &ready, now);
        self.end_attempt(&ready, end, now);
        let ordinal = ready.request.ordinal;
        if is_given_up && matches!(self.outbox.state(ordinal), Some(LaunchState::Unsent { .. })) {
            self.hear(&LaunchProgress::NotStarted { ordinal, verdict: Verdict::NotSent }, now);
        }
    }

    /// The intent has not left, and never does. Its launch goes again, or the queue hears that it does not.
    pub(super) fn expire(&mut self, ready: CommittedIntent, now: TimePoint) {
        self.end_attempt(&ready, AttemptEnd::Expired, now);
        let CommittedIntent { request, failures, .. } = ready;
        if self.gate.is_stopped() {
            return;
        }
        let planned = self.requests.planned(request.ordinal);
        if self.gate.is_closed(&request.folder) || self.steered.blocks(&request.launch, planned) {
            let dropped = LaunchProgress::NotStarted { ordinal: request.ordinal, verdict: Verdict::NotSent };
            self.hear(&dropped, now);
        } else {
            self.queue.retry_at(PendingLaunch { request, failures }, now.moment);
        }
    }

    fn follow(&mut self, step: Step, end: &AttemptEnd, ready: &CommittedIntent, now: TimePoint) {
        let folder = &ready.request.folder;
        let retry = PendingLaunch { request: Rc::clone(&ready.request), failures: ready.failures + 1 };
        match step {
            Step::Over => {
                self.paused.end();
                self.budget.refill();
                self.queue.alive(folder);
                if let Some(error) = self.forbidden.note(folder, end) {
                    self.close_folder(folder, error);
                }
            }
            Step::AfterPause if self.budget.spend_for_pause(now.moment) => self.queue.retry_at(retry, now.moment),
            Step::Settle => {
                if let Some(error) = self.forbidden.note(folder, end) {
                    self.close_folder(folder, error);
                }
                self.last_lost = why(end);
                self.queue.lost(folder, now.moment);
            }
            Step::Immediately => self.queue.retry_at(retry, now.moment),
            Step::AfterBackoff(span) if self.budget.spend() => self.queue.retry_at(retry, now.moment.after(span)),
            Step::AfterPause | Step::AfterBackoff(_) => self.stop(StopReason::RetriesSpent { last: why(end) }, now),
            Step::StopFolder(error) => self.close_folder(folder, error),
            Step::StopRun(reason) => self.stop(reason, now),
        }
    }

    /// `class`, in doubt where the answer is not the answer to what was sent, with the robot jobs that it named then; and
    /// what it tells of the server's clocks.
    fn checked(
        &mut self,
        class: AnswerClass,
        server_time: Option<Timestamp>,
        ready: &CommittedIntent,
    ) -> (AnswerClass, Vec<JobId>) {
        let AnswerClass::Started(jobs) = class else { return (class, Vec::new()) };
        let attempts = self.outbox.state(ready.request.ordinal).and_then(LaunchState::attempts);
        let sent = SendTime::of(&attempts.expect("what was sent was intended").intent);
        let reading = self.watch.clocks().surely_created(sent);
        let in_doubt = |why| {
            let named = jobs.iter().map(|listed| listed.job.id).collect();
            (AnswerClass::InDoubt { why, hold: None }, named)
        };
        match claim::check(&jobs, &ready.request, self.doubts.known(), reading, self.latest_before) {
            Err(why) => return in_doubt(why),
            Ok(Claim::Earlier(job, created)) => {
                return in_doubt(self.watch.note_earlier(job, created, sent, server_time));
            }
            Ok(Claim::Changed(job)) => self.doubts.note_changed(&ready.request.folder, job),
            Ok(Claim::Intact) => {}
        }
        let told = self.watch.note_answer(jobs.iter().map(|listed| &listed.job), server_time);
        if let Some(notice) = told {
            self.outbox.tell(notice);
        }
        (AnswerClass::Started(jobs), Vec::new())
    }

    /// Records what came of an attempt, and goes on from the state that it leaves.
    pub(super) fn end_attempt(&mut self, ready: &CommittedIntent, end: AttemptEnd, now: TimePoint) {
        if let AttemptEnd::Unsent(why) = &end {
            self.outbox.tell(Notice::Unsent(ready.request.launch.clone(), why.clone()));
        }
        let ordinal = ready.request.ordinal;
        let event = LaunchEvent::Ended { attempt: ready.attempt, end };
        match self.outbox.append(ordinal, event, now) {
            LaunchState::InDoubt { attempts, doubt, .. } => {
                let (intent, doubt) = (attempts.intent.clone(), doubt.clone());
                self.outbox.tell(Notice::Doubted(ready.request.launch.clone(), doubt.why));
                let closed = ConnectionEnd::now(now, doubt.server_ahead_ms);
                self.doubt(ordinal, &intent, &doubt.named, closed, now);
            }
            LaunchState::Started { attempts, jobs, .. } => {
                let (intent, jobs) = (attempts.intent.clone(), jobs.clone());
                self.doubts.note_started(&intent.folder, &jobs, ready.window.not_before);
                self.know(ordinal, &intent, &jobs, now);
                self.recount_or_close(ordinal, now);
            }
            LaunchState::Rejected { attempts, .. } => {
                // What was refused may exist all the same, by an answer that was not the server's own word.
                self.doubts.know_launch(ordinal, &attempts.intent);
                self.close(ordinal, ready.request.launch.clone(), now);
            }
            LaunchState::Planned
            | LaunchState::Open(_)
            | LaunchState::Unsent { .. }
            | LaunchState::Declared { .. }
            | LaunchState::StartedElsewhere { .. }
            | LaunchState::LeftOut { .. }
            | LaunchState::Due(_) => {}
        }
    }

    fn close_folder(&mut self, folder: &FolderRef, error: ServerError) {
        self.gate.close_folder(folder.clone());
        self.queue.close(folder);
        self.outbox.tell(Notice::FolderClosed(folder.clone(), error.message.clone()));
        self.closed_folders.insert(folder.clone(), error);
    }
}

fn why(end: &AttemptEnd) -> String {
    match end {
        AttemptEnd::Unsent(why) => why.clone(),
        AttemptEnd::Doubted(doubt) => doubt.why.clone(),
        AttemptEnd::Rejected(error) => error.message.clone(),
        AttemptEnd::Expired | AttemptEnd::Started(_) => String::new(),
    }
}
