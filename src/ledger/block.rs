//! A block: the events of one commit of a run, as bytes. Compact, with a version and a checksum. Pure.
//!
//! In: records in the order in which they were appended. Out: bytes, and the same records again, or why not. Never: skips
//! what it does not know.
//!
//! ```text
//! version  checksum  shared texts        seconds  events
//! 1 byte   4 bytes   count, each text    signed   count, each: ordinal, length, time, kind, attempt, fields
//! ```
//!
//! The checksum (CRC-32, little endian) is of all that follows it. Numbers have seven bits a byte. Ordinals are what is
//! added to the event before; times are counted from `seconds`. So an event takes a fifth of what it took as a row of JSON, and
//! whoever looks for other launches passes over it without reading it.

use std::ops::RangeInclusive;

use super::event::Record;
use crate::ids::{LaunchId, Ordinal};

mod end_fields;
mod event_fields;
mod fields;
mod refusal_fields;
#[cfg(test)]
mod tests;

pub(super) use fields::BlockError;
use fields::{FieldReader, FieldWriter, SharedTexts, put_number, put_signed, whole_seconds};

/// The version of the blocks that are written. 2 added how robot jobs ended, and their release's version; 3 added retries and
/// robots' logs; 4 which robot jobs were seen to run; 5 what a release told later of robot jobs that are over; 6 refusals that
/// Orchestrator did not sign.
const VERSION: u8 = 6;
/// The oldest version that is read.
const OLDEST: u8 = 1;
/// Bytes before what the checksum is of.
const HEADER: usize = 5;

/// The block of `records`.
pub(super) fn encode(records: &[Record]) -> Vec<u8> {
    let base = records.first().map_or(0, |record| whole_seconds(record.at).0);
    let mut fields = FieldWriter { bytes: Vec::new(), texts: SharedTexts::default(), base };
    let mut ends = Vec::with_capacity(records.len());
    for record in records {
        fields.time(record.at);
        event_fields::put(&mut fields, &record.event);
        ends.push(fields.bytes.len());
    }
    let mut block = Vec::with_capacity(fields.bytes.len() + 1024);
    block.resize(HEADER, 0);
    fields.texts.put(&mut block);
    put_signed(&mut block, base);
    put_number(&mut block, records.len() as u64);
    let (mut begin, mut former) = (0, 0);
    for (record, end) in records.iter().zip(ends) {
        put_signed(&mut block, i64::from(record.ordinal.0) - former);
        put_number(&mut block, (end - begin) as u64);
        block.extend_from_slice(&fields.bytes[begin..end]);
        (begin, former) = (end, i64::from(record.ordinal.0));
    }
    let checksum = checksum(VERSION, &block[HEADER..]);
    block[0] = VERSION;
    block[1..HEADER].copy_from_slice(&checksum.to_le_bytes());
    block
}

/// The checksum of a block of this version whose header is cut off. Since version 3 it is of the version, too: a bit that
/// changed there makes another version that there is.
fn checksum(version: u8, rest: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    if version >= 3 {
        hasher.update(&[version]);
    }
    hasher.update(rest);
    hasher.finalize()
}

/// The events of a block, each of which is read when it is asked for.
pub(super) struct Block<'b> {
    texts: Vec<&'b str>,
    events: Vec<(Ordinal, FieldReader<'b>)>,
    base: i64,
}

impl<'b> Block<'b> {
    /// Errors: [`BlockError`]; nothing of it can be relied on.
    pub(super) fn read(bytes: &'b [u8]) -> Result<Self, BlockError> {
        let version = *bytes.first().ok_or(BlockError::CutOff)?;
        match version {
            OLDEST..=VERSION => {}
            found if found > VERSION => return Err(BlockError::TooNew { found, known: VERSION }),
            _ => return Err(BlockError::Odd("a version that there never was")),
        }
        let mut from = FieldReader::of(&bytes[1..], version);
        let kept = from.take(HEADER - 1)?;
        if checksum(version, &bytes[HEADER..]).to_le_bytes() != kept {
            return Err(BlockError::Changed);
        }
        let texts = from.list(FieldReader::text)?;
        let base = from.signed()?;
        let mut former = 0;
        let count: usize = from.small()?;
        let mut events = Vec::with_capacity(count.min(bytes.len()));
        for _ in 0..count {
            former = from.signed()?.checked_add(former).ok_or(BlockError::Odd("a launch that is out of bounds"))?;
            let ordinal = u32::try_from(former).map_err(|_| BlockError::Odd("a launch that is out of bounds"))?;
            let length = from.small()?;
            events.push((Ordinal(ordinal), from.part(length)?));
        }
        from.end()?;
        Ok(Self { texts, events, base })
    }

    /// Which launches its events are of, each event's in its order.
    pub(super) fn ordinals(&self) -> impl Iterator<Item = Ordinal> {
        self.events.iter().map(|(ordinal, _)| *ordinal)
    }

    /// Its events of launches within `range`, in order.
    pub(super) fn records(&self, range: RangeInclusive<Ordinal>) -> impl Iterator<Item = Result<Record, BlockError>> {
        let wanted = self.events.iter().filter(move |(ordinal, _)| range.contains(ordinal));
        wanted.map(|(ordinal, fields)| {
            let mut fields = fields.with(&self.texts, self.base);
            Ok(Record { ordinal: *ordinal, at: fields.time()?, event: event_fields::read(fields)? })
        })
    }

    /// The ids of its launches, as far as its events name them, each with its place.
    pub(super) fn launches(&self) -> impl Iterator<Item = Result<(Ordinal, LaunchId), BlockError>> {
        self.events.iter().filter_map(|(ordinal, fields)| {
            let mut fields = fields.with(&self.texts, self.base);
            let mut launch = || {
                fields.time()?;
                let kind = fields.byte()?;
                fields.number()?;
                Ok(if event_fields::names_launch(kind) { Some(LaunchId::from(fields.text()?)) } else { None })
            };
            launch().transpose().map(|launch| launch.map(|launch| (*ordinal, launch)))
        })
    }
}
