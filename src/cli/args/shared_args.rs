//! Flags that several verbs share.

#![expect(clippy::doc_markdown, reason = "these docs are shown as help, where backticks are noise")]

use std::path::PathBuf;

use clap::Args as Flags;

use super::value::{self, JobFileArg, ParamArg, ReportTarget};
use crate::exit::ExitStatus;
use crate::format::ReportFormat;
use crate::launch::WaitOverride;
use crate::profile::ProfileChoice;
use crate::run::RequestedIdentity;

/// What a plan depends on, beside the manifest.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct InputArgs {
    /// Set a parameter: NAME=TEXT is read as the parameter's type, NAME:=JSON as JSON; repeatable
    #[arg(long = "param", value_name = "NAME=TEXT|NAME:=JSON", value_parser = value::param, help_heading = "Inputs")]
    pub(crate) params: Vec<ParamArg>,
    /// Read parameters from a YAML or JSON mapping; `-` is stdin. --param overrides it; it overrides SORTIE_PARAM_NAME variables
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub(crate) params_file: Option<PathBuf>,
    /// Read a job's rows from this file instead of the one that its for-each names. The format is the file's extension (csv, json,
    /// jsonl, yaml), else that of for-each; `-` is stdin; repeatable
    #[arg(long, value_name = "JOB=FILE", value_parser = value::for_job, help_heading = "Inputs")]
    pub(crate) data: Vec<JobFileArg>,
    /// Merge a JSON or YAML object over a job's arguments; `-` is stdin; repeatable
    #[arg(long, value_name = "JOB=FILE", value_parser = value::for_job, help_heading = "Inputs")]
    pub(crate) arguments: Vec<JobFileArg>,
    /// The time that `run.time` has, in RFC 3339 [default: now]. With a schedule, it chooses the slot that contains it
    #[arg(long, value_name = "TIME", help_heading = "Inputs")]
    pub(crate) logical_time: Option<String>,
    /// The slot to run: a time in RFC 3339, or a day or local time in the schedule's zone. `run.time` is then the slot's
    /// beginning
    #[arg(long, value_name = "TIME", conflicts_with = "logical_time", help_heading = "Slots")]
    pub(crate) slot: Option<String>,
    /// Only the launches of this job; repeatable
    #[arg(long, value_name = "JOB", help_heading = "Inputs")]
    pub(crate) only: Vec<String>,
    /// Only the launches for which this condition is true, such as 'job == "load" && row.region == "emea"'
    #[arg(long, value_name = "CONDITION", help_heading = "Inputs")]
    pub(crate) filter: Option<String>,
    /// A file of rules that every launch must keep, in addition to the profile's (`sortie help policies`); repeatable
    #[arg(long = "policy", value_name = "FILE", help_heading = "Inputs")]
    pub(crate) policies: Vec<PathBuf>,
}

/// Rules of a call about a run that there is, or that has no other inputs.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct PolicyArgs {
    /// A file of rules that every launch must keep, in addition to the profile's (`sortie help policies`); repeatable
    #[arg(long = "policy", value_name = "FILE", help_heading = "Inputs")]
    pub(crate) policies: Vec<PathBuf>,
}

/// Where to connect.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct ConnectionArgs {
    /// The profile to connect with (`sortie help connection`) [default: the UIPATH_ variables where they are set, else the
    /// config file's `default`]
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(crate) profile: Option<String>,
    /// The config file with the profiles [default: $XDG_CONFIG_HOME/sortie/config.yaml]
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(crate) config: Option<PathBuf>,
}

impl InputArgs {
    /// What a run is asked to stand for; `key` is that of `--run-key`.
    pub(crate) fn identity(&self, key: Option<&str>) -> RequestedIdentity {
        RequestedIdentity {
            slot: self.slot.clone(),
            logical_time: self.logical_time.clone(),
            key: key.map(str::to_owned),
        }
    }
}

impl ConnectionArgs {
    /// The same in plain values.
    pub(crate) fn choice(&self) -> ProfileChoice {
        ProfileChoice { name: self.profile.clone(), config: self.config.clone() }
    }
}

/// How fast launches are sent.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct PacingArgs {
    /// Launches per second or minute, such as 10/s or 90/min [default: the manifest's limits.launch.rate]
    #[arg(long, value_name = "RATE", help_heading = "Limits")]
    pub(crate) rate: Option<String>,
    /// Launches that may leave at once after an idle time [default: the manifest's limits.launch.burst]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000), help_heading = "Limits")]
    pub(crate) burst: Option<u32>,
    /// Maximum requests open at the same time [default: the manifest's limits.launch.concurrency]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Limits")]
    pub(crate) concurrency: Option<u32>,
    /// Ignore pauses that the server asked for earlier (Retry-After); new ones are still obeyed
    #[arg(long, help_heading = "Limits")]
    pub(crate) ignore_pause: bool,
}

