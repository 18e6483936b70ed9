//! `sortie plan`: read, check, expand, show. Offline: nothing is sent and no secret is resolved.

use std::io::Write as _;

use crate::cli::args::{self, Connection, PlanFormat};
use crate::cli::commands::Context;
use crate::cli::console::{Console, StdoutError};
use crate::cli::failure::Failure;
use crate::cli::inputs::{self, Target};
use crate::cli::manifest_files::ManifestFile;
use crate::cli::plan_forms::{self, Shown};
use crate::cli::standing::Standing;
use crate::cli::{manifest_files, stages, target};
use crate::clock::{Clock as _, SystemClock};
use crate::exit::ExitStatus;
use crate::plan;
use crate::source::Sources;

pub(crate) fn run(context: &Context, flags: &args::Plan) -> Result<ExitStatus, Failure> {
    show(context, manifest_files::read(&flags.path)?, &flags.inputs, &flags.connection, flags.format)
}

/// Shows the plan of the manifest in `file` for the profile that `connection` names. Also what `run --dry-run` does.
pub(super) fn show(
    context: &Context,
    file: ManifestFile,
    flags: &args::Inputs,
    connection: &Connection,
    format: PlanFormat,
) -> Result<ExitStatus, Failure> {
    show_for(context, file, flags, format, || {
        let Some((profile, base)) = target::for_plan(connection, &context.environment)? else {
            return Ok((Target::default(), None));
        };
        Ok((Target::of(&profile, &base), Some(base.as_str().to_owned())))
    })
}

/// Shows the plan of the manifest in `file` for what `target` gives, asked once the manifest is in order: what the plan
/// is for, and its address where it has one.
pub(super) fn show_for(
    context: &Context,
    file: ManifestFile,
    flags: &args::Inputs,
    format: PlanFormat,
    target: impl FnOnce() -> Result<(Target, Option<String>), Failure>,
) -> Result<ExitStatus, Failure> {
    let Context { console, talk, .. } = context;
    let mut sources = Sources::default();
    let spec = stages::spec(&mut sources, file);
    let spec = stages::or_complain(console, *talk, &sources, spec)?;
    let (target, base) = target()?;
    let standing = Standing::of(flags, None, spec.schedule.as_ref(), SystemClock::new().utc())?;
    let inputs = inputs::gather(context, flags, &mut sources, &spec, target, &standing)?;
    let plan = plan::expand(spec, &inputs, &mut sources);
    let plan = stages::or_complain(console, *talk, &sources, plan)?;
    let mut out = Console::data_stream();
    let redactor = console.redactor();
    plan_forms::write(format, &Shown { plan: &plan, inputs: &inputs, base: base.as_deref(), redactor }, &mut out)
        .and_then(|()| out.flush())
        .map_err(StdoutError::from)?;
    Ok(ExitStatus::Success)
}
