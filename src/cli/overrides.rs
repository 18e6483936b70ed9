//! On what terms a run is launched: the manifest's limits, and the flags that rule over them.

use std::num::{NonZeroU32, NonZeroUsize};

use crate::cli::args;
use crate::cli::connect::target::ServerTimeouts;
use crate::cli::failure::Failure;
use crate::exit::ExitStatus;
use crate::format::Rate;
use crate::launch::{Counting, LaunchSettings, Resends, Sending};
use crate::pace::Pace;
use crate::spec::LaunchLimits;

/// `--rate`, `--burst`, `--concurrency`, `--at-most-once` and `--verify`, which rule over the manifest.
pub(crate) struct Overrides {
    rate: Option<Rate>,
    burst: Option<NonZeroU32>,
    concurrency: Option<NonZeroUsize>,
    resends: Resends,
    counting: Counting,
    ignores_pause: bool,
}

impl Overrides {
    /// What the flags say.
    pub(crate) fn of(pacing: &args::PacingArgs, safety: args::SafetyArgs) -> Result<Self, Failure> {
        let rate = pacing.rate.as_deref().map(|text| {
            let words = "invalid --rate: expected 10/s, 90/min or 500/h";
            Rate::parse(text).ok_or_else(|| Failure::with_message(ExitStatus::Usage, words))
        });
        let concurrency = pacing.concurrency.and_then(|count| NonZeroUsize::new(usize::try_from(count).ok()?));
        let resends = if safety.at_most_once { Resends::Never } else { Resends::AsAsked };
        let counting = if safety.verify { Counting::All } else { Counting::Resent };
        let (burst, ignores_pause) = (pacing.burst.and_then(NonZeroU32::new), pacing.ignore_pause);
        Ok(Self { rate: rate.transpose()?, burst, concurrency, resends, counting, ignores_pause })
    }

    /// Whether what the ledger keeps of the server's pauses is forgotten: `--ignore-pause`.
    pub(crate) fn ignores_pause(&self) -> bool {
        self.ignores_pause
    }

    /// The terms that follow, for a manifest with `limits` and a server with this `patience`.
    pub(crate) fn apply_to(&self, limits: LaunchLimits, patience: ServerTimeouts, sending: Sending) -> LaunchSettings {
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
            list_ration: patience.list_ration,
            settle: patience.settle,
            attempt: patience.attempt,
            sending,
            resends: self.resends,
            counting: self.counting,
            seed: fastrand::u64(..),
        }
    }
}
