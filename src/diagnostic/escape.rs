//! Foreign text made safe to show: what would steer a terminal or reorder a line becomes visible.

use std::borrow::Cow;

/// What a build server takes for a command wherever it stands in a line.
const COMMANDS: [&str; 2] = ["##vso[", "##["];

/// Whether a command of a build server begins in `text` at `at`.
fn is_command(text: &str, at: usize) -> bool {
    let rest = &text.as_bytes()[at..];
    COMMANDS
        .iter()
        .any(|command| rest.get(..command.len()).is_some_and(|start| start.eq_ignore_ascii_case(command.as_bytes())))
}

/// Whether nothing in `text` has to be escaped.
fn is_inert(text: &str) -> bool {
    !text.contains(is_hidden) && (!text.contains("##") || !text.match_indices('#').any(|(at, _)| is_command(text, at)))
}

/// `text` with each character that has to be escaped in the form that `escaped` gives it.
fn escaped(text: &str, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    if is_inert(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        if is_hidden(c) || c == '#' && is_command(text, at) { out.push_str(&escape(c)) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// `text` with each control (C0, DEL, C1), bidirectional control, and line or paragraph separator written as `\u{..}`.
///
/// Line breaks and tabs are controls too: the result is one line. Source: `docs/connection.md`, "What is masked".
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c.escape_unicode().to_string())
}

/// As [`escape`], but line breaks stay and a tab becomes four spaces.
#[must_use]
pub fn escape_lines(text: &str) -> Cow<'_, str> {
    if text.split('\n').all(is_inert) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<String> = text.split('\n').map(|line| escape(&line.replace('\t', "    ")).into_owned()).collect();
    Cow::Owned(lines.join("\n"))
}

/// JSON text with the same characters in JSON's own escapes, such as `\u202e`: it means the same, and can be shown.
#[must_use]
pub fn escape_json(text: &str) -> Cow<'_, str> {
    escaped(text, |c| format!("\\u{:04x}", u32::from(c)))
}

/// Lines for a stream that a build server reads along: what it would take for a command (`::error::..` as the first word
/// of a line, `##vso[..` anywhere) becomes visible text.
#[must_use]
pub fn escape_commands(text: &str) -> Cow<'_, str> {
    let begins = |line: &str| line.trim_start().starts_with("::");
    let holds = |line: &str| line.contains("##") && line.match_indices('#').any(|(at, _)| is_command(line, at));
    if !text.contains("::") && !text.contains("##") || !text.split('\n').any(|line| begins(line) || holds(line)) {
        return Cow::Borrowed(text);
    }
    let inert = |line: &str| {
        let line = if begins(line) { line.replacen(':', r"\u{3a}", 1) } else { line.to_owned() };
        let mut out = String::with_capacity(line.len() + 16);
        for (at, c) in line.char_indices() {
            if c == '#' && is_command(&line, at) { out.extend(c.escape_unicode()) } else { out.push(c) }
        }
        out
    };
    Cow::Owned(text.split('\n').map(inert).collect::<Vec<_>>().join("\n"))
}

/// What the command line's grammar says at the beginning of a line.
const OWN_LINE: &str = "Usage: sortie";

/// `text` with every line behind the first set in, so that nothing of it but our own words stands at the beginning of a
/// line.
#[must_use]
pub fn indent_rest(text: &str) -> Cow<'_, str> {
    let is_own = |line: &str| line.starts_with(OWN_LINE);
    let stands_out = |line: &str| !line.is_empty() && !line.starts_with(' ') && !is_own(line);
    if !text.split('\n').skip(1).any(stands_out) {
        return Cow::Borrowed(text);
    }
    let indented = |(number, line): (usize, &str)| {
        if number > 0 && stands_out(line) { format!("  {line}") } else { line.to_owned() }
    };
    Cow::Owned(text.split('\n').enumerate().map(indented).collect::<Vec<_>>().join("\n"))
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

    #[test]
    fn no_command_of_a_build_server_is_left() {
        assert_eq!(escape("a ##vso[task.x]y ##[error] ## x"), r"a \u{23}#vso[task.x]y \u{23}#[error] ## x");
        assert_eq!(escape_json("\"##VSO[x\""), r#""\u0023#VSO[x""#);
        assert_eq!(
            escape_commands("error: a\n::error::b\n  ::set-output x\nc::d ##vso[e]"),
            "error: a\n\\u{3a}:error::b\n  \\u{3a}:set-output x\nc::d \\u{23}#vso[e]"
        );
        assert_eq!(escape_commands("error: a::b\n  help: c"), "error: a::b\n  help: c");
        assert_eq!(indent_rest("a\nb\n\n  c\nd"), "a\n  b\n\n  c\n  d");
    }
}
