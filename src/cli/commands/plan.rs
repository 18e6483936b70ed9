//! `sortie plan`: read, check, expand, show. Offline: nothing is sent and no secret is resolved.

use std::io::Write as _;

use crate::cli::args::{self, ConnectionArgs, PlanFormat};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::inputs;
use crate::cli::input::manifest_files;
use crate::cli::input::manifest_files::ManifestFile;
use crate::cli::input::policy_files;
use crate::cli::output::console::colour::stdout_styles;
use crate::cli::output::console::{Console, StdoutError};
use crate::cli::output::diagnostics;
use crate::clock::{Clock as _, SystemClock};
use crate::exit::ExitStatus;
use crate::plan;
use crate::plan_forms::{self, PlanExtent, PlanView};
use crate::policy::PolicySet;
use crate::profile::{self, ProfileDefaults};
use crate::run::RunIdentity;
use crate::source::Sources;

pub(crate) fn run(context: &CommandContext, flags: &args::PlanArgs) -> Result<ExitStatus, Failure> {
    let extent = flags.extent.of(flags.format).map_err(|words| Failure::with_message(ExitStatus::Usage, words))?;
    let shape = PlanShape { format: flags.format, extent };
    show(context, manifest_files::read(&flags.path)?, &flags.inputs, &flags.connection, shape)
}

/// In which form a plan is shown, and how much of it.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct PlanShape {
    pub(in crate::cli) format: PlanFormat,
    pub(in crate::cli) extent: PlanExtent,
}

impl From<PlanFormat> for PlanShape {
    fn from(format: PlanFormat) -> Self {
        Self { format, extent: PlanExtent::Whole }
    }
}

/// Shows the plan of the manifest in `file` for the profile that `connection` names. Also what `run --dry-run` does.
pub(super) fn show(
    context: &CommandContext,
    file: ManifestFile,
    flags: &args::InputArgs,
    connection: &ConnectionArgs,
    shape: PlanShape,
) -> Result<ExitStatus, Failure> {
    show_for(context, file, flags, shape, || {
        let Some((profile, base)) = profile::for_plan(&connection.choice(), &context.environment)? else {
            return Ok((ProfileDefaults::default(), None));
        };
        Ok((ProfileDefaults::of(&profile, &base), Some(base.as_str().to_owned())))
    })
}

/// Shows the plan of the manifest in `file` for what `profile_defaults` gives, asked once the manifest is in order: what the plan
/// is for, and its address where it has one.
pub(super) fn show_for(
    context: &CommandContext,
    file: ManifestFile,
    flags: &args::InputArgs,
    shape: PlanShape,
    target: impl FnOnce() -> Result<(ProfileDefaults, Option<String>), Failure>,
) -> Result<ExitStatus, Failure> {
    let CommandContext { console, verbosity, .. } = context;
    let mut sources = Sources::default();
    let spec = diagnostics::spec(&mut sources, file);
    let spec = diagnostics::value_or_print(console, *verbosity, &sources, spec)?;
    let (target, base) = target()?;
    let identity = RunIdentity::of(&flags.identity(None), spec.schedule.as_ref(), SystemClock::new().utc())?;
    let policies = PolicySet::read(&policy_files::all(&target, &flags.policies)?, &mut sources);
    let policies = diagnostics::value_or_print(console, *verbosity, &sources, policies)?;
    let inputs = inputs::gather(context, flags, &mut sources, &spec, target, &identity)?;
    let plan = plan::expand_under(spec, &inputs, &mut sources, &policies);
    let plan = diagnostics::value_or_print(console, *verbosity, &sources, plan)?;
    let mut out = Console::data_stream();
    let redactor = console.redactor();
    let PlanShape { format, extent } = shape;
    let styles = stdout_styles();
    plan_forms::write(
        format.form(),
        &PlanView { plan: &plan, inputs: &inputs, base: base.as_deref(), redactor, extent, styles },
        &mut out,
    )
    .and_then(|()| out.flush())
    .map_err(StdoutError::from)?;
    Ok(ExitStatus::Success)
}
