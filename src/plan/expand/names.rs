//! The names of a plan's launches that need ids, by folder.
//!
//! In: launches, one after the other. Out: each name once. Never: an id.

use std::collections::BTreeMap;

use crate::ids::FolderRef;
use crate::plan::launch::Launch;
use crate::plan::model::RequiredNames;
use crate::spec::ReleaseRef;
use crate::start_info::{MachineRef, RobotRef};

/// Notes the names of `launch` that need ids.
pub(super) fn want(launch: &Launch, wanted: &mut BTreeMap<FolderRef, RequiredNames>) {
    let names = match wanted.get_mut(&launch.folder) {
        Some(names) => names,
        None => wanted.entry(launch.folder.clone()).or_default(),
    };
    let is_known = match &launch.release {
        ReleaseRef::Key(_) => true,
        ReleaseRef::Name { .. } | ReleaseRef::Package { .. } => names.releases.contains(&launch.release),
    };
    if !is_known {
        names.releases.insert(launch.release.clone());
    }
    let machines = &launch.start_info.machines;
    let robots = machines.iter().filter_map(|pair| pair.robot.as_ref());
    for robot in launch.start_info.strategy.robots().iter().chain(robots) {
        if let RobotRef::Name(name) = robot
            && !names.robots.contains(name)
        {
            names.robots.insert(name.clone());
        }
    }
    for pair in machines {
        if let MachineRef::Name(name) = &pair.machine
            && !names.machines.contains(name)
        {
            names.machines.insert(name.clone());
        }
    }
}
