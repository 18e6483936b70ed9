//! What the dispatcher waits for: read only, for whoever shows it.

use super::Dispatcher;
use crate::clock::Moment;
use crate::launch::outlook::Outlook;
use crate::launch::{RequestSource, TimePoint};

impl<R: RequestSource> Dispatcher<'_, R> {
    /// What it waits for at `now`, while `requests` requests are open, all of which are answered by `answered_by`.
    pub(in crate::launch) fn outlook(&self, requests: usize, answered_by: Option<Moment>, now: TimePoint) -> Outlook {
        let sends = !self.gate.is_stopped() && (self.next_due(now).is_some() || !self.ready.is_empty());
        let next_look = self.settler.due().map(|due| due.max(self.polls.next(now.moment)).max(self.lists_held_until));
        let looks = |recounts| {
            if self.settles() { self.settler.outlook(recounts, next_look, self.settings.settle) } else { None }
        };
        Outlook {
            sends,
            requests,
            answered_by: answered_by.filter(|_| requests > 0),
            doubts: looks(false),
            recounts: looks(true),
        }
    }
}
