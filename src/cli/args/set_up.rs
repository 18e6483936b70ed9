//! The verbs of the first day, and those that speak of the program itself.

use std::path::PathBuf;

use clap::{Args as Flags, ValueEnum};

use super::formats::OutputFormat;

/// `sortie init`.
#[derive(Debug, Flags)]
pub(crate) struct InitArgs {
    /// The name of the batch, and of its file: NAME.yaml [default: hello]
    pub(crate) name: Option<String>,
    /// The Orchestrator folder: a path, a number or a GUID [default: Shared]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) folder: Option<String>,
    /// The release (process) to start [default: Greeter]
    #[arg(long, value_name = "RELEASE")]
    pub(crate) release: Option<String>,
    /// Make one launch for each row of data/NAME.csv, and write that file too
    #[arg(long)]
    pub(crate) data: bool,
    /// Make one launch, without rows, and do not ask about rows
    #[arg(long, conflicts_with = "data")]
    pub(crate) no_data: bool,
    /// The directory to write into; it is created if it is missing [default: this folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Ask nothing: use the default wherever no flag is given
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// `sortie import`.
#[derive(Debug, Flags)]
pub(crate) struct ImportArgs {
    /// What to import: a Postman collection or item, a curl command, a StartJobs body, a trigger's JSON [default: stdin]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Write the manifest to this file, which must not exist yet [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the file named by --out if it exists
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// The manifest's name [default: the request's]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// `sortie explain`.
#[derive(Debug, Flags)]
pub(crate) struct ExplainArgs {
    /// A diagnostic, an Orchestrator error code, a fault class, a verdict, an outcome or an exit code [default: list them all]
    pub(crate) code: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
}

/// `sortie schema`.
#[derive(Debug, Flags)]
pub(crate) struct SchemaArgs {
    /// What the schema describes
    #[arg(value_enum, default_value_t)]
    pub(crate) of: SchemaKind,
}

/// What `schema` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaKind {
    /// The manifest, version 1
    #[default]
    Manifest,
    /// A manifest's tests, version 1
    Tests,
    /// The JSON report, version 1
    Report,
    /// A line of the JSON Lines report, version 1
    ReportLines,
    /// A line of a run file, version 1
    RunFile,
    /// A line of --events, version 1
    Events,
    /// A saved plan, version 1
    SavedPlan,
    /// A file of rules, version 1
    Policies,
}

/// `sortie completions`.
#[derive(Debug, Flags)]
pub(crate) struct CompletionsArgs {
    /// The shell that the script is for
    #[arg(value_enum)]
    pub(crate) shell: CompletionShell,
}

/// A shell that can ask for completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletionShell {
    /// Bash 4 or newer
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
    /// PowerShell 7
    Powershell,
}

/// `sortie man`.
#[derive(Debug, Flags)]
pub(crate) struct ManArgs {
    /// The directory to write all pages into; it is created if it is missing [default: print one page]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

/// `sortie help`.
#[derive(Debug, Flags)]
pub(crate) struct HelpArgs {
    /// A verb, such as `run` or `runs export`, or a topic, such as `expressions`
    #[arg(value_name = "VERB|TOPIC")]
    pub(crate) words: Vec<String>,
}

/// `sortie version`.
#[derive(Debug, Flags)]
pub(crate) struct VersionArgs {
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
}

/// `sortie sandbox`.
#[cfg(feature = "sandbox")]
#[derive(Debug, Flags)]
pub(crate) struct SandboxArgs {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Have exactly the folders, releases and robots in this file, and refuse everything else
    #[arg(long, value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    /// Inject the faults in this file: lost answers, resets, late creations, and more
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Keep the token in this file, so that it stays the same after a restart; the file is created if it is missing (0600)
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Delay each answer by this span, such as 50ms
    #[arg(long, value_name = "SPAN", value_parser = super::value::span, default_value = "0ms")]
    pub(crate) latency: std::time::Duration,
    /// What to print once it is listening
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: OutputFormat,
}
