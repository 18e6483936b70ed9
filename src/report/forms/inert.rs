//! Foreign text made inert for the forms that spreadsheets and build servers read.
//!
//! In: what server, manifest and robots said. Out: text that computes nothing, ends no cell and no element, and is no longer
//! than a bound. Never: changes what people read more than it must.

use std::borrow::Cow;

use crate::diagnostic::escape::{escape, escape_commands, escape_lines};

/// With what a spreadsheet begins a formula. The wide ones are taken for the narrow ones by some.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'];

/// The first `most` characters of `text`; what was left out is said.
pub(in crate::report) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{} ... ({} bytes more)", &text[..end], text.len() - end)),
    }
}

/// `text` as a cell of CSV, in quotes: in one line, computing nothing, at most `most` characters of it.
pub(in crate::report) fn csv_cell(text: &str, most: usize) -> String {
    let text = cut(text, most);
    // A formula is told before its first character becomes something else.
    let apostrophe = if text.starts_with(FORMULA) { "'" } else { "" };
    format!("\"{apostrophe}{}\"", escape(&one_line(&text)).replace('"', "\"\""))
}

/// `text` in one line, as people read it: a help behind an error stays told apart.
fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\r']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\n  help: ", "; help: ").replace("\r\n", " ").replace(['\n', '\r'], " "))
}

/// `text` for an element or attribute of XML: several lines may stay, at most `most` characters. Whoever writes the XML
/// escapes `<`, `&` and quotes.
pub(in crate::report) fn xml_text(text: &str, most: usize) -> String {
    // XML 1.0 has no such characters, nor controls, which become visible text.
    escape_commands(&escape_lines(&cut(text, most))).replace(['\u{FFFE}', '\u{FFFF}'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_computes_nothing_and_ends_nowhere_but_at_its_end() {
        for (text, expected) in [
            ("plain; text, ü", "\"plain; text, ü\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\\u{9}=1\""),
            ("\r=1", "\"' =1\""),
            ("a\r\nb\u{1b}[31m\u{202e}", "\"a b\\u{1b}[31m\\u{202e}\""),
            ("it is not taken\n  help: copy it", "\"it is not taken; help: copy it\""),
            ("", "\"\""),
        ] {
            assert_eq!(csv_cell(text, 100), expected, "{text:?}");
        }
        assert_eq!(csv_cell("abcdef", 4), "\"abcd ... (2 bytes more)\"");
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("üüü", 3), "üüü");
        assert_eq!(cut("üüü", 2), "üü ... (2 bytes more)");
    }
}
