//! What the sandbox has: whatever a plan names, or exactly what a file lists; and what goes wrong in it.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::input::manifest_files;
use crate::exit::ExitStatus;
use crate::ids::{FolderRef, Ordinal};
use crate::plan::Plan;
use crate::spec::ReleaseRef;
use crate::start_info::RobotRef;
use orchestrator_sandbox::world::FolderName;
use orchestrator_sandbox::{Faults, World};

/// A world that obliges everybody and has all that `plan` names.
pub(crate) fn for_plan(plan: &Plan) -> World {
    let mut world = World::obliging();
    for (folder, names) in plan.required_names() {
        let folder = folder_name(folder);
        world.provide_folder(&folder);
        for release in &names.releases {
            match release {
                ReleaseRef::Key(key) => world.provide_release_key(&folder, key.0),
                ReleaseRef::Name { name, version: None } => world.provide_release(&folder, name),
                ReleaseRef::Name { name, version: Some(version) } => world.provide_version(&folder, name, version),
                ReleaseRef::Package { package, version } => world.provide_package(&folder, package, version.as_deref()),
            }
        }
        names.robots.iter().for_each(|name| world.provide_robot(&folder, name));
        names.machines.iter().for_each(|name| world.provide_machine(&folder, name));
    }
    let mut provided = std::collections::BTreeSet::new();
    for ordinal in (0..plan.len()).map(Ordinal::from).filter(|ordinal| !plan.skips(*ordinal)) {
        let launch = plan.launch(ordinal);
        let folder = folder_name(&launch.folder);
        if let ReleaseRef::Key(key) = launch.release
            && provided.insert(key)
        {
            world.provide_release_key(&folder, key.0);
        }
        let on_machines = launch.start_info.machines.iter().filter_map(|pair| pair.robot.as_ref());
        for robot in launch.start_info.strategy.robots().iter().chain(on_machines) {
            if let RobotRef::Id(id) = robot {
                world.provide_robot_id(&folder, id.0);
            }
        }
    }
    world
}

/// The folder of the sandbox for manifests that name none, as a profile has one: `Shared`, which every tenant has at
/// first, or the first folder of a world that has no such.
pub(crate) fn default_folder(world: Option<&World>) -> String {
    const USUAL: &str = "Shared";
    let folders = || world.into_iter().flat_map(|world| &world.folders);
    let usual = folders().find(|folder| folder.path == USUAL);
    usual.or_else(|| folders().next()).map_or_else(|| USUAL.to_owned(), |folder| folder.path.clone())
}

/// The world that the file at `path` describes.
pub(crate) fn of_file(path: &Path) -> Result<World, Failure> {
    read(path, World::from_text)
}

/// The faults that the file at `path` lists; none without one.
pub(crate) fn faults(path: Option<&Path>) -> Result<Faults, Failure> {
    path.map_or_else(|| Ok(Faults::new()), |path| read(path, Faults::from_text))
}

fn read<T, E: std::error::Error>(path: &Path, of_text: impl FnOnce(&str) -> Result<T, E>) -> Result<T, Failure> {
    let file = manifest_files::read(path)?;
    let text = String::from_utf8(file.bytes)
        .map_err(|_| Failure::with_message(ExitStatus::Usage, format!("`{}` is not UTF-8 text", file.name)))?;
    of_text(&text).map_err(|error| {
        let failure = Failure::new(ExitStatus::Usage, &error);
        Failure { message: failure.message.map(|words| format!("`{}`: {words}", file.name)), ..failure }
    })
}

fn folder_name(folder: &FolderRef) -> FolderName {
    match folder {
        FolderRef::Id(id) => FolderName::Id(id.0),
        FolderRef::Path(path) => FolderName::Path(path.clone()),
        FolderRef::Key(key) => FolderName::Key(*key),
    }
}
