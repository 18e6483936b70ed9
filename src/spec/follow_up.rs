//! What a run does about its launches once they are sent: what to wait for, what counts as a failure, what goes again.
//!
//! In: a manifest's keys, with a way to get their values. Out: [`RunFollowUp`] for the whole run and [`JobFollowUp`] for a
//! job's launches, or complaints at their places. Never: waits, counts or sends.

mod job;
mod keys;
mod model;
mod needs;
mod outputs;
mod run;

pub use job::read_job_follow_up;
pub use keys::{FaultRuleSpec, FollowUpKeys};
pub use model::{JobFollowUp, JobNeed, RunFollowUp};
pub(super) use needs::{judge as judge_needs, needs_of, read_needs};
pub use outputs::{late_nodes, outputs_used};
pub use run::{read_on_finish, read_run_follow_up};
