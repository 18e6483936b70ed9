//! `sortie rerun`: choose what did not succeed over a run and its reruns, close the last of them, begin a new run.

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
use crate::run::{RerunChoice, RerunSelection, RerunStep, RunFilter, RunService, find_run_to_change};

pub(crate) fn run(context: &CommandContext, flags: &args::RerunArgs) -> Result<ExitStatus, Failure> {
    let not_begun = NotBegunReports::new(context, &flags.reporting.reports, ProtectedPaths::default());
    let ended = run_again(context, flags, &not_begun);
    not_begun.write_on_failure(ended).map(|exit| flags.waiting.exit(exit))
}

fn run_again(
    context: &CommandContext,
    flags: &args::RerunArgs,
    not_begun: &NotBegunReports<'_>,
) -> Result<ExitStatus, Failure> {
    let overrides = overrides::of(&flags.pacing, flags.safety, flags.waiting)?;
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
        let named = find_run_to_change(&ledger, Some(&flags.run)).await?;
        let mut locked = service.lock_chain(named).await?;
        out.files.check_protected(&ProtectedPaths::of_run(locked.chain.first()))?;
        service.lock_chain_manifest(&mut locked).await?;
        not_begun.set_record(&locked.chain.last().record);
        let first = locked.chain.first();
        if let Some(plan) = &locked.plan {
            out.check_rows(plan)?;
            manifest_reports::add(context, &mut out, first, plan, &protected)?;
        }
        let nothing_left = format!("nothing is left to run again of run {}", first.record.id);
        let selection = if flags.all { RerunSelection::AllOf(named) } else { RerunSelection::Failed };
        let filter = flags.filter.as_deref().map(RunFilter::new);
        let step = service.next_rerun(&locked, selection, filter.as_ref()).await?;
        match &step {
            RerunStep::Choice(
                RerunChoice::Launches { .. } | RerunChoice::Unsettled { .. } | RerunChoice::LeftBehind(_),
            ) => {
                not_begun.add(&out.files.targets());
            }
            // The manifest's own report still says how its run ended.
            RerunStep::GoesOn | RerunStep::Choice(RerunChoice::Nothing) => {}
        }
        let (locked, step) = Box::pin(service.agree_to_rerun(locked, step, selection, filter.as_ref())).await?;
        let work = Box::pin(service.rerun(locked, step, filter.as_ref()));
        let Some(finished) = monitor.beside(&ledger, observer.with_snapshots(&ledger, work)).await? else {
            context.tell(&nothing_left);
            return Ok(not_begun.nothing_to_do(&nothing_left));
        };
        let exit = report_output::write(context, &ledger, &finished, out).await?;
        let exit = monitor.end(&ledger, &finished, exit).await;
        observer.tell_end(&ledger, &finished, exit).await;
        Ok(exit)
    })
}
