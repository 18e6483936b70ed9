//! What the server has under each name of a plan, for whoever must know later that it is still so.
//!
//! In: the names that a plan needs, and what the server says exists. Out: one entry for each, in order. Never: a complaint; that a name
//! is unknown is an answer here.

use serde::{Deserialize, Serialize};

use super::Directory;
use super::directory::FolderContents;
use super::find;
use crate::ids::FolderRef;
use crate::plan::Plan;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameKind {
    /// A release.
    Release,
    /// A robot.
    Robot,
    /// A machine.
    Machine,
}

/// A name of a plan, and what it is on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ResolvedName {
    /// The folder, as the plan names it.
    pub folder: FolderRef,
    /// What it stands for.
    pub kind: NameKind,
    /// The name, as the plan has it.
    pub name: String,
    /// Its id: a release's key, or a number; `None` if the name is unknown or fits several.
    pub id: Option<String>,
    /// The version of a release's package, where the server tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl NameKind {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Robot => "robot",
            Self::Machine => "machine",
        }
    }
}

/// What `directory` has under each name that `plan` needs, by folder, kind and name.
#[must_use]
pub fn resolved_names(plan: &Plan, directory: &Directory) -> Vec<ResolvedName> {
    let nothing = FolderContents::default();
    let mut found = Vec::new();
    for (folder, names) in plan.required_names() {
        let contents = directory.contents_by_folder.get(folder).unwrap_or(&nothing);
        let mut add = |kind, name: String, id: Option<String>, version| {
            found.push(ResolvedName { folder: folder.clone(), kind, name, id, version });
        };
        for release in &names.releases {
            let key = find::release(release, &contents.releases).ok();
            let of_key = contents.releases.iter().find(|found| Some(found.key) == key);
            let version = of_key.and_then(|release| release.version.clone());
            add(NameKind::Release, release.to_string(), key.map(|key| key.to_string()), version);
        }
        for robot in &names.robots {
            let id = find::robot(robot, &contents.robots).ok();
            add(NameKind::Robot, robot.clone(), id.map(|id| id.0.to_string()), None);
        }
        for machine in &names.machines {
            let id = find::machine(machine, &contents.machines).ok();
            add(NameKind::Machine, machine.clone(), id.map(|id| id.0.to_string()), None);
        }
    }
    found
}
