//! The write-ahead log as it lies on the disk: whether it is damaged in its middle.
//!
//! In: a ledger's path. Out: the first frame that SQLite cannot read past, where commits follow that were durable once.
//! Never: writes, or judges a torn tail, which is SQLite's to roll back.
//!
//! Each frame's checksum goes on from that of the frame before. SQLite takes the first frame that does not fit for the
//! end of the log, and loses whatever follows without a word. A last commit that was torn, and what a killed process left
//! beyond it, look alike at that place. But a commit is synced before the next one begins (`synchronous=FULL`): where a
//! commit beyond that place has another one chained to it, it was whole, and so was all before it.
//! Source: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// What a log begins with; the last bit is set where checksums read words from their big end.
const MAGIC: u32 = 0x377f_0682;
/// Bytes before the first frame.
const HEADER: usize = 32;
/// Bytes of a frame before its page.
const FRAME_HEADER: usize = 24;

/// Where a log is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("frame {frame} of its write-ahead log (byte {byte}) does not fit, and commits follow it")]
pub(super) struct Damage {
    /// The frame, from 1; 0 for what stands before the frames.
    frame: u64,
    /// Where it begins in the file.
    byte: u64,
}

/// Where the log of the ledger at `ledger` is damaged in its middle; `None` if it is whole, torn, or not there.
pub(super) fn damage(ledger: &Path) -> io::Result<Option<Damage>> {
    let mut path = ledger.as_os_str().to_owned();
    path.push("-wal");
    let path = PathBuf::from(path);
    let Some(found) = look(&path)? else { return Ok(None) };
    // Another process may have written on while we read. What is damaged stays so.
    Ok(look(&path)?.filter(|again| *again == found).map(|(_, damage)| damage))
}

type Header = [u8; HEADER];

/// The running checksum.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Checksum(u32, u32);

impl Checksum {
    /// The one that is written at the beginning of `bytes`.
    fn written(bytes: &[u8]) -> Self {
        Self(word(bytes, 0), word(bytes, 4))
    }

    /// Goes on over `bytes`, a multiple of eight of them.
    fn over(self, bytes: &[u8], read: fn([u8; 4]) -> u32) -> Self {
        let (words, _) = bytes.as_chunks::<4>();
        let (pairs, _) = words.as_chunks::<2>();
        pairs.iter().fold(self, |Self(a, b), [first, second]| {
            let a = a.wrapping_add(read(*first)).wrapping_add(b);
            Self(a, b.wrapping_add(read(*second)).wrapping_add(a))
        })
    }
}

/// One reading of the whole log.
fn look(path: &Path) -> io::Result<Option<(Header, Damage)>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut log = BufReader::new(file);
    let mut header: Header = [0; HEADER];
    if !fill(&mut log, &mut header)? {
        return Ok(None);
    }
    let page = word(&header, 8);
    if word(&header, 0) & !1 != MAGIC || !page.is_power_of_two() || !(512..=65536).contains(&page) {
        return Ok(None);
    }
    let read = if word(&header, 0) == MAGIC { u32::from_le_bytes } else { u32::from_be_bytes };
    let mut frame = vec![0; FRAME_HEADER + usize::try_from(page).expect("a page fits into memory")];
    let mut before = Checksum::written(&header[24..]);
    let mut broken = (before != Checksum(0, 0).over(&header[..24], read)).then_some(0);
    // Beyond a broken place: whether a commit was met, and every frame since fits.
    let mut is_after_commit = false;
    let mut number = 0;
    while fill(&mut log, &mut frame)? {
        number += 1;
        // Frames of former uses of the log have other salts.
        let is_of_this_use = frame[8..16] == header[16..24];
        let is_commit = is_of_this_use && word(&frame, 4) != 0;
        let written = Checksum::written(&frame[16..]);
        let fits = is_of_this_use && before.over(&frame[..8], read).over(&frame[FRAME_HEADER..], read) == written;
        before = written;
        match broken {
            None if fits => {}
            None => (broken, is_after_commit) = (Some(number), is_commit),
            Some(_) if !fits => is_after_commit = is_commit,
            Some(frame) if is_commit && is_after_commit => {
                let byte =
                    if frame == 0 { 0 } else { HEADER as u64 + (frame - 1) * (FRAME_HEADER as u64 + u64::from(page)) };
                return Ok(Some((header, Damage { frame, byte })));
            }
            Some(_) => is_after_commit |= is_commit,
        }
    }
    Ok(None)
}

/// Reads as much as `bytes` takes; false where the file ends before.
fn fill(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("a word has four bytes"))
}
