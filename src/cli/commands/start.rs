//! `sortie start`: a manifest of one launch, made from flags, on the way of every other manifest.

use std::path::PathBuf;

use crate::cli::args::{self, Param};
use crate::cli::commands::{Context, run as run_command};
use crate::cli::failure::Failure;
use crate::cli::manifest_files::ManifestFile;
use crate::cli::stages::{self, OF_START};
use crate::exit::ExitStatus;
use crate::source::Sources;

mod manifest;

use manifest::{Given, Value, manifest};

pub(crate) fn run(context: &Context, flags: &args::Start) -> Result<ExitStatus, Failure> {
    if flags.wait {
        let words = "`--wait` is not in this version yet\n  help: Orchestrator shows the robot job that was started";
        return Err(Failure::said(ExitStatus::Usage, words));
    }
    let text = manifest(&given(flags)?);
    let file = || ManifestFile { name: OF_START.to_owned(), bytes: text.clone().into_bytes() };
    if flags.print {
        let mut sources = Sources::default();
        let spec = stages::spec(&mut sources, file());
        stages::or_complain(&context.console, context.talk, &sources, spec)?;
        context.console.data(&text)?;
        return Ok(ExitStatus::Success);
    }
    let launch = args::Run {
        path: PathBuf::from(OF_START),
        connection: flags.connection.clone(),
        dry: flags.dry,
        safety: flags.safety,
        key: flags.key.clone(),
        first: flags.first,
        pacing: args::Pacing { ignore_pause: flags.ignore_pause, ..args::Pacing::default() },
        reporting: flags.reporting.clone(),
        ledger: flags.ledger.clone(),
        #[cfg(feature = "sandbox")]
        stand_in: flags.stand_in.clone(),
        ..args::Run::default()
    };
    run_command::launch(context, &launch, Ok(file()))
}

fn given(flags: &args::Start) -> Result<Given<'_>, Failure> {
    let mut arguments: Vec<(&str, Value<'_>)> = Vec::new();
    for argument in &flags.arguments {
        let (name, value) = match argument {
            Param::Text(name, text) => (name, Value::Text(text)),
            Param::Json(name, json) => (name, Value::Json(json)),
        };
        if arguments.iter().any(|(known, _)| known == name) {
            return Err(Failure::said(ExitStatus::Usage, format!("--arg {name} is given twice")));
        }
        arguments.push((name, value));
    }
    Ok(Given {
        release: &flags.release,
        folder: flags.folder.as_deref(),
        robots: flags.robots.iter().map(String::as_str).collect(),
        count: flags.count,
        runtime: flags.runtime.as_deref(),
        priority: flags.priority.as_deref(),
        arguments,
    })
}
