//! What robot jobs read from and write to beside their arguments: buckets and queues.

use serde::Deserialize;
use uuid::Uuid;

/// A storage bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bucket {
    /// The name; unique.
    pub name: String,
    /// The number; the next free one where absent.
    pub id: Option<i64>,
    /// The GUID; made from the name where absent.
    pub key: Option<Uuid>,
    /// The paths of the folders that see it.
    pub folders: Vec<String>,
}

/// A queue, which takes items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Queue {
    /// The name; unique within its folder.
    pub name: String,
    /// The path of its folder.
    pub folder: String,
    /// The number; the next free one where absent.
    pub id: Option<i64>,
    /// Whether two items may share a `Reference`.
    pub unique_reference: bool,
}
