//! The smallest parts of a block: numbers, texts, times.
//!
//! In: values in the order of their fields. Out: bytes, and the values again in the same order. Never: reads beyond its
//! bytes, or takes a value that is out of bounds for another one.

use std::collections::HashMap;

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::ids::Digest;

/// Why bytes are not a block that this version reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::ledger) enum BlockError {
    /// A newer sortie wrote it.
    #[error("a block of version {found}, and this version of sortie reads up to {known}")]
    TooNew {
        /// Its version.
        found: u8,
        /// The latest that is known here.
        known: u8,
    },
    /// Its checksum is that of other bytes.
    #[error("its checksum does not fit: bytes were changed or lost")]
    Changed,
    /// It ends in the middle.
    #[error("it ends too early")]
    CutOff,
    /// Something stands where nothing is known of it.
    #[error("it holds {0}")]
    Odd(&'static str),
}

/// Texts that come again and again in a block, each with its place among them.
#[derive(Default)]
pub(super) struct SharedTexts<'t> {
    places: HashMap<&'t str, u64>,
    bytes: Vec<u8>,
}

impl<'t> SharedTexts<'t> {
    fn place(&mut self, text: &'t str) -> u64 {
        let next = self.places.len() as u64;
        let place = *self.places.entry(text).or_insert(next);
        if place == next {
            put_number(&mut self.bytes, text.len() as u64);
            self.bytes.extend_from_slice(text.as_bytes());
        }
        place
    }

    /// Puts all of them at the end of `bytes`.
    pub(super) fn put(&self, bytes: &mut Vec<u8>) {
        put_number(bytes, self.places.len() as u64);
        bytes.extend_from_slice(&self.bytes);
    }
}

/// Writes the fields of one event after another.
pub(super) struct FieldWriter<'t> {
    /// What was written.
    pub(super) bytes: Vec<u8>,
    /// The texts that were shared.
    pub(super) texts: SharedTexts<'t>,
    /// The second that times are counted from.
    pub(super) base: i64,
}

impl<'t> FieldWriter<'t> {
    pub(super) fn byte(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(super) fn flag(&mut self, value: bool) {
        self.byte(u8::from(value));
    }

    pub(super) fn number(&mut self, value: u64) {
        put_number(&mut self.bytes, value);
    }

    pub(super) fn signed(&mut self, value: i64) {
        put_signed(&mut self.bytes, value);
    }

    /// A text of its own.
    pub(super) fn text(&mut self, value: &str) {
        self.number(value.len() as u64);
        self.bytes.extend_from_slice(value.as_bytes());
    }

    /// A text that other events are likely to have too.
    pub(super) fn shared(&mut self, value: &'t str) {
        let place = self.texts.place(value);
        self.number(place);
    }

    pub(super) fn uuid(&mut self, value: Uuid) {
        self.bytes.extend_from_slice(value.as_bytes());
    }

    pub(super) fn digest(&mut self, value: &Digest) {
        self.bytes.extend_from_slice(value.as_bytes());
    }

    /// To the nanosecond.
    pub(super) fn time(&mut self, value: Timestamp) {
        let (second, nanos) = whole_seconds(value);
        self.signed(second.wrapping_sub(self.base));
        self.number(u64::from(nanos));
    }

    pub(super) fn option<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            put(self, value);
        }
    }

    pub(super) fn list<T>(&mut self, values: &'t [T], put: impl Fn(&mut Self, &'t T)) {
        self.number(values.len() as u64);
        for value in values {
            put(self, value);
        }
    }
}

/// Reads fields in the order in which they were written.
#[derive(Clone, Copy)]
pub(super) struct FieldReader<'b> {
    bytes: &'b [u8],
    /// The texts that are shared.
    texts: &'b [&'b str],
    /// The second that times are counted from.
    base: i64,
    /// The version of its block.
    version: u8,
}

type Read<T> = Result<T, BlockError>;

impl<'b> FieldReader<'b> {
    /// A reader of `bytes` of a block of `version` that knows no shared texts yet.
    pub(super) fn of(bytes: &'b [u8], version: u8) -> Self {
        Self { bytes, texts: &[], base: 0, version }
    }

