//! `sortie plan`: how much of a plan is shown, whether it is saved; and which saved plan is run.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as Flags;

use super::formats::PlanFormat;
use super::shared_args::{ConnectionArgs, InputArgs};
use super::value;
use crate::plan_forms::PlanExtent;

/// `sortie plan`.
#[derive(Debug, Flags)]
pub(crate) struct PlanArgs {
    /// The manifest; `-` is stdin
    pub(crate) path: PathBuf,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: PlanFormat,
    /// How much of it.
    #[command(flatten)]
    pub(crate) extent: PlanExtentArgs,
    /// Whether it is saved.
    #[command(flatten)]
    pub(crate) saving: PlanSavingArgs,
    /// What the plan depends on.
    #[command(flatten)]
    pub(crate) inputs: InputArgs,
    /// Where the default folder and the address in curl commands come from.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, Default, Flags)]
pub(crate) struct PlanExtentArgs {
    /// Show only the first N launches; the totals are always those of the whole plan
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Show only the totals, by job, release and folder, and no launches
    #[arg(long, conflicts_with = "limit")]
    summary: bool,
}

/// Whether a plan is saved, and for where.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct PlanSavingArgs {
    /// Also save the plan, to be reviewed and then run with `run --plan FILE`; only you can read the file (0600)
    #[arg(long, value_name = "FILE", help_heading = "Saving")]
    pub(crate) out: Option<PathBuf>,
    /// With --out: the saved plan expires after this span, such as 4h; at most 30d
    #[arg(long, value_name = "SPAN", value_parser = value::span, default_value = "24h", hide_default_value = false, help_heading = "Saving")]
    pub(crate) expires: Duration,
    /// With --out: log in and save which id and release version each name has, so that a later change is noticed; starts nothing
    #[arg(long, requires = "out", help_heading = "Saving")]
    pub(crate) online: bool,
    /// Plan for the stand-in that `run --sandbox` launches on
    #[cfg(feature = "sandbox")]
    #[arg(long, conflicts_with_all = ["profile", "config", "online"], help_heading = "Sandbox")]
    pub(crate) sandbox: bool,
    /// With --sandbox: for a stand-in with exactly the folders, releases and robots in this file
    #[cfg(feature = "sandbox")]
    #[arg(long, value_name = "FILE", requires = "sandbox", help_heading = "Sandbox")]
    pub(crate) world: Option<PathBuf>,
}

/// The saved plan that is run.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct SavedPlanArgs {
    /// Run exactly this saved plan (`plan --out FILE`); exit 13 if anything has changed since; `-` is stdin
    #[arg(id = "saved_plan", long = "plan", value_name = "FILE", help_heading = "Inputs")]
    pub(crate) path: Option<PathBuf>,
}

impl PlanExtentArgs {
    /// How much that is. Errors, in words: a form for machines was asked for, which is never half.
    pub(crate) fn of(self, format: PlanFormat) -> Result<PlanExtent, &'static str> {
        let extent = match (self.limit, self.summary) {
            (None, false) => return Ok(PlanExtent::Whole),
            (_, true) => PlanExtent::First(0),
            (Some(limit), false) => PlanExtent::First(limit),
        };
        match format {
            PlanFormat::Text | PlanFormat::Markdown => Ok(extent),
            PlanFormat::Json | PlanFormat::Curl => Err("--limit and --summary shorten a plan for people\n  \
                                                        help: leave them out, or choose `--format` text or markdown"),
        }
    }
}
