//! Manifest text -> [`Document`]: a compact tree in which each key and value knows its place.
//!
//! In: one text of a [`Sources`]. Out: a tree of nodes within the budgets, or located complaints.
//! Never: knows what a manifest means; that begins with `schema`.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{SourceId, Span};

mod yaml;

/// One node's number in its [`Document`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A value and where it stands. A scalar's span includes its quotes; a block collection's span is its first key or item.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where the value stands.
    pub span: Span,
    /// What it is, by the YAML 1.2 core schema.
    pub kind: NodeKind,
}

/// The value of a [`Node`].
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer within i64.
    Int(i64),
    /// An integer above i64 and within u64.
    UInt(u64),
    /// A finite number with a fraction or exponent.
    Float(f64),
    /// Text: quoted, block, or plain and nothing else.
    Text(Arc<str>),
    /// Items: nodes that stand side by side in the document.
    Seq(Range<u32>),
    /// Entries that stand side by side in the document; keys are unique.
    Map(Range<u32>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key's text.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: NodeId,
}

/// A parsed text: one YAML document, aliases resolved by sharing, merge keys applied.
#[derive(Debug)]
pub struct Document {
    source: SourceId,
    nodes: Vec<Node>,
    items: Vec<NodeId>,
    entries: Vec<Entry>,
    root: NodeId,
}
