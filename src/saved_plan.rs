//! A plan in a file: saved, read by a reviewer, and run later exactly as it was approved, or refused.
//!
//! In: a plan that is in order and the inputs that it was made of. Out: a file's text, and the same again; what differs between
//! then and now, in lines for a person. Never: the value of a secret (inputs hold none), a file, a clock or a network.
//!
//! Its digest shows that somebody or something changed the file. It is no signature: whoever changes one with care can make a new one.

mod approval;
mod error;
mod file;
mod form;
pub mod input_difference;
mod staleness;
mod unique_keys;

pub use approval::Approval;
pub use error::{SavedPlanError, after_stale};
pub use file::{FileMark, PlanMark, SavedBy, SavedFiles, SavedPlan, SavedTarget, TypedInputs};
pub use form::{BEGINNING, SCHEMA, VERSION};
pub use staleness::{changed_file, changed_names};

#[cfg(test)]
mod tests;
