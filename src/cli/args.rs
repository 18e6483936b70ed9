//! The command line as it was typed: verbs and flags, raw.
//!
//! In: the process's arguments. Out: [`Args`], whose texts are not judged yet beyond their outer form.
//! Never: reads a file or the environment.

#![expect(clippy::doc_markdown, reason = "these docs are shown as help, where backticks are noise")]

use std::path::PathBuf;

use clap::{ArgAction, Args as Flags, Parser, Subcommand, ValueEnum};

use crate::cli::logs::Talk;

mod help;
mod value;

pub(crate) use value::{ForJob, Param, ReportFormat, ReportTarget};

/// Launches batches of robot jobs on UiPath Orchestrator from YAML manifests, exactly once each.
#[derive(Debug, Parser)]
#[command(name = "sortie", version, after_help = help::ROOT, infer_subcommands = false, max_term_width = 110)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
    /// How much to say.
    #[command(flatten)]
    pub(crate) loudness: Loudness,
}

/// How much is said on stderr.
#[derive(Debug, Flags)]
pub(crate) struct Loudness {
    /// Say nothing but errors: no progress, no warnings
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 900)]
    quiet: bool,
    /// Say more on stderr; twice, thrice: still more. SORTIE_LOG=FILTER says exactly what
    #[arg(short, long, global = true, action = ArgAction::Count, display_order = 901)]
    verbose: u8,
}

impl Loudness {
    /// The flags as one choice.
    #[must_use]
    pub(crate) fn talk(&self) -> Talk {
        match (self.quiet, self.verbose) {
            (true, _) => Talk::Quiet,
            (false, 0) => Talk::Usual,
            (false, times) => Talk::Verbose(times),
        }
    }
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Check manifests offline: all errors at once, each with its place and what to do
    #[command(after_help = help::VALIDATE)]
    Validate(Validate),
    /// Show the launches of a manifest, with exact request bodies, without starting anything
    #[command(after_help = help::PLAN)]
    Plan(Plan),
    /// Launch a manifest and report
    #[command(after_help = help::RUN)]
    Run(Box<Run>),
    /// Serve a stand-in Orchestrator on this machine, to try things out
    #[cfg(feature = "sandbox")]
    #[command(after_help = help::SANDBOX)]
    Sandbox(Sandbox),
    /// Print a JSON Schema: of the manifest, or of the JSON report
    #[command(after_help = help::SCHEMA)]
    Schema(Schema),
}

