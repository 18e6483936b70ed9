//! The rows of a table once more, as they were given: bytes of CSV, or JSON texts.
//!
//! In: a table. Out: what stands before its first row, and each row, one after another. Never: a cell that was typed, or
//! changed; more than one row in memory.

use std::io::Read as _;

use super::record::{RawRow, RowRecords};
use super::table::{RowStore, RowTable, TextStore};
use crate::manifest::{Document, NodeId};
use crate::source::PackedReader;
use crate::spec::RowFormat;

/// The rows of a table, as they were given.
pub struct GivenRows<'a> {
    source: GivenRowSource<'a>,
}

enum GivenRowSource<'a> {
    /// Bytes of a text; `records` tells where each row ends, `at` is where `reader` stands.
    Csv {
        records: RowRecords,
        reader: PackedReader,
        at: usize,
    },
    Json(RowRecords),
    Nodes(&'a Document, std::slice::Iter<'a, NodeId>),
    /// A text without a row.
    Empty,
}

impl RowTable {
    /// What stands between its cells; `None` where its rows are objects.
    pub(in crate::plan) fn delimiter(&self) -> Option<u8> {
        match &self.store {
            RowStore::Text(store) if store.format == RowFormat::Csv => Some(self.columns.form.delimiter),
            RowStore::Text(_) | RowStore::Nodes { .. } => None,
        }
    }

    /// The header of CSV with all that stands before it, a byte order mark too, without the line end behind it; and that
    /// line end.
    pub(in crate::plan) fn head(&self) -> (Vec<u8>, &'static str) {
        let RowStore::Text(store) = &self.store else { return (Vec::new(), "\n") };
        let end = store.beginnings.first().map_or(store.text.len(), |first| *first as usize);
        let head = without_ends(store.text.slice(0..end));
        let behind = store.text.slice(head.len()..head.len() + 2);
        let line_end = match behind.as_slice() {
            b"\r\n" => "\r\n",
            [b'\r', ..] => "\r",
            _ => "\n",
        };
        let mark: &[u8] = if store.text.has_mark() { "\u{FEFF}".as_bytes() } else { b"" };
        ([mark, &head].concat(), line_end)
    }

    /// Its rows from the first on. `manifest` is the document that the table was built with.
    pub(in crate::plan) fn given<'a>(&'a self, manifest: &'a Document) -> GivenRows<'a> {
        let source = match &self.store {
            RowStore::Text(store) => self.of_text(store),
            RowStore::Nodes { document, list } => {
                let document = document.as_deref().unwrap_or(manifest);
                GivenRowSource::Nodes(document, document.items(*list).iter())
            }
        };
        GivenRows { source }
    }

    fn of_text(&self, store: &TextStore) -> GivenRowSource<'static> {
        let Some(first) = store.beginnings.first().map(|first| *first as usize) else { return GivenRowSource::Empty };
        let records = RowRecords::at(store.format, self.columns.form.delimiter, &store.text, first);
        match store.format {
            RowFormat::Csv => GivenRowSource::Csv { records, reader: store.text.reader_at(first), at: first },
            RowFormat::Json | RowFormat::Jsonl | RowFormat::Yaml => GivenRowSource::Json(records),
        }
    }
}

impl Iterator for GivenRows<'_> {
    type Item = String;

    /// The next row: of CSV its line without the line end, else an object as JSON text without blanks.
    fn next(&mut self) -> Option<String> {
        let bytes = match &mut self.source {
            GivenRowSource::Empty => return None,
            GivenRowSource::Nodes(document, items) => return Some(document.to_json(*items.next()?).to_string()),
            GivenRowSource::Json(records) => match records.next()?.ok()?.0 {
                RawRow::Json(text) => minified(text),
                RawRow::Cells(_) | RawRow::Node(..) => return None,
            },
            GivenRowSource::Csv { records, reader, at } => {
                let (_, range) = records.next()?.ok()?;
                let mut bytes = Vec::new();
                reader.take((range.end - *at) as u64).read_to_end(&mut bytes).ok()?;
                *at = range.end;
                without_ends(bytes)
            }
        };
        String::from_utf8(bytes).ok()
    }
}

/// `bytes` without the line ends around them.
fn without_ends(mut bytes: Vec<u8>) -> Vec<u8> {
    let is_end = |byte: &u8| *byte == b'\n' || *byte == b'\r';
    while bytes.last().is_some_and(is_end) {
        bytes.pop();
    }
    let ends = bytes.iter().take_while(|byte| is_end(byte)).count();
    bytes.drain(..ends);
    bytes
}

/// JSON text without the blanks between its parts; nothing else of it changes.
#[must_use]
pub fn minified(text: &[u8]) -> Vec<u8> {
    let (mut is_text, mut is_escaped) = (false, false);
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        if !is_text && byte.is_ascii_whitespace() {
            continue;
        }
        out.push(*byte);
        if *byte == b'"' && !is_escaped {
            is_text = !is_text;
        }
        is_escaped = is_text && *byte == b'\\' && !is_escaped;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_go_only_where_they_stand_between_parts() {
        let text = br#" { "a b" : 1.10 , "c\" d" : [ 1e5 , "\\" , " x " ] } "#;
        assert_eq!(String::from_utf8_lossy(&minified(text)), r#"{"a b":1.10,"c\" d":[1e5,"\\"," x "]}"#);
    }
}
