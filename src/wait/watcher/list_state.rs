//! What is remembered between two looks at lists.

use crate::clock::{Moment, Timestamp};
use crate::ids::JobId;
use crate::job_list::backoff::ReadBackoff;
use crate::wait::cursor::PageCuts;
use crate::wait::form::Look;
use crate::wait::tracked::Tracked;

/// Looks at lists: the one under way, and what earlier ones left behind.
#[derive(Debug, Default)]
pub(super) struct ListState {
    pub(super) look: Option<Look>,
    /// Whether a page of it is being read.
    pub(super) is_under_way: bool,
    /// When the last look began; before any, when there was first something to look for.
    pub(super) looked: Option<Moment>,
    pub(super) last_sweep: Option<Moment>,
    pub(super) sweep_pages: u32,
    pub(super) change_pages: u32,
    /// Pages of looks by filters since the last sweep.
    pub(super) pages_since_sweep: u32,
    /// Looks by filters since the last audit by ids.
    pub(super) looks_since_audit: u32,
    /// Whether the whole window is to be read at once: a filter missed something, or a wait's time is up.
    pub(super) wants_sweep: bool,
    /// Up to when all ends are known, by the gateway's clock.
    pub(super) known_through: Option<Timestamp>,
    /// How far the clock that stamps ends is ahead of the gateway's, at least, in milliseconds.
    pub(super) end_ahead_ms: Option<i64>,
    pub(super) control: Option<Control>,
    pub(super) cuts: PageCuts,
    pub(super) backoff: ReadBackoff,
    pub(super) held_until: Moment,
    /// Failures in a row, in ways that pass, of looks by a filter.
    pub(super) filter_failures: u32,
    /// How often a list by ids failed since one was answered.
    pub(super) by_id_failures: u32,
    /// Looks in a row that a filter did not bring to their end.
    pub(super) broken: u32,
}

/// A robot job that is known to be over: what a filter must show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control {
    pub(super) job: JobId,
    pub(super) folder: u16,
    pub(super) created: Timestamp,
    pub(super) end: Timestamp,
}

impl ListState {
    /// There is something to look for.
    pub(super) fn begin(&mut self, now: Moment) {
        self.looked.get_or_insert(now);
    }

    /// A robot job is known to be over.
    pub(super) fn note_control(&mut self, job: &Tracked, created: Option<Timestamp>, end: Timestamp) {
        if let Some(created) = created {
            self.control = Some(Control { job: job.id, folder: job.folder, created, end });
        }
    }
}
