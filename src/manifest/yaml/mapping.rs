//! Keys of mappings: their form, duplicates, and `<<`.

use granit_parser::{ScalarStyle, Span as EventSpan, Tag};

use super::value::tag_name;
use super::{CollectionContent, ExpectedPart, LoadAborted, YamlLoader, short, to_span};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::document::{MergedMapping, NodeId, StoredEntry, StoredKind};
use crate::source::Span;

/// Stands for the plain key `<<` among the entries of an open mapping.
const MERGE: u32 = u32::MAX;

impl YamlLoader<'_> {
    pub(super) fn waits_for_key(&self) -> bool {
        self.frames
            .last()
            .is_some_and(|frame| matches!(frame.content, CollectionContent::Entries { next: ExpectedPart::Key, .. }))
    }

    pub(super) fn set_next(&mut self, wanted: ExpectedPart) {
        if let Some(CollectionContent::Entries { next, .. }) = self.frames.last_mut().map(|frame| &mut frame.content) {
            *next = wanted;
        }
    }

    pub(super) fn key(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: &EventSpan,
    ) -> Result<(), LoadAborted> {
        let key_span = to_span(span);
        if let Some(frame) = self.frames.last_mut() {
            frame.first.get_or_insert(key_span);
        }
        if tag.is_some_and(|tag| tag_name(tag).is_none()) {
            self.foreign_tag(span);
        }
        let is_plain = style == ScalarStyle::Plain && tag.is_none();
        if text.is_empty() && is_plain {
            self.complain(
                Diagnostic::error(Code::KeyForm, self.at(key_span), "a key is missing here")
                    .help("write a key in front of the colon, or `\"\"` for an empty one"),
            );
            self.set_next(ExpectedPart::Refused);
            return Ok(());
        }
        let key = if is_plain && text == "<<" { MERGE } else { self.key_number(text, key_span)? };
        self.set_next(ExpectedPart::Value { key, key_span });
        Ok(())
    }

    fn key_number(&mut self, text: &str, span: Span) -> Result<u32, LoadAborted> {
        if let Some(number) = self.key_numbers.get(text) {
            return Ok(*number);
        }
        self.count(1, span)?;
        let key: std::sync::Arc<str> = text.into();
        let number = short(self.document.keys.len());
        self.document.keys.push(key.clone());
        self.key_numbers.insert(key, number);
        self.seen.push((0, Span::default()));
        Ok(number)
    }

    /// Moves the open entries from `from` on into the document: duplicates refused, merged mappings put in their place.
    pub(super) fn close_mapping(&mut self, from: usize) {
        self.closed_mappings += 1;
        let mut merges = 0_usize;
        for at in from..self.open_entries.len() {
            let entry = self.open_entries[at];
            if entry.key == MERGE {
                merges += 1;
                if merges == 2 {
                    self.second_merge(entry.key_span);
                }
            } else if let Some(first) = self.mark(entry.key, entry.key_span) {
                self.duplicate(entry, first);
            }
        }
        if merges == 0 {
            self.document.entries.extend(self.open_entries.drain(from..));
            return;
        }
        let own: Vec<StoredEntry> = self.open_entries.drain(from..).collect();
        for entry in own {
            if entry.key == MERGE { self.merge(entry) } else { self.document.entries.push(entry) }
        }
    }

    /// Notes that the mapping being closed has `key`; where it had it already, returns the earlier place.
    fn mark(&mut self, key: u32, span: Span) -> Option<Span> {
        let mapping = self.closed_mappings;
        let seen = &mut self.seen[key as usize];
        if seen.0 == mapping {
            return Some(seen.1);
        }
        *seen = (mapping, span);
        None
    }

    /// Puts the entries of `<<`'s mappings into the document, except those whose key the mapping has. Of several
    /// sources, the first to have a key wins.
    fn merge(&mut self, site: StoredEntry) {
        let sources: Vec<NodeId> = match self.document.nodes[site.value.0 as usize].kind {
            StoredKind::Map(_) => vec![site.value],
            StoredKind::Seq(_) => self.document.items(site.value).to_vec(),
            StoredKind::Null
            | StoredKind::Bool(_)
            | StoredKind::Small(_)
            | StoredKind::Number(_)
            | StoredKind::Source { .. }
            | StoredKind::Text(_) => {
                self.refuse_merge(site.value, site.key_span);
                return;
            }
        };
        let first = short(self.document.entries.len());
        for source in sources {
            let StoredKind::Map(at) = self.document.nodes[source.0 as usize].kind else {
                self.refuse_merge(source, site.key_span);
                continue;
            };
            for at in self.document.ranges[at as usize].clone() {
                let entry = self.document.entries[at as usize];
                if self.mark(entry.key, entry.key_span).is_none() {
                    self.document.entries.push(entry);
                }
            }
        }
        let end = short(self.document.entries.len());
        self.document.merged.push(MergedMapping { entries: first..end, site: site.key_span });
    }

    fn duplicate(&mut self, entry: StoredEntry, first: Span) {
        let key = &self.document.keys[entry.key as usize];
        let what = format!("the key `{key}` stands twice in one mapping");
        let complaint = Diagnostic::error(Code::DuplicateKey, self.at(entry.key_span), what)
            .label("again here")
            .help("remove one of the two, or give it another name")
            .related(self.at(first), "first here");
        self.complain(complaint);
    }

    fn second_merge(&mut self, span: Span) {
        self.complain(
            Diagnostic::error(Code::DuplicateKey, self.at(span), "the key `<<` stands twice in one mapping")
                .help("merge several mappings by one `<<: [*first, *second]`"),
        );
    }

    fn refuse_merge(&mut self, node: NodeId, site: Span) {
        // An alias's node stands elsewhere: the complaint belongs to the `<<`.
        let complaint = Diagnostic::error(Code::Merge, self.at(site), "`<<` merges mappings only")
            .help("write `<<: *name`, where `&name` stands at a mapping, or quote the key: `\"<<\"`")
            .related(self.document.place(node), "this is not a mapping");
        self.complain(complaint);
    }
}
