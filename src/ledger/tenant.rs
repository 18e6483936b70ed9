//! What is kept of a tenant by all its runs: pauses, lists that were read, clocks.
//!
//! In: what a server asked for, and what it was asked. Out: the same, as far as it still counts. Never: decides when a
//! list may be read; that is `ledger/ration.rs`.

use crate::clock::Timestamp;
use crate::ids::{JobId, RunId};
use crate::ledger::pause::Pause;

/// What of a server is held or rationed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `StartJobs`.
    Starts,
    /// The list of robot jobs.
    Lists,
}

/// What the ledger knows of a run's tenant, as far as it still counts: what it asked for, and what it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantState {
    /// Nothing is started meanwhile, on the run's tenant.
    pub starts_pause: Option<Pause>,
    /// No list is read meanwhile, on the run's tenant.
    pub lists_pause: Option<Pause>,
    /// When the run read lists, ascending; of the last hour at least.
    pub lists: Vec<Timestamp>,
    /// How far the clocks of the run's tenant are apart; `None` if that was never learnt.
    pub clock_difference: Option<ClockDifference>,
    /// The greatest id of any robot job that a run on the run's tenant is known to have started; `None` if there is none.
    pub greatest_job: Option<JobId>,
}

/// How far a tenant's `CreationTime` is from its `Date`, in milliseconds, as answers showed both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDifference {
    /// The least that was seen.
    pub least_ms: i64,
    /// The greatest that was seen.
    pub greatest_ms: i64,
    /// When it was seen last, UTC of this machine.
    pub learnt: Timestamp,
}

impl TenantState {
    /// The pauses that a clock asked for which has been set back since, as they count from `now` on: to be kept so, or
    /// they would last until that clock is there again.
    #[must_use]
    pub fn restarted_pauses(&self, now: Timestamp) -> Vec<(Endpoint, Pause)> {
        let pauses = [(Endpoint::Starts, self.starts_pause), (Endpoint::Lists, self.lists_pause)];
        let anew = pauses.into_iter().filter_map(|(endpoint, pause)| Some((endpoint, pause?.at(now), pause?)));
        anew.filter(|(_, anew, kept)| anew != kept).map(|(endpoint, anew, _)| (endpoint, anew)).collect()
    }
}

/// How often a run read lists in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListMinute {
    /// When the minute began, UTC: a whole one.
    pub minute: Timestamp,
    /// How many lists the run read.
    pub lists: u32,
    /// How many the tenant's ration allowed all its readers together; `None` where that is not known.
    pub most: Option<u32>,
}

impl ListMinute {
    /// When the minute began that holds `at`.
    #[must_use]
    pub fn beginning(at: Timestamp) -> Timestamp {
        Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
    }
}

/// Who reads a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListReader {
    /// A run: it counts for its own share too.
    Run(RunId),
    /// Somebody for a run that is not recorded yet, on this tenant.
    Tenant(String),
}

/// Whether a list may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListPermit {
    /// Now; it is used up.
    Granted,
    /// Not yet, and nothing is used up: ask again then.
    NotBefore(Timestamp),
}
