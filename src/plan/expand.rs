//! Spec and inputs -> [`Plan`]: one pass that renders every launch, checks it, and keeps next to nothing of it.
//!
//! In: a valid spec and the run's inputs. Out: a plan whose launches all render, with unique ids, distinct References,
//! a digest and the names to resolve; or every complaint. Pure: the same inputs always give the same plan.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest as _, Sha256};

mod batches;
mod filter;
mod follow_ups;
mod marks;
mod named_jobs;
mod names;
mod needs;
mod policies;

pub(crate) use filter::{FILTER, complaint, what_there_is};

use filter::LaunchFilter;
use follow_ups::follow_ups;
pub use marks::{LaunchMark, LaunchMarks};
use named_jobs::unknown_jobs;
use names::want;
use policies::check_launch;

use super::arguments::{ExternalArguments, read_arguments};
use super::complaint_groups::ComplaintGroups;
use super::inputs::{self, Inputs, MissingValuePolicy};
use super::job_expansion::{ExpansionResult, JobExpansion, beside};
use super::launch::{PlanEntry, PlannedFacts};
use super::manifest_folder::{manifest_folder, stand_in};
use super::model::{FollowUps, JobLaunches, Plan, RequiredNames};
use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::ids::{Digest, FolderRef, LaunchId, Ordinal, OrdinalSet};
use crate::policy::{PolicyCheck, PolicySet};
use crate::source::Sources;
use crate::spec::{FanOut, JobSpec, RowsFrom, Spec};
use crate::start_info::Input;
use crate::template::{Scope, SecretView};

/// Turns a spec into a plan. The texts of data files join `sources`, for places in them.
pub fn expand(spec: Spec, inputs: &Inputs, sources: &mut Sources) -> Diagnosed<Plan> {
    expand_under(spec, inputs, sources, &PolicySet::default())
}

/// The same under `policies`, whose texts are among `sources`: what breaks a rule is a complaint.
pub fn expand_under(spec: Spec, inputs: &Inputs, sources: &mut Sources, policies: &PolicySet) -> Diagnosed<Plan> {
    let complaints = not_in_this_version(&spec);
    let (plan, complaints) =
        expand_with(spec, inputs, sources, MissingValuePolicy::Refused, (None, policies), complaints);
    Diagnosed::new(plan, complaints)
}

/// As [`expand`], with what tells the launches from those of another plan.
pub fn expand_marked(spec: Spec, inputs: &Inputs, sources: &mut Sources) -> Diagnosed<(Plan, LaunchMarks)> {
    let complaints = not_in_this_version(&spec);
    let mut marks = LaunchMarks::default();
    let refused = MissingValuePolicy::Refused;
    let (plan, complaints) =
        expand_with(spec, inputs, sources, refused, (Some(&mut marks), &PolicySet::default()), complaints);
    Diagnosed::new((plan, marks), complaints)
}

