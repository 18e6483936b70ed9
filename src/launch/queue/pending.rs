//! A launch on its way to a sender.

use std::rc::Rc;

use crate::resolve::Request;

/// A launch on its way to a sender.
pub(in crate::launch) struct PendingLaunch {
    pub(in crate::launch) request: Rc<Request>,
    /// How many sendings of it failed before.
    pub(in crate::launch) failures: u32,
}
