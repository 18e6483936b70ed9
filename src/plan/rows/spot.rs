//! Where a row and its cells stand.
//!
//! In: a row of a text or of a document. Out: places in the file, or in the manifest where the rows stand in it.
//! Asked for faulty rows only, so it may read the row again.

use std::ops::Range;

use serde_json::Value;

use super::csv;
use crate::manifest::{Document, NodeId};
use crate::source::{Packed, Place, SourceId, Span};
use crate::spec::RowFormat;

/// Where a text's bytes stand.
#[derive(Clone, Copy, Debug)]
pub(super) enum TextStorage {
    File(SourceId),
    Scalar(NodeId),
}

impl TextStorage {
    /// The place of some of the bytes.
    pub(super) fn place(self, range: Range<usize>, manifest: &Document) -> Place {
        match self {
            Self::File(source) => Place { source, span: Span::new(range.start, range.end) },
            Self::Scalar(node) => manifest.text_place(node, range),
        }
    }
}

/// Where one row stands.
#[derive(Clone)]
pub(super) enum RowPlace<'a> {
    Text {
        text: &'a Packed,
        home: TextStorage,
        format: RowFormat,
        delimiter: u8,
        manifest: &'a Document,
        range: Range<usize>,
    },
    Node(&'a Document, NodeId),
}

impl RowPlace<'_> {
    /// The whole row.
    pub(super) fn row(&self) -> Place {
        match self {
            Self::Text { text, home, manifest, range, .. } => home.place(csv::trimmed(text, range.clone()).0, manifest),
            Self::Node(document, node) => document.place(*node),
        }
    }

    /// The row's own text, as it is written; none for a node.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text { text, range, .. } => csv::trimmed(text, range.clone()).1,
            Self::Node(..) => Vec::new(),
        }
    }

    /// So many bytes of the row.
    pub(super) fn part(&self, part: Range<usize>) -> Place {
        match self {
            Self::Text { text, home, manifest, range, .. } => {
                home.place(text.whole(range.start + part.start..range.start + part.end), manifest)
            }
            Self::Node(document, node) => document.place(*node),
        }
    }

    /// The cell of column `name`, which has number `index` where the row is of CSV; else the name, which the value
    /// follows. The row where it has no such cell.
    pub(super) fn cell(&self, name: &str, index: usize) -> Place {
        match self {
            Self::Text { text, home, format, delimiter, manifest, range } => {
                let (range, bytes) = csv::trimmed(text, range.clone());
                let part = if *format == RowFormat::Csv {
                    csv::cell(&bytes, index, *delimiter)
                } else {
                    let spelled = Value::from(name).to_string();
                    let found = bytes.windows(spelled.len()).position(|window| window == spelled.as_bytes());
                    found.map_or(0..bytes.len(), |at| at..at + spelled.len())
                };
                home.place(range.start + part.start..range.start + part.end, manifest)
            }
            Self::Node(document, node) => {
                document.entry(*node, name).map_or_else(|| document.place(*node), |entry| document.place(entry.value))
            }
        }
    }
}
