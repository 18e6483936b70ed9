//! A document against the published schema.
//!
//! In: a document. Out: one located sentence for each violation. Never: rules that cross keys; those are `spec`'s.

pub mod format;
