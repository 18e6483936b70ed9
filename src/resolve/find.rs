//! One name among what a folder has.
//!
//! In: a name and a list. Out: its id, or why not, with what comes near. Never: knows where the name was written.

use super::{FoundRelease, FoundRobot};
use crate::diagnostic::nearest;
use crate::ids::{ReleaseKey, RobotId};

/// Why a name has no id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// Nothing has it; what comes near, and whether there is anything at all.
    Unknown { near: Option<String>, is_empty: bool },
    /// Several have it: each in words that tell it apart.
    Ambiguous(Vec<String>),
}

/// The release called `name`. Letter case counts, as it does on the server.
pub(super) fn release(name: &str, releases: &[FoundRelease]) -> Result<ReleaseKey, Miss> {
    let mut found: Vec<&FoundRelease> = releases.iter().filter(|release| release.name == name).collect();
    found.dedup_by_key(|release| release.key);
    match found.as_slice() {
        [release] => Ok(release.key),
        [] => Err(Miss::Unknown {
            // Classic folders call a release `Process_Environment`.
            near: nearest(name, releases.iter().map(|release| release.name.as_str()))
                .or_else(|| {
                    releases
                        .iter()
                        .map(|release| release.name.as_str())
                        .find(|known| known.starts_with(&format!("{name}_")))
                })
                .map(str::to_owned),
            is_empty: releases.is_empty(),
        }),
        several => Err(Miss::Ambiguous(several.iter().map(|release| described(release)).collect())),
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
