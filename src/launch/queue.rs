//! What is to be sent: launches in the plan's order, and those that are to be sent again.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::rc::Rc;

use super::RequestSource;
use crate::clock::Moment;
use crate::ids::{Ordinal, OrdinalSet};
use crate::resolve::Request;

/// A launch on its way to a sender.
pub(super) struct PendingLaunch {
    pub(super) request: Rc<Request>,
    /// How many sendings of it failed before.
    pub(super) failures: u32,
}

pub(super) struct Queue<'a, R> {
    requests: &'a R,
    /// Launches that had events when the run was taken up: not new.
    touched: OrdinalSet,
    /// The first launch that was never looked at.
    cursor: u32,
    /// Launches before it that were looked at and held back, and may go now.
    released: VecDeque<Ordinal>,
    due: BinaryHeap<Reverse<(Moment, Ordinal)>>,
    retry_by_launch: HashMap<Ordinal, PendingLaunch>,
}

impl<'a, R: RequestSource> Queue<'a, R> {
    pub(super) fn new(requests: &'a R, touched: OrdinalSet) -> Self {
        let mut queue = Self {
            requests,
            touched,
            cursor: 0,
            released: VecDeque::new(),
            due: BinaryHeap::new(),
            retry_by_launch: HashMap::new(),
        };
        queue.skip_known();
        queue
    }

    /// The next launch that may go again at `now`.
    pub(super) fn next_retry(&mut self, now: Moment) -> Option<PendingLaunch> {
        if let Some(Reverse((due, ordinal))) = self.due.peek()
            && *due <= now
        {
            let ordinal = *ordinal;
            self.due.pop();
            return Some(self.retry_by_launch.remove(&ordinal).expect("each due launch has its request"));
        }
        None
    }

    /// The next new launch: those that were held back go first.
    pub(super) fn next_new(&mut self) -> Option<PendingLaunch> {
        if let Some(ordinal) = self.released.pop_front() {
            return Some(self.new_at(ordinal));
        }
        if self.cursor >= self.requests.count() {
            return None;
        }
        let ordinal = Ordinal(self.cursor);
        self.cursor += 1;
        self.skip_known();
        Some(self.new_at(ordinal))
    }

    /// The launch at `ordinal`, of which nothing was sent yet.
    pub(super) fn new_at(&self, ordinal: Ordinal) -> PendingLaunch {
        PendingLaunch { request: Rc::new(self.requests.request(ordinal)), failures: 0 }
    }

    /// Those that were held back are new again.
    pub(super) fn release(&mut self, ordinals: VecDeque<Ordinal>) {
        self.released.extend(ordinals);
    }

    /// The launch is to be sent again, not before `due`.
    pub(super) fn retry_at(&mut self, pending: PendingLaunch, due: Moment) {
        self.due.push(Reverse((due, pending.request.ordinal)));
        self.retry_by_launch.insert(pending.request.ordinal, pending);
    }

    /// Whether new launches are left.
    pub(super) fn has_new(&self) -> bool {
        !self.released.is_empty() || self.cursor < self.requests.count()
    }

    /// When the next launch may go again; `None` if none is left that may.
    pub(super) fn next_retry_at(&self) -> Option<Moment> {
        self.due.peek().map(|Reverse((due, _))| *due)
    }

    /// Goes on to the next launch that is new and that the plan does not leave out.
    fn skip_known(&mut self) {
        let is_new = |ordinal| !self.touched.contains(ordinal) && !self.requests.skips(ordinal);
        while self.cursor < self.requests.count() && !is_new(Ordinal(self.cursor)) {
            self.cursor += 1;
        }
    }
}
