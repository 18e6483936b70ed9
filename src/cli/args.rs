//! The command line as it was typed: verbs and flags, raw.
//!
//! In: the process's arguments. Out: [`Args`], whose texts are not judged yet beyond their form. Never: reads a file or the environment.

#![expect(clippy::doc_markdown, reason = "these docs are shown as help, where backticks are noise")]

use std::path::PathBuf;

use clap::{ArgAction, Args as Flags, Parser, Subcommand};

use crate::cli::build;
use crate::cli::output::console::colour::ColourWanted;
use crate::cli::output::console::log_format::LogFormat;
use crate::cli::output::logs::Verbosity;

mod board;
mod events;
mod existing_runs;
mod formats;
mod help;
mod metrics;
pub(crate) mod parse;
mod paths;
mod plan_extent;
pub(crate) mod repeated_flags;
mod review;
mod set_up;
mod shared_args;
mod steering;
mod value;

pub(crate) use board::BoardArgs;
pub(crate) use events::EventsArgs;
pub(crate) use existing_runs::{
    LedgerVerb, LedgerVerbArgs, ReconcileAnswer, ReconcileArgs, ReportArgs, RerunArgs, ResumeArgs, RowsArgs, RunsArgs,
    RunsExportArgs, RunsImportArgs, RunsPruneArgs, RunsVerb,
};
pub(crate) use formats::{OutputFormat, PlanFormat, ValidateFormat};
pub(crate) use metrics::MetricsArgs;
pub(crate) use plan_extent::{PlanArgs, SavedPlanArgs};
pub(crate) use review::{DiffArgs, TestArgs};
#[cfg(feature = "sandbox")]
pub(crate) use set_up::SandboxArgs;
pub(crate) use set_up::{
    CompletionShell, CompletionsArgs, ExplainArgs, HelpArgs, ImportArgs, InitArgs, ManArgs, SchemaArgs, SchemaKind,
    VersionArgs,
};
#[cfg(feature = "sandbox")]
pub(crate) use shared_args::SandboxTargetArgs;
pub(crate) use shared_args::{
    ConfirmArgs, ConnectionArgs, InputArgs, LedgerArgs, PacingArgs, PolicyArgs, ReportingArgs, RunsLedgerArgs,
    SafetyArgs, WaitArgs,
};
pub(crate) use steering::{CancelArgs, SetArgs, SteerArgs};
pub(crate) use value::{JobFileArg, ParamArg, ReportPlacement, ReportTarget, Since};

/// Launches batches of robot jobs on UiPath Orchestrator from YAML manifests, each launch exactly once.
#[derive(Debug, Parser)]
#[command(name = "sortie", version = build::LINE, infer_subcommands = false, max_term_width = 110)]
#[command(disable_help_subcommand = true, help_template = help::ROOT_TEMPLATE)]
#[command(before_help = help::VERBS, after_help = help::ROOT_SHORT, after_long_help = help::unwrapped(help::ROOT))]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
    /// How much to say.
    #[command(flatten)]
    pub(crate) loudness: VerbosityFlags,
    /// When to use colour; auto: on a terminal, unless NO_COLOR or FORCE_COLOR is set
    #[arg(
        long,
        value_enum,
        value_name = "auto|always|never",
        default_value_t,
        hide_possible_values = true,
        hide_default_value = true,
        global = true,
        display_order = 902
    )]
    pub(crate) color: ColourWanted,
    /// How messages are written to stderr: as text, or as one line of JSON each, for log collectors
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true,
        hide_default_value = true,
        global = true,
        display_order = 903
    )]
    pub(crate) log_format: LogFormat,
}

/// How much is said on stderr.
#[derive(Debug, Flags)]
pub(crate) struct VerbosityFlags {
    /// Print errors only: no progress, no warnings
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 900)]
    quiet: bool,
    /// Print more on stderr; repeat for even more (-vv, -vvv). SORTIE_LOG=FILTER chooses exactly what
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = 901)]
    verbose: u8,
}

