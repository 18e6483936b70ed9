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
    /// Set a parameter: NAME=TEXT takes the text as the parameter's type, NAME:=JSON takes JSON; repeatable
    #[arg(long = "param", value_name = "NAME=TEXT|NAME:=JSON", value_parser = value::param, help_heading = "Inputs")]
    pub(crate) params: Vec<ParamArg>,
    /// Read parameters from a YAML or JSON mapping; `-` is stdin. --param rules over it, and it over SORTIE_PARAM_NAME
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub(crate) params_file: Option<PathBuf>,
    /// Rows for a job in place of those that its for-each names: CSV, JSON, JSON Lines or YAML by the file's ending,
    /// else as for-each says; `-` is stdin; repeatable
    #[arg(long, value_name = "JOB=FILE", value_parser = value::for_job, help_heading = "Inputs")]
    pub(crate) data: Vec<JobFileArg>,
    /// A JSON or YAML object laid over a job's arguments; `-` is stdin; repeatable
    #[arg(long, value_name = "JOB=FILE", value_parser = value::for_job, help_heading = "Inputs")]
    pub(crate) arguments: Vec<JobFileArg>,
    /// The moment that `run.time` stands for, in RFC 3339 [default: now]. With a schedule, its slot is the one that counts
    #[arg(long, value_name = "TIME", help_heading = "Inputs")]
    pub(crate) logical_time: Option<String>,
    /// The slot that the run stands for, as the scheduler names it: a moment, or a day or time in the schedule's zone.
    /// `run.time` is then its beginning
    #[arg(long, value_name = "TIME", conflicts_with = "logical_time", help_heading = "Slots")]
    pub(crate) slot: Option<String>,
    /// Only the launches of this job; repeatable
    #[arg(long, value_name = "JOB", help_heading = "Inputs")]
    pub(crate) only: Vec<String>,
    /// Only the launches for which this condition holds, such as 'job == "load" && row.region == "emea"'
    #[arg(long, value_name = "CONDITION", help_heading = "Inputs")]
    pub(crate) filter: Option<String>,
    /// Rules that every launch must keep, beside those of the profile: a file of them (`sortie help policies`); repeatable
    #[arg(long = "policy", value_name = "FILE", help_heading = "Inputs")]
    pub(crate) policies: Vec<PathBuf>,
}

/// Rules of a call about a run that there is, or that has no other inputs.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct PolicyArgs {
    /// Rules that every launch must keep, beside those of the profile: a file of them (`sortie help policies`); repeatable
    #[arg(long = "policy", value_name = "FILE", help_heading = "Inputs")]
    pub(crate) policies: Vec<PathBuf>,
}

/// Where to connect.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct ConnectionArgs {
    /// The profile to connect with, as docs/connection.md describes [default: UIPATH_URL and its companions where set,
    /// else the file's `default`]
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(crate) profile: Option<String>,
    /// The file with profiles [default: $XDG_CONFIG_HOME/sortie/config.yaml]
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
    /// Launches a second or minute, such as 10/s or 90/min [default: the manifest's limits.launch.rate]
    #[arg(long, value_name = "RATE", help_heading = "Limits")]
    pub(crate) rate: Option<String>,
    /// Launches at once after an idle spell [default: the manifest's limits.launch.burst]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000), help_heading = "Limits")]
    pub(crate) burst: Option<u32>,
    /// Requests open at the same time [default: the manifest's limits.launch.concurrency]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Limits")]
    pub(crate) concurrency: Option<u32>,
    /// Forget the pauses that the server asked for earlier (Retry-After); those that it asks for from now on are kept
    #[arg(long, help_heading = "Limits")]
    pub(crate) ignore_pause: bool,
}

/// What is done beyond the manifest so that nothing is started twice.
#[derive(Clone, Copy, Debug, Default, Flags)]
pub(crate) struct SafetyArgs {
    /// Never send a launch again once it is in doubt, not even after its absence was proved
    #[arg(long = "at-most-once", help_heading = "Limits")]
    pub(crate) at_most_once: bool,
    /// Count every robot job of the run by the job list before it ends, one settle time later; more than asked for is
    /// `duplicate`, exit code 12
    #[arg(long, help_heading = "Limits")]
    pub(crate) verify: bool,
}

/// Whether somebody has said already that sending is meant.
#[derive(Clone, Copy, Debug, Default, Flags)]
pub(crate) struct ConfirmArgs {
    /// Do not ask where the profile says `protected` or `confirm-above`: it is meant. Without a terminal it must be said so
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Whether robot jobs are waited for.
#[derive(Clone, Copy, Debug, Default, Flags)]
pub(crate) struct WaitArgs {
    /// Wait until the robot jobs are over [default: as the manifest's wait says]
    #[arg(long, help_heading = "Waiting")]
    pub(crate) wait: bool,
    /// Do not wait, whatever the manifest says, but for jobs that others need; `retry` makes no retries then
    #[arg(long, conflicts_with_all = ["wait", "timeout"], help_heading = "Waiting")]
    pub(crate) no_wait: bool,
    /// Wait for so long, from the last launch on, such as 2h; what is not over then is late, exit code 4
    #[arg(long, value_name = "SPAN", value_parser = value::span, help_heading = "Waiting")]
    pub(crate) timeout: Option<std::time::Duration>,
    /// Exit with 0 where robot jobs failed or were late (10 and 4); the report has the real code
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
    /// Write a report; the formats are those of --format. {name} stands for the manifest's name. markdown=auto adds it to the summary of a GitHub step; repeatable
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
    /// The runs of `run --sandbox`, which are kept by themselves in $XDG_STATE_HOME/sortie/sandbox.db
    #[cfg(feature = "sandbox")]
    #[arg(long, conflicts_with = "ledger")]
    pub(crate) sandbox: bool,
}

/// A sandbox in place of a server.
#[cfg(feature = "sandbox")]
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct SandboxTargetArgs {
    /// Launch against a stand-in inside this process that has whatever the plan names
    #[arg(long, conflicts_with_all = ["profile", "config"], help_heading = "Sandbox")]
    pub(crate) sandbox: bool,
    /// With --sandbox: have exactly the folders, releases and robots of this file instead
    #[arg(long, value_name = "FILE", requires = "sandbox", help_heading = "Sandbox")]
    pub(crate) world: Option<PathBuf>,
    /// With --sandbox: what goes wrong in it, by the rules of this file
    #[arg(long, value_name = "FILE", requires = "sandbox", help_heading = "Sandbox")]
    pub(crate) faults: Option<PathBuf>,
    /// With --sandbox: run the commands that the manifest's secrets come from, which a sandbox leaves alone
    #[arg(long, requires = "sandbox", help_heading = "Sandbox")]
    pub(crate) allow_commands: bool,
}
