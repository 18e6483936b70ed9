//! The words of a command line, as a POSIX shell or the one of Windows splits them.
//!
//! In: pasted text. Out: words; line ends between them do not matter. Never: fills in a variable, or runs anything.

use super::error::ImportError;

/// Maximum documents on stdin whose end is looked for: each may be looked for to the end of the text.
const MAX_HERE_DOCUMENTS: usize = 100;

/// The words of `text`.
pub(super) fn words(text: &str) -> Result<Vec<String>, ImportError> {
    if text.contains(['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}']) && !text.contains(['"', '\'']) {
        return Err(ImportError::Command {
            what: "its quotes are those of a text processor",
            help: "replace them by plain ones, \" or '",
        });
    }
    if is_of_windows(text) { Ok(windows_words(&without_carets(text))) } else { posix_words(text) }
}

/// Whether `text` is written for Windows' own shell: with its escape where a line goes on, or in front of a quote.
fn is_of_windows(text: &str) -> bool {
    text.contains("^\n") || text.contains("^\r\n") || text.contains("^\"")
}

fn posix_words(text: &str) -> Result<Vec<String>, ImportError> {
    let unclosed = || ImportError::Command {
        what: "a quote is never closed",
        help: "copy the whole command; a quote inside of '...' is written '\\''",
    };
    let text = if text.contains("`\"") { of_power_shell(text) } else { text.to_owned() };
    shlex::split(&plain(&text).ok_or_else(unclosed)?).ok_or_else(unclosed)
}

/// `text` with PowerShell's escapes in double quotes (`` `" ``) as a POSIX shell writes them, where a backslash is one.
fn of_power_shell(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len() + 16);
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('"'), '`') => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some(escaped @ ('"' | '$' | '`')) => out.extend(['\\', escaped]),
                other => out.extend(other),
            },
            (Some('"'), '"') if chars.peek() == Some(&'"') => {
                chars.next();
                out.push_str("\\\"");
            }
            (None | Some('"'), '\\') => out.push_str("\\\\"),
            (None, '\'' | '"') => {
                quote = Some(c);
                out.push(c);
            }
            (Some(open), c) => {
                if open == c {
                    quote = None;
                }
                out.push(c);
            }
            (None, c) => out.push(c),
        }
    }
    out
}

/// `text` without the documents that its commands are given on stdin (`<<EOF`), and those, in their order.
pub(super) fn here_documents(text: &str) -> (String, Vec<String>) {
    let (mut rest, mut documents) = (String::with_capacity(text.len()), Vec::new());
    let mut lines = text.split_inclusive('\n');
    let mut looked_for = 0;
    while let Some(line) = lines.next() {
        let Some((before, word, behind)) = here_word(line).filter(|_| looked_for < MAX_HERE_DOCUMENTS) else {
            rest.push_str(line);
            continue;
        };
        looked_for += 1;
        let mut document = String::new();
        let mut ahead = lines.clone();
        let is_closed = ahead.by_ref().any(|line| {
            let is_end = line.trim() == word;
            if !is_end {
                document.push_str(line);
            }
            is_end
        });
        if is_closed {
            rest.push_str(&format!("{before} {behind}"));
            documents.push(document);
            lines = ahead;
        } else {
            rest.push_str(line);
        }
    }
    (rest, documents)
}

/// What stands before and behind `<<WORD` in a line, and the word.
fn here_word(line: &str) -> Option<(&str, &str, &str)> {
    let (before, behind) = line.split_once("<<")?;
    let behind = behind.strip_prefix('-').unwrap_or(behind).trim_start_matches(' ');
    let behind = behind.trim_start_matches(['\'', '"', '\\']);
    let end = behind.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(behind.len());
    let word = &behind[..end];
    let is_word = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    is_word.then(|| (before, word, behind[end..].trim_start_matches(['\'', '"'])))
}

