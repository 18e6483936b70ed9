//! The first line of CSV -> its columns.
//!
//! In: the first record and what the manifest says about columns. Out: [`TableColumns`] in the order of the file.
//! Never: accepts two columns of one name, or one without a name: expressions could not tell them apart.

use std::collections::HashMap;

use csv::ByteRecord;

use super::columns::{MAX_COLUMNS, TableColumns};
use super::form::CsvForm;
use super::spot::RowPlace;
use crate::diagnostic::{Code, Complaints, Diagnostic, HiddenCount, Severity};
use crate::format::ColumnType;
use crate::spec::RowsSpec;

/// The columns of a header; `None` if there are too many.
pub(super) fn read(
    record: &ByteRecord,
    rows: &RowsSpec,
    form: CsvForm,
    spot: &RowPlace<'_>,
    complaints: &mut Vec<Diagnostic>,
) -> Option<TableColumns> {
    let mut columns = TableColumns { form, ..TableColumns::of(rows) };
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
                    .related(spot.cell(name, first), "the other one")
                    .help("give one of them another name, or remove it with its cells"),
            );
        }
        columns.names.push(name.into());
        columns.kinds.push(columns.declared(name).unwrap_or(ColumnType::String));
    }
    complaints.extend(said.into_vec());
    columns.key_index = columns.names.iter().position(|name| *name == columns.key);
    Some(columns)
}
