//! Whether what a run file says of its run holds together: a digest shows only that nobody changed it by accident.
//!
//! In: a run file that could be read. Out: nothing, or the first thing in it that contradicts another. Never: says that a file is
//! true; whoever writes one with care can make up a whole run.

use super::StoredRun;
use crate::exit::ExitStatus;
use crate::ids::{LaunchId, Ordinal, Reference, RunId};
use crate::ledger::event::{LaunchEvent, Record};
use crate::ledger::state::chains::RunRetries;
use crate::ledger::totals::Totals;
use crate::ledger::{RunEnd, RunNote, judgements};
use crate::plan::Plan;
use crate::report::PlannedLaunches as _;
use crate::report::delivery::{self, ReportError};
use crate::run::service::finished::ReportedLaunches;
use crate::run_file::{RunFile, RunFileStore};

/// Why a run file is not believed.
#[derive(Debug, thiserror::Error)]
pub enum RunFileContradiction {
    /// Two things in it cannot both be.
    #[error("it contradicts itself: {0}\n  help: export the run again, where it was launched")]
    Found(String),
    /// Its events make no report.
    #[error(transparent)]
    Report(#[from] ReportError),
}

/// Holds what `file` says of its run against its manifest and its events.
///
/// What another version of sortie planned can be held against its events alone.
pub async fn check_run_file(file: &RunFile) -> Result<(), RunFileContradiction> {
    let run = file.record.id;
    let store = RunFileStore::new(file.clone());
    let stored = StoredRun::read(&store, run).await.map_err(ReportError::from)?;
    let plan = match stored.plan() {
        Ok((_, plan)) => Some(plan),
        Err(_) if stored.record.version != env!("CARGO_PKG_VERSION") => None,
        Err(lost) => {
            let why = if lost.why.is_empty() { String::new() } else { format!(" ({})", lost.why) };
            return Err(found(format!("its inputs do not make the plan that its first line names{why}")));
        }
    };
    if let Some(plan) = &plan {
        of_plan(&stored, plan)?;
    }
    file.records.iter().try_for_each(|record| of_record(run, plan.as_ref(), record))?;
    let is_planned = plan.is_some();
    let launches = match plan {
        Some(plan) => ReportedLaunches::of_plan(plan, run, stored.why_skipped()),
        None => ReportedLaunches::EventsOnly { launches: stored.record.launches },
    };
    let totals = delivery::totals(&store, run, &launches).await?;
    let retries = RunRetries::read(&store, run, launches.count()).await.map_err(ReportError::from)?;
    let by_verdicts = totals.exit().worse(retries.exit());
    match stored.end {
        Some(end) => {
            of_end(&end, &totals, by_verdicts, is_planned).and_then(|()| of_policies(&file.notes, Some(end.exit)))
        }
        None => of_policies(&file.notes, None),
    }
}

fn found(what: String) -> RunFileContradiction {
    RunFileContradiction::Found(what)
}

/// The first line, held against the plan that the second makes.
fn of_plan(stored: &StoredRun, plan: &Plan) -> Result<(), RunFileContradiction> {
    let record = &stored.record;
    if plan.name() != record.name {
        return Err(found("its first line has another name than its manifest".to_owned()));
    }
    if plan.len() != record.launches as usize {
        let (planned, said) = (plan.len(), record.launches);
        return Err(found(format!("its first line says {said} launches, and its manifest makes {planned}")));
    }
    Ok(())
}

/// What an event says of the launch that it is of.
fn of_record(run: RunId, plan: Option<&Plan>, record: &Record) -> Result<(), RunFileContradiction> {
    let Record { ordinal, event, .. } = record;
    let (launch, reference) = match event {
        LaunchEvent::Intended(intent) => (&intent.launch, &intent.reference),
        LaunchEvent::RetryDecided(origin) => (&origin.launch, &origin.reference),
        LaunchEvent::Ended { .. }
        | LaunchEvent::Orphaned { .. }
        | LaunchEvent::Settled { .. }
        | LaunchEvent::Declared { .. }
        | LaunchEvent::Adopted { .. }
        | LaunchEvent::Recounted { .. }
        | LaunchEvent::JobsBegan { .. }
        | LaunchEvent::JobsEnded { .. }
        | LaunchEvent::RobotLog { .. }
        | LaunchEvent::JobNotes { .. }
        | LaunchEvent::StartedElsewhere { .. }
        | LaunchEvent::LeftOut { .. } => return Ok(()),
    };
    let wrong = |what: &str| Err(found(format!("launch {}: an event has the {what} of another launch", ordinal.0)));
    let planned = plan.filter(|plan| ordinal.index() < plan.len()).map(|plan| plan.planned(Ordinal(ordinal.0)));
    if planned.is_some_and(|planned| planned.id() != launch) {
        return wrong("id");
    }
    if !is_of(reference, run, launch) {
        return wrong("Reference");
    }
    Ok(())
}

/// Whether `reference` is that of the launch in this run, whatever its author wrote before it.
fn is_of(reference: &Reference, run: RunId, launch: &LaunchId) -> bool {
    reference.as_str().ends_with(Reference::new(None, run, launch).as_str())
}

/// The run's end, held against what its events come to.
fn of_end(
    end: &RunEnd,
    totals: &Totals,
    by_verdicts: ExitStatus,
    is_planned: bool,
) -> Result<(), RunFileContradiction> {
    // A ledger that could not be written knew less than the process that ended there.
    if end.exit == ExitStatus::Fault {
        return Ok(());
    }
    // Without a plan nobody knows what was skipped.
    let plain = |totals: &Totals| {
        let unsent = totals.skipped.saturating_add(totals.not_sent);
        Totals { skipped: 0, not_sent: unsent, ..*totals }
    };
    if plain(&end.totals) != plain(totals) {
        return Err(found(format!("its end says {}, and its events say {totals}", end.totals)));
    }
    let by_verdicts = if is_planned { by_verdicts } else { end.totals.exit().worse(by_verdicts) };
    let is_of_verdicts = matches!(end.exit, ExitStatus::Rejected | ExitStatus::Unknown);
    if end.exit.worse(by_verdicts) != end.exit || (is_of_verdicts && end.exit != by_verdicts) {
        return Err(found(format!("its end says exit code {}, and its events do not", end.exit.code())));
    }
    Ok(())
}

/// Its outcome policies, held against their own figures and the exit code.
fn of_policies(notes: &[RunNote], exit: Option<ExitStatus>) -> Result<(), RunFileContradiction> {
    let policies = judgements(notes);
    if policies.iter().any(|policy| policy.is_met != (policy.all_failed() <= policy.tolerated)) {
        return Err(found("an outcome policy is not what its figures make it".to_owned()));
    }
    let is_met = policies.iter().all(|policy| policy.is_met);
    match exit {
        Some(ExitStatus::Success) if !is_met => {
            Err(found("an outcome policy is not met, and its end says success".to_owned()))
        }
        Some(ExitStatus::Outcome) if is_met => {
            Err(found("its end says that an outcome policy is not met, and none is missed".to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}
