//! `sortie resume`: find the run, make its plan again, settle, send what was never sent, report.

use crate::cli::args;
use crate::cli::commands::Context;
use crate::cli::failure::Failure;
use crate::cli::found_run::HeldRun;
use crate::cli::ledger_place::LedgerPlace;
use crate::cli::left_over;
use crate::cli::locks::{self, Manifest};
use crate::cli::manifest_reports;
use crate::cli::not_begun::NotBegunReports;
use crate::cli::report_files::ReportFiles;
use crate::cli::report_out::{self, Out};
use crate::cli::session::interruptible;
use crate::cli::site::Site;
use crate::cli::spared::Spared;
use crate::cli::terms::Overrides;
use crate::cli::work::{TakingUp, Work};
use crate::exit::ExitStatus;
use crate::launch::{Proof, RunHistory, Sending};
use crate::ledger::sqlite::{FileLock, SqliteLedger};
use crate::plan::Plan;
use crate::run::{StoredRun, is_done};

pub(crate) fn run(context: &Context, flags: &args::Resume) -> Result<ExitStatus, Failure> {
    let not_begun = NotBegunReports::new(context, &flags.reporting.reports, Spared::default());
    let ended = go_on(context, flags, &not_begun);
    not_begun.see_to(ended)
}

fn go_on(context: &Context, flags: &args::Resume, not_begun: &NotBegunReports<'_>) -> Result<ExitStatus, Failure> {
    let overrides = Overrides::of(&flags.pacing, args::Safety::default())?;
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let spared = Spared::of(context, &flags.connection, &place.path());
    not_begun.know_ledger(&place.path(), &spared);
    let files = ReportFiles::prepare(&flags.reporting.reports, &spared)?;
    let mut out = Out { files, stdout: Some(flags.reporting.format) };
    interruptible(context, async |interrupts, clock| {
        let HeldRun { ledger, stored, _lock } = HeldRun::take(&place.path(), &flags.run, &out).await?;
        let id = stored.record.id;
        not_begun.know_record(&stored.record);
        not_begun.know_going_on(id);
        let made = stored.plan().ok();
        let _manifest = match &made {
            Some((_, plan)) => manifest_lock(&ledger, &stored, plan).await?,
            // Nothing will be sent.
            None => None,
        };
        if let Some((_, plan)) = &made {
            manifest_reports::add(context, &mut out, &stored, plan, &spared)?;
            not_begun.add(&out.files.targets());
        }
        // A run that is over needs no server.
        if let Some((_, plan)) = &made
            && is_done(&stored.record, &RunHistory::read(&ledger, id).await?, plan.skipped())
        {
            context.tell(&left_over::words(&ledger, id).await?);
            return report_out::finished(context, &ledger, stored, plan, clock.utc(), out).await;
        }
        drop(made);
        let site = Site::of_run(context, &flags.connection, &stored.record)?;
        let work = Work::new(context, &ledger, &site, &overrides, clock.clone(), interrupts);
        let reach = site.reach(&stored, if flags.first { Proof::Unneeded } else { Proof::Needed });
        Box::pin(work.take_up(stored, TakingUp { sending: Sending::On, reach, limits: None }, out)).await
    })
}

/// The lock of a manifest whose runs must not go side by side; none where they may.
pub(super) async fn manifest_lock(
    ledger: &SqliteLedger,
    stored: &StoredRun,
    plan: &Plan,
) -> Result<Option<FileLock>, Failure> {
    if stored.record.slot.is_none() && !plan.is_exclusive() {
        return Ok(None);
    }
    let manifest = Manifest { tenant: &stored.record.tenant, name: &stored.record.name };
    locks::of_manifest_or_leave(ledger, manifest).await.map(Some)
}
