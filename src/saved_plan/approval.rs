//! What of a saved plan can only be judged when its run begins: the time by then, and what the server has under its names.
//!
//! In: a saved plan; then a time and names. Out: what is different, in lines. Never: asks for either.

use super::file::SavedPlan;
use super::staleness::{changed_names, expired};
use crate::clock::Timestamp;
use crate::resolve::ResolvedName;

/// Until when a plan is approved, and for what on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// When it was saved: no run of it is older.
    pub saved: Timestamp,
    /// From then on nothing is begun.
    pub expires: Timestamp,
    /// What its names were when it was saved; `None` if nobody asked.
    pub names: Option<Vec<ResolvedName>>,
}

impl SavedPlan {
    /// What it is held against once its run begins.
    #[must_use]
    pub fn approval(&self) -> Approval {
        Approval { saved: self.made.at, expires: self.expires, names: self.names.clone() }
    }
}

impl Approval {
    /// What is different at `now`, where the server has `names`, in lines; none if it still holds.
    #[must_use]
    pub fn differences(&self, now: Timestamp, names: &[ResolvedName]) -> Vec<String> {
        let then = self.names.as_deref();
        expired(self.expires, now)
            .into_iter()
            .chain(then.into_iter().flat_map(|then| changed_names(then, names)))
            .collect()
    }
}
