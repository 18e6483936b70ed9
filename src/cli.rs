//! The command line: the only place that prints.
//!
//! In: the process's arguments and environment. Out: an [`ExitStatus`], data on stdout, talk on stderr.
//! Never: decides what a launch means; it calls the stages and shows what they return.

use std::ffi::OsString;
use std::io::Write as _;

use crate::exit::ExitStatus;
use crate::profile::{self, Environment, Logins};
use crate::secret::Secret;

mod args;
mod build;
mod commands;
mod complete;
mod connect;
mod context;
mod core_files;
mod failure;
mod input;
mod interrupt;
mod output;
mod run_activity;
mod run_monitor;
mod runtime;

use args::parse::{self, ParsedCommand};
use args::{Args, ConnectionArgs, Verb, repeated_flags};
#[cfg(feature = "sandbox")]
pub use connect::sandbox_clock::SandboxClock;
use context::CommandContext;
use failure::Failure;
use input::{home_paths, step_summary};
use output::console::Console;
use output::console::colour::ColourWanted;
use output::logs;
use run_activity::RunActivity;

/// Carries out what this process was asked for. A panic ends it with exit status 1, its words redacted.
#[must_use]
pub fn main() -> ExitStatus {
    core_files::disable_core_dumps();
    let console = Console::default();
    let environment = environment_of_process();
    for name in profile::SECRET_NAMES {
        if let Some(text) = environment.get(name) {
            console.redactor().learn(&Secret::new(text.to_owned()));
            // People paste the whole header's value, and quotes.
            let bare = text.trim_matches(['"', '\'']);
            let token = bare.rsplit(char::is_whitespace).next().unwrap_or_default();
            console.redactor().learn(&Secret::new(token.to_owned()));
        }
    }
    logs::install_panic_hook(&console);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(answer) = complete::answer(&arguments, &environment) {
        // As it is: shells tell candidates apart by characters that a terminal would not be shown. Who asked and is gone
        // needs no answer.
        let _ = Console::data_stream().write_all(&answer);
        return ExitStatus::Success;
    }
    ColourWanted::typed(&arguments).apply(&environment);
    match carry_out(&console, environment, arguments) {
        Ok(exit) => exit,
        Err(Failure { exit, message: words, .. }) => {
            if let Some(words) = words {
                console.say(&format!("error: {words}"));
            }
            exit
        }
    }
}

/// What this process was started with. A value that is not UTF-8 counts as unset.
fn environment_of_process() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Where `verb` connects to, as far as its flags say.
fn connection(verb: Option<&Verb>) -> &ConnectionArgs {
    static NONE: ConnectionArgs = ConnectionArgs { profile: None, config: None };
    match verb {
        Some(Verb::Plan(flags)) => &flags.connection,
        Some(Verb::Diff(flags)) => &flags.connection,
        Some(Verb::Run(flags)) => &flags.connection,
        Some(Verb::Resume(flags)) => &flags.connection,
        Some(Verb::Reconcile(flags)) => &flags.connection,
        Some(Verb::Rerun(flags)) => &flags.connection,
        Some(Verb::Start(flags)) => &flags.connection,
        Some(Verb::Pause(flags) | Verb::Continue(flags)) => &flags.connection,
        Some(Verb::Cancel(flags)) => &flags.target.connection,
        Some(Verb::Set(flags)) => &flags.target.connection,
        #[cfg(feature = "sandbox")]
        Some(Verb::Sandbox(_)) => &NONE,
        Some(
            Verb::Validate(_)
            | Verb::Test(_)
            | Verb::Runs(_)
            | Verb::Report(_)
            | Verb::Rows(_)
            | Verb::Board(_)
            | Verb::Ledger(_)
            | Verb::Init(_)
            | Verb::Import(_)
            | Verb::Explain(_)
            | Verb::Schema(_)
            | Verb::Completions(_)
            | Verb::Man(_)
            | Verb::Help(_)
            | Verb::Version(_),
        )
        | None => &NONE,
    }
}

