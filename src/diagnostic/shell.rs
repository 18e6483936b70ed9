//! Text as one word of a POSIX shell, for commands that people paste.

use std::borrow::Cow;

use super::escape::escape;

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

/// `text` as one word that can be shown on a terminal and means just this text: what steers a terminal, or cannot be seen, is
/// written as bash, zsh and ksh read it (`$'..'`).
#[must_use]
pub fn exact_word(text: &str) -> Cow<'_, str> {
    if escape(text) == text {
        return word(text);
    }
    let mut out = "$'".to_owned();
    for c in text.chars() {
        let alone = c.to_string();
        match c {
            '\\' | '\'' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            _ if escape(&alone) == alone => out.push(c),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('\'');
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_shown_is_written_so_that_it_is_meant() {
        for (text, expected) in [
            ("a b.db", "'a b.db'"),
            ("a\nb", r"$'a\nb'"),
            ("it's\u{202e}.db", r"$'it\'s\U0000202e.db'"),
            ("\u{1b}[31m\\", r"$'\U0000001b[31m\\'"),
        ] {
            assert_eq!(exact_word(text), expected);
            let mut bash = std::process::Command::new("bash");
            bash.env("LC_ALL", "C.UTF-8").args(["-c", &format!("printf %s {expected}")]);
            let read = bash.output().expect("bash is there").stdout;
            assert_eq!(String::from_utf8(read).as_deref(), Ok(text));
        }
    }

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
