//! The parser's events -> [`Document`]. With its folder the only place that names the YAML parser.
//!
//! In: text without forbidden characters. Out: the tree, or every complaint up to the first that breaks the syntax.
//! Never: expands an alias before its size and depth are known; calls itself (nesting lives in a stack of frames).

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span as EventSpan, StructureStyle, Tag};

use super::document::{Document, NodeId, StoredEntry, StoredKind, StoredNode};
use super::limits::{MAX_DEPTH, MAX_EXPANDED_BYTES, MAX_NODES, MAX_VALUE_BYTES, MAX_VALUE_NODES};
use crate::diagnostic::{Code, Complaints, Diagnosed, Diagnostic, HiddenCount, Severity};
use crate::source::{Place, SourceId, Span};

mod complaint;
mod mapping;
mod value;

/// After so many errors reading ends: a hostile text has one in each of its lines.
const MAX_COUNTED: u64 = 100_000;

/// Reads `text`, which is `source`'s.
pub(super) fn read(source: SourceId, text: &Arc<str>) -> Diagnosed<Document> {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut loader = YamlLoader::new(source, text);
    for result in Parser::new_from_str_with_options(text, options) {
        let step = match result {
            Ok((event, span)) => loader.take(event, span),
            Err(error) => {
                loader.syntax(&error);
                Err(LoadAborted)
            }
        };
        if step.is_err() {
            break;
        }
        if loader.errors >= MAX_COUNTED {
            let place = loader.document.at_span(Span::default());
            loader.complaints.count(Severity::Error, place, HiddenCount { count: 0, is_least: true });
            break;
        }
    }
    loader.document.weight = loader.expanded;
    Diagnosed::new(loader.document, loader.complaints.into_vec())
}

/// Reading cannot go on; the reason is among the complaints.
struct LoadAborted;

struct YamlLoader<'a> {
    text: &'a str,
    document: Document,
    complaints: Complaints,
    errors: u64,
    frames: Vec<OpenCollection>,
    /// Items and entries of the open collections, innermost last. They move into the document when theirs closes.
    open_items: Vec<NodeId>,
    open_entries: Vec<StoredEntry>,
    anchors: HashMap<usize, AnchorTarget>,
    key_numbers: HashMap<Arc<str>, u32>,
    /// For each key, the mapping that had it last and where; see `mapping.rs`.
    seen: Vec<(u32, Span)>,
    closed_mappings: u32,
    /// Nodes so far, each alias counted as a copy.
    expanded: u64,
    /// Bytes of texts and keys so far, in the same way.
    expanded_bytes: u64,
    documents: u32,
    /// The last place of `{{`, so that what the parser says about the rest of its line is left out.
    bare_braces: Option<Span>,
}

/// A collection that is not closed yet.
struct OpenCollection {
    node: NodeId,
    in_flow: bool,
    start: Span,
    /// The first key or item: what is shown for a block collection, whose own end runs to the next token.
    first: Option<Span>,
    anchor: usize,
    /// [`YamlLoader::expanded`] and [`YamlLoader::expanded_bytes`] when it began.
    expanded_before: (u64, u64),
    /// Levels below it.
    height: usize,
    content: CollectionContent,
}

enum CollectionContent {
    Items { from: usize },
    Entries { from: usize, next: ExpectedPart },
}

/// What a mapping waits for.
#[derive(Clone, Copy)]
enum ExpectedPart {
    Key,
    Value {
        key: u32,
        key_span: Span,
    },
    /// The value of a key that was refused.
    Refused,
}

#[derive(Clone, Copy)]
enum AnchorTarget {
    Open,
    Done { node: NodeId, weight: u64, bytes: u64, height: usize },
}

