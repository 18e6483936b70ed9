//! A text of rows, and what can be said of it before and behind its rows.
//!
//! In: a text that was handed in. Out: places in it; complaints about bytes that are no text, and about quotes.
//! Never: judges a row.

use std::ops::Range;

use super::csv;
use super::json::JsonRowsError;
use super::spot::{RowPlace, TextStorage};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::Document;
use crate::source::Packed;
use crate::spec::{RowFormat, RowsSpec};

/// A text of rows, and where it stands.
pub(super) struct RowText<'a> {
    pub(super) rows: &'a RowsSpec,
    pub(super) format: RowFormat,
    pub(super) text: Packed,
    pub(super) home: TextStorage,
    pub(super) manifest: &'a Document,
}

impl RowText<'_> {
    /// Where the row with these bytes stands.
    pub(super) fn spot(&self, delimiter: u8, range: Range<usize>) -> RowPlace<'_> {
        let Self { format, text, home, manifest, .. } = self;
        RowPlace::Text { text, home: *home, format: *format, delimiter, manifest, range }
    }

    /// The first byte that is no text.
    pub(super) fn encoding(&self) -> Option<Diagnostic> {
        let complaint = |range: Range<usize>, what: String, help: &str| {
            Some(Diagnostic::error(Code::Encoding, self.home.place(range, self.manifest), what).help(help))
        };
        for (start, block) in self.text.blocks() {
            // The mark of a zip archive, which a workbook is.
            if start == 0 && block.starts_with(b"PK\x03\x04") {
                let help = "save the sheet as CSV (UTF-8), and name that file";
                return complaint(0..0, "the data are a zip archive, as an Excel workbook (.xlsx) is".to_owned(), help);
            }
            if start == 0 && (block.starts_with(&[0xFF, 0xFE]) || block.starts_with(&[0xFE, 0xFF])) {
                return complaint(0..0, "the data are UTF-16, not UTF-8".to_owned(), "save the file as UTF-8");
            }
            if let Err(error) = std::str::from_utf8(&block) {
                let at = error.valid_up_to();
                // What cannot be read is shown as U+FFFD.
                let shown = start + at..start + at + '\u{FFFD}'.len_utf8();
                let help = "save the file as UTF-8; it looks like Latin-1, Windows-1252 or binary data";
                return complaint(shown, format!("byte 0x{:02X} is not UTF-8", block[at]), help);
            }
            if let Some(at) = block.iter().position(|byte| *byte == 0) {
                let help = "remove it; a file full of NUL bytes is UTF-16 or binary: save it as UTF-8";
                return complaint(start + at..start + at + 1, "a NUL byte stands in the data".to_owned(), help);
            }
        }
        None
    }

    /// What is said where no row can be read.
    pub(super) fn broken(&self, JsonRowsError { range, what, help }: JsonRowsError) -> Diagnostic {
        let end = range.end.min(self.text.len()).max(range.start);
        Diagnostic::error(Code::DataForm, self.home.place(self.text.whole(range.start..end), self.manifest), what)
            .help(help)
    }

    /// A quote that is never closed makes everything behind it one cell: only the last record can be such a one.
    pub(super) fn unclosed_quote(&self, delimiter: u8, last: Range<usize>) -> Option<Diagnostic> {
        let (range, bytes) = csv::trimmed(&self.text, last);
        let at = range.start + csv::unclosed_quote(&bytes, delimiter)?;
        let place = self.home.place(at..at + 1, self.manifest);
        let complaint = Diagnostic::error(Code::DataForm, place, "this quote is never closed");
        Some(complaint.help("close it; a quote inside a quoted cell is written twice: \"\""))
    }
}
