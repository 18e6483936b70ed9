//! A run's report on its way out: to stdout and to files, of a run that just ended or of one that the ledger has.

use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::report_files::{ReportFileError, ReportFiles};
use crate::cli::output::tolerant_writer::FirstError;
use crate::cli::run_activity::ActivityPhase;
use crate::exit::ExitStatus;
use crate::format::ReportFormat;
use crate::ids::RunId;
use crate::ledger::{AnyStore, EventLog, RunRecord, Store};
use crate::report::delivery::{self, ReportError};
use crate::report::{Head, PlannedLaunches};
use crate::run::{EndedRun, FinishedRun, reporting};

/// Where a report goes.
pub(crate) struct ReportOutput {
    /// Files, open beside their places.
    pub(crate) files: ReportFiles,
    /// What goes to stdout; nothing for a run that only comes before the one that was asked for.
    pub(crate) stdout: Option<ReportFormat>,
}

/// Writes the reports of `finished`; what the whole command exits with.
pub(crate) async fn write<L>(
    context: &CommandContext,
    store: &AnyStore,
    finished: &FinishedRun<L>,
    out: ReportOutput,
) -> Result<ExitStatus, Failure> {
    let FinishedRun { record, launches, exit, ended, .. } = finished;
    let reported = match ended {
        Some(EndedRun { end, totals, .. }) => {
            let head = reporting::head_of(store, record, Some(*end), *totals, launches, &context.repeated).await;
            write_with(context, store, &head, launches, record.id, out).await
        }
        None => write_snapshot(context, store, record, launches, out).await?,
    };
    Ok(exit.worse(reported))
}

/// Writes the report of a run as it is at this moment, whatever it is doing; the status of what could not be written.
pub(crate) async fn write_snapshot<S: Store>(
    context: &CommandContext,
    store: &S,
    record: &RunRecord,
    launches: &impl PlannedLaunches,
    out: ReportOutput,
) -> Result<ExitStatus, Failure> {
    let is_live = reporting::is_live(store, record).await?;
    if is_live {
        let words = format!("run {} is still in progress: this report shows it as it is at this moment", record.id);
        context.tell(&words);
    }
    // All of one moment: a process that is at the run writes between any two readings.
    store.begin_reading().await?;
    let written = async {
        let head = reporting::head_of_moment(store, record, launches, is_live, &context.repeated).await?;
        Ok(write_with(context, store, &head, launches, record.id, out).await)
    };
    let written = written.await;
    store.end_reading().await?;
    written
}

/// Writes a report with this head to all places; the status of what could not be written.
pub(crate) async fn write_with<L: EventLog>(
    context: &CommandContext,
    store: &L,
    head: &Head,
    launches: &impl PlannedLaunches,
    run: RunId,
    out: ReportOutput,
) -> ExitStatus {
    let CommandContext { console, .. } = context;
    let ReportOutput { mut files, stdout } = out;
    context.at_work.set(ActivityPhase::Reporting);
    let stdout_fault = FirstError::default();
    let mut exit = ExitStatus::Success;
    let written = {
        let mut writers = files.writers(stdout, &stdout_fault, console.redactor());
        delivery::write(store, run, head, launches, &mut writers).await
    };
    if let Ok(shared @ 1..) = written {
        let count = if shared == 1 { "1 launch has".to_owned() } else { format!("{shared} launches have") };
        context.warn(&format!(
            "{count} a robot job that the server named for another launch too; the JSON report says which"
        ));
    }
    let is_whole = !matches!(written, Err(ReportError::Ledger(_)));
    if let Err(error) = written {
        let status = match &error {
            ReportError::Ledger(_) | ReportError::Miscounted { .. } => ExitStatus::Fault,
            ReportError::Unwritten(_) => ExitStatus::Report,
        };
        console.say(&format!("error: {}", Failure::new(status, &error).message.unwrap_or_default()));
        exit = exit.worse(status);
    }
    // Half a report would replace a whole one.
    for error in if is_whole { files.keep() } else { Vec::new() } {
        console.say(&format!("error: {}", Failure::new(ExitStatus::Report, &error).message.unwrap_or_default()));
        exit = exit.worse(ExitStatus::Report);
    }
    // A reader of stdout that has gone away has seen enough; anything else there is a report not written.
    if let Some(error) = stdout_fault.take().filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe) {
        console.say(&format!("error: the report on stdout cannot be written: {error}"));
        exit = exit.worse(ExitStatus::Report);
    }
    context.at_work.set(ActivityPhase::Before);
    exit
}

impl From<ReportFileError> for Failure {
    fn from(error: ReportFileError) -> Self {
        Self::new(ExitStatus::Usage, &error)
    }
}
