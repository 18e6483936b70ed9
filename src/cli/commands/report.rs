//! `sortie report`: a run's report again, from the ledger or a run file alone; or one report of several runs.

use std::path::PathBuf;

mod filter;
pub(in crate::cli) mod rows;

use filter::chosen;

use crate::cli::args;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::input::run_files;
use crate::cli::output::diagnostics;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::{self, ReportOutput};
use crate::cli::runtime::block_on;
use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::Diagnosed;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::ledger::Store;
use crate::report::{EventsOnly, FromPlan};
use crate::run::reporting::merged::{MergeError, MergedRuns};
use crate::run::{RunFilter, ShownOnly, StoredRun, export_run, find_run};
use crate::run_file::{self, ExportOrigin, RunFileStore};

/// Maximum launches that are named as started twice.
const MAX_NAMED: usize = 10;

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
    let out = ReportOutput::new(files, Some(flags.reporting.format));
    block_on(async {
        match flags.runs.as_slice() {
            [path] if run_files::is_file(path) => {
                let store = RunFileStore::new(run_files::read(path).await?);
                of_run(context, &store, store.run(), flags.filter.as_deref(), out).await
            }
            [named] => {
                let ledger = place?.open_to_read().await?;
                let id = find_run(&ledger, &named.to_string_lossy()).await?;
                of_run(context, &ledger, id, flags.filter.as_deref(), out).await
            }
            _ if flags.filter.is_some() => {
                let words = "--filter takes launches of one run at a time\n  help: name one run, or leave --filter out";
                Err(Failure::with_message(ExitStatus::Usage, words))
            }
            several => merged(context, several, place, out).await,
        }
    })
}

/// Writes the report of one run of `store`.
async fn of_run<S: Store>(
    context: &CommandContext,
    store: &S,
    id: RunId,
    filter: Option<&str>,
    out: ReportOutput,
) -> Result<ExitStatus, Failure> {
    let stored = StoredRun::read(store, id).await?;
    out.files.check_protected(&ProtectedPaths::of_run(&stored))?;
    match stored.plan() {
        Ok((_, plan)) => {
            let plans = FromPlan { plan: &plan, run: id, skipped: stored.why_skipped() };
            if filter.is_some() && out.has_rows() {
                let words = "rows have a verb of their own\n  help: `sortie rows --filter CONDITION`";
                return Err(Failure::with_message(ExitStatus::Usage, words));
            }
            match chosen(context, store, &plans, filter).await? {
                Some(chosen) => {
                    let shown = ShownOnly { all: plans, chosen };
                    report_output::write_snapshot(context, store, &stored.record, &shown, out).await
                }
                None => report_output::write_snapshot(context, store, &stored.record, &plans, out).await,
            }
        }
        Err(lost) => {
            if let Some(filter) = filter {
                let filter = RunFilter::new(filter);
                let refused = Diagnosed::<()>::failed(vec![filter.without_plan()]);
                diagnostics::value_or_print(&context.console, context.verbosity, filter.sources(), refused)?;
            }
            context.tell(&format!("{lost}; the report lists only launches with events"));
            let plans = EventsOnly { launches: stored.record.launches };
            report_output::write_snapshot(context, store, &stored.record, &plans, out).await
        }
    }
}

/// Writes one report of several runs: files, and runs of the ledger as they are at this moment.
async fn merged(
    context: &CommandContext,
    named: &[PathBuf],
    place: Result<LedgerPlace, Failure>,
    out: ReportOutput,
) -> Result<ExitStatus, Failure> {
    if out.has_rows() {
        let words = "rows are given back of one run at a time\n  help: name one run, or another format";
        return Err(Failure::with_message(ExitStatus::Usage, words));
    }
    let mut files = Vec::with_capacity(named.len());
    let mut place = Some(place);
    let mut ledger = None;
    for named in named {
        if run_files::is_file(named) {
            files.push(run_files::read(named).await?);
            continue;
        }
        let ledger = match &mut ledger {
            Some(ledger) => ledger,
            None => ledger.insert(place.take().expect("it is opened once")?.open_to_read().await?),
        };
        let id = find_run(ledger, &named.to_string_lossy()).await?;
        out.files.check_protected(&ProtectedPaths::of_run(&StoredRun::read(ledger, id).await?))?;
        let mut bytes = Vec::new();
        let origin = ExportOrigin { at: SystemClock::new().utc(), host: None };
        export_run(ledger, id, &origin, context.console.redactor(), &mut bytes).await?;
        let file = run_file::read(bytes.as_slice());
        files.push(file.map_err(|error| Failure::new(ExitStatus::Fault, &error))?);
    }
    let merged = MergedRuns::of(files, &context.repeated).await?;
    if !merged.started_twice().is_empty() {
        let ids: Vec<_> = merged.started_twice().iter().take(MAX_NAMED).map(|id| escape(id)).collect();
        let more = merged.started_twice().len().saturating_sub(MAX_NAMED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        context.console.say(&format!(
            "warning: more than one of these runs started, or may have started: {}{more}\n  help: look at their robot jobs: the work may have been done twice",
            ids.join(", ")
        ));
    }
    Ok(report_output::write_with(context, &merged.log, &merged.head, &merged, merged.log.run(), out).await)
}

impl From<MergeError> for Failure {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::Report(error) => error.into(),
            MergeError::Twice { .. } => Self::new(ExitStatus::Usage, &error),
        }
    }
}
