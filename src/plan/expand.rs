//! Spec and inputs -> [`Plan`]: one pass that renders every launch, checks it, and keeps next to nothing of it.
//!
//! In: a valid spec and the run's inputs. Out: a plan whose launches all render, with unique ids, distinct References,
//! a digest and the names to resolve; or every complaint. Pure: the same inputs always give the same plan.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::grouped::Grouped;
use super::inputs::{self, Inputs};
use super::{Launches, Plan, WantedNames, value_of};
use crate::diagnostic::{Code, Diagnostic, Outcome, nearest};
use crate::ids::{Digest, FolderRef, Ordinal};
use crate::spec::{Known, ReleaseRef, Spec, read_folder};
use crate::start_info::RobotRef;
use crate::template::Scope;

/// Turns a spec into a plan.
pub fn expand(spec: Spec, inputs: &Inputs) -> Outcome<Plan> {
    let mut complaints = not_in_this_version(&spec);
    let scope = inputs::scope(&spec, inputs, &mut complaints);
    let launches = launches(&spec, inputs, &mut complaints);
    let count = launches.last().map_or(0, |last| last.first as usize + last.count as usize);
    if count > spec.limits.launches as usize {
        complaints.push(too_many(&spec, count));
    }
    let folder = manifest_folder(&spec, &scope, &mut complaints).or_else(|| inputs.folder.clone());
    let mut plan = Plan { spec, scope, folder, launches, digest: Digest::of(b""), wanted: BTreeMap::new() };
    // What follows would only repeat that a param is missing, for every launch that uses it.
    if !complaints.is_empty() {
        return Outcome::new(plan, complaints);
    }
    let mut grouped = Grouped::default();
    let mut hasher = Sha256::new();
    let mut fingerprints = Vec::with_capacity(count);
    let mut wanted: BTreeMap<FolderRef, WantedNames> = BTreeMap::new();
    for index in 0..count {
        let ordinal = Ordinal::from(index);
        let mut of_launch = Vec::new();
        let launch = plan.render(ordinal, &mut of_launch);
        grouped.extend(of_launch);
        let Some(launch) = launch else { continue };
        hasher.update(launch.canonical().to_string());
        hasher.update(b"\n");
        fingerprints.push((launch.id.fingerprint(), ordinal));
        let names = match wanted.get_mut(&launch.folder) {
            Some(names) => names,
            None => wanted.entry(launch.folder.clone()).or_default(),
        };
        if let ReleaseRef::Name(name) = &launch.release
            && !names.releases.contains(name)
        {
            names.releases.insert(name.clone());
        }
        for robot in launch.start_info.strategy.robots() {
            if let RobotRef::Name(name) = robot {
                names.robots.insert(name.clone());
            }
        }
    }
    complaints.extend(grouped.into_complaints());
    fingerprints.sort_unstable_by_key(|(fingerprint, ordinal)| (*fingerprint, ordinal.0));
    for pair in fingerprints.windows(2) {
        if pair[0].0 == pair[1].0 {
            complaints.extend(same_reference(&plan, pair[0].1, pair[1].1));
        }
    }
    plan.digest = Digest::from(<[u8; 32]>::from(hasher.finalize()));
    plan.wanted = wanted;
    Outcome::new(plan, complaints)
}

/// The manifest's own folder, where it names one.
fn manifest_folder(spec: &Spec, scope: &Scope, complaints: &mut Vec<Diagnostic>) -> Option<FolderRef> {
    let node = spec.folder?;
    match value_of(spec, scope, node, complaints) {
        Known::Omitted | Known::Later => None,
        Known::Value(value) => match read_folder(&value) {
            Ok(folder) => Some(folder),
            Err(wrong) => {
                complaints.push(wrong.at(spec.document.place(node)));
                None
            }
        },
    }
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

/// How many launches each job makes, in order.
fn launches(spec: &Spec, inputs: &Inputs, complaints: &mut Vec<Diagnostic>) -> Vec<Launches> {
    for name in &inputs.only {
        if !spec.jobs.iter().any(|job| job.name.as_ref() == name) {
            let near = nearest(name, spec.jobs.iter().map(|job| job.name.as_ref()));
            complaints.push(
                Diagnostic::error(Code::UnknownName, spec.jobs_place, format!("there is no job `{name}` to run alone"))
                    .maybe_help(near.map(|near| format!("did you mean `{near}`?"))),
            );
        }
    }
    let is_wanted = |name: &str| inputs.only.is_empty() || inputs.only.iter().any(|only| only == name);
    let mut launches: Vec<Launches> = Vec::with_capacity(spec.jobs.len());
    for (job, _) in spec.jobs.iter().enumerate().filter(|(_, job)| is_wanted(&job.name)) {
        let job = u32::try_from(job).expect("a manifest holds fewer than 2^32 jobs");
        let first = launches.last().map_or(0, |last| last.first + last.count);
        launches.push(Launches { job, first, count: 1 });
    }
    launches
}

fn too_many(spec: &Spec, count: usize) -> Diagnostic {
    let limit = spec.limits.launches;
    let place = spec.limits.launches_place.unwrap_or(spec.jobs_place);
    Diagnostic::error(
        Code::TooManyLaunches,
        place,
        format!("the plan has {count} launches; `limits.launches` allows {limit}"),
    )
    .help(format!("if so many are meant, write `limits: {{ launches: {count} }}`"))
}

/// Equal fingerprints of two launches are equal References, unless the authors' own parts differ.
fn same_reference(plan: &Plan, one: Ordinal, other: Ordinal) -> Option<Diagnostic> {
    let (one, other) = (plan.launch(one), plan.launch(other));
    let what = if one.id == other.id {
        format!("two launches are called `{}`", one.id)
    } else if one.reference == other.reference {
        format!("launches `{}` and `{}` would have one Reference", one.id, other.id)
    } else {
        return None;
    };
    Some(Diagnostic::error(Code::DuplicateLaunch, other.place, what).related(one.place, "the other one"))
}
