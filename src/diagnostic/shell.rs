//! Text as one word of a POSIX shell, for commands that people paste.

use std::borrow::Cow;

/// `text` as one word, whatever it holds; as it is where a shell takes it so.
#[must_use]
pub fn word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { Cow::Borrowed(text) } else { Cow::Owned(quoted(text)) }
}

/// `text` between single quotes, whatever it holds.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_what_was_written() {
        for (text, expected) in [
            ("load/INV-7", "load/INV-7"),
            ("load/a%2Cb,c", "load/a%2Cb,c"),
            ("load/*", "'load/*'"),
            ("load/a b", "'load/a b'"),
            ("load/it's", r"'load/it'\''s'"),
            ("load/$HOME", "'load/$HOME'"),
            ("~", "'~'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), expected);
        }
    }
}
