//! `sortie reconcile`: settle what is in doubt by asking the server, or by what somebody found out; start nothing.

mod declare;

use std::time::Duration;

use crate::cli::args;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::connect::target::Target;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::interrupt::interruptible;
use crate::cli::locked_run::LockedRun;
use crate::cli::output::not_begun::NotBegunReports;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::{self, ReportOutput};
use crate::cli::overrides::Overrides;
use crate::cli::run_service::{ResumedRun, RunService};
use crate::clock::{SharedClock, Timestamp};
use crate::exit::ExitStatus;
use crate::launch::{Proof, RunHistory, Sending};
use crate::ledger::state::{LaunchState, Verdict};
use crate::ledger::{AnyStore, RunEnd, RunStore as _};
use crate::report::EventsOnly;
use crate::report::delivery;
use crate::run::StoredRun;

use declare::{LaunchSelection, declare};

/// Maximum age of a run whose robot jobs are counted once more.
const MAX_COUNTED_AGE: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn run(context: &CommandContext, flags: &args::ReconcileArgs) -> Result<ExitStatus, Failure> {
    let not_begun = NotBegunReports::new(context, &flags.reporting.reports, ProtectedPaths::default());
    let ended = settle(context, flags, &not_begun);
    not_begun.write_on_failure(ended)
}

fn settle(
    context: &CommandContext,
    flags: &args::ReconcileArgs,
    not_begun: &NotBegunReports<'_>,
) -> Result<ExitStatus, Failure> {
    let pacing = args::PacingArgs { ignore_pause: flags.ignore_pause, ..args::PacingArgs::default() };
    let overrides = Overrides::of(&pacing, args::SafetyArgs::default())?;
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let protected = ProtectedPaths::of(context, &flags.connection, &place.path());
    not_begun.set_ledger(&place.path(), &protected);
    let files = ReportFiles::prepare(&flags.reporting.reports, &protected)?;
    let out = ReportOutput { files, stdout: Some(flags.reporting.format) };
    interruptible(context, async |interrupts, clock| {
        let LockedRun { ledger, stored, _lock } = LockedRun::lock(&place.path(), &flags.run, &out).await?;
        let id = stored.record.id;
        not_begun.set_record(&stored.record);
        not_begun.set_active_run(id);
        if let Some(answer) = flags.answer {
            declare(context, &ledger, &stored, &LaunchSelection::of(flags), answer, clock.utc()).await?;
            return close(context, &ledger, stored, &clock, out).await;
        }
        let history = RunHistory::read_with_held(&ledger, id).await?;
        let has_started = history.ended.iter().any(|(verdict, count)| *count > 0 && has_robot_jobs(*verdict));
        if history.unfinished.values().all(LaunchState::may_be_sent)
            && !(has_started && is_recent(&stored, clock.utc()))
        {
            context.tell(&format!("nothing is in doubt in run {id}: no server was asked"));
            return close(context, &ledger, stored, &clock, out).await;
        }
        let target = Target::of_run(context, &flags.connection, &stored.record)?;
        let work = RunService::new(context, &ledger, &target, &overrides, clock.clone(), interrupts);
        let reach = target.reach(&stored, Proof::Unneeded);
        Box::pin(work.resume(stored, ResumedRun { sending: Sending::Off, reach, limits: None }, out)).await
    })
}

/// Whether robot jobs of a launch with this verdict are known, which the job list may show more of.
fn has_robot_jobs(verdict: Verdict) -> bool {
    match verdict {
        Verdict::Started | Verdict::Partial | Verdict::Duplicate => true,
        Verdict::Rejected | Verdict::Unknown | Verdict::Skipped | Verdict::NotSent => false,
    }
}

/// Whether the run is not older than job lists surely are: they are purged.
fn is_recent(stored: &StoredRun, now: Timestamp) -> bool {
    let ended = stored.end.map_or(now, |end| end.ended);
    Duration::try_from(now.duration_since(ended)).is_ok_and(|age| age < MAX_COUNTED_AGE)
}

/// Records how the run stands now, and reports it.
async fn close(
    context: &CommandContext,
    ledger: &AnyStore,
    stored: StoredRun,
    clock: &SharedClock,
    out: ReportOutput,
) -> Result<ExitStatus, Failure> {
    let stored = StoredRun::read(ledger, stored.record.id).await?;
    match stored.plan() {
        Ok((_, plan)) => report_output::write_finished(context, ledger, stored, &plan, clock.utc(), out).await,
        Err(lost) => {
            context.tell(&lost.to_string());
            let plans = EventsOnly { launches: stored.record.launches };
            let totals = delivery::totals(ledger, stored.record.id, &plans).await?;
            let end = stored.end.unwrap_or(RunEnd { ended: clock.utc(), exit: totals.exit(), totals });
            ledger.close_run(stored.record.id, end).await?;
            let reported = report_output::write(context, ledger, &stored.record, Some(end), totals, &plans, out).await;
            Ok(end.exit.worse(reported))
        }
    }
}
