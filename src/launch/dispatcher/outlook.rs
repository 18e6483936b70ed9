//! What the dispatcher waits for: read only, for whoever shows it.

use super::Dispatcher;
use crate::clock::{Moment, TimePoint};
use crate::launch::outlook::Outlook;
use crate::launch::queue::rule::Next;
use crate::launch::request_source::RequestSource;

impl<R: RequestSource> Dispatcher<'_, R> {
    /// What it waits for at `now`, while `requests` requests are open, all of which are answered by `answered_by`.
    pub(in crate::launch) fn outlook(&self, requests: usize, answered_by: Option<Moment>, now: TimePoint) -> Outlook {
        let has_more = self.queue.next(now.moment) != Next::Nothing;
        let is_left = !self.gate.is_stopped() && (has_more || !self.ready.is_empty());
        let (sends, paused) = (is_left && !self.gate.is_paused(), is_left && self.gate.is_paused());
        let looks = |recounts| if self.settles() { self.doubts.outlook(recounts, now.moment) } else { None };
        Outlook {
            sends,
            paused,
            requests,
            answered_by: answered_by.filter(|_| requests > 0),
            unfinished_jobs: self.unfinished_jobs(),
            logs: self.watching.logs.count_open(now.moment),
            doubts: looks(false),
            recounts: looks(true),
        }
    }
}
