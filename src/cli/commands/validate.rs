//! `sortie validate`: read, check, try out, say everything that is wrong. Offline: no network, no secret, and no profile
//! that was not named.

use std::path::{Path, PathBuf};

use crate::cli::args::{self, ParamArg, ValidateArgs, ValidateFormat};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::inputs;
use crate::cli::input::manifest_files::{self, ManifestFile, ManifestSearch};
use crate::cli::input::params::ParamVariables;
use crate::cli::input::policy_files;
use crate::cli::output::diagnostics;
use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::causes::with_causes;
use crate::diagnostic::escape::escape;
use crate::diagnostic::{Code, Diagnosed, Diagnostic, Severity};
use crate::exit::ExitStatus;
use crate::plan::{self, Inputs};
use crate::policy::PolicySet;
use crate::profile::{self, ProfileDefaults};
use crate::run::{RunIdentity, secret_in};
use crate::source::{Place, Sources};
use crate::spec::{Spec, UncheckedManifest};

mod checked_manifest;
mod names;
mod output;

use checked_manifest::{CheckedManifest, Validation};

pub(crate) fn run(context: &CommandContext, flags: &ValidateArgs) -> Result<ExitStatus, Failure> {
    let mut sources = Sources::default();
    match examine(context, flags, &mut sources) {
        Ok(validation) => {
            let is_valid = validation.checked.iter().all(CheckedManifest::is_valid);
            output::print(context, flags.format, &validation, &sources)?;
            Ok(if is_valid { ExitStatus::Success } else { ExitStatus::Usage })
        }
        // Nobody was told in the form that was asked for, and a build server shows nothing else.
        Err(failure) if flags.format != ValidateFormat::Text && failure.exit == ExitStatus::Usage => {
            output::print_refusal(context, flags, &failure, &mut sources)?;
            Err(failure)
        }
        Err(failure) => Err(failure),
    }
}

fn examine(context: &CommandContext, flags: &ValidateArgs, sources: &mut Sources) -> Result<Validation, Failure> {
    let ManifestSearch { files, others, near, unreadable, .. } = manifest_files::search(&flags.paths)?;
    let count = files.len();
    let mut checked = Vec::with_capacity(count + unreadable.len());
    for (path, error) in unreadable {
        if flags.format == ValidateFormat::Text {
            return Err(error.into());
        }
        let said = vec![output::unread(&path, Code::Unreadable, &with_causes(&error), sources)];
        checked.push(CheckedManifest { path, name: None, said });
    }
    let given = ValidationInputs::of(context, flags, count, sources)?;
    let mut is_used = FlagUsage::of(&flags.inputs);
    for file in files {
        checked.push(given.check(context, file, sources, &mut is_used)?);
    }
    is_used.refuse_the_rest(&checked)?;
    names::compare(&mut checked);
    for diagnostic in checked.iter_mut().flat_map(|checked| &mut checked.said) {
        if flags.strict && diagnostic.severity == Severity::Warning {
            diagnostic.severity = Severity::Error;
        }
    }
    // What fails comes first, then what may be wrong, then what was left open.
    checked.sort_by_key(|checked| checked.worst().map_or(usize::MAX, |worst| worst as usize));
    Ok(Validation { checked, others, near })
}

/// What every manifest is checked with.
struct ValidationInputs<'a> {
    inputs: &'a args::InputArgs,
    /// Whether there are several manifests, each of which takes of the inputs what is meant for it.
    is_for_many: bool,
    target: ProfileDefaults,
    /// The rules of a profile that was named, and of `--policy`.
    policies: PolicySet,
}

impl<'a> ValidationInputs<'a> {
    fn of(
        context: &CommandContext,
        flags: &'a ValidateArgs,
        count: usize,
        sources: &mut Sources,
    ) -> Result<Self, Failure> {
        let inputs = &flags.inputs;
        let is_for_many = count > 1;
        let files = inputs.data.iter().chain(&inputs.arguments).map(|given| &given.path).chain(&inputs.params_file);
        if is_for_many && files.into_iter().any(|path| path == Path::new("-")) {
            let words = "stdin can be read once, and there are several manifests\n  help: name one manifest, or a file";
            return Err(Failure::with_message(ExitStatus::Usage, words));
        }
        // A stranger's manifest meets nothing of this machine that nobody named.
        let is_named = flags.connection.profile.is_some() || flags.connection.config.is_some();
        let profile =
            if is_named { profile::for_plan(&flags.connection.choice(), &context.environment)? } else { None };
        let target = profile
            .as_ref()
            .map_or_else(ProfileDefaults::default, |(profile, base)| ProfileDefaults::of(profile, base));
        let policies = PolicySet::read(&policy_files::all(&target, &inputs.policies)?, sources);
        let policies = diagnostics::value_or_print(&context.console, context.verbosity, sources, policies)?;
        Ok(Self { inputs, is_for_many, target, policies })
    }

