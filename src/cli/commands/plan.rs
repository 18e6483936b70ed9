//! `sortie plan`: read, check, expand, show. Offline: nothing is sent and no secret is resolved.

use std::io::Write as _;

use crate::cli::args::{self, Connection, PlanFormat};
use crate::cli::commands::Context;
use crate::cli::console::StdoutError;
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
    let profile = target::for_plan(connection, &context.environment)?;
    let target = profile.as_ref().map_or_else(Target::default, |(profile, base)| Target::of(profile, base));
    let base = profile.as_ref().map(|(_, base)| base.as_str());
    show_for(context, file, flags, target, base, format)
}

/// Shows the plan of the manifest in `file` for `target`, whose address is `base` where it has one.
pub(super) fn show_for(
    context: &Context,
    file: ManifestFile,
    flags: &args::Inputs,
    target: Target,
    base: Option<&str>,
    format: PlanFormat,
) -> Result<ExitStatus, Failure> {
    let Context { console, talk, .. } = context;
    let mut sources = Sources::default();
    let spec = stages::spec(&mut sources, file);
    let spec = stages::or_complain(console, *talk, &sources, spec)?;
    let standing = Standing::of(flags, None, spec.schedule.as_ref(), SystemClock::new().utc())?;
    let inputs = inputs::gather(context, flags, &mut sources, &spec, target, &standing)?;
    let plan = plan::expand(spec, &inputs, &mut sources);
    let plan = stages::or_complain(console, *talk, &sources, plan)?;
    let mut out = console.data_stream();
    plan_forms::write(format, &Shown { plan: &plan, inputs: &inputs, base }, &mut out)
        .and_then(|()| out.flush())
        .map_err(StdoutError::from)?;
    Ok(ExitStatus::Success)
}
