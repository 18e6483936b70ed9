//! A run's report on its way out: to stdout and to files, of a run that just ended or of one that the ledger has.

use crate::cli::args::OutputFormat;
use crate::cli::connect::target;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::look_up;
use crate::cli::output::report_files::{ReportFileError, ReportFiles};
use crate::cli::output::tolerant_writer::FirstError;
use crate::cli::run_activity::ActivityPhase;
use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::ledger::totals::Totals;
use crate::ledger::{
    AnyStore, LedgerError, LockName, Locks as _, Rations as _, RunEnd, RunRecord, RunStore as _, clocks_apart_ms,
    successor, uncounted,
};
use crate::plan::Plan;
use crate::report::delivery::{self, ReportError};
use crate::report::{FromPlan, Head, Hints, PlannedLaunches, RunAvailability, RunHead, Successor};
use crate::run::{RunSnapshot, StoredRun};

/// Where a report goes.
pub(crate) struct ReportOutput {
    /// Files, open beside their places.
    pub(crate) files: ReportFiles,
    /// What goes to stdout; nothing for a run that only comes before the one that was asked for.
    pub(crate) stdout: Option<OutputFormat>,
}

/// Writes every report; the status of what could not be written.
pub(crate) async fn write(
    context: &CommandContext,
    ledger: &AnyStore,
    record: &RunRecord,
    end: Option<RunEnd>,
    totals: Totals,
    plans: &impl PlannedLaunches,
    out: ReportOutput,
) -> ExitStatus {
    let reach = if target::is_in_process(record) { RunAvailability::Gone } else { RunAvailability::Open };
    // A ledger that cannot be read is told of below.
    let hints = hints(context, ledger, record, end, reach).await.unwrap_or_default();
    let head = Head { run: run_head(ledger, record, end).await.unwrap_or(RunHead::new(record, end)), totals, hints };
    write_with(context, ledger, head, plans, record, out).await
}

/// The head of the run, with what was noted of its server.
async fn run_head(ledger: &AnyStore, record: &RunRecord, end: Option<RunEnd>) -> Result<RunHead, LedgerError> {
    let notes = ledger.read_notes(record.id).await?;
    let (clocks_apart_ms, uncounted) = (clocks_apart_ms(&notes), uncounted(&notes));
    Ok(RunHead { clocks_apart_ms, uncounted, ..RunHead::new(record, end) })
}

/// What the next steps of a run depend on, as the ledger has it.
async fn hints(
    context: &CommandContext,
    ledger: &AnyStore,
    record: &RunRecord,
    end: Option<RunEnd>,
    reach: RunAvailability,
) -> Result<Hints, LedgerError> {
    let successor = match successor(&ledger.read_notes(record.id).await?) {
        None => None,
        Some(by) => Some(StoredRun::find(ledger, by).await?.map_or(Successor::Announced, |_| Successor::Begun(by))),
    };
    let held_until = ledger.read_tenant(record.id).await?.starts_pause.map(|pause| pause.until);
    let key = RunSnapshot::from_bytes(&record.inputs).ok().and_then(|snapshot| snapshot.key);
    Ok(Hints {
        ledger: context.repeated.ledger.clone(),
        connection: context.repeated.connection.clone(),
        look_up: Some(look_up::command),
        tenant: record.tenant.clone(),
        reach,
        successor,
        held_until: held_until.filter(|until| end.is_some_and(|end| *until > end.ended)),
        is_named: record.slot.is_some() || key.is_some(),
    })
}

async fn write_with(
    context: &CommandContext,
    ledger: &AnyStore,
    head: Head,
    plans: &impl PlannedLaunches,
    record: &RunRecord,
    out: ReportOutput,
) -> ExitStatus {
    let CommandContext { console, .. } = context;
    let ReportOutput { mut files, stdout } = out;
    context.at_work.set(ActivityPhase::Reporting);
    let stdout_fault = FirstError::default();
    let mut exit = ExitStatus::Success;
    let written = {
        let mut writers = files.writers(stdout, &stdout_fault, console.redactor());
        delivery::write(ledger, record.id, &head, plans, &mut writers).await
    };
    if let Ok(shared @ 1..) = written {
        let launches = if shared == 1 { "1 launch has".to_owned() } else { format!("{shared} launches have") };
        context.warn(&format!(
            "{launches} a robot job that the server named for another launch too; the JSON report says which"
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

/// Reports a run that is over, as it stands in the ledger; returns the run's own exit status.
///
/// A run that was cut off between its last outcome and its end is closed first.
pub(crate) async fn write_finished(
    context: &CommandContext,
    ledger: &AnyStore,
    stored: StoredRun,
    plan: &Plan,
    now: Timestamp,
    out: ReportOutput,
) -> Result<ExitStatus, Failure> {
    let plans = FromPlan { plan, run: stored.record.id, skipped: stored.why_skipped() };
    let totals = delivery::totals(ledger, stored.record.id, &plans).await?;
    let end = stored.end.unwrap_or(RunEnd { ended: now, exit: totals.exit(), totals });
    if stored.end.is_none() {
        ledger.close_run(stored.record.id, end).await?;
    }
    let reported = write(context, ledger, &stored.record, Some(end), totals, &plans, out).await;
    Ok(end.exit.worse(reported))
}

/// Writes the report of a run as it stands, whatever it is doing.
pub(crate) async fn write_snapshot(
    context: &CommandContext,
    ledger: &AnyStore,
    stored: &StoredRun,
    plans: &impl PlannedLaunches,
    out: ReportOutput,
) -> Result<ExitStatus, Failure> {
    let id = stored.record.id;
    let reach = if ledger.is_held(LockName::Run(id)).await? { Some(RunAvailability::Live) } else { None };
    if reach.is_some() {
        context.tell(&format!("run {id} is still in progress: this report shows it as it is at this moment"));
    }
    // All of one moment: a process that is at the run writes between any two readings.
    ledger.begin_reading().await?;
    let written = async {
        let (record, end) = ledger.read_run(id).await?;
        let totals = delivery::totals(ledger, id, plans).await?;
        let Some(reach) = reach else { return Ok(write(context, ledger, &record, end, totals, plans, out).await) };
        let hints = hints(context, ledger, &record, end, reach).await?;
        let head = Head { run: run_head(ledger, &record, end).await?, totals, hints };
        Ok(write_with(context, ledger, head, plans, &record, out).await)
    };
    let written = written.await;
    ledger.end_reading().await?;
    written
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        let status = match &error {
            ReportError::Ledger(_) | ReportError::Miscounted { .. } => ExitStatus::Fault,
            ReportError::Unwritten(_) => ExitStatus::Report,
        };
        Self::new(status, &error)
    }
}

impl From<ReportFileError> for Failure {
    fn from(error: ReportFileError) -> Self {
        Self::new(ExitStatus::Usage, &error)
    }
}
