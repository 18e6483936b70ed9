//! What is to be sent: launches in the plan's order, and those that are to be sent again.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::rc::Rc;

use super::{RequestSource, Touched};
use crate::clock::Moment;
use crate::ids::Ordinal;
use crate::resolve::Request;

/// A launch on its way to a sender.
pub(super) struct Pending {
    pub(super) request: Rc<Request>,
    /// How many sendings of it failed before.
    pub(super) failures: u32,
}

pub(super) struct Queue<'a, R> {
    requests: &'a R,
    /// Launches that had events when the run was taken up: not new.
    touched: Touched,
    /// The first launch that was never looked at.
    cursor: u32,
    /// Launches before it that were looked at and held back, and may go now.
    released: VecDeque<Ordinal>,
    due: BinaryHeap<Reverse<(Moment, Ordinal)>>,
    again_by_launch: HashMap<Ordinal, Pending>,
}

impl<'a, R: RequestSource> Queue<'a, R> {
    pub(super) fn new(requests: &'a R, touched: Touched) -> Self {
        let mut queue = Self {
            requests,
            touched,
            cursor: 0,
            released: VecDeque::new(),
            due: BinaryHeap::new(),
            again_by_launch: HashMap::new(),
        };
        queue.pass_over();
        queue
    }

    /// The next launch that may go again at `now`.
    pub(super) fn next_again(&mut self, now: Moment) -> Option<Pending> {
        if let Some(Reverse((due, ordinal))) = self.due.peek()
            && *due <= now
        {
            let ordinal = *ordinal;
            self.due.pop();
            return Some(self.again_by_launch.remove(&ordinal).expect("each due launch has its request"));
        }
        None
    }

    /// The next new launch: those that were held back go first.
    pub(super) fn next_new(&mut self) -> Option<Pending> {
        if let Some(ordinal) = self.released.pop_front() {
            return Some(self.new_at(ordinal));
        }
        if self.cursor >= self.requests.count() {
            return None;
        }
        let ordinal = Ordinal(self.cursor);
        self.cursor += 1;
        self.pass_over();
        Some(self.new_at(ordinal))
    }

    /// The launch at `ordinal`, of which nothing was sent yet.
    pub(super) fn new_at(&self, ordinal: Ordinal) -> Pending {
        Pending { request: Rc::new(self.requests.request(ordinal)), failures: 0 }
    }

    /// Those that were held back are new again.
    pub(super) fn release(&mut self, ordinals: VecDeque<Ordinal>) {
        self.released.extend(ordinals);
    }

    /// The launch is to be sent again, not before `due`.
    pub(super) fn again(&mut self, pending: Pending, due: Moment) {
        self.due.push(Reverse((due, pending.request.ordinal)));
        self.again_by_launch.insert(pending.request.ordinal, pending);
    }

    /// Whether new launches are left.
    pub(super) fn has_new(&self) -> bool {
        !self.released.is_empty() || self.cursor < self.requests.count()
    }

    /// When the next launch may go again; none where none is left that may.
    pub(super) fn due_again(&self) -> Option<Moment> {
        self.due.peek().map(|Reverse((due, _))| *due)
    }

    /// Goes on to the next launch that is new and that the plan does not leave out.
    fn pass_over(&mut self) {
        let is_new = |ordinal| !self.touched.contains(ordinal) && !self.requests.skips(ordinal);
        while self.cursor < self.requests.count() && !is_new(Ordinal(self.cursor)) {
            self.cursor += 1;
        }
    }
}
