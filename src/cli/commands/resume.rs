//! `sortie resume`: find the run, make its plan again, settle, send what was never sent, report.

use crate::cli::args;
use crate::cli::connect::confirmation::TerminalConfirmation;
use crate::cli::connect::connector::RunConnector;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::connect::secrets::ManifestSecrets;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::overrides;
use crate::cli::input::policy_files;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::interrupt::interruptible;
use crate::cli::output::event_file::EventFile;
use crate::cli::output::manifest_reports;
use crate::cli::output::not_begun::NotBegunReports;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::{self, ReportOutput};
use crate::cli::output::run_observer::TerminalObserver;
use crate::cli::run_monitor::{self, RunMonitor};
use crate::exit::ExitStatus;
use crate::launch::Proof;
use crate::run::{RunService, find_run_to_change};

pub(crate) fn run(context: &CommandContext, flags: &args::ResumeArgs) -> Result<ExitStatus, Failure> {
    let not_begun = NotBegunReports::new(context, &flags.reporting.reports, ProtectedPaths::default());
    let ended = go_on(context, flags, &not_begun);
    not_begun.write_on_failure(ended).map(|exit| flags.waiting.exit(exit))
}

fn go_on(
    context: &CommandContext,
    flags: &args::ResumeArgs,
    not_begun: &NotBegunReports<'_>,
) -> Result<ExitStatus, Failure> {
    let overrides = overrides::of(&flags.pacing, args::SafetyArgs::default(), flags.waiting)?;
    let policies = policy_files::texts(&flags.policy.policies)?;
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let mut protected = ProtectedPaths::of(context, &flags.connection, &place.path());
    flags.policy.policies.iter().for_each(|path| protected.add("the file of rules", path));
    not_begun.set_ledger(&place.path(), &protected);
    let files = ReportFiles::prepare(&flags.reporting.reports, &protected)?;
    let events = EventFile::open(context, &flags.events, &protected)?;
    run_monitor::check_metrics(flags.metrics.path(), &protected)?;
    let mut out = ReportOutput::new(files, Some(flags.reporting.format));
    interruptible(context, async |interrupts, clock| {
        let ledger = place.open_existing().await?;
        let connector = RunConnector::to_run(context, &flags.connection);
        let observer = TerminalObserver::new(context, &connector, &clock).with_events(events);
        let monitor = RunMonitor::new(context, &connector, &clock, flags.metrics.path());
        let secrets = ManifestSecrets(context);
        let confirmation = TerminalConfirmation::new(context, flags.confirm.yes);
        let service = RunService::new(&ledger, &connector, &secrets, clock)
            .with_observer(&observer)
            .with_overrides(overrides)
            .with_interrupts(interrupts)
            .with_flags(context.repeated.clone())
            .with_policies(policies)
            .with_confirmation(&confirmation);
        let mut locked = service.lock(find_run_to_change(&ledger, flags.run.as_deref()).await?).await?;
        out.files.check_protected(&ProtectedPaths::of_run(&locked.stored))?;
        locked.refuse_skipped()?;
        let (id, steered) = (locked.stored.record.id, locked.stored.steered());
        let held = match &steered.hold {
            Some(hold) => Some(format!("run {id} is {hold}")),
            None if steered.cancels_some() => Some(format!("jobs or launches of run {id} were cancelled")),
            None => None,
        };
        if let (None, Some(held)) = (&flags.run, held) {
            let again = format!("sortie resume {id}{}{}", context.repeated.ledger, context.repeated.connection);
            let words = format!("{held}, and it is not named\n  help: `{again}` lets it go on");
            return Err(Failure::with_message(ExitStatus::Usage, words));
        }
        not_begun.set_record(&locked.stored.record);
        not_begun.set_active_run(locked.stored.record.id);
        service.lock_manifest(&mut locked).await?;
        if let Some(plan) = locked.plan() {
            out.check_rows(plan)?;
            manifest_reports::add(context, &mut out, &locked.stored, plan, &protected)?;
            not_begun.add(&out.files.targets());
        }
        let proof = if flags.first { Proof::Unneeded } else { Proof::Needed };
        let finished =
            monitor.beside(&ledger, observer.with_snapshots(&ledger, Box::pin(service.resume(locked, proof)))).await?;
        let exit = report_output::write(context, &ledger, &finished, out).await?;
        let exit = monitor.end(&ledger, &finished, exit).await;
        observer.tell_end(&ledger, &finished, exit).await;
        Ok(exit)
    })
}
