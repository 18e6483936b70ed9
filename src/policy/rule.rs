//! Rules, read and checked.
//!
//! In: what was read of texts. Out: [`PolicySet`]. Never: asked of a launch here.

use std::sync::Arc;

use crate::ids::Digest;
use crate::launch_scope::LaunchCondition;
use crate::source::Place;

/// One rule.
#[derive(Clone, Debug)]
pub struct PolicyRule {
    /// Its name.
    pub name: String,
    /// What must hold.
    pub rule: Arc<LaunchCondition>,
    /// Where it must hold; everywhere where there is none.
    pub when: Option<Arc<LaunchCondition>>,
    /// What is said where it does not.
    pub message: String,
    /// Where the rule stands.
    pub place: Place,
    /// The name of its text.
    pub from: String,
}

/// Rules that hold together.
#[derive(Clone, Debug)]
pub struct PolicySet {
    /// The rules, in the order of their texts.
    pub rules: Vec<PolicyRule>,
    /// What they were read from.
    pub digest: Digest,
}

impl Default for PolicySet {
    fn default() -> Self {
        Self { rules: Vec::new(), digest: super::PolicyText::digest(&[]) }
    }
}
