//! `schedule`: how often runs are due, and what happens where they meet.
//!
//! In: the value of `schedule`. Out: plain types. Never: reads a clock.

use schemars::JsonSchema;
use serde::Deserialize;

use super::shape::keys;
use super::text::TimeSpan;
use crate::words::words;

/// How often runs are due, and what happens when two of them overlap.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct Schedule {
    /// The schedule's period: each run is that of one such slot of time. For a nightly run, write `1d`.
    #[schemars(extend("examples" = ["1d", "1h"]))]
    pub slot: TimeSpan,
    /// The time zone whose days and hours count, by its IANA name. For slots shorter than a day leave it out: in a zone
    /// that sets its clocks back, the hour that comes twice is one slot, and is run once.
    #[schemars(extend("default" = "UTC", "examples" = ["Europe/Berlin"]))]
    pub zone: Option<String>,
    /// What a run does while an earlier slot's run is still going.
    #[schemars(extend("default" = Overlap::default()))]
    pub overlap: Option<Overlap>,
    /// A slot older than this is refused.
    pub max_lateness: Option<TimeSpan>,
    /// Runs without a slot also take the manifest's lock.
    #[schemars(extend("default" = false))]
    pub exclusive: Option<bool>,
}

words! {
    /// What a run does while an earlier slot's run is still going.
    #[derive(Default)]
    pub enum Overlap {
        /// It is skipped, and says so; exit code 0.
        #[default]
        Skip = "skip",
        /// It waits for the other to end.
        Wait = "wait",
        /// It leaves with exit code 14.
        Fail = "fail",
    }
}
