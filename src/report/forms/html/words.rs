//! Words and numbers of the page.
//!
//! In: spans, counts, foreign text. Out: the same as it is shown. Never: markup; what stands in a template is escaped there.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::diagnostic::escape::{escape, escape_commands, escape_lines};
use crate::report::forms::inert::cut;
use crate::report::forms::spans;

/// `ms` milliseconds in words.
pub(crate) fn span(ms: i64) -> String {
    spans::in_words(Duration::from_millis(u64::try_from(ms).unwrap_or_default())).replace(".0 s", " s")
}

/// A number with blanks between thousands, which no line breaks.
pub(crate) fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// `1 launch` or `3 launches`.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// A foreign text in one line, at most `most` characters of it.
pub(crate) fn line(text: &str, most: usize) -> String {
    escape(&cut(text, most)).into_owned()
}

/// A foreign text with its lines, at most `most` characters of it.
pub(crate) fn lines(text: &str, most: usize) -> String {
    escape_commands(&escape_lines(&cut(text, most))).into_owned()
}

/// The moment that `text` names, in milliseconds since 1970.
pub(crate) fn moment(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// A moment to the second: `2026-01-31 02:00:05`.
pub(crate) fn second(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_foreign_texts_are_made_readable() {
        assert_eq!([number(7), number(1000), number(1_234_567)], ["7", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
        assert_eq!(line("a\u{202e}b\nc", 9), "a\\u{202e}b\\u{a}c");
        assert_eq!(line("äöüß", 3), "äöü ... (2 bytes more)");
        assert_eq!([span(-5), span(185_000)], ["0 ms", "3 min 5 s"]);
        assert_eq!(lines("a\n\u{1b}[1m", 9), "a\n\\u{1b}[1m");
        assert_eq!(moment("2018-09-21T13:28:31.1449691Z"), Some(1_537_536_511_144));
        assert_eq!(moment("yesterday"), None);
    }
}
