//! The form of a saved plan: its version, how it begins, its schema.
//!
//! In: nothing. Out: constants. Never: another meaning for a version that was written.

/// What begins every saved plan.
pub const BEGINNING: &[u8] = b"{\n  \"sortie-plan\":";

/// The version of the form that is written; a higher one is refused.
pub const VERSION: u32 = 1;

/// The JSON Schema (draft 2020-12) of a saved plan, as it is published.
pub const SCHEMA: &str = include_str!("../../schema/saved-plan.schema.json");
