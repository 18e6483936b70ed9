//! Texts that people wrote, and places in them.
//!
//! In: a file's name and text. Out: [`Place`]s that stay small (12 bytes) and turn into line and column only
//! when somebody reads them. Never: reads a file.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

mod packed;
mod packed_lines;
mod place;

#[cfg(test)]
pub(crate) use packed::INFLATED;
pub use packed::{Packed, PackedReader};
use packed_lines::PackedLines;
use place::short;
pub use place::{LineCol, Located, Place, SourceId, Span};

/// One text with the name under which people know it.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    /// What the text is made of when somebody asks for it; empty where it was there from the beginning.
    packed: Packed,
    text: OnceLock<Arc<str>>,
    /// Made when somebody asks for a place: of most texts nobody does.
    lines: OnceLock<Lines>,
    /// The same of a text that nobody has asked for as a whole.
    packed_lines: OnceLock<PackedLines>,
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
struct Lines {
    starts: Vec<u32>,
    marks: Vec<ColumnMark>,
}

/// So many characters stand before byte `offset`: noted at intervals, so that a column in a long line is not counted
/// from its beginning each time.
#[derive(Clone, Copy, Debug)]
struct ColumnMark {
    offset: u32,
    characters: u32,
}

/// The distance of [`ColumnMark`]s, in bytes.
const MARK_EVERY: usize = 4096;

impl Source {
    /// The name that diagnostics show: a path as it was given, or `<stdin>`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        self.text.get_or_init(|| self.packed.text().into())
    }

    /// Whether the whole text is in memory.
    #[must_use]
    pub fn is_unpacked(&self) -> bool {
        self.text.get().is_some()
    }

    /// A part of the text that holds `range`, as far as there is one, and where it begins: the whole text where that is in
    /// memory anyway, else little more than `range`.
    #[must_use]
    pub fn window(&self, range: Range<usize>) -> (usize, Cow<'_, str>) {
        if let Some(text) = self.text.get() {
            return (0, Cow::Borrowed(text));
        }
        let end = range.end.min(self.packed.len());
        let range = self.packed.whole(range.start.min(end)..end);
        (range.start, String::from_utf8_lossy(&self.packed.slice(range)).into_owned().into())
    }

    /// The line and column of byte `offset`; the end of the text where `offset` lies beyond it.
    #[must_use]
    pub fn line_col(&self, offset: u32) -> LineCol {
        if !self.is_unpacked() {
            let lines = self.packed_lines.get_or_init(|| PackedLines::of(&self.packed));
            return lines.line_col(&self.packed, offset as usize);
        }
        let (text, lines) = (self.text(), self.lines());
        let line = lines.starts.partition_point(|start| *start <= offset);
        let start = lines.starts[line - 1] as usize;
        let mut end = (offset as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let column = lines.characters_before(end, text).saturating_sub(lines.characters_before(start, text));
        LineCol { line: short(line), column: short(column + 1) }
    }

    /// The whole lines that `span` touches, and the number (from 1) of the first of them.
    #[must_use]
    pub fn lines_around(&self, span: Span) -> (usize, &str) {
        let starts = &self.lines().starts;
        let first = starts.partition_point(|start| *start <= span.start);
        let last = starts.partition_point(|start| *start < span.end.max(span.start + 1));
        let start = starts[first - 1] as usize;
        let end = starts.get(last.max(first)).map_or(self.text().len(), |next| *next as usize);
        (first, &self.text()[start..end])
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::of(self.text()))
    }
}

impl Lines {
    fn of(text: &str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(starts).map(short).collect(), marks: marks(text) }
    }

    /// How many characters of `text` stand before byte `end`, which begins one.
    fn characters_before(&self, end: usize, text: &str) -> usize {
        let mark = self.marks[self.marks.partition_point(|mark| mark.offset as usize <= end) - 1];
        let rest = text.get(mark.offset as usize..end).unwrap_or_default();
        mark.characters as usize + rest.chars().count()
    }
}

/// All texts of one command, so that a [`Place`] can name its text by number.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    sources: Vec<Source>,
}

impl Sources {
    /// Adds a text under the name that diagnostics will show.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        let text = OnceLock::from(text.into());
        self.push(Source {
            name: name.into(),
            packed: Packed::default(),
            text,
            lines: OnceLock::new(),
            packed_lines: OnceLock::new(),
        })
    }

    /// Adds a text that is unpacked only when somebody asks for it: most data never need to be shown.
    pub fn add_packed(&mut self, name: impl Into<String>, packed: Packed) -> SourceId {
        self.push(Source {
            name: name.into(),
            packed,
            text: OnceLock::new(),
            lines: OnceLock::new(),
            packed_lines: OnceLock::new(),
        })
    }

    fn push(&mut self, source: Source) -> SourceId {
        let id = SourceId(u32::try_from(self.sources.len()).expect("few sources"));
        self.sources.push(source);
        id
    }

    /// The text that `id` names. `id` must come from this value's [`Sources::add`].
    #[must_use]
    pub fn get(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }
}

fn marks(text: &str) -> Vec<ColumnMark> {
    let mut marks = vec![ColumnMark { offset: 0, characters: 0 }];
    let (mut from, mut characters) = (0, 0);
    while text.len() - from > MARK_EVERY {
        let mut until = from + MARK_EVERY;
        while !text.is_char_boundary(until) {
            until += 1;
        }
        characters += text[from..until].chars().count();
        from = until;
        marks.push(ColumnMark { offset: short(from), characters: short(characters) });
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let mut sources = Sources::default();
        let id = sources.add("a.yaml", "é: 1\r\nb: ü\n");
        let source = sources.get(id);
        assert_eq!(source.line_col(0), LineCol { line: 1, column: 1 });
        assert_eq!(source.line_col(2), LineCol { line: 1, column: 2 });
        assert_eq!(source.line_col(7), LineCol { line: 2, column: 1 });
        assert_eq!(source.line_col(99), LineCol { line: 3, column: 1 });
        assert_eq!(source.lines_around(Span::new(8, 9)), (2, "b: ü\n"));
    }

    #[test]
    fn columns_of_long_lines_are_counted_from_marks() {
        let mut sources = Sources::default();
        let text = format!("a\n{}x", "é".repeat(10_000));
        let id = sources.add("a.yaml", text.as_str());
        assert_eq!(sources.get(id).line_col(short(text.len() - 1)), LineCol { line: 2, column: 10_001 });
        assert_eq!(sources.get(id).line_col(short(text.len())), LineCol { line: 2, column: 10_002 });
        assert_eq!(sources.get(id).line_col(6), LineCol { line: 2, column: 3 });
    }
}