/// What is done beyond the manifest so that nothing is started twice.
#[derive(Clone, Copy, Debug, Default, Flags)]
pub(crate) struct SafetyArgs {
    /// Never resend a launch that was in doubt, even after its absence has been proved
    #[arg(long = "at-most-once", help_heading = "Limits")]
    pub(crate) at_most_once: bool,
    /// Before the run ends, wait one settle time and count all its robot jobs in the server's job list; more than asked for
    /// is `duplicate`, exit code 12
    #[arg(long, help_heading = "Limits")]
    pub(crate) verify: bool,
}

/// Whether somebody has said already that sending is meant.
#[derive(Clone, Copy, Debug, Default, Flags)]
pub(crate) struct ConfirmArgs {
    /// Do not ask for confirmation where the profile has `protected` or `confirm-above`; needed there without a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Whether robot jobs are waited for.
#[derive(Clone, Copy, Debug, Default, Flags)]
pub(crate) struct WaitArgs {
    /// Wait until the robot jobs are over [default: as the manifest's wait says]
    #[arg(long, help_heading = "Waiting")]
    pub(crate) wait: bool,
    /// Do not wait, whatever the manifest says, except for jobs that others need; `retry` then makes no retries
    #[arg(long, conflicts_with_all = ["wait", "timeout"], help_heading = "Waiting")]
    pub(crate) no_wait: bool,
    /// Wait at most this long after the last launch, such as 2h; robot jobs that are not over by then are late, exit code 4
    #[arg(long, value_name = "SPAN", value_parser = value::span, help_heading = "Waiting")]
    pub(crate) timeout: Option<std::time::Duration>,
    /// Exit with 0 even if robot jobs failed or were late (10 and 4); the report has the real code
    #[arg(long, help_heading = "Waiting")]
    pub(crate) exit_zero: bool,
}

impl WaitArgs {
    /// What they say of waiting.
    pub(crate) fn choice(self) -> WaitOverride {
        let waits = match (self.wait || self.timeout.is_some(), self.no_wait) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
        WaitOverride { waits, timeout: self.timeout }
    }

    /// The exit status of a call that ended with `exit`.
    pub(crate) fn exit(self, exit: ExitStatus) -> ExitStatus {
        let is_forgiven = self.exit_zero && matches!(exit, ExitStatus::Outcome | ExitStatus::Deadline);
        if is_forgiven { ExitStatus::Success } else { exit }
    }
}

/// Where reports go.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct ReportingArgs {
    /// Write a report to a file; formats as for --format. {name} in the path is the manifest's name; markdown=auto appends to the GitHub step summary; repeatable
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = value::report, help_heading = "Reports")]
    pub(crate) reports: Vec<ReportTarget>,
    /// The report on stdout
    #[arg(long, value_enum, default_value_t, help_heading = "Reports")]
    pub(crate) format: ReportFormat,
}

/// Where the ledger is.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct LedgerArgs {
    /// The ledger's file [default: SORTIE_LEDGER, else $XDG_STATE_HOME/sortie/ledger.db]
    #[arg(id = "ledger", long, value_name = "FILE")]
    pub(crate) path: Option<PathBuf>,
}

/// The ledger whose runs a verb speaks of.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct RunsLedgerArgs {
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) file: LedgerArgs,
    /// Use the runs of `run --sandbox`, which are kept apart in $XDG_STATE_HOME/sortie/sandbox.db
    #[cfg(feature = "sandbox")]
    #[arg(long, conflicts_with = "ledger")]
    pub(crate) sandbox: bool,
}

/// A sandbox in place of a server.
#[cfg(feature = "sandbox")]
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct SandboxTargetArgs {
    /// Launch against a stand-in inside this process, which has every folder, release and robot that the plan names
    #[arg(long, conflicts_with_all = ["profile", "config"], help_heading = "Sandbox")]
    pub(crate) sandbox: bool,
    /// With --sandbox: have exactly the folders, releases and robots in this file instead
    #[arg(long, value_name = "FILE", requires = "sandbox", help_heading = "Sandbox")]
    pub(crate) world: Option<PathBuf>,
    /// With --sandbox: inject the faults in this file
    #[arg(long, value_name = "FILE", requires = "sandbox", help_heading = "Sandbox")]
    pub(crate) faults: Option<PathBuf>,
    /// With --sandbox: run the commands that give the manifest's secrets; without this flag they are not run in a sandbox
    #[arg(long, requires = "sandbox", help_heading = "Sandbox")]
    pub(crate) allow_commands: bool,
}
