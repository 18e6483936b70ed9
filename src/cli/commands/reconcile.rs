//! `sortie reconcile`: settle what is in doubt by asking the server, or by what somebody found out; start nothing.

mod declare;

use std::time::Duration;

use crate::cli::args;
use crate::cli::commands::Context;
use crate::cli::failure::Failure;
use crate::cli::found_run::HeldRun;
use crate::cli::ledger_place::LedgerPlace;
use crate::cli::not_begun::NotBegunReports;
use crate::cli::report_files::ReportFiles;
use crate::cli::report_out::{self, Out};
use crate::cli::session::interruptible;
use crate::cli::site::Site;
use crate::cli::spared::Spared;
use crate::cli::terms::Overrides;
use crate::cli::work::{TakingUp, Work};
use crate::clock::{SharedClock, Timestamp};
use crate::exit::ExitStatus;
use crate::launch::{Proof, RunHistory, Sending};
use crate::ledger::sqlite::SqliteLedger;
use crate::ledger::state::{LaunchState, Verdict};
use crate::ledger::{Ledger as _, RunEnd};
use crate::report::EventsOnly;
use crate::report::delivery;
use crate::run::StoredRun;

use declare::{Chosen, declare};

/// Maximum age of a run whose robot jobs are counted once more.
const MAX_COUNTED_AGE: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn run(context: &Context, flags: &args::Reconcile) -> Result<ExitStatus, Failure> {
    let not_begun = NotBegunReports::new(context, &flags.reporting.reports, Spared::default());
    let ended = settle(context, flags, &not_begun);
    not_begun.see_to(ended)
}

fn settle(context: &Context, flags: &args::Reconcile, not_begun: &NotBegunReports<'_>) -> Result<ExitStatus, Failure> {
    let pacing = args::Pacing { ignore_pause: flags.ignore_pause, ..args::Pacing::default() };
    let overrides = Overrides::of(&pacing, args::Safety::default())?;
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let spared = Spared::of(context, &flags.connection, &place.path());
    not_begun.know_ledger(&place.path(), &spared);
    let files = ReportFiles::prepare(&flags.reporting.reports, &spared)?;
    let out = Out { files, stdout: Some(flags.reporting.format) };
    interruptible(context, async |interrupts, clock| {
        let HeldRun { ledger, stored, _lock } = HeldRun::take(&place.path(), &flags.run, &out).await?;
        let id = stored.record.id;
        not_begun.know_record(&stored.record);
        not_begun.know_going_on(id);
        if let Some(answer) = flags.answer {
            declare(context, &ledger, &stored, &Chosen::of(flags), answer, clock.utc()).await?;
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
        let site = Site::of_run(context, &flags.connection, &stored.record)?;
        let work = Work::new(context, &ledger, &site, &overrides, clock.clone(), interrupts);
        let reach = site.reach(&stored, Proof::Unneeded);
        Box::pin(work.take_up(stored, TakingUp { sending: Sending::Off, reach, limits: None }, out)).await
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
    context: &Context,
    ledger: &SqliteLedger,
    stored: StoredRun,
    clock: &SharedClock,
    out: Out,
) -> Result<ExitStatus, Failure> {
    let stored = StoredRun::read(ledger, stored.record.id).await?;
    match stored.plan() {
        Ok((_, plan)) => report_out::finished(context, ledger, stored, &plan, clock.utc(), out).await,
        Err(lost) => {
            context.tell(&lost.to_string());
            let plans = EventsOnly { launches: stored.record.launches };
            let totals = delivery::totals(ledger, stored.record.id, &plans).await?;
            let end = stored.end.unwrap_or(RunEnd { ended: clock.utc(), exit: totals.exit(), totals });
            ledger.close_run(stored.record.id, end).await?;
            let reported = report_out::write(context, ledger, &stored.record, Some(end), totals, &plans, out).await;
            Ok(end.exit.worse(reported))
        }
    }
}
