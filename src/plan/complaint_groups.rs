//! Complaints of one kind, told once: how often, and where first.
//!
//! In: complaints one by one, from any number of rows or launches. Out: one for each kind, with a count and the first
//! places. Never: more than a few places of each kind in memory.

use std::collections::HashMap;

use crate::diagnostic::{Code, Complaints, Diagnostic, HiddenCount, MAX_SHOWN, Severity};
use crate::source::Place;

/// Maximum places of each kind that are told.
const MAX_PLACES: usize = 4;

/// Complaints by kind, in the order in which each kind came first.
#[derive(Default)]
pub(super) struct ComplaintGroups {
    shown: Vec<ComplaintGroup>,
    index_by_sameness: HashMap<(Code, Option<Place>, String), usize>,
    /// Complaints of more kinds than are shown.
    others: Complaints,
}

#[derive(Debug)]
struct ComplaintGroup {
    first: Diagnostic,
    count: usize,
}

impl ComplaintGroups {
    /// Adds what is wrong with one row. Its kind is the sentence, wherever it stands. `place`, which may take long to find,
    /// is asked for the first of a kind only; so is what else belongs to the complaint, which `dress` adds.
    pub(super) fn add_row(
        &mut self,
        code: Code,
        what: String,
        place: impl FnOnce() -> Place,
        dress: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        if let Some(index) = self.index_by_sameness.get(&(code, None, what.clone())) {
            let ComplaintGroup { first, count } = &mut self.shown[*index];
            *count += 1;
            if first.related.len() + 1 < MAX_PLACES {
                first.related.push((place(), "here too".to_owned()));
            }
        } else if self.shown.len() < MAX_SHOWN {
            self.index_by_sameness.insert((code, None, what.clone()), self.shown.len());
            let first = dress(Diagnostic::error(code, place(), what));
            self.shown.push(ComplaintGroup { first, count: 1 });
        } else {
            self.count_another(Severity::Error, place);
        }
    }

    /// Adds what is wrong with one launch, which came from the row at `row` where it came from one. Its kind is the
    /// sentence, whatever the numbers in it, at its place in the manifest: a fault in `defaults` shows in every launch.
    pub(super) fn add_launch(&mut self, mut complaint: Diagnostic, row: impl FnOnce() -> Option<Place>) {
        let words = complaint.what.chars().filter(|c| !c.is_ascii_digit()).collect();
        // A missing folder is one fault of the manifest, wherever its absence shows.
        let key = if complaint.code == Code::NoFolder {
            (complaint.code, None, String::new())
        } else {
            (complaint.code, Some(complaint.place), words)
        };
        let related = || row().map(|row| (row, "in this row".to_owned()));
        if let Some(index) = self.index_by_sameness.get(&key) {
            let ComplaintGroup { first, count } = &mut self.shown[*index];
            *count += 1;
            if first.related.len() < MAX_PLACES {
                first.related.extend(related());
            }
        } else if self.shown.len() < MAX_SHOWN {
            complaint.related.extend(related());
            self.index_by_sameness.insert(key, self.shown.len());
            self.shown.push(ComplaintGroup { first: complaint, count: 1 });
        } else {
            self.count_another(complaint.severity, || complaint.place);
        }
    }

    fn count_another(&mut self, severity: Severity, place: impl FnOnce() -> Place) {
        // Where the last kind that is shown came first, the others are at most: their own places may take long to find.
        let known = self.shown.last().map(|kind| kind.first.place);
        self.others.count(severity, known.unwrap_or_else(place), HiddenCount::ONE);
    }

    /// One complaint for each kind; `things` says what was counted, as in the label "in 1000 rows".
    pub(super) fn into_diagnostics(self, things: &str) -> impl Iterator<Item = Diagnostic> {
        let kinds = self.shown.into_iter().map(move |ComplaintGroup { first, count }| {
            let is_counted = count > 1 && first.label.is_empty();
            if is_counted { first.label(format!("in {count} {things}")) } else { first }
        });
        kinds.chain(self.others.into_vec())
    }
}
