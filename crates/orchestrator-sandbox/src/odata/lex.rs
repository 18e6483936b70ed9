//! `$filter` text -> tokens. Spaces have been decoded already.

use super::BadQuery;

/// A piece of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    Comma,
    /// Text between single quotes, where two stand for one.
    Quoted(String),
    /// A name, an operator, a number, a date or a GUID: whatever stands bare.
    Word(String),
}

/// Splits `text` into tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, BadQuery> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match first {
            ' ' | '\t' => rest = &rest[1..],
            '(' | ')' | ',' => {
                tokens.push(match first {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Comma,
                });
                rest = &rest[1..];
            }
            '\'' => {
                let (quoted, after) = quoted(rest)?;
                tokens.push(Token::Quoted(quoted));
                rest = after;
            }
            _ => {
                let end = rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                match after.chars().next() {
                    _ if word.is_empty() => {
                        return Err(BadQuery::because(format!("`{}` is not part of a filter", first.escape_debug())));
                    }
                    // The formal spelling of an enumeration's member: Namespace.Type'Member'.
                    Some('\'') if word.contains('.') => {}
                    Some('\'') => {
                        return Err(BadQuery::because(format!("`{word}'..'` is not a literal of this version")));
                    }
                    _ => tokens.push(Token::Word(word.to_owned())),
                }
                rest = after;
            }
        }
    }
    Ok(tokens)
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | ':' | '-' | '+' | '@')
}

/// The quoted text at the start of `text`, and what stands after it.
fn quoted(text: &str) -> Result<(String, &str), BadQuery> {
    let mut out = String::new();
    let mut rest = &text[1..];
    loop {
        let Some(end) = rest.find('\'') else {
            return Err(BadQuery::because("there is an unterminated string literal"));
        };
        out.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                out.push('\'');
                rest = after;
            }
            None => return Ok((out, rest)),
        }
    }
}
