//! How much of a plan is shown.

use clap::Args as Flags;

use super::formats::PlanFormat;
use crate::plan_forms::PlanExtent;

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, Default, Flags)]
pub(crate) struct PlanExtentArgs {
    /// Show the first N launches only; what the plan comes to is shown in any case
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Show no launch: only what the plan comes to, by job, release and folder
    #[arg(long, conflicts_with = "limit")]
    summary: bool,
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
