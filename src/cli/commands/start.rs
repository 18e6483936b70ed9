//! `sortie start`: a manifest of one launch, made from flags, on the way of every other manifest.

use std::path::PathBuf;

use crate::cli::args::{self, ParamArg};
use crate::cli::commands::run::one_manifest;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::manifest_files::ManifestFile;
use crate::cli::output::diagnostics::{self, OF_START};
use crate::exit::ExitStatus;
use crate::launch::WaitOverride;
use crate::source::Sources;
use crate::spec::start_manifest::{ArgumentValue, StartFields, StartWait, manifest};

pub(crate) fn run(context: &CommandContext, flags: &args::StartArgs) -> Result<ExitStatus, Failure> {
    let text = manifest(&given(flags)?);
    let file = || ManifestFile { name: OF_START.to_owned(), bytes: text.clone().into_bytes() };
    if flags.print {
        let mut sources = Sources::default();
        let spec = diagnostics::spec(&mut sources, file());
        diagnostics::value_or_print(&context.console, context.verbosity, &sources, spec)?;
        context.console.data(&text)?;
        return Ok(ExitStatus::Success);
    }
    let inputs = args::InputArgs { policies: flags.policy.policies.clone(), ..args::InputArgs::default() };
    let launch = args::RunArgs {
        inputs,
        path: PathBuf::from(OF_START),
        connection: flags.connection.clone(),
        dry: flags.dry,
        confirm: flags.confirm,
        safety: flags.safety,
        waiting: flags.waiting,
        key: flags.key.clone(),
        first: flags.first,
        pacing: args::PacingArgs { ignore_pause: flags.ignore_pause, ..args::PacingArgs::default() },
        reporting: flags.reporting.clone(),
        events: flags.events.clone(),
        metrics: flags.metrics.clone(),
        ledger: flags.ledger.clone(),
        #[cfg(feature = "sandbox")]
        sandbox_target: flags.stand_in.clone(),
        ..args::RunArgs::default()
    };
    one_manifest::launch(context, &launch, Ok(file())).map(|launched| launched.exit)
}

fn given(flags: &args::StartArgs) -> Result<StartFields<'_>, Failure> {
    let mut arguments: Vec<(&str, ArgumentValue<'_>)> = Vec::new();
    for argument in &flags.arguments {
        let (name, value) = match argument {
            ParamArg::Text(name, text) => (name, ArgumentValue::Text(text)),
            ParamArg::Json(name, json) => (name, ArgumentValue::Json(json)),
        };
        if arguments.iter().any(|(known, _)| known == name) {
            return Err(Failure::with_message(ExitStatus::Usage, format!("--arg {name} is given twice")));
        }
        arguments.push((name, value));
    }
    Ok(StartFields {
        release: &flags.release,
        folder: flags.folder.as_deref(),
        robots: flags.robots.iter().map(String::as_str).collect(),
        count: flags.count,
        runtime: flags.runtime.as_deref(),
        priority: flags.priority.as_deref(),
        arguments,
        wait: wait(flags.waiting.choice()),
    })
}

fn wait(choice: WaitOverride) -> Option<StartWait> {
    match (choice.waits?, choice.timeout) {
        (true, Some(span)) => Some(StartWait::For(span)),
        (true, None) => Some(StartWait::Always),
        (false, _) => Some(StartWait::Never),
    }
}
