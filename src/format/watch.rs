//! What a run does about robot jobs once they are started: waiting, judging, trying again, going on carefully.
//!
//! In: the keys `wait`, `outcome`, `retry`, `fail-fast`, `ramp` and `on-finish`. Out: plain types.
//! Never: acts on them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::shape::open_keys;
use super::text::{Percentage, TimeSpan};
use crate::words::words;

/// Whether and how long to wait for robot jobs to end: `true` (no limit), `false`, or an object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Wait {
    /// Wait without a limit, or do not wait.
    Switch(bool),
    /// Wait within limits.
    Within(WaitLimits),
}

/// The limits of a wait.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct WaitLimits {
    /// How long to wait, from the last launch. Default: no limit.
    pub timeout: Option<TimeSpan>,
    /// What happens to robot jobs that are unfinished then.
    #[schemars(extend("default" = "leave"))]
    pub on_timeout: Option<OnTimeout>,
    /// A robot job that is still Pending after this time counts as late.
    pub pending: Option<TimeSpan>,
    /// A state before the final ones that ends the wait too.
    pub until: Option<Until>,
}

words! {
    /// What happens to unfinished robot jobs when a wait's time is up.
    pub enum OnTimeout {
        /// They go on; the run ends with exit code 4.
        Leave = "leave",
        /// They are asked to stop.
        Stop = "stop",
        /// They are killed.
        Kill = "kill",
    }
}

words! {
    /// A state before the final ones that ends a wait.
    pub enum Until {
        /// The robot job waits for a person or another process.
        Suspended = "suspended",
    }
}

/// Which endings make the run fail, and how many of them are forgiven.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct OutcomePolicy {
    /// So many endings of `fail-on` are forgiven: a count, or a percentage of the launches.
    #[schemars(extend("default" = 0, "examples" = ["1%", 5]))]
    pub tolerate: Option<CountOrShare>,
    /// The endings that count as failures.
    #[schemars(extend("default" = ["faulted", "stopped", "late"]))]
    pub fail_on: Option<Vec<FailOn>>,
}

words! {
    /// An ending that counts as a failure.
    pub enum FailOn {
        /// The robot job failed.
        Faulted = "faulted",
        /// The robot job was stopped or killed.
        Stopped = "stopped",
        /// The robot job was not final in time.
        Late = "late",
        /// The launch succeeded only on a retry.
        Flaky = "flaky",
    }
}

/// A count, or a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CountOrShare {
    /// So many.
    Count(u32),
    /// Such a part of all.
    Share(Percentage),
}

/// New launches in place of robot jobs that faulted.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct Retry {
    /// How many times a faulted robot job is started again.
    #[schemars(range(min = 0, max = 100))]
    pub faulted: u32,
    /// How long to wait before each new launch.
    pub backoff: Option<Backoff>,
}

/// Waiting times that grow.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct Backoff {
    /// Before the first retry.
    #[schemars(extend("default" = "30s"))]
    pub initial: Option<TimeSpan>,
    /// Each further time is so many times the one before.
    #[schemars(range(min = 1, max = 100), extend("default" = 2))]
    pub factor: Option<f64>,
    /// No time is longer than this.
    #[schemars(extend("default" = "10m"))]
    pub max: Option<TimeSpan>,
    /// Spread each time at random between nothing and itself.
    #[schemars(extend("default" = true))]
    pub jitter: Option<bool>,
}

/// So many failures stop the sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct FailFast(#[schemars(range(min = 1))] pub u32);

/// A careful start: a few launches first, then more and more.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct Ramp {
    /// So many launches at first.
    #[schemars(range(min = 1))]
    pub first: u32,
    /// How the allowance grows from there.
    pub then: RampStep,
    /// Shares of endings at which the run pauses for a person.
    pub pause_on: Option<PauseOn>,
}

/// How a ramp's allowance grows.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct RampStep {
    /// Each step allows so many times the launches of the one before.
    #[schemars(range(min = 1, max = 100))]
    pub factor: f64,
    /// The time between steps.
    pub every: TimeSpan,
}

/// What pauses a ramp.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct PauseOn {
    /// So many faulted robot jobs, or such a share of those that are final.
    #[schemars(extend("examples" = ["20%"]))]
    pub faulted: Option<CountOrShare>,
}

/// What happens when the run is over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct OnFinish {
    /// An address that is fetched, so that a watchdog knows; its origin must be allowed in the profile.
    #[schemars(extend("examples" = ["${{ secrets.ping_url }}"]))]
    pub ping: Option<String>,
}
