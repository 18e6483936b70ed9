//! How a CSV text is written: what separates its cells, how its numbers are spelled.
//!
//! In: what the manifest declares, a first line such as `sep=;`, the header. Out: [`CsvForm`], or what is said where the
//! cells stand between something else; numbers of cells.
//! Never: changes a digit, or guesses a form that nobody declared.

use std::borrow::Cow;
use std::ops::Range;

use csv::{ByteRecord, ReaderBuilder};
use serde_json::Number;

use super::cell_error::{CellError, NOT_A_NUMBER, NOT_A_NUMBER_WITH_COMMA, NOT_WHOLE, TOO_LONG, TOO_MANY_DIGITS};
use super::row_text::RowText;
use crate::diagnostic::{Code, Diagnostic};
use crate::format::{DecimalMark, ForEach};
use crate::manifest::keeps_digits;
use crate::source::Packed;
use crate::spec::RowFormat;

/// How a CSV text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CsvForm {
    /// What stands between two cells: one of [`SEPARATORS`].
    pub(super) delimiter: u8,
    /// What stands before the fraction of a number: a point or a comma.
    decimal: u8,
    /// Whether a point may as well stand between thousands: sheets that have no commas between cells are of countries
    /// where it does, and nobody said otherwise.
    is_point_doubtful: bool,
}

/// What may stand between cells, and what several of them are called.
const SEPARATORS: [(u8, &str); 4] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs"), (b'|', "bars")];

impl CsvForm {
    /// As RFC 4180 has it.
    pub(super) const PLAIN: Self = Self { delimiter: b',', decimal: b'.', is_point_doubtful: false };

    /// The form of `text`, and the byte at which its header begins; or what is wrong before that.
    pub(super) fn of(text: &RowText<'_>) -> Result<(Self, usize), Diagnostic> {
        if let Some(complaint) = text.encoding() {
            return Err(complaint);
        }
        // Data that were given in place of CSV have no such form.
        if text.format != RowFormat::Csv {
            return Ok((Self::PLAIN, 0));
        }
        let manifest = text.manifest;
        let ForEach { delimiter, decimal, .. } = text.rows.written;
        let declared = delimiter.and_then(|field| Some((field.read(manifest)?, manifest.place(field.node))));
        let decimal = decimal.and_then(|field| field.read(manifest));
        let with = |delimiter| Self {
            delimiter,
            decimal: match decimal.unwrap_or_default() {
                DecimalMark::Point => b'.',
                DecimalMark::Comma => b',',
            },
            is_point_doubtful: delimiter != Self::PLAIN.delimiter && decimal.is_none(),
        };
        let declared_byte = declared.map(|(delimiter, _)| delimiter.byte());
        let Some(SeparatorLine { separator, line, header }) = SeparatorLine::of(&text.text) else {
            return Ok((with(declared_byte.unwrap_or(Self::PLAIN.delimiter)), 0));
        };
        let place = text.home.place(line, manifest);
        let Some(delimiter) = separator else {
            let what = "the first line says that something else than `,`, `;`, `|` or a tab separates the cells";
            return Err(Diagnostic::error(Code::DataForm, place, what).help("save the file with semicolons: `sep=;`"));
        };
        match declared {
            Some((other, place_of_key)) if other.byte() != delimiter => {
                let what = "the first line of the data names another separator than `delimiter` does";
                Err(Diagnostic::error(Code::Conflict, place, what)
                    .related(place_of_key, "the delimiter")
                    .help("drop one of the two: the line is understood without the key"))
            }
            Some(_) | None => Ok((with(delimiter), header)),
        }
    }

