//! The terms of a launch that outlive its plan: the ledger keeps them with each attempt.

use serde::{Deserialize, Serialize};

/// How many robot jobs an answer must name to be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// This number: the robots of `Specific`, the count of every other strategy but `All`.
    Exactly(u32),
    /// `All`: only the server knows how many robots there are.
    AtLeastOne,
}

/// What follows once a launch in doubt was surely not started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AmbiguityPolicy {
    /// It is sent again, at most twice.
    #[default]
    Resend,
    /// It is held until a person lets it go: for launches that move money.
    Hold,
}
