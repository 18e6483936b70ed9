//! `--filter` over the launches of a run that is shown.

use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::diagnostics;
use crate::ledger::EventLog;
use crate::report::FromPlan;
use crate::run::{FilteredLaunches, RunFilter};

/// The launches that the filter of `text` takes; `None` where there is none.
pub(super) async fn chosen<L: EventLog>(
    context: &CommandContext,
    store: &L,
    launches: &FromPlan<'_>,
    text: Option<&str>,
) -> Result<Option<FilteredLaunches>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let filter = RunFilter::new(text);
    let chosen = filter.choose(store, launches).await?;
    diagnostics::value_or_print(&context.console, context.verbosity, filter.sources(), chosen).map(Some)
}
