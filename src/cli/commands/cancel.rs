//! `sortie cancel`: end the sending of a run, and stop its robot jobs.

use serde::Serialize;

use crate::cli::args::{self, OutputFormat};
use crate::cli::connect::confirmation;
use crate::cli::connect::connector::RunConnector;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::connect::secrets::ManifestSecrets;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::overrides;
use crate::cli::interrupt::interruptible;
use crate::cli::output::run_observer::TerminalObserver;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::run::{Cancellation, CancelledRun, RunFilter, RunService, StoredRun, find_run_to_change};

/// What came of it, for machines. Keys are added, never changed.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct CancelReport {
    /// The version of this form.
    version: u32,
    /// The run's id.
    run: String,
    /// The filter that chose launches; null where there is none.
    filter: Option<String>,
    /// How many launches it took; null where there is none.
    launches: Option<u32>,
    /// Robot jobs that were asked to stop.
    asked: u32,
    /// Robot jobs that were over already.
    over: u32,
    /// Robot jobs that could not be stopped.
    refused: u32,
    /// Why, of the first of these.
    reason: Option<String>,
    /// Launches of those that were cancelled that are in doubt, so that robot jobs may run.
    in_doubt: u32,
}

pub(crate) fn run(context: &CommandContext, flags: &args::CancelArgs) -> Result<ExitStatus, Failure> {
    let args::SteerArgs { run, connection, ledger } = &flags.target;
    let overrides =
        overrides::of(&args::PacingArgs::default(), args::SafetyArgs::default(), args::WaitArgs::default())?;
    let place = LedgerPlace::of_runs(ledger, &context.environment)?;
    interruptible(context, async |interrupts, clock| {
        let ledger = place.open_existing().await?;
        let connector = RunConnector::to_run(context, connection);
        let observer = TerminalObserver::new(context, &connector, &clock);
        let secrets = ManifestSecrets(context);
        let service = RunService::new(&ledger, &connector, &secrets, clock)
            .with_observer(&observer)
            .with_overrides(overrides)
            .with_interrupts(interrupts)
            .with_flags(context.repeated.clone());
        let run = find_run_to_change(&ledger, Some(run)).await?;
        // Once, before anything is asked: what was agreed to is what is noted.
        let launches = match flags.filter.as_deref().map(RunFilter::new) {
            None => None,
            Some(filter) => Some(service.choose_to_cancel(run, &filter, flags.job.as_deref()).await?),
        };
        let what = Cancellation { job: flags.job.clone(), launches, kill: flags.kill };
        let stored = StoredRun::read(&ledger, run).await?;
        if !flags.yes && confirmation::is_watched() && !is_meant(context, &stored, &what)? {
            context.tell("nothing was done");
            return Ok(ExitStatus::Success);
        }
        let cancelled = Box::pin(service.cancel(run, &what)).await?;
        show(context, flags.format, &what, &cancelled)?;
        Ok(cancelled.exit())
    })
}

/// Asks whether that is meant. Anything but a yes is a no.
fn is_meant(context: &CommandContext, stored: &StoredRun, what: &Cancellation) -> Result<bool, Failure> {
    let record = &stored.record;
    let meant = match &what.launches {
        Some(chosen) => format!("{} of the {} launches that the filter takes now, of ", chosen.taken.len(), chosen.of),
        None => what.job.as_ref().map_or_else(String::new, |job| format!("job `{}` of ", escape(job))),
    };
    let stop = if what.kill { "kill" } else { "stop" };
    let (of_that, whose) = if what.launches.is_some() { (" of them", "their") } else { ("", "its") };
    let words = format!(
        "{meant}run {} ({}, {} launches, started {:.0}): send nothing more{of_that}, and {stop} {whose} robot jobs? [y/N]",
        record.id,
        escape(&record.name),
        record.launches,
        record.started
    );
    confirmation::is_yes(context, &words).map_err(|error| Failure::new(ExitStatus::Fault, &error))
}

fn show(
    context: &CommandContext,
    format: OutputFormat,
    what: &Cancellation,
    cancelled: &CancelledRun,
) -> Result<(), Failure> {
    let CancelledRun { steered, tally, in_doubt } = cancelled;
    let run = steered.stored.record.id;
    match format {
        OutputFormat::Json => context.console.json(&CancelReport {
            version: 1,
            run: run.to_string(),
            filter: what.launches.as_ref().map(|chosen| chosen.filter.clone()),
            launches: what.launches.as_ref().map(|chosen| chosen.taken.len()),
            asked: tally.asked,
            over: tally.over,
            refused: tally.refused,
            reason: tally.why.clone(),
            in_doubt: *in_doubt,
        })?,
        OutputFormat::Text => {
            // What was cancelled before is asked to stop once more, and counted.
            let is_part = what.job.is_some() || what.launches.is_some();
            let is_more = is_part && steered.before.cancels_some();
            let of = if is_more { " (of all that was cancelled of this run so far)" } else { "" };
            context.console.data(&format!("{}{of}\n", escape(&tally.to_string())))?;
        }
    }
    let flags = &context.repeated;
    let again = format!("sortie cancel {run}{}{}", flags.ledger, flags.connection);
    if tally.refused > 0 {
        context.warn(&format!(
            "some robot jobs could not be stopped\n  help: `{again} --kill` asks once more, and harder"
        ));
    }
    if *in_doubt > 0 {
        context.warn(&format!(
            "{in_doubt} launches are in doubt, and robot jobs of theirs may run\n  help: `sortie reconcile {run}{}{}` asks about \
             them, and then `{again}` stops what was found",
            flags.ledger, flags.connection
        ));
    }
    context.tell(&format!("`sortie report {run}{}` shows what was started", flags.ledger));
    Ok(())
}