impl<'a> YamlLoader<'a> {
    fn new(source: SourceId, text: &'a Arc<str>) -> Self {
        Self {
            text,
            document: Document::empty(source, text),
            complaints: Complaints::default(),
            errors: 0,
            frames: Vec::new(),
            open_items: Vec::new(),
            open_entries: Vec::new(),
            anchors: HashMap::new(),
            key_numbers: HashMap::new(),
            seen: Vec::new(),
            closed_mappings: 0,
            expanded: 0,
            expanded_bytes: 0,
            documents: 0,
            bare_braces: None,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the parser's list is open")]
    fn take(&mut self, event: Event<'_>, span: EventSpan) -> Result<(), LoadAborted> {
        match event {
            Event::DocumentStart(..) => self.start_document(to_span(&span)),
            Event::Scalar(value, style, anchor, tag) => self.scalar(&value, style, anchor, tag.as_deref(), &span),
            Event::Alias(anchor) => self.alias(anchor, to_span(&span)),
            Event::SequenceStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "seq", &span);
                let content = CollectionContent::Items { from: self.open_items.len() };
                self.open(content, style, anchor, to_span(&span))
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_collection_tag(tag.as_deref(), "map", &span);
                let content = CollectionContent::Entries { from: self.open_entries.len(), next: ExpectedPart::Key };
                self.open(content, style, anchor, to_span(&span))
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(to_span(&span)),
            // Stream and document ends; comments, anchors' names and unresolved aliases come only where asked for.
            _ => Ok(()),
        }
    }

    fn start_document(&mut self, span: Span) -> Result<(), LoadAborted> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        self.complain(
            Diagnostic::error(Code::SecondDocument, self.at(span), "a second document begins here")
                .label("one file holds one manifest")
                .help("move it into a file of its own"),
        );
        Err(LoadAborted)
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: &EventSpan,
    ) -> Result<(), LoadAborted> {
        let at = to_span(span);
        // The parser spells an absent value as `~`, over an empty span.
        let value = if at.start == at.end && style == ScalarStyle::Plain { "" } else { value };
        self.expanded_bytes += value.len() as u64;
        if style == ScalarStyle::DoubleQuoted {
            self.warn_of_escapes(value, at);
        }
        if self.waits_for_key() {
            return self.key(value, style, tag, span);
        }
        let kind = self.scalar_kind(value, style, tag, span);
        let node = self.push(StoredNode { span: at, kind })?;
        if anchor != 0 {
            self.anchors.insert(anchor, AnchorTarget::Done { node, weight: 1, bytes: value.len() as u64, height: 0 });
        }
        self.put(node, at, 0)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), LoadAborted> {
        if self.waits_for_key() {
            self.complain(
                Diagnostic::error(Code::KeyForm, self.at(span), "a key cannot be an alias").help("write the key out"),
            );
            self.set_next(ExpectedPart::Refused);
            return Ok(());
        }
        match self.anchors.get(&anchor).copied() {
            Some(AnchorTarget::Done { node, weight, bytes, height }) => {
                self.expanded_bytes = self.expanded_bytes.saturating_add(bytes);
                self.count(weight, span)?;
                self.put(node, span, height)
            }
            Some(AnchorTarget::Open) | None => {
                let what = "an alias stands inside the value that it names";
                self.complain(Diagnostic::error(Code::Budget, self.at(span), what).help("write the value out"));
                Err(LoadAborted)
            }
        }
    }

