//! `MachineDto`, `MachineFolderDto` (of which it is a part), and `MachineRuntimeDto`.

use std::borrow::Cow;

use super::names::{MACHINE_FRAMEWORKS, MACHINE_KINDS, MACHINE_SCOPES, RUNTIMES, UNATTENDED};
use super::{Column, Kind, Line, Row, Value, column_of};
use crate::tenant::machine::MachineEntry;
use crate::world::MachineKind;

/// A machine to be shown.
pub(crate) struct MachineRow<'t>(pub(crate) &'t MachineEntry);

type Get = for<'r, 't> fn(&'r MachineRow<'t>) -> Value<'r>;

static MACHINE: &[Line<Get>] = &[
    ("LicenseKey", Kind::Text, |_| Value::Null),
    ("Name", Kind::Text, |row| Value::text(&row.0.name)),
    ("Description", Kind::Text, |_| Value::Null),
    ("Type", Kind::Enum(MACHINE_KINDS), |row| Value::Enum(MACHINE_KINDS, kind(row.0))),
    ("Scope", Kind::Enum(MACHINE_SCOPES), |_| Value::Enum(MACHINE_SCOPES, 0)),
    ("NonProductionSlots", Kind::Int, |_| Value::Int(0)),
    ("UnattendedSlots", Kind::Int, |row| Value::Int(row.0.runtimes.into())),
    ("HeadlessSlots", Kind::Int, |_| Value::Int(0)),
    ("TestAutomationSlots", Kind::Int, |_| Value::Int(0)),
    ("Key", Kind::Guid, |row| Value::Guid(row.0.key)),
    ("RobotVersions", Kind::Json, |_| Value::Json(Cow::Borrowed("[]"))),
    ("RobotUsers", Kind::Json, |_| Value::Json(Cow::Borrowed("[]"))),
    ("TargetFramework", Kind::Enum(MACHINE_FRAMEWORKS), |_| Value::Enum(MACHINE_FRAMEWORKS, 0)),
    ("ClientSecret", Kind::Text, |_| Value::Null),
    ("Tags", Kind::Json, |_| Value::Json(Cow::Borrowed("[]"))),
    ("Id", Kind::Int, |row| Value::Int(row.0.id)),
];

/// The place of a machine's kind among [`MACHINE_KINDS`].
pub(crate) fn kind(machine: &MachineEntry) -> usize {
    match machine.kind {
        MachineKind::Standard => 0,
        MachineKind::Template => 1,
    }
}

impl Row for MachineRow<'_> {
    fn column(index: usize) -> Option<Column> {
        MACHINE.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        MACHINE.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}

/// A machine as a folder shows those assigned to it.
pub(crate) struct FolderMachineRow<'t>(pub(crate) MachineRow<'t>);

static ASSIGNED: &[Line<Get>] = &[
    ("IsAssignedToFolder", Kind::Bool, |_| Value::Bool(true)),
    ("HasMachineRobots", Kind::Bool, |_| Value::Bool(false)),
    ("IsInherited", Kind::Bool, |_| Value::Bool(false)),
    ("PropagateToSubFolders", Kind::Bool, |_| Value::Bool(false)),
    ("InheritedFromFolderName", Kind::Text, |_| Value::Null),
];

impl Row for FolderMachineRow<'_> {
    fn column(index: usize) -> Option<Column> {
        ASSIGNED.iter().chain(MACHINE).nth(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        ASSIGNED.iter().chain(MACHINE).nth(index).map_or(Value::Null, |line| (line.2)(&self.0))
    }
}

/// A folder's runtimes of one type.
pub(crate) struct RuntimeRow {
    pub(crate) total: i64,
    pub(crate) available: i64,
}

type GetOfRuntimeRow = fn(&RuntimeRow) -> Value<'_>;

static RUNTIME: &[Line<GetOfRuntimeRow>] = &[
    ("Type", Kind::Enum(RUNTIMES), |_| Value::Enum(RUNTIMES, UNATTENDED)),
    ("Total", Kind::Int, |row| Value::Int(row.total)),
    ("Connected", Kind::Int, |row| Value::Int(row.total)),
    ("Available", Kind::Int, |row| Value::Int(row.available)),
];

impl Row for RuntimeRow {
    fn column(index: usize) -> Option<Column> {
        RUNTIME.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        RUNTIME.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}
