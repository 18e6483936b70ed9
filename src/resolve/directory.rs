//! What the server has, by folder.
//!
//! In: the answers of look-ups. Out: a [`Directory`], which a run keeps. Never: asks for anything.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{FolderRef, MachineId, ReleaseKey, RobotId};

/// A release, as the server describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FoundRelease {
    /// What `StartJobs` takes.
    pub key: ReleaseKey,
    /// The release's name, unique within its folder.
    pub name: String,
    /// The package's id.
    pub process_key: Option<String>,
    /// The package's version.
    pub version: Option<String>,
    /// The environment that it is deployed to, in a classic folder; where several releases have one name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// What its author says of it; where several releases have one name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A robot, as the server describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FoundRobot {
    /// What `StartJobs` takes.
    pub id: RobotId,
    /// The robot's name.
    pub name: Option<String>,
    /// The user that it runs as: `DOMAIN\user` or `user`.
    pub username: Option<String>,
}

/// A machine, as the server describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FoundMachine {
    /// What `StartJobs` takes.
    pub id: MachineId,
    /// The machine's name.
    pub name: Option<String>,
}

/// What the server has in one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FolderContents {
    /// Releases, in the server's order.
    pub releases: Vec<FoundRelease>,
    /// Robots, in the server's order.
    pub robots: Vec<FoundRobot>,
    /// Machines that are assigned to the folder, in the server's order.
    pub machines: Vec<FoundMachine>,
}

/// What the server has, by the folder as the plan names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<(FolderRef, FolderContents)>", from = "Vec<(FolderRef, FolderContents)>")]
pub struct Directory {
    /// The folders that the plan asked about.
    pub contents_by_folder: BTreeMap<FolderRef, FolderContents>,
    /// Those that the server refuses, with what it said. A directory that is kept has none.
    pub refused_by_folder: BTreeMap<FolderRef, String>,
    /// The paths of the folders that the login sees, where some are refused and the server tells.
    pub folder_paths: Option<Vec<String>>,
}

impl From<Directory> for Vec<(FolderRef, FolderContents)> {
    fn from(directory: Directory) -> Self {
        directory.contents_by_folder.into_iter().collect()
    }
}

impl From<Vec<(FolderRef, FolderContents)>> for Directory {
    fn from(folders: Vec<(FolderRef, FolderContents)>) -> Self {
        Self { contents_by_folder: folders.into_iter().collect(), ..Self::default() }
    }
}
