//! Foreign text made safe to show: what would steer a terminal or reorder a line becomes visible.

use std::borrow::Cow;

/// `text` with each control (C0, DEL, C1), bidirectional control, and line or paragraph separator written as `\u{..}`.
///
/// Line breaks and tabs are controls too: the result is one line. Source: SECURITY.md, "terminal".
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) { escaped.extend(c.escape_unicode()) } else { escaped.push(c) }
    }
    Cow::Owned(escaped)
}

/// As [`escape`], but line breaks stay and a tab becomes four spaces.
#[must_use]
pub fn escape_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| is_hidden(c) && c != '\n') {
        return Cow::Borrowed(text);
    }
    let lines: Vec<String> = text.split('\n').map(|line| escape(&line.replace('\t', "    ")).into_owned()).collect();
    Cow::Owned(lines.join("\n"))
}

/// JSON text with the same characters in JSON's own escapes, such as `\u202e`: it means the same, and can be shown.
#[must_use]
pub fn escape_json(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) { escaped.push_str(&format!("\\u{:04x}", u32::from(c))) } else { escaped.push(c) }
    }
    Cow::Owned(escaped)
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_become_visible() {
        assert_eq!(escape("plain ü text"), "plain ü text");
        assert_eq!(escape("\u{1b}[31m\n\t\u{7f}\u{9b}"), r"\u{1b}[31m\u{a}\u{9}\u{7f}\u{9b}");
        assert_eq!(escape("a\u{202e}b\u{2066}c\u{200f}"), r"a\u{202e}b\u{2066}c\u{200f}");
        assert_eq!(escape_json("[\"a\u{202e}\u{9b}ü\"]"), r#"["a\u202e\u009bü"]"#);
        assert_eq!(escape_lines("a\n\tb\u{1b}"), "a\n    b\\u{1b}");
    }
}