    /// What is said of a header whose cells stand between something else, and a next step.
    pub(super) fn misfit(self, record: &ByteRecord, line: &[u8], text: &RowText<'_>) -> Option<(String, String)> {
        let (other, found) = self.other_separator(record, text.rows.key.as_bytes(), line)?;
        let what = format!("the cells stand between {found}, not between {}", self.delimiters());
        let key = match other {
            b'\t' => "delimiter: tab".to_owned(),
            other => format!("delimiter: \"{}\"", char::from(other)),
        };
        let help = if SeparatorLine::of(&text.text).is_some() {
            "correct the first line of the data, or leave it out".to_owned()
        } else {
            format!("write `{key}` in `for-each`, or save the file with {}", self.delimiters())
        };
        Some((what, help))
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
            _ if has_decimal_comma(text) => return Err(DECIMAL_COMMA),
            _ if self.is_point_doubtful && has_point_before_three(text) => return Err(POINT_OR_THOUSANDS),
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

/// A first line such as `sep=;`, as spreadsheets write and read it.
#[derive(Debug, PartialEq, Eq)]
struct SeparatorLine {
    /// What it says separates the cells; `None` if that is nothing that may.
    separator: Option<u8>,
    /// Its bytes in the text.
    line: Range<usize>,
    /// Where the header begins behind it.
    header: usize,
}

impl SeparatorLine {
    /// The line, in quotes or not; `None` if the text begins otherwise. No byte order mark is in a text that was taken in.
    fn of(text: &Packed) -> Option<Self> {
        const MAX_BYTES: usize = 32;
        let head = text.slice(0..text.len().min(MAX_BYTES));
        let line = head.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
        let end = line.len();
        let bare = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
        let (prefix, separator) = bare.split_at_checked(b"sep=".len())?;
        if !prefix.eq_ignore_ascii_case(b"sep=") {
            return None;
        }
        let separator = match separator {
            [one] => Some(*one).filter(|one| SEPARATORS.iter().any(|(known, _)| known == one)),
            _ => None,
        };
        let ends = if head[end..].starts_with(b"\r\n") { 2 } else { usize::from(end < head.len()) };
        Some(Self { separator, line: 0..end, header: end + ends })
    }
}

/// Said of a number with a decimal comma where none is declared.
const DECIMAL_COMMA: CellError = CellError {
    wanted: NOT_A_NUMBER.wanted,
    help: "in CSV a decimal comma is declared, `decimal: \",\"`; else write a decimal point, and nothing between thousands: `1200.50`",
};

const POINT_OR_THOUSANDS: CellError = CellError {
    wanted: NOT_A_NUMBER.wanted,
    help: "where cells do not stand between commas, `1.200` may be more than a thousand: write `decimal: \".\"` in `for-each` if it is not, `decimal: \",\"` if the \
           sheet has decimal commas, and nothing between thousands",
};

/// Whether the point in `text` may as well stand between thousands.
fn has_point_before_three(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = text.strip_prefix(['+', '-']).unwrap_or(text);
    whole.split_once('.').is_some_and(|(whole, rest)| {
        let may_be_thousands = matches!(whole.len(), 1..=3) && !whole.starts_with('0') && rest.len() == 3;
        may_be_thousands && digits(whole) && digits(rest)
    })
}

/// Whether the comma in `text` can only stand before a fraction; `1,200` may be more than a thousand.
fn has_decimal_comma(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = text.strip_prefix(['+', '-']).unwrap_or(text);
    whole.split_once(',').is_some_and(|(whole, fraction)| digits(whole) && digits(fraction) && fraction.len() != 3)
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
    }

    #[test]
    fn a_decimal_comma_that_was_not_declared_is_told_apart_from_thousands() {
        for (text, is_told) in
            [("12,50", true), ("-7,5", true), ("1,200", false), ("1,200.50", false), ("EUR 7", false), ("1,2,3", false)]
        {
            let expected = if is_told { DECIMAL_COMMA } else { NOT_A_NUMBER };
            assert_eq!(CsvForm::PLAIN.number(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn a_point_between_semicolons_may_stand_between_thousands_unless_somebody_says() {
        let doubtful = CsvForm { delimiter: b';', is_point_doubtful: true, ..CsvForm::PLAIN };
        for text in ["1.234", "-12.500", "+999.000"] {
            assert_eq!(doubtful.number(text), Err(POINT_OR_THOUSANDS), "{text}");
            assert!(CsvForm::PLAIN.number(text).is_ok(), "{text}");
        }
        for text in ["1.5", "0.25", "0.125", "1200", "1234.500", "1.2345"] {
            assert!(doubtful.number(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_first_line_names_the_separator() {
        let found = |text: &str| {
            SeparatorLine::of(&Packed::from(text))
                .map(|found| (found.separator.map(char::from), found.line, found.header))
        };
        assert_eq!(found("sep=;\r\nid;n\r\n"), Some((Some(';'), 0..5, 7)));
        assert_eq!(found("\u{FEFF}SEP=,\nid,n\n"), Some((Some(','), 0..5, 6)));
        assert_eq!(found("\"sep=|\"\rid|n"), Some((Some('|'), 0..7, 8)));
        assert_eq!(found("sep=\t\nid"), Some((Some('\t'), 0..5, 6)));
        assert_eq!(found("sep=;"), Some((Some(';'), 0..5, 5)));
        assert_eq!(found("sep=\nid"), Some((None, 0..4, 5)));
        assert_eq!(found("sep=ä\nid"), Some((None, 0..6, 7)));
        for text in ["", "id;n\n", "separator\n", "sep", "\nsep=;\n"] {
            assert_eq!(found(text), None, "{text:?}");
        }
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
