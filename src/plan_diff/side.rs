//! A plan with what tells its launches apart: one side of a comparison.
//!
//! In: both. Out: the same. Never: compares.

use crate::plan::{LaunchMarks, Plan};

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct DiffSide<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What tells its launches apart, in its order.
    pub marks: &'a LaunchMarks,
}
