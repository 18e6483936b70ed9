//! What a plan depends on, gathered: flags, a params file, the allowed environment, the clock, the profile.
//!
//! In: flags and what surrounds the process. Out: [`InputArgs`]. Never: a variable that the manifest does not list, or a
//! secret: what holds the value of one is refused, since the ledger keeps the inputs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::cli::args::{self, JobFileArg};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::data_files;
use crate::cli::input::manifest_files;
use crate::cli::input::params::{self, ParamVariables};
use crate::cli::output::diagnostics;
use crate::clock::{Clock as _, SystemClock, Timestamp};
use crate::diagnostic::Diagnosed;
use crate::exit::ExitStatus;
use crate::plan::{self, Inputs, RowsInput};
use crate::profile::ProfileDefaults;
use crate::run::{RunIdentity, parse_logical_time, refuse_secrets};
use crate::source::Sources;
use crate::spec::Spec;

/// The inputs of `spec`'s plan. `sources` holds its text, and gains that of the params file.
pub(crate) fn gather(
    context: &CommandContext,
    flags: &args::InputArgs,
    sources: &mut Sources,
    spec: &Spec,
    target: ProfileDefaults,
    identity: &RunIdentity,
) -> Result<Inputs, Failure> {
    let inputs = collect(context, flags, ParamVariables::Taken, None, sources, spec, target, identity)?;
    let inputs = diagnostics::value_or_print(&context.console, context.verbosity, sources, inputs)?;
    refuse_secrets(context.console.redactor(), &inputs)?;
    Ok(inputs)
}

/// The same, with whatever is wrong in a file as complaints. What came from stdin is that of `piped`, where that is given: nobody can
/// read it again.
#[expect(clippy::too_many_arguments, reason = "a plan depends on all of them")]
pub(crate) fn collect(
    context: &CommandContext,
    flags: &args::InputArgs,
    variables: ParamVariables,
    piped: Option<&Inputs>,
    sources: &mut Sources,
    spec: &Spec,
    target: ProfileDefaults,
    identity: &RunIdentity,
) -> Result<Diagnosed<Inputs>, Failure> {
    let given = without_files(context, flags, variables, piped, sources, spec, target, identity)?;
    let manifest_path = path_of(sources, spec);
    Ok(given.and_then(|mut inputs| {
        data_files::fill(spec, &mut inputs, &manifest_path).and_then(|()| Diagnosed::new(inputs, Vec::new()))
    }))
}

/// The same without the files beside the manifest.
#[expect(clippy::too_many_arguments, reason = "a plan depends on all of them")]
pub(crate) fn without_files(
    context: &CommandContext,
    flags: &args::InputArgs,
    variables: ParamVariables,
    piped: Option<&Inputs>,
    sources: &mut Sources,
    spec: &Spec,
    target: ProfileDefaults,
    identity: &RunIdentity,
) -> Result<Diagnosed<Inputs>, Failure> {
    if piped.is_none() {
        one_reads_stdin(flags, &path_of(sources, spec))?;
    }
    let mut said = context.logins.check_env(spec, &context.environment);
    let (params, more) = params::gather(context, flags, variables, sources, spec)?.into_parts();
    said.extend(more);
    let (arguments, more) = arguments(sources, &flags.arguments, piped)?.into_parts();
    said.extend(more);
    let manifest = sources.get(spec.document.source());
    let env = spec.env.iter().filter_map(|name| Some((name.to_string(), context.environment.raw(name)?.to_owned())));
    let inputs = Inputs {
        sortie: env!("CARGO_PKG_VERSION").to_owned(),
        manifest: manifest.name().to_owned(),
        text: manifest.text().to_string(),
        params: params.unwrap_or_default(),
        env: env.collect(),
        // Whoever stands for a slot plans for it, whenever it comes to do so.
        time: identity.slot().map_or_else(|| logical_time(flags.logical_time.as_deref()), Ok)?,
        slot: identity.slot(),
        profile: target.profile,
        origin: target.origin,
        tenant: target.tenant,
        folder: target.folder,
        large_arguments: target.large_arguments,
        only: flags.only.clone(),
        filter: flags.filter.clone(),
        launches: None,
        files: BTreeMap::new(),
        data: data(&flags.data, piped)?,
        arguments: arguments.unwrap_or_default(),
    };
    Ok(Diagnosed::new(inputs, said))
}

/// Where the manifest of `spec` lies; `-` is stdin.
fn path_of(sources: &Sources, spec: &Spec) -> PathBuf {
    PathBuf::from(match sources.get(spec.document.source()).name() {
        manifest_files::STDIN => "-",
        name => name,
    })
}

fn one_reads_stdin(flags: &args::InputArgs, manifest: &Path) -> Result<(), Failure> {
    let params = flags.params_file.iter().map(|path| ("the params file", path.as_path()));
    let data = flags.data.iter().map(|given| ("--data", given.path.as_path()));
    let arguments = flags.arguments.iter().map(|given| ("--arguments", given.path.as_path()));
    let policies = flags.policies.iter().map(|path| ("--policy", path.as_path()));
    let given = params.chain(data).chain(arguments).chain(policies);
    data_files::check_stdin_use([("the manifest", manifest)].into_iter().chain(given))
}

fn data(given: &[JobFileArg], piped: Option<&Inputs>) -> Result<BTreeMap<String, RowsInput>, Failure> {
    let mut rows = BTreeMap::new();
    for JobFileArg { job, path } in given {
        if let Some(piped) = piped.filter(|_| path == Path::new("-")) {
            rows.extend(piped.data.get(job).map(|piped| (job.clone(), piped.clone())));
            continue;
        }
        let (name, text) = data_files::read_given(path)?;
        if rows.insert(job.clone(), RowsInput { name, text }).is_some() {
            return Err(Failure::with_message(ExitStatus::Usage, format!("--data {job} is given twice")));
        }
    }
    Ok(rows)
}

/// Arguments by job.
type ArgumentsByJob = BTreeMap<String, Map<String, Value>>;

fn arguments(
    sources: &mut Sources,
    given: &[JobFileArg],
    piped: Option<&Inputs>,
) -> Result<Diagnosed<ArgumentsByJob>, Failure> {
    let mut arguments = BTreeMap::new();
    let mut said = Vec::new();
    for JobFileArg { job, path } in given {
        if let Some(piped) = piped.filter(|_| path == Path::new("-")) {
            arguments.extend(piped.arguments.get(job).map(|piped| (job.clone(), piped.clone())));
            continue;
        }
        let (name, text) = data_files::read_given(path)?;
        let (object, more) = plan::read_arguments(sources, &name, &text).into_parts();
        said.extend(more);
        if arguments.insert(job.clone(), object.unwrap_or_default()).is_some() {
            return Err(Failure::with_message(ExitStatus::Usage, format!("--arguments {job} is given twice")));
        }
    }
    Ok(Diagnosed::new(arguments, said))
}

/// `run.time`: as it was given, else now, in whole seconds, so that it can be typed again.
fn logical_time(given: Option<&str>) -> Result<Timestamp, Failure> {
    match given {
        Some(text) => Ok(parse_logical_time(text)?),
        None => Ok(Timestamp::from_second(SystemClock::new().utc().as_second()).expect("the present is in range")),
    }
}
