//! What tells the launches of a plan from those of another, 24 bytes each: gathered while the plan is made, so that two plans
//! are compared without making again what is the same in both.
//!
//! In: launches as they are planned. Out: [`LaunchMarks`], in the plan's order. Never: a launch itself.

use sha2::{Digest as _, Sha256};

use crate::ids::LaunchId;

/// The marks of all launches of a plan, in its order.
#[derive(Clone, Debug, Default)]
pub struct LaunchMarks(Vec<LaunchMark>);

/// What tells one launch from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaunchMark {
    /// [`LaunchId::fingerprint`]: unique within a plan.
    pub id: u64,
    /// The first half of the SHA-256 of the launch's canonical JSON, its id included.
    pub content: u128,
}

impl LaunchMarks {
    pub(super) fn push(&mut self, id: &LaunchId, canonical: &str) {
        let digest = Sha256::digest(canonical);
        let (half, _) = digest.split_at(size_of::<u128>());
        let content = u128::from_be_bytes(half.try_into().expect("half of 32 bytes"));
        self.0.push(LaunchMark { id: id.fingerprint(), content });
    }

    /// The marks, by ordinal.
    #[must_use]
    pub fn as_slice(&self) -> &[LaunchMark] {
        &self.0
    }
}
