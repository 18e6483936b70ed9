//! `sortie plan --out`: the plan in a file, for somebody to approve and `run --plan` to run.
//!
//! In: a plan that is in order, its inputs, flags. Out: a file, whole or not at all. Never: a launch; where the server is asked, it is
//! asked what its names are.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::args::{InputArgs, ParamArg, PlanArgs};
use crate::cli::connect::connector::RunConnector;
use crate::cli::connect::target::TargetSpec;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::lock_file;
use crate::cli::output::diagnostics;
use crate::cli::output::private_file::{PrivateFile, PrivateFileError, PrivateFileKind};
use crate::cli::runtime::block_on;
use crate::clock::{Clock as _, SharedClock, SystemClock, Timestamp};
use crate::diagnostic::escape::escape;
use crate::diagnostic::shell::word;
use crate::exit::ExitStatus;
use crate::launch::SendMode;
use crate::plan::{Inputs, ParamValue, Plan};
use crate::resolve::{self, ResolvedName};
use crate::run::{Connector as _, Overrides, RunServiceError, look_up};
use crate::saved_plan::{SavedBy, SavedPlan, TypedInputs};
use crate::source::Sources;

/// Maximum time for which a plan may be approved: what is older is nobody's intention any more.
const MAX_EXPIRY: Duration = Duration::from_secs(30 * 24 * 3600);

/// Refuses flags that cannot be meant, before anything is read.
pub(super) fn check(flags: &PlanArgs) -> Result<(), Failure> {
    let usage = |words: String| Err(Failure::with_message(ExitStatus::Usage, words));
    if flags.saving.out.is_none() {
        return Ok(());
    }
    if flags.saving.expires > MAX_EXPIRY {
        return usage("--expires: a saved plan holds for at most 30d".to_owned());
    }
    if flags.saving.expires.is_zero() {
        return usage("--expires: such a plan would have expired before anybody has read it".to_owned());
    }
    if flags.inputs.params_file.as_deref() == Some(Path::new("-")) {
        let words = "--out needs the params in a file: what comes from stdin cannot be read again when the plan is run\n  help: \
                     `--params-file FILE`";
        return usage(words.to_owned());
    }
    Ok(())
}

/// Saves `plan`, which `inputs` made, where `flags` say.
pub(super) fn save(
    context: &CommandContext,
    flags: &PlanArgs,
    sources: &Sources,
    plan: &Plan,
    inputs: &Inputs,
) -> Result<(), Failure> {
    let Some(path) = &flags.saving.out else { return Ok(()) };
    if inputs.profile.is_empty() {
        let words = "a saved plan says where it runs, and nothing says where to connect\n  help: `--profile NAME`, or `--sandbox` \
                     to try it on a stand-in";
        return Err(Failure::with_message(ExitStatus::Usage, words));
    }
    let mut file = PrivateFile::beside(path, PrivateFileKind::Plan)?;
    let now = SystemClock::new().utc();
    let expires = now.checked_add(flags.saving.expires).expect("at most a month from now");
    let made = SavedBy {
        id: format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..)),
        at: now,
        sortie: env!("CARGO_PKG_VERSION").to_owned(),
        user: ["USER", "LOGNAME"].iter().find_map(|name| context.environment.get(name)).map(str::to_owned),
        host: CommandContext::host(),
    };
    let lock = lock_file::beside(&flags.path)?;
    let mut saved = SavedPlan::new(plan, inputs.clone(), typed(&flags.inputs), made, whole_seconds(expires), lock);
    if flags.saving.online {
        saved.names = Some(names(context, flags, sources, plan)?);
    }
    let text = saved.to_text().map_err(|error| Failure::new(ExitStatus::Usage, &error))?;
    let path = path.display().to_string();
    file.writer()
        .write_all(text.as_bytes())
        .map_err(|source| PrivateFileError::Unwritten { path: path.clone().into(), source })?;
    file.keep()?;
    #[cfg(feature = "sandbox")]
    let stand_in = if flags.saving.sandbox { " --sandbox" } else { "" };
    #[cfg(not(feature = "sandbox"))]
    let stand_in = "";
    context.tell(&format!(
        "the plan is in `{}`, and holds until {}: `sortie run --plan {}{stand_in}`",
        escape(&path),
        saved.expires,
        word(&path)
    ));
    Ok(())
}

/// What was typed beside the manifest.
fn typed(flags: &InputArgs) -> TypedInputs {
    let param = |param: &ParamArg| match param {
        ParamArg::Text(name, text) => (name.clone(), ParamValue::Text(text.clone())),
        ParamArg::Json(name, json) => (name.clone(), ParamValue::Json(json.clone())),
    };
    TypedInputs {
        params: flags.params.iter().map(param).collect(),
        params_file: flags.params_file.clone(),
        data: flags.data.iter().map(|given| (given.job.clone(), given.path.clone())).collect(),
        arguments: flags.arguments.iter().map(|given| (given.job.clone(), given.path.clone())).collect(),
    }
}

/// What the server has under the names of `plan`. A name that it does not have is an error at its place, as for a run.
fn names(
    context: &CommandContext,
    flags: &PlanArgs,
    sources: &Sources,
    plan: &Plan,
) -> Result<Vec<ResolvedName>, Failure> {
    let clock: SharedClock = Arc::new(SystemClock::new());
    let target = TargetSpec::of_profile(context, &flags.connection)?.into_target(plan, &clock)?;
    let connector = RunConnector::to(context, &flags.connection, target);
    let timeouts = connector.destination(None).map_err(RunServiceError::from)?.timeouts;
    let settings = Overrides::default().apply_to(plan.limits(), timeouts, SendMode::Off);
    let client = connector.client(&settings, &clock).map_err(RunServiceError::from)?;
    let directory = block_on(async {
        client.sign_in().await.map_err(RunServiceError::from)?;
        Ok(look_up(&client, plan).await.map_err(RunServiceError::from)?)
    })?;
    let is_refused = !directory.refused_by_folder.is_empty();
    let said = resolve::complaints(plan, &directory);
    let diagnosed = crate::diagnostic::Diagnosed::new(resolve::resolved_names(plan, &directory), said);
    let exit = if is_refused { ExitStatus::Login } else { ExitStatus::Usage };
    diagnostics::value_or_print(&context.console, context.verbosity, sources, diagnosed)
        .map_err(|failure| Failure { exit, ..failure })
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).expect("its seconds are in range")
}
