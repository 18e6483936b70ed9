//! The ids of a folder's names, and those that a launch needs of them.

use std::collections::HashMap;

use crate::ids::{MachineId, ReleaseKey, RobotId};
use crate::plan::Launch;
use crate::spec::ReleaseRef;
use crate::start_info::{MachinePair, MachineRef, RobotRef};

/// The ids of one folder's names.
#[derive(Debug, Default)]
pub(super) struct FolderIds {
    pub(super) releases: HashMap<ReleaseRef, ReleaseKey>,
    pub(super) release_names: HashMap<ReleaseKey, String>,
    pub(super) robots: HashMap<String, RobotId>,
    pub(super) machines: HashMap<String, MachineId>,
}

/// The ids of a launch's robots, in order; `None` if one has none.
pub(super) fn robot_ids(launch: &Launch, known: &FolderIds) -> Option<Vec<RobotId>> {
    launch.start_info.strategy.robots().iter().map(|robot| robot_id(robot, known)).collect()
}

/// The ids of a launch's machines and of the robots on them, in order; `None` if one has none.
pub(super) fn machine_ids(launch: &Launch, known: &FolderIds) -> Option<Vec<MachinePair<MachineId, RobotId>>> {
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
