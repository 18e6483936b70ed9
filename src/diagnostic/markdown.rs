//! Foreign text made inert in Markdown.
//!
//! In: any text. Out: the same to a reader of the page. Never: a link, an image, a mention, a tag or another cell.

use super::escape::escape;

/// `text` inert in a Markdown cell, in one line: nothing in it makes a link, an image, a mention, a tag or another cell.
#[must_use]
pub fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in escape(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A mention notifies people; between them and the sign stands a character of no width.
            '@' => out.push_str("@\u{2060}"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' | ':' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// `text` as code in a cell: `<code>`, since backticks end at a backtick.
#[must_use]
pub fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<code>{}</code>", cell(text)) }
}
