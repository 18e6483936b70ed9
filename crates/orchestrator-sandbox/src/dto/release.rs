//! `ReleaseDto`, and `ArgumentMetadata` by itself.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::json;

use super::names::{FRAMEWORKS, PRIORITIES, PROCESS_TYPES, REMOTE_CONTROL, ROBOT_SIZES};
use super::{Column, Kind, Line, Row, Value, column_of};
use crate::clock::Moment;
use crate::tenant::{FolderEntry, ReleaseEntry, Tenant, VersionEntry};

/// A release to be shown.
pub(crate) struct ReleaseRow<'t> {
    pub(crate) tenant: &'t Tenant,
    pub(crate) release: &'t ReleaseEntry,
    pub(crate) now: Moment,
}

impl ReleaseRow<'_> {
    fn folder(&self) -> &FolderEntry {
        self.tenant.folder(self.release.folder)
    }

    /// The version that is current now.
    fn version(&self) -> &VersionEntry {
        self.release.version_at(self.now)
    }

    /// JSON text of every version that has been current so far.
    fn versions(&self) -> String {
        let versions = self.release.versions_until(self.now).map(|version| {
            json!({
                "ReleaseId": self.release.id,
                "VersionNumber": version.text,
                "CreationTime": format!("{:.7}", self.tenant.utc_at(version.since)),
                "ReleaseName": self.release.name,
                "Id": version.id,
            })
        });
        versions.collect::<serde_json::Value>().to_string()
    }
}

type Get = for<'r, 't> fn(&'r ReleaseRow<'t>) -> Value<'r>;

static RELEASE: &[Line<Get>] = &[
    ("Key", Kind::Guid, |row| Value::Guid(row.release.key)),
    ("ProcessKey", Kind::Text, |row| Value::text(&row.release.package)),
    ("ProcessVersion", Kind::Text, |row| Value::text(&row.version().text)),
    ("IsLatestVersion", Kind::Bool, |_| Value::Bool(true)),
    ("IsProcessDeleted", Kind::Bool, |_| Value::Bool(false)),
    ("Description", Kind::Text, |_| Value::Null),
    ("Name", Kind::Text, |row| Value::text(&row.release.name)),
    ("EntryPointId", Kind::Int, |_| Value::Null),
    ("EntryPointPath", Kind::Text, |_| Value::Null),
    ("InputArguments", Kind::Text, |_| Value::Null),
    ("EnvironmentVariables", Kind::Text, |_| Value::Null),
    ("ProcessType", Kind::Enum(PROCESS_TYPES), |_| Value::Enum(PROCESS_TYPES, 1)),
    ("SupportsMultipleEntryPoints", Kind::Bool, |_| Value::Bool(false)),
    ("RequiresUserInteraction", Kind::Bool, |_| Value::Bool(false)),
    ("IsAttended", Kind::Bool, |_| Value::Bool(false)),
    ("IsCompiled", Kind::Bool, |_| Value::Bool(false)),
    ("Arguments", Kind::Json, |row| {
        Value::of(row.release.arguments.as_deref(), |text| Value::Json(Cow::Borrowed(text)))
    }),
    ("AutoUpdate", Kind::Bool, |_| Value::Bool(false)),
    ("HiddenForAttendedUser", Kind::Bool, |_| Value::Bool(false)),
    ("FeedId", Kind::Guid, |_| Value::Null),
    ("JobPriority", Kind::Enum(PRIORITIES), |_| Value::Enum(PRIORITIES, 1)),
    ("SpecificPriorityValue", Kind::Int, |_| Value::Int(45)),
    ("FolderKey", Kind::Guid, |row| Value::Guid(row.folder().key)),
    ("OrganizationUnitId", Kind::Int, |row| Value::Int(row.folder().id)),
    ("OrganizationUnitFullyQualifiedName", Kind::Text, |row| Value::text(&row.folder().path)),
    ("TargetFramework", Kind::Enum(FRAMEWORKS), |_| Value::Enum(FRAMEWORKS, 2)),
    ("RobotSize", Kind::Enum(ROBOT_SIZES), |_| Value::Null),
    ("Tags", Kind::Json, |_| Value::Json(Cow::Borrowed("[]"))),
    ("RemoteControlAccess", Kind::Enum(REMOTE_CONTROL), |_| Value::Enum(REMOTE_CONTROL, 0)),
    ("LastModificationTime", Kind::Date, |_| Value::Null),
    ("CreationTime", Kind::Date, |row| Value::Date(row.tenant.opened())),
    ("Id", Kind::Int, |row| Value::Int(row.release.id)),
    ("CurrentVersion/Id", Kind::Int, |row| Value::Int(row.version().id)),
    ("CurrentVersion/ReleaseId", Kind::Int, |row| Value::Int(row.release.id)),
    ("CurrentVersion/VersionNumber", Kind::Text, |row| Value::text(&row.version().text)),
    ("CurrentVersion/CreationTime", Kind::Date, |row| Value::Date(row.tenant.utc_at(row.version().since))),
    ("CurrentVersion/ReleaseName", Kind::Text, |row| Value::text(&row.release.name)),
    ("ReleaseVersions/*", Kind::Json, |row| Value::Json(Cow::Owned(row.versions()))),
];

impl Row for ReleaseRow<'_> {
    fn column(index: usize) -> Option<Column> {
        RELEASE.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        RELEASE.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}

/// `ArgumentMetadata`: each side of a package's signature as JSON text.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ArgumentsRow {
    input: Option<String>,
    output: Option<String>,
}

impl ArgumentsRow {
    /// Reads the JSON text of both sides; a package without a signature has neither.
    pub(crate) fn of(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

type GetOfArgumentsRow = fn(&ArgumentsRow) -> Value<'_>;

static ARGUMENTS: &[Line<GetOfArgumentsRow>] = &[
    ("Input", Kind::Text, |row| Value::of(row.input.as_deref(), Value::text)),
    ("Output", Kind::Text, |row| Value::of(row.output.as_deref(), Value::text)),
];

impl Row for ArgumentsRow {
    fn column(index: usize) -> Option<Column> {
        ARGUMENTS.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        ARGUMENTS.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}
