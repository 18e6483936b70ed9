//! Machines and their sessions, by number, name or session.

use std::collections::HashMap;

use uuid::Uuid;

use super::job::{Job, State};
use super::{FolderAt, Ids, RobotAt, Tenant, guid_of};
use crate::clock::Moment;
use crate::refusal::Refusal;
use crate::world::{Machine, MachineKind, Mode};

/// A machine's place in its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MachineAt(usize);

/// A machine of a live tenant.
#[derive(Debug)]
pub(crate) struct MachineEntry {
    pub(crate) id: i64,
    pub(crate) key: Uuid,
    pub(crate) name: String,
    pub(crate) kind: MachineKind,
    /// Unattended ones.
    pub(crate) runtimes: u32,
    pub(crate) host: String,
    pub(crate) session: i64,
    pub(crate) folders: Vec<FolderAt>,
}

/// All machines of a tenant.
#[derive(Debug, Default)]
pub(super) struct Machines {
    entries: Vec<MachineEntry>,
    by_id: HashMap<i64, MachineAt>,
    by_name: HashMap<String, MachineAt>,
    by_session: HashMap<i64, MachineAt>,
    pub(super) ids: Ids,
    pub(super) session_ids: Ids,
}

/// Sessions that nobody numbered count on from here, so that nobody takes one for its machine.
pub(super) const FIRST_SESSION: i64 = 70_000;

impl Tenant {
    /// All machines, in the order of their making.
    pub(crate) fn machines(&self) -> impl Iterator<Item = &MachineEntry> {
        self.machines.entries.iter()
    }

    /// The machine at a place.
    pub(crate) fn machine(&self, at: MachineAt) -> &MachineEntry {
        &self.machines.entries[at.0]
    }

    /// The machine with a number.
    pub(crate) fn machine_with_id(&self, id: i64) -> Option<MachineAt> {
        self.machines.by_id.get(&id).copied()
    }

    /// The machine with a name.
    pub(crate) fn machine_with_name(&self, name: &str) -> Option<MachineAt> {
        self.machines.by_name.get(name).copied()
    }

    /// The machine with a session.
    pub(super) fn machine_with_session(&self, session: i64) -> Option<MachineAt> {
        self.machines.by_session.get(&session).copied()
    }

    /// The folder's machines, in the order of their assignment.
    pub(crate) fn machines_of(&self, folder: FolderAt) -> impl Iterator<Item = &MachineEntry> {
        self.folder(folder).machines.iter().map(|at| self.machine(*at))
    }

    /// How many unattended runtimes the folder has; none where nothing says so, which is as many as it takes.
    pub(crate) fn runtimes_of(&self, folder: FolderAt) -> Option<u32> {
        let of_machines = || {
            let mut machines = self.machines_of(folder).peekable();
            machines.peek()?;
            Some(machines.map(|machine| machine.runtimes).sum())
        };
        self.folder(folder).runtimes.or_else(of_machines)
    }

    /// How many robot jobs of the folder run now.
    pub(crate) fn running_in(&self, folder: FolderAt, now: Moment) -> i64 {
        self.jobs_of(folder).filter(|job| runs(job, now)).map(|_| 1).sum()
    }

    /// How many robot jobs run now on each machine; those without a machine are not counted.
    pub(crate) fn running_by_machine(&self, now: Moment) -> HashMap<MachineAt, i64> {
        let mut counts = HashMap::new();
        for at in self.jobs().iter().filter(|job| runs(job, now)).filter_map(|job| self.machine_of(job)) {
            *counts.entry(at).or_default() += 1;
        }
        counts
    }

    /// The machine of a robot job: the one that the start named, else its robot's.
    pub(crate) fn machine_of(&self, job: &Job) -> Option<MachineAt> {
        job.machine.or_else(|| job.robot.and_then(|robot| self.robot(robot).machine))
    }

    /// Assigns the machine to the folder.
    pub(super) fn assign_machine(&mut self, at: MachineAt, folder: FolderAt) {
        let folders = &mut self.machines.entries[at.0].folders;
        if !folders.contains(&folder) {
            folders.push(folder);
            self.folders[folder.0].machines.push(at);
        }
    }

    /// Adds a machine, without its folders.
    pub(super) fn new_machine(&mut self, machine: &Machine) -> MachineAt {
        let at = MachineAt(self.machines.entries.len());
        let id = self.machines.ids.take(machine.id);
        let session = self.machines.session_ids.take(machine.session);
        let name = machine.name.clone();
        self.machines.by_id.insert(id, at);
        self.machines.by_session.insert(session, at);
        self.machines.by_name.insert(name.clone(), at);
        self.machines.entries.push(MachineEntry {
            id,
            key: machine.key.unwrap_or_else(|| guid_of("machine", &name)),
            kind: machine.kind,
            runtimes: machine.runtimes,
            host: machine.host.clone().unwrap_or_else(|| name.clone()),
            session,
            folders: Vec::new(),
            name,
        });
        at
    }

    /// The machine called `name`, made and assigned where need be.
    pub(crate) fn oblige_machine(&mut self, folder: Option<FolderAt>, name: &str) {
        if self.mode == Mode::Obliging && !name.is_empty() {
            let found = self.machine_with_name(name);
            let at = found.unwrap_or_else(|| self.new_machine(&Machine::named(name)));
            if let Some(folder) = folder {
                self.assign_machine(at, folder);
            }
        }
    }

    /// The folder's machine with a session; made in obliging mode.
    ///
    /// Errors: 409 where the folder has no such session. What the service answers is not known.
    pub(super) fn session_asked(&mut self, folder: FolderAt, session: i64) -> Result<MachineAt, Refusal> {
        let found = self.machine_with_session(session);
        let make = || Machine::named(format!("Machine of session {session}")).session(session);
        self.machine_asked(folder, found, make)
    }

    /// The folder's machine with a number; made in obliging mode. Errors: as [`Tenant::session_asked`].
    pub(super) fn machine_id_asked(&mut self, folder: FolderAt, id: i64) -> Result<MachineAt, Refusal> {
        self.machine_asked(folder, self.machine_with_id(id), || Machine::named(format!("Machine-{id}")).id(id))
    }

    /// The folder's machine with a name; made in obliging mode. Errors: as [`Tenant::session_asked`].
    pub(super) fn machine_name_asked(&mut self, folder: FolderAt, name: &str) -> Result<MachineAt, Refusal> {
        self.machine_asked(folder, self.machine_with_name(name), || Machine::named(name))
    }

    fn machine_asked(
        &mut self,
        folder: FolderAt,
        found: Option<MachineAt>,
        make: impl FnOnce() -> Machine,
    ) -> Result<MachineAt, Refusal> {
        match (found, self.mode) {
            (Some(at), _) if self.machine(at).folders.contains(&folder) => Ok(at),
            (_, Mode::Strict) => Err(Refusal::unknown_machine()),
            (found, Mode::Obliging) => {
                let at = found.unwrap_or_else(|| self.new_machine(&make()));
                self.assign_machine(at, folder);
                Ok(at)
            }
        }
    }

    /// Whether a robot can work on a machine: it is the robot's own, or the robot has none.
    pub(crate) fn works_on(&self, robot: RobotAt, machine: MachineAt) -> bool {
        self.robot(robot).machine.is_none_or(|own| own == machine)
    }
}

/// Whether a robot works on it.
fn runs(job: &Job, now: Moment) -> bool {
    matches!(job.phase(now).state, State::Running | State::Stopping | State::Terminating)
}
