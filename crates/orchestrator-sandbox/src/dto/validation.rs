//! `ValidationResultDto`.

use std::borrow::Cow;

use super::{Column, Kind, Line, Row, Value, column_of};
use crate::tenant::validate::Findings;

/// What validation found.
pub(crate) struct ValidationRow(pub(crate) Findings);

type GetOfValidationRow = fn(&ValidationRow) -> Value<'_>;

static FOUND: &[Line<GetOfValidationRow>] = &[
    ("IsValid", Kind::Bool, |row| Value::Bool(row.0.errors.is_empty())),
    ("Errors", Kind::Json, |row| Value::Json(Cow::Owned(serde_json::json!(row.0.errors).to_string()))),
    ("ErrorCodes", Kind::Json, |row| Value::Json(Cow::Owned(serde_json::json!(row.0.codes).to_string()))),
];

impl Row for ValidationRow {
    fn column(index: usize) -> Option<Column> {
        FOUND.get(index).map(column_of)
    }

    fn value(&self, index: usize) -> Value<'_> {
        FOUND.get(index).map_or(Value::Null, |line| (line.2)(self))
    }
}
