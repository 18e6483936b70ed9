//! The names that an expression uses, read from its tokens.
//!
//! In: an expression's text. Out: each use with its range. Never: knows which names exist, or evaluates.
//!
//! minijinja itself reports unknown filters only on evaluation, and undeclared variables without their places.

use std::ops::Range;

use super::exact_json::InexactNumber;

/// The context of what needed jobs gave.
pub(super) const NEEDS: &str = "needs";

/// One name in an expression, and where (bytes of the expression's text).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NameReference {
    pub(super) range: Range<usize>,
    pub(super) what: ReferenceKind,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReferenceKind {
    /// A context, or `omit`, and what is taken from it.
    Root { name: Box<str>, member: MemberAccess },
    /// A filter, after `|`.
    Filter(Box<str>),
    /// A test, after `is`.
    Test(Box<str>),
    /// A function, before `(`.
    Function(Box<str>),
}

/// What is taken from a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum MemberAccess {
    /// The context as a whole.
    Whole,
    /// `.name` or `["name"]`.
    Named(Box<str>, Range<usize>),
    /// `[...]` with something other than text in it.
    Computed,
}

/// What a part of an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ReferenceToken {
    Name,
    Text,
    Other,
}

const KEYWORDS: [&str; 13] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

/// What operators, calls, lists and mappings are written with.
const SIGNS: &str = "+-*/%~|.,:()[]{}<>=";

/// Every name that `expression` uses, in order. `expression` compiles.
pub(super) fn uses(expression: &str) -> Vec<NameReference> {
    let tokens = tokens(expression);
    let text =
        |at: usize| tokens.get(at).map_or("", |(_, range): &(ReferenceToken, Range<usize>)| &expression[range.clone()]);
    let before = |at: usize, back: usize| at.checked_sub(back).map_or("", &text);
    let mut uses = Vec::new();
    for (at, (token, range)) in tokens.iter().enumerate() {
        let name = &expression[range.clone()];
        if *token != ReferenceToken::Name || before(at, 1) == "." {
            continue;
        }
        let what = if before(at, 1) == "|" {
            ReferenceKind::Filter(name.into())
        } else if name != "not" && (before(at, 1) == "is" || (before(at, 1) == "not" && before(at, 2) == "is")) {
            ReferenceKind::Test(name.into())
        } else if KEYWORDS.contains(&name) || (text(at + 1) == "=" && matches!(before(at, 1), "(" | ",")) {
            continue;
        } else if text(at + 1) == "(" {
            ReferenceKind::Function(name.into())
        } else {
            let member = match text(at + 1) {
                "." => MemberAccess::Named(
                    text(at + 2).into(),
                    tokens.get(at + 2).map_or(0..0, |(_, range)| range.clone()),
                ),
                "[" => match (tokens.get(at + 2), text(at + 3)) {
                    (Some((ReferenceToken::Text, inner)), "]") => {
                        MemberAccess::Named(expression[inner.start + 1..inner.end - 1].into(), inner.clone())
                    }
                    (_, _) => MemberAccess::Computed,
                },
                _ => MemberAccess::Whole,
            };
            ReferenceKind::Root { name: name.into(), member }
        };
        uses.push(NameReference { range: range.clone(), what });
    }
    uses
}

/// What is known of a needed job: counts of its launches, and its output.
pub const NEED_MEMBERS: [&str; 14] = [
    "launches",
    "started",
    "successful",
    "suspended",
    "faulted",
    "stopped",
    "late",
    "gone",
    "rejected",
    "partial",
    "duplicate",
    "skipped",
    "failed",
    "output",
];

