//! The tree of a parsed text: compact, each key and value with its place.
//!
//! In: nodes, as the parser's reader puts them in. Out: what stands where. Never: reads text that was not parsed.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{Place, SourceId, Span};

/// One node's number in its [`Document`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// A value by the YAML 1.2 core schema, as [`Document::kind`] shows it.
#[derive(Clone, Debug)]
pub enum NodeKind<'a> {
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
    Text(&'a str),
    /// The items, in order.
    Seq(&'a [NodeId]),
    /// The entries, in order; keys are unique.
    Map(MappingEntries<'a>),
}

/// One key of a mapping with its value.
#[derive(Clone, Copy, Debug)]
pub struct MappingEntry<'a> {
    /// The key's text.
    pub key: &'a str,
    /// Where the key stands; for an entry merged in by `<<`, where it was written.
    pub key_place: Place,
    /// The `<<` that merged it in.
    pub merged_by: Option<Place>,
    /// The value.
    pub value: NodeId,
}

/// A parsed text: one YAML document, aliases resolved by sharing, merge keys applied.
///
/// A node takes 16 bytes and an entry 16 more, keys are kept once, and text that stands in the source as it is meant
/// is not copied: a manifest of 100,000 jobs costs a small multiple of its own size.
#[derive(Debug)]
pub struct Document {
    pub(super) source: SourceId,
    pub(super) text: Arc<str>,
    pub(super) nodes: Vec<StoredNode>,
    pub(super) items: Vec<NodeId>,
    pub(super) entries: Vec<StoredEntry>,
    /// Items of a sequence or entries of a mapping, by [`StoredKind::Seq`] and [`StoredKind::Map`].
    pub(super) ranges: Vec<Range<u32>>,
    pub(super) numbers: Vec<StoredNumber>,
    /// Texts that differ from their source: escapes, folded lines.
    pub(super) texts: Vec<Box<str>>,
    pub(super) keys: Vec<Arc<str>>,
    /// Which entries came by which `<<`, in the order of entries.
    pub(super) merged: Vec<MergedMapping>,
    pub(super) root: NodeId,
    /// How many values it stands for, each alias counted as a copy.
    pub(super) weight: u64,
}

#[derive(Clone, Debug)]
pub(super) struct MergedMapping {
    pub(super) entries: Range<u32>,
    pub(super) site: Span,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct StoredNode {
    pub(super) span: Span,
    pub(super) kind: StoredKind,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum StoredKind {
    Null,
    Bool(bool),
    Small(i32),
    Number(u32),
    /// Text whose bytes are the span's, without its quotes where `quoted`.
    Source {
        quoted: bool,
    },
    Text(u32),
    Seq(u32),
    Map(u32),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum StoredNumber {
    Int(i64),
    UInt(u64),
    Float(f64),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct StoredEntry {
    pub(super) key: u32,
    pub(super) key_span: Span,
    pub(super) value: NodeId,
}

impl Document {
    /// The text that this was read from.
    #[must_use]
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// How many values it stands for, each alias counted as a copy.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.weight
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// What `id` is.
    #[must_use]
    pub fn kind(&self, id: NodeId) -> NodeKind<'_> {
        let node = self.node(id);
        match node.kind {
            StoredKind::Null => NodeKind::Null,
            StoredKind::Bool(value) => NodeKind::Bool(value),
            StoredKind::Small(value) => NodeKind::Int(value.into()),
            StoredKind::Number(at) => match self.numbers[at as usize] {
                StoredNumber::Int(value) => NodeKind::Int(value),
                StoredNumber::UInt(value) => NodeKind::UInt(value),
                StoredNumber::Float(value) => NodeKind::Float(value),
            },
            StoredKind::Source { quoted } => NodeKind::Text(inner(node.span, quoted).slice(&self.text)),
            StoredKind::Text(at) => NodeKind::Text(&self.texts[at as usize]),
            StoredKind::Seq(at) => NodeKind::Seq(&self.items[as_usize(&self.ranges[at as usize])]),
            StoredKind::Map(at) => NodeKind::Map(MappingEntries::new(self, &self.ranges[at as usize])),
        }
    }

    /// Where `id` stands. A scalar's place includes its quotes; a block collection's is its first key or item.
    #[must_use]
    pub fn place(&self, id: NodeId) -> Place {
        self.at_span(self.node(id).span)
    }

    /// The place of `range` (bytes of the text that `id` holds): exact where the source spells that part as it is meant,
    /// else the whole scalar. A range that cuts a character covers all of it.
    #[must_use]
    pub fn text_place(&self, id: NodeId, range: Range<usize>) -> Place {
        let node = self.node(id);
        let range = whole_characters(self.text(id).unwrap_or_default(), range);
        self.at_span(match node.kind {
            StoredKind::Source { quoted } => {
                let text = inner(node.span, quoted);
                let (start, end) = (text.start as usize, text.end as usize);
                Span::new((start + range.start).min(end), (start + range.end).min(end))
            }
            StoredKind::Text(at) => {
                same_part(&self.texts[at as usize], range, node.span, &self.text).unwrap_or(node.span)
            }
            StoredKind::Null
            | StoredKind::Bool(_)
            | StoredKind::Small(_)
            | StoredKind::Number(_)
            | StoredKind::Seq(_)
            | StoredKind::Map(_) => node.span,
        })
    }

    /// The text that `id` holds, where it is text.
    #[must_use]
    pub fn text(&self, id: NodeId) -> Option<&str> {
        if let NodeKind::Text(text) = self.kind(id) { Some(text) } else { None }
    }

    /// True where `id` is `null`, `~` or nothing.
    #[must_use]
    pub fn is_null(&self, id: NodeId) -> bool {
        matches!(self.kind(id), NodeKind::Null)
    }

    /// The items of a sequence; `None` if `id` is something else.
    #[must_use]
    pub fn items(&self, id: NodeId) -> &[NodeId] {
        if let NodeKind::Seq(items) = self.kind(id) { items } else { &[] }
    }

    /// The entries of a mapping, in order; `None` if `id` is something else.
    #[must_use]
    pub fn entries(&self, id: NodeId) -> MappingEntries<'_> {
        if let NodeKind::Map(entries) = self.kind(id) { entries } else { MappingEntries::new(self, &(0..0)) }
    }

    /// The entry of mapping `id` whose key is `key`.
    #[must_use]
    pub fn entry(&self, id: NodeId, key: &str) -> Option<MappingEntry<'_>> {
        self.entries(id).find(|entry| entry.key == key)
    }

    /// The node at a JSON Pointer (RFC 6901), such as `/jobs/load/count`.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<NodeId> {
        if pointer.is_empty() {
            return Some(self.root);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self.root, |node, token| {
            let key = token.replace("~1", "/").replace("~0", "~");
            match self.kind(node) {
                NodeKind::Seq(items) => items.get(key.parse::<usize>().ok()?).copied(),
                NodeKind::Map(mut entries) => entries.find(|entry| entry.key == key).map(|entry| entry.value),
                NodeKind::Null
                | NodeKind::Bool(_)
                | NodeKind::Int(_)
                | NodeKind::UInt(_)
                | NodeKind::Float(_)
                | NodeKind::Text(_) => None,
            }
        })
    }

    /// `id` as JSON, aliases copied. The budgets on nodes bound its size.
    #[must_use]
    pub fn to_json(&self, id: NodeId) -> serde_json::Value {
        use serde_json::Value;
        match self.kind(id) {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => Value::Bool(value),
            NodeKind::Int(value) => value.into(),
            NodeKind::UInt(value) => value.into(),
            NodeKind::Float(value) => value.into(),
            NodeKind::Text(text) => Value::String(text.to_owned()),
            NodeKind::Seq(items) => items.iter().map(|item| self.to_json(*item)).collect(),
            NodeKind::Map(entries) => {
                Value::Object(entries.map(|entry| (entry.key.to_owned(), self.to_json(entry.value))).collect())
            }
        }
    }

    /// A document whose root, `null` at the beginning of `text`, is yet to be replaced.
    pub(super) fn empty(source: SourceId, text: &Arc<str>) -> Self {
        Self {
            source,
            text: Arc::clone(text),
            nodes: vec![StoredNode { span: Span::default(), kind: StoredKind::Null }],
            items: Vec::new(),
            entries: Vec::new(),
            ranges: Vec::new(),
            numbers: Vec::new(),
            texts: Vec::new(),
            keys: Vec::new(),
            merged: Vec::new(),
            root: NodeId(0),
            weight: 0,
        }
    }

    pub(super) fn node(&self, id: NodeId) -> &StoredNode {
        &self.nodes[id.0 as usize]
    }

    fn merged_by(&self, entry: u32) -> Option<Place> {
        let found = self.merged.partition_point(|merged| merged.entries.end <= entry);
        let merged = self.merged.get(found).filter(|merged| merged.entries.contains(&entry))?;
        Some(self.at_span(merged.site))
    }

    pub(super) fn at_span(&self, span: Span) -> Place {
        Place { source: self.source, span }
    }
}

/// The entries of one mapping, in order.
#[derive(Clone, Debug)]
pub struct MappingEntries<'a> {
    document: &'a Document,
    raw: std::slice::Iter<'a, StoredEntry>,
    /// The number of the next entry in the document.
    next: u32,
}

