//! `sortie report`: a run's report again, from the ledger or a run file alone; or one report of several runs.

use crate::cli::args;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::input::run_files;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::{self, ReportOutput};
use crate::cli::runtime::block_on;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::ledger::Store;
use crate::report::{EventsOnly, FromPlan};
use crate::run::{StoredRun, find_run};
use crate::run_file::RunFileStore;

pub(crate) fn run(context: &CommandContext, flags: &args::ReportArgs) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment);
    let mut protected = match &place {
        Ok(place) => ProtectedPaths::of(context, &args::ConnectionArgs::default(), &place.path()),
        // Of a file alone a report can be made where there is no place for a ledger.
        Err(_) => ProtectedPaths::default(),
    };
    for path in flags.runs.iter().filter(|named| run_files::is_file(named)) {
        protected.add("the run file that is reported", path);
    }
    let files = ReportFiles::prepare(&flags.reporting.reports, &protected)?;
    let out = ReportOutput { files, stdout: Some(flags.reporting.format) };
    block_on(async {
        match flags.runs.as_slice() {
            [path] if run_files::is_file(path) => {
                let store = RunFileStore::new(run_files::read(path)?);
                of_run(context, &store, store.run(), out).await
            }
            [named] => {
                let ledger = place?.open_to_read().await?;
                let id = find_run(&ledger, &named.to_string_lossy()).await?;
                of_run(context, &ledger, id, out).await
            }
            [] | [_, _, ..] => {
                let words = "one report of several runs is not in this version yet";
                Err(Failure::with_message(ExitStatus::Usage, words))
            }
        }
    })
}

/// Writes the report of one run of `store`.
async fn of_run<S: Store>(
    context: &CommandContext,
    store: &S,
    id: RunId,
    out: ReportOutput,
) -> Result<ExitStatus, Failure> {
    let stored = StoredRun::read(store, id).await?;
    out.files.check_protected(&ProtectedPaths::of_run(&stored))?;
    match stored.plan() {
        Ok((_, plan)) => {
            let plans = FromPlan { plan: &plan, run: id, skipped: stored.why_skipped() };
            report_output::write_snapshot(context, store, &stored.record, &plans, out).await
        }
        Err(lost) => {
            context.tell(&format!("{lost}; the report lists only launches with events"));
            let plans = EventsOnly { launches: stored.record.launches };
            report_output::write_snapshot(context, store, &stored.record, &plans, out).await
        }
    }
}
