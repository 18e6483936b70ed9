//! Names without ids, at the places in the manifest where they are written.
//!
//! In: a plan and what was not found. Out: one located complaint for each name. Never: looks anything up.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::find::Miss;
use super::folder_ids::{FolderIds, robot_ids};
use crate::diagnostic::visible::visible;
use crate::diagnostic::{Code, Diagnostic};
use crate::ids::{FolderRef, Ordinal};
use crate::plan::{Launch, Plan};
use crate::source::Place;
use crate::spec::ReleaseRef;
use crate::start_info::{MachineRef, RobotRef};

/// A name that needs an id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum MissingName {
    Release(ReleaseRef),
    Robot(String),
    Machine(String),
}

/// One complaint for each miss, at the first launch that uses the name. Walks the plan only where there are misses.
pub(super) fn locate(plan: &Plan, misses: Vec<(FolderRef, MissingName, Miss)>) -> Vec<Diagnostic> {
    let mut uses: HashMap<(FolderRef, MissingName), (Place, usize)> = HashMap::new();
    if !misses.is_empty() {
        let missing: HashSet<(FolderRef, MissingName)> =
            misses.iter().map(|(folder, wanted, _)| (folder.clone(), wanted.clone())).collect();
        for launch in launches(plan) {
            let mut note = |wanted: MissingName, place: Place| {
                let key = (launch.folder.clone(), wanted);
                if missing.contains(&key) {
                    uses.entry(key).or_insert((place, 0)).1 += 1;
                }
            };
            note(MissingName::Release(launch.release.clone()), plan.release_place(&launch));
            for (index, robot) in launch.start_info.strategy.robots().iter().enumerate() {
                if let RobotRef::Name(name) = robot {
                    note(MissingName::Robot(name.clone()), plan.robot_place(&launch, index));
                }
            }
            for (index, pair) in launch.start_info.machines.iter().enumerate() {
                let place = plan.machine_place(&launch, index);
                if let MachineRef::Name(name) = &pair.machine {
                    note(MissingName::Machine(name.clone()), place);
                }
                if let Some(RobotRef::Name(name)) = &pair.robot {
                    note(MissingName::Robot(name.clone()), place);
                }
            }
        }
    }
    misses
        .into_iter()
        .map(|(folder, wanted, miss)| {
            let (place, count) = uses[&(folder.clone(), wanted.clone())];
            complaint(&folder, &wanted, miss, place, count)
        })
        .collect()
}

fn complaint(folder: &FolderRef, wanted: &MissingName, miss: Miss, place: Place, count: usize) -> Diagnostic {
    let (kind, name, unknown) = match wanted {
        MissingName::Release(release) => ("release", release.to_string(), Code::UnknownRelease),
        MissingName::Robot(name) => ("robot", name.clone(), Code::UnknownRobot),
        MissingName::Machine(name) => ("machine", name.clone(), Code::UnknownMachine),
    };
    let (name, folder) = (visible(&name).into_owned(), folder.to_string());
    let folder = visible(&folder);
    let label = if count > 1 { format!("and in {} more launches", count - 1) } else { String::new() };
    let named = match wanted {
        MissingName::Release(ReleaseRef::Package { package, .. }) => {
            format!("release of package `{}`", visible(package))
        }
        MissingName::Release(_) | MissingName::Robot(_) | MissingName::Machine(_) => format!("{kind} `{name}`"),
    };
    match miss {
        Miss::Unknown(help) => {
            Diagnostic::error(unknown, place, format!("folder `{folder}` has no {named}")).label(label).help(help)
        }
        Miss::Ambiguous(count, help) => {
            let what = match wanted {
                MissingName::Release(ReleaseRef::Package { package, .. }) => {
                    format!("package `{}` has {count} releases in folder `{folder}`", visible(package))
                }
                MissingName::Release(_) | MissingName::Robot(_) | MissingName::Machine(_) => {
                    format!("`{name}` fits {count} {kind}s of folder `{folder}`")
                }
            };
            Diagnostic::error(Code::Ambiguous, place, what).label(label).help(help)
        }
        Miss::Version(versions) => {
            let asserted = if let MissingName::Release(release) = wanted { release.version() } else { None };
            let has = if versions.is_empty() {
                "no version".to_owned()
            } else {
                format!("version {}", versions.join(" and "))
            };
            let asserted = asserted.unwrap_or_default();
            let what = format!("{named} of folder `{folder}` has {has}, and the manifest asserts {asserted}");
            Diagnostic::error(Code::ReleaseVersion, place, what)
                .label(label)
                .help("nothing is started with another version: update the process in Orchestrator, or `version` here")
        }
    }
}

/// Two names in one launch that are one robot: the server would start fewer robot jobs than were asked for.
pub(super) fn same_robot(plan: &Plan, ids_by_folder: &BTreeMap<FolderRef, FolderIds>) -> Vec<Diagnostic> {
    if plan.required_names().values().all(|names| names.robots.is_empty()) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for launch in launches(plan) {
        let Some(ids) = ids_by_folder.get(&launch.folder).and_then(|known| robot_ids(&launch, known)) else {
            continue;
        };
        let mut seen = HashSet::new();
        if let Some(index) = ids.iter().position(|id| !seen.insert(*id)) {
            let what = format!("two of the robots of `{}` are one, number {}", launch.id, ids[index].0);
            complaints.push(
                Diagnostic::error(Code::Conflict, plan.robot_place(&launch, index), what).help("name each robot once"),
            );
        }
    }
    complaints
}

fn launches(plan: &Plan) -> impl Iterator<Item = Launch> {
    (0..plan.len()).map(Ordinal::from).filter(|ordinal| !plan.skips(*ordinal)).map(|ordinal| plan.launch(ordinal))
}
