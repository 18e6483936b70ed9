//! `sortie report`: a run's report again, from the ledger alone.

pub(in crate::cli) mod rows;

use crate::cli::args;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::{self, ReportOutput};
use crate::cli::runtime::block_on;
use crate::exit::ExitStatus;
use crate::report::{EventsOnly, FromPlan};
use crate::run::{StoredRun, find_run};

pub(crate) fn run(context: &CommandContext, flags: &args::ReportArgs) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let protected = ProtectedPaths::of(context, &args::ConnectionArgs::default(), &place.path());
    let files = ReportFiles::prepare(&flags.reporting.reports, &protected)?;
    let out = ReportOutput::new(files, Some(flags.reporting.format));
    block_on(async {
        let ledger = place.open_to_read().await?;
        let id = find_run(&ledger, &flags.run).await?;
        let stored = StoredRun::read(&ledger, id).await?;
        out.files.check_protected(&ProtectedPaths::of_run(&stored))?;
        match stored.plan() {
            Ok((_, plan)) => {
                let plans = FromPlan { plan: &plan, run: id, skipped: stored.why_skipped() };
                report_output::write_snapshot(context, &ledger, &stored.record, &plans, out).await
            }
            Err(lost) => {
                context.tell(&format!("{lost}; the report lists only launches with events"));
                let plans = EventsOnly { launches: stored.record.launches };
                report_output::write_snapshot(context, &ledger, &stored.record, &plans, out).await
            }
        }
    })
}
