//! Variables in a text: `{{name}}` of Postman, `$NAME` and `${name}` of a shell.
//!
//! In: text. Out: its parts. Never: knows a value.

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PastedPart<'a> {
    /// As it is.
    Literal(&'a str),
    /// A variable of Postman's.
    Postman(&'a str),
    /// A variable of a shell.
    Shell(&'a str),
}

/// Maximum variable with its signs, in bytes.
const MAX_VARIABLE_BYTES: usize = 80;

/// The length of the variable that `text` begins with.
pub(super) fn variable_at(text: &str) -> Option<usize> {
    first(text).map(|(_, length)| length)
}

fn first(text: &str) -> Option<(PastedPart<'_>, usize)> {
    // No name is so long: a text of nothing but braces is looked at once.
    let end = (0..=text.len().min(MAX_VARIABLE_BYTES)).rev().find(|at| text.is_char_boundary(*at));
    let text = &text[..end.unwrap_or(0)];
    if let Some(rest) = text.strip_prefix("{{") {
        let end = rest.find("}}")?;
        let name = rest[..end].trim();
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c))
            && name.len() <= 64;
        return is_name.then_some((PastedPart::Postman(name), end + 4));
    }
    if let Some(rest) = text.strip_prefix("${") {
        let end = rest.find('}')?;
        return is_identifier(&rest[..end]).then_some((PastedPart::Shell(&rest[..end]), end + 3));
    }
    let rest = text.strip_prefix('$')?;
    let end = rest.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
    let is_whole = !rest[end..].starts_with(|c: char| c.is_ascii_lowercase());
    (end > 0 && is_whole && is_identifier(&rest[..end])).then_some((PastedPart::Shell(&rest[..end]), end + 1))
}

fn is_identifier(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The parts of `text`, in order. Variables of a shell are literal where it had none (`has_shell`).
pub(super) fn parts(text: &str, has_shell: bool) -> Vec<PastedPart<'_>> {
    let mut found = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        let part = if "{$".contains(c) { first(&text[at..]) } else { None };
        match part {
            Some((part, length)) if has_shell || !matches!(part, PastedPart::Shell(_)) => {
                if start < at {
                    found.push(PastedPart::Literal(&text[start..at]));
                }
                found.push(part);
                at += length;
                start = at;
            }
            Some(_) | None => at += c.len_utf8(),
        }
    }
    if start < text.len() {
        found.push(PastedPart::Literal(&text[start..]));
    }
    found
}

/// `name` as one that expressions may have.
pub(super) fn identifier(name: &str) -> String {
    let mut out: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !out.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        out.insert(0, '_');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::PastedPart::{Literal, Postman, Shell};
    use super::*;

    #[test]
    fn parts_of_a_text() {
        assert_eq!(parts("{{url}}/x", true), [Postman("url"), Literal("/x")]);
        assert_eq!(
            parts("a $ID ${b}$c $5 {{$guid}}", true),
            [Literal("a "), Shell("ID"), Literal(" "), Shell("b"), Literal("$c $5 {{$guid}}"),]
        );
        assert_eq!(parts("a $ID {{ x }}", false), [Literal("a $ID "), Postman("x")]);
        assert_eq!(parts("{{a {{b}}", true), [Literal("{{a "), Postman("b")]);
        assert_eq!(identifier("folder-id.2"), "folder_id_2");
    }
}
