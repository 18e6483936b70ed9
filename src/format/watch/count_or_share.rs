//! A number of things, as a count or as a share of all.
//!
//! In: a count or a percentage. Out: how many of a number that are. Never: counts.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::format::text::Percentage;

/// A count, or a percentage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CountOrShare {
    /// A count.
    Count(u32),
    /// A percentage of all.
    Share(Percentage),
}

impl CountOrShare {
    /// How many of `all` that are, rounded down; a count stays what it is.
    #[must_use]
    pub fn of(self, all: u64) -> u64 {
        match self {
            Self::Count(count) => count.into(),
            Self::Share(share) => share.of(all),
        }
    }
}

impl fmt::Display for CountOrShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Share(share) => share.fmt(f),
        }
    }
}
