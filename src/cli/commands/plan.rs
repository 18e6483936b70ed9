//! `sortie plan`: read, check, expand, save, show. Offline, unless `--online` asks what names are: nothing is started and no secret of
//! the manifest is resolved.

mod save;

use std::io::Write as _;

use crate::cli::args::{self, ConnectionArgs, PlanFormat};
use crate::cli::connect::ledger_place::LedgerPlace;
#[cfg(feature = "sandbox")]
use crate::cli::connect::target::TargetSpec;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::inputs;
use crate::cli::input::manifest_files;
use crate::cli::input::manifest_files::ManifestFile;
use crate::cli::input::policy_files;
use crate::cli::output::console::colour::stdout_styles;
use crate::cli::output::console::{Console, StdoutError};
use crate::cli::output::diagnostics;
use crate::cli::runtime::block_on;
use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::Diagnostic;
use crate::exit::ExitStatus;
use crate::ledger;
use crate::plan::{self, Inputs, Plan};
use crate::plan_forms::{self, PlanExtent, PlanView};
use crate::policy::PolicySet;
use crate::profile::{self, ProfileDefaults};
use crate::run::{RunIdentity, renamed_jobs};
use crate::source::Sources;

pub(crate) fn run(context: &CommandContext, flags: &args::PlanArgs) -> Result<ExitStatus, Failure> {
    let extent = flags.extent.of(flags.format).map_err(|words| Failure::with_message(ExitStatus::Usage, words))?;
    let shape = PlanShape { format: flags.format, extent };
    save::check(flags)?;
    let file = manifest_files::read(&flags.path)?;
    let saved = |sources: &Sources, plan: &Plan, inputs: &Inputs| save::save(context, flags, sources, plan, inputs);
    #[cfg(feature = "sandbox")]
    if flags.saving.sandbox {
        let sandbox_target =
            args::SandboxTargetArgs { sandbox: true, world: flags.saving.world.clone(), ..Default::default() };
        let target = args::RunArgs { sandbox_target, ..args::RunArgs::default() };
        let target = || Ok((TargetSpec::of(context, &target)?.profile_defaults(), None));
        return show_for(context, file, &flags.inputs, shape, target, saved);
    }
    show_for(context, file, &flags.inputs, shape, || of_profile(context, &flags.connection), saved)
}

/// What the profile that `connection` names means to a plan, and its address; all empty where nothing says where to connect.
fn of_profile(
    context: &CommandContext,
    connection: &ConnectionArgs,
) -> Result<(ProfileDefaults, Option<String>), Failure> {
    let Some((profile, base)) = profile::for_plan(&connection.choice(), &context.environment)? else {
        return Ok((ProfileDefaults::default(), None));
    };
    Ok((ProfileDefaults::of(&profile, &base), Some(base.as_str().to_owned())))
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
    show_for(context, file, flags, shape, || of_profile(context, connection), |_, _, _| Ok(()))
}

/// Shows the plan of the manifest in `file` for what `profile_defaults` gives, asked once the manifest is in order: what the plan
/// is for, and its address where it has one. Before it is shown it goes to `saved`.
pub(super) fn show_for(
    context: &CommandContext,
    file: ManifestFile,
    flags: &args::InputArgs,
    shape: PlanShape,
    target: impl FnOnce() -> Result<(ProfileDefaults, Option<String>), Failure>,
    saved: impl FnOnce(&Sources, &Plan, &Inputs) -> Result<(), Failure>,
) -> Result<ExitStatus, Failure> {
    let CommandContext { console, verbosity, .. } = context;
    let mut sources = Sources::default();
    let spec = diagnostics::spec(&mut sources, file);
    let spec = diagnostics::value_or_print(console, *verbosity, &sources, spec)?;
    let (target, base) = target()?;
    let identity = RunIdentity::of(&flags.identity(None), spec.schedule.as_ref(), SystemClock::new().utc())?;
    let policies = PolicySet::read(&policy_files::all(&target, &flags.policies)?, &mut sources);
    let policies = diagnostics::value_or_print(console, *verbosity, &sources, policies)?;
    let tenant = target.tenant_identity.clone();
    let inputs = inputs::gather(context, flags, &mut sources, &spec, target, &identity)?;
    let plan = plan::expand_under(spec, &inputs, &mut sources, &policies);
    let plan = diagnostics::value_or_print(console, *verbosity, &sources, plan)?;
    let renamed = renamed_by_ledger(context, &tenant, &plan);
    diagnostics::print(console, *verbosity, &sources, renamed);
    saved(&sources, &plan, &inputs)?;
    write(context, &plan, &inputs, base.as_deref(), shape)
}

/// Shows `plan`, which `inputs` made, for the server at `base`.
pub(super) fn write(
    context: &CommandContext,
    plan: &Plan,
    inputs: &Inputs,
    base: Option<&str>,
    shape: PlanShape,
) -> Result<ExitStatus, Failure> {
    let mut out = Console::data_stream();
    let PlanShape { format, extent } = shape;
    let (styles, redactor) = (stdout_styles(), context.console.redactor());
    plan_forms::write(format.form(), &PlanView { plan, inputs, base, redactor, extent, styles }, &mut out)
        .and_then(|()| out.flush())
        .map_err(StdoutError::from)?;
    Ok(ExitStatus::Success)
}

/// What the ledger of this machine, if there is one, tells of jobs that seem to have another name now. A plan needs no ledger: one
/// that cannot be read tells nothing.
fn renamed_by_ledger(context: &CommandContext, tenant: &str, plan: &Plan) -> Vec<Diagnostic> {
    let Some(path) = LedgerPlace::lasting(None, &context.environment).ok().map(|place| place.path()) else {
        return Vec::new();
    };
    if tenant.is_empty() || !plan.starts_any_once() || !path.exists() {
        return Vec::new();
    }
    let read = block_on(async { Ok(renamed_jobs(&ledger::open_to_read(&path).await?, tenant, plan).await?) });
    read.unwrap_or_default()
}