/// The members that `expression` takes one after the other of the one at `member`, which it takes of a context: as far as they
/// are written as names.
pub(super) fn path_behind(expression: &str, member: &Range<usize>) -> Vec<(Box<str>, Range<usize>)> {
    let is_quoted = expression[member.clone()].starts_with(['"', '\'']);
    let rest = &expression[member.end..];
    let tokens = tokens(rest);
    let text =
        |at: usize| tokens.get(at).map_or("", |(_, range): &(ReferenceToken, Range<usize>)| &rest[range.clone()]);
    let token = |at: usize| tokens.get(at).map(|(token, range)| (token.clone(), range.clone()));
    let mut at = usize::from(is_quoted);
    let mut path = Vec::new();
    loop {
        let (name, inner) = match (text(at), token(at + 1)) {
            (".", Some((ReferenceToken::Name, range))) if text(at + 2) != "(" => {
                at += 2;
                (&rest[range.clone()], range)
            }
            ("[", Some((ReferenceToken::Text, range))) if text(at + 2) == "]" => {
                at += 3;
                (&rest[range.start + 1..range.end - 1], range)
            }
            (_, _) => return path,
        };
        path.push((name.into(), member.end + inner.start..member.end + inner.end));
    }
}

/// Filters that hand on what they are given, in part or in another order.
const KEEPING: [&str; 8] = ["selectattr", "rejectattr", "select", "reject", "sort", "unique", "list", "reverse"];

