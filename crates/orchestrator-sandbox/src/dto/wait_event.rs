//! `JobTriggerWithWaitEventsDto`: what a suspended robot job waits for.

use super::names::{TRIGGER_STATES, TRIGGER_TYPES};
use super::{Column, Kind, Line, Row, Value, column_of};
use crate::tenant::guid_of;
use crate::tenant::job::Job;
use crate::world::WaitsFor;

/// A robot job's trigger to be shown; its number is the job's.
pub(crate) struct WaitEventRow<'t> {
    pub(crate) job: &'t Job,
    pub(crate) waits: &'t WaitsFor,
}

type GetOfWaitEventRow = for<'r, 't> fn(&'r WaitEventRow<'t>) -> Value<'r>;

static WAIT_EVENT: &[Line<GetOfWaitEventRow>] = &[
    ("Id", Kind::Int, |row| Value::Int(row.job.id)),
    ("JobId", Kind::Int, |row| Value::Int(row.job.id)),
    ("TriggerType", Kind::Enum(TRIGGER_TYPES), |row| Value::Enum(TRIGGER_TYPES, row.waits.r#type as usize)),
    ("Status", Kind::Enum(TRIGGER_STATES), |_| Value::Enum(TRIGGER_STATES, 0)),
    ("ItemKey", Kind::Guid, |row| Value::of(row.waits.item.as_deref(), |item| Value::Guid(guid_of("wait-item", item)))),
    ("ItemId", Kind::Int, |_| Value::Null),
    ("Timer", Kind::Date, |_| Value::Null),
    ("TriggerMessage", Kind::Text, |row| Value::of(row.waits.message.as_deref(), Value::text)),
    ("ItemName", Kind::Text, |row| Value::of(row.waits.item.as_deref(), Value::text)),
    ("AssignedToUserId", Kind::Int, |_| Value::Null),
    ("Name", Kind::Text, |_| Value::Null),
    ("Surname", Kind::Text, |_| Value::Null),
];

impl Row for WaitEventRow<'_> {
    fn column(index: usize) -> Option<Column> {
        WAIT_EVENT.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        WAIT_EVENT.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}
