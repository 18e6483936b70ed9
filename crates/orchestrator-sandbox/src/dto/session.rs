//! `SessionDto`, `MachineSessionDto` and `MachineSessionRuntimeDto`: a machine's one session.

use super::machine::kind;
use super::names::{
    MACHINE_KINDS, MACHINE_SCOPES, MAINTENANCE_MODES, PLATFORMS, RUNTIMES, SESSION_STATES, SESSION_TYPES, UNATTENDED,
};
use super::{Column, Kind, Line, Row, Value, column_of};
use crate::clock::Timestamp;
use crate::tenant::FolderEntry;
use crate::tenant::machine::MachineEntry;

/// A session to be shown.
pub(crate) struct SessionRow<'t> {
    pub(crate) machine: &'t MachineEntry,
    /// The folder that it is seen from.
    pub(crate) folder: Option<&'t FolderEntry>,
    /// How many of its runtimes work.
    pub(crate) used: i64,
    pub(crate) now: Timestamp,
}

impl SessionRow<'_> {
    fn runtimes(&self) -> i64 {
        self.machine.runtimes.into()
    }

    /// Busy where no runtime is free.
    fn state(&self) -> Value<'static> {
        Value::Enum(SESSION_STATES, usize::from(self.used > 0 && self.used >= self.runtimes()))
    }
}

type Get = for<'r, 't> fn(&'r SessionRow<'t>) -> Value<'r>;

static SESSION: &[Line<Get>] = &[
    ("HostMachineName", Kind::Text, |row| Value::text(&row.machine.host)),
    ("MachineId", Kind::Int, |row| Value::Int(row.machine.id)),
    ("MachineName", Kind::Text, |row| Value::text(&row.machine.name)),
    ("State", Kind::Enum(SESSION_STATES), |row| row.state()),
    ("ReportingTime", Kind::Date, |row| Value::Date(row.now)),
    ("Info", Kind::Text, |_| Value::Null),
    ("IsUnresponsive", Kind::Bool, |_| Value::Bool(false)),
    ("OrganizationUnitId", Kind::Int, |row| Value::of(row.folder, |folder| Value::Int(folder.id))),
    ("FolderName", Kind::Text, |row| Value::of(row.folder, |folder| Value::text(folder.display_name()))),
    ("RobotSessionType", Kind::Enum(SESSION_TYPES), |_| Value::Enum(SESSION_TYPES, 0)),
    ("Version", Kind::Text, |_| Value::Null),
    ("Platform", Kind::Enum(PLATFORMS), |_| Value::Enum(PLATFORMS, 0)),
    ("Id", Kind::Int, |row| Value::Int(row.machine.session)),
];

impl Row for SessionRow<'_> {
    fn column(index: usize) -> Option<Column> {
        SESSION.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        SESSION.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}

/// A session as `GetMachineSessions` shows it.
pub(crate) struct MachineSessionRow<'t>(pub(crate) SessionRow<'t>);

static USER: &[Line<Get>] = &[("ServiceUserName", Kind::Text, |_| Value::Null)];

impl Row for MachineSessionRow<'_> {
    fn column(index: usize) -> Option<Column> {
        USER.iter().chain(SESSION).nth(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        USER.iter().chain(SESSION).nth(index).map_or(Value::Null, |line| (line.2)(&self.0))
    }
}

/// A session with its runtimes of one type.
pub(crate) struct SessionRuntimeRow<'t>(pub(crate) SessionRow<'t>);

static RUNTIME: &[Line<Get>] = &[
    ("SessionId", Kind::Int, |row| Value::Int(row.machine.session)),
    ("MachineId", Kind::Int, |row| Value::Int(row.machine.id)),
    ("MachineName", Kind::Text, |row| Value::text(&row.machine.name)),
    ("MaintenanceMode", Kind::Enum(MAINTENANCE_MODES), |_| Value::Enum(MAINTENANCE_MODES, 0)),
    ("HostMachineName", Kind::Text, |row| Value::text(&row.machine.host)),
    ("RuntimeType", Kind::Enum(RUNTIMES), |_| Value::Enum(RUNTIMES, UNATTENDED)),
    ("MachineType", Kind::Enum(MACHINE_KINDS), |row| Value::Enum(MACHINE_KINDS, kind(row.machine))),
    ("MachineScope", Kind::Enum(MACHINE_SCOPES), |_| Value::Enum(MACHINE_SCOPES, 0)),
    ("Status", Kind::Enum(SESSION_STATES), |row| row.state()),
    ("IsUnresponsive", Kind::Bool, |_| Value::Bool(false)),
    ("Runtimes", Kind::Int, |row| Value::Int(row.runtimes())),
    ("UsedRuntimes", Kind::Int, |row| Value::Int(row.used.min(row.runtimes()))),
    ("ServiceUserName", Kind::Text, |_| Value::Null),
    ("ReportingTime", Kind::Date, |row| Value::Date(row.now)),
    ("Version", Kind::Text, |_| Value::Null),
    ("Platform", Kind::Enum(PLATFORMS), |_| Value::Enum(PLATFORMS, 0)),
    ("TriggersCount", Kind::Int, |_| Value::Int(0)),
];

impl Row for SessionRuntimeRow<'_> {
    fn column(index: usize) -> Option<Column> {
        RUNTIME.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        RUNTIME.get(index).map_or(Value::Null, |line| (line.2)(&self.0))
    }
}
