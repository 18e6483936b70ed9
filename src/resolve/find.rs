//! One name among what a folder has.
//!
//! In: a name and a list. Out: its id, or why not, with what comes near. Never: knows where the name was written.
//! A name is found as it is written; else in another composition of its letters, where only one thing has that.

use std::collections::BTreeSet;

use super::directory::{FoundMachine, FoundRelease, FoundRobot};
use super::few::few;
use crate::diagnostic::nearest;
use crate::diagnostic::visible::{are_one, composed, suggestion, visible};
use crate::ids::{MachineId, ReleaseKey, RobotId};
use crate::spec::ReleaseRef;

/// Why a name has no id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// Nothing has it; what may be done about it.
    Unknown(String),
    /// Several have it: how many, and how to say which one is meant.
    Ambiguous(usize, String),
    /// It is there, and its package has these versions; `None` if the server tells none.
    Version(Vec<String>),
}

/// Maximum names told of those that a name fits.
const MAX_TOLD: usize = 10;

/// The release that `wanted` names. Letter case counts, as it does on the server.
pub(super) fn release(wanted: &ReleaseRef, releases: &[FoundRelease]) -> Result<ReleaseKey, Miss> {
    let text = |release: &FoundRelease| match wanted {
        ReleaseRef::Key(_) | ReleaseRef::Name { .. } => Some(release.name.clone()),
        ReleaseRef::Package { .. } => release.process_key.clone(),
    };
    let name = match wanted {
        ReleaseRef::Key(key) => return Ok(*key),
        ReleaseRef::Name { name, .. } => name,
        ReleaseRef::Package { package, .. } => package,
    };
    let has = |is_same: fn(&str, &str) -> bool| -> Vec<&FoundRelease> {
        releases.iter().filter(|release| text(release).is_some_and(|text| is_same(&text, name))).collect()
    };
    let mut found = has(|text, name| text == name);
    if found.is_empty() {
        found = has(are_one);
    }
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
        [] => Err(Miss::Unknown(instead_of_release(wanted, name, releases))),
        several => Err(Miss::Ambiguous(several.len(), which_release(several))),
    }
}

/// What to do where no release is called so.
fn instead_of_release(wanted: &ReleaseRef, name: &str, releases: &[FoundRelease]) -> String {
    if releases.is_empty() {
        return nothing("release");
    }
    let names = || releases.iter().map(|release| release.name.as_str());
    let near = match wanted {
        ReleaseRef::Key(_) => None,
        ReleaseRef::Name { .. } => {
            let is_of = |release: &&FoundRelease| {
                release.process_key.as_deref().is_some_and(|package| package.eq_ignore_ascii_case(name))
            };
            let of_package: Vec<String> =
                releases.iter().filter(is_of).map(|release| visible(&release.name).into_owned()).collect();
            match of_package.as_slice() {
                [] => {}
                [only] => return format!("that is the package of release `{only}`: write `release: {only}`"),
                several => return format!("that is the package of {}: write the release that is meant", few(several)),
            }
            // Classic folders call a release `Process_Environment`.
            nearest(name, names()).or_else(|| names().find(|known| known.starts_with(&format!("{name}_"))))
        }
        ReleaseRef::Package { .. } => {
            if names().any(|known| known == name) {
                return format!("that is the name of a release: write `release: {}`", visible(name));
            }
            nearest(name, releases.iter().filter_map(|release| release.process_key.as_deref()))
        }
    };
    near.map_or_else(
        || {
            let shown: Vec<String> = releases
                .iter()
                .map(|release| match (wanted, release.process_key.as_deref()) {
                    (ReleaseRef::Package { .. }, Some(package)) => package.to_owned(),
                    (_, _) => release.name.clone(),
                })
                .collect::<BTreeSet<String>>()
                .into_iter()
                .collect();
            let what = if matches!(wanted, ReleaseRef::Package { .. }) { "the packages" } else { "the folder has" };
            let of = if matches!(wanted, ReleaseRef::Package { .. }) { " of the folder's releases are" } else { "" };
            format!("{what}{of} {}", few(&shown))
        },
        |near| format!("did you mean {}?", suggestion(name, near)),
    )
}

