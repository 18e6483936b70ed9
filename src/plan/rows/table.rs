//! A table of rows: nothing but its text, compressed, and 4 bytes for each [`STRIDE`] rows.
//!
//! In: rows that were judged. Out: any of them by its index, the same each time, and its place. Never: keeps a row.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::columns::TableColumns;
use super::csv;
use super::record::{RawRow, RowRecords};
use super::spot::TextStorage;
use crate::manifest::{Document, NodeId};
use crate::source::{Packed, Place};
use crate::spec::RowFormat;

/// Rows between two places from which a text can be read again.
pub(super) const STRIDE: usize = 64;

/// Maximum rows of one table.
pub(super) const MAX_ROWS: u32 = 5_000_000;

/// The rows of one `for-each`.
#[derive(Debug)]
pub(in crate::plan) struct RowTable {
    pub(super) columns: TableColumns,
    pub(super) store: RowStore,
    pub(super) count: u32,
}

/// One row.
#[derive(Debug, PartialEq)]
pub(in crate::plan) struct TableRow {
    /// The value of the key column, as the data have it.
    pub(in crate::plan) key: Value,
    /// The cells by column, typed; an empty cell of a type other than text is missing.
    pub(in crate::plan) cells: Map<String, Value>,
    at: RowPosition,
}

/// Where a row stands: in bytes of its table's text, or in a document.
#[derive(Debug, PartialEq)]
enum RowPosition {
    Bytes(Range<usize>),
    Place(Place),
}

#[derive(Debug)]
pub(super) enum RowStore {
    Text(Box<TextStore>),
    Nodes { document: Option<Box<Document>>, list: NodeId },
}

pub(super) struct TextStore {
    pub(super) text: Packed,
    pub(super) home: TextStorage,
    pub(super) format: RowFormat,
    /// Where every [`STRIDE`]th row begins, in bytes of the text.
    pub(super) beginnings: Vec<u32>,
    /// Where the last reading stopped: rows are mostly asked for in order.
    pub(super) cursor: Mutex<Option<RowCursor>>,
}

pub(super) struct RowCursor {
    records: RowRecords,
    /// The row that `records` gives next.
    next: u32,
}

impl RowTable {
    /// How many rows there are.
    pub(in crate::plan) fn len(&self) -> u32 {
        self.count
    }

    /// The names of the columns; for other data than CSV, every name that some row has.
    pub(in crate::plan) fn columns(&self) -> &[Box<str>] {
        &self.columns.names
    }

    /// The key column's name.
    pub(in crate::plan) fn key(&self) -> &str {
        &self.columns.key
    }

    /// Row number `index`, the same each time. `manifest` is the document that the table was built with.
    pub(in crate::plan) fn row(&self, index: u32, manifest: &Document) -> TableRow {
        match &self.store {
            RowStore::Text(store) => store.row(index, &self.columns),
            RowStore::Nodes { document, list } => {
                let document = document.as_deref().unwrap_or(manifest);
                let item = document.items(*list)[index as usize];
                TableRow::of(RawRow::Node(document, item), &self.columns, RowPosition::Place(document.place(item)))
            }
        }
    }

    /// Where `row` of this table stands.
    pub(in crate::plan) fn place(&self, row: &TableRow, manifest: &Document) -> Place {
        match (&row.at, &self.store) {
            (RowPosition::Bytes(range), RowStore::Text(store)) => {
                store.home.place(csv::trimmed(&store.text, range.clone()).0, manifest)
            }
            (RowPosition::Place(place), _) => *place,
            (RowPosition::Bytes(_), RowStore::Nodes { .. }) => unreachable!("rows of a document have places"),
        }
    }
}

impl TableRow {
    fn of(raw: RawRow<'_>, columns: &TableColumns, at: RowPosition) -> Self {
        const CHECKED: &str = "building the table has judged every row";
        let parsed = raw.parse(columns).expect(CHECKED);
        let cells =
            parsed.cells.into_iter().filter_map(|(name, cell)| Some((name.into_owned(), cell.expect(CHECKED)?)));
        Self { key: parsed.key.expect(CHECKED), cells: cells.collect(), at }
    }
}

impl TextStore {
    fn row(&self, index: u32, columns: &TableColumns) -> TableRow {
        let mut guard = self.cursor.lock().unwrap_or_else(PoisonError::into_inner);
        let is_near = |cursor: &RowCursor| cursor.next <= index && (index - cursor.next) as usize <= STRIDE;
        let mut cursor = guard.take().filter(is_near).unwrap_or_else(|| {
            let stretch = index as usize / STRIDE;
            let next = u32::try_from(stretch * STRIDE).expect("no more than the index");
            let records =
                RowRecords::at(self.format, columns.form.delimiter, &self.text, self.beginnings[stretch] as usize);
            RowCursor { records, next }
        });
        loop {
            let read = cursor.records.next().and_then(Result::ok);
            let (raw, range) = read.expect("the index is below the count, and building has read every row");
            cursor.next += 1;
            if cursor.next > index {
                let row = TableRow::of(raw, columns, RowPosition::Bytes(range));
                *guard = Some(cursor);
                return row;
            }
        }
    }
}

impl std::fmt::Debug for TextStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextStore").field("home", &self.home).field("format", &self.format).finish_non_exhaustive()
    }
}
