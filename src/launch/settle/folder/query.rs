//! What was asked of a folder by Reference.

use crate::ids::Ordinal;
use crate::job_list::filter::ReferenceSample;

/// What was asked by Reference.
pub(in crate::launch::settle) enum ReferenceQuery {
    /// Whether the server carries the filter out.
    Probe(ReferenceSample),
    /// These doubts.
    Doubts(Vec<Ordinal>),
}