impl VerbosityFlags {
    /// The flags as one choice.
    #[must_use]
    pub(crate) fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, times) => Verbosity::Verbose(times),
        }
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Check manifests offline: print every error at once, with its place and how to fix it
    #[command(after_help = help::unwrapped(help::VALIDATE))]
    Validate(ValidateArgs),
    /// Show the launches of a manifest, with exact request bodies, without starting anything
    #[command(after_help = help::unwrapped(help::PLAN))]
    Plan(PlanArgs),
    /// Compare what two versions of manifests would start: launches added, removed and changed
    #[command(after_help = help::unwrapped(help::DIFF))]
    Diff(Box<DiffArgs>),
    /// Run the tests that lie beside manifests, offline
    #[command(after_help = help::unwrapped(help::TEST))]
    Test(TestArgs),
    /// Launch a manifest and report
    #[command(after_help = help::unwrapped(help::RUN))]
    Run(Box<RunArgs>),
    /// Start one release from flags, without a manifest; --print shows the same launch as a manifest
    #[command(after_help = help::unwrapped(help::START))]
    Start(Box<StartArgs>),
    /// Continue a run that was cut off: settle what is in doubt, then send what was never sent
    #[command(after_help = help::unwrapped(help::RESUME))]
    Resume(ResumeArgs),
    /// Settle what is in doubt in a run without starting anything, or record what you found out
    #[command(after_help = help::unwrapped(help::RECONCILE))]
    Reconcile(ReconcileArgs),
    /// Launch again, as a new run, what did not succeed in a run
    #[command(after_help = help::unwrapped(help::RERUN))]
    Rerun(RerunArgs),
    /// Stop sending a run's launches, and stop its robot jobs that are still running
    #[command(after_help = help::unwrapped(help::CANCEL))]
    Cancel(CancelArgs),
    /// Hold back what a run has not sent yet; a process that is running it obeys within two seconds
    #[command(after_help = help::unwrapped(help::PAUSE))]
    Pause(SteerArgs),
    /// Let a paused run go on
    #[command(after_help = help::unwrapped(help::CONTINUE))]
    Continue(SteerArgs),
    /// Change a run's limits while it goes on
    #[command(after_help = help::unwrapped(help::SET))]
    Set(SetArgs),
    /// List the runs in the ledger, newest first; or export, import and prune them
    #[command(after_help = help::unwrapped(help::RUNS))]
    Runs(RunsArgs),
    /// Write a run's report again, from the ledger or a run file; or one report for several runs
    #[command(after_help = help::unwrapped(help::REPORT))]
    Report(ReportArgs),
    /// Print the rows that a run launched, each with its result
    #[command(after_help = help::unwrapped(help::ROWS))]
    Rows(RowsArgs),
    /// Show the runs in the ledger and their progress in a browser; read-only
    #[command(after_help = help::unwrapped(help::BOARD))]
    Board(BoardArgs),
    /// Maintain the ledger's file
    #[command(after_help = help::unwrapped(help::LEDGER))]
    Ledger(LedgerVerbArgs),
    /// Serve a stand-in Orchestrator on this machine, to try things out
    #[cfg(feature = "sandbox")]
    #[command(after_help = help::unwrapped(help::SANDBOX))]
    Sandbox(SandboxArgs),
    /// Write a first manifest, ready to run with --sandbox
    #[command(after_help = help::unwrapped(help::INIT))]
    Init(InitArgs),
    /// Make a manifest from a Postman item, a curl command, a StartJobs body or a trigger
    #[command(after_help = help::unwrapped(help::IMPORT))]
    Import(ImportArgs),
    /// Explain a code: a diagnostic's, Orchestrator's, an exit code, a verdict
    #[command(after_help = help::unwrapped(help::EXPLAIN))]
    Explain(ExplainArgs),
    /// Print a JSON Schema: for manifests, reports, run files, events and more
    #[command(after_help = help::unwrapped(help::SCHEMA))]
    Schema(SchemaArgs),
    /// Print a script that completes sortie's command line in your shell
    #[command(after_help = help::unwrapped(help::COMPLETIONS))]
    Completions(CompletionsArgs),
    /// Print sortie's man page, or write those of all verbs into a folder
    #[command(after_help = help::unwrapped(help::MAN))]
    Man(ManArgs),
    /// Show the help of a verb, or explain a topic
    #[command(after_help = help::unwrapped(help::HELP))]
    Help(HelpArgs),
    /// Print the version, with the commit it was built from and the target it was built for
    #[command(after_help = help::unwrapped(help::VERSION))]
    Version(VersionArgs),
}