    /// The version of its block: what a later one added is not in it.
    pub(super) fn version(&self) -> u8 {
        self.version
    }

    /// The same reader, that knows what is shared in its block.
    pub(super) fn with<'s>(&self, texts: &'s [&'s str], base: i64) -> FieldReader<'s>
    where
        'b: 's,
    {
        FieldReader { bytes: self.bytes, texts, base, version: self.version }
    }

    /// Reads the next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Read<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(BlockError::CutOff)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// A reader of the next `count` bytes alone.
    pub(super) fn part(&mut self, count: usize) -> Read<Self> {
        Ok(Self { bytes: self.take(count)?, ..*self })
    }

    /// Errors: something is left.
    pub(super) fn end(&self) -> Read<()> {
        if self.bytes.is_empty() { Ok(()) } else { Err(BlockError::Odd("more than it says")) }
    }

    pub(super) fn byte(&mut self) -> Read<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| BlockError::CutOff)
    }

    pub(super) fn flag(&mut self) -> Read<bool> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(BlockError::Odd("a flag that is neither set nor not")),
        }
    }

    pub(super) fn number(&mut self) -> Read<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                break;
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(BlockError::Odd("a number of more than 64 bits"))
    }

    /// A number that fits `T`.
    pub(super) fn small<T: TryFrom<u64>>(&mut self) -> Read<T> {
        T::try_from(self.number()?).map_err(|_| BlockError::Odd("a number that is too large"))
    }

    pub(super) fn signed(&mut self) -> Read<i64> {
        let folded = self.number()?;
        Ok((folded >> 1).cast_signed() ^ -((folded & 1).cast_signed()))
    }

    /// A text of its own.
    pub(super) fn text(&mut self) -> Read<&'b str> {
        let length = self.small()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| BlockError::Odd("text that is no UTF-8"))
    }

    /// A text of those that are shared.
    pub(super) fn shared(&mut self) -> Read<&'b str> {
        let place: usize = self.small()?;
        self.texts.get(place).copied().ok_or(BlockError::Odd("a text that it does not have"))
    }

    pub(super) fn uuid(&mut self) -> Read<Uuid> {
        Ok(Uuid::from_bytes(self.array()?))
    }

    pub(super) fn digest(&mut self) -> Read<Digest> {
        Ok(Digest::from(self.array::<32>()?))
    }

    pub(super) fn time(&mut self) -> Read<Timestamp> {
        let second = self.signed()?.wrapping_add(self.base);
        let nanos = self.small()?;
        Timestamp::new(second, nanos).map_err(|_| BlockError::Odd("a time that is out of bounds"))
    }

    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<Option<T>> {
        if self.flag()? { read(self).map(Some) } else { Ok(None) }
    }

    pub(super) fn list<T>(&mut self, read: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let count: usize = self.small()?;
        // Each takes a byte at least: no room is made for what cannot be there.
        let mut values = Vec::with_capacity(count.min(self.bytes.len()));
        for _ in 0..count {
            values.push(read(self)?);
        }
        Ok(values)
    }
}

/// The second that `time` is in, since 1970, and how many nanoseconds of it are over.
pub(super) fn whole_seconds(time: Timestamp) -> (i64, u32) {
    let (second, nanos) = (time.as_second(), time.subsec_nanosecond());
    // Before 1970 both are negative.
    match u32::try_from(nanos) {
        Ok(nanos) => (second, nanos),
        Err(_) => (second - 1, (nanos + 1_000_000_000).unsigned_abs()),
    }
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
pub(super) fn put_number(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(low_byte(value) | 0x80);
        value >>= 7;
    }
    bytes.push(low_byte(value));
}

fn low_byte(value: u64) -> u8 {
    value.to_le_bytes()[0]
}

/// Numbers near zero are short, whatever their sign.
pub(super) fn put_signed(bytes: &mut Vec<u8>, value: i64) {
    put_number(bytes, ((value << 1) ^ (value >> 63)).cast_unsigned());
}
