//! Both sides of a manifest read and planned for one moment and the same params.
//!
//! In: a manifest as each side has it. Out: two plans, or that they are the same, or which side is not valid, with its diagnostics
//! shown. Never: resolves a secret; plans what is the same on both sides.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::side_manifest::{FilesBeside, SideManifest};
use super::sides::SidePair;
use crate::cli::args::{InputArgs, ParamArg};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::data_files;
use crate::cli::input::inputs;
use crate::cli::input::manifest_files::ManifestFile;
use crate::cli::input::params::ParamVariables;
use crate::cli::output::diagnostics;
use crate::clock::Timestamp;
use crate::diagnostic::{Code, Diagnosed, Diagnostic, Severity};
use crate::exit::ExitStatus;
use crate::plan::{self, Inputs, LaunchMarks, Plan};
use crate::plan_diff::{ComparedSide, DiffSide};
use crate::profile::ProfileDefaults;
use crate::run::{RunIdentity, refuse_secrets};
use crate::source::Sources;
use crate::spec::Spec;

/// What both sides of each manifest are planned for.
pub(super) struct Comparison<'a> {
    context: &'a CommandContext,
    flags: InputArgs,
    target: ProfileDefaults,
    now: Timestamp,
    /// Whether the moment was typed.
    is_timed: bool,
    /// The params that some manifest declares, and whether all manifests could be read.
    declared: RefCell<BTreeSet<String>>,
    is_certain: Cell<bool>,
    /// The jobs that were asked for alone, as far as some manifest has them.
    found_jobs: RefCell<BTreeSet<String>>,
    /// Whether the filter took a launch of any side, and what was said where it took none.
    is_filter_met: Cell<bool>,
    unmet_filter: RefCell<Option<(Sources, Diagnostic)>>,
}

/// What came of a manifest.
pub(super) enum ComparedPair {
    /// Its text and its files are the same on both sides.
    Same,
    /// It is not valid on these sides, which was said.
    Invalid(Vec<ComparedSide>),
    /// Both sides, of which one may not be there.
    Planned {
        /// What it was.
        before: Option<Box<PlannedManifest>>,
        /// What it is.
        after: Option<Box<PlannedManifest>>,
    },
}

/// A plan, what tells its launches from those of others, and the texts that it was made from.
pub(super) struct PlannedManifest {
    pub(super) sources: Sources,
    pub(super) plan: Plan,
    marks: LaunchMarks,
}

/// A manifest with all that its plan depends on.
struct ReadManifest {
    sources: Sources,
    spec: Spec,
    inputs: Inputs,
}

/// It is not valid, and that was said.
struct NotValid;

impl PlannedManifest {
    pub(super) fn side(&self) -> DiffSide<'_> {
        DiffSide { plan: &self.plan, marks: &self.marks }
    }
}

impl<'a> Comparison<'a> {
    /// A comparison as `flags` say; what they leave open is that of `now`.
    pub(super) fn new(context: &'a CommandContext, flags: &InputArgs, target: ProfileDefaults, now: Timestamp) -> Self {
        let mut flags = flags.clone();
        let is_timed = flags.logical_time.is_some() || flags.slot.is_some();
        // One moment for both sides: else all that names the time would differ.
        if !is_timed {
            flags.logical_time = Some(now.to_string());
        }
        let (declared, found_jobs) = (RefCell::default(), RefCell::default());
        let (is_certain, is_filter_met, unmet_filter) = (Cell::new(true), Cell::new(false), RefCell::default());
        Self { context, flags, target, now, is_timed, declared, is_certain, found_jobs, is_filter_met, unmet_filter }
    }

    /// Reads and plans both sides of a manifest.
    pub(super) fn compare(&self, pair: SidePair) -> Result<ComparedPair, Failure> {
        let is_same_text = pair
            .before
            .as_ref()
            .zip(pair.after.as_ref())
            .is_some_and(|(one, other)| one.file.bytes == other.file.bytes);
        let (before, after) = (pair.before.map(SideManifest::into_parts), pair.after.map(SideManifest::into_parts));
        // A saved plan says what the other side is planned with, as far as nothing was typed.
        let saved = [&before, &after].into_iter().flatten().find_map(|(_, files)| files.saved());
        let saved = saved.map(|inputs| Inputs { files: BTreeMap::new(), ..inputs.clone() });
        let saved = saved.as_ref();
        let after = after.map(|(file, files)| self.read(file, &files, &self.flags.only, saved)).transpose()?;
        if let (true, Some((_, files)), Some(Ok(Some(same)))) = (is_same_text && saved.is_none(), &before, &after)
            && same.has_the_same_files(files)
        {
            if self.flags.filter.is_some()
                && !self.is_filter_met.get()
                && let Some(Ok(Some(same))) = after
            {
                self.look_for_filtered(same);
            }
            return Ok(ComparedPair::Same);
        }
        let only = match &after {
            Some(Ok(Some(after))) => first_names(&self.flags.only, &after.spec),
            Some(Ok(None) | Err(NotValid)) | None => self.flags.only.clone(),
        };
        let before = before.map(|(file, files)| self.read(file, &files, &only, saved)).transpose()?;
        // The first side is planned first: only one of two texts is looked through at a time.
        let (before, after) = (before.map(|read| self.plan(read)), after.map(|read| self.plan(read)));
        let is_invalid = |side: &Option<Result<_, NotValid>>| matches!(side, Some(Err(NotValid)));
        let sides = [(is_invalid(&before), ComparedSide::Before), (is_invalid(&after), ComparedSide::After)];
        let invalid: Vec<_> = sides.into_iter().filter(|(is_invalid, _)| *is_invalid).map(|(_, side)| side).collect();
        let planned =
            |side: Option<Result<Option<PlannedManifest>, NotValid>>| side.and_then(Result::ok).flatten().map(Box::new);
        Ok(if invalid.is_empty() {
            ComparedPair::Planned { before: planned(before), after: planned(after) }
        } else {
            ComparedPair::Invalid(invalid)
        })
    }

