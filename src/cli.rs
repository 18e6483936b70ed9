//! The command line: the only place that prints.
//!
//! In: the process's arguments and environment. Out: an [`ExitStatus`], data on stdout, talk on stderr.
//! Never: decides what a launch means; it calls the stages and shows what they return.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::exit::ExitStatus;
use crate::secret::Secret;

mod args;
mod argv;
mod at_work;
mod commands;
mod console;
mod data_files;
mod difference;
mod environment;
mod failure;
mod found_run;
mod home;
mod inputs;
mod ledger_place;
mod left_over;
mod links;
mod locks;
mod logs;
mod look_up;
mod manifest_files;
mod manifest_reports;
mod masked;
mod not_begun;
mod params;
mod plan_forms;
mod profile;
mod progress;
mod report_files;
mod report_out;
#[cfg(feature = "sandbox")]
mod sandbox_world;
mod secrets;
mod session;
mod signals;
mod site;
mod spared;
mod stages;
mod standing;
mod standing_file;
mod target;
mod terms;
mod work;

use args::{Args, Repeated, Verb};
use argv::Typed;
use at_work::AtWork;
use commands::Context;
use console::Console;
use environment::Environment;
use failure::Failure;

/// Carries out what this process was asked for. Every panic below becomes exit status 1, its words redacted.
#[must_use]
pub fn main() -> ExitStatus {
    let console = Console::default();
    let environment = Environment::of_process();
    for name in profile::SECRET_NAMES {
        if let Some(text) = environment.get(name) {
            console.redactor().learn(&Secret::new(text.to_owned()));
        }
    }
    logs::install_panic_hook(&console);
    let arguments = std::env::args_os().collect();
    let ended = catch_unwind(AssertUnwindSafe(|| carry_out(&console, environment, arguments)));
    match ended {
        Ok(Ok(exit)) => exit,
        Ok(Err(Failure { exit, words, .. })) => {
            if let Some(words) = words {
                console.say(&format!("error: {words}"));
            }
            exit
        }
        // The hook has said everything.
        Err(_) => ExitStatus::Fault,
    }
}

fn carry_out(console: &Console, environment: Environment, arguments: Vec<OsString>) -> Result<ExitStatus, Failure> {
    let environment = home::of_environment(environment)?;
    let Args { verb, loudness } = match argv::parse(arguments, console.redactor())? {
        Typed::Command(mut args) => {
            home::expand_all(args.paths(), &environment)?;
            *args
        }
        Typed::Text(text) => {
            console.data(&text)?;
            return Ok(ExitStatus::Success);
        }
    };
    let talk = loudness.talk();
    logs::install(console, talk, environment.get("SORTIE_LOG"))
        .map_err(|error| Failure::said(ExitStatus::Usage, format!("SORTIE_LOG cannot be read: {error}")))?;
    let repeated = verb.as_ref().map(Repeated::of).unwrap_or_default();
    let context = Context { console: console.clone(), environment, talk, repeated, at_work: AtWork::default() };
    match verb {
        None => commands::welcome::run(&context),
        Some(Verb::Validate(flags)) => commands::validate::run(&context, &flags),
        Some(Verb::Plan(flags)) => commands::plan::run(&context, &flags),
        Some(Verb::Run(flags)) => commands::run::run(&context, &flags),
        Some(Verb::Resume(flags)) => commands::resume::run(&context, &flags),
        Some(Verb::Reconcile(flags)) => commands::reconcile::run(&context, &flags),
        Some(Verb::Rerun(flags)) => commands::rerun::run(&context, &flags),
        Some(Verb::Runs(flags)) => commands::runs::run(&context, &flags),
        Some(Verb::Report(flags)) => commands::report::run(&context, &flags),
        Some(Verb::Start(flags)) => commands::start::run(&context, &flags),
        #[cfg(feature = "sandbox")]
        Some(Verb::Sandbox(flags)) => commands::sandbox::run(&context, &flags),
        Some(Verb::Schema(flags)) => commands::schema::run(&context, &flags),
    }
}
