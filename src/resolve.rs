//! Plan + [`Directory`] -> [`Requests`]: names become the ids that the API takes.
//!
//! In: a plan by name, and what the server says exists. Out: requests by index, made lazily; or located complaints
//! about names that are unknown or fit several things. Pure: the look-ups themselves are `orchestrator`'s.

use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::{Diagnosed, Diagnostic};
use crate::ids::{FolderRef, RunId};
use crate::plan::Plan;

mod complain;
mod directory;
mod few;
mod find;
mod folder_ids;
mod folders;
mod requests;
mod resolved_names;
mod upload;
mod upload_key;

pub use crate::plan::RequiredNames;
pub use directory::{Directory, FolderContents, FoundMachine, FoundRelease, FoundRobot};
use folder_ids::FolderIds;
pub use folders::refused_folders;
pub use requests::{NoRequest, Request, Requests};
pub use resolved_names::{NameKind, ResolvedName, resolved_names};
pub use upload::Upload;
pub use upload_key::UploadKey;

/// Gives every name of `plan` its id, for the run `run`.
///
/// Complaints: a folder that the server refuses; a name that the folder does not have, or that fits several things, or a release of another version than
/// asserted; once for each name, at the first launch that uses it. GUIDs and numbers are taken as they are. Also a
/// secret whose value nobody gave ([`Plan::reveal`]).
pub fn resolve(plan: Plan, directory: &Directory, run: RunId) -> Diagnosed<Requests> {
    let (ids_by_folder, mut complaints) = ids(&plan, directory);
    complaints.extend(plan.unrevealed());
    Diagnosed::new(Requests { plan, run, ids_by_folder, attachments: HashMap::new() }, complaints)
}

/// What [`resolve`] complains of, but for secrets: nobody need have given their values yet.
#[must_use]
pub fn complaints(plan: &Plan, directory: &Directory) -> Vec<Diagnostic> {
    ids(plan, directory).1
}

/// The ids of every name of `plan`, and what is complained of.
fn ids(plan: &Plan, directory: &Directory) -> (BTreeMap<FolderRef, FolderIds>, Vec<Diagnostic>) {
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
    let mut complaints = complain::locate(plan, misses);
    complaints.extend(refused_folders(plan, directory));
    if complaints.is_empty() {
        complaints = complain::same_robot(plan, &ids_by_folder);
    }
    (ids_by_folder, complaints)
}
