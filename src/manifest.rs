//! Manifest text -> [`Document`]: a compact tree in which each key and value knows its place.
//!
//! In: one text of a [`Sources`]. Out: a tree of nodes within the budgets, or located
//! complaints. Never: knows what a manifest means; that begins with `schema`.

use crate::diagnostic::Diagnosed;
use crate::source::{SourceId, Sources};

mod de;
mod decimal;
mod decode;
mod document;
mod limits;
mod scalar;
mod yaml;

pub use de::{DeError, NodeRef, WithNode, from_node};
pub use decimal::{is_same_value, keeps_digits};
pub use decode::{MAX_BYTES, decode};
pub use document::{Document, MappingEntries, MappingEntry, NodeId, NodeKind};
pub use limits::{MAX_DEPTH, MAX_EXPANDED_BYTES, MAX_NODES, MAX_VALUE_BYTES, MAX_VALUE_NODES};

/// Reads the text of `source`.
///
/// Refused, at their place: what is not YAML 1.2 or not plain data (section 1 of the format's documentation), duplicate
/// keys, keys that are not text, tags outside the core schema, a second document, numbers that JSON would change, and
/// whatever exceeds [`MAX_BYTES`], [`MAX_DEPTH`], [`MAX_NODES`], [`MAX_EXPANDED_BYTES`], [`MAX_VALUE_NODES`] or
/// [`MAX_VALUE_BYTES`]. A text without any value is `null`.
pub fn parse(sources: &Sources, source: SourceId) -> Diagnosed<Document> {
    let complaints = decode::check(sources, source);
    if !complaints.is_empty() {
        return Diagnosed::failed(complaints);
    }
    yaml::read(source, sources.get(source).text())
}
