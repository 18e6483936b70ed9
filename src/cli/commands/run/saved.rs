//! `sortie run --plan`: a saved plan, held against today before anything else is done.
//!
//! In: its path, and what surrounds the process: the files that it was made of, where they were, and the profile. Out: the flags and
//! inputs of a run of exactly what was saved; or exit code 13 with what was, and what is. Never: a plan made anew.

use std::path::{Path, PathBuf};

use crate::cli::args::{InputArgs, JobFileArg, ParamArg, RunArgs};
use crate::cli::connect::target::{SANDBOX, TargetSpec};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::inputs;
use crate::cli::input::lock_file;
use crate::cli::input::manifest_files::{self, ManifestFile, STDIN};
use crate::cli::input::params::ParamVariables;
use crate::cli::input::saved_plan_file;
use crate::cli::output::diagnostics;
use crate::cli::output::not_begun::NotBegunReports;
use crate::cli::runtime::block_on;
use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::escape::escape;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::ledger::RunStore as _;
use crate::plan::{self, Inputs, ParamValue, Plan};
use crate::profile::ProfileDefaults;
use crate::run::{RunIdentity, RunServiceError, SlotSource, refuse_secrets};
use crate::saved_plan::{Approval, SavedPlan, changed_file};
use crate::source::Sources;

/// A saved plan that today's files and profile make again.
pub(super) struct VerifiedPlan {
    /// The manifest, as it was saved.
    pub(super) file: ManifestFile,
    /// The flags of the call, for what was saved.
    pub(super) flags: RunArgs,
    /// What it was made of.
    pub(super) approved: ApprovedInputs,
}

/// What a saved plan was made of, and what it was approved for.
pub(super) struct ApprovedInputs {
    /// Its inputs.
    pub(super) inputs: Inputs,
    /// What must still hold when its run begins.
    pub(super) approval: Approval,
}

/// The saved plan at `path`, if nothing that it depends on has changed.
pub(super) fn verify(
    context: &CommandContext,
    flags: &RunArgs,
    path: &Path,
    not_begun: &NotBegunReports<'_>,
) -> Result<VerifiedPlan, Failure> {
    refuse_other_inputs(flags)?;
    let saved = saved_plan_file::read(path)?;
    not_begun.set_name(&saved.name);
    not_begun.set_slot(saved.inputs.slot.map(|slot| slot.to_string()));
    let flags = flags_of(&saved, flags);
    if saved.target.profile == SANDBOX && !is_for_a_stand_in(&flags) {
        let words =
            "this plan was saved for a stand-in\n  help: run it with `--sandbox`, or save it with `--profile NAME`";
        return Err(Failure::with_message(ExitStatus::Usage, words));
    }
    let target_spec = TargetSpec::of(context, &flags)?;
    let target = target_spec.profile_defaults();
    not_begun.set_profile(&target.profile);
    let mut lines: Vec<String> = saved.out_of_date(SystemClock::new().utc()).into_iter().collect();
    match today(context, &flags, &saved, target)? {
        Ok(Today { inputs, plan }) => lines.extend(saved.differences(&inputs, plan.as_ref())),
        Err(unread) => lines.extend(unread),
    }
    let lock = lock_file::beside(&flags.path)?;
    lines.extend(changed_file("the lock file", saved.files.lock.as_ref(), lock.as_ref()));
    let inputs = Inputs { sortie: env!("CARGO_PKG_VERSION").to_owned(), ..saved.inputs.clone() };
    if lines.is_empty() {
        lines.extend(other_launches(&saved, &inputs));
    }
    if !lines.is_empty() {
        let begun = begun_run(context, &flags, &target_spec, &saved);
        return Err(RunServiceError::StalePlan { lines, begun }.into());
    }
    refuse_secrets(context.console.redactor(), &inputs)?;
    let file = ManifestFile { name: inputs.manifest.clone(), bytes: inputs.text.clone().into_bytes() };
    Ok(VerifiedPlan { file, flags, approved: ApprovedInputs { inputs, approval: saved.approval() } })
}

/// The run of this ledger that was begun with `saved`, where that can be told: nobody may take it for one that was never begun.
fn begun_run(context: &CommandContext, flags: &RunArgs, target: &TargetSpec, saved: &SavedPlan) -> Option<RunId> {
    let identity = match saved.inputs.slot {
        Some(slot) => RunIdentity::Slot(slot, SlotSource::Named),
        None => RunIdentity::Key(saved.run_key()),
    };
    let run = identity.run_id(target.tenant()?.as_str(), &saved.name)?;
    let ledger = target.ledger(context, flags.ledger.path.as_ref()).ok()?;
    let found = block_on(async { Ok(ledger.open_to_read().await?.find_runs(&run.to_string(), 1).await?) });
    found.is_ok_and(|found| !found.is_empty()).then_some(run)
}

/// What the saved plan would be if it were made today.
struct Today {
    inputs: Inputs,
    /// Its plan, where one can be made.
    plan: Option<Plan>,
}

