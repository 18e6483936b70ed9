//! The data of one `for-each` -> [`RowTable`]: typed rows by index, each made when it is asked for.
//!
//! In: text that was handed in, or the manifest's own nodes. Out: rows with keys that are unique; or what is wrong with
//! them, at its place in the data, a thousand rows of one kind as one complaint. Never: reads a file, or keeps a row:
//! a table holds its text compressed, and 4 bytes for each [`STRIDE`] rows.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::format::ColumnType;
use crate::manifest::{Document, NodeId};
use crate::source::{Packed, Place, SourceId, Span};
use crate::spec::RowFormat;

mod build;
mod column;
mod csv;
mod header;
mod json;
mod record;
mod spot;
#[cfg(test)]
mod tests;
mod unique;

pub(super) use build::build;
pub(super) use record::key_text;
use record::{RawRow, RowRecords};

/// Rows between two places from which a text can be read again.
const STRIDE: usize = 64;

/// Maximum rows of one table.
const MAX_ROWS: u32 = 5_000_000;

/// Maximum bytes of one row: each is in memory as a whole, some times over.
const MAX_ROW_BYTES: usize = 4 * 1024 * 1024;

/// Maximum names that the rows of one table may have in all.
const MAX_COLUMNS: usize = 10_000;

/// Where rows come from.
pub(super) enum RowsOrigin {
    /// A file's text.
    File(SourceId, Packed),
    /// Text in a scalar of the manifest.
    Scalar(NodeId, Packed),
    /// A YAML sequence in the manifest.
    Nodes(NodeId),
    /// A YAML sequence in a document of its own.
    Document(Box<Document>),
}

/// The rows of one `for-each`.
#[derive(Debug)]
pub(super) struct RowTable {
    columns: TableColumns,
    store: RowStore,
    count: u32,
}

/// One row.
#[derive(Debug, PartialEq)]
pub(super) struct TableRow {
    /// The value of the key column, as the data have it.
    pub(super) key: Value,
    /// The cells by column, typed; an empty cell of a type other than text is missing.
    pub(super) cells: Map<String, Value>,
    at: RowPosition,
}

/// Where a row stands: in bytes of its table's text, or in a document.
#[derive(Debug, PartialEq)]
enum RowPosition {
    Bytes(Range<usize>),
    Place(Place),
}

/// The columns of a table.
#[derive(Debug)]
struct TableColumns {
    /// In the order of the data: those of the header, or else every name that some row has.
    names: Vec<Box<str>>,
    /// For CSV, the type of each.
    kinds: Vec<ColumnType>,
    /// The types that were declared.
    declared: HashMap<Box<str>, ColumnType>,
    key: Box<str>,
    /// For CSV, the key's number among the names.
    key_index: Option<usize>,
}

#[derive(Debug)]
enum RowStore {
    Text(Box<TextStore>),
    Nodes { document: Option<Box<Document>>, list: NodeId },
}

struct TextStore {
    text: Packed,
    home: TextStorage,
    format: RowFormat,
    /// Where every [`STRIDE`]th row begins, in bytes of the text.
    beginnings: Vec<u32>,
    /// Where the last reading stopped: rows are mostly asked for in order.
    cursor: Mutex<Option<RowCursor>>,
}

struct RowCursor {
    records: RowRecords,
    /// The row that `records` gives next.
    next: u32,
}

/// Where a text's bytes stand.
#[derive(Clone, Copy, Debug)]
enum TextStorage {
    File(SourceId),
    Scalar(NodeId),
}

impl TextStorage {
    fn place(self, range: Range<usize>, manifest: &Document) -> Place {
        match self {
            Self::File(source) => Place { source, span: Span::new(range.start, range.end) },
            Self::Scalar(node) => manifest.text_place(node, range),
        }
    }
}

impl TableColumns {
    fn declared(&self, name: &str) -> Option<ColumnType> {
        self.declared.get(name).copied()
    }

    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|column| column.as_ref() == name)
    }
}

impl RowTable {
    /// How many rows there are.
    pub(super) fn len(&self) -> u32 {
        self.count
    }

    /// The names of the columns; for other data than CSV, every name that some row has.
    pub(super) fn columns(&self) -> &[Box<str>] {
        &self.columns.names
    }

    /// The key column's name.
    pub(super) fn key(&self) -> &str {
        &self.columns.key
    }

    /// Row number `index`, the same each time. `manifest` is the document that the table was built with.
    pub(super) fn row(&self, index: u32, manifest: &Document) -> TableRow {
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
    pub(super) fn place(&self, row: &TableRow, manifest: &Document) -> Place {
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
            let records = RowRecords::at(self.format, &self.text, self.beginnings[stretch] as usize);
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