/// The plan as far as it goes, and what was complained of, after `complaints`. Its launches are noted in `marks`.
pub(super) fn expand_with(
    spec: Spec,
    inputs: &Inputs,
    sources: &mut Sources,
    gaps: MissingValuePolicy,
    (marks, policies): (Option<&mut LaunchMarks>, &PolicySet),
    mut complaints: Vec<Diagnostic>,
) -> (Plan, Vec<Diagnostic>) {
    let is_carried_out = gaps != MissingValuePolicy::Refused || spec.deferred.is_empty();
    unknown_jobs(&spec, inputs, &mut complaints);
    let before = complaints.len();
    let scope = inputs::scope(&spec, inputs, gaps, &mut complaints);
    let whole = (complaints.len() == before).then_some(&scope);
    let before = complaints.len();
    let outside = outside(&spec, inputs, sources, &mut complaints);
    let lacks_outside = complaints.len() > before;
    let (mut launches, fans, total) = launches(&spec, whole, inputs, &outside, sources, &mut complaints);
    let follow_ups =
        whole.map_or_else(FollowUps::default, |scope| follow_ups(&spec, scope, &mut launches, &mut complaints));
    let before = complaints.len();
    let own = manifest_folder(&spec, &scope, &mut complaints);
    let folder = own.value().or_else(|| inputs.folder.clone()).or_else(|| stand_in(gaps, &own, inputs));
    // Every launch would only repeat what is wrong with a param, the folder, or a file of arguments.
    let has_all = whole.is_some() && is_carried_out && complaints.len() == before && !lacks_outside;
    let may_walk = has_all && total <= spec.limits.launches.into();
    let most = gaps.max_launches();
    let mut plan = Plan {
        spec,
        scope,
        secrets: None,
        folder,
        large_arguments: inputs.large_arguments,
        launches,
        follow_ups,
        fans,
        outside,
        picked: None,
        skipped: OrdinalSet::default(),
        once: OrdinalSet::default(),
        digest: Digest::of(b""),
        required_names: BTreeMap::new(),
        uploads: Vec::new(),
        kept_policies: None,
    };
    let before = complaints.len();
    let filter = LaunchFilter::read(&plan, inputs, may_walk, sources, &mut complaints);
    // Of what is tried out every launch is looked at that can be.
    let filter = filter.filter(|_| gaps == MissingValuePolicy::Refused);
    if may_walk && complaints.len() == before {
        plan.scope.allow(total.min(most as u64));
        let mut check = PolicyCheck::new(policies);
        let said = walk(&mut plan, inputs.launches.as_deref(), filter, most, (marks, &mut check));
        if said.is_empty() && plan.launches.iter().all(|part| !part.is_open) {
            complaints.extend(needs::unmet(&plan, inputs));
        }
        let is_whole = said.is_empty();
        complaints.extend(said);
        complaints.extend(plan.end_check(check, inputs, is_whole, &|_| true));
        plan.kept_policies = Some(policies.digest);
    }
    if plan.scope.is_spent() {
        once(Code::Budget, &mut complaints);
    }
    plan.scope.lift_budget();
    (plan, complaints)
}

/// Leaves the first complaint with `code` alone.
fn once(code: Code, complaints: &mut Vec<Diagnostic>) {
    let mut is_told = false;
    complaints.retain(|complaint| complaint.code != code || !std::mem::replace(&mut is_told, true));
}

/// Maximum launches with too long arguments that are made: each may cost as much as a megabyte does.
const MAX_OVERLONG_LAUNCHES: usize = 300;

/// The pass over all launches, of which the first `most` are looked at. Where only some are `chosen`, by name or by a
/// filter, the plan has no others.
fn walk(
    plan: &mut Plan,
    chosen: Option<&[LaunchId]>,
    mut filter: Option<LaunchFilter>,
    most: usize,
    (mut marks, check): (Option<&mut LaunchMarks>, &mut PolicyCheck<'_>),
) -> Vec<Diagnostic> {
    let count = plan.len().min(most);
    let chosen: Option<HashSet<&LaunchId>> = chosen.map(|launches| launches.iter().collect());
    let is_part = chosen.is_some() || filter.is_some();
    let mut picked = Vec::new();
    let mut hasher = Sha256::new();
    let mut fingerprints = Vec::with_capacity(count);
    let mut wanted: BTreeMap<FolderRef, RequiredNames> = BTreeMap::new();
    let mut kinds = ComplaintGroups::default();
    let mut too_long = 0;
    for ordinal in (0..count).map(Ordinal::from) {
        let mut failed = Vec::new();
        let parts = plan.parts(ordinal);
        let planned = plan.render_parts(ordinal, &parts, None, &SecretView::AsWritten, &mut failed);
        if !failed.is_empty() {
            too_long += usize::from(failed.iter().any(|complaint| complaint.code == Code::ArgumentsTooLong));
            for complaint in failed {
                kinds.add_launch(complaint, || parts.row_place(&plan.spec.document));
            }
            // What is complained of by now stands for the rest.
            if plan.scope.is_spent() || too_long == MAX_OVERLONG_LAUNCHES {
                break;
            }
        }
        let Some(planned) = planned else { continue };
        fingerprints.push(planned.id().fingerprint());
        if chosen.as_ref().is_some_and(|chosen| !chosen.contains(planned.id())) {
            continue;
        }
        let facts = PlannedFacts::new(plan, ordinal, &planned, parts);
        if let Some(filter) = &mut filter {
            match filter.takes(&plan.locate(ordinal).0.name, &facts) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(complaint) => {
                    kinds.add_launch(complaint, || facts.parts().row_place(&plan.spec.document));
                    continue;
                }
            }
        }
        check_launch(check, &planned, &facts);
        let place = if is_part {
            picked.push(ordinal.0);
            Ordinal::from(picked.len() - 1)
        } else {
            ordinal
        };
        // Nobody asks for the digest of what is tried out, and it costs as much as the rest.
        if !plan.scope.has_gaps() {
            let canonical = planned.canonical().to_string();
            hasher.update(&canonical);
            hasher.update(b"\n");
            if let Some(marks) = &mut marks {
                marks.push(planned.id(), &canonical);
            }
        }
        match planned {
            PlanEntry::Launch(launch) => {
                want(&launch, &mut wanted);
                if launch.start_info.input.as_ref().is_some_and(Input::is_uploaded) {
                    plan.uploads.push(place);
                }
                if launch.is_once {
                    plan.once.insert(place);
                }
            }
            PlanEntry::Skipped(_) => plan.skipped.insert(place),
        }
    }
    plan.digest = Digest::from(<[u8; 32]>::from(hasher.finalize()));
    plan.required_names = wanted;
    let mut complaints: Vec<Diagnostic> = kinds.into_diagnostics("launches").collect();
    fingerprints.sort_unstable();
    // A fingerprint takes 8 bytes, so that a million are compared in 8 MB; whose they are is asked only of equal ones.
    let repeated: HashSet<u64> =
        fingerprints.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    if !repeated.is_empty() && complaints.is_empty() {
        complaints = same_references(plan, &repeated);
    }
    if let Some(chosen) = chosen
        && picked.len() < chosen.len()
    {
        let what = format!("the plan lacks {} of the {} launches asked for", chosen.len() - picked.len(), chosen.len());
        complaints.push(Diagnostic::error(Code::UnknownName, plan.spec.jobs_place, what));
    }
    if complaints.is_empty() {
        complaints.extend(filter.and_then(|filter| filter.took_none()));
    }
    if is_part {
        plan.picked = Some(picked);
    }
    complaints
}

