//! One name among what a folder has.
//!
//! In: a name and a list. Out: its id, or why not, with what comes near. Never: knows where the name was written.

use std::collections::BTreeSet;

use super::{FoundMachine, FoundRelease, FoundRobot};
use crate::diagnostic::nearest;
use crate::ids::{MachineId, ReleaseKey, RobotId};
use crate::spec::ReleaseRef;

/// Why a name has no id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// Nothing has it; what comes near, and whether there is anything at all.
    Unknown { near: Option<String>, is_empty: bool },
    /// Several have it: each in words that tell it apart.
    Ambiguous(Vec<String>),
    /// It is there, and its package has these versions; none where the server tells none.
    Version(Vec<String>),
}

/// The release that `wanted` names. Letter case counts, as it does on the server.
pub(super) fn release(wanted: &ReleaseRef, releases: &[FoundRelease]) -> Result<ReleaseKey, Miss> {
    let mut found: Vec<&FoundRelease> = match wanted {
        ReleaseRef::Key(key) => return Ok(*key),
        ReleaseRef::Name { name, .. } => releases.iter().filter(|release| release.name == *name).collect(),
        ReleaseRef::Package { package, .. } => {
            releases.iter().filter(|release| release.process_key.as_ref() == Some(package)).collect()
        }
    };
    found.dedup_by_key(|release| release.key);
    if let Some(version) = wanted.version()
        && !found.is_empty()
    {
        let versions: BTreeSet<String> = found.iter().filter_map(|release| release.version.clone()).collect();
        found.retain(|release| release.version.as_deref() == Some(version));
        if found.is_empty() {
            return Err(Miss::Version(versions.into_iter().collect()));
        }
    }
    match found.as_slice() {
        [release] => Ok(release.key),
        [] => Err(Miss::Unknown { near: near_release(wanted, releases), is_empty: releases.is_empty() }),
        several => Err(Miss::Ambiguous(several.iter().map(|release| described(release)).collect())),
    }
}

fn near_release(wanted: &ReleaseRef, releases: &[FoundRelease]) -> Option<String> {
    let near = match wanted {
        ReleaseRef::Key(_) => None,
        ReleaseRef::Name { name, .. } => {
            let names = || releases.iter().map(|release| release.name.as_str());
            // Classic folders call a release `Process_Environment`.
            nearest(name, names()).or_else(|| names().find(|known| known.starts_with(&format!("{name}_"))))
        }
        ReleaseRef::Package { package, .. } => {
            nearest(package, releases.iter().filter_map(|release| release.process_key.as_deref()))
        }
    };
    near.map(str::to_owned)
}

/// The machine called `name`, in any letter case.
pub(super) fn machine(name: &str, machines: &[FoundMachine]) -> Result<MachineId, Miss> {
    let is_same = |machine: &&FoundMachine| machine.name.as_deref().is_some_and(|text| equal(text, name));
    let mut found: Vec<&FoundMachine> = machines.iter().filter(is_same).collect();
    found.dedup_by_key(|machine| machine.id);
    match found.as_slice() {
        [machine] => Ok(machine.id),
        [] => {
            let near = nearest(name, machines.iter().filter_map(|machine| machine.name.as_deref()));
            Err(Miss::Unknown { near: near.map(str::to_owned), is_empty: machines.is_empty() })
        }
        several => Err(Miss::Ambiguous(several.iter().map(|machine| machine.id.0.to_string()).collect())),
    }
}

/// The robot called `name`: by `Name` or `Username` in any letter case, else by the user without its domain.
pub(super) fn robot(name: &str, robots: &[FoundRobot]) -> Result<RobotId, Miss> {
    let is_same = |text: &Option<String>| text.as_deref().is_some_and(|text| equal(text, name));
    let by_name = robots.iter().filter(|robot| is_same(&robot.name) || is_same(&robot.username));
    let mut found: Vec<&FoundRobot> = by_name.collect();
    if found.is_empty() && !name.contains('\\') {
        let user = |robot: &&FoundRobot| {
            let username = robot.username.as_deref().unwrap_or_default();
            username.rsplit_once('\\').is_some_and(|(_, user)| equal(user, name))
        };
        found = robots.iter().filter(user).collect();
    }
    found.sort_by_key(|robot| robot.id);
    found.dedup_by_key(|robot| robot.id);
    let names = || robots.iter().flat_map(|robot| [robot.name.as_deref(), robot.username.as_deref()]).flatten();
    match found.as_slice() {
        [robot] => Ok(robot.id),
        [] => Err(Miss::Unknown { near: nearest(name, names()).map(str::to_owned), is_empty: robots.is_empty() }),
        several => Err(Miss::Ambiguous(several.iter().map(|robot| shown(robot)).collect())),
    }
}

fn equal(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn described(release: &FoundRelease) -> String {
    let package = release.process_key.as_deref().map(|key| format!(" of package {key}")).unwrap_or_default();
    let version = release.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    format!("{}{package}{version}", release.key)
}

fn shown(robot: &FoundRobot) -> String {
    let name = robot.name.as_deref().unwrap_or("without a name");
    let user = robot.username.as_deref().map(|user| format!(" as {user}")).unwrap_or_default();
    format!("{} ({name}{user})", robot.id.0)
}
