//! The `policies` of a profile, cut out of the config file with their places.
//!
//! In: the file's text and a profile's name. Out: the same text with everything else blank: no other value of the file is ever shown.
//! Never: reads a rule.

use std::ops::Range;
use std::path::Path;

use crate::manifest::{self, Document, NodeId};
use crate::policy::{PolicyText, PolicyTextForm};
use crate::source::Sources;

/// The rules of the profile `name` in `file`, which has the key `policies`.
pub(super) fn of(file: &Path, text: &str, name: &str) -> PolicyText {
    let mut sources = Sources::default();
    let source = sources.add("", text);
    // What cannot be read here is an empty text there, and refused.
    let range = manifest::parse(&sources, source).into_parts().0.and_then(|document| range(&document, text, name));
    PolicyText {
        name: file.display().to_string(),
        text: range.map(|range| all_but(text, &range)).unwrap_or_default(),
        form: PolicyTextForm::Profile(name.to_owned()),
    }
}

/// Where the list stands, in bytes.
fn range(document: &Document, text: &str, name: &str) -> Option<Range<usize>> {
    let profiles = document.entry(document.root(), "profiles")?.value;
    let profile = document.entry(profiles, name)?.value;
    let policies = document.entry(profile, "policies")?;
    let list = document.place(policies.value).span;
    let (start, end) = (list.start as usize, list.end as usize);
    if text.get(start..)?.starts_with('[') {
        return Some(start..end);
    }
    // A block's list goes from behind its key to the next key of a mapping around it.
    let key = policies.key_place.span.end as usize;
    let begin = key + text.get(key..)?.find(':')? + 1;
    let keys = |mapping: NodeId| document.entries(mapping).map(|entry| entry.key_place.span.start as usize);
    let around = keys(document.root()).chain(keys(profiles)).chain(keys(profile));
    Some(begin..around.filter(|at| *at > begin).min().unwrap_or(text.len()))
}

/// `text` with blanks in place of everything outside of `range` but for the ends of lines.
fn all_but(text: &str, range: &Range<usize>) -> String {
    let blank = |part: &str| -> String { part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect() };
    format!("{}{}{}", blank(&text[..range.start]), &text[range.clone()], blank(&text[range.end..]))
}
