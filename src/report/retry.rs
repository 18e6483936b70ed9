//! A launch that was made in place of a robot job that faulted, as a report shows it inside the launch that it belongs to.
//!
//! In: its state. Out: a [`RetryReport`]. Never: judges.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reason::Reason;
use super::robot_job::{ErrorReport, RobotJobReport, Trace};
use crate::ledger::state::Verdict;
use crate::outcome::JobOutcome;

/// A retry: a launch of its own, with its own Reference and its own verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RetryReport {
    /// The retry's id: that of its launch, with `#2`, `#3` behind it.
    pub id: String,
    /// What its robot jobs carry in `Reference`.
    pub reference: String,
    /// The robot job (`Id`) that faulted, of its launch or of an earlier retry; null where nobody knows, since the retry was found
    /// after a ledger was lost.
    pub replaces: Option<i64>,
    /// Before when it is not sent, UTC; left out once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// How its robot job ended; left out where it is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<JobOutcome>,
    /// How many times it was sent.
    pub attempts: u32,
    /// Whether the verdict was found by asking, after an answer was lost.
    pub settled: bool,
    /// The robot jobs that the server named.
    pub robot_jobs: Vec<RobotJobReport>,
    /// What the server refused with, or why nothing is known.
    pub error: Option<ErrorReport>,
    /// Why the verdict is `unknown`, or `declared` where somebody gave it; left out where the verdict says all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What is needed to look for it by hand; for people alone.
    #[serde(skip)]
    pub trace: Trace,
}
