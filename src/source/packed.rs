//! A long text, kept compressed: the data of a million rows in the memory of a tenth of them.
//!
//! In: bytes, as they come. Out: any part of them again. Never: judges what they hold; that is its reader's.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

use crate::ids::Digest;

/// How much is compressed as one piece, in bytes: what the reading of one row may cost.
const BLOCK: usize = 64 * 1024;

/// A little more work than the least: a million rows of 30 bytes then fit, with all else, into 32 MB.
const LEVEL: u32 = 3;

/// The byte order mark of UTF-8.
const MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// A text in compressed blocks. Cheap to clone. Its JSON form is a list of blocks: DEFLATE (RFC 1951) in base64; a byte order
/// mark that stood before the text begins the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    blocks: Arc<[PackedBlock]>,
    has_mark: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct PackedBlock {
    /// Where its bytes begin in the text.
    start: u32,
    /// How many bytes it stands for.
    length: u32,
    deflated: Box<[u8]>,
}

impl Packed {
    /// Reads everything that `from` gives, but for a byte order mark of UTF-8.
    ///
    /// Out: `None` if there are more than `most` bytes (below 4 GiB); reading stops there.
    pub fn read(mut from: impl Read, most: u32) -> io::Result<Option<Self>> {
        let mut packing = Packer::default();
        let mut has_mark = false;
        let mut buffer = Vec::with_capacity(BLOCK);
        loop {
            from.by_ref().take((BLOCK - buffer.len()) as u64).read_to_end(&mut buffer)?;
            if packing.blocks.is_empty() && buffer.starts_with(MARK) {
                buffer.drain(..MARK.len());
                has_mark = true;
                continue;
            }
            if buffer.is_empty() {
                return Ok(Some(Self { blocks: packing.blocks.into(), has_mark }));
            }
            // A block ends with a line where it can, so that no character is cut in two.
            let whole = buffer.iter().rposition(|byte| *byte == b'\n').map_or(whole_characters(&buffer), |at| at + 1);
            let end = if buffer.len() < BLOCK { buffer.len() } else { whole };
            packing.add(&buffer[..end]);
            buffer.drain(..end);
            if packing.length > u64::from(most) {
                return Ok(None);
            }
        }
    }

    /// How many bytes it stands for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.last().map_or(0, |last| last.start as usize + last.length as usize)
    }

    /// Whether a byte order mark stood before the text, which is no part of it.
    #[must_use]
    pub fn has_mark(&self) -> bool {
        self.has_mark
    }

    /// Whether it stands for none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The blocks one by one: where each begins, and its bytes. No character that is UTF-8 is cut in two.
    pub fn blocks(&self) -> impl Iterator<Item = (usize, Vec<u8>)> {
        self.blocks.iter().map(|block| (block.start as usize, block.inflated()))
    }

    /// The bytes in `range`, as far as there are any.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let length = range.end.saturating_sub(range.start) as u64;
        self.reader_at(range.start).take(length).read_to_end(&mut bytes).expect(IN_MEMORY);
        bytes
    }

    /// `range`, as wide as the characters that it cuts. The text is UTF-8.
    #[must_use]
    pub fn whole(&self, range: Range<usize>) -> Range<usize> {
        const LONGEST: usize = 4;
        let first = range.start.saturating_sub(LONGEST);
        let around = self.slice(first..range.end.saturating_add(LONGEST));
        let goes_on = |at: usize| around.get(at - first).is_some_and(|byte| byte & 0xC0 == 0x80);
        let start = (first..=range.start).rev().find(|at| !goes_on(*at)).unwrap_or(range.start);
        let end = (range.end..range.end.saturating_add(LONGEST)).find(|at| !goes_on(*at)).unwrap_or(range.end);
        start..end
    }

    /// The block that holds byte `offset`, or the last one: its number, where it begins, and its bytes; none of no text.
    pub(super) fn block_at(&self, offset: usize) -> Option<(usize, usize, Vec<u8>)> {
        let number = self.blocks.partition_point(|block| block.start as usize <= offset).checked_sub(1)?;
        let block = &self.blocks[number];
        Some((number, block.start as usize, block.inflated()))
    }

    /// The SHA-256 of its bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        self.blocks().for_each(|(_, block)| hasher.update(block));
        Digest::from(<[u8; 32]>::from(hasher.finalize()))
    }

    /// The whole text; bytes that are no UTF-8 become U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = self.slice(0..self.len());
        String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// Reads from byte `offset` on.
    #[must_use]
    pub fn reader_at(&self, offset: usize) -> PackedReader {
        let block = self.blocks.partition_point(|block| block.start as usize + block.length as usize <= offset);
        let inflated = self.blocks.get(block).map(PackedBlock::inflated).unwrap_or_default();
        let start = self.blocks.get(block).map_or(0, |block| block.start as usize);
        PackedReader { text: self.clone(), block, at: offset.saturating_sub(start), inflated }
    }
}

impl From<&str> for Packed {
    fn from(text: &str) -> Self {
        Self::read(text.as_bytes(), u32::MAX).expect(IN_MEMORY).expect("a text of less than 4 GiB")
    }
}

const IN_MEMORY: &str = "memory can be read and written";

/// The length of the part of `bytes` that cuts no character.
fn whole_characters(bytes: &[u8]) -> usize {
    let is_begin = |byte: &u8| byte & 0b1100_0000 != 0b1000_0000;
    let last = bytes.iter().rposition(is_begin).unwrap_or_default();
    // Without the last character, which may be whole: the next block begins with it.
    if last == 0 || bytes.len() - last > 4 { bytes.len() } else { last }
}

