//! A cell and its column's type -> the value that expressions see.
//!
//! In: text of a CSV cell, or a JSON value of another format. Out: a value; none for an empty cell, which is undefined.
//! Never: changes a digit of a number, or guesses a type that was not declared.

use serde_json::Value;

use super::cell_error::{CellError, NOT_A_NUMBER, NOT_BOOLEAN, NOT_JSON, NOT_WHOLE};
use super::form::{self, CsvForm};
use crate::format::ColumnType;
use crate::template::{InexactValue, exact_json};

/// The value of `text` in a column of type `kind`; `None` if a cell of a type other than text is empty.
///
/// Spaces around a number, boolean or JSON do not count.
pub(super) fn of_text(kind: ColumnType, text: &str, form: CsvForm) -> Result<Option<Value>, CellError> {
    if kind == ColumnType::String {
        return Ok(Some(Value::String(text.to_owned())));
    }
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match kind {
        ColumnType::String => Ok(Value::String(text.to_owned())),
        ColumnType::Integer => form::integer(text).map(Value::Number),
        ColumnType::Number => form.number(text).map(Value::Number),
        ColumnType::Boolean => boolean(text),
        ColumnType::Json => json(text),
    }
    .map(Some)
}

/// `value`, which has a type already, in a column of type `kind`. Null stays null; text is read as in CSV.
pub(super) fn of_value(kind: ColumnType, value: Value) -> Result<Option<Value>, CellError> {
    match (kind, value) {
        (_, Value::Null) => Ok(Some(Value::Null)),
        (ColumnType::String, Value::String(text)) => Ok(Some(Value::String(text))),
        (ColumnType::String, value @ (Value::Bool(_) | Value::Number(_))) => Ok(Some(Value::String(value.to_string()))),
        (ColumnType::String, Value::Array(_) | Value::Object(_)) => {
            Err(CellError { wanted: "text", help: "declare the column as `json`, or not at all" })
        }
        (ColumnType::Integer | ColumnType::Number | ColumnType::Boolean, Value::String(text)) => {
            of_text(kind, &text, CsvForm::PLAIN)
        }
        (ColumnType::Integer, Value::Number(number)) if number.is_f64() => Err(NOT_WHOLE),
        (ColumnType::Json, value)
        | (ColumnType::Integer | ColumnType::Number, value @ Value::Number(_))
        | (ColumnType::Boolean, value @ Value::Bool(_)) => Ok(Some(value)),
        (ColumnType::Integer, Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Err(NOT_WHOLE),
        (ColumnType::Number, Value::Bool(_) | Value::Array(_) | Value::Object(_)) => Err(NOT_A_NUMBER),
        (ColumnType::Boolean, Value::Number(_) | Value::Array(_) | Value::Object(_)) => Err(NOT_BOOLEAN),
    }
}

fn boolean(text: &str) -> Result<Value, CellError> {
    // Spreadsheets write them in capitals.
    match text {
        "true" | "True" | "TRUE" => Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => Ok(Value::Bool(false)),
        _ => Err(NOT_BOOLEAN),
    }
}

fn json(text: &str) -> Result<Value, CellError> {
    exact_json(text).map_err(|error| match error {
        InexactValue::Number(_) => CellError {
            wanted: "JSON whose numbers keep their digits",
            help: "put integers beyond 64 bits, and numbers of more than 15 digits, in quotes",
        },
        InexactValue::Repeated(_) => {
            CellError { help: "one of its objects has a key twice: leave one of them", ..NOT_JSON }
        }
        InexactValue::Syntax(_)
        | InexactValue::Integer(_)
        | InexactValue::TooMany
        | InexactValue::Undefined
        | InexactValue::OmitInText
        | InexactValue::NotFinite
        | InexactValue::Kind(_) => NOT_JSON,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::cell_error::{TOO_LONG, TOO_MANY_DIGITS};
    use super::*;

    #[test]
    fn cells_are_read_by_the_declared_type() {
        use ColumnType::{Boolean, Integer, Json, Number, String};
        for (kind, text, value) in [
            (String, "007", Ok(Some(json!("007")))),
            (String, "", Ok(Some(json!("")))),
            (String, " a ", Ok(Some(json!(" a ")))),
            (Integer, "007", Ok(Some(json!(7)))),
            (Integer, " -5 ", Ok(Some(json!(-5)))),
            (Integer, "18446744073709551615", Ok(Some(json!(18_446_744_073_709_551_615_u64)))),
            (Integer, "18446744073709551616", Err(TOO_LONG)),
            (Integer, "5.0", Err(NOT_WHOLE)),
            (Integer, "", Ok(None)),
            (Number, "12.50", Ok(Some(json!(12.5)))),
            (Number, "5", Ok(Some(json!(5)))),
            (Number, "+.5", Ok(Some(json!(0.5)))),
            (Number, "1e3", Ok(Some(json!(1000.0)))),
            (Number, "12,500", Err(NOT_A_NUMBER)),
            (Number, "99999999999999.99", Err(TOO_MANY_DIGITS)),
            (Number, "12345678901234567.5", Err(TOO_MANY_DIGITS)),
            (Number, "1e-999", Err(TOO_MANY_DIGITS)),
            (Number, "10.500000000000000000000", Ok(Some(json!(10.5)))),
            (Number, "inf", Err(NOT_A_NUMBER)),
            (Number, "1e999", Err(NOT_A_NUMBER)),
            (Number, "99999999999999999999", Err(TOO_LONG)),
            (Number, " ", Ok(None)),
            (Boolean, "TRUE", Ok(Some(json!(true)))),
            (Boolean, "false", Ok(Some(json!(false)))),
            (Boolean, "yes", Err(NOT_BOOLEAN)),
            (Boolean, "", Ok(None)),
            (Json, "{\"a\": [1, null]}", Ok(Some(json!({"a": [1, null]})))),
            (Json, "null", Ok(Some(json!(null)))),
            (Json, "text", Err(NOT_JSON)),
        ] {
            assert_eq!(of_text(kind, text, CsvForm::PLAIN), value, "{kind:?} {text}");
        }
    }

    #[test]
    fn values_that_have_a_type_are_held_against_the_declared_one() {
        use ColumnType::{Boolean, Integer, Json, Number, String};
        for (kind, given, value) in [
            (String, json!(7), Some(json!("7"))),
            (String, json!(true), Some(json!("true"))),
            (String, json!([1]), None),
            (Integer, json!(7), Some(json!(7))),
            (Integer, json!(7.5), None),
            (Integer, json!("7"), Some(json!(7))),
            (Integer, json!(true), None),
            (Number, json!(7.5), Some(json!(7.5))),
            (Number, json!("7.5"), Some(json!(7.5))),
            (Number, json!({}), None),
            (Boolean, json!(1), None),
            (Boolean, json!("true"), Some(json!(true))),
            (Json, json!("text"), Some(json!("text"))),
            (Number, json!(null), Some(json!(null))),
        ] {
            assert_eq!(of_value(kind, given.clone()).ok().flatten(), value, "{kind:?} {given}");
        }
    }
}
