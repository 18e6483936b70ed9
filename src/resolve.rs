//! Plan + [`Directory`] -> [`Requests`]: names become the ids that the API takes.
//!
//! In: a plan by name, and what the server says exists. Out: requests by index, made lazily; or located complaints
//! about names that are unknown or fit several things. Pure: the look-ups themselves are `orchestrator`'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::{FolderRef, LaunchId, Ordinal, Reference, ReleaseKey, RobotId};

/// How many robot jobs an answer must name to be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// So many: the robots of `Specific`, the count of every other strategy but `All`.
    Exactly(u32),
    /// `All`: only the server knows how many robots there are.
    AtLeastOne,
}

/// One `StartJobs` call, ready to be sent: everything but token and moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The launch's place in its plan.
    pub ordinal: Ordinal,
    /// The launch.
    pub launch: LaunchId,
    /// The folder, as the request's header names it.
    pub folder: FolderRef,
    /// The release.
    pub release: ReleaseKey,
    /// The Reference inside `body`.
    pub reference: Reference,
    /// How many robot jobs the answer must name.
    pub expected: Expected,
    /// The JSON text `{"startInfo":{...}}`, PascalCase.
    pub body: Arc<str>,
}

/// The names of one folder that a plan needs ids for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedNames {
    /// Release names.
    pub releases: std::collections::BTreeSet<String>,
    /// Robot names: `Name`, `Username` or `DOMAIN\user`.
    pub robots: std::collections::BTreeSet<String>,
}

/// A release, as the server describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRelease {
    /// What `StartJobs` takes.
    pub key: ReleaseKey,
    /// The release's name, unique within its folder.
    pub name: String,
    /// The package's id.
    pub process_key: Option<String>,
    /// The package's version.
    pub version: Option<String>,
}

/// A robot, as the server describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRobot {
    /// What `StartJobs` takes.
    pub id: RobotId,
    /// The robot's name.
    pub name: Option<String>,
    /// The user that it runs as: `DOMAIN\user` or `user`.
    pub username: Option<String>,
}

/// What the server has in one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FolderContents {
    /// Releases, in the server's order.
    pub releases: Vec<FoundRelease>,
    /// Robots, in the server's order.
    pub robots: Vec<FoundRobot>,
}

/// What the server has, by the folder as the plan names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The folders that the plan asked about.
    pub contents_by_folder: BTreeMap<FolderRef, FolderContents>,
}
