//! One row as its format has it -> its key and its typed cells.
//!
//! In: a record of CSV, an object's JSON text, or a mapping of a YAML document. Out: values by column.
//! Never: knows where the row stands.

use std::borrow::Cow;
use std::ops::Range;

use csv::ByteRecord;
use serde_json::Value;

use super::cell_error::CellError;
use super::columns::TableColumns;
use super::{column, csv as cells, json};
use crate::diagnostic::Code;
use crate::manifest::{Document, NodeId, NodeKind};
use crate::source::Packed;
use crate::spec::RowFormat;
use crate::template::{InexactValue, exact_json};

/// The rows of a text, from some byte on.
pub(super) enum RowRecords {
    Csv(cells::CsvRecords),
    Json(json::JsonElements),
}

/// One row, before anything in it was judged.
#[derive(Clone, Copy)]
pub(super) enum RawRow<'a> {
    /// Cells in the order of the columns.
    Cells(&'a ByteRecord),
    /// JSON text.
    Json(&'a [u8]),
    /// A node of a YAML document.
    Node(&'a Document, NodeId),
}

/// One row's values.
pub(super) struct ParsedRow<'a> {
    /// The value of the key column as the data have it; `None` if the row has none.
    pub(super) key: Option<Value>,
    pub(super) cells: Vec<ParsedCell<'a>>,
}

/// A cell's column, and its value there; no value where the cell is empty and its type is not text.
pub(super) type ParsedCell<'a> = (Cow<'a, str>, Result<Option<Value>, CellError>);

/// Why something is no row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RowError {
    pub(super) code: Code,
    /// Where, in bytes of an element's text; `None` if all of it is meant.
    pub(super) range: Option<Range<usize>>,
    pub(super) what: String,
    pub(super) help: &'static str,
}

impl RowRecords {
    /// The rows from byte `at` on, where one begins.
    pub(super) fn at(format: RowFormat, delimiter: u8, text: &Packed, at: usize) -> Self {
        match format {
            RowFormat::Csv => Self::Csv(cells::CsvRecords::at(text, delimiter, at)),
            RowFormat::Jsonl => Self::Json(json::JsonElements::of_lines_at(text, at)),
            RowFormat::Json | RowFormat::Yaml => Self::Json(json::JsonElements::of_array_at(text, at)),
        }
    }

    /// The next row and its bytes in the text; none at the end.
    pub(super) fn next(&mut self) -> Option<Result<(RawRow<'_>, Range<usize>), json::JsonRowsError>> {
        match self {
            Self::Csv(records) => records.next().map(|read| read.map(|(record, range)| (RawRow::Cells(record), range))),
            Self::Json(elements) => {
                elements.next().map(|element| element.map(|(text, range)| (RawRow::Json(text), range)))
            }
        }
    }
}

impl<'a> RawRow<'a> {
    /// The key and the cells, each held against its column's type.
    pub(super) fn parse(self, columns: &'a TableColumns) -> Result<ParsedRow<'a>, RowError> {
        match self {
            Self::Cells(record) => of_cells(record, columns),
            Self::Json(text) => of_value(json_value(text)?, columns),
            Self::Node(document, node) => match document.kind(node) {
                NodeKind::Map(_) => of_value(document.to_json(node), columns),
                NodeKind::Null
                | NodeKind::Bool(_)
                | NodeKind::Int(_)
                | NodeKind::UInt(_)
                | NodeKind::Float(_)
                | NodeKind::Text(_)
                | NodeKind::Seq(_) => Err(no_object()),
            },
        }
    }
}

fn of_cells<'a>(record: &'a ByteRecord, columns: &'a TableColumns) -> Result<ParsedRow<'a>, RowError> {
    let (found, wanted) = (record.len(), columns.names.len());
    if found != wanted {
        return Err(RowError {
            code: Code::RowForm,
            range: None,
            what: format!("this row has {} for {}", counted(found, "cell"), counted(wanted, "column")),
            help: columns.form.quoted_cell(),
        });
    }
    let text = |cell: &'a [u8]| std::str::from_utf8(cell).expect("the text was found to be UTF-8");
    let typed = columns.names.iter().zip(&columns.kinds).zip(record);
    Ok(ParsedRow {
        key: columns.key_index.and_then(|index| record.get(index)).map(|cell| text(cell).into()),
        cells: typed
            .map(|((name, kind), cell)| (name.as_ref().into(), column::of_text(*kind, text(cell), columns.form)))
            .collect(),
    })
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

fn of_value<'a>(value: Value, columns: &TableColumns) -> Result<ParsedRow<'a>, RowError> {
    let Value::Object(object) = value else { return Err(no_object()) };
    let key = object.get(columns.key.as_ref()).filter(|key| !key.is_null()).cloned();
    let cells = object.into_iter().map(|(name, value)| {
        let cell = match columns.declared(&name) {
            Some(kind) => column::of_value(kind, value),
            None => Ok(Some(value)),
        };
        (name.into(), cell)
    });
    Ok(ParsedRow { key, cells: cells.collect() })
}

fn no_object() -> RowError {
    RowError {
        code: Code::RowForm,
        range: None,
        what: "a row must be an object".to_owned(),
        help: "write each row as names with values",
    }
}

fn json_value(text: &[u8]) -> Result<Value, RowError> {
    let text = std::str::from_utf8(text).expect("the text was found to be UTF-8");
    exact_json(text).map_err(|error| {
        if let InexactValue::Repeated(_) = error {
            let what = error.to_string();
            return RowError {
                code: Code::DuplicateKey,
                range: None,
                what,
                help: "leave one of the two, or rename it",
            };
        }
        if let InexactValue::Number(number) = error {
            // Not the number itself, so that rows with one fault are one message.
            let what = if number.text.contains(['.', 'e', 'E']) {
                "a number of this row has more digits than a JSON number keeps"
            } else {
                "an integer of this row does not fit into 64 bits"
            };
            let help = "put it in quotes to keep every digit";
            return RowError { code: Code::Number, range: Some(number.range), what: what.to_owned(), help };
        }
        if let InexactValue::TooMany = error {
            let help = "split the row, or pass the address of its data";
            return RowError { code: Code::Budget, range: None, what: error.to_string(), help };
        }
        let InexactValue::Syntax(error) = error else {
            return RowError { code: Code::DataForm, range: None, what: error.to_string(), help: "write JSON" };
        };
        let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
        let at = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
        let at = at.min(text.len().saturating_sub(1));
        let words = error.to_string();
        let words = words.split_once(" at line ").map_or(words.as_str(), |(words, _)| words);
        RowError {
            code: Code::DataForm,
            range: Some(at..at + 1),
            what: format!("this row is not JSON: {words}"),
            help: "names and texts stand in double quotes, and no comma stands before `}` or `]`",
        }
    })
}

/// A key as launch ids have it: text as it is, anything else as JSON; none for what no key may be.
pub(in crate::plan) fn key_text(key: &Value) -> Option<Cow<'_, str>> {
    match key {
        Value::String(text) => Some(text.as_str().into()),
        Value::Bool(_) | Value::Number(_) => Some(key.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