fn not_in_this_version(spec: &Spec) -> Vec<Diagnostic> {
    spec.deferred
        .iter()
        .map(|deferred| {
            Diagnostic::error(Code::NotInThisVersion, deferred.place, deferred.what.as_ref())
                .help("the manifest is valid; without it, it can be planned and run")
        })
        .collect()
}

/// The jobs that are wanted, with their numbers.
pub(super) fn chosen<'a>(spec: &'a Spec, inputs: &'a Inputs) -> impl Iterator<Item = (usize, &'a JobSpec)> {
    let is_wanted = |name: &str| inputs.only.is_empty() || inputs.only.iter().any(|only| only == name);
    spec.jobs.iter().enumerate().filter(move |(_, job)| is_wanted(&job.name))
}

/// How many launches each job makes, in order, without jobs that make none; the fans of those that have one; and how
/// many launches that are in all.
fn launches(
    spec: &Spec,
    scope: Option<&Scope>,
    inputs: &Inputs,
    outside: &ExternalArguments,
    sources: &mut Sources,
    complaints: &mut Vec<Diagnostic>,
) -> (Vec<JobLaunches>, Vec<JobExpansion>, u64) {
    let mut launches: Vec<JobLaunches> = Vec::with_capacity(spec.jobs.len());
    let mut fans = Vec::new();
    let mut total = 0_u64;
    for (job, fan_out) in chosen(spec, inputs).map(|(number, job)| ((number, job), job.fan_out.as_deref())) {
        let (number, job) = job;
        let mut is_open = false;
        let fan = match fan_out.filter(|fan_out| fan_out.rows.is_some() || fan_out.matrix.is_some()) {
            None => None,
            // Without its launches; those of other jobs are looked at all the same.
            Some(fan_out) => match JobExpansion::make(spec, job, fan_out, scope, inputs, sources, complaints) {
                ExpansionResult::Invalid => continue,
                ExpansionResult::Expanded(fan) if batches::are_open(&fan, job, fan_out, scope) => {
                    is_open = true;
                    None
                }
                ExpansionResult::Expanded(mut fan) => {
                    let said = batches::cut(&mut fan, spec, job, fan_out, scope, outside);
                    if !said.is_empty() {
                        complaints.extend(said);
                        continue;
                    }
                    Some(*fan)
                }
                ExpansionResult::Deferred => {
                    is_open = true;
                    None
                }
            },
        };
        let count = fan.as_ref().map_or(1, JobExpansion::len);
        let first = total;
        total = total.saturating_add(count);
        if count == 0 || total > spec.limits.launches.into() {
            continue;
        }
        let short = |number: u64| u32::try_from(number).expect("within the limit of launches");
        let job = u32::try_from(number).expect("a manifest holds fewer than 2^32 jobs");
        let at = fan.map(|fan| {
            fans.push(fan);
            u32::try_from(fans.len() - 1).expect("fewer fans than jobs")
        });
        launches.push(JobLaunches { job, first: short(first), count: short(count), fan: at, is_open, follow_up: 0 });
    }
    if total > spec.limits.launches.into() {
        complaints.push(too_many(spec, total));
    }
    (launches, fans, total)
}

