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
    /// Kill robot jobs, in place of asking them to stop at their next safe point
    #[arg(long)]
    pub(crate) kill: bool,
    /// Only this job of the manifest: nothing more of it is sent, and its robot jobs are stopped
    #[arg(long, value_name = "NAME")]
    pub(crate) job: Option<String>,
    /// Only the launches for which this condition holds now, such as 'row.region == "emea"': nothing more of them is sent, and
    /// their robot jobs are stopped
    #[arg(long, value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// Do not ask; without a terminal nobody is asked
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
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true).args(["rate", "burst", "concurrency", "active"])))]
pub(crate) struct SetArgs {
    /// Launches a second or minute, such as 2/s or 90/min
    #[arg(long, value_name = "RATE", help_heading = "Limits")]
    pub(crate) rate: Option<String>,
    /// Launches at once after an idle spell
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000), help_heading = "Limits")]
    pub(crate) burst: Option<u32>,
    /// Requests open at the same time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Limits")]
    pub(crate) concurrency: Option<u32>,
    /// Robot jobs of the run that may be unfinished at the same time; where the run waits for them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Limits")]
    pub(crate) active: Option<u32>,
    /// Which run.
    #[command(flatten)]
    pub(crate) target: SteerArgs,
}
