//! What came to be while a list was read, and what a page shows of it.
//!
//! In: nothing. Out: [`ListGrowth`], [`Growth`]. Never: judges; that is `settle/folder/growing.rs`.

use std::collections::HashMap;

use crate::clock::Moment;
use crate::ids::JobId;

/// What came to be while a scan is under way.
#[derive(Default)]
pub(super) struct ListGrowth {
    /// When robot jobs were sent after it began, at the earliest.
    pub(super) sent: HashMap<JobId, Moment>,
    /// How often more of it was waited for.
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
