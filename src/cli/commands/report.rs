//! `sortie report`: a run's report again, from the ledger alone.

use crate::cli::args;
use crate::cli::commands::{Context, block_on};
use crate::cli::failure::Failure;
use crate::cli::found_run;
use crate::cli::ledger_place::LedgerPlace;
use crate::cli::report_files::ReportFiles;
use crate::cli::report_out::{self, Out};
use crate::cli::spared::Spared;
use crate::exit::ExitStatus;
use crate::report::{EventsOnly, FromPlan};
use crate::run::StoredRun;

pub(crate) fn run(context: &Context, flags: &args::Report) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let spared = Spared::of(context, &args::Connection::default(), &place.path());
    let files = ReportFiles::prepare(&flags.reporting.reports, &spared)?;
    let out = Out { files, stdout: Some(flags.reporting.format) };
    block_on(async {
        let ledger = found_run::open_ledger(&place.path())?;
        let id = found_run::find(&ledger, &flags.run).await?;
        let stored = StoredRun::read(&ledger, id).await?;
        out.files.spare(&Spared::of_run(&stored))?;
        match stored.plan() {
            Ok((_, plan)) => {
                let plans = FromPlan { plan: &plan, run: id, skipped: stored.why_skipped() };
                report_out::as_it_stands(context, &ledger, &stored, &plans, out).await
            }
            Err(lost) => {
                context.tell(&format!("{lost}; its launches are told by what happened to them"));
                let plans = EventsOnly { launches: stored.record.launches };
                report_out::as_it_stands(context, &ledger, &stored, &plans, out).await
            }
        }
    })
}
