//! The verbs that speak of runs which the ledger has, and of the ledger itself.

use std::path::PathBuf;

use clap::{Args as Flags, Subcommand, ValueEnum};

use super::events::EventsArgs;
use super::formats::OutputFormat;
use super::metrics::MetricsArgs;
use super::shared_args::{
    ConfirmArgs, ConnectionArgs, PacingArgs, PolicyArgs, ReportingArgs, RunsLedgerArgs, SafetyArgs, WaitArgs,
};
use super::value::{self, Since};
use crate::run::RunStatus;

/// `sortie resume`.
#[derive(Debug, Flags)]
pub(crate) struct ResumeArgs {
    /// The run: the beginning of its id, its manifest's name (the newest), or `last` [default: last]
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Assert that no other ledger has started anything of the run's slot or key: go on even if the server's job list cannot tell
    #[arg(long = "first-run", help_heading = "Slots")]
    pub(crate) first: bool,
    /// Whether somebody has said that sending is meant.
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,
    /// What else launches must keep.
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Where to connect; by itself, as the run did.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// How fast.
    #[command(flatten)]
    pub(crate) pacing: PacingArgs,
    /// Whether robot jobs are waited for.
    #[command(flatten)]
    pub(crate) waiting: WaitArgs,
    /// Where reports go.
    #[command(flatten)]
    pub(crate) reporting: ReportingArgs,
    /// What programs are told meanwhile.
    #[command(flatten)]
    pub(crate) events: EventsArgs,
    /// Figures for monitoring.
    #[command(flatten)]
    pub(crate) metrics: MetricsArgs,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}

/// `sortie reconcile`.
#[derive(Debug, Flags)]
#[command(group(clap::ArgGroup::new("which").multiple(true).args(["launches", "all_unknown", "all_held"])))]
pub(crate) struct ReconcileArgs {
    /// The run: the beginning of its id, its manifest's name (the newest; not with --as), or `last` [default: last]
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// A launch that you have looked up, by its id; `*` matches any text, as in 'load/*'; repeatable
    #[arg(long = "launch", value_name = "ID", requires = "answer", help_heading = "Your answer")]
    pub(crate) launches: Vec<String>,
    /// Every unknown launch; with `--as started`, except those that are held or given up
    #[arg(long = "all-unknown", requires = "answer", conflicts_with = "launches", help_heading = "Your answer")]
    pub(crate) all_unknown: bool,
    /// Every launch that is held or given up, and so has no robot job
    #[arg(long = "all-held", requires = "answer", conflicts_with_all = ["launches", "all_unknown"], help_heading = "Your answer")]
    pub(crate) all_held: bool,
    /// What you found out about these launches; the server is not asked
    #[arg(long = "as", value_enum, value_name = "ANSWER", requires = "which", help_heading = "Your answer")]
    pub(crate) answer: Option<ReconcileAnswer>,
    /// Ignore pauses that the server asked for earlier (Retry-After); new ones are still obeyed
    #[arg(long)]
    pub(crate) ignore_pause: bool,
    /// Where to connect; by itself, as the run did.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Where reports go.
    #[command(flatten)]
    pub(crate) reporting: ReportingArgs,
    /// What programs are told meanwhile.
    #[command(flatten)]
    pub(crate) events: EventsArgs,
    /// Figures for monitoring.
    #[command(flatten)]
    pub(crate) metrics: MetricsArgs,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}

/// What you found out about a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReconcileAnswer {
    /// Its robot jobs exist; it is not sent again
    Started,
    /// It has no robot job; `resume` sends it
    Absent,
    /// It has fewer robot jobs than it asked for, and you have dealt with that
    Partial,
    /// It has more robot jobs than it asked for, and you have dealt with that
    Duplicate,
}

/// `sortie rerun`.
#[derive(Debug, Flags)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["failed", "all"])))]
pub(crate) struct RerunArgs {
    /// The run: the beginning of its id, its manifest's name (the newest), or `last`
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Launches that were rejected, skipped or not sent, or whose robot jobs faulted or were stopped, over the run and its reruns
    #[arg(long)]
    pub(crate) failed: bool,
    /// Every launch of RUN, even those that were started; if RUN is a rerun, those that it repeated
    #[arg(long)]
    pub(crate) all: bool,
    /// Only those of them for which this condition is true, such as 'row.region == "emea"'
    #[arg(long, value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// Whether somebody has said that sending is meant.
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,
    /// What else launches must keep.
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Where to connect; by itself, as the run did.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// How fast.
    #[command(flatten)]
    pub(crate) pacing: PacingArgs,
    /// Whether robot jobs are waited for.
    #[command(flatten)]
    pub(crate) waiting: WaitArgs,
    /// What is done beyond the manifest so that nothing is started twice.
    #[command(flatten)]
    pub(crate) safety: SafetyArgs,
    /// Where reports go.
    #[command(flatten)]
    pub(crate) reporting: ReportingArgs,
    /// What programs are told meanwhile.
    #[command(flatten)]
    pub(crate) events: EventsArgs,
    /// Figures for monitoring.
    #[command(flatten)]
    pub(crate) metrics: MetricsArgs,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}

