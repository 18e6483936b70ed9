//! A set of ordinals: one bit for each.

use crate::ids::Ordinal;

/// A set of ordinals. Empty ones take no memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    count: u32,
}

impl Bits {
    /// Adds `ordinal`, which is not in the set.
    pub(super) fn add(&mut self, ordinal: Ordinal) {
        let word = ordinal.index() / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (ordinal.index() % 64);
        self.count += 1;
    }

    pub(super) fn has(&self, ordinal: Ordinal) -> bool {
        self.words.get(ordinal.index() / 64).is_some_and(|word| word >> (ordinal.index() % 64) & 1 == 1)
    }

    pub(super) fn len(&self) -> u32 {
        self.count
    }
}
