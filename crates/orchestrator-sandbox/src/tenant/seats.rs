//! Where the robot jobs of a start run: a robot and a machine for each, by its strategy.
//!
//! Source: `docs/orchestrator-api.md`, section 4.2.

use super::machine::MachineAt;
use super::{FolderAt, RobotAt, Tenant};
use crate::refusal::Refusal;
use crate::start_info::{MachineRobot, StartInfo, Strategy};

/// Where one robot job is to run; any robot or machine may take it where none is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) robot: Option<RobotAt>,
    pub(super) machine: Option<MachineAt>,
}

impl Tenant {
    /// One seat for each robot job of a start.
    ///
    /// Errors: 409 where the folder does not have a robot, machine or session that is named, or no robot at all.
    pub(super) fn seats_for(
        &mut self,
        folder: FolderAt,
        asked: &StartInfo,
        strategy: Strategy,
    ) -> Result<Vec<Seat>, Refusal> {
        let mut named: Vec<Seat> = Vec::new();
        for id in &asked.robot_ids {
            let robot = Some(self.robot_asked(folder, *id).ok_or_else(Refusal::unknown_robot)?);
            if !named.iter().any(|seat| seat.robot == robot) {
                named.push(Seat { robot, machine: None });
            }
        }
        for pair in &asked.machine_robots {
            named.push(self.seat_of(folder, pair)?);
        }
        let mut machines = Vec::new();
        for session in &asked.machine_sessions {
            machines.push(self.session_asked(folder, *session)?);
        }
        let of_folder = |tenant: &mut Self| -> Result<Vec<Seat>, Refusal> {
            let robots = tenant.robots_asked(folder).into_iter();
            let seats: Vec<Seat> = robots.map(|robot| Seat { robot: Some(robot), machine: None }).collect();
            if seats.is_empty() { Err(Refusal::no_robots()) } else { Ok(seats) }
        };
        let count = |number: i64| usize::try_from(number).unwrap_or(0);
        let mut seats: Vec<Seat> = match strategy {
            Strategy::Specific => named,
            Strategy::All => of_folder(self)?,
            Strategy::RobotCount => of_folder(self)?.into_iter().cycle().take(count(asked.robots_count)).collect(),
            Strategy::JobsCount | Strategy::ModernJobsCount => {
                let number = count(asked.jobs_count.unwrap_or(1));
                if named.is_empty() {
                    named.push(Seat::default());
                }
                named.into_iter().cycle().take(number).collect()
            }
        };
        for (seat, machine) in seats.iter_mut().zip(machines.iter().cycle()) {
            seat.machine.get_or_insert(*machine);
        }
        Ok(seats)
    }

    /// The robot and the machine of one `MachineRobots`. The robot's account alone (`RobotUserName`) will do too.
    fn seat_of(&mut self, folder: FolderAt, pair: &MachineRobot) -> Result<Seat, Refusal> {
        let machine = match (pair.machine, pair.machine_name.as_deref()) {
            (Some(id), _) => Some(self.machine_id_asked(folder, id)?),
            (None, Some(name)) => Some(self.machine_name_asked(folder, name)?),
            (None, None) => None,
        };
        let robot = match (pair.robot, pair.robot_user_name.as_deref()) {
            (Some(id), _) => Some(self.robot_asked(folder, id).ok_or_else(Refusal::unknown_robot)?),
            (None, Some(name)) => {
                self.oblige_robot(folder, name);
                Some(self.robot_of_user(folder, name).ok_or_else(Refusal::unknown_robot)?)
            }
            (None, None) => None,
        };
        match (robot, machine) {
            (Some(robot), Some(machine)) if !self.works_on(robot, machine) => Err(Refusal::unknown_machine()),
            (robot, machine) => Ok(Seat { robot, machine }),
        }
    }
}