/// `sortie runs`.
#[derive(Debug, Flags)]
#[command(args_conflicts_with_subcommands = true, override_usage = "sortie runs [OPTIONS] [COMMAND]")]
pub(crate) struct RunsArgs {
    /// What to do with one of them; by itself they are listed.
    #[command(subcommand)]
    pub(crate) verb: Option<RunsVerb>,
    /// Show at most N runs (0: all)
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: u32,
    /// Only runs of the manifest with this name; the newest is also compared with the ten before it
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only runs that began since: a span such as 7d, a day, or a time (UTC)
    #[arg(long, value_name = "WHEN", value_parser = value::since)]
    pub(crate) since: Option<Since>,
    /// Only runs that ended with an exit code other than 0, or did not end
    #[arg(long)]
    pub(crate) failed: bool,
    /// Only runs in this state, such as cut-off; repeatable
    #[arg(long = "state", value_name = "STATE", value_parser = value::run_status)]
    pub(crate) states: Vec<RunStatus>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}

/// What is done with a run as a whole.
#[derive(Debug, Subcommand)]
pub(crate) enum RunsVerb {
    /// Write a run to a file, to read it on another machine; secrets are masked
    #[command(after_help = super::help::unwrapped(super::help::RUNS_EXPORT))]
    Export(RunsExportArgs),
    /// Add a run file to the ledger, to list and report it there; it can never be continued from there
    #[command(after_help = super::help::unwrapped(super::help::RUNS_IMPORT))]
    Import(RunsImportArgs),
    /// Delete old runs that nothing needs any more from the ledger
    #[command(after_help = super::help::unwrapped(super::help::RUNS_PRUNE))]
    Prune(RunsPruneArgs),
}

/// `sortie runs prune`.
#[derive(Debug, Flags)]
pub(crate) struct RunsPruneArgs {
    /// Only runs that ended longer ago than this, such as 90d
    #[arg(long, value_name = "SPAN", value_parser = value::span)]
    pub(crate) older_than: std::time::Duration,
    /// Print what would be deleted, and delete nothing
    #[arg(long = "dry-run")]
    pub(crate) dry: bool,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}

/// `sortie runs import`.
#[derive(Debug, Flags)]
pub(crate) struct RunsImportArgs {
    /// The run file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}

/// `sortie runs export`.
#[derive(Debug, Flags)]
pub(crate) struct RunsExportArgs {
    /// The run: the beginning of its id, its manifest's name (the newest), or `last`
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// The file to write; only another run file is replaced
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}

/// `sortie report`.
#[derive(Debug, Flags)]
pub(crate) struct ReportArgs {
    /// The run: the beginning of its id, its manifest's name (the newest), or `last`; or a run file, which has a `.` or `/` in
    /// its path; several become one report [default: last]
    #[arg(value_name = "RUN|FILE", default_value = "last", hide_default_value = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Only the launches for which this condition is true, such as 'job == "load" && verdict == "faulted"'; totals count only these
    #[arg(long, value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// Where reports go.
    #[command(flatten)]
    pub(crate) reporting: ReportingArgs,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}

/// `sortie rows`.
#[derive(Debug, Flags)]
pub(crate) struct RowsArgs {
    /// The run: the beginning of its id, its manifest's name (the newest), or `last` [default: last]
    #[arg(value_name = "RUN", default_value = "last", hide_default_value = true)]
    pub(crate) run: String,
    /// The job whose rows are meant, where several jobs have some
    #[arg(long, value_name = "JOB")]
    pub(crate) job: Option<String>,
    /// Only rows of launches for which this condition holds, such as 'verdict == "faulted"'
    #[arg(long, value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// Only rows that were rejected, or whose robot jobs faulted or were stopped; with nothing added, for --data
    #[arg(long)]
    pub(crate) failed: bool,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}

/// `sortie ledger`.
#[derive(Debug, Flags)]
pub(crate) struct LedgerVerbArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) verb: LedgerVerb,
}

/// What is done to a ledger's file.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerVerb {
    /// Take a ledger of an older sortie along to the form that this one writes, with all its runs
    #[command(after_help = super::help::unwrapped(super::help::LEDGER_MIGRATE))]
    Migrate(RunsLedgerArgs),
}
