//! `FolderDto`, its subset `CurrentUserFolderDto`, and the two forms of folder navigation.

use super::names::{FEED_TYPES, FOLDER_TYPES, PERMISSION_MODELS, PROVISION_TYPES};
use super::{Column, Kind, Line, Row, Value, column_of};
use crate::tenant::{FolderEntry, Tenant};

/// A folder to be shown.
pub(crate) struct FolderRow<'t> {
    pub(crate) tenant: &'t Tenant,
    pub(crate) folder: &'t FolderEntry,
}

impl FolderRow<'_> {
    fn parent(&self) -> Option<&FolderEntry> {
        self.folder.parent.map(|at| self.tenant.folder(at))
    }
}

type Get = for<'r, 't> fn(&'r FolderRow<'t>) -> Value<'r>;

static FOLDER: &[Line<Get>] = &[
    ("Key", Kind::Guid, |row| Value::Guid(row.folder.key)),
    ("DisplayName", Kind::Text, |row| Value::text(row.folder.display_name())),
    ("FullyQualifiedName", Kind::Text, |row| Value::text(&row.folder.path)),
    ("Description", Kind::Text, |_| Value::Null),
    ("FolderType", Kind::Enum(FOLDER_TYPES), |_| Value::Enum(FOLDER_TYPES, 0)),
    ("IsPersonal", Kind::Bool, |_| Value::Bool(false)),
    // A modern folder draws robots by itself and has roles of its own; a classic one has neither.
    ("ProvisionType", Kind::Enum(PROVISION_TYPES), |row| {
        Value::Enum(PROVISION_TYPES, usize::from(row.folder.is_modern()))
    }),
    ("PermissionModel", Kind::Enum(PERMISSION_MODELS), |row| {
        Value::Enum(PERMISSION_MODELS, usize::from(row.folder.is_modern()))
    }),
    ("ParentId", Kind::Int, |row| Value::of(row.parent(), |parent| Value::Int(parent.id))),
    ("ParentKey", Kind::Guid, |row| Value::of(row.parent(), |parent| Value::Guid(parent.key))),
    ("FeedType", Kind::Enum(FEED_TYPES), |_| Value::Enum(FEED_TYPES, 1)),
    ("Id", Kind::Int, |row| Value::Int(row.folder.id)),
];

impl Row for FolderRow<'_> {
    fn column(index: usize) -> Option<Column> {
        FOLDER.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        FOLDER.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}

/// The columns that `CurrentUserFolderDto` shares with `FolderDto`.
pub(crate) fn of_current_user() -> Vec<usize> {
    let names =
        ["Key", "DisplayName", "FullyQualifiedName", "Description", "FolderType", "ParentId", "ParentKey", "Id"];
    (0..FOLDER.len()).filter(|index| names.contains(&FOLDER[*index].0)).collect()
}

/// A folder as `GetFoldersForCurrentUser` shows it: with the path to it.
pub(crate) struct PathFolderRow<'t>(pub(crate) FolderRow<'t>);

static PATH: &[Line<Get>] = &[("FolderPath", Kind::Text, |row| {
    // Without the folder's own name.
    Value::text(row.folder.path.rsplit_once('/').map_or("", |(above, _)| above))
})];

impl Row for PathFolderRow<'_> {
    fn column(index: usize) -> Option<Column> {
        PATH.iter().chain(FOLDER).nth(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        PATH.iter().chain(FOLDER).nth(index).map_or(Value::Null, |line| (line.2)(&self.0))
    }
}

/// A folder as `GetAllFoldersForCurrentUser` shows it: with its place in the tree.
pub(crate) struct TreeFolderRow<'t>(pub(crate) FolderRow<'t>);

static TREE: &[Line<Get>] = &[
    ("IsSelectable", Kind::Bool, |_| Value::Bool(true)),
    ("HasChildren", Kind::Bool, |row| Value::Bool(row.tenant.has_children(row.folder))),
    ("Level", Kind::Int, |row| Value::Int(i64::try_from(row.folder.path.matches('/').count()).unwrap_or(i64::MAX))),
];

impl Row for TreeFolderRow<'_> {
    fn column(index: usize) -> Option<Column> {
        TREE.iter().chain(FOLDER).nth(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        TREE.iter().chain(FOLDER).nth(index).map_or(Value::Null, |line| (line.2)(&self.0))
    }
}