    /// Refuses a filter that takes no launch of either side: what differs is then nobody's question.
    pub(super) fn refuse_unmet_filter(&self) -> Result<(), Failure> {
        match self.unmet_filter.take() {
            Some((sources, said)) if !self.is_filter_met.get() && self.is_certain.get() => {
                let refused = Diagnosed::<()>::failed(vec![said]);
                diagnostics::value_or_print(&self.context.console, self.context.verbosity, &sources, refused)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses a param that no manifest declares, and a job that none has, on either side.
    pub(super) fn refuse_undeclared(&self) -> Result<(), Failure> {
        let found = self.found_jobs.borrow();
        if let Some(job) = self.flags.only.iter().find(|job| !found.contains(*job)).filter(|_| self.is_certain.get()) {
            let words = format!("no manifest of either side has a job `{job}`");
            return Err(Failure::with_message(ExitStatus::Usage, words));
        }
        let declared = self.declared.borrow();
        let unknown = self.flags.params.iter().map(ParamArg::name).find(|name| !declared.contains(*name));
        match unknown {
            Some(name) if self.is_certain.get() => {
                let words = format!("no manifest of either side declares a param `{name}`");
                Err(Failure::with_message(ExitStatus::Usage, words))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Reads a manifest and the files beside it; `None` where it has none of the jobs that are wanted.
    fn read(
        &self,
        file: ManifestFile,
        files: &FilesBeside,
        only: &[String],
        saved: Option<&Inputs>,
    ) -> Result<Result<Option<ReadManifest>, NotValid>, Failure> {
        let mut sources = Sources::default();
        let spec = diagnostics::spec(&mut sources, file);
        let Some(spec) = self.value(spec, &sources) else { return Ok(Err(NotValid)) };
        self.declared.borrow_mut().extend(spec.params.iter().map(|param| param.name.to_string()));
        if let Some(inputs) = files.saved() {
            let inputs = inputs.clone();
            return Ok(Ok(Some(ReadManifest { sources, spec, inputs })));
        }
        let has_job =
            |name: &&String| spec.jobs.iter().any(|job| *job.name == ***name || job.id_name() == name.as_str());
        self.found_jobs.borrow_mut().extend(self.flags.only.iter().filter(has_job).cloned());
        let flags = self.flags_of(&spec, only);
        if flags.only.is_empty() && !self.flags.only.is_empty() {
            return Ok(Ok(None));
        }
        let identity = RunIdentity::of(&flags.identity(None), spec.schedule.as_ref(), self.now)?;
        let variables = if saved.is_some() { ParamVariables::Ignored } else { ParamVariables::Taken };
        let target = self.target.clone();
        let inputs =
            inputs::without_files(self.context, &flags, variables, None, &mut sources, &spec, target, &identity)?;
        let inputs = inputs.and_then(|mut inputs| {
            if let Some(saved) = saved {
                self.take_saved(saved, &spec, &mut inputs);
            }
            data_files::fill_from(&spec, &mut inputs, &|path| files.read(path), &|path| files.near(path))
                .and_then(|()| Diagnosed::new(inputs, Vec::new()))
        });
        let Some(inputs) = self.value(inputs, &sources) else { return Ok(Err(NotValid)) };
        refuse_secrets(self.context.console.redactor(), &inputs)?;
        Ok(Ok(Some(ReadManifest { sources, spec, inputs })))
    }

    /// Gives `inputs` of the manifest `spec` what a saved plan was made of, as far as nothing else was typed.
    fn take_saved(&self, saved: &Inputs, spec: &Spec, inputs: &mut Inputs) {
        let has_job = |name: &String| spec.jobs.iter().any(|job| *job.name == **name);
        if !self.is_timed {
            (inputs.time, inputs.slot) = (saved.time, saved.slot);
        }
        for (name, value) in &saved.params {
            if spec.params.iter().any(|param| *param.name == **name) {
                inputs.params.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        let listed = saved.env.iter().filter(|(name, _)| spec.env.iter().any(|allowed| **allowed == ***name));
        inputs.env = listed.map(|(name, value)| (name.clone(), value.clone())).collect();
        if inputs.only.is_empty() {
            inputs.only = saved.only.iter().filter(|name| has_job(name)).cloned().collect();
        }
        for (job, rows) in saved.data.iter().filter(|(job, _)| has_job(job)) {
            inputs.data.entry(job.clone()).or_insert_with(|| rows.clone());
        }
        for (job, arguments) in saved.arguments.iter().filter(|(job, _)| has_job(job)) {
            inputs.arguments.entry(job.clone()).or_insert_with(|| arguments.clone());
        }
        inputs.profile.clone_from(&saved.profile);
        inputs.origin.clone_from(&saved.origin);
        inputs.tenant.clone_from(&saved.tenant);
        inputs.folder.clone_from(&saved.folder);
        inputs.large_arguments = saved.large_arguments;
    }

    /// Makes the plan of what was read.
    fn plan(&self, read: Result<Option<ReadManifest>, NotValid>) -> Result<Option<PlannedManifest>, NotValid> {
        let Some(ReadManifest { mut sources, spec, inputs }) = read? else { return Ok(None) };
        let planned = plan::expand_marked(spec, &inputs, &mut sources);
        if let Some(unmet) = unmet_filter(&planned, &sources) {
            self.note_unmet_filter(sources, unmet);
            return Ok(None);
        }
        let (plan, marks) = self.value(planned, &sources).ok_or(NotValid)?;
        self.is_filter_met.set(true);
        Ok(Some(PlannedManifest { sources, plan, marks }))
    }

    /// Whether the filter takes anything of a manifest that is the same on both sides: nothing of it is shown.
    fn look_for_filtered(&self, read: ReadManifest) {
        let ReadManifest { mut sources, spec, inputs } = read;
        let planned = plan::expand_marked(spec, &inputs, &mut sources);
        let said = planned
            .diagnostics()
            .iter()
            .find(|said| said.severity == Severity::Error && sources.get(said.place.source).name() == plan::FILTER);
        match (planned.value(), said.cloned()) {
            (Some(_), _) => self.is_filter_met.set(true),
            (None, Some(said)) => self.note_unmet_filter(sources, said),
            // What is wrong with the manifest was so before, and is no part of a difference.
            (None, None) => {}
        }
    }

    /// What is said first of launches that the filter does not take; a name that no launch has is said where there is nothing else.
    fn note_unmet_filter(&self, sources: Sources, said: Diagnostic) {
        let mut kept = self.unmet_filter.borrow_mut();
        if kept.as_ref().is_none_or(|(_, kept)| kept.code == Code::UnknownName && said.code == Code::NoLaunch) {
            *kept = Some((sources, said));
        }
    }

    fn value<T>(&self, outcome: Diagnosed<T>, sources: &Sources) -> Option<T> {
        let (value, said) = outcome.into_parts();
        diagnostics::print(&self.context.console, self.context.verbosity, sources, said);
        if value.is_none() {
            self.is_certain.set(false);
        }
        value
    }

    /// The flags without the params that `spec` does not declare, and without the jobs that it does not have.
    fn flags_of(&self, spec: &Spec, only: &[String]) -> InputArgs {
        let mut flags = self.flags.clone();
        let has_job = |name: &str| spec.jobs.iter().any(|job| job.name.as_ref() == name);
        flags.params.retain(|given| spec.params.iter().any(|param| param.name.as_ref() == given.name()));
        flags.data.retain(|given| has_job(&given.job));
        flags.arguments.retain(|given| has_job(&given.job));
        let is_wanted = |name: &str| only.iter().any(|only| only == name);
        let jobs = spec.jobs.iter().filter(|job| is_wanted(&job.name) || is_wanted(job.id_name()));
        flags.only = jobs.map(|job| job.name.to_string()).collect();
        flags
    }
}

/// What is said where the filter takes no launch of a manifest, or names what none of its launches has; `None` where it takes some,
/// or something else is wrong.
fn unmet_filter<T>(planned: &Diagnosed<T>, sources: &Sources) -> Option<Diagnostic> {
    let mut errors = planned.diagnostics().iter().filter(|said| said.severity == Severity::Error);
    let is_unmet = |said: &&Diagnostic| {
        matches!(said.code, Code::NoLaunch | Code::UnknownName) && sources.get(said.place.source).name() == plan::FILTER
    };
    let first = errors.next().filter(is_unmet).filter(|_| planned.value().is_none())?.clone();
    errors.all(|said| is_unmet(&said)).then_some(first)
}

impl ReadManifest {
    /// Whether the files beside it are those that `other` has under the same names.
    fn has_the_same_files(&self, other: &FilesBeside) -> bool {
        self.inputs.files.iter().all(|(path, text)| other.read(path).is_ok_and(|there| there == *text))
    }
}

/// The names that the jobs `only` of `spec` may have on the other side: their own, and the first that they had.
fn first_names(only: &[String], spec: &Spec) -> Vec<String> {
    let mut names = only.to_vec();
    let jobs = spec.jobs.iter().filter(|job| only.iter().any(|only| *only == *job.name));
    names.extend(jobs.map(|job| job.id_name().to_owned()));
    names
}
