//! On what terms a run is launched: the manifest's limits, and the settings that rule over them.

use std::num::{NonZeroU32, NonZeroUsize};

use super::connector::ServerTimeouts;
use crate::format::Rate;
use crate::launch::{LaunchSettings, RecountScope, ResendPolicy, SendMode, WaitOverride};
use crate::ledger::{SteeredRate, SteeredTerms};
use crate::pace::Pace;
use crate::spec::LaunchLimits;

/// What rules over the manifest; what is `None` is as the manifest says.
#[derive(Clone, Copy, Debug)]
pub struct Overrides {
    /// How many launches in a span of time.
    pub rate: Option<Rate>,
    /// How many at once after a pause.
    pub burst: Option<NonZeroU32>,
    /// Maximum requests that are open at once.
    pub concurrency: Option<NonZeroUsize>,
    /// Whether launches may be sent again after a doubt.
    pub resends: ResendPolicy,
    /// Which launches' robot jobs are counted once more.
    pub counting: RecountScope,
    /// Whether robot jobs are waited for, and how long.
    pub wait: WaitOverride,
    /// Whether what the ledger keeps of the server's pauses is forgotten.
    pub ignores_pause: bool,
}

impl Default for Overrides {
    /// Nothing: all is as the manifest says.
    fn default() -> Self {
        Self {
            rate: None,
            burst: None,
            concurrency: None,
            resends: ResendPolicy::AsAsked,
            counting: RecountScope::Resent,
            wait: WaitOverride::default(),
            ignores_pause: false,
        }
    }
}

impl Overrides {
    /// What of it is noted about a run, so that it holds for later processes, too.
    #[must_use]
    pub fn steered(&self) -> SteeredTerms {
        let rate = self.rate.map(|rate| SteeredRate {
            count: NonZeroU32::new(rate.amount).expect("a rate is never 0"),
            period_ms: u64::try_from(rate.per.as_millis()).unwrap_or(u64::MAX),
        });
        let concurrency = self.concurrency.and_then(|count| NonZeroU32::try_from(count).ok());
        SteeredTerms { rate, burst: self.burst, concurrency, active: None }
    }

    /// The terms that follow, for a manifest with `limits` and a server with these `timeouts`.
    pub(crate) fn apply_to(&self, limits: LaunchLimits, timeouts: ServerTimeouts, sending: SendMode) -> LaunchSettings {
        let own_burst = NonZeroU32::new(limits.pace.burst()).expect("a pace has a burst");
        let burst = self.burst.unwrap_or(own_burst);
        let (count, period) = match self.rate {
            Some(rate) => (NonZeroU32::new(rate.amount).expect("a rate is never 0"), rate.per),
            None => (NonZeroU32::MIN, limits.pace.interval()),
        };
        LaunchSettings {
            pace: Pace::new(count, period, burst),
            concurrency: self.concurrency.unwrap_or(limits.concurrency),
            poll: limits.poll,
            list_ration: timeouts.list_ration,
            settle: timeouts.settle,
            attempt: timeouts.attempt,
            sending,
            resends: self.resends,
            counting: self.counting,
            wait: self.wait,
            single_jobs: timeouts.single_jobs,
            seed: fastrand::u64(..),
        }
    }
}
