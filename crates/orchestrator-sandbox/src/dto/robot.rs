//! `RobotDto`, `ExtendedRobotDto` (a robot with its user) and `RobotsFromFolderModel`.

use std::borrow::Cow;

use super::names::{CREDENTIAL_TYPES, HOSTING_TYPES, PROVISION_TYPES, RUNTIMES, UNATTENDED, USER_TYPES};
use super::{Column, Kind, Line, Row, Value, column_of};
use crate::tenant::machine::MachineEntry;
use crate::tenant::{RobotEntry, Tenant};

/// A robot to be shown.
pub(crate) struct RobotRow<'t> {
    pub(crate) tenant: &'t Tenant,
    pub(crate) robot: &'t RobotEntry,
}

impl RobotRow<'_> {
    fn machine(&self) -> Option<&MachineEntry> {
        self.robot.machine.map(|at| self.tenant.machine(at))
    }
}

type Get = for<'r, 't> fn(&'r RobotRow<'t>) -> Value<'r>;

static ROBOT: &[Line<Get>] = &[
    ("LicenseKey", Kind::Text, |_| Value::Null),
    ("MachineName", Kind::Text, |row| Value::of(row.machine(), |machine| Value::text(&machine.name))),
    ("MachineId", Kind::Int, |row| Value::of(row.machine(), |machine| Value::Int(machine.id))),
    ("Name", Kind::Text, |row| Value::text(&row.robot.name)),
    ("Username", Kind::Text, |row| Value::of(row.robot.username.as_deref(), Value::text)),
    ("ExternalName", Kind::Text, |_| Value::Null),
    ("Description", Kind::Text, |_| Value::Null),
    ("Type", Kind::Enum(RUNTIMES), |_| Value::Enum(RUNTIMES, UNATTENDED)),
    ("HostingType", Kind::Enum(HOSTING_TYPES), |row| {
        Value::Enum(HOSTING_TYPES, usize::from(row.robot.machine.is_none()))
    }),
    ("ProvisionType", Kind::Enum(PROVISION_TYPES), |_| Value::Enum(PROVISION_TYPES, 0)),
    ("Password", Kind::Text, |_| Value::Null),
    ("CredentialStoreId", Kind::Int, |_| Value::Null),
    ("UserId", Kind::Int, |row| Value::Int(row.robot.id)),
    ("Enabled", Kind::Bool, |_| Value::Bool(true)),
    ("CredentialType", Kind::Enum(CREDENTIAL_TYPES), |_| Value::Enum(CREDENTIAL_TYPES, 0)),
    ("Environments", Kind::Json, |_| Value::Json(Cow::Borrowed("[]"))),
    ("RobotEnvironments", Kind::Text, |_| Value::text("")),
    ("ExecutionSettings", Kind::Json, |_| Value::Null),
    ("IsExternalLicensed", Kind::Bool, |_| Value::Bool(false)),
    ("LimitConcurrentExecution", Kind::Bool, |_| Value::Bool(false)),
    ("LastModificationTime", Kind::Date, |_| Value::Null),
    ("CreationTime", Kind::Date, |row| Value::Date(row.tenant.opened())),
    ("Id", Kind::Int, |row| Value::Int(row.robot.id)),
];

impl Row for RobotRow<'_> {
    fn column(index: usize) -> Option<Column> {
        ROBOT.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        ROBOT.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}

/// A robot as `GetRobotsFromFolder` shows it: with its user.
pub(crate) struct FolderRobotRow<'t>(pub(crate) RobotRow<'t>);

static USER: &[Line<Get>] = &[
    ("UserType", Kind::Enum(USER_TYPES), |_| Value::Enum(USER_TYPES, 1)),
    ("UserEmail", Kind::Text, |_| Value::Null),
    ("UserFullName", Kind::Text, |row| Value::text(&row.robot.name)),
    ("UserKey", Kind::Guid, |row| Value::Guid(row.robot.key)),
];

impl Row for FolderRobotRow<'_> {
    fn column(index: usize) -> Option<Column> {
        USER.iter().chain(ROBOT).nth(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        USER.iter().chain(ROBOT).nth(index).map_or(Value::Null, |line| (line.2)(&self.0))
    }
}

/// A robot across folders: its user is a navigation property.
pub(crate) struct ExtendedRobotRow<'t>(pub(crate) RobotRow<'t>);

static EXPANDED: &[Line<Get>] = &[
    ("User/Id", Kind::Int, |row| Value::Int(row.robot.id)),
    ("User/UserName", Kind::Text, |row| Value::of(row.robot.username.as_deref(), Value::text)),
    ("User/FullName", Kind::Text, |row| Value::text(&row.robot.name)),
    ("User/Type", Kind::Enum(USER_TYPES), |_| Value::Enum(USER_TYPES, 1)),
    ("User/Key", Kind::Guid, |row| Value::Guid(row.robot.key)),
];

impl Row for ExtendedRobotRow<'_> {
    fn column(index: usize) -> Option<Column> {
        ROBOT.iter().chain(EXPANDED).nth(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        ROBOT.iter().chain(EXPANDED).nth(index).map_or(Value::Null, |line| (line.2)(&self.0))
    }
}