/// The arguments that files and people gave.
fn outside(spec: &Spec, inputs: &Inputs, sources: &mut Sources, complaints: &mut Vec<Diagnostic>) -> ExternalArguments {
    let is_rows = |path: &str| {
        let rows = spec.jobs.iter().filter_map(|job| job.fan_out.as_ref()?.rows.as_ref());
        rows.map(|rows| &rows.from).any(|from| matches!(from, RowsFrom::File(file, _) if file.as_ref() == path))
    };
    let takes_file = |out: &FanOut| out.arguments_file.is_some() || out.input_file.is_some();
    let takes_files = spec.jobs.iter().any(|job| job.fan_out.as_ref().is_some_and(|out| takes_file(out)));
    let mut files = BTreeMap::new();
    for (path, text) in inputs.files.iter().filter(|(path, _)| takes_files && !is_rows(path)) {
        let (object, said) = read_arguments(sources, &beside(inputs, path), text).into_parts();
        complaints.extend(said);
        files.extend(object.map(|object| (path.clone(), object.into())));
    }
    ExternalArguments { files, given: inputs.arguments.clone() }
}

fn too_many(spec: &Spec, count: u64) -> Diagnostic {
    let limit = spec.limits.launches;
    let place = spec.limits.launches_place.unwrap_or(spec.jobs_place);
    Diagnostic::error(
        Code::TooManyLaunches,
        place,
        format!("the plan has {count} launches; `limits.launches` allows {limit}"),
    )
    .help(if count > u32::MAX.into() {
        "split the manifest, or leave combinations out by `exclude` and rows by `where`".to_owned()
    } else {
        format!("if so many are meant, write `limits: {{ launches: {count} }}`")
    })
}

/// Equal fingerprints of two launches are equal References, unless the authors' own parts differ.
fn same_references(plan: &Plan, repeated: &HashSet<u64>) -> Vec<Diagnostic> {
    let mut first_by_fingerprint: HashMap<u64, Ordinal> = HashMap::new();
    let mut kinds = ComplaintGroups::default();
    for ordinal in (0..plan.len()).map(Ordinal::from) {
        let (job, ..) = plan.locate(ordinal);
        let id = plan.parts(ordinal).id(job.id_name());
        if !repeated.contains(&id.fingerprint()) {
            continue;
        }
        let Some(first) = first_by_fingerprint.get(&id.fingerprint()) else {
            first_by_fingerprint.insert(id.fingerprint(), ordinal);
            continue;
        };
        let (other, ..) = plan.locate(*first);
        let other_id = plan.parts(*first).id(other.id_name());
        let what = if id == other_id {
            format!("two launches of `{}` have one id", job.name)
        } else if reference(plan, ordinal) == reference(plan, *first) {
            format!("launches `{other_id}` and `{id}` would have one Reference")
        } else {
            continue;
        };
        let help = format!("`{id}` comes twice: values of the matrix or of its `include` must differ as text");
        let complaint = Diagnostic::error(Code::DuplicateLaunch, job.place, what).help(help);
        kinds.add_launch(complaint, || None);
    }
    kinds.into_diagnostics("pairs of launches").collect()
}

/// The author's part of a launch's Reference; none for one that is skipped.
fn reference(plan: &Plan, ordinal: Ordinal) -> Option<String> {
    match plan.planned(ordinal) {
        PlanEntry::Launch(launch) => launch.reference,
        PlanEntry::Skipped(_) => None,
    }
}
