//! In which order the course's launches go: what is due again, what is new, what is held back.

use super::Course;
use crate::clock::Moment;
use crate::ids::FolderRef;
use crate::launch::queue::Pending;
use crate::launch::{Now, RequestSource};

/// So many launches are looked at in one turn, where folders that lose their answers hold them back.
const LOOKED_AT: usize = 64;

impl<R: RequestSource> Course<'_, R> {
    /// The next launch that may go at `now`: what is due again first, then new ones, then one that is held back.
    ///
    /// None does not mean that there is none: [`Course::next_due`] knows.
    pub(super) fn next_pending(&mut self, now: Now) -> Option<Pending> {
        if let Some(pending) = self.queue.next_again(now.moment) {
            return Some(pending);
        }
        for _ in 0..LOOKED_AT {
            if self.held_back.is_full() {
                break;
            }
            let Some(pending) = self.queue.next_new() else { break };
            if let Some(pending) = self.held_back.pass(pending) {
                return Some(pending);
            }
        }
        self.held_back.next(now.moment).map(|ordinal| self.queue.new_at(ordinal))
    }

    /// When a launch may go, if nothing else happens.
    pub(super) fn next_due(&self, now: Now) -> Option<Moment> {
        let new = self.queue.has_new() && !self.held_back.is_full();
        let new = new.then(Moment::default);
        [new, self.queue.due_again(), self.held_back.due(now.moment)].into_iter().flatten().min()
    }

    /// Something showed that the folder's server is alive: what was held back may go.
    pub(super) fn alive(&mut self, folder: &FolderRef) {
        let released = self.held_back.alive(folder);
        self.queue.release(released);
    }
}
