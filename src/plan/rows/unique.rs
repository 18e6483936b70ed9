//! Whether two rows have one key.
//!
//! In: a hash of each key, and the keys again where two hashes are equal. Out: complaints with both rows.
//! A hash takes 8 bytes, so a million keys are compared in 8 MB.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::complaint_groups::ComplaintGroups;
use crate::source::Place;

/// The keys of one table, as hashes.
#[derive(Debug, Default)]
pub(super) struct KeyHashes {
    hashes: Vec<u64>,
}

/// Keys of which some may be equal, in the order of their rows.
pub(super) struct DuplicateCandidates<T> {
    hashes: HashSet<u64>,
    /// The row that had each of them first.
    first_by_key: HashMap<Box<str>, T>,
    kinds: ComplaintGroups,
}

impl KeyHashes {
    pub(super) fn add(&mut self, key: &str) {
        self.hashes.push(hash(key));
    }

    /// The keys that may be equal; `None` if no two can be.
    pub(super) fn suspects<T>(mut self) -> Option<DuplicateCandidates<T>> {
        self.hashes.sort_unstable();
        let hashes: HashSet<u64> =
            self.hashes.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        (!hashes.is_empty()).then(|| DuplicateCandidates {
            hashes,
            first_by_key: HashMap::new(),
            kinds: ComplaintGroups::default(),
        })
    }
}

impl<T> DuplicateCandidates<T> {
    /// Looks at the key of the next row, `row`, which stands at `place`: asked for the first equal ones only.
    pub(super) fn see(&mut self, column: &str, key: &str, row: T, place: impl Fn(&T) -> Place) {
        if !self.hashes.contains(&hash(key)) {
            return;
        }
        if let Some(first) = self.first_by_key.get(key) {
            let what = format!("two rows have one key `{column}`");
            let help = "a key identifies its row, and makes the launch's id: choose a column without repetitions";
            let dress = |complaint: Diagnostic| complaint.related(place(first), "the other row").help(help);
            self.kinds.add_row(Code::RowKey, what, || place(&row), dress);
        } else {
            self.first_by_key.insert(key.into(), row);
        }
    }

    pub(super) fn told(self) -> impl Iterator<Item = Diagnostic> {
        self.kinds.into_diagnostics("pairs of rows")
    }
}

fn hash(key: &str) -> u64 {
    // A hasher without random keys, so that nothing depends on chance.
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
