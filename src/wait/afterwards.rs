//! What is asked of a server once a robot job is over: it is worth knowing, and decides nothing.
//!
//! In: ends, and what came of asking. Out: the next question, and what is kept beside an end. Never: changes how anything ended.

mod passing_job;
mod release_notes;
mod robot_logs;

pub(crate) use passing_job::PassingJob;
pub(crate) use release_notes::{NotedJob, ReleaseLookUp, ReleaseNotes};
pub(crate) use robot_logs::{LogQuestion, RobotLogs};
