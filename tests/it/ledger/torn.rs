//! The last commit torn off at any byte: what was committed before it stays, and of it all is there or nothing.

use std::fs;
use std::path::Path;

use sortie::ledger::state::Verdict;
use sortie::ledger::{self, EventLog as _, RunStore as _};

use super::{intended, run, run_id, started, verdicts};

/// What a power loss leaves of the write-ahead log from a byte on.
#[derive(Clone, Copy)]
enum Rest {
    /// Nothing: the file ends there.
    Gone,
    /// The file is as long as it should be, but what follows never reached the disk.
    Zeros,
}

/// The ledger as it would be found with `log` as its write-ahead log. In a folder of its own: the ledger closes behind us.
async fn found(memory: &Path, main: &[u8], log: &[u8]) -> Vec<(u32, Verdict)> {
    let folder = tempfile::tempdir_in(memory).unwrap();
    let path = folder.path().join("ledger.db");
    fs::write(&path, main).unwrap();
    fs::write(folder.path().join("ledger.db-wal"), log).unwrap();
    let ledger = ledger::open(&path).await.unwrap();
    verdicts(&ledger, 0, 100).await
}

#[tokio::test]
async fn a_torn_commit_is_there_wholly_or_not_at_all() {
    // A prime, so that all parts of a page and of its header get their turn.
    tear(97).await;
}

/// `cargo test --test it -- --ignored torn`.
#[tokio::test]
#[ignore = "takes minutes; by hand"]
async fn a_commit_torn_at_every_byte_is_there_wholly_or_not_at_all() {
    tear(1).await;
}

/// Tears the last commit off at one byte in `step`.
async fn tear(step: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    ledger.append(run_id(1), (0..20).map(|launch| intended(launch, 1)).collect()).await.unwrap();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let before = read("ledger.db-wal").len();
    ledger.append(run_id(1), (0..20).map(started).collect()).await.unwrap();
    // While the ledger is open its log is not folded into the main file.
    let (main, log) = (read("ledger.db"), read("ledger.db-wal"));
    assert!(log.len() > before, "the commit is in the log");
    let of = |verdict| (0..20).map(|launch| (launch, verdict)).collect::<Vec<_>>();
    let (former, latter) = (of(Verdict::Unknown), of(Verdict::Started));

    let memory = Path::new("/dev/shm");
    let memory = if memory.exists() { memory.to_owned() } else { std::env::temp_dir() };
    for rest in [Rest::Gone, Rest::Zeros] {
        for byte in (before..log.len()).step_by(step) {
            let mut left = log[..byte].to_vec();
            match rest {
                Rest::Gone => {}
                Rest::Zeros => left.resize(log.len(), 0),
            }
            // What follows may have been zero anyway.
            let expected = if left == log { &latter } else { &former };
            assert_eq!(found(&memory, &main, &left).await, *expected, "byte {byte} of {}", log.len());
        }
    }
    assert_eq!(found(&memory, &main, &log).await, latter);
}