    fn check(
        &self,
        context: &CommandContext,
        file: ManifestFile,
        sources: &mut Sources,
        is_used: &mut FlagUsage,
    ) -> Result<CheckedManifest, Failure> {
        let path = PathBuf::from(&file.name);
        let read = diagnostics::read(sources, file);
        let name = read.value().and_then(UncheckedManifest::named).map(|(name, place)| (name.to_owned(), place));
        let (spec, mut said) = read.and_then(UncheckedManifest::check).into_parts();
        match spec {
            Some(spec) => {
                is_used.note(&spec);
                said.extend(self.try_out(context, spec, sources)?);
            }
            None => is_used.is_certain = false,
        }
        said.sort_by_key(|said| said.place);
        Ok(CheckedManifest { path, name, said })
    }

    /// What `plan` would say of `spec`, as far as its inputs are there.
    fn try_out(&self, context: &CommandContext, spec: Spec, sources: &mut Sources) -> Result<Vec<Diagnostic>, Failure> {
        let own = self.is_for_many.then(|| own_inputs(self.inputs, &spec));
        let flags = own.as_ref().unwrap_or(self.inputs);
        let identity = RunIdentity::of(&flags.identity(None), spec.schedule.as_ref(), SystemClock::new().utc())?;
        let target = self.target.clone();
        let inputs = inputs::collect(context, flags, ParamVariables::Ignored, None, sources, &spec, target, &identity)?;
        let root = spec.document.place(spec.document.root());
        let tried = inputs.and_then(|mut inputs| {
            if self.is_for_many {
                inputs.params.retain(|name, _| spec.params.iter().any(|param| param.name.as_ref() == name));
            }
            let secret = secret_among(context, &inputs, root);
            Diagnosed::new((), secret.into_iter().collect())
                .and_then(|()| plan::try_out_under(spec, &inputs, sources, &self.policies))
        });
        Ok(tried.into_parts().1)
    }
}

fn secret_among(context: &CommandContext, inputs: &Inputs, place: Place) -> Option<Diagnostic> {
    let (what, help) = secret_in(context.console.redactor(), inputs)?;
    Some(Diagnostic::error(Code::Secret, place, what).help(help).confidential())
}

/// Those of `flags` that are meant for `spec`.
fn own_inputs(flags: &args::InputArgs, spec: &Spec) -> args::InputArgs {
    let has_job = |name: &str| spec.jobs.iter().any(|job| job.name.as_ref() == name);
    let mut own = flags.clone();
    own.params.retain(|param| spec.params.iter().any(|declared| declared.name.as_ref() == param_name(param)));
    own.data.retain(|given| has_job(&given.job));
    own.arguments.retain(|given| has_job(&given.job));
    own.only.retain(|job| has_job(job));
    // It may name columns of one manifest alone.
    own.filter = None;
    own
}

fn param_name(param: &ParamArg) -> &str {
    match param {
        ParamArg::Text(name, _) | ParamArg::Json(name, _) => name,
    }
}

/// Which of the flags for one param or job were of use to some manifest.
struct FlagUsage {
    /// Each in words, and whether it was.
    flags: Vec<(InputFlag, bool)>,
    /// Whether every manifest could be read: else nobody knows.
    is_certain: bool,
}

enum InputFlag {
    Param(String),
    Job(String),
}

impl FlagUsage {
    fn of(flags: &args::InputArgs) -> Self {
        let params = flags.params.iter().map(|param| InputFlag::Param(param_name(param).to_owned()));
        let given = flags.data.iter().chain(&flags.arguments).map(|given| &given.job);
        let jobs = given.chain(&flags.only).map(|job| InputFlag::Job(job.clone()));
        Self { flags: params.chain(jobs).map(|flag| (flag, false)).collect(), is_certain: true }
    }

    fn note(&mut self, spec: &Spec) {
        for (flag, is_used) in &mut self.flags {
            *is_used |= match flag {
                InputFlag::Param(name) => spec.params.iter().any(|param| param.name.as_ref() == name),
                InputFlag::Job(name) => spec.jobs.iter().any(|job| job.name.as_ref() == name),
            };
        }
    }

    /// Refuses a flag that is meant for none of several manifests. Of one, its own complaint tells more.
    fn refuse_the_rest(&self, checked: &[CheckedManifest]) -> Result<(), Failure> {
        let unused = self.flags.iter().find(|(_, is_used)| !is_used).map(|(flag, _)| flag);
        let Some(flag) = unused.filter(|_| self.is_certain && checked.len() > 1) else { return Ok(()) };
        let words = match flag {
            InputFlag::Param(name) => format!("no manifest declares a param `{}`", escape(name)),
            InputFlag::Job(name) => format!("no manifest has a job `{}`", escape(name)),
        };
        Err(Failure::with_message(ExitStatus::Usage, words))
    }
}