/// The columns that filters take of `rows` by a literal name, each with where it stands: `rows | map(attribute="amount")`.
pub(super) fn row_attributes(expression: &str) -> Vec<(Box<str>, Range<usize>)> {
    let tokens = tokens(expression);
    let text =
        |at: usize| tokens.get(at).map_or("", |(_, range): &(ReferenceToken, Range<usize>)| &expression[range.clone()]);
    let is_text = |at: usize| tokens.get(at).is_some_and(|(token, _)| *token == ReferenceToken::Text);
    let mut found = Vec::new();
    for start in 0..tokens.len() {
        let is_member = start.checked_sub(1).is_some_and(|before| text(before) == ".");
        let mut at = start + 1;
        while text(start) == "rows" && !is_text(start) && !is_member && text(at) == "|" {
            let filter = text(at + 1);
            let mut named = None;
            at += 2;
            if text(at) == "(" {
                let is_first = matches!(filter, "selectattr" | "rejectattr" | "sum") && is_text(at + 1);
                named = is_first.then_some(at + 1);
                let mut depth = 0_usize;
                while at < tokens.len() {
                    match text(at) {
                        "(" | "[" | "{" => depth += 1,
                        ")" | "]" | "}" => depth = depth.saturating_sub(1),
                        "attribute" if depth == 1 && text(at + 1) == "=" && is_text(at + 2) => named = Some(at + 2),
                        _ => {}
                    }
                    at += 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
            if let Some((_, range)) = named.and_then(|named| tokens.get(named)) {
                let column = expression[range.clone()].trim_matches(['"', '\'']);
                found.push((column.into(), range.clone()));
            }
            if !KEEPING.contains(&filter) {
                break;
            }
        }
    }
    found
}

/// Whether one of `uses` is what needed jobs gave.
pub(super) fn uses_needs(uses: &[NameReference]) -> bool {
    uses.iter().any(|used| matches!(&used.what, ReferenceKind::Root { name, .. } if name.as_ref() == NEEDS))
}

/// The first sign in `expression` that means nothing in one, such as `&`. It need not compile.
pub(super) fn stray_sign(expression: &str) -> Option<Range<usize>> {
    let is_stray = |token: &ReferenceToken, sign: &str| {
        *token == ReferenceToken::Other
            && !sign.starts_with(|c: char| c.is_ascii_digit() || SIGNS.contains(c))
            && sign != "!="
    };
    tokens(expression).into_iter().find(|(token, range)| is_stray(token, &expression[range.clone()])).map(|(_, at)| at)
}

/// The first number in `expression` that would become another one. It need not compile.
pub(super) fn inexact_number(expression: &str) -> Option<InexactNumber> {
    let bytes = expression.as_bytes();
    let numbers = tokens(expression).into_iter().filter(|(_, range)| bytes[range.start].is_ascii_digit());
    numbers.map(|(_, range)| range).find_map(|range| {
        let mut end = range.end;
        let is_radix = expression[range.clone()].contains(['x', 'X', 'o', 'O', 'b', 'B']);
        // The sign of an exponent is a token of its own.
        if !is_radix && matches!(bytes[end - 1], b'e' | b'E') && matches!(bytes.get(end), Some(b'+' | b'-')) {
            end += 1;
            while bytes.get(end).is_some_and(u8::is_ascii_digit) {
                end += 1;
            }
        }
        let number: String = expression[range.start..end].chars().filter(|c| *c != '_').collect();
        let is_fraction = !is_radix && number.contains(['.', 'e', 'E']);
        let found = InexactNumber::find(&number, 0..number.len()).filter(|_| is_fraction)?;
        Some(InexactNumber { range: range.start..end, ..found })
    })
}

/// How many names, numbers, texts and signs `expression` has. It need not compile.
pub(super) fn count_tokens(expression: &str) -> usize {
    tokens(expression).len()
}

/// The parts of `expression`, each with where it stands. It need not compile.
pub(super) fn tokens(expression: &str) -> Vec<(ReferenceToken, Range<usize>)> {
    let bytes = expression.as_bytes();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        let token = match byte {
            byte if byte.is_ascii_whitespace() => continue,
            b'"' | b'\'' => {
                while bytes.get(at).is_some_and(|next| *next != byte) {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                ReferenceToken::Text
            }
            byte if byte.is_ascii_digit() => {
                // A fraction belongs to the number, so that its digits are no attribute's name.
                while bytes.get(at).is_some_and(is_name)
                    || (bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
                {
                    at += 1;
                }
                ReferenceToken::Other
            }
            byte if is_name(&byte) => {
                while bytes.get(at).is_some_and(is_name) {
                    at += 1;
                }
                ReferenceToken::Name
            }
            b'=' | b'!' | b'<' | b'>' if bytes.get(at) == Some(&b'=') => {
                at += 1;
                ReferenceToken::Other
            }
            _ => {
                while !expression.is_char_boundary(at) {
                    at += 1;
                }
                ReferenceToken::Other
            }
        };
        tokens.push((token, start..at));
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: &str) {
        let shown: Vec<String> = uses(expression)
            .into_iter()
            .map(|used| match used.what {
                ReferenceKind::Filter(name) => format!("|{name}"),
                ReferenceKind::Test(name) => format!("is {name}"),
                ReferenceKind::Function(name) => format!("{name}()"),
                ReferenceKind::Root { name, member: MemberAccess::Whole } => name.to_string(),
                ReferenceKind::Root { name, member: MemberAccess::Computed } => format!("{name}[]"),
                ReferenceKind::Root { name, member: MemberAccess::Named(member, _) } => format!("{name}.{member}"),
            })
            .collect();
        assert_eq!(shown.join(" "), expected, "{expression}");
    }

    #[test]
    fn signs_that_mean_nothing_are_found() {
        for (expression, found) in [
            ("a == 'b' && c", Some("&")),
            ("!a", Some("!")),
            ("a ? 1 : 2", Some("?")),
            ("a; b", Some(";")),
            ("größe", Some("ö")),
            ("a != 'b & c' and not -1.5e3 >= d[1:2] // 3 ** {'k': ~e}", None),
        ] {
            assert_eq!(stray_sign(expression).map(|range| &expression[range]), found, "{expression}");
        }
    }

    #[test]
    fn numbers_that_would_change_are_found() {
        for (expression, found) in [
            ("99999999999999.99", Some(0..17)),
            ("params.a + 12345678901234567e-1", Some(11..31)),
            ("1.5 + 1e3 - 1_000.25 * 0x1E2 // 9007199254740993", None),
            ("'99999999999999.99'", None),
            ("x[1].y2e5", None),
        ] {
            assert_eq!(inexact_number(expression).map(|number| number.range), found, "{expression}");
        }
    }

    #[test]
    fn each_name_is_told_by_its_kind() {
        check("params.region", "params.region");
        check("vars['a'] ~ env[\"B\"]", "vars.a env.B");
        check("row[vars.x].y", "row[] vars.x");
        check("run.time | date('%Y', zone='UTC')", "run.time |date");
        check("params.a is not defined and not params.b", "params.a is defined params.b");
        check("x if y == 1.5 else 2e3", "x y");
        check("range(params.n) | map('upper') | list", "range() params.n |map |list");
        check("'params.x' in [\"vars.y\", none]", "");
        check("{'a': b}.a.b", "b");
        check("row.a.b.c", "row.a");
        check("omit", "omit");
        check("a >= b", "a b");
    }
}
