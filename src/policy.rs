//! Policies: rules that every launch of a plan must keep, whoever wrote its manifest.
//!
//! In: rules as text, then the launches of a plan. Out: what breaks which rule, with both places. Never: a launch's verdict, or a way
//! past a rule: who asks for a plan under policies gets none that breaks them.

mod broken;
mod check;
mod plan_facts;
mod read;
mod rule;
mod text;

pub use check::{CheckedLaunch, PolicyCheck};
pub use plan_facts::PlanFacts;
pub use rule::{PolicyRule, PolicySet};
pub use text::{PolicyText, PolicyTextForm};

/// The JSON Schema of a policy file (draft 2020-12), as it is published.
pub const SCHEMA: &str = include_str!("../schema/policies.schema.json");
