//! Plan + [`Directory`] -> [`Requests`]: names become the ids that the API takes.
//!
//! In: a plan by name, and what the server says exists. Out: requests by index, made lazily; or located complaints
//! about names that are unknown or fit several things. Pure: the look-ups themselves are `orchestrator`'s.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnosed;
use crate::diagnostic::visible::visible;
use crate::ids::{AttachmentId, FolderRef, LaunchId, MachineId, Ordinal, Reference, ReleaseKey, RobotId, RunId};
use crate::plan::{Launch, Plan};
use crate::spec::ReleaseRef;
use crate::start_info::{Input, MachinePair, MachineRef, RobotRef};

mod complain;
mod find;
mod folders;
mod upload;

use crate::launch_terms::{AmbiguityPolicy, Expected};
pub use crate::plan::RequiredNames;
pub use folders::refused_folders;
pub use upload::{Upload, UploadKey};

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
    /// What follows once an attempt in doubt proved absent.
    pub on_ambiguous: AmbiguityPolicy,
    /// The JSON text `{"startInfo":{...}}`, PascalCase.
    pub body: Arc<str>,
}

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

/// Every request of a run, made by index when it is asked for.
#[derive(Debug)]
pub struct Requests {
    plan: Plan,
    run: RunId,
    ids_by_folder: BTreeMap<FolderRef, FolderIds>,
    attachments: HashMap<UploadKey, AttachmentId>,
}

/// The ids of one folder's names.
#[derive(Debug, Default)]
struct FolderIds {
    releases: HashMap<ReleaseRef, ReleaseKey>,
    release_names: HashMap<ReleaseKey, String>,
    robots: HashMap<String, RobotId>,
    machines: HashMap<String, MachineId>,
}

/// Gives every name of `plan` its id, for the run `run`.
///
/// Complaints: a folder that the server refuses; a name that the folder does not have, or that fits several things, or a release of another version than
/// asserted; once for each name, at the first launch that uses it. GUIDs and numbers are taken as they are. Also a
/// secret whose value nobody gave ([`Plan::reveal`]).
pub fn resolve(plan: Plan, directory: &Directory, run: RunId) -> Diagnosed<Requests> {
    let mut ids_by_folder = BTreeMap::new();
    let mut misses = Vec::new();
    let nothing = FolderContents::default();
    for (folder, names) in plan.required_names() {
        // What such a folder has, nobody knows.
        if directory.refused_by_folder.contains_key(folder) {
            continue;
        }
        let contents = directory.contents_by_folder.get(folder).unwrap_or(&nothing);
        let release_names = contents.releases.iter().map(|release| (release.key, release.name.clone()));
        let mut known = FolderIds { release_names: release_names.collect(), ..FolderIds::default() };
        for release in &names.releases {
            match find::release(release, &contents.releases) {
                Ok(key) => drop(known.releases.insert(release.clone(), key)),
                Err(miss) => misses.push((folder.clone(), complain::MissingName::Release(release.clone()), miss)),
            }
        }
        for name in &names.machines {
            match find::machine(name, &contents.machines) {
                Ok(id) => drop(known.machines.insert(name.clone(), id)),
                Err(miss) => misses.push((folder.clone(), complain::MissingName::Machine(name.clone()), miss)),
            }
        }
        for name in &names.robots {
            match find::robot(name, &contents.robots) {
                Ok(id) => drop(known.robots.insert(name.clone(), id)),
                Err(miss) => misses.push((folder.clone(), complain::MissingName::Robot(name.clone()), miss)),
            }
        }
        ids_by_folder.insert(folder.clone(), known);
    }
    let mut complaints = complain::locate(&plan, misses);
    complaints.extend(refused_folders(&plan, directory));
    if complaints.is_empty() {
        complaints = complain::same_robot(&plan, &ids_by_folder);
    }
    complaints.extend(plan.unrevealed());
    Diagnosed::new(Requests { plan, run, ids_by_folder, attachments: HashMap::new() }, complaints)
}

/// Some of `names`, in backticks, and how many more there are.
fn few(names: &[String]) -> String {
    const MAX_NAMED: usize = 5;
    let named: Vec<String> = names.iter().take(MAX_NAMED).map(|name| format!("`{}`", visible(name))).collect();
    match (named.as_slice(), names.len().saturating_sub(MAX_NAMED)) {
        ([], _) => "none with a name".to_owned(),
        ([only], _) => only.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    }
}

impl Requests {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.plan.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plan.is_empty()
    }

    /// The plan that they were made from.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The same plan, for whoever reports what came of it.
    #[must_use]
    pub fn into_plan(self) -> Plan {
        self.plan
    }

    /// The name of the release with this key, where the server told it.
    #[must_use]
    pub fn name_of(&self, folder: &FolderRef, key: ReleaseKey) -> Option<&str> {
        self.ids_by_folder.get(folder)?.release_names.get(&key).map(String::as_str)
    }

    /// What the robot jobs of `launch` carry, behind the author's text `prefix`.
    #[must_use]
    pub fn reference(&self, prefix: Option<&str>, launch: &LaunchId) -> Reference {
        Reference::new(prefix, self.run, launch)
    }

    /// The request of the launch at `ordinal`, which is not skipped; the same each time.
    #[must_use]
    pub fn get(&self, ordinal: Ordinal) -> Request {
        const RESOLVED: &str = "resolving has found every name of the plan";
        let launch = self.plan.to_send(ordinal);
        let known = self.ids_by_folder.get(&launch.folder).expect(RESOLVED);
        let release = match &launch.release {
            ReleaseRef::Key(key) => *key,
            named @ (ReleaseRef::Name { .. } | ReleaseRef::Package { .. }) => {
                *known.releases.get(named).expect(RESOLVED)
            }
        };
        let robots = robot_ids(&launch, known).expect(RESOLVED);
        let machines = machine_ids(&launch, known).expect(RESOLVED);
        let attachment = self.attachment(&launch);
        let Launch { id, folder, reference, start_info, on_ambiguous, .. } = launch;
        let mut start_info = start_info.with_ids(robots, machines);
        if let Some(attachment) = attachment {
            start_info.input = Some(Input::Attachment(attachment));
        }
        let reference = self.reference(reference.as_deref(), &id);
        let expected = start_info.strategy.count().map_or(Expected::AtLeastOne, Expected::Exactly);
        let body = start_info.body(release, &reference).into();
        Request { ordinal, launch: id, folder, release, reference, expected, on_ambiguous, body }
    }
}

/// The ids of a launch's robots, in order; `None` if one has none.
fn robot_ids(launch: &Launch, known: &FolderIds) -> Option<Vec<RobotId>> {
    launch.start_info.strategy.robots().iter().map(|robot| robot_id(robot, known)).collect()
}

/// The ids of a launch's machines and of the robots on them, in order; `None` if one has none.
fn machine_ids(launch: &Launch, known: &FolderIds) -> Option<Vec<MachinePair<MachineId, RobotId>>> {
    let pairs = launch.start_info.machines.iter().map(|pair| {
        let machine = match &pair.machine {
            MachineRef::Id(id) => *id,
            MachineRef::Name(name) => *known.machines.get(name)?,
        };
        let robot = match &pair.robot {
            Some(robot) => Some(robot_id(robot, known)?),
            None => None,
        };
        Some(MachinePair { machine, robot })
    });
    pairs.collect()
}

fn robot_id(robot: &RobotRef, known: &FolderIds) -> Option<RobotId> {
    match robot {
        RobotRef::Id(id) => Some(*id),
        RobotRef::Name(name) => known.robots.get(name).copied(),
    }
}