/// `sortie validate`.
#[derive(Debug, Flags)]
pub(crate) struct Validate {
    /// Manifests, or folders that are searched for *.yaml and *.yml; `-` is stdin [default: this folder]
    pub(crate) paths: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `sortie plan`.
#[derive(Debug, Flags)]
pub(crate) struct Plan {
    /// The manifest; `-` is stdin
    pub(crate) path: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: PlanFormat,
    /// What the plan depends on.
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Where the default folder and the address in curl commands come from.
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What a plan depends on, beside the manifest.
#[derive(Debug, Default, Flags)]
pub(crate) struct Inputs {
    /// Set a parameter: NAME=TEXT takes the text as the parameter's type, NAME:=JSON takes JSON; repeatable
    #[arg(long = "param", value_name = "NAME=TEXT|NAME:=JSON", value_parser = value::param, help_heading = "Inputs")]
    pub(crate) params: Vec<Param>,
    /// Read parameters from a YAML or JSON mapping; `-` is stdin. --param rules over it, and it over SORTIE_PARAM_NAME
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub(crate) params_file: Option<PathBuf>,
    /// Rows for a job in place of those that its for-each names: CSV, JSON, JSON Lines or YAML by the file's ending,
    /// else as for-each says; `-` is stdin; repeatable
    #[arg(long, value_name = "JOB=FILE", value_parser = value::for_job, help_heading = "Inputs")]
    pub(crate) data: Vec<ForJob>,
    /// A JSON or YAML object laid over a job's arguments; `-` is stdin; repeatable
    #[arg(long, value_name = "JOB=FILE", value_parser = value::for_job, help_heading = "Inputs")]
    pub(crate) arguments: Vec<ForJob>,
    /// The moment that `run.time` stands for, in RFC 3339 [default: now]
    #[arg(long, value_name = "TIME", help_heading = "Inputs")]
    pub(crate) logical_time: Option<String>,
    /// Only the launches of this job; repeatable
    #[arg(long, value_name = "JOB", help_heading = "Inputs")]
    pub(crate) only: Vec<String>,
}

/// Where to connect.
#[derive(Debug, Default, Flags)]
pub(crate) struct Connection {
    /// The profile to connect with [default: UIPATH_URL and its companions where set, else the file's `default`]
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(crate) profile: Option<String>,
    /// The file with profiles [default: $XDG_CONFIG_HOME/sortie/config.yaml]
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(crate) config: Option<PathBuf>,
}

/// `sortie run`.
#[derive(Debug, Flags)]
pub(crate) struct Run {
    /// The manifest; `-` is stdin
    pub(crate) path: PathBuf,
    /// What the plan depends on.
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// Where to connect.
    #[command(flatten)]
    pub(crate) connection: Connection,
    /// Print the plan instead; nothing is sent
    #[arg(long = "dry-run", conflicts_with = "reports")]
    pub(crate) dry: bool,
    /// Launches a second or minute, such as 10/s or 90/min [default: the manifest's limits.launch.rate]
    #[arg(long, value_name = "RATE", help_heading = "Limits")]
    pub(crate) rate: Option<String>,
    /// Launches at once after an idle spell [default: the manifest's limits.launch.burst]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000), help_heading = "Limits")]
    pub(crate) burst: Option<u32>,
    /// Requests open at the same time [default: the manifest's limits.launch.concurrency]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Limits")]
    pub(crate) concurrency: Option<u32>,
    /// Never send a launch again once it is in doubt, not even after its absence was proved
    #[arg(long = "at-most-once", help_heading = "Limits")]
    pub(crate) at_most_once: bool,
    /// Write a report: json=FILE or text=FILE; repeatable
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = value::report, help_heading = "Reports")]
    pub(crate) reports: Vec<ReportTarget>,
    /// The report on stdout
    #[arg(long, value_enum, default_value_t, help_heading = "Reports")]
    pub(crate) format: Format,
    /// The ledger's file [default: SORTIE_LEDGER, else $XDG_STATE_HOME/sortie/ledger.db]
    #[arg(long, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Launch against a stand-in inside this process that has whatever the plan names
    #[cfg(feature = "sandbox")]
    #[arg(long, conflicts_with_all = ["profile", "config"], help_heading = "Sandbox")]
    pub(crate) sandbox: bool,
    /// With --sandbox: have exactly the folders, releases and robots of this file instead
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "FILE", requires = "sandbox", help_heading = "Sandbox")]
    pub(crate) world: Option<PathBuf>,
    /// With --sandbox: what goes wrong in it, by the rules of this file
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "FILE", requires = "sandbox", help_heading = "Sandbox")]
    pub(crate) faults: Option<PathBuf>,
}

/// `sortie sandbox`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Flags)]
pub(crate) struct Sandbox {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Have exactly the folders, releases and robots of this file, and refuse everything else
    #[arg(long, value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    /// Do wrong what the rules of this file say: lost answers, resets, late creations, and more
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Answer each call only after this span, such as 50ms
    #[arg(long, value_name = "SPAN", value_parser = value::span, default_value = "0ms")]
    pub(crate) latency: std::time::Duration,
    /// What to print once it serves
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `sortie schema`.
#[derive(Debug, Flags)]
pub(crate) struct Schema {
    /// Of what
    #[arg(value_enum, default_value_t)]
    pub(crate) of: SchemaOf,
}

/// What `schema` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The manifest, version 1
    #[default]
    Manifest,
    /// The JSON report, version 1
    Report,
}

/// For whom a command prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

/// In which form `plan` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    #[default]
    Text,
    /// For machines: inputs and launches with exact request bodies
    Json,
    /// A table for a pull request
    Markdown,
    /// A shell script of curl commands, the token masked
    Curl,
}
