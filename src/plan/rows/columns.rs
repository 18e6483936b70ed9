//! The columns of a table, as far as they are known.
//!
//! In: what the manifest declares. Out: their names, types and the key; the names are found in the data. Never: judges a cell.

use std::collections::HashMap;

use super::form::CsvForm;
use crate::format::ColumnType;
use crate::spec::RowsSpec;

/// Maximum names that the rows of one table may have in all.
pub(super) const MAX_COLUMNS: usize = 10_000;

/// The columns of a table.
#[derive(Debug)]
pub(super) struct TableColumns {
    /// In the order of the data: those of the header, or else every name that some row has.
    pub(super) names: Vec<Box<str>>,
    /// For CSV, the type of each.
    pub(super) kinds: Vec<ColumnType>,
    /// The types that were declared.
    pub(super) declared: HashMap<Box<str>, ColumnType>,
    pub(super) key: Box<str>,
    /// For CSV, the key's number among the names.
    pub(super) key_index: Option<usize>,
    /// For CSV, how it is written.
    pub(super) form: CsvForm,
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
            form: CsvForm::PLAIN,
        }
    }

    /// The type that was declared of column `name`.
    pub(super) fn declared(&self, name: &str) -> Option<ColumnType> {
        self.declared.get(name).copied()
    }

    /// Whether there is a column `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|column| column.as_ref() == name)
    }
}