/// What today's files and profile make of what was typed then; or why they make nothing, in lines.
fn today(
    context: &CommandContext,
    flags: &RunArgs,
    saved: &SavedPlan,
    target: ProfileDefaults,
) -> Result<Result<Today, Vec<String>>, Failure> {
    let name = escape(&saved.inputs.manifest);
    let file = if saved.inputs.manifest == STDIN {
        // It is in the plan, and nowhere else.
        ManifestFile { name: STDIN.to_owned(), bytes: saved.inputs.text.clone().into_bytes() }
    } else {
        match manifest_files::read(&flags.path) {
            Ok(file) => file,
            Err(error) => {
                let words = format!(
                    "the manifest: {} (from the folder in which this was typed)",
                    Failure::from(error).in_a_line()
                );
                return Ok(Err(vec![words]));
            }
        }
    };
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let mut sources = Sources::default();
    let (spec, said) = diagnostics::spec(&mut sources, file).into_parts();
    let Some(spec) = spec else {
        let inputs = Inputs { text, ..saved.inputs.clone() };
        let mut lines = saved.differences(&inputs, None);
        lines.push(format!("the manifest `{name}` is not valid now: {}", diagnostics::in_short(&sources, &said)));
        return Ok(Err(lines));
    };
    let identity = RunIdentity::of(&flags.inputs.identity(None), spec.schedule.as_ref(), SystemClock::new().utc())?;
    let piped = Some(&saved.inputs);
    let variables = ParamVariables::Taken;
    let collected = inputs::collect(context, &flags.inputs, variables, piped, &mut sources, &spec, target, &identity)?;
    let (inputs, said) = collected.into_parts();
    let Some(inputs) = inputs else { return Ok(Err(errors(&said))) };
    // Only what has changed need be planned to say how.
    let is_same = Inputs { sortie: saved.inputs.sortie.clone(), ..inputs.clone() } == saved.inputs;
    let plan = if is_same { None } else { plan::expand(spec, &inputs, &mut sources).into_parts().0 };
    Ok(Ok(Today { inputs, plan }))
}

/// What is said where another version of sortie makes other launches of the same inputs.
fn other_launches(saved: &SavedPlan, inputs: &Inputs) -> Option<String> {
    // Whoever saved it has made the same plan of the same inputs.
    if inputs.sortie == saved.inputs.sortie {
        return None;
    }
    let (_, made) = plan::make(inputs);
    let is_same = made.into_parts().0.is_some_and(|plan| plan.digest() == saved.plan.digest);
    (!is_same).then(|| {
        let (was, is) = (escape(&saved.inputs.sortie), &inputs.sortie);
        format!("sortie: was {was}, is {is}, which makes other launches of the same inputs")
    })
}

/// The flags of `flags` for the run of `saved`.
fn flags_of(saved: &SavedPlan, flags: &RunArgs) -> RunArgs {
    let typed = &saved.typed;
    let param = |(name, value): (&String, &ParamValue)| match value {
        ParamValue::Text(text) => ParamArg::Text(name.clone(), text.clone()),
        ParamValue::Json(json) => ParamArg::Json(name.clone(), json.clone()),
    };
    let given = |(job, path): (&String, &PathBuf)| JobFileArg { job: job.clone(), path: path.clone() };
    let slot = saved.inputs.slot.map(|slot| slot.to_string());
    let inputs = InputArgs {
        params: typed.params.iter().map(param).collect(),
        params_file: typed.params_file.clone(),
        data: typed.data.iter().map(given).collect(),
        arguments: typed.arguments.iter().map(given).collect(),
        logical_time: slot.is_none().then(|| saved.inputs.time.to_string()),
        only: saved.inputs.only.clone(),
        filter: saved.inputs.filter.clone(),
        // Rules of today, which the plan must keep too.
        policies: flags.inputs.policies.clone(),
        slot: slot.clone(),
    };
    let manifest = &saved.inputs.manifest;
    let path = if manifest == STDIN { PathBuf::from("-") } else { PathBuf::from(manifest) };
    // A slot is one run whoever asks for it; without one, the file is.
    let key = slot.is_none().then(|| saved.run_key());
    let mut flags = RunArgs { path, inputs, key, ..flags.clone() };
    if flags.connection.profile.is_none() && !is_for_a_stand_in(&flags) {
        flags.connection.profile = Some(saved.target.profile.clone());
    }
    flags
}

#[cfg(feature = "sandbox")]
fn is_for_a_stand_in(flags: &RunArgs) -> bool {
    flags.sandbox_target.sandbox
}

#[cfg(not(feature = "sandbox"))]
fn is_for_a_stand_in(_: &RunArgs) -> bool {
    false
}

/// The errors among `said`, a line each.
fn errors(said: &[Diagnostic]) -> Vec<String> {
    said.iter().filter(|said| said.severity == Severity::Error).map(|said| said.what.clone()).collect()
}

/// Refuses flags that would make another plan, or another run, of what was approved.
fn refuse_other_inputs(flags: &RunArgs) -> Result<(), Failure> {
    let RunArgs { inputs, paths, key, catch_up, .. } = flags;
    let given = [
        (!paths.is_empty(), "a manifest"),
        (!inputs.params.is_empty(), "--param"),
        (inputs.params_file.is_some(), "--params-file"),
        (!inputs.data.is_empty(), "--data"),
        (!inputs.arguments.is_empty(), "--arguments"),
        (inputs.logical_time.is_some(), "--logical-time"),
        (inputs.slot.is_some(), "--slot"),
        (!inputs.only.is_empty(), "--only"),
        (inputs.filter.is_some(), "--filter"),
        (key.is_some(), "--run-key"),
        (catch_up.is_some(), "--catch-up"),
    ];
    let Some((_, what)) = given.into_iter().find(|(is_given, _)| *is_given) else { return Ok(()) };
    let words = format!(
        "--plan runs exactly what was saved, and {what} would make it something else\n  help: leave it out, or save another plan: \
         `sortie plan MANIFEST --out FILE`"
    );
    Err(Failure::with_message(ExitStatus::Usage, words))
}
