//! How a CSV text is written: what separates its cells, how its numbers are spelled.
//!
//! In: the header's line. Out: [`CsvForm`], or what is said where the cells stand between something else; numbers of cells.
//! Never: changes a digit, or guesses a form that nobody declared.

use std::borrow::Cow;

use csv::{ByteRecord, ReaderBuilder};
use serde_json::Number;

use super::cell_error::{CellError, NOT_A_NUMBER, NOT_A_NUMBER_WITH_COMMA, NOT_WHOLE, TOO_LONG, TOO_MANY_DIGITS};
use super::row_text::RowText;
use crate::diagnostic::Diagnostic;
use crate::manifest::keeps_digits;

/// How a CSV text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CsvForm {
    /// What stands between two cells: one of [`SEPARATORS`].
    pub(super) delimiter: u8,
    /// What stands before the fraction of a number: a point or a comma.
    decimal: u8,
}

/// What may stand between cells, and what several of them are called.
const SEPARATORS: [(u8, &str); 4] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "bars")];

impl CsvForm {
    /// As RFC 4180 has it.
    pub(super) const PLAIN: Self = Self { delimiter: b',', decimal: b'.' };

    /// The form of `text`, and the byte at which its header begins; or what is wrong before that.
    pub(super) fn of(text: &RowText<'_>) -> Result<(Self, usize), Diagnostic> {
        text.encoding().map_or(Ok((Self::PLAIN, 0)), Err)
    }

    /// What is said of a header whose cells stand between something else, and a next step.
    pub(super) fn misfit(self, record: &ByteRecord, line: &[u8], text: &RowText<'_>) -> Option<(String, String)> {
        let (_, found) = self.other_separator(record, text.rows.key.as_bytes(), line)?;
        let what = format!("the cells stand between {found}, not between {}", self.delimiters());
        Some((what, format!("save the file with {}", self.delimiters())))
    }

    /// What to do about a cell that holds what separates cells.
    pub(super) fn quoted_cell(self) -> &'static str {
        match self.delimiter {
            b';' => "a cell with a semicolon in it stands in quotes: \"a; b\"",
            b'\t' => "a cell with a tab in it stands in quotes",
            b'|' => "a cell with a bar in it stands in quotes: \"a | b\"",
            _ => "a cell with a comma in it stands in quotes: \"a, b\"",
        }
    }

    /// The number that `text` is. No digit of it is lost.
    pub(super) fn number(self, text: &str) -> Result<Number, CellError> {
        match integer(text) {
            Ok(number) => return Ok(number),
            Err(misfit) if misfit == TOO_LONG => return Err(misfit),
            Err(_) => {}
        }
        let (spelled, misfit) = match self.decimal {
            // A point can only stand between thousands then.
            b',' if text.contains('.') => return Err(NOT_A_NUMBER_WITH_COMMA),
            b',' => (Cow::Owned(text.replace(',', ".")), NOT_A_NUMBER_WITH_COMMA),
            _ => (Cow::Borrowed(text), NOT_A_NUMBER),
        };
        // What Rust reads beyond digits, point and exponent are words: `inf`, `nan`.
        let is_digital = spelled.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        let value: f64 = spelled.parse().ok().filter(|_| is_digital).ok_or_else(|| misfit.clone())?;
        let number = Number::from_f64(value).ok_or(misfit)?;
        if keeps_digits(&spelled, value) { Ok(number) } else { Err(TOO_MANY_DIGITS) }
    }

    /// What its delimiters are called.
    fn delimiters(self) -> &'static str {
        SEPARATORS.iter().find(|(delimiter, _)| *delimiter == self.delimiter).map_or("other signs", |(_, name)| name)
    }

    /// What stands between the cells of the header `line` in place of the delimiter, as spreadsheets of some countries write
    /// it.
    ///
    /// A header that has the key between delimiters is taken as it is. Else another separator is told that finds the key,
    /// or more columns than the delimiter does: a comma may stand in a column's name.
    fn other_separator(self, record: &ByteRecord, key: &[u8], line: &[u8]) -> Option<(u8, &'static str)> {
        let has_key = |record: &ByteRecord| record.iter().any(|cell| cell == key);
        if has_key(record) {
            return None;
        }
        SEPARATORS.into_iter().filter(|(other, _)| *other != self.delimiter).find(|(separator, _)| {
            let mut reader = ReaderBuilder::new().has_headers(false).delimiter(*separator).from_reader(line);
            let mut other = ByteRecord::new();
            let is_read = reader.read_byte_record(&mut other).unwrap_or_default();
            is_read && (has_key(&other) && other.len() > 1 || other.len() > record.len())
        })
    }
}

/// The whole number that `text` is.
pub(super) fn integer(text: &str) -> Result<Number, CellError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NOT_WHOLE);
    }
    let signed: Result<i64, _> = text.parse();
    let unsigned: Result<u64, _> = text.parse();
    signed.map(Number::from).or_else(|_| unsigned.map(Number::from)).map_err(|_| TOO_LONG)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_decimal_comma_takes_no_point_and_loses_no_digit() {
        let form = CsvForm { decimal: b',', ..CsvForm::PLAIN };
        for (text, value) in [
            ("12,50", Ok(json!(12.5))),
            ("-1200,5", Ok(json!(-1200.5))),
            ("1200", Ok(json!(1200))),
            (",5", Ok(json!(0.5))),
            ("1,5e3", Ok(json!(1500.0))),
            ("12.50", Err(NOT_A_NUMBER_WITH_COMMA)),
            ("1.200,50", Err(NOT_A_NUMBER_WITH_COMMA)),
            ("1,200,50", Err(NOT_A_NUMBER_WITH_COMMA)),
            ("1 200,50", Err(NOT_A_NUMBER_WITH_COMMA)),
            (",", Err(NOT_A_NUMBER_WITH_COMMA)),
            ("99999999999999,99", Err(TOO_MANY_DIGITS)),
            ("99999999999999999999", Err(TOO_LONG)),
        ] {
            assert_eq!(form.number(text).map(serde_json::Value::Number), value, "{text}");
        }
        assert_eq!(CsvForm::PLAIN.number("12,50"), Err(NOT_A_NUMBER));
    }

    #[test]
    fn the_separator_that_finds_the_key_is_told() {
        let found = |delimiter: u8, line: &str| {
            let form = CsvForm { delimiter, ..CsvForm::PLAIN };
            let mut reader = ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(line.as_bytes());
            let mut record = ByteRecord::new();
            assert!(reader.read_byte_record(&mut record).expect("a line"));
            form.other_separator(&record, b"id", line.as_bytes()).map(|(_, name)| name)
        };
        assert_eq!(found(b',', "id;n"), Some("semicolons"));
        assert_eq!(found(b',', "id\tn"), Some("tabs"));
        assert_eq!(found(b';', "id,n"), Some("commas"));
        assert_eq!(found(b';', "id;amount, net"), None);
        assert_eq!(found(b'|', "n;m;id"), Some("semicolons"));
        assert_eq!(found(b',', "key,n"), None);
    }
}
