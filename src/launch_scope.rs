//! What a filter or a rule may ask of a launch: its names, conditions over them, and whether those hold, launch by launch.
//!
//! In: a condition's text, then the facts of each launch. Out: whether it holds, and what the names were seen to be. Never: makes
//! a fact that no condition asks for, or knows where a launch comes from.

mod condition;
mod conditions;
mod fact_names;
mod facts;

pub use condition::{LaunchCondition, MemberLists, Vocabulary};
pub use conditions::ConditionSet;
pub use fact_names::{FactKind, FactName};
pub use facts::{FactPath, FactValue, LaunchFacts};