/// Whether `verb` may run the commands of a manifest.
#[cfg(feature = "sandbox")]
fn runs_commands(verb: Option<&Verb>) -> bool {
    let stand_in = match verb {
        Some(Verb::Run(flags)) => &flags.sandbox_target,
        Some(Verb::Start(flags)) => &flags.stand_in,
        Some(
            Verb::Validate(_)
            | Verb::Plan(_)
            | Verb::Diff(_)
            | Verb::Test(_)
            | Verb::Resume(_)
            | Verb::Reconcile(_)
            | Verb::Rerun(_)
            | Verb::Cancel(_)
            | Verb::Pause(_)
            | Verb::Continue(_)
            | Verb::Set(_)
            | Verb::Runs(_)
            | Verb::Report(_)
            | Verb::Rows(_)
            | Verb::Board(_)
            | Verb::Ledger(_)
            | Verb::Sandbox(_)
            | Verb::Init(_)
            | Verb::Import(_)
            | Verb::Explain(_)
            | Verb::Schema(_)
            | Verb::Completions(_)
            | Verb::Man(_)
            | Verb::Help(_)
            | Verb::Version(_),
        )
        | None => return true,
    };
    !stand_in.sandbox || stand_in.allow_commands
}

#[cfg(not(feature = "sandbox"))]
fn runs_commands(_: Option<&Verb>) -> bool {
    true
}

fn carry_out(console: &Console, environment: Environment, arguments: Vec<OsString>) -> Result<ExitStatus, Failure> {
    let environment = home_paths::of_environment(environment)?;
    let Args { verb, loudness, color, log_format } = match parse::parse(arguments, console.redactor())? {
        ParsedCommand::Command(mut args) => {
            home_paths::expand_all(args.paths(), &environment)?;
            step_summary::find(args.reports(), &environment);
            *args
        }
        ParsedCommand::Text(text) => {
            console.data(&text)?;
            return Ok(ExitStatus::Success);
        }
    };
    color.apply(&environment);
    log_format.choose();
    let verbosity = loudness.verbosity();
    logs::install(console, verbosity, environment.get("SORTIE_LOG"))
        .map_err(|error| Failure::with_message(ExitStatus::Usage, format!("SORTIE_LOG cannot be read: {error}")))?;
    let logins = Logins::of(&connection(verb.as_ref()).choice(), &environment);
    let environment = environment.withholding(logins.variables());
    let runs_commands = runs_commands(verb.as_ref());
    let repeated = verb.as_ref().map(repeated_flags::of).unwrap_or_default();
    let at_work = RunActivity::default();
    let context =
        CommandContext { console: console.clone(), environment, verbosity, repeated, at_work, logins, runs_commands };
    match verb {
        None => commands::set_up::welcome::run(&context),
        Some(Verb::Validate(flags)) => commands::validate::run(&context, &flags),
        Some(Verb::Plan(flags)) => commands::plan::run(&context, &flags),
        Some(Verb::Diff(flags)) => commands::review::diff::run(&context, &flags),
        Some(Verb::Test(flags)) => commands::review::test::run(&context, &flags),
        Some(Verb::Run(flags)) => commands::run::run(&context, &flags),
        Some(Verb::Resume(flags)) => commands::resume::run(&context, &flags),
        Some(Verb::Reconcile(flags)) => commands::reconcile::run(&context, &flags),
        Some(Verb::Rerun(flags)) => commands::rerun::run(&context, &flags),
        Some(Verb::Cancel(flags)) => commands::cancel::run(&context, &flags),
        Some(Verb::Pause(flags)) => commands::steer::pause(&context, &flags),
        Some(Verb::Continue(flags)) => commands::steer::go_on(&context, &flags),
        Some(Verb::Set(flags)) => commands::steer::set(&context, &flags),
        Some(Verb::Runs(flags)) => commands::runs::run(&context, &flags),
        Some(Verb::Report(flags)) => commands::report::run(&context, &flags),
        Some(Verb::Rows(flags)) => commands::report::rows::run(&context, &flags),
        Some(Verb::Board(flags)) => commands::runs::board::run(&context, &flags),
        Some(Verb::Ledger(flags)) => commands::ledger::run(&context, &flags),
        Some(Verb::Start(flags)) => commands::start::run(&context, &flags),
        #[cfg(feature = "sandbox")]
        Some(Verb::Sandbox(flags)) => commands::sandbox::run(&context, &flags),
        Some(Verb::Init(flags)) => commands::set_up::init::run(&context, &flags),
        Some(Verb::Import(flags)) => commands::set_up::import::run(&context, &flags),
        Some(Verb::Explain(flags)) => commands::set_up::explain::run(&context, &flags),
        Some(Verb::Schema(flags)) => commands::set_up::schema::run(&context, &flags),
        Some(Verb::Completions(flags)) => commands::set_up::completions::run(&context, &flags),
        Some(Verb::Man(flags)) => commands::set_up::man::run(&context, &flags),
        Some(Verb::Help(flags)) => commands::set_up::help::run(&context, &flags),
        Some(Verb::Version(flags)) => commands::set_up::version::run(&context, &flags),
    }
}
