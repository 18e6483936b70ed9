//! The verbs that steer a run, whether a process is at it or not.

use clap::Args as Flags;

use super::formats::OutputFormat;
use super::shared_args::{ConnectionArgs, RunsLedgerArgs};

/// `sortie pause` and `sortie continue`.
#[derive(Debug, Flags)]
pub(crate) struct SteerArgs {
    /// The run: the beginning of its id, its manifest's name (the newest), or `last`
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Whose tenant it must be; by itself, the run's own.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}

/// `sortie cancel`.
#[derive(Debug, Flags)]
pub(crate) struct CancelArgs {
    /// Kill robot jobs instead of asking them to stop at their next safe point
    #[arg(long)]
    pub(crate) kill: bool,
    /// Only this job of the manifest: send no more of it, and stop its robot jobs
    #[arg(long, value_name = "NAME")]
    pub(crate) job: Option<String>,
    /// Only the launches for which this condition is true now, such as 'row.region == "emea"': do not send them, and stop their
    /// robot jobs
    #[arg(long, value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// Do not ask for confirmation; without a terminal it never asks
    #[arg(long)]
    pub(crate) yes: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
    /// Which run.
    #[command(flatten)]
    pub(crate) target: SteerArgs,
}

/// `sortie set`.
#[derive(Debug, Flags)]
#[command(override_usage = "sortie set [OPTIONS] <RUN>")]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true).args(["rate", "burst", "concurrency", "active"])))]
pub(crate) struct SetArgs {
    /// Launches per second or minute, such as 2/s or 90/min
    #[arg(long, value_name = "RATE", help_heading = "Limits")]
    pub(crate) rate: Option<String>,
    /// Launches that may leave at once after an idle time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000), help_heading = "Limits")]
    pub(crate) burst: Option<u32>,
    /// Maximum requests open at the same time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Limits")]
    pub(crate) concurrency: Option<u32>,
    /// Maximum unfinished robot jobs of the run at the same time; only if the run waits for them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Limits")]
    pub(crate) active: Option<u32>,
    /// Which run.
    #[command(flatten)]
    pub(crate) target: SteerArgs,
}
