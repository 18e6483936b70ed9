//! When the time of one of the manifest's jobs is up, and what is to be stopped then.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Moment;
use crate::ids::JobId;

/// How long the last look may take once a wait's time is up.
pub(super) const GRACE: Duration = Duration::from_secs(15);

/// The time of the launches of one of the manifest's jobs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deadline {
    pub(super) last_launched: Option<Moment>,
    pub(super) open: usize,
    /// When nobody waits for the last look any more; `None` before the time is up.
    pub(super) over_at: Option<Moment>,
}

/// Robot jobs that are to be stopped, by folder's number and strategy.
pub(super) type StopsByFolder = BTreeMap<(u16, bool), Vec<JobId>>;

impl Deadline {
    /// One more, launched then.
    pub(super) fn add(&mut self, launched: Moment) {
        self.open += 1;
        self.last_launched = self.last_launched.max(Some(launched));
        self.over_at = None;
    }

    /// One more, in the place of one that faulted: the time goes on as it did.
    pub(super) fn add_retry(&mut self, launched: Moment) {
        self.open += 1;
        self.last_launched.get_or_insert(launched);
        // It is looked at once before it is late.
        self.over_at = self.over_at.map(|over_at| over_at.max(launched.after(GRACE)));
    }

    /// One less.
    pub(super) fn finish(&mut self) {
        self.open = self.open.saturating_sub(1);
    }
}
