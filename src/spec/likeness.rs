//! Values that look like something that they are not: a shell's variable, a key of a release.
//!
//! In: a manifest's document. Out: warnings, each at its place. Never: refuses: any of these texts may be meant.

use std::collections::HashSet;
use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, MAX_SHOWN};
use crate::manifest::{Document, NodeId, NodeKind};
use crate::template;

/// Keys of the manifest whose values no robot sees, or in which a shell may well be meant.
const NOT_SENT: [&str; 4] = ["description", "secrets", "env", "name"];

/// A warning for each value of the manifest that names a shell's variable: nothing expands it.
pub(super) fn shell_variables(document: &Document, complaints: &mut Vec<Diagnostic>) {
    let mut walk = LikenessWalk { document, seen: HashSet::new(), found: Vec::new() };
    for entry in document.entries(document.root()) {
        if !NOT_SENT.contains(&entry.key) && !entry.key.starts_with("x-") {
            walk.values(entry.value);
        }
    }
    complaints.extend(walk.found);
}

struct LikenessWalk<'a> {
    document: &'a Document,
    /// Aliases lead to one node many times.
    seen: HashSet<NodeId>,
    found: Vec<Diagnostic>,
}

impl LikenessWalk<'_> {
    fn values(&mut self, node: NodeId) {
        match self.document.kind(node) {
            NodeKind::Text(text) if text.contains('$') => self.text(node, text),
            NodeKind::Seq(items) if self.seen.insert(node) => items.iter().for_each(|item| self.values(*item)),
            NodeKind::Map(entries) if self.seen.insert(node) => {
                for entry in entries.filter(|entry| entry.key != "description" && !entry.key.starts_with("x-")) {
                    self.values(entry.value);
                }
            }
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::UInt(_)
            | NodeKind::Float(_)
            | NodeKind::Text(_)
            | NodeKind::Seq(_)
            | NodeKind::Map(_) => {}
        }
    }

    fn text(&mut self, node: NodeId, text: &str) {
        if self.found.len() >= MAX_SHOWN || !self.seen.insert(node) {
            return;
        }
        let found = template::plain_parts(text).into_iter().find_map(|part| {
            let (range, name) = shell_variable(&text[part.clone()])?;
            Some((part.start + range.start..part.start + range.end, name))
        });
        let Some((range, name)) = found else { return };
        let what = format!("`{}` is sent as it is written: sortie knows no shell variables", &text[range.clone()]);
        let help = format!(
            "write `${{{{ params.{} }}}}`, or `${{{{ env.{name} }}}}` with `env: [{name}]`; `${{{{ '${name}' }}}}` is the text itself",
            name.to_ascii_lowercase()
        );
        let place = self.document.text_place(node, range);
        self.found.push(Diagnostic::warning(Code::ShellVariable, place, what).help(help));
    }
}

/// The first `$NAME` or `${NAME}` in `text`, and its name. In small letters only braces tell one from other uses of `$`.
fn shell_variable(text: &str) -> Option<(Range<usize>, &str)> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.match_indices('$').find_map(|(at, _)| {
        let rest = &text[at + 1..];
        if let Some(inner) = rest.strip_prefix('{') {
            let name = inner.split_once('}').map(|(name, _)| name).filter(|name| is_name(name))?;
            return Some((at..at + name.len() + 3, name));
        }
        let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let name = &rest[..length];
        let is_variable = length > 1 && is_name(name) && !name.bytes().any(|byte| byte.is_ascii_lowercase());
        is_variable.then(|| (at..at + 1 + length, name))
    })
}

/// A warning where the release at `node` looks like a key, and is taken for a name.
pub(super) fn release(document: &Document, node: NodeId, complaints: &mut Vec<Diagnostic>) {
    let Some(text) = document.text(node).filter(|text| looks_like_guid(text)) else { return };
    let what = format!("`{text}` looks like a release's key, but is no GUID: it is taken for a name");
    complaints.push(
        Diagnostic::warning(Code::WrongForm, document.place(node), what)
            .help("a key has 8-4-4-4-12 hexadecimal digits, without braces: copy it again"),
    );
}

/// Whether `text`, which is not empty, is nearly a GUID, and not one.
fn looks_like_guid(text: &str) -> bool {
    const DIGITS: usize = 32;
    if text.len() > 2 * DIGITS || (text.len() == DIGITS + 4 && uuid::Uuid::try_parse(text).is_ok()) {
        return false;
    }
    let bare = text.trim().trim_start_matches("urn:uuid:").trim_matches(['{', '}', '(', ')']);
    let parts: Vec<&str> = bare.split(['-', '\u{2010}', '\u{2011}', '\u{2013}']).collect();
    let all = parts.concat();
    let count = |is: fn(&u8) -> bool| all.bytes().filter(is).count();
    let (hex, decimal) = (count(u8::is_ascii_hexdigit), count(u8::is_ascii_digit));
    let is_word = all.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_long = (DIGITS - 4..=DIGITS + 4).contains(&all.len());
    let is_grouped = parts.len() == 5 || (parts.len() == 1 && all.len() == DIGITS && hex == DIGITS);
    is_word && is_long && is_grouped && decimal >= 4 && hex * 10 >= all.len() * 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_variables_are_found_outside_of_other_dollars() {
        for (text, found) in [
            ("$HOME/in", Some("$HOME")),
            ("a ${Name}_b", Some("${Name}")),
            ("${lower}", Some("${lower}")),
            ("x$BUILD_ID2.csv", Some("$BUILD_ID2")),
            ("$5, US$ 7, $A, $, $$", None),
            ("$filter=Id eq 1", None),
            ("${a b} ${} ${1x}", None),
        ] {
            assert_eq!(shell_variable(text).map(|(range, _)| &text[range]), found, "{text}");
        }
    }

    #[test]
    fn what_is_nearly_a_guid_is_told_from_names() {
        for (text, expected) in [
            ("0764f4a-2ce0-41b9-r738-4575566f3756", true),
            ("{5b754c63-5d1a-4c37-bb9b-74b69e4934bf}", true),
            ("5b754c635d1a4c37bb9b74b69e4934bf", true),
            ("5b754c63-5d1a-4c37-bb9b-74b69e4934b", true),
            (" 5b754c63-5d1a-4c37-bb9b-74b69e4934bf", true),
            ("5b754c63-5d1a-4c37-bb9b-74b69e4934bf", false),
            ("Invoice-Loader-For-Large-Customers-2", false),
            ("2026-11-27", false),
            ("Acme.Loader", false),
            ("", false),
        ] {
            assert_eq!(looks_like_guid(text), expected, "{text}");
        }
    }
}
