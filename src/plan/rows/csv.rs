//! CSV text -> records, each with its place; and the place of one cell.
//!
//! In: a packed text. Out: records from any byte on, where one begins. Source: RFC 4180, with any line end.
//! Never: more than one record in memory, or a quote that swallows the rest of the file unnoticed.

use std::io::{self, Read};
use std::ops::Range;

use csv::{ByteRecord, ReaderBuilder};

use super::json::{JsonRowsError, MAX_ROW_BYTES};
use crate::source::{Packed, PackedReader};

/// The records from some byte on.
pub(super) struct CsvRecords {
    reader: csv::Reader<BoundedReader>,
    /// Where the reader began, in bytes of the text.
    from: usize,
    record: ByteRecord,
}

impl CsvRecords {
    /// Reads from byte `from` on, where a record begins.
    pub(super) fn at(text: &Packed, delimiter: u8, from: usize) -> Self {
        let mut reader = ReaderBuilder::new();
        reader.has_headers(false).flexible(true).delimiter(delimiter);
        let reader = reader.from_reader(BoundedReader { inner: text.reader_at(from), left: MAX_ROW_BYTES });
        Self { reader, from, record: ByteRecord::new() }
    }

    /// The next record and its bytes in the text, line ends around it included; none at the end. Empty lines are none.
    /// One that is too long ends the reading.
    pub(super) fn next(&mut self) -> Option<Result<(&ByteRecord, Range<usize>), JsonRowsError>> {
        let from = self.from;
        let at =
            move |position: &csv::Position| from + usize::try_from(position.byte()).expect("a text of less than 4 GiB");
        let before = at(self.reader.position());
        self.reader.get_mut().left = MAX_ROW_BYTES;
        // Any record has any length, so that only what bounds it can fail.
        let Ok(there_is_one) = self.reader.read_byte_record(&mut self.record) else {
            return Some(Err(JsonRowsError::too_long(before)));
        };
        let start = self.record.position().map_or(from, at);
        there_is_one.then(|| Ok((&self.record, start..at(self.reader.position()))))
    }
}

/// Gives so many bytes, and then fails: a record is read as a whole.
struct BoundedReader {
    inner: PackedReader,
    left: usize,
}

impl Read for BoundedReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(self.left);
        if most == 0 && !into.is_empty() {
            return Err(io::Error::other("the row is too long"));
        }
        let read = self.inner.read(&mut into[..most])?;
        self.left -= read;
        Ok(read)
    }
}

/// `range` of `text` without the line ends around it.
pub(super) fn trimmed(text: &Packed, range: Range<usize>) -> (Range<usize>, Vec<u8>) {
    let mut bytes = text.slice(range.clone());
    let is_end = |byte: &u8| *byte == b'\n' || *byte == b'\r';
    while bytes.last().is_some_and(is_end) {
        bytes.pop();
    }
    let ends = bytes.iter().take_while(|byte| is_end(byte)).count();
    bytes.drain(..ends);
    (range.start + ends..range.start + ends + bytes.len(), bytes)
}

/// Where cell number `index` stands in the bytes of a record, quotes included; its end where there are fewer cells.
pub(super) fn cell(record: &[u8], index: usize, delimiter: u8) -> Range<usize> {
    let mut start = 0;
    for _ in 0..index {
        start = cell_end(record, start, delimiter) + 1;
        if start > record.len() {
            return record.len()..record.len();
        }
    }
    start..cell_end(record, start, delimiter)
}

/// Where the quote stands that opens a cell and is never closed.
pub(super) fn unclosed_quote(record: &[u8], delimiter: u8) -> Option<usize> {
    let mut start = 0;
    while start < record.len() {
        let end = cell_end(record, start, delimiter);
        let is_open = record[start..end].iter().fold(false, |is_open, byte| is_open ^ (*byte == b'"'));
        if record[start] == b'"' && end == record.len() && is_open {
            return Some(start);
        }
        start = end + 1;
    }
    None
}

/// Where the cell ends that begins at `start`.
fn cell_end(record: &[u8], start: usize, delimiter: u8) -> usize {
    let mut is_inside = false;
    let is_quoted = record.get(start) == Some(&b'"');
    for (at, byte) in record.iter().enumerate().skip(start) {
        match byte {
            b'"' if is_quoted => is_inside = !is_inside,
            byte if *byte == delimiter && !is_inside => return at,
            _ => {}
        }
    }
    record.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, from: usize) -> Vec<(usize, Vec<String>)> {
        let packed = Packed::from(text);
        let mut records = CsvRecords::at(&packed, b',', from);
        let mut found = Vec::new();
        while let Some(Ok((record, range))) = records.next() {
            let cells = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
            found.push((trimmed(&packed, range).0.start, cells));
        }
        found
    }

    #[test]
    fn records_know_where_they_stand() {
        let text = "id,a\r\n1,\"x\r\ny\"\r\n\r\n2,\"say \"\"hi\"\"\"\r\n3,";
        let words = |cells: &[&str]| cells.iter().map(ToString::to_string).collect::<Vec<_>>();
        let all = read(text, 0);
        let expected = [
            (0, words(&["id", "a"])),
            (6, words(&["1", "x\r\ny"])),
            (18, words(&["2", "say \"hi\""])),
            (34, words(&["3", ""])),
        ];
        assert_eq!(all, expected);
        for (from, _) in &all {
            assert_eq!(read(text, *from), all[all.iter().position(|(at, _)| at == from).unwrap()..]);
        }
        assert_eq!(read("", 0), []);
        assert_eq!(read("\n\n", 0), []);
    }

    #[test]
    fn cells_know_where_they_stand() {
        let record = br#"1,"a,b",,"say ""hi""",x"y"#;
        let shown: Vec<&str> =
            (0..6).map(|index| std::str::from_utf8(&record[cell(record, index, b',')]).unwrap()).collect();
        assert_eq!(shown, ["1", r#""a,b""#, "", r#""say ""hi""""#, r#"x"y"#, ""]);
        assert_eq!(unclosed_quote(record, b','), None);
        assert_eq!(unclosed_quote(br#"1,"a,b"#, b','), Some(2));
        assert_eq!(unclosed_quote(br#"1,5",6""#, b','), None);
    }
}
