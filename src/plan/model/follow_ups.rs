//! What follows the launches of a plan, as the plan keeps it.
//!
//! In: what was rendered. Out: a plain type. Never: renders.

use crate::spec::{JobFollowUp, RunFollowUp};

/// What follows the launches of a plan.
#[derive(Debug, Default)]
pub(in crate::plan) struct FollowUps {
    pub(in crate::plan) run: RunFollowUp,
    /// Each different one once; the launches of a job have its number.
    pub(in crate::plan) jobs: Vec<JobFollowUp>,
}
