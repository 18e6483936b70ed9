//! What somebody asked of the run while it goes on: it is paused, goes on, keeps another pace, or ends.
//!
//! In: what holds by all that was asked. Out: what changes, in words. Never: reads who asked.

use std::num::NonZeroUsize;

use super::Dispatcher;
use crate::clock::TimePoint;
use crate::launch::notice::Notice;
use crate::launch::queue::pending::PendingLaunch;
use crate::launch::request_source::RequestSource;
use crate::launch::summary::StopReason;
use crate::ledger::event::AttemptEnd;
use crate::ledger::{RunHold, Steered};

impl<R: RequestSource> Dispatcher<'_, R> {
    /// How many requests may be open at once, by what holds now.
    pub(in crate::launch) fn concurrency(&self) -> NonZeroUsize {
        self.steered.terms.concurrency(self.settings.concurrency)
    }

    /// From now on `steered` holds. What is to be shown of it.
    pub(in crate::launch) fn steer(&mut self, steered: Steered, now: TimePoint) -> Vec<Notice> {
        let before = std::mem::replace(&mut self.steered, steered);
        let mut words = Vec::new();
        if self.steered.terms != before.terms {
            let pace = self.steered.terms.pace(self.settings.pace);
            self.gate.set_pace(pace, now.moment);
            self.reservations.set_pace(pace, now.moment);
            words.push(format!("limits from now on: {}", self.steered.terms));
        }
        match (&self.steered.hold, &before.hold) {
            (Some(RunHold::Cancelled(..)), Some(RunHold::Cancelled(..)))
            | (Some(RunHold::Paused(..)), Some(RunHold::Paused(..))) => {}
            (Some(hold @ RunHold::Cancelled(..)), _) => {
                words.push(format!("{hold}: nothing more is sent"));
                self.stop(StopReason::Cancelled, now);
            }
            (Some(hold @ RunHold::Paused(..)), _) => {
                words.push(format!("{hold}: nothing more is sent until `sortie continue`"));
                self.pause(now);
            }
            (None, Some(RunHold::Paused(..))) => {
                words.push("goes on".to_owned());
                self.gate.release();
            }
            // What was stopped stays so in this process: `resume` sends it.
            (None, Some(RunHold::Cancelled(..)) | None) => {}
        }
        for job in self.steered.cancelled_jobs.keys().filter(|job| !before.cancelled_jobs.contains_key(*job)) {
            words.push(format!("job `{job}` is cancelled: nothing more of it is sent"));
        }
        words.into_iter().map(Notice::Steered).collect()
    }

    /// Nothing more leaves until the gate is released. What is ready has not left: its intents are ended.
    fn pause(&mut self, now: TimePoint) {
        self.gate.pause();
        for ready in std::mem::take(&mut self.ready) {
            self.end_attempt(&ready, AttemptEnd::Expired, now);
            if !self.gate.is_stopped() && !self.gate.is_closed(&ready.request.folder) {
                self.queue.retry_at(PendingLaunch { request: ready.request, failures: ready.failures }, now.moment);
            }
        }
    }
}
