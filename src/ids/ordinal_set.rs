//! A set of launches of one plan: one bit for each place.

use super::Ordinal;

/// A set of ordinals. Empty ones take no memory.
#[derive(Clone, Debug, Default)]
pub struct OrdinalSet {
    words: Vec<u64>,
    count: u32,
}

impl OrdinalSet {
    /// Adds `ordinal`.
    pub fn insert(&mut self, ordinal: Ordinal) {
        let word = ordinal.index() / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let bit = 1 << (ordinal.index() % 64);
        self.count += u32::from(self.words[word] & bit == 0);
        self.words[word] |= bit;
    }

    /// Takes `ordinal` out.
    pub fn remove(&mut self, ordinal: Ordinal) {
        if let Some(word) = self.words.get_mut(ordinal.index() / 64) {
            let bit = 1 << (ordinal.index() % 64);
            self.count -= u32::from(*word & bit != 0);
            *word &= !bit;
        }
    }

    /// Whether `ordinal` is in the set.
    #[must_use]
    pub fn contains(&self, ordinal: Ordinal) -> bool {
        self.words.get(ordinal.index() / 64).is_some_and(|word| word >> (ordinal.index() % 64) & 1 == 1)
    }

    /// Those in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Ordinal> {
        let ends = (0_u32..).step_by(64);
        self.words.iter().zip(ends).flat_map(|(word, first)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| Ordinal(first + bit))
        })
    }

    /// How many are in the set.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
