//! Complaints of many launches, each told once: a fault in `defaults` shows in every launch.
//!
//! In: one launch's complaints at a time. Out: the distinct ones, with how many launches they concern.
//! Never: drops a complaint before there are very many distinct ones.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Place;

/// So many distinct complaints are told.
const MOST: usize = 1000;

/// Distinct complaints, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Grouped {
    counted: Vec<(Diagnostic, u32)>,
    index_by_key: HashMap<(Code, Option<(Place, String)>), usize>,
}

impl Grouped {
    /// Adds what was said about one launch.
    pub(super) fn extend(&mut self, complaints: impl IntoIterator<Item = Diagnostic>) {
        for complaint in complaints {
            // A missing folder is one fault of the manifest, wherever its absence shows.
            let of_place = complaint.code != Code::NoFolder;
            let key = (complaint.code, of_place.then(|| (complaint.place, complaint.what.clone())));
            if let Some(index) = self.index_by_key.get(&key) {
                self.counted[*index].1 += 1;
            } else if self.counted.len() < MOST {
                self.index_by_key.insert(key, self.counted.len());
                self.counted.push((complaint, 1));
            }
        }
    }

    /// The complaints; those about several launches say so.
    pub(super) fn into_complaints(self) -> impl Iterator<Item = Diagnostic> {
        self.counted.into_iter().map(|(complaint, count)| {
            if count > 1 && complaint.label.is_empty() {
                complaint.label(format!("in {count} launches"))
            } else {
                complaint
            }
        })
    }
}
