//! When the doubts of a run are told: read only, for whoever shows it.

use std::time::Duration;

use super::Settler;
use super::doubt::DoubtPurpose;
use crate::clock::Moment;
use crate::launch::outlook::AwaitedLaunches;

impl Settler {
    /// The open doubts of this kind; `next_look` is when the next list is due.
    pub(in crate::launch) fn outlook(
        &self,
        recounts: bool,
        next_look: Option<Moment>,
        settle: Duration,
    ) -> Option<AwaitedLaunches> {
        let of_kind = |purpose: &DoubtPurpose| matches!(purpose, DoubtPurpose::Recount(_)) == recounts;
        let waits = self.by_folder.values().filter_map(|settler| settler.outlook(settle, of_kind));
        let all = waits.reduce(|one, other| AwaitedLaunches {
            launches: one.launches + other.launches,
            next_look: None,
            told_by: one.told_by.max(other.told_by),
            given_up_by: one.given_up_by.max(other.given_up_by),
        })?;
        Some(AwaitedLaunches { next_look, ..all })
    }
}