/// How to say which of several releases is meant: by name where their names differ, else by key. What people know of
/// each comes first.
fn which_release(several: &[&FoundRelease]) -> String {
    let names: BTreeSet<&str> = several.iter().map(|release| release.name.as_str()).collect();
    let described = |release: &&FoundRelease| {
        let mut parts = Vec::new();
        parts.extend(release.version.as_deref().map(|version| format!("version {version}")));
        parts.extend(filled(release.environment.as_deref()).map(|environment| format!("environment {environment}")));
        parts.extend(filled(release.description.as_deref()).map(|words| format!("\"{}\"", visible(&shortened(words)))));
        parts.extend(release.process_key.as_deref().map(|package| format!("package {package}")));
        parts.push(format!("key {}", release.key));
        format!("`{}` ({})", visible(&release.name), parts.join(", "))
    };
    let by = if names.len() == several.len() { "its name" } else { "its key" };
    format!("write the release that is meant, by {by}: {}", told(several.iter().map(described), several.len()))
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The first words of a description.
fn shortened(text: &str) -> String {
    const MAX_CHARACTERS: usize = 80;
    let short: String = text.chars().take(MAX_CHARACTERS).collect();
    if short.len() < text.len() { format!("{short}..") } else { short }
}

fn told(all: impl Iterator<Item = String>, count: usize) -> String {
    let told: Vec<String> = all.take(MAX_TOLD).collect();
    let more = if count > MAX_TOLD { format!("; and {} more", count - MAX_TOLD) } else { String::new() };
    format!("{}{more}", told.join("; "))
}

fn nothing(kind: &str) -> String {
    format!("the folder has no {kind} that this login may see; is it the right one?")
}

/// The machine called `name`, in any letter case.
pub(super) fn machine(name: &str, machines: &[FoundMachine]) -> Result<MachineId, Miss> {
    let is_same = |machine: &&FoundMachine| machine.name.as_deref().is_some_and(|text| equal(text, name));
    let mut found: Vec<&FoundMachine> = machines.iter().filter(is_same).collect();
    found.dedup_by_key(|machine| machine.id);
    let names = || machines.iter().filter_map(|machine| machine.name.as_deref());
    match found.as_slice() {
        [machine] => Ok(machine.id),
        [] => Err(Miss::Unknown(instead("machine", name, names, machines.is_empty()))),
        several => {
            let shown = |machine: &&FoundMachine| {
                format!("{} ({})", machine.id.0, visible(machine.name.as_deref().unwrap_or("without a name")))
            };
            let numbers = told(several.iter().map(shown), several.len());
            Err(Miss::Ambiguous(several.len(), format!("name it by its number: {numbers}")))
        }
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
        [] => Err(Miss::Unknown(instead("robot", name, names, robots.is_empty()))),
        several => {
            let numbers = told(several.iter().map(|robot| shown(robot)), several.len());
            Err(Miss::Ambiguous(several.len(), format!("name it by its number: {numbers}")))
        }
    }
}

/// What to do where nothing of `kind` is called `name`, and the folder has `names`.
fn instead<'a, N: Iterator<Item = &'a str>>(kind: &str, name: &str, names: impl Fn() -> N, is_empty: bool) -> String {
    if is_empty {
        return nothing(kind);
    }
    match nearest(name, names()) {
        Some(near) => format!("did you mean {}?", suggestion(name, near)),
        None => format!("the folder has {}", few(&names().map(str::to_owned).collect::<Vec<_>>())),
    }
}

fn equal(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase() || composed(one).to_lowercase() == composed(other).to_lowercase()
}

fn shown(robot: &FoundRobot) -> String {
    let name = visible(robot.name.as_deref().unwrap_or("without a name"));
    let user = robot.username.as_deref().map(|user| format!(" as {}", visible(user))).unwrap_or_default();
    format!("{} ({name}{user})", robot.id.0)
}
