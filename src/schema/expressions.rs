//! Where `${{ }}` may not stand: rule 5 of the format, and keys everywhere.
//!
//! In: a document. Out: complaints. Never: reads an expression.

use crate::diagnostic::{Code, Complaints, Diagnostic, HiddenCount, Severity};
use crate::format::{ForEach, Job, Keyed, Manifest, Placement};
use crate::manifest::{Document, MappingEntry, NodeId, NodeKind};

/// True where `text` holds `${{` that is not written `$${{`.
pub(super) fn has_expression(text: &str) -> bool {
    text.match_indices("${{").any(|(at, _)| !text[..at].ends_with('$'))
}

/// What is said about the expression in the text of `node`, which stands below the key `below`.
pub(super) fn complaint(document: &Document, node: NodeId, below: &str) -> Diagnostic {
    let text = document.text(node).unwrap_or_default();
    let start = text.find("${{").unwrap_or_default();
    let end = text[start..].find("}}").map_or(text.len(), |length| start + length + 2);
    let place = document.text_place(node, start..end);
    Diagnostic::error(Code::ExpressionPlace, place, format!("no expression may stand in `{below}`"))
        .label("this is fixed before anything is evaluated")
        .help("write the value itself")
}

/// Every expression in a key, or in a value that must be known before anything is evaluated.
pub(super) fn misplaced(document: &Document) -> Vec<Diagnostic> {
    let mut walk = ExpressionWalk { document, complaints: Complaints::default() };
    for entry in document.entries(document.root()) {
        if entry.key.starts_with("x-") {
            continue;
        }
        walk.key(&entry);
        match entry.key {
            "jobs" => document.entries(entry.value).for_each(|job| {
                walk.key(&job);
                walk.job(job.value);
            }),
            "defaults" => walk.job(entry.value),
            key => walk.values(entry.value, fixed::<Manifest>(key)),
        }
    }
    walk.complaints.into_vec()
}

/// The key, where no expression may stand below it.
fn fixed<T: Keyed>(key: &str) -> Option<&str> {
    T::key(key).filter(|key| key.placement == Placement::Fixed).map(|_| key)
}

struct ExpressionWalk<'a> {
    document: &'a Document,
    complaints: Complaints,
}

impl ExpressionWalk<'_> {
    fn job(&mut self, job: NodeId) {
        for entry in self.document.entries(job) {
            self.key(&entry);
            if Job::key(entry.key).is_some_and(|key| key.placement == Placement::Parts) {
                for part in self.document.entries(entry.value) {
                    // Under a key that is not known there, none may stand either.
                    let is_open = ForEach::key(part.key).is_some_and(|key| key.placement != Placement::Fixed);
                    self.values(part.value, (!is_open).then_some(entry.key));
                }
            } else if !entry.key.starts_with("x-") {
                self.values(entry.value, fixed::<Job>(entry.key));
            }
        }
    }

    /// Keys below `node`, and values too where it stands below a fixed key.
    fn values(&mut self, node: NodeId, fixed: Option<&str>) {
        match self.document.kind(node) {
            NodeKind::Text(text) => {
                if let Some(below) = fixed.filter(|_| has_expression(text)) {
                    if self.complaints.has_room(Severity::Error) {
                        self.complaints.add(complaint(self.document, node, below));
                    } else {
                        self.complaints.count(Severity::Error, self.document.place(node), HiddenCount::ONE);
                    }
                }
            }
            NodeKind::Seq(items) => items.iter().for_each(|item| self.values(*item, fixed)),
            NodeKind::Map(entries) => {
                for entry in entries {
                    self.key(&entry);
                    self.values(entry.value, fixed);
                }
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Int(_) | NodeKind::UInt(_) | NodeKind::Float(_) => {}
        }
    }

    fn key(&mut self, entry: &MappingEntry<'_>) {
        if has_expression(entry.key) {
            let what = "no expression may stand in a key";
            self.complaints.add(
                Diagnostic::error(Code::ExpressionPlace, entry.key_place, what)
                    .help("write the key out; several launches with different keys are several jobs"),
            );
        }
    }
}
