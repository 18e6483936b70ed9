//! Words and numbers of the page.
//!
//! In: spans, counts, foreign text. Out: the same as it is shown. Never: markup; what stands in a template is escaped there.

use std::borrow::Cow;

use crate::clock::Timestamp;
use crate::diagnostic::escape::{escape, escape_lines};

/// `ms` milliseconds in words: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 3 min`, `3 d 4 h`.
pub(super) fn span(ms: i64) -> String {
    let two = |big: i64, unit: &str, small: i64, next: &str| match small {
        0 => format!("{big} {unit}"),
        small => format!("{big} {unit} {small} {next}"),
    };
    let seconds = ms / 1000;
    match ms {
        ..1 => "0 s".to_owned(),
        1..10_000 => {
            let tenths = (ms + 50) / 100;
            if tenths % 10 == 0 { format!("{} s", tenths / 10) } else { format!("{}.{} s", tenths / 10, tenths % 10) }
        }
        10_000..60_000 => format!("{seconds} s"),
        60_000..3_600_000 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600_000..86_400_000 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        86_400_000.. => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// A number with blanks between thousands, which no line breaks.
pub(super) fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// `1 launch` or `3 launches`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// A foreign text in one line, at most `most` characters of it.
pub(super) fn line(text: &str, most: usize) -> String {
    escape(&cut(text, most)).into_owned()
}

/// A foreign text with its lines, at most `most` characters of it.
pub(super) fn lines(text: &str, most: usize) -> String {
    escape_lines(&cut(text, most)).into_owned()
}

fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The moment that `text` names, in milliseconds since 1970.
pub(super) fn moment(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// A moment to the second: `2026-01-31 02:00:05`.
pub(super) fn second(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_two_units_at_most() {
        let told = [
            (-5, "0 s"),
            (0, "0 s"),
            (449, "0.4 s"),
            (9_999, "10 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (185_000, "3 min 5 s"),
            (7_380_000, "2 h 3 min"),
            (273_600_000, "3 d 4 h"),
        ];
        for (ms, words) in told {
            assert_eq!(span(ms), words, "{ms}");
        }
    }

    #[test]
    fn numbers_and_foreign_texts_are_made_readable() {
        assert_eq!([number(7), number(1000), number(1_234_567)], ["7", "1\u{202f}000", "1\u{202f}234\u{202f}567"]);
        assert_eq!(line("a\u{202e}b\nc", 9), "a\\u{202e}b\\u{a}c");
        assert_eq!(line("äöüß", 3), "äöü…");
        assert_eq!(lines("a\n\u{1b}[1m", 9), "a\n\\u{1b}[1m");
        assert_eq!(moment("2018-09-21T13:28:31.1449691Z"), Some(1_537_536_511_144));
        assert_eq!(moment("yesterday"), None);
    }
}