/// `text` with `$'..'` in plain quotes, and its lines joined as both shells of that kind do it (`\`, and PowerShell's `` ` ``).
/// None where a `$'` is never closed.
fn plain(text: &str) -> Option<String> {
    let text = text.replace("\r\n", "\n").replace("`\n", " ");
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        if quote.is_none()
            && let Some(inner) = rest.strip_prefix("$'")
        {
            let (value, length) = ansi_c(inner)?;
            out.push_str(&format!("'{}'", value.replace('\'', "'\\''")));
            rest = &inner[length..];
            continue;
        }
        // A variable of any case between quotes, or in double ones: a mark that is told from text.
        if quote != Some('\'')
            && let Some(name) = rest.strip_prefix('$').map(variable).filter(|name| !name.is_empty())
        {
            out.push_str(&format!("${{{name}}}"));
            rest = &rest[1 + name.len()..];
            continue;
        }
        // shlex makes an empty word of a line that goes on.
        if c == '\\' && quote != Some('\'') && rest[1..].starts_with('\n') {
            out.push_str(if quote.is_none() { " " } else { "" });
            rest = &rest[2..];
            continue;
        }
        let length = match (quote, c) {
            (None | Some('"'), '\\') => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            // A comment, which may hold a lone quote.
            (None, '#') if !out.ends_with(|c: char| !c.is_whitespace()) => rest.find('\n').unwrap_or(rest.len()),
            (None, '\'' | '"') => {
                quote = Some(c);
                1
            }
            (Some(open), c) if open == c => {
                quote = None;
                1
            }
            _ => c.len_utf8(),
        };
        if !(quote.is_none() && c == '#' && length > 1) {
            out.push_str(&rest[..length]);
        }
        rest = &rest[length..];
    }
    Some(out)
}

/// The name of a variable that `text` begins with; empty where there is none.
fn variable(text: &str) -> &str {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    if is_name { &text[..end] } else { "" }
}

/// The text that begins behind `$'`, and how long it is with its closing quote.
fn ansi_c(text: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = text.char_indices().peekable();
    let mut pending_high: Option<u32> = None;
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Some((out, at + 1)),
            '\\' => {
                let (_, escape) = chars.next()?;
                let mut number = |radix: u32, most: usize, first: Option<char>| {
                    let mut digits: String = first.into_iter().collect();
                    while digits.len() < most
                        && let Some((_, digit)) = chars.peek().copied().filter(|(_, digit)| digit.is_digit(radix))
                    {
                        digits.push(digit);
                        chars.next();
                    }
                    u32::from_str_radix(&digits, radix).unwrap_or(0)
                };
                let code = match escape {
                    'n' => 10,
                    't' => 9,
                    'r' => 13,
                    'a' => 7,
                    'b' => 8,
                    'e' | 'E' => 27,
                    'f' => 12,
                    'v' => 11,
                    'x' => number(16, 2, None),
                    'u' => number(16, 4, None),
                    'U' => number(16, 8, None),
                    '0'..='7' => number(8, 3, Some(escape)),
                    other => u32::from(other),
                };
                // Browsers write characters beyond the first plane as two halves.
                let code = match (pending_high.take(), code) {
                    (Some(high), 0xdc00..=0xdfff) => 0x1_0000 + ((high - 0xd800) << 10) + (code - 0xdc00),
                    (_, 0xd800..=0xdbff) => {
                        pending_high = Some(code);
                        continue;
                    }
                    (_, code) => code,
                };
                out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            c => out.push(c),
        }
    }
    None
}

