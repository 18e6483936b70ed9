//! Lines and columns of a packed text, without the text as a whole in memory.
//!
//! In: a packed text, read once. Out: the line and column of any byte, for which one block is inflated. Never: more than
//! 8 bytes for each block.

use super::packed::Packed;
use super::place::{LineCol, short};

/// What stands before each block.
#[derive(Clone, Debug)]
pub(super) struct PackedLines {
    befores: Vec<BlockStart>,
}

/// How many lines end before a block, and how many characters of its first line stand before it.
#[derive(Clone, Copy, Debug, Default)]
struct BlockStart {
    lines: u32,
    characters: u32,
}

impl BlockStart {
    /// The same behind `bytes`.
    fn and(self, bytes: &[u8]) -> Self {
        let last = bytes.iter().rposition(|byte| *byte == b'\n');
        let lines = bytes.split(|byte| *byte == b'\n').count() - 1;
        let rest = characters(&bytes[last.map_or(0, |last| last + 1)..]);
        Self {
            lines: self.lines + short(lines),
            characters: if last.is_some() { rest } else { self.characters + rest },
        }
    }
}

fn characters(bytes: &[u8]) -> u32 {
    short(bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count())
}

impl PackedLines {
    pub(super) fn of(text: &Packed) -> Self {
        let mut before = BlockStart::default();
        let befores = text.blocks().map(|(_, bytes)| {
            let behind = before.and(&bytes);
            std::mem::replace(&mut before, behind)
        });
        Self { befores: befores.collect() }
    }

    /// The line and column of byte `offset` of `text`, or of its end.
    pub(super) fn line_col(&self, text: &Packed, offset: usize) -> LineCol {
        let Some((block, start, bytes)) = text.block_at(offset) else { return LineCol { line: 1, column: 1 } };
        let mut end = offset.saturating_sub(start).min(bytes.len());
        while end > 0 && bytes.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
            end -= 1;
        }
        let BlockStart { lines, characters } = self.befores[block].and(&bytes[..end]);
        LineCol { line: lines + 1, column: characters + 1 }
    }
}

#[cfg(test)]
mod tests {
    use crate::source::{Packed, Sources};

    #[test]
    fn places_are_those_of_the_whole_text() {
        let lines = (0..9_000).map(|number| format!("INV-{number},é€ {number}"));
        let mut text = lines.collect::<Vec<_>>().join("\r\n");
        text.push_str(&"ü".repeat(100_000));
        text.push_str("\nend");
        let mut sources = Sources::default();
        let (whole, packed) = (sources.add("a", text.as_str()), sources.add_packed("b", Packed::from(text.as_str())));
        let (whole, packed) = (sources.get(whole), sources.get(packed));
        for offset in (0..text.len() + 5).step_by(997).chain(65_530..65_545).chain(text.len() - 5..text.len() + 2) {
            let offset = u32::try_from(offset).expect("small");
            assert_eq!(packed.line_col(offset), whole.line_col(offset), "{offset}");
        }
        assert!(!packed.is_unpacked(), "no place needs the whole text");
        let (start, window) = packed.window(70_000..70_020);
        assert_eq!(&text[start..start + window.len()], window);
        assert!(start <= 70_000 && start + window.len() >= 70_020 && window.len() < 200);
        let empty = sources.add_packed("c", Packed::default());
        assert_eq!(sources.get(empty).line_col(3).line, 1);
    }
}
