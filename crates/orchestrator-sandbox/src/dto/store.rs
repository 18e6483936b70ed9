//! `AttachmentDto` (with the access to its content, which official clients read), and `BucketDto`.

use std::borrow::Cow;

use super::names::BUCKET_OPTIONS;
use super::{Column, Kind, Line, Row, Value, column_of};
use crate::tenant::store::{AttachmentEntry, BucketEntry};

/// An attachment to be shown.
pub(crate) struct AttachmentRow<'t> {
    pub(crate) attachment: &'t AttachmentEntry,
    /// JSON text of `BlobFileAccessDto`; lists have none.
    pub(crate) access: Option<String>,
}

/// The column of the access to an attachment's content, which lists do not show.
pub(crate) const ACCESS: &str = "BlobFileAccess";

type Get = for<'r, 't> fn(&'r AttachmentRow<'t>) -> Value<'r>;

static ATTACHMENT: &[Line<Get>] = &[
    ("Name", Kind::Text, |row| Value::text(&row.attachment.name)),
    ("LastModificationTime", Kind::Date, |_| Value::Null),
    ("LastModifierUserId", Kind::Int, |_| Value::Null),
    ("CreationTime", Kind::Date, |row| Value::Date(row.attachment.created)),
    ("CreatorUserId", Kind::Int, |_| Value::Null),
    ("Id", Kind::Guid, |row| Value::Guid(row.attachment.key)),
    (ACCESS, Kind::Json, |row| Value::of(row.access.as_deref(), |text| Value::Json(Cow::Borrowed(text)))),
];

impl Row for AttachmentRow<'_> {
    fn column(index: usize) -> Option<Column> {
        ATTACHMENT.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        ATTACHMENT.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}

/// A bucket to be shown.
pub(crate) struct BucketRow<'t>(pub(crate) &'t BucketEntry);

type GetOfBucket = for<'r, 't> fn(&'r BucketRow<'t>) -> Value<'r>;

static BUCKET: &[Line<GetOfBucket>] = &[
    ("Name", Kind::Text, |row| Value::text(&row.0.name)),
    ("Description", Kind::Text, |_| Value::Null),
    ("Identifier", Kind::Guid, |row| Value::Guid(row.0.key)),
    ("StorageProvider", Kind::Text, |_| Value::Null),
    ("StorageParameters", Kind::Text, |_| Value::Null),
    ("StorageContainer", Kind::Text, |_| Value::Null),
    ("Options", Kind::Enum(BUCKET_OPTIONS), |_| Value::Enum(BUCKET_OPTIONS, 0)),
    ("CredentialStoreId", Kind::Int, |_| Value::Null),
    ("ExternalName", Kind::Text, |_| Value::Null),
    ("Password", Kind::Text, |_| Value::Null),
    ("FoldersCount", Kind::Int, |row| Value::Int(i64::try_from(row.0.folders.len()).unwrap_or(i64::MAX))),
    ("Tags", Kind::Json, |_| Value::Json(Cow::Borrowed("[]"))),
    ("Id", Kind::Int, |row| Value::Int(row.0.id)),
];

impl Row for BucketRow<'_> {
    fn column(index: usize) -> Option<Column> {
        BUCKET.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        BUCKET.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}

/// An access to content, as `GetReadUri` and `GetWriteUri` show it.
pub(crate) struct AccessRow {
    pub(crate) uri: String,
    pub(crate) verb: &'static str,
}

/// The header that goes with a write, and its value: as Azure's store wants it.
pub(crate) const BLOB_TYPE: (&str, &str) = ("x-ms-blob-type", "BlockBlob");

type GetOfAccessRow = fn(&AccessRow) -> Value<'_>;

static READ: &[Line<GetOfAccessRow>] = &[
    ("Uri", Kind::Text, |row| Value::text(&row.uri)),
    ("Verb", Kind::Text, |row| Value::text(row.verb)),
    ("RequiresAuth", Kind::Bool, |_| Value::Bool(false)),
    ("Headers", Kind::Json, |row| {
        let (keys, values) = if row.verb == "PUT" { (vec![BLOB_TYPE.0], vec![BLOB_TYPE.1]) } else { (vec![], vec![]) };
        Value::Json(Cow::Owned(serde_json::json!({"Keys": keys, "Values": values}).to_string()))
    }),
];

impl Row for AccessRow {
    fn column(index: usize) -> Option<Column> {
        READ.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        READ.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}
