//! Rows -> JSON text, written at once and without a tree between.

use super::value::Value;
use crate::dto::Row;

/// Writes `row` as a JSON object with the columns of `shown`; those named `Entity/Name` as an object `Entity`.
pub(crate) fn row<R: Row>(out: &mut Vec<u8>, row: &R, shown: &[usize]) {
    out.push(b'{');
    members(out, row, shown);
    out.push(b'}');
}

/// Writes the columns of `shown` as an object's members, without its braces.
///
/// The columns of a navigation property stand together, its `Id` first: where that is null, there is no such entity. One whose
/// only column is `Entity/*` is a list, whose JSON text that column is.
pub(crate) fn members<R: Row>(out: &mut Vec<u8>, row: &R, shown: &[usize]) {
    let entity = |index: &usize| R::column(*index).and_then(|column| column.name.split_once('/')).map(|split| split.0);
    let mut is_first = true;
    for group in shown.chunk_by(|a, b| entity(a) == entity(b)) {
        let Some(name) = group.first().and_then(entity) else {
            for index in group {
                member(out, row, *index, &mut is_first);
            }
            continue;
        };
        separate(out, &mut is_first);
        string(out, name);
        out.push(b':');
        if let [index] = group
            && R::column(*index).is_some_and(|column| column.name.ends_with("/*"))
        {
            value(out, &row.value(*index));
            continue;
        }
        if row.value(group[0]) == Value::Null {
            out.extend_from_slice(b"null");
            continue;
        }
        out.push(b'{');
        let mut is_first_inside = true;
        for index in group {
            member(out, row, *index, &mut is_first_inside);
        }
        out.push(b'}');
    }
}

fn member<R: Row>(out: &mut Vec<u8>, row: &R, index: usize, is_first: &mut bool) {
    let Some(column) = R::column(index) else { return };
    separate(out, is_first);
    string(out, column.name.rsplit('/').next().unwrap_or(column.name));
    out.push(b':');
    value(out, &row.value(index));
}

fn separate(out: &mut Vec<u8>, is_first: &mut bool) {
    if !std::mem::replace(is_first, false) {
        out.push(b',');
    }
}

fn value(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Text(text) => string(out, text),
        Value::Guid(guid) => {
            out.push(b'"');
            out.extend_from_slice(guid.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).as_bytes());
            out.push(b'"');
        }
        Value::Date(date) => out.extend_from_slice(format!("\"{date:.7}\"").as_bytes()),
        Value::Enum(names, number) => string(out, names.get(*number).copied().unwrap_or_default()),
        Value::Json(text) => out.extend_from_slice(text.as_bytes()),
    }
}

/// Writes `text` as a JSON string.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string has a JSON form, and a vector takes it");
}
