//! What came to be while a scan is under way: the data. What is done with it: `launch/settle/folder/growth.rs`.

use std::collections::HashMap;

use crate::clock::Moment;
use crate::ids::JobId;

/// What came to be while a scan is under way.
#[derive(Default)]
pub(super) struct ListGrowth {
    /// When robot jobs were sent after it began, at the earliest.
    pub(super) sent: HashMap<JobId, Moment>,
    pub(super) waits: u32,
}

/// What a page shows of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Growth {
    /// Nothing that came since the scan began.
    Unseen,
    /// Something that did.
    Begun,
    /// Something that did, and that stands behind all that was there.
    Behind,
}
