//! The first line of CSV -> its columns.
//!
//! In: the first record and what the manifest says about columns. Out: [`Columns`] in the order of the file.
//! Never: accepts two columns of one name, or one without a name: expressions could not tell them apart.

use std::collections::HashMap;

use csv::ByteRecord;

use super::Columns;
use super::spot::Spot;
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::format::ColumnType;
use crate::spec::RowsSpec;

/// The columns of a header; none where its cells stand between something else than commas.
pub(super) fn read(
    record: &ByteRecord,
    rows: &RowsSpec,
    spot: &Spot<'_>,
    complaints: &mut Vec<Diagnostic>,
) -> Option<Columns> {
    let mut columns = Columns::of(rows);
    if record.len() == 1 && record[0].iter().any(|byte| b";\t|".contains(byte)) && record[0] != *rows.key.as_bytes() {
        // What spreadsheets of some countries call CSV.
        let what = "the cells stand between semicolons, tabs or bars, not between commas";
        complaints.push(Diagnostic::error(Code::DataForm, spot.row(), what).help("save the file with commas"));
        return None;
    }
    let mut index_by_name: HashMap<Box<str>, usize> = HashMap::new();
    for (index, cell) in record.iter().enumerate() {
        let name = std::str::from_utf8(cell).expect("the text was found to be UTF-8");
        if name.trim().is_empty() {
            complaints.push(
                Diagnostic::error(Code::DataForm, spot.cell(name, index), format!("column {} has no name", index + 1))
                    .help("name it, or remove it with its cells"),
            );
        }
        if let Some(first) = index_by_name.insert(name.into(), index).filter(|_| !name.trim().is_empty()) {
            complaints.push(
                Diagnostic::error(Code::DataForm, spot.cell(name, index), format!("two columns are called `{name}`"))
                    .related(spot.cell(name, first), "the other one"),
            );
        }
        columns.names.push(name.into());
        columns.kinds.push(columns.declared(name).unwrap_or(ColumnType::String));
    }
    columns.key_index = columns.names.iter().position(|name| *name == columns.key);
    Some(columns)
}

impl Columns {
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
