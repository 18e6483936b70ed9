//! One file for each verb, reading as a list of stages.

pub(super) mod cancel;
pub(super) mod ledger;
pub(super) mod plan;
pub(super) mod reconcile;
pub(super) mod report;
pub(super) mod rerun;
pub(super) mod resume;
pub(super) mod review;
pub(super) mod run;
pub(super) mod runs;
#[cfg(feature = "sandbox")]
pub(super) mod sandbox;
pub(super) mod set_up;
pub(super) mod start;
pub(super) mod steer;
pub(super) mod validate;
