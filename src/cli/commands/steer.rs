//! `sortie pause`, `sortie continue` and `sortie set`: ask something of a run, whether a process is at it or not.

use std::num::NonZeroU32;

use crate::cli::args;
use crate::cli::connect::connector::RunConnector;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::connect::secrets::ManifestSecrets;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::overrides;
use crate::cli::interrupt::interruptible;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::ledger::{RunHold, SteeredTerms};
use crate::run::{RunService, SteeredRun, find_run_to_change};

/// What is asked.
enum Asked {
    Pause,
    Continue,
    Set(SteeredTerms),
}

pub(crate) fn pause(context: &CommandContext, flags: &args::SteerArgs) -> Result<ExitStatus, Failure> {
    steer(context, flags, &Asked::Pause)
}

pub(crate) fn go_on(context: &CommandContext, flags: &args::SteerArgs) -> Result<ExitStatus, Failure> {
    steer(context, flags, &Asked::Continue)
}

pub(crate) fn set(context: &CommandContext, flags: &args::SetArgs) -> Result<ExitStatus, Failure> {
    let args::SetArgs { rate, burst, concurrency, active, target } = flags;
    let pacing = args::PacingArgs {
        rate: rate.clone(),
        burst: *burst,
        concurrency: *concurrency,
        ..args::PacingArgs::default()
    };
    let terms = overrides::of(&pacing, args::SafetyArgs::default(), args::WaitArgs::default())?.steered();
    let terms = SteeredTerms { active: active.and_then(NonZeroU32::new), ..terms };
    steer(context, target, &Asked::Set(terms))
}

fn steer(context: &CommandContext, flags: &args::SteerArgs, asked: &Asked) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    interruptible(context, async |interrupts, clock| {
        let ledger = place.open_existing().await?;
        let connector = RunConnector::to_run(context, &flags.connection);
        let secrets = ManifestSecrets(context);
        let service = RunService::new(&ledger, &connector, &secrets, clock)
            .with_interrupts(interrupts)
            .with_flags(context.repeated.clone());
        let run = find_run_to_change(&ledger, Some(&flags.run)).await?;
        let steered = match asked {
            Asked::Pause => service.pause(run).await?,
            Asked::Continue => service.let_go_on(run).await?,
            Asked::Set(terms) => service.set_terms(run, terms.clone()).await?,
        };
        context.tell(&words(context, asked, &steered));
        Ok(ExitStatus::Success)
    })
}

/// What follows, and what to type next.
fn words(context: &CommandContext, asked: &Asked, steered: &SteeredRun) -> String {
    let SteeredRun { stored, is_live, before, after } = steered;
    let run = stored.record.id;
    let command = |verb: &str| {
        let flags = &context.repeated;
        format!("`sortie {verb} {run}{}{}`", flags.ledger, flags.connection)
    };
    let already = if matches!(before.hold, Some(RunHold::Paused(..))) { " already" } else { "" };
    match (asked, &after.hold) {
        (Asked::Pause, Some(hold @ RunHold::Cancelled(..))) => {
            format!(
                "run {run} is {hold}: nothing more of it is sent anyway\n  help: {} goes on with it",
                command("resume")
            )
        }
        (Asked::Pause, _) if *is_live => format!(
            "run {run} is paused{already}: its process sends nothing more from two seconds on at the latest, and finishes what is \
             open\n  help: {} lets it go on",
            command("continue")
        ),
        (Asked::Pause, _) => format!(
            "run {run} is paused{already}: no process is at it, and none goes on with it by itself\n  help: {} goes on with it",
            command("resume")
        ),
        (Asked::Continue, _) if before.is_ended() && *is_live => format!(
            "the sending of run {run} was ended, and its process ends\n  help: once it has, {} sends what was not sent",
            command("resume")
        ),
        (Asked::Continue, _) if *is_live && !before.held_jobs.is_empty() => {
            let jobs: Vec<String> = before.held_jobs.keys().map(|job| format!("`{}`", escape(job))).collect();
            format!(
                "run {run} goes on within two seconds, but for what a rule of its manifest stopped ({}): its process sends nothing \
                 more of that\n  help: once it has ended, {} sends what was not sent",
                jobs.join(", "),
                command("resume")
            )
        }
        (Asked::Continue, _) if *is_live && before.cancels_some() => format!(
            "run {run} goes on within two seconds, but for what was cancelled: its process may have passed over some of that\n  help: \
             once it has ended, {} sends what was not sent",
            command("resume")
        ),
        (Asked::Continue, _) if *is_live && before.is_held() => format!("run {run} goes on within two seconds"),
        (Asked::Continue, _) if *is_live => format!("run {run} was not paused: its process is at it"),
        (Asked::Continue, _) => {
            let was = before.hold.as_ref().map_or_else(String::new, |hold| format!("was {}; ", hold.in_the_past()));
            format!("run {run} {was}may go on, and no process is at it\n  help: {} goes on with it", command("resume"))
        }
        (Asked::Set(_), _) if *is_live => format!("run {run} keeps these limits within two seconds: {}", after.terms),
        (Asked::Set(_), _) => {
            format!(
                "run {run} will keep these limits: {}; no process is at it\n  help: {} goes on with it",
                after.terms,
                command("resume")
            )
        }
    }
}
