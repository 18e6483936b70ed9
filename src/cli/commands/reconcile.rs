//! `sortie reconcile`: settle what is in doubt by asking the server, or by what somebody found out; start nothing.

use crate::cli::args::{self, ReconcileAnswer};
use crate::cli::connect::connector::RunConnector;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::connect::secrets::ManifestSecrets;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::overrides;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::interrupt::interruptible;
use crate::cli::output::event_file::EventFile;
use crate::cli::output::not_begun::NotBegunReports;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::{self, ReportOutput};
use crate::cli::output::run_observer::TerminalObserver;
use crate::cli::run_monitor::{self, RunMonitor};
use crate::exit::ExitStatus;
use crate::run::{Answer, LaunchSelection, RunService, find_run_to_change};

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
    if flags.answer.is_some() && !flags.run.as_deref().is_some_and(names_one_run) {
        let words = "--as answers for the run whose report you read: a name may mean another one by now\n  help: write the run's id, \
                     as its report shows it";
        return Err(Failure::with_message(ExitStatus::Usage, words));
    }
    let pacing = args::PacingArgs { ignore_pause: flags.ignore_pause, ..args::PacingArgs::default() };
    let overrides = overrides::of(&pacing, args::SafetyArgs::default(), args::WaitArgs::default())?;
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let protected = ProtectedPaths::of(context, &flags.connection, &place.path());
    not_begun.set_ledger(&place.path(), &protected);
    let files = ReportFiles::prepare(&flags.reporting.reports, &protected)?;
    let events = EventFile::open(context, &flags.events, &protected)?;
    run_monitor::check_metrics(flags.metrics.path(), &protected)?;
    let out = ReportOutput::new(files, Some(flags.reporting.format));
    interruptible(context, async |interrupts, clock| {
        let ledger = place.open_existing().await?;
        let connector = RunConnector::to_run(context, &flags.connection);
        let observer = TerminalObserver::new(context, &connector, &clock).with_events(events);
        let monitor = RunMonitor::new(context, &connector, &clock, flags.metrics.path());
        let secrets = ManifestSecrets(context);
        let service = RunService::new(&ledger, &connector, &secrets, clock)
            .with_observer(&observer)
            .with_overrides(overrides)
            .with_interrupts(interrupts)
            .with_flags(context.repeated.clone());
        let locked = service.lock(find_run_to_change(&ledger, flags.run.as_deref()).await?).await?;
        out.files.check_protected(&ProtectedPaths::of_run(&locked.stored))?;
        locked.refuse_skipped()?;
        not_begun.set_record(&locked.stored.record);
        not_begun.set_active_run(locked.stored.record.id);
        let finished = match flags.answer {
            Some(answer) => Box::pin(service.declare(locked, &selection(flags), of(answer))).await?,
            None => {
                monitor.beside(&ledger, observer.with_snapshots(&ledger, Box::pin(service.reconcile(locked)))).await?
            }
        };
        let exit = report_output::write(context, &ledger, &finished, out).await?;
        Ok(monitor.end(&ledger, &finished, exit).await)
    })
}

/// Whether `text` means the same run whenever it is typed, as far as that can be told: an id, or what the typist calls the last.
fn names_one_run(text: &str) -> bool {
    text == "last" || text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Which launches the flags name.
fn selection(flags: &args::ReconcileArgs) -> LaunchSelection {
    if flags.all_unknown {
        LaunchSelection::AllUnknown
    } else if flags.all_held {
        LaunchSelection::AllHeld
    } else {
        LaunchSelection::Named(flags.launches.clone())
    }
}

fn of(answer: ReconcileAnswer) -> Answer {
    match answer {
        ReconcileAnswer::Started => Answer::Started,
        ReconcileAnswer::Absent => Answer::Absent,
        ReconcileAnswer::Partial => Answer::Partial,
        ReconcileAnswer::Duplicate => Answer::Duplicate,
    }
}
