//! What stands for a Reference that is only compared: windows hold many.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// What stands for a text that is only compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TextHash(u64);

impl TextHash {
    pub(crate) fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self(hasher.finish())
    }
}
