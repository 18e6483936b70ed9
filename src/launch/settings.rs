//! How a run is launched: its pace, its limits and its switches.

use std::num::NonZeroUsize;
use std::time::Duration;

use self::wait_plan::WaitOverride;
use crate::pace::Pace;
use crate::wait::SingleJobs;

pub(super) mod wait_plan;

/// How a run is launched: its pace, its limits and its switches.
#[derive(Clone, Copy, Debug)]
pub struct LaunchSettings {
    /// How fast.
    pub pace: Pace,
    /// How many requests may be under way at once.
    pub concurrency: NonZeroUsize,
    /// How fast this run may read job lists.
    pub poll: Pace,
    /// How fast all runs of its tenant may, together.
    pub list_ration: Pace,
    /// How long after a connection was closed the server may still act on its request or show it in its list.
    pub settle: Duration,
    /// How long one request may take.
    pub attempt: Duration,
    /// Whether anything is sent at all.
    pub sending: SendMode,
    /// Whether launches may be sent again after a doubt.
    pub resends: ResendPolicy,
    /// Which launches' robot jobs are counted once more before the run ends.
    pub counting: RecountScope,
    /// What rules over what the plan says of waiting.
    pub wait: WaitOverride,
    /// Whether asking for one robot job counts against `list_ration`.
    pub single_jobs: SingleJobs,
    /// Where the random shares of back-offs come from.
    pub seed: u64,
}

/// Whether a run sends, or only settles what is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendMode {
    /// It sends what is left.
    On,
    /// It starts nothing: `reconcile`, or a run that another one took over.
    Off,
}

/// Whether a launch of which nothing exists may be sent again after a doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResendPolicy {
    /// As the manifest says for its job.
    AsAsked,
    /// Never: `--at-most-once`.
    Never,
}

/// Which launches' robot jobs are counted once more, by the job list, before a run ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecountScope {
    /// Those that were sent again after a doubt, and those of which some list showed something else than is known.
    #[default]
    Resent,
    /// All of them: `--verify`.
    All,
}
