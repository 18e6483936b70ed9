//! `sortie resume`: find the run, make its plan again, settle, send what was never sent, report.

use crate::cli::args;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::connect::target::Target;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::interrupt::interruptible;
use crate::cli::locked_run::LockedRun;
use crate::cli::locks::{self, ManifestKey};
use crate::cli::output::manifest_reports;
use crate::cli::output::not_begun::NotBegunReports;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::{self, ReportOutput};
use crate::cli::overrides::Overrides;
use crate::cli::pending_launches;
use crate::cli::run_service::{ResumedRun, RunService};
use crate::exit::ExitStatus;
use crate::launch::{Proof, RunHistory, Sending};
use crate::ledger::{AnyLock, AnyStore};
use crate::plan::Plan;
use crate::run::{StoredRun, is_done};

pub(crate) fn run(context: &CommandContext, flags: &args::ResumeArgs) -> Result<ExitStatus, Failure> {
    let not_begun = NotBegunReports::new(context, &flags.reporting.reports, ProtectedPaths::default());
    let ended = go_on(context, flags, &not_begun);
    not_begun.write_on_failure(ended)
}

fn go_on(
    context: &CommandContext,
    flags: &args::ResumeArgs,
    not_begun: &NotBegunReports<'_>,
) -> Result<ExitStatus, Failure> {
    let overrides = Overrides::of(&flags.pacing, args::SafetyArgs::default())?;
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let protected = ProtectedPaths::of(context, &flags.connection, &place.path());
    not_begun.set_ledger(&place.path(), &protected);
    let files = ReportFiles::prepare(&flags.reporting.reports, &protected)?;
    let mut out = ReportOutput { files, stdout: Some(flags.reporting.format) };
    interruptible(context, async |interrupts, clock| {
        let LockedRun { ledger, stored, _lock } = LockedRun::lock(&place.path(), &flags.run, &out).await?;
        let id = stored.record.id;
        not_begun.set_record(&stored.record);
        not_begun.set_active_run(id);
        let made = stored.plan().ok();
        let _manifest = match &made {
            Some((_, plan)) => manifest_lock(&ledger, &stored, plan).await?,
            // Nothing will be sent.
            None => None,
        };
        if let Some((_, plan)) = &made {
            manifest_reports::add(context, &mut out, &stored, plan, &protected)?;
            not_begun.add(&out.files.targets());
        }
        // A run that is over needs no server.
        if let Some((_, plan)) = &made
            && is_done(&stored.record, &RunHistory::read(&ledger, id).await?, plan.skipped())
        {
            context.tell(&pending_launches::describe(&ledger, id).await?);
            return report_output::write_finished(context, &ledger, stored, plan, clock.utc(), out).await;
        }
        drop(made);
        let target = Target::of_run(context, &flags.connection, &stored.record)?;
        let work = RunService::new(context, &ledger, &target, &overrides, clock.clone(), interrupts);
        let reach = target.reach(&stored, if flags.first { Proof::Unneeded } else { Proof::Needed });
        Box::pin(work.resume(stored, ResumedRun { sending: Sending::On, reach, limits: None }, out)).await
    })
}

/// The lock of a manifest whose runs must not go side by side; `None` if they may.
pub(super) async fn manifest_lock(
    ledger: &AnyStore,
    stored: &StoredRun,
    plan: &Plan,
) -> Result<Option<AnyLock>, Failure> {
    if stored.record.slot.is_none() && !plan.is_exclusive() {
        return Ok(None);
    }
    let manifest = ManifestKey { tenant: &stored.record.tenant, name: &stored.record.name };
    locks::lock_manifest_or_fail(ledger, manifest).await.map(Some)
}
