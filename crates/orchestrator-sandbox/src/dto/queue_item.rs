//! `QueueItemDto`: an item that was just added.

use std::borrow::Cow;

use super::names::{ITEM_PRIORITIES, ITEM_STATES, REVIEW_STATES};
use super::{Column, Kind, Line, Row, Value, column_of};
use crate::tenant::queue::QueueItem;
use crate::tenant::{FolderEntry, Tenant};

/// A queue item to be shown.
pub(crate) struct QueueItemRow<'t> {
    pub(crate) tenant: &'t Tenant,
    pub(crate) item: &'t QueueItem,
}

impl QueueItemRow<'_> {
    fn folder(&self) -> &FolderEntry {
        self.tenant.folder(self.item.folder)
    }

    fn content(&self) -> String {
        serde_json::to_string(&self.item.asked.content).expect("a JSON object has a JSON form")
    }
}

type Get = for<'r, 't> fn(&'r QueueItemRow<'t>) -> Value<'r>;

static ITEM: &[Line<Get>] = &[
    ("QueueDefinitionId", Kind::Int, |row| Value::Int(row.item.queue)),
    ("Encrypted", Kind::Bool, |_| Value::Bool(false)),
    ("SpecificContent", Kind::Json, |row| Value::Json(Cow::Owned(row.content()))),
    ("Output", Kind::Json, |_| Value::Null),
    ("OutputData", Kind::Text, |_| Value::Null),
    ("Status", Kind::Enum(ITEM_STATES), |_| Value::Enum(ITEM_STATES, 0)),
    ("ReviewStatus", Kind::Enum(REVIEW_STATES), |_| Value::Enum(REVIEW_STATES, 0)),
    ("ReviewerUserId", Kind::Int, |_| Value::Null),
    ("Key", Kind::Guid, |row| Value::Guid(row.item.key)),
    ("Reference", Kind::Text, |row| Value::of(row.item.asked.reference.as_deref(), Value::text)),
    ("DueDate", Kind::Date, |row| Value::of(row.item.asked.due, Value::Date)),
    ("RiskSlaDate", Kind::Date, |row| Value::of(row.item.asked.risk, Value::Date)),
    ("Priority", Kind::Enum(ITEM_PRIORITIES), |row| Value::Enum(ITEM_PRIORITIES, row.item.asked.priority)),
    ("DeferDate", Kind::Date, |row| Value::of(row.item.asked.defer, Value::Date)),
    ("StartProcessing", Kind::Date, |_| Value::Null),
    ("EndProcessing", Kind::Date, |_| Value::Null),
    ("SecondsInPreviousAttempts", Kind::Int, |_| Value::Int(0)),
    ("AncestorId", Kind::Int, |_| Value::Null),
    ("RetryNumber", Kind::Int, |_| Value::Int(0)),
    ("UniqueKey", Kind::Guid, |row| Value::Guid(row.item.key)),
    ("SpecificData", Kind::Text, |row| {
        let data = serde_json::json!({"DynamicProperties": row.item.asked.content});
        Value::Text(Cow::Owned(data.to_string()))
    }),
    ("CreationTime", Kind::Date, |row| Value::Date(row.item.created)),
    ("Progress", Kind::Text, |row| Value::of(row.item.asked.progress.as_deref(), Value::text)),
    ("ParentOperationId", Kind::Text, |row| Value::of(row.item.asked.operation.as_deref(), Value::text)),
    ("OrganizationUnitId", Kind::Int, |row| Value::Int(row.folder().id)),
    ("OrganizationUnitFullyQualifiedName", Kind::Text, |row| Value::text(&row.folder().path)),
    ("Id", Kind::Int, |row| Value::Int(row.item.id)),
];

impl Row for QueueItemRow<'_> {
    fn column(index: usize) -> Option<Column> {
        ITEM.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        ITEM.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}
