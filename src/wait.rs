//! Waiting for robot jobs: what became of them, why they faulted, and whether that is what was agreed.
//!
//! In: what a server says of robot jobs, and what a manifest asks for. Out: ends, fault classes and judgements. Never: asks a
//! server itself, or records anything.

pub mod fault_class;
pub mod outcome_policy;
