//! Launches that are left out by what came of the jobs that they need.
//!
//! In: launches that the queue lets go for good. Out: an event for each, so that it stays left out, and its report says why.
//! Never: leaves out what was sent.

use super::Dispatcher;
use crate::clock::TimePoint;
use crate::launch::notice::Notice;
use crate::launch::queue::needs::LeftOutLaunch;
use crate::launch::request_source::RequestSource;
use crate::ledger::event::LaunchEvent;

impl<R: RequestSource> Dispatcher<'_, R> {
    /// Why launches that need others are not sent by this process, once nothing more comes.
    pub(in crate::launch) fn told_waiting(&self) -> impl Iterator<Item = Notice> {
        self.queue.told_waiting().into_iter().map(Notice::Watched)
    }

    /// Records the launches that were left out, and those that are left out with them.
    pub(super) fn record_left_out(&mut self, now: TimePoint) {
        while let Some(LeftOutLaunch { ordinal, cause, why }) = self.queue.take_left_out() {
            // One that was sent before, and surely started nothing, keeps its history: it is not sent.
            let Some(launch) = self.requests.plan().map(|plan| plan.launch_id(ordinal)) else { continue };
            if self.outbox.state(ordinal).is_some() {
                continue;
            }
            self.outbox.append(ordinal, LaunchEvent::LeftOut { cause, why }, now);
            self.close(ordinal, launch, now);
        }
    }
}
