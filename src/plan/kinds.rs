//! Complaints of one kind, told once: how often, and where first.
//!
//! In: complaints one by one, from any number of rows or launches. Out: one for each kind, with a count and the first
//! places. Never: more than a few places of each kind in memory.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Place;

/// So many kinds are told; what comes later is counted by nobody.
const MOST_KINDS: usize = 1000;
/// So many places of each kind are told.
const MOST_PLACES: usize = 4;

/// Complaints by kind, in the order in which each kind came first.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    kinds: Vec<Kind>,
    index_by_sameness: HashMap<(Code, Option<Place>, String), usize>,
}

#[derive(Debug)]
struct Kind {
    first: Diagnostic,
    count: usize,
}

impl Kinds {
    /// Adds what is wrong with one row. Its kind is the sentence, wherever it stands.
    pub(super) fn add_row(&mut self, complaint: Diagnostic) {
        let key = (complaint.code, None, complaint.what.clone());
        let place = complaint.place;
        self.add(key, complaint, |first| {
            if first.related.len() + 1 < MOST_PLACES {
                first.related.push((place, "here too".to_owned()));
            }
        });
    }

    /// Adds what is wrong with one launch, which came from the row at `row` where it came from one. Its kind is the
    /// sentence, whatever the numbers in it, at its place in the manifest: a fault in `defaults` shows in every launch.
    pub(super) fn add_launch(&mut self, mut complaint: Diagnostic, row: Option<Place>) {
        let words = complaint.what.chars().filter(|c| !c.is_ascii_digit()).collect();
        // A missing folder is one fault of the manifest, wherever its absence shows.
        let key = if complaint.code == Code::NoFolder {
            (complaint.code, None, String::new())
        } else {
            (complaint.code, Some(complaint.place), words)
        };
        let related = row.map(|row| (row, "in this row".to_owned()));
        complaint.related.extend(related.clone());
        self.add(key, complaint, |first| {
            if first.related.len() < MOST_PLACES {
                first.related.extend(related);
            }
        });
    }

    fn add(&mut self, key: (Code, Option<Place>, String), complaint: Diagnostic, again: impl FnOnce(&mut Diagnostic)) {
        if let Some(index) = self.index_by_sameness.get(&key) {
            let kind = &mut self.kinds[*index];
            kind.count += 1;
            again(&mut kind.first);
        } else if self.kinds.len() < MOST_KINDS {
            self.index_by_sameness.insert(key, self.kinds.len());
            self.kinds.push(Kind { first: complaint, count: 1 });
        }
    }

    /// One complaint for each kind; `things` says what was counted, as in the label "in 1000 rows".
    pub(super) fn told(self, things: &str) -> impl Iterator<Item = Diagnostic> {
        self.kinds.into_iter().map(move |Kind { first, count }| {
            let is_counted = count > 1 && first.label.is_empty();
            if is_counted { first.label(format!("in {count} {things}")) } else { first }
        })
    }
}