/// `text` as Windows' shell hands it on: a caret outside of quotes keeps the next character, and joins lines anywhere.
fn without_carets(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut out = String::with_capacity(text.len());
    let mut is_quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '^' if chars.peek() == Some(&'\n') => {
                chars.next();
                // A browser writes a line end inside of a value as a caret and two of them.
                if chars.peek() == Some(&'\n') {
                    out.push(' ');
                    chars.next();
                }
            }
            '^' if !is_quoted => out.extend(chars.next()),
            '"' => {
                is_quoted = !is_quoted;
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The words of a command line by the rules that programs of Windows go by: `"..."`, and `\"` for a quote.
fn windows_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let mut slashes = 1;
                while chars.next_if_eq(&'\\').is_some() {
                    slashes += 1;
                }
                let word = word.get_or_insert_default();
                if chars.peek() == Some(&'"') {
                    word.extend(std::iter::repeat_n('\\', slashes / 2));
                    if slashes % 2 == 1 {
                        word.extend(chars.next());
                    }
                } else {
                    word.extend(std::iter::repeat_n('\\', slashes));
                }
            }
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                word.get_or_insert_default().extend(chars.next());
            }
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            c if c.is_whitespace() && !is_quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(words(text).expect("words"), expected, "{text}");
    }

    #[test]
    fn as_shells_split_them() {
        check(
            "curl -X POST \\\n  -d '{\"a\": \"b c\"}' \\\r\n  https://x/#y",
            &["curl", "-X", "POST", "-d", "{\"a\": \"b c\"}", "https://x/#y"],
        );
        check("curl -d \"{\\\"a\\\":\\\"$X\\\"}\"", &["curl", "-d", "{\"a\":\"${X}\"}"]);
        check("curl -d '{\"a\":'$i', \"b\":\"$i\"}'", &["curl", "-d", "{\"a\":${i}, \"b\":\"$i\"}"]);
        check(
            "curl.exe -d \"{`\"a`\":`\"C:\\x $id`\", `\"b`\":`\"\\`\"q\\`\"`\"}\" `\n -X POST",
            &["curl.exe", "-d", "{\"a\":\"C:\\x ${id}\", \"b\":\"\\\"q\\\"\"}", "-X", "POST"],
        );
        check("curl -d $'{\"a\":\"it\\'s \\u0021\\ud83d\\ude00\\n\"}'", &["curl", "-d", "{\"a\":\"it's !😀\n\"}"]);
        check("curl -d 'it'\\''s $'", &["curl", "-d", "it's $"]);
        check("# it's a comment\ncurl a#b # it's one too\n-d x", &["curl", "a#b", "-d", "x"]);
        check("curl -H 'a: b' `\n -d '{}'", &["curl", "-H", "a: b", "-d", "{}"]);
    }

    #[test]
    fn documents_on_stdin_are_taken_out() {
        let (text, documents) =
            here_documents("curl -d @- <<'EOF' x\n{\"a\": 1}\nEOF\ncurl -d @- <<-END\n\t{}\n\tEND\n");
        assert_eq!(text, "curl -d @-   x\ncurl -d @-  \n");
        assert_eq!(documents, ["{\"a\": 1}\n", "\t{}\n"]);
        let (text, documents) = here_documents("curl -d 'a << b'\n x <<EOF\n never");
        assert_eq!((text.as_str(), documents.len()), ("curl -d 'a << b'\n x <<EOF\n never", 0));
    }

    #[test]
    fn as_windows_does() {
        check(
            "curl ^\"https://x/?a=1^&b^\" ^\r\n  -H ^\"A: b^\" ^\r\n  --data-raw ^\"^{^\\^\"a^\\^\":^\\^\"x^\\^\"^}^\"",
            &["curl", "https://x/?a=1&b", "-H", "A: b", "--data-raw", "{\"a\":\"x\"}"],
        );
        check(
            "curl -X POST ^\n -d \"{\\\"a\\\": \\\"C:\\\\x\\\"}\"",
            &["curl", "-X", "POST", "-d", "{\"a\": \"C:\\\\x\"}"],
        );
    }

    #[test]
    fn what_is_not_closed_is_said() {
        for text in ["curl -d '{", "curl -d \"{", "curl -d $'{"] {
            assert!(words(text).expect_err("refused").to_string().contains("a quote is never closed"), "{text}");
        }
        assert!(words("curl -d \u{201c}x\u{201d}").expect_err("refused").to_string().contains("text processor"));
    }
}
