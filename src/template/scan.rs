//! Finds `${{ expression }}` in a scalar's text.
//!
//! In: the text as YAML means it. Out: pieces with their byte ranges. Never: knows what an expression says, beyond
//! its quotes and braces, so that `}}` inside either is safe.

use std::ops::Range;

/// A part of a scalar's text; ranges are bytes of that text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TextPiece {
    /// Text as it stands.
    Text(Range<usize>),
    /// `$${{`, which stands for `${{`.
    Escaped,
    /// What stands between `${{` and `}}`, without the spaces around it.
    Expression(Range<usize>),
}

/// A `${{` whose `}}` is missing: its range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnterminatedExpression(pub(super) Range<usize>);

/// Whether `text` needs a scan at all.
pub(super) fn has_braces(text: &str) -> bool {
    text.contains("{{") || text.contains("${")
}

/// The pieces of `text`, in order; none is empty text.
pub(super) fn scan(text: &str) -> Result<Vec<TextPiece>, UnterminatedExpression> {
    let mut pieces = Vec::new();
    let mut done = 0;
    while let Some(found) = text[done..].find("${{") {
        let open = done + found;
        let is_escaped = open > done && text.as_bytes()[open - 1] == b'$';
        let end_of_text = if is_escaped { open - 1 } else { open };
        if end_of_text > done {
            pieces.push(TextPiece::Text(done..end_of_text));
        }
        let start = open + 3;
        if is_escaped {
            pieces.push(TextPiece::Escaped);
            done = start;
            continue;
        }
        let end = start + end_of_expression(&text[start..]).ok_or(UnterminatedExpression(open..start))?;
        let inner = &text[start..end];
        let from = start + (inner.len() - inner.trim_start().len());
        pieces.push(TextPiece::Expression(from..from + inner.trim().len()));
        done = end + 2;
    }
    if done < text.len() {
        pieces.push(TextPiece::Text(done..text.len()));
    }
    Ok(pieces)
}

/// The `{{ name ... }}` without a dollar sign, and the `${ name ... }` with one brace, in `text` outside of expressions:
/// their ranges, and the first name in each.
pub(super) fn bare_braces<'a>(text: &'a str, pieces: &[TextPiece]) -> Vec<(Range<usize>, &'a str)> {
    let mut found = Vec::new();
    for piece in pieces {
        let TextPiece::Text(range) = piece else { continue };
        let mut from = range.start;
        while let Some(open) = text[from..range.end].find("{{").map(|at| from + at) {
            let rest = &text[open + 2..range.end];
            let Some(end) = end_of_expression(rest) else { break };
            found.push((open..open + 2 + end + 2, first_name(rest)));
            from = open + 2 + end + 2;
        }
        let mut from = range.start;
        while let Some(open) = text[from..range.end].find("${").map(|at| from + at) {
            let rest = &text[open + 2..range.end];
            let Some(end) = rest.find('}').filter(|_| !rest.starts_with('{')) else { break };
            found.push((open..open + 2 + end + 1, first_name(rest)));
            from = open + 2 + end + 1;
        }
    }
    found
}

fn first_name(text: &str) -> &str {
    let name = text.trim_start();
    let length = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    &name[..length]
}

/// Where the `}}` begins that ends an expression: outside of quoted text and of the expression's own braces.
fn end_of_expression(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut depth = 0_usize;
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'"' | b'\'') => {
                at += 1;
                while *bytes.get(at)? != quote {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'{' => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// `range`, `by` bytes further on.
pub(super) fn shifted(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = match scan(text) {
            Err(UnterminatedExpression(range)) => format!("unterminated at {range:?}"),
            Ok(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    TextPiece::Text(range) => format!("T({})", &text[range.clone()]),
                    TextPiece::Escaped => "E".to_owned(),
                    TextPiece::Expression(range) => format!("X({})", &text[range.clone()]),
                })
                .collect::<Vec<_>>()
                .join(" "),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn expressions_are_found_and_nothing_else() {
        check("plain", "T(plain)");
        check("", "");
        check("${{ a }}", "X(a)");
        check("${{a}}${{ b }}", "X(a) X(b)");
        check("due ${{ row.due }}.", "T(due ) X(row.due) T(.)");
        check("${{ '}}' }}", "X('}}')");
        check(r#"${{ "a\"}}" ~ '"' }}"#, r#"X("a\"}}" ~ '"')"#);
        check(r#"${{ {"a": {"b": 1}} }}"#, r#"X({"a": {"b": 1}})"#);
        check(r#"${{{"a":{"b":1}}}}"#, r#"X({"a":{"b":1}})"#);
        check("$${{ a }}", "E T( a }})");
        check("$$${{ a }}", "T($) E T( a }})");
        check("${ a } $a {{ b }}", "T(${ a } $a {{ b }})");
        check("ü ${{ 'é' }} ü", "T(ü ) X('é') T( ü)");
        check("${{ }}", "X()");
    }

    #[test]
    fn a_missing_end_points_at_the_beginning() {
        check("a ${{ b", "unterminated at 2..5");
        check("${{ 'a }}", "unterminated at 0..3");
        check("${{ {a }}", "unterminated at 0..3");
        check(r"${{ 'a\", "unterminated at 0..3");
        check("${{ a } }", "unterminated at 0..3");
    }

    #[test]
    fn bare_braces_are_seen_outside_of_expressions_only() {
        let text = "{{ params.x }} ${{ '{{ a }}' }} {{b}} ${ c.d } ${e {{";
        let pieces = scan(text).expect("whole");
        let found: Vec<_> = bare_braces(text, &pieces).into_iter().map(|(range, name)| (&text[range], name)).collect();
        assert_eq!(found, [("{{ params.x }}", "params"), ("{{b}}", "b"), ("${ c.d }", "c")]);
    }
}
