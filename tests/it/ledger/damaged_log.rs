//! A write-ahead log that is damaged in its middle is refused with the place; one that only looks so is taken.

use std::error::Error as _;
use std::fs;
use std::path::Path;

use sortie::ledger::state::Verdict;
use sortie::ledger::{self, AnyStore, EventLog as _, LedgerError, RunStore as _};

use super::{intended, run, run_id, started, verdicts};

/// Bytes of the log's header, and of a frame.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;

/// A ledger's main file, its log, and where each commit of the log ends.
struct Files {
    main: Vec<u8>,
    log: Vec<u8>,
    ends: Vec<usize>,
}

impl Files {
    fn frames(&self) -> usize {
        (self.log.len() - HEADER) / FRAME
    }

    /// The number of the commit that the byte at `at` belongs to.
    fn commit_of(&self, at: usize) -> usize {
        self.ends.iter().position(|end| at < *end).unwrap()
    }
}

/// What lies on the disk after a run of 20 launches, of which `commits` times five more were begun.
async fn files(commits: u32) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let mut ends = vec![read("ledger.db-wal").len()];
    ledger.open_run(run(1)).await.unwrap();
    ends.push(read("ledger.db-wal").len());
    for commit in 0..commits {
        let launches = commit * 5..commit * 5 + 5;
        ledger.append(run_id(1), launches.map(|launch| intended(launch, 1)).collect()).await.unwrap();
        ends.push(read("ledger.db-wal").len());
    }
    // While the ledger is open its log is not folded into the main file.
    Files { main: read("ledger.db"), log: read("ledger.db-wal"), ends }
}

/// Opens a ledger of these files, in a folder of its own.
async fn open(folder: &Path, main: &[u8], log: &[u8]) -> Result<AnyStore, LedgerError> {
    let path = folder.join("ledger.db");
    fs::write(&path, main).unwrap();
    fs::write(folder.join("ledger.db-wal"), log).unwrap();
    ledger::open(&path).await
}

#[track_caller]
fn why(opened: Result<AnyStore, LedgerError>) -> String {
    match opened {
        Err(error @ LedgerError::Unsound(_)) => error.source().unwrap().to_string(),
        Err(error) => panic!("{error:?}"),
        Ok(_) => String::new(),
    }
}

#[tokio::test]
async fn damage_before_the_last_commit_is_refused_with_its_place() {
    let files = files(4).await;
    let last = files.ends.len() - 1;
    assert!(files.frames() > 10, "{}", files.frames());
    for frame in 0..files.frames() {
        let begin = HEADER + frame * FRAME;
        // Its page, and its checksum. The last but one commit ends with a checksum that ties the last one to it.
        let tie = files.ends[last - 1] - FRAME + 16;
        for byte in [begin + 24 + 1000, begin + 16] {
            let mut log = files.log.clone();
            log[byte] ^= 1;
            let folder = tempfile::tempdir().unwrap();
            let why = why(open(folder.path(), &files.main, &log).await);
            let number = frame + 1;
            let expected = if files.commit_of(byte) == last || byte == tie {
                // The last commit may be torn: SQLite rolls back.
                String::new()
            } else {
                format!("frame {number} of its write-ahead log (byte {begin}) does not fit, and commits follow it")
            };
            assert_eq!(why, expected, "byte {byte}");
        }
    }
    let mut log = files.log.clone();
    log[25] ^= 1;
    let folder = tempfile::tempdir().unwrap();
    let why = why(open(folder.path(), &files.main, &log).await);
    assert_eq!(why, "frame 0 of its write-ahead log (byte 0) does not fit, and commits follow it");
}

#[tokio::test]
async fn a_last_commit_whose_parts_were_written_out_of_order_is_rolled_back() {
    let files = files(4).await;
    let last = files.ends[files.ends.len() - 2];
    let mut log = files.log.clone();
    log[last..last + FRAME].fill(0);
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), &files.main, &log).await.unwrap();
    let former: Vec<_> = (0..15).map(|launch| (launch, Verdict::Unknown)).collect();
    assert_eq!(verdicts(&ledger, 0, 100).await, former);
}

#[tokio::test]
async fn what_a_killed_process_left_beyond_the_end_is_no_damage() {
    let files = files(1).await;
    let (former, now) = (files.ends[files.ends.len() - 2], files.log.len());
    let before = &files.log[..former];
    // A process dies between its last write and the moment at which others see it: its commit is all there, and the next
    // process writes over its beginning.
    let folder = tempfile::tempdir().unwrap();
    let large = {
        let ledger = open(folder.path(), &files.main, before).await.unwrap();
        ledger.append(run_id(1), (0..400).map(|launch| intended(launch, 1)).collect()).await.unwrap();
        fs::read(folder.path().join("ledger.db-wal")).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut small = {
        let ledger = open(folder.path(), &files.main, before).await.unwrap();
        ledger.append(run_id(1), vec![intended(0, 1)]).await.unwrap();
        ledger.append(run_id(1), vec![started(0)]).await.unwrap();
        fs::read(folder.path().join("ledger.db-wal")).unwrap()
    };
    assert_eq!((&small[..former], &large[..former]), (before, before), "both go on with the same log");
    assert!(large.len() > small.len() + 2 * FRAME && small.len() > former && now > former);
    small.extend_from_slice(&large[small.len()..]);
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path(), &files.main, &small).await.unwrap();
    assert_eq!(verdicts(&ledger, 0, 100).await, [(0, Verdict::Started)]);
}