/// `sortie validate`.
#[derive(Debug, Flags)]
pub(crate) struct ValidateArgs {
    /// Manifests, or folders to search for *.yaml and *.yml; `-` is stdin [default: this folder]
    pub(crate) paths: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ValidateFormat,
    /// Treat warnings as errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// What the plan depends on: what is given is checked with it.
    #[command(flatten)]
    pub(crate) inputs: InputArgs,
    /// Whose folder and limits count; no profile is read where neither is given.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// `sortie run`.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct RunArgs {
    /// The manifest; `-` is stdin. For several manifests, or a folder and everything below it, each is a run of its own, one after another
    #[arg(value_name = "PATH", required_unless_present = "saved_plan")]
    pub(crate) paths: Vec<PathBuf>,
    /// The one that is meant.
    #[arg(skip)]
    pub(crate) path: PathBuf,
    /// The plan that is run in place of one that is made now.
    #[command(flatten)]
    pub(crate) saved: SavedPlanArgs,
    /// What the plan depends on.
    #[command(flatten)]
    pub(crate) inputs: InputArgs,
    /// Where to connect.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// Print the plan and send nothing
    #[arg(long = "dry-run", conflicts_with = "reports")]
    pub(crate) dry: bool,
    /// Whether somebody has said that sending is meant.
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,
    /// How fast.
    #[command(flatten)]
    pub(crate) pacing: PacingArgs,
    /// Whether robot jobs are waited for.
    #[command(flatten)]
    pub(crate) waiting: WaitArgs,
    /// What is done beyond the manifest so that nothing is started twice.
    #[command(flatten)]
    pub(crate) safety: SafetyArgs,
    /// Identify the run by this key: the same key again continues that run, or starts nothing if it is done. For CI re-runs and webhooks
    #[arg(id = "run_key", long = "run-key", value_name = "TEXT", value_parser = value::run_key, conflicts_with = "slot", help_heading = "Slots")]
    pub(crate) key: Option<String>,
    /// First run the slots that were missed: at most the latest N, in order
    #[arg(long, value_name = "N", conflicts_with = "run_key", help_heading = "Slots")]
    pub(crate) catch_up: Option<u32>,
    /// If another process is running this slot or key, wait until it ends and exit with its code and report; if it dies, take over
    #[arg(long, conflicts_with = "catch_up", help_heading = "Slots")]
    pub(crate) attach: bool,
    /// First wait for a random part of this span, such as 5m, so that many hosts do not all start at once
    #[arg(long, value_name = "SPAN", value_parser = value::span, help_heading = "Slots")]
    pub(crate) splay: Option<std::time::Duration>,
    /// Assert that no other ledger has started anything of this slot or key: go on even if the server's job list cannot tell
    #[arg(long = "first-run", help_heading = "Slots")]
    pub(crate) first: bool,
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
    pub(crate) ledger: LedgerArgs,
    /// The stand-in, in place of a server.
    #[cfg(feature = "sandbox")]
    #[command(flatten)]
    pub(crate) sandbox_target: SandboxTargetArgs,
}

/// `sortie start`.
#[derive(Debug, Flags)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct StartArgs {
    /// The release: its name in the folder, or its key (a GUID)
    pub(crate) release: String,
    /// An input argument: NAME=TEXT passes text, NAME:=JSON passes a JSON value; repeatable
    #[arg(long = "arg", value_name = "NAME=TEXT|NAME:=JSON", value_parser = value::argument, help_heading = "Launch")]
    pub(crate) arguments: Vec<ParamArg>,
    /// The folder: a path, a number or a GUID [default: the profile's]
    #[arg(long, value_name = "FOLDER", help_heading = "Launch")]
    pub(crate) folder: Option<String>,
    /// A robot to start on, by name or number; repeatable [default: any]
    #[arg(long = "robot", value_name = "ROBOT", help_heading = "Launch")]
    pub(crate) robots: Vec<String>,
    /// How many robot jobs to start [default: 1, or one on each robot]
    #[arg(long, value_name = "N", help_heading = "Launch")]
    pub(crate) count: Option<u32>,
    /// The kind of runtime, such as Unattended [default: the release's]
    #[arg(long, value_name = "RUNTIME", help_heading = "Launch")]
    pub(crate) runtime: Option<String>,
    /// Low, Normal or High, or a number from 1 to 100 [default: the release's]
    #[arg(long, value_name = "PRIORITY", help_heading = "Launch")]
    pub(crate) priority: Option<String>,
    /// Print these flags as a manifest and send nothing
    #[arg(long, conflicts_with_all = ["dry", "reports"])]
    pub(crate) print: bool,
    /// Whether somebody has said that sending is meant.
    #[command(flatten)]
    pub(crate) confirm: ConfirmArgs,
    /// What else the launch must keep.
    #[command(flatten)]
    pub(crate) policy: PolicyArgs,
    /// Print the plan and send nothing
    #[arg(long = "dry-run", conflicts_with = "reports")]
    pub(crate) dry: bool,
    /// Whether robot jobs are waited for.
    #[command(flatten)]
    pub(crate) waiting: WaitArgs,
    /// Where to connect.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    /// What is done beyond the manifest so that nothing is started twice.
    #[command(flatten)]
    pub(crate) safety: SafetyArgs,
    /// Identify the run by this key: the same key again continues that run, or starts nothing if it is done. For CI re-runs and webhooks
    #[arg(long = "run-key", value_name = "TEXT", value_parser = value::run_key, conflicts_with = "print")]
    pub(crate) key: Option<String>,
    /// Assert that no other ledger has started anything of this key: go on even if the server's job list cannot tell
    #[arg(long = "first-run")]
    pub(crate) first: bool,
    /// Ignore pauses that the server asked for earlier (Retry-After); new ones are still obeyed
    #[arg(long)]
    pub(crate) ignore_pause: bool,
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
    pub(crate) ledger: LedgerArgs,
    /// The stand-in, in place of a server.
    #[cfg(feature = "sandbox")]
    #[command(flatten)]
    pub(crate) stand_in: SandboxTargetArgs,
}
