//! New launches, in the plan's order.

use std::collections::VecDeque;

use super::rule::Next;
use crate::ids::{Ordinal, OrdinalSet};
use crate::launch::request_source::RequestSource;

/// The launches that nothing was sent of yet.
pub(super) struct Order<'a, R> {
    requests: &'a R,
    /// Launches that had events when the run was taken up: not new.
    touched: OrdinalSet,
    /// The first launch that was never looked at.
    cursor: u32,
    /// Launches before it that were looked at and held back, and may go now.
    released: VecDeque<Ordinal>,
}

impl<'a, R: RequestSource> Order<'a, R> {
    /// All of `requests` that the plan does not leave out, but for those that were `touched`.
    pub(super) fn new(requests: &'a R, touched: OrdinalSet) -> Self {
        let mut order = Self { requests, touched, cursor: 0, released: VecDeque::new() };
        order.skip_known();
        order
    }

    /// When one may go, as far as the order goes.
    pub(super) fn next(&self) -> Next {
        if self.released.is_empty() && self.cursor >= self.requests.count() { Next::Nothing } else { Next::Now }
    }

    /// The next one.
    pub(super) fn take(&mut self) -> Option<Ordinal> {
        if let Some(ordinal) = self.released.pop_front() {
            return Some(ordinal);
        }
        if self.cursor >= self.requests.count() {
            return None;
        }
        let ordinal = Ordinal(self.cursor);
        self.cursor += 1;
        self.skip_known();
        Some(ordinal)
    }

    /// Those that were held back are new again, and go first.
    pub(super) fn release(&mut self, ordinals: VecDeque<Ordinal>) {
        self.released.extend(ordinals);
    }

    /// Goes on to the next launch that is new and that the plan does not leave out.
    fn skip_known(&mut self) {
        let is_new = |ordinal| !self.touched.contains(ordinal) && !self.requests.skips(ordinal);
        while self.cursor < self.requests.count() && !is_new(Ordinal(self.cursor)) {
            self.cursor += 1;
        }
    }
}