impl<'a> MappingEntries<'a> {
    fn new(document: &'a Document, range: &Range<u32>) -> Self {
        Self { document, raw: document.entries[as_usize(range)].iter(), next: range.start }
    }
}

impl<'a> Iterator for MappingEntries<'a> {
    type Item = MappingEntry<'a>;

    fn next(&mut self) -> Option<MappingEntry<'a>> {
        let raw = self.raw.next()?;
        let number = self.next;
        self.next += 1;
        Some(MappingEntry {
            key: &self.document.keys[raw.key as usize],
            key_place: self.document.at_span(raw.key_span),
            value: raw.value,
            merged_by: self.document.merged_by(number),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.raw.size_hint()
    }
}

impl ExactSizeIterator for MappingEntries<'_> {}

fn as_usize(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}

/// The span without its quotes.
fn inner(span: Span, quoted: bool) -> Span {
    if quoted { Span { start: span.start + 1, end: span.end - 1 } } else { span }
}

/// Where `span` of `source`, which spells `text` with escapes or line folding, spells `range` of it: the part of the same
/// wording and the same turn, if the wording comes as often in both.
fn same_part(text: &str, range: Range<usize>, span: Span, source: &str) -> Option<Span> {
    let part = text.get(range.clone()).filter(|part| !part.is_empty())?;
    let spelled = span.slice(source);
    let turn = text[..range.start].matches(part).count();
    let (start, _) = spelled.match_indices(part).nth(turn)?;
    let is_as_frequent = spelled.matches(part).count() == text.matches(part).count();
    let start = span.start as usize + start;
    is_as_frequent.then(|| Span::new(start, start + part.len()))
}

/// `range` within `text`, widened to whole characters.
fn whole_characters(text: &str, range: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start.min(text.len()), range.end.min(text.len()));
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end.max(start)
}
