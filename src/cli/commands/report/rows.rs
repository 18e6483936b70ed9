//! `sortie rows`: the rows that a run launched, each with what came of it, or those that failed.

use std::sync::Arc;

use crate::cli::args;
use crate::cli::commands::report::filter::chosen;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::{self, ReportOutput, WantedRows};
use crate::cli::runtime::block_on;
use crate::exit::ExitStatus;
use crate::format::ReportFormat;
use crate::report::FromPlan;
use crate::run::{StoredRun, find_run};

pub(in crate::cli) fn run(context: &CommandContext, flags: &args::RowsArgs) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    block_on(async {
        let ledger = place.open_to_read().await?;
        let id = find_run(&ledger, &flags.run).await?;
        let stored = StoredRun::read(&ledger, id).await?;
        if let Some(by) = stored.successor().filter(|_| flags.failed) {
            let words = format!(
                "run {by} took over what run {id} did not do\n  help: `sortie rows {by} --failed` gives what failed there"
            );
            return Err(Failure::with_message(ExitStatus::Usage, words));
        }
        let (_, plan) = stored.plan().map_err(|lost| Failure::new(ExitStatus::Fault, &lost))?;
        let mut out = ReportOutput::new(ReportFiles::none(), Some(ReportFormat::Rows));
        let plans = FromPlan { plan: &plan, run: id, skipped: stored.why_skipped() };
        let chosen = chosen(context, &ledger, &plans, flags.filter.as_deref()).await?;
        let taken = chosen.map(|chosen| Arc::new(chosen.taken));
        out.rows = WantedRows { job: flags.job.clone(), only_failed: flags.failed, taken };
        out.check_rows(&plan)?;
        report_output::write_snapshot(context, &ledger, &stored.record, &plans, out).await
    })
}
