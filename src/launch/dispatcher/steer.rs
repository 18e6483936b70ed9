//! What somebody asked of the run while it goes on: it is paused, goes on, keeps another pace, or ends.
//!
//! In: what holds by all that was asked. Out: what changes, in words. Never: reads who asked.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use super::Dispatcher;
use crate::clock::TimePoint;
use crate::ids::Ordinal;
use crate::launch::notice::Notice;
use crate::launch::queue::BrakeWord;
use crate::launch::queue::progress::LaunchProgress;
use crate::launch::request_source::RequestSource;
use crate::launch::send::sender::CommittedIntent;
use crate::launch::send::stop::{StopBatch, StopResult};
use crate::launch::summary::StopReason;
use crate::launch_terms::StopStrategy;
use crate::ledger::event::Intent;
use crate::ledger::state::LaunchState;
use crate::ledger::{RunHold, Steered};
use crate::robot_job::RobotJob;
use crate::wait::PassingJob;

impl<R: RequestSource> Dispatcher<'_, R> {
    /// How many requests may be open at once, by what holds now.
    pub(in crate::launch) fn concurrency(&self) -> NonZeroUsize {
        self.steered.terms.concurrency(self.settings.concurrency)
    }

    /// From now on `steered` holds. What is to be shown of it.
    pub(in crate::launch) fn steer(&mut self, steered: Steered, now: TimePoint) -> Vec<Notice> {
        let before = std::mem::replace(&mut self.steered, steered);
        let mut words = Vec::new();
        if let Some(active) = self.steered.terms.active {
            self.queue.set_active(active.get());
        }
        if self.steered.terms != before.terms {
            let pace = self.steered.terms.pace(self.settings.pace);
            self.gate.set_pace(pace, now.moment);
            self.reservations.set_pace(pace, now.moment);
            words.push(format!("limits from now on: {}", self.steered.terms));
        }
        match (&self.steered.hold, &before.hold) {
            (Some(RunHold::Cancelled(..)), Some(RunHold::Cancelled(..)))
            | (Some(RunHold::Paused(..)), Some(RunHold::Paused(..)))
            // What was stopped stays so in this process: `resume` sends it.
            | (None, Some(RunHold::Cancelled(..)) | None) => {}
            (Some(hold @ RunHold::Cancelled(..)), _) => {
                words.push(format!("{hold}: nothing more is sent"));
                self.stop(StopReason::Cancelled, now);
            }
            // What a rule of the manifest did was told of.
            (Some(RunHold::Paused(..)), _) if self.stop.is_some() => self.pause(now),
            (Some(hold @ RunHold::Paused(..)), _) => {
                words.push(format!("{hold}: nothing more is sent until `sortie continue`"));
                self.pause(now);
            }
            (None, Some(RunHold::Paused(..))) if let Some(stop) = &self.stop => {
                words.push(format!("the sending was ended, and does not go on ({stop}): `sortie resume` sends what was not sent"));
            }
            (None, Some(RunHold::Paused(..))) => {
                words.push("goes on".to_owned());
                self.gate.release();
            }
        }
        for job in self.steered.cancelled_jobs.keys().filter(|job| !before.cancelled_jobs.contains_key(*job)) {
            words.push(format!("job `{job}` is cancelled: nothing more of it is sent"));
        }
        if self.steered.cancelled_launches != before.cancelled_launches && !self.steered.cancelled_launches.is_empty() {
            let count = self.steered.cancelled_launches.len();
            words.push(format!("{} cancelled: nothing more of them is sent", counted(count)));
        }
        if !self.steered.cancels_some() && before.cancels_some() && self.stop.is_none() {
            words.push(
                "what was cancelled may go on: what this process passed over meanwhile is sent by `sortie resume`, once it has ended"
                    .to_owned(),
            );
        }
        // A rule that stopped a job dropped what was left of it: this process has none of that any more.
        for job in before.held_jobs.keys().filter(|job| !self.steered.held_jobs.contains_key(*job)) {
            words.push(format!(
                "job `{job}` was stopped by a rule and sends nothing more in this process: once it has ended, `sortie resume` sends what was not sent"
            ));
        }
        let Steered { cancelled_jobs, cancelled_launches, held_jobs, .. } = &self.steered;
        let jobs = cancelled_jobs.keys().chain(held_jobs.keys()).cloned().collect();
        self.gate.block(jobs, cancelled_launches.clone());
        // What has not left is ended: who goes on with the run is in no doubt of it.
        let is_blocked = |ready: &CommittedIntent| {
            self.steered.blocks(&ready.request.launch, self.requests.planned(ready.request.ordinal))
        };
        let (blocked, ready): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.ready).into_iter().partition(is_blocked);
        self.ready = ready;
        for ready in blocked {
            self.expire(ready, now);
        }
        if self.steered.wants_stops() {
            self.stops.begin(self.steered.cancels);
        }
        words.into_iter().map(Notice::Steered).collect()
    }

    /// From which launch on states are to be read next, once all that is known is durable: for what is to be stopped of them.
    pub(in crate::launch) fn next_stop_page(&self) -> Option<Ordinal> {
        let is_ready = self.outbox.is_clean() && self.may_stop();
        if is_ready { self.stops.next_page() } else { None }
    }

    /// Takes in the states from `from` on, a page of them: their robot jobs are stopped where they are cancelled and not over.
    pub(in crate::launch) fn take_stop_page(&mut self, states: Vec<(Ordinal, LaunchState)>, is_last: bool) {
        self.stops.note_page(if is_last { None } else { states.last().map(|(last, _)| Ordinal(last.0 + 1)) });
        for (ordinal, state) in states {
            if let LaunchState::Started { attempts, mut jobs, ends, .. } = state {
                jobs.retain(|job| !ends.iter().any(|end| end.job == job.id && end.outcome.is_final()));
                self.stop_if_cancelled(ordinal, &attempts.intent, &jobs);
            }
        }
    }

    /// Robot jobs of the launch became known: they are stopped if it is cancelled.
    pub(super) fn stop_if_cancelled(&mut self, ordinal: Ordinal, intent: &Intent, jobs: &[RobotJob]) {
        if !self.stops.is_begun() {
            return;
        }
        if let Some(kill) = self.steered.cancels(&intent.launch, self.requests.planned(ordinal)) {
            let strategy = if kill { StopStrategy::Kill } else { StopStrategy::SoftStop };
            self.stops.know(jobs.iter().map(|job| PassingJob::new(job, (ordinal, intent.attempt))));
            self.stops.add(&intent.folder, jobs.iter().map(|job| job.id), strategy);
        }
    }

    /// The next robot jobs that are to be stopped, where none are being stopped.
    pub(in crate::launch) fn next_stop(&mut self, now: TimePoint) -> Option<StopBatch> {
        if !self.may_stop() {
            return None;
        }
        let (batch, looks) = self.stops.next_batch()?;
        // The list is read by this run's share of it, which is taken at once.
        let look_at = looks.then(|| self.doubts.reserve_read(now.moment));
        Some(StopBatch { look_at, ..batch })
    }

    /// Takes in what came of stopping the batch.
    pub(in crate::launch) fn take_stop(&mut self, batch: StopBatch, mut result: StopResult, now: TimePoint) {
        for listed in std::mem::take(&mut result.ended) {
            self.note_passing_end(listed, now);
        }
        self.stops.take_result(batch, result);
    }

    /// What came of what was cancelled, once: when nothing is left of it to stop; and of what was out of time. `is_idle`: no
    /// request is open.
    pub(in crate::launch) fn take_stop_report(&mut self, is_idle: bool) -> Option<Notice> {
        if let Some(tally) = self.stops.take_timeout_report() {
            return Some(Notice::Watched(format!("out of time: {tally}")));
        }
        let is_settled = !self.settles() || !self.doubts.is_open();
        if !is_idle || !is_settled || !self.outbox.is_clean() || !self.may_stop() {
            return None;
        }
        self.stops.take_report().map(|(cancels, tally)| Notice::RobotJobsStopped { cancels, tally })
    }

    /// Whether robot jobs are still to be stopped.
    pub(super) fn is_stopping(&self) -> bool {
        self.may_stop() && self.stops.is_open()
    }

    /// Whether robot jobs can be stopped: not where the ledger failed, or somebody wants the run to end.
    fn may_stop(&self) -> bool {
        !matches!(self.stop, Some(StopReason::Ledger(_) | StopReason::Interrupt(_)))
    }

    /// The queue hears what came of a launch, and what its rules want is done.
    pub(super) fn hear(&mut self, progress: &LaunchProgress<'_>, now: TimePoint) {
        match self.requests.retry_origin(progress.ordinal()) {
            None => self.hear_of_launch(progress, now),
            Some(origin) => self.hear_of_retry(&origin, progress, now),
        }
        self.hear_sent(progress, now);
    }

    /// Those hear that count robot jobs, or look for how well they fare: of a retry as of any launch.
    pub(super) fn hear_sent(&mut self, progress: &LaunchProgress<'_>, now: TimePoint) {
        self.queue.hear_sent(progress, now.moment);
        self.follow_words(now);
    }

    /// Those hear that count launches of the plan, or wait for them.
    pub(super) fn hear_of_launch(&mut self, progress: &LaunchProgress<'_>, now: TimePoint) {
        self.queue.hear_of_launch(progress, now.moment);
        self.follow_words(now);
    }

    fn follow_words(&mut self, now: TimePoint) {
        for word in self.queue.take_words() {
            match word {
                BrakeWord::Halt(why) => {
                    self.outbox.tell(Notice::Halted(why.clone()));
                    self.stop(StopReason::Halted(why), now);
                }
                BrakeWord::HaltJob(number, why) => {
                    let job = self.queue.job_name(number).unwrap_or_default();
                    self.outbox.tell(Notice::JobHalted { job, why });
                }
                BrakeWord::Tell(words) => self.outbox.tell(Notice::Watched(words)),
            }
        }
    }

    /// Nothing more leaves until the gate is released. What is ready has not left: its intents are ended.
    fn pause(&mut self, now: TimePoint) {
        self.gate.pause();
        for ready in std::mem::take(&mut self.ready) {
            self.expire(ready, now);
        }
    }
}

/// `1 launch is`, `12 launches are`.
fn counted(launches: u32) -> String {
    if launches == 1 { "1 launch is".to_owned() } else { format!("{launches} launches are") }
}
