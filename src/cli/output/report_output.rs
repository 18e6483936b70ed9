//! A run's report on its way out: to stdout and to files, of a run that just ended or of one that the ledger has.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::logs::Verbosity;
use crate::cli::output::report_files::{ReportFileError, ReportFiles};
use crate::cli::output::tolerant_writer::FirstError;
use crate::cli::run_activity::ActivityPhase;
use crate::exit::ExitStatus;
use crate::format::ReportFormat;
use crate::ids::{OrdinalSet, RunId};
use crate::ledger::{AnyStore, EventLog, RunRecord, Store};
use crate::plan::Plan;
use crate::report::delivery::{self, ReportError};
use crate::report::forms::rows::{ReturnedRows, RowsError, RowsSurvey, RowsSurveyor};
use crate::report::{Head, PlannedLaunches, ReportWriter};
use crate::run::{EndedRun, FinishedRun, reporting};

/// Where a report goes.
pub(crate) struct ReportOutput {
    /// Files, open beside their places.
    pub(crate) files: ReportFiles,
    /// What goes to stdout; nothing for a run that only comes before the one that was asked for.
    pub(crate) stdout: Option<ReportFormat>,
    /// Which rows are given back, where some are.
    pub(crate) rows: WantedRows,
}

/// Which rows of a run are given back.
#[derive(Clone, Debug, Default)]
pub(crate) struct WantedRows {
    /// Those of this job; `None`: of the only one that has some.
    pub(crate) job: Option<String>,
    /// Only those that failed, so that they can be launched again.
    pub(crate) only_failed: bool,
    /// Only those of these launches.
    pub(crate) taken: Option<Arc<OrdinalSet>>,
}

impl ReportOutput {
    /// Files and stdout; the rows of a run's only job that has some.
    pub(crate) fn new(files: ReportFiles, stdout: Option<ReportFormat>) -> Self {
        Self { files, stdout, rows: WantedRows::default() }
    }

    /// Refuses rows where `plan` has none that are meant.
    pub(crate) fn check_rows(&self, plan: &Plan) -> Result<(), Failure> {
        if self.has_rows() {
            self.rows.of(plan).map_err(|error| Failure::new(ExitStatus::Usage, &error))?;
        }
        Ok(())
    }

    /// Whether rows are given back in any place.
    pub(crate) fn has_rows(&self) -> bool {
        self.stdout == Some(ReportFormat::Rows) || self.files.has(ReportFormat::Rows)
    }
}

impl WantedRows {
    fn of<'a>(&self, plan: &'a Plan) -> Result<ReturnedRows<'a>, RowsError> {
        let rows = ReturnedRows::of(plan, self.job.as_deref(), self.only_failed)?;
        Ok(ReturnedRows { taken: self.taken.clone(), ..rows })
    }
}

/// Writes the reports of `finished`; what the whole command exits with.
pub(crate) async fn write<L>(
    context: &CommandContext,
    store: &AnyStore,
    finished: &FinishedRun<L>,
    mut out: ReportOutput,
) -> Result<ExitStatus, Failure> {
    let FinishedRun { record, launches, exit, ended, .. } = finished;
    if context.verbosity == Verbosity::Quiet {
        // A mail each night that all is well is read by nobody, and then neither is the other one.
        out.stdout = out.stdout.filter(|format| *format != ReportFormat::Text || *exit != ExitStatus::Success);
    }
    let reported = if let Some(EndedRun { end, totals, .. }) = ended {
        let head = reporting::head_of(store, record, Some(*end), *totals, launches, &context.repeated).await;
        write_with(context, store, &head, launches, record.id, out).await
    } else {
        let is_live = !finished.is_held() && reporting::is_live(store, record).await?;
        write_moment(context, store, (record, is_live), launches, out).await?
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
    write_moment(context, store, (record, is_live), launches, out).await
}

/// The same, where it is known whether another process is at the run.
async fn write_moment<S: Store>(
    context: &CommandContext,
    store: &S,
    (record, is_live): (&RunRecord, bool),
    launches: &impl PlannedLaunches,
    out: ReportOutput,
) -> Result<ExitStatus, Failure> {
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
    let found = if out.has_rows() { Some(rows(context, store, head, launches, run, &out.rows).await) } else { None };
    let ReportOutput { mut files, mut stdout, .. } = out;
    context.at_work.set(ActivityPhase::Reporting);
    let stdout_fault = FirstError::default();
    let mut exit = ExitStatus::Success;
    let rows = match found.transpose() {
        Ok(rows) => rows,
        Err(failure) => {
            console.say(&format!("error: {}", failure.message.unwrap_or_default()));
            exit = exit.worse(ExitStatus::Report);
            stdout = stdout.filter(|format| *format != ReportFormat::Rows);
            files.leave_out(ReportFormat::Rows);
            None
        }
    };
    let written = {
        let mut writers = files.writers(stdout, &stdout_fault, console.redactor(), rows.as_ref());
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

/// The rows to be given back, and what must be known of their launches before the first is written: a pass of its own.
async fn rows<'a, L: EventLog>(
    context: &CommandContext,
    store: &L,
    head: &Head,
    launches: &'a impl PlannedLaunches,
    run: RunId,
    wanted: &WantedRows,
) -> Result<ReturnedRows<'a>, Failure> {
    let no_plan = || {
        let words = "the rows cannot be given back: the run's plan cannot be made again";
        Failure::with_message(ExitStatus::Report, words)
    };
    let plan = launches.plan().ok_or_else(no_plan)?;
    let mut rows = wanted.of(plan).map_err(|error| Failure::new(ExitStatus::Report, &error))?;
    if let Some(table) = rows.table {
        let survey = Rc::new(RefCell::new(RowsSurvey::default()));
        let mut surveyors: [Box<dyn ReportWriter>; 1] =
            [Box::new(RowsSurveyor::new(table.job(), &survey).of(wanted.taken.clone()))];
        match delivery::write(store, run, head, launches, &mut surveyors).await {
            // What is counted wrong is said of the report itself.
            Ok(_) | Err(ReportError::Miscounted { .. }) => {}
            Err(error @ (ReportError::Ledger(_) | ReportError::Unwritten(_))) => {
                return Err(Failure::new(ExitStatus::Report, &error));
            }
        }
        rows.survey = survey.take();
    }
    if wanted.only_failed {
        let RowsSurvey { failed, in_doubt, not_sent, .. } = rows.survey;
        let were = |count: u32| if count == 1 { "1 row is".to_owned() } else { format!("{count} rows are") };
        if in_doubt > 0 {
            let words = format!("{} left out, of which it is not known how many robot jobs exist", were(in_doubt));
            let ledger = &context.repeated.ledger;
            context.warn(&format!("{words}\n  help: `sortie report {run}{ledger}` says what to do about each"));
        }
        if not_sent > 0 {
            let words = format!("{} left out, which were not sent", were(not_sent));
            let ledger = &context.repeated.ledger;
            context.warn(&format!("{words}\n  help: `sortie resume {run}{ledger}` sends what was not sent"));
        }
        context.tell(&format!("{} given back", were(failed)));
    }
    Ok(rows)
}

impl From<ReportFileError> for Failure {
    fn from(error: ReportFileError) -> Self {
        Self::new(ExitStatus::Usage, &error)
    }
}