#[cfg(test)]
thread_local! {
    /// How many blocks this thread has inflated: what reading has cost.
    pub(crate) static INFLATED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[derive(Default)]
struct Packer {
    blocks: Vec<PackedBlock>,
    length: u64,
}

impl Packer {
    fn add(&mut self, bytes: &[u8]) {
        let short = |count: usize| u32::try_from(count).expect("a text of less than 4 GiB");
        let deflated = deflated(bytes).into_boxed_slice();
        let start = self.blocks.last().map_or(0, |last| last.start + last.length);
        self.blocks.push(PackedBlock { start, length: short(bytes.len()), deflated });
        self.length += bytes.len() as u64;
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(LEVEL));
    io::Write::write_all(&mut encoder, bytes).and_then(|()| encoder.finish()).expect(IN_MEMORY)
}

impl PackedBlock {
    fn inflated(&self) -> Vec<u8> {
        #[cfg(test)]
        INFLATED.set(INFLATED.get() + 1);
        let mut bytes = Vec::with_capacity(self.length as usize);
        let mut decoder = DeflateDecoder::new(&*self.deflated).take(self.length.into());
        decoder.read_to_end(&mut bytes).expect("what was deflated can be inflated");
        bytes
    }
}

/// Reads a [`Packed`] text from some byte on, one block in memory.
#[derive(Debug)]
pub struct PackedReader {
    text: Packed,
    /// The block that `inflated` holds.
    block: usize,
    inflated: Vec<u8>,
    /// What comes next, in bytes of `inflated`.
    at: usize,
}

impl io::BufRead for PackedReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.inflated.len()
            && let Some(next) = self.text.blocks.get(self.block + 1)
        {
            self.block += 1;
            self.inflated = next.inflated();
            self.at = 0;
        }
        Ok(self.inflated.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl Read for PackedReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut rest = io::BufRead::fill_buf(self)?;
        let count = rest.read(into)?;
        io::BufRead::consume(self, count);
        Ok(count)
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.blocks.iter().enumerate().map(|(number, block)| {
            if number == 0 && self.has_mark {
                STANDARD.encode(deflated(&[MARK, &block.inflated()].concat()))
            } else {
                STANDARD.encode(&block.deflated)
            }
        }))
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut packing = Packer::default();
        let mut has_mark = false;
        for block in Vec::<String>::deserialize(deserializer)? {
            let deflated = STANDARD.decode(block).map_err(de::Error::custom)?;
            let mut bytes = Vec::new();
            let mut decoder = DeflateDecoder::new(&*deflated).take((BLOCK + MARK.len()) as u64 + 1);
            decoder.read_to_end(&mut bytes).map_err(de::Error::custom)?;
            if packing.blocks.is_empty() && bytes.starts_with(MARK) {
                bytes.drain(..MARK.len());
                has_mark = true;
            }
            if bytes.is_empty() || bytes.len() > BLOCK {
                return Err(de::Error::custom(format_args!("a block holds 1 to {BLOCK} bytes")));
            }
            packing.add(&bytes);
        }
        Ok(Self { blocks: packing.blocks.into(), has_mark })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_part_can_be_had_again() {
        let lines = (0..20_000).map(|number| format!("INV-{number},é {number}")).collect::<Vec<_>>().join("\n");
        for text in ["", "a", "ä\r\n", lines.as_str(), "é".repeat(100_000).as_str()] {
            let packed = Packed::from(text);
            assert_eq!(packed.text(), text);
            assert_eq!(packed.len(), text.len());
            for (start, block) in packed.blocks() {
                let block = String::from_utf8(block).expect("no character is cut");
                assert_eq!(&text[start..start + block.len()], block);
            }
            for start in [0, 1, 65_535, 65_536, 65_537, text.len()] {
                let end = (start + 70_000).min(text.len());
                assert_eq!(packed.slice(start..end), text.as_bytes().get(start..end).unwrap_or_default());
            }
            let json = serde_json::to_string(&packed).expect("text");
            assert_eq!(serde_json::from_str::<Packed>(&json).expect("own text"), packed);
        }
        assert!(serde_json::to_string(&Packed::from(lines.as_str())).expect("text").len() < lines.len() / 2);
    }

    #[test]
    fn a_mark_is_left_out_and_a_limit_kept() {
        assert_eq!(Packed::from("\u{FEFF}id\n").text(), "id\n");
        assert_eq!(Packed::from("\u{FEFF}").len(), 0);
        let full = format!("\u{FEFF}{}", "x".repeat(BLOCK));
        for (text, has_mark) in [("\u{FEFF}id\n", true), ("id\n", false), (full.as_str(), true)] {
            let json = serde_json::to_string(&Packed::from(text)).expect("text");
            let read: Packed = serde_json::from_str(&json).expect("own text");
            assert_eq!((&read, read.has_mark()), (&Packed::from(text), has_mark), "it is remembered");
        }
        let endless = io::repeat(b'x');
        assert_eq!(Packed::read(endless, 1_000_000).expect("memory"), None);
        assert!(Packed::read(&b"abc"[..], 3).expect("memory").is_some());
        assert!(Packed::read(&b"abcd"[..], 3).expect("memory").is_none());
    }

    #[test]
    fn what_is_no_text_of_ours_is_refused() {
        for json in ["5", r#"["%"]"#, r#"["AAAA"]"#, r#"[""]"#] {
            assert!(serde_json::from_str::<Packed>(json).is_err(), "{json}");
        }
    }
}
