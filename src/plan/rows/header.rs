//! The first line of CSV -> its columns.
//!
//! In: the first record and what the manifest says about columns. Out: [`TableColumns`] in the order of the file.
//! Never: accepts two columns of one name, or one without a name: expressions could not tell them apart.

use std::collections::HashMap;

use csv::{ByteRecord, ReaderBuilder};

use super::spot::RowPlace;
use super::{MAX_COLUMNS, TableColumns};
use crate::diagnostic::{Code, Complaints, Diagnostic, HiddenCount, Severity};
use crate::format::ColumnType;
use crate::spec::RowsSpec;

/// The columns of a header; `None` if its cells stand between something else than commas.
pub(super) fn read(
    record: &ByteRecord,
    rows: &RowsSpec,
    spot: &RowPlace<'_>,
    complaints: &mut Vec<Diagnostic>,
) -> Option<TableColumns> {
    let mut columns = TableColumns::of(rows);
    if let Some(separator) = other_separator(record, rows, &spot.bytes()) {
        let what = format!("the cells stand between {separator}, not between commas");
        complaints.push(Diagnostic::error(Code::DataForm, spot.row(), what).help("save the file with commas"));
        return None;
    }
    if record.len() > MAX_COLUMNS {
        let what = format!("the data have more than {MAX_COLUMNS} columns");
        complaints.push(Diagnostic::error(Code::Budget, spot.row(), what).help("leave out those that no launch takes"));
        return None;
    }
    let mut said = Complaints::default();
    let mut index_by_name: HashMap<Box<str>, usize> = HashMap::new();
    for (index, cell) in record.iter().enumerate() {
        let name = std::str::from_utf8(cell).expect("the text was found to be UTF-8");
        if !said.has_room(Severity::Error) {
            said.count(Severity::Error, spot.row(), HiddenCount { count: 0, is_least: true });
            break;
        }
        if name.trim().is_empty() {
            said.add(
                Diagnostic::error(Code::DataForm, spot.cell(name, index), format!("column {} has no name", index + 1))
                    .help("name it, or remove it with its cells"),
            );
        }
        if let Some(first) = index_by_name.insert(name.into(), index).filter(|_| !name.trim().is_empty()) {
            said.add(
                Diagnostic::error(Code::DataForm, spot.cell(name, index), format!("two columns are called `{name}`"))
                    .related(spot.cell(name, first), "the other one"),
            );
        }
        columns.names.push(name.into());
        columns.kinds.push(columns.declared(name).unwrap_or(ColumnType::String));
    }
    complaints.extend(said.into_vec());
    columns.key_index = columns.names.iter().position(|name| *name == columns.key);
    Some(columns)
}

/// What stands between the cells of the header `line` in place of commas, as spreadsheets of some countries write it.
///
/// A header that has the key between commas is taken as it is. Else another separator is told that finds the key, or
/// more columns than commas do: a comma may stand in a column's name.
fn other_separator(record: &ByteRecord, rows: &RowsSpec, line: &[u8]) -> Option<&'static str> {
    let has_key = |record: &ByteRecord| record.iter().any(|cell| cell == rows.key.as_bytes());
    if has_key(record) {
        return None;
    }
    let separators = [(b';', "semicolons"), (b'\t', "tabs"), (b'|', "bars")];
    separators.into_iter().find_map(|(separator, name)| {
        let mut reader = ReaderBuilder::new().has_headers(false).delimiter(separator).from_reader(line);
        let mut other = ByteRecord::new();
        let is_read = reader.read_byte_record(&mut other).unwrap_or_default();
        (is_read && (has_key(&other) && other.len() > 1 || other.len() > record.len())).then_some(name)
    })
}

impl TableColumns {
    /// What the manifest says about columns, before any data.
    pub(super) fn of(rows: &RowsSpec) -> Self {
        Self {
            names: Vec::new(),
            kinds: Vec::new(),
            declared: rows.columns.iter().map(|column| (column.name.clone(), column.kind)).collect(),
            key: rows.key.clone(),
            key_index: None,
        }
    }
}
