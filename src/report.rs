//! What a run amounts to, for people and machines: from the ledger's states and the plan made again from its inputs.
//!
//! In: a run's head, its launches and their states. Out: a [`Head`] and one [`LaunchReport`] for each launch, in the
//! plan's order, handed to a [`ReportWriter`]; nothing is kept, so a report of any length needs the memory of one launch.
//! Never: asks the network, so a report after a crash is exactly the report after a clean run.

use std::io;

pub use crate::ledger::totals::Totals;

pub mod delivery;
mod failure_groups;
pub mod forms;
mod head;
mod hints;
pub mod json;
mod launch;
mod next_steps;
pub mod not_begun;
mod reason;
pub mod redacted;
mod retry;
mod robot_job;
mod source;
pub mod text;

pub(crate) use failure_groups::FailureGroups;
pub(crate) use forms::spans::in_words as span_in_words;
pub use head::{Background, Head, MergedRun, RunHead, RunInputs, ShownLaunches, SourceFile};
pub use hints::{Hints, LookUp, RunAvailability, Successor};
pub use launch::{LaunchReport, PlannedLaunch, StepReport};
pub use reason::Reason;
pub use retry::RetryReport;
pub use robot_job::{ErrorReport, FaultReport, LogLineReport, RobotJobReport, Trace};
pub use source::{EventsOnly, FromPlan, LaunchRemark, PlannedLaunches};

/// One format of a report, written as the launches come by.
pub trait ReportWriter {
    /// Begins the report.
    fn begin(&mut self, head: &Head) -> io::Result<()>;

    /// Adds a launch; they come in the plan's order.
    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()>;

    /// Ends the report; what was written until then is no whole report.
    fn end(&mut self) -> io::Result<()>;
}
