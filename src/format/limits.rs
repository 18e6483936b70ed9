//! `limits`: how fast launches are sent, how often the server is asked, and how large a plan may be.
//!
//! In: the value of `limits`. Out: plain types, and what holds where a manifest says nothing. Never: counts.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::key::keyed;
use super::shape::keys;
use super::text::Rate;

/// `launch.rate` where a manifest says nothing. Source of these: `docs/manifest.md`.
pub const LAUNCH_RATE: Rate = Rate::per_second(10);
/// `launch.burst` where a manifest says nothing.
pub const BURST: u32 = 10;
/// `launch.concurrency` where a manifest says nothing.
pub const CONCURRENCY: u32 = 16;
/// `poll.rate` where a manifest says nothing.
pub const POLL_RATE: Rate = Rate { amount: 60, per: Duration::from_secs(60) };
/// `launches` where a manifest says nothing.
pub const LAUNCHES: u32 = 10_000;

keyed! {
    /// How fast and how much.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = keys)]
    pub struct Limits {
        /// How fast launches are sent.
        #[schemars(extend("examples" = [{ "rate": "10/s" }]))]
        pub launch: Option<LaunchLimit> => Fixed,
        /// How often Orchestrator is asked about robot jobs: a budget of its own.
        #[schemars(extend("examples" = [{ "rate": "60/min" }]))]
        pub poll: Option<PollLimit> => Fixed,
        /// Maximum robot jobs of this run that may be unfinished at once; sending waits for room. A number, or
        /// `{total, per-robot, per-release}`.
        #[schemars(extend("examples" = [200, { "total": 200, "per-robot": 1 }]))]
        pub active: Option<ActiveLimit> => Fixed,
        /// Maximum launches of a plan; a larger one is refused.
        #[schemars(range(min = 1), extend("examples" = [25000], "default" = LAUNCHES))]
        pub launches: Option<u32> => Fixed,
    }
}

/// How many robot jobs of a run may be unfinished at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ActiveLimit {
    /// Maximum in all.
    Total(#[schemars(range(min = 1))] u32),
    /// Maximum in all, on one robot, and of one release.
    Each(ActiveLimits),
}

/// How many robot jobs of a run may be unfinished at once, by what they share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys, extend("minProperties" = 1))]
pub struct ActiveLimits {
    /// Maximum in all. Default: no limit.
    #[schemars(extend("examples" = [200]), range(min = 1))]
    pub total: Option<u32>,
    /// Maximum on one robot that a launch names. Default: no limit.
    #[schemars(extend("examples" = [1]), range(min = 1))]
    pub per_robot: Option<u32>,
    /// Maximum of one release in one folder. Default: no limit.
    #[schemars(extend("examples" = [20]), range(min = 1))]
    pub per_release: Option<u32>,
}

impl ActiveLimit {
    /// The limits, each by what it counts.
    #[must_use]
    pub fn limits(self) -> ActiveLimits {
        match self {
            Self::Total(total) => ActiveLimits { total: Some(total), ..ActiveLimits::default() },
            Self::Each(limits) => limits,
        }
    }
}

/// How fast launches are sent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct LaunchLimit {
    /// The average rate.
    #[schemars(extend("default" = LAUNCH_RATE))]
    pub rate: Option<Rate>,
    /// Maximum launches that may leave at once after an idle time.
    #[schemars(range(min = 1, max = 10_000), extend("examples" = [20], "default" = BURST))]
    pub burst: Option<u32>,
    /// Maximum requests open at the same time.
    #[schemars(range(min = 1, max = 1000), extend("examples" = [16], "default" = CONCURRENCY))]
    pub concurrency: Option<u32>,
}

/// How often Orchestrator is asked about robot jobs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct PollLimit {
    /// The average rate of list requests.
    #[schemars(extend("default" = POLL_RATE))]
    pub rate: Option<Rate>,
}
