//! `LogDto`: a line of a robot's log.

use super::names::LOG_LEVELS;
use super::{Column, Kind, Line, Row, Value, column_of};
use crate::clock::Timestamp;
use crate::tenant::job::Job;
use crate::world::RobotLogLine;

/// A line to be shown.
pub(crate) struct RobotLogRow<'t> {
    /// Its number among those that are shown, from 1.
    pub(crate) number: i64,
    pub(crate) job: &'t Job,
    pub(crate) line: &'t RobotLogLine,
    pub(crate) at: Timestamp,
}

type GetOfRobotLogRow = for<'r, 't> fn(&'r RobotLogRow<'t>) -> Value<'r>;

static ROBOT_LOG: &[Line<GetOfRobotLogRow>] = &[
    ("Id", Kind::Int, |row| Value::Int(row.number)),
    ("Level", Kind::Enum(LOG_LEVELS), |row| Value::Enum(LOG_LEVELS, row.line.level as usize)),
    ("TimeStamp", Kind::Date, |row| Value::Date(row.at)),
    ("Message", Kind::Text, |row| Value::text(&row.line.message)),
    ("JobKey", Kind::Guid, |row| Value::Guid(row.job.key)),
    ("RawMessage", Kind::Text, |_| Value::Null),
    ("RobotName", Kind::Text, |_| Value::Null),
];

impl Row for RobotLogRow<'_> {
    fn column(index: usize) -> Option<Column> {
        ROBOT_LOG.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        ROBOT_LOG.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}