    fn open(
        &mut self,
        content: CollectionContent,
        style: StructureStyle,
        anchor: usize,
        start: Span,
    ) -> Result<(), LoadAborted> {
        if self.frames.len() >= MAX_DEPTH {
            self.too_deep(start);
            return Err(LoadAborted);
        }
        let in_flow = style == StructureStyle::Flow;
        if self.waits_for_key() {
            self.note_bare_braces(in_flow, start);
        }
        let expanded_before = (self.expanded, self.expanded_bytes);
        let node = self.push(StoredNode { span: start, kind: StoredKind::Null })?;
        if anchor != 0 {
            self.anchors.insert(anchor, AnchorTarget::Open);
        }
        self.frames.push(OpenCollection {
            node,
            in_flow,
            start,
            first: None,
            anchor,
            expanded_before,
            height: 0,
            content,
        });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), LoadAborted> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let range = match frame.content {
            CollectionContent::Items { from } => {
                let start = short(self.document.items.len());
                self.document.items.extend(self.open_items.drain(from..));
                StoredKind::Seq(self.range(start..short(self.document.items.len())))
            }
            CollectionContent::Entries { from, .. } => {
                let start = short(self.document.entries.len());
                self.close_mapping(from);
                StoredKind::Map(self.range(start..short(self.document.entries.len())))
            }
        };
        let span = if frame.in_flow {
            Span { start: frame.start.start, end: end.end }
        } else {
            frame.first.unwrap_or(frame.start)
        };
        self.document.nodes[frame.node.0 as usize] = StoredNode { span, kind: range };
        let (nodes_before, bytes_before) = frame.expanded_before;
        let weight = self.expanded - nodes_before;
        let bytes = self.expanded_bytes - bytes_before;
        self.check_value(weight, bytes, span)?;
        if frame.anchor != 0 {
            self.anchors
                .insert(frame.anchor, AnchorTarget::Done { node: frame.node, weight, bytes, height: frame.height });
        }
        self.put(frame.node, span, frame.height)
    }

    /// Puts a finished node where the innermost open collection waits for it.
    fn put(&mut self, node: NodeId, span: Span, height: usize) -> Result<(), LoadAborted> {
        if self.frames.len() + height > MAX_DEPTH {
            self.too_deep(span);
            return Err(LoadAborted);
        }
        let Some(frame) = self.frames.last_mut() else {
            self.document.root = node;
            return Ok(());
        };
        frame.height = frame.height.max(height + 1);
        match &mut frame.content {
            CollectionContent::Items { .. } => {
                frame.first.get_or_insert(span);
                self.open_items.push(node);
            }
            CollectionContent::Entries { next, .. } => match *next {
                ExpectedPart::Value { key, key_span } => {
                    *next = ExpectedPart::Key;
                    self.open_entries.push(StoredEntry { key, key_span, value: node });
                }
                ExpectedPart::Refused => *next = ExpectedPart::Key,
                ExpectedPart::Key => {
                    *next = ExpectedPart::Refused;
                    frame.first.get_or_insert(span);
                    self.refuse_collection_as_key(span);
                }
            },
        }
        Ok(())
    }

    fn push(&mut self, node: StoredNode) -> Result<NodeId, LoadAborted> {
        self.count(1, node.span)?;
        self.document.nodes.push(node);
        Ok(NodeId(short(self.document.nodes.len() - 1)))
    }

    /// Counts nodes against the budget, before anything is made of them.
    fn count(&mut self, nodes: u64, span: Span) -> Result<(), LoadAborted> {
        self.expanded = self.expanded.saturating_add(nodes);
        let what = if self.expanded > MAX_NODES {
            format!("the text stands for more than {MAX_NODES} values, aliases counted each time")
        } else if self.expanded_bytes > MAX_EXPANDED_BYTES {
            format!("the text stands for more than {} MiB, aliases counted each time", MAX_EXPANDED_BYTES >> 20)
        } else {
            return Ok(());
        };
        self.complain(
            Diagnostic::error(Code::Budget, self.at(span), what)
                .help("use `for-each` with a data file, or a `matrix`, instead of aliases of aliases"),
        );
        Err(LoadAborted)
    }

    /// Counts a collection that ended against the budget of one value, unless it is one of the manifest's own lists: it
    /// is copied as a whole for each launch.
    fn check_value(&mut self, nodes: u64, bytes: u64, span: Span) -> Result<(), LoadAborted> {
        /// Below the manifest itself, and its `jobs`, `vars` and their like.
        const LEVELS_ABOVE: usize = 2;
        if self.frames.len() < LEVELS_ABOVE || (nodes <= MAX_VALUE_NODES && bytes <= MAX_VALUE_BYTES) {
            return Ok(());
        }
        let what = if nodes > MAX_VALUE_NODES {
            format!("one value stands for more than {MAX_VALUE_NODES} values, aliases counted each time")
        } else {
            format!("one value stands for more than {} MiB, aliases counted each time", MAX_VALUE_BYTES >> 20)
        };
        let help = "this costs too much: put rows into a data file and read it with `for-each`";
        self.complain(Diagnostic::error(Code::Budget, self.at(span), what).help(help));
        Err(LoadAborted)
    }

    fn range(&mut self, range: std::ops::Range<u32>) -> u32 {
        self.document.ranges.push(range);
        short(self.document.ranges.len() - 1)
    }

    fn at(&self, span: Span) -> Place {
        self.document.at_span(span)
    }

    fn complain(&mut self, complaint: Diagnostic) {
        self.errors += u64::from(complaint.severity == Severity::Error);
        self.complaints.add(complaint);
    }
}

fn to_span(span: &EventSpan) -> Span {
    span.byte_range().map_or_else(Span::default, |range| Span::new(range.start, range.end))
}

fn short(count: usize) -> u32 {
    u32::try_from(count).expect("the budget on nodes lies far below u32")
}
