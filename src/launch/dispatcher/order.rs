//! In which order launches go: what is due again, what is new, what is held back.

use super::Dispatcher;
use crate::clock::Moment;
use crate::ids::FolderRef;
use crate::launch::queue::PendingLaunch;
use crate::launch::{RequestSource, TimePoint};

/// Maximum launches considered in one turn while folders that lose their answers hold them back.
const MAX_CONSIDERED: usize = 64;

impl<R: RequestSource> Dispatcher<'_, R> {
    /// The next launch that may go at `now`: what is due again first, then new ones, then one that is held back.
    ///
    /// None does not mean that there is none: [`Dispatcher::next_due`] knows.
    pub(super) fn next_pending(&mut self, now: TimePoint) -> Option<PendingLaunch> {
        if let Some(pending) = self.queue.next_retry(now.moment) {
            return Some(pending);
        }
        for _ in 0..MAX_CONSIDERED {
            if self.warm_up.is_full() {
                break;
            }
            let Some(pending) = self.queue.next_new() else { break };
            if let Some(pending) = self.warm_up.admit(pending) {
                return Some(pending);
            }
        }
        self.warm_up.next(now.moment).map(|ordinal| self.queue.new_at(ordinal))
    }

    /// When a launch may go, if nothing else happens.
    pub(super) fn next_due(&self, now: TimePoint) -> Option<Moment> {
        let new = self.queue.has_new() && !self.warm_up.is_full();
        let new = new.then(Moment::default);
        [new, self.queue.next_retry_at(), self.warm_up.due(now.moment)].into_iter().flatten().min()
    }

    /// Something showed that the folder's server is alive: what was held back may go.
    pub(super) fn alive(&mut self, folder: &FolderRef) {
        let released = self.warm_up.alive(folder);
        self.queue.release(released);
    }
}
