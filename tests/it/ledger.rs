//! The ledger: what every store promises, and what is SQLite's own: its file, its locks, damage, forms.

mod conformance;
mod cost;
mod damaged_index;
mod damaged_log;
pub(crate) mod forms;
mod ownership;
mod rations;
mod tenants;
mod torn;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use sortie::clock::Timestamp;
use sortie::ids::{AttemptNo, Digest, FolderId, FolderRef, JobId, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
use sortie::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use sortie::ledger::event::{AttemptEnd, Intent, LaunchEvent, Record};
use sortie::ledger::state::Verdict;
use sortie::ledger::{self, EventLog, LedgerError, LockName, Locks as _, RunRecord, RunStore as _};
use sortie::robot_job::RobotJob;

fn run_id(byte: u8) -> RunId {
    RunId::from_bytes([byte; 16])
}

fn run(byte: u8) -> RunRecord {
    RunRecord {
        id: run_id(byte),
        name: "nightly".to_owned(),
        slot: Some("2026-01-31T00:00:00Z".to_owned()),
        profile: "prod".to_owned(),
        tenant: "https://cloud.uipath.com/acme/prod".to_owned(),
        started: "2026-01-31T00:00:01Z".parse().unwrap(),
        plan_digest: Digest::of(b"plan"),
        launches: 3,
        inputs: b"inputs".repeat(100),
        version: "0.1.0".to_owned(),
    }
}

fn intended(ordinal: u32, attempt: u32) -> Record {
    let launch = LaunchId::from(format!("job-{ordinal}").as_str());
    record(
        ordinal,
        LaunchEvent::Intended(Intent {
            attempt: AttemptNo(attempt),
            reference: Reference::new(None, run_id(1), &launch),
            launch,
            folder: FolderRef::Id(FolderId(7)),
            release: ReleaseKey(uuid::Uuid::nil()),
            expected: ExpectedJobs::Exactly(1),
            on_ambiguous: AmbiguityPolicy::Resend,
            body_digest: Digest::of(b"{}"),
            not_before: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::UNIX_EPOCH,
            server_ahead_ms: None,
            clock_era: None,
        }),
    )
}

fn record(ordinal: u32, event: LaunchEvent) -> Record {
    Record { ordinal: Ordinal(ordinal), at: Timestamp::UNIX_EPOCH, event }
}

fn ended(ordinal: u32, attempt: u32, end: AttemptEnd) -> Record {
    record(ordinal, LaunchEvent::Ended { attempt: AttemptNo(attempt), end })
}

fn started(ordinal: u32) -> Record {
    let job = RobotJob { id: JobId(i64::from(ordinal) + 100), ..RobotJob::default() };
    ended(ordinal, 1, AttemptEnd::Started(vec![job]))
}

async fn verdicts(ledger: &impl EventLog, from: u32, most: usize) -> Vec<(u32, Verdict)> {
    let states = ledger.read_states(run_id(1), Ordinal(from), most).await.unwrap();
    states.into_iter().map(|(ordinal, state)| (ordinal.0, state.verdict())).collect()
}

/// Writes to the file behind the ledger's back.
pub(crate) fn tamper(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn callers_that_wait_together_share_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    let before = ledger.commits();
    let appends = (0..200).map(|ordinal| ledger.append(run_id(1), vec![intended(ordinal, 1)]));
    for done in futures::future::join_all(appends).await {
        done.unwrap();
    }
    assert!(ledger.commits() - before < 200, "{} commits", ledger.commits() - before);
    assert_eq!(verdicts(&ledger, 0, 1000).await.len(), 200);
}

#[tokio::test]
async fn after_a_failed_write_nothing_more_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    tamper(&path, "CREATE TRIGGER full BEFORE INSERT ON blocks BEGIN SELECT RAISE(ABORT, 'disk full'); END;");
    let failed = ledger.append(run_id(1), vec![intended(0, 1)]).await;
    assert!(matches!(failed, Err(LedgerError::Unwritten(_))), "{failed:?}");
    tamper(&path, "DROP TRIGGER full;");
    let again = ledger.append(run_id(1), vec![intended(0, 1)]).await;
    assert!(matches!(again, Err(LedgerError::Closed)), "{again:?}");
    assert_eq!(verdicts(&ledger, 0, 10).await, []);
}

#[tokio::test]
async fn only_its_owner_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["new/ledger.db", "new/ledger.db-wal", "new/ledger.db-shm"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn damage_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    ledger.append(run_id(1), vec![intended(0, 1), intended(1, 1)]).await.unwrap();
    let kept: Vec<u8> = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT events FROM blocks", [], |row| row.get(0))
        .unwrap();
    let put = |bytes: &[u8]| {
        rusqlite::Connection::open(&path).unwrap().execute("UPDATE blocks SET events = ?1", [bytes]).unwrap();
    };
    let why = async |bytes: &[u8]| {
        put(bytes);
        let error = ledger.read_states(run_id(1), Ordinal(0), 10).await.unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        (error.to_string(), cause)
    };
    let place = "the ledger is damaged at block 1".to_owned();
    let mut changed = kept.clone();
    changed[40] ^= 1;
    let expected = "its checksum does not fit: bytes were changed or lost".to_owned();
    assert_eq!(why(&changed).await, (place.clone(), expected.clone()));
    assert_eq!(why(&kept[..kept.len() - 1]).await, (place.clone(), expected));
    let newer = [&[7], &kept[1..]].concat();
    let expected = "a block of version 7, and this version of sortie reads up to 6".to_owned();
    assert_eq!(why(&newer).await, (place.clone(), expected));
    assert_eq!(why(b"").await, (place, "it ends too early".to_owned()));
    // The same events once more: a second intent cannot follow.
    put(&kept);
    tamper(&path, "INSERT INTO blocks (run, first, last, events) SELECT run, first, last, events FROM blocks");
    let contradiction = ledger.read_states(run_id(1), Ordinal(0), 10).await;
    assert!(matches!(contradiction, Err(LedgerError::Contradiction { ordinal: Ordinal(0), .. })), "{contradiction:?}");
}

#[tokio::test]
async fn a_file_of_another_kind_or_of_another_form_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "not a database, but long enough to be read as one".repeat(10)).unwrap();
    assert!(matches!(ledger::open(&text).await, Err(LedgerError::Foreign { .. })));
    let other = folder.path().join("other.db");
    drop(ledger::open(&other).await.unwrap());
    tamper(&other, "PRAGMA user_version = 7;");
    assert!(matches!(ledger::open(&other).await, Err(LedgerError::TooNew { found: 7, known: 3, .. })));
    tamper(&other, "PRAGMA user_version = 1;");
    assert!(matches!(ledger::open(&other).await, Err(LedgerError::TooOld { found: 1, known: 3, .. })));
    assert!(matches!(ledger::open(Path::new("/proc/nowhere/ledger.db")).await, Err(LedgerError::Unopened { .. })));
}

#[tokio::test]
async fn a_ledger_has_one_lock_by_whatever_name_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    let held = ledger.lock(LockName::Run(run_id(1))).await.unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = elsewhere.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let linked = ledger::open(&link).await.unwrap();
    assert!(held.is_some() && linked.lock(LockName::Run(run_id(1))).await.unwrap().is_none());
    assert!(ledger::find_holder(&link, &LockName::Run(run_id(1))).unwrap().is_some());
    // Of hard links nobody can tell which one is the file.
    std::fs::hard_link(&path, elsewhere.path().join("hard.db")).unwrap();
    for name in [&path, &link, &elsewhere.path().join("hard.db")] {
        assert!(matches!(ledger::open(name).await, Err(LedgerError::Linked { links: 2, .. })));
    }
}

#[tokio::test]
async fn whoever_lost_its_lock_writes_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    ledger.open_run(run(2)).await.unwrap();
    let lock = ledger.lock(LockName::Run(run_id(1))).await.unwrap().expect("it is free");
    ledger.append(run_id(1), vec![intended(0, 1)]).await.unwrap();
    std::fs::remove_dir_all(folder.path().join("ledger.db.locks")).unwrap();
    let other = ledger::open(&path).await.unwrap();
    let taken = other.lock(LockName::Run(run_id(1))).await.unwrap();
    assert!(taken.is_some(), "nothing keeps the other out");
    let lost = ledger.append(run_id(1), vec![intended(1, 1)]).await;
    assert!(matches!(lost, Err(LedgerError::LockLost(run)) if run == run_id(1)), "{lost:?}");
    other.append(run_id(1), vec![started(0)]).await.unwrap();
    assert_eq!(verdicts(&other, 0, 100).await, [(0, Verdict::Started)]);
    // What lies there is the other's lock.
    drop(lock);
    assert!(other.is_held(LockName::Run(run_id(1))).await.unwrap());
}

#[tokio::test]
async fn nothing_is_written_to_a_file_that_nobody_would_find() {
    for way in ["moved", "removed", "replaced", "emptied"] {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("ledger.db"), folder.path().join("other"));
        let ledger = ledger::open(&path).await.unwrap();
        ledger.open_run(run(1)).await.unwrap();
        ledger.append(run_id(1), vec![intended(0, 1)]).await.unwrap();
        match way {
            "moved" => std::fs::rename(&path, &other).unwrap(),
            "removed" => std::fs::remove_file(&path).unwrap(),
            "replaced" => {
                std::fs::write(&other, "another file").unwrap();
                std::fs::rename(&other, &path).unwrap();
            }
            _ => std::fs::File::options().write(true).open(&path).unwrap().set_len(0).unwrap(),
        }
        let lost = ledger.append(run_id(1), vec![started(0)]).await;
        assert!(matches!(&lost, Err(LedgerError::FileLost(lost)) if *lost == path), "{way}: {lost:?}");
        if way == "moved" {
            std::fs::rename(&other, &path).unwrap();
            drop(ledger);
            let again = ledger::open(&path).await.unwrap();
            again.append(run_id(1), vec![started(0)]).await.unwrap();
            assert_eq!(verdicts(&again, 0, 100).await, [(0, Verdict::Started)]);
        }
    }
}

#[tokio::test]
async fn the_holder_of_a_lock_may_leave_word() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    let name = LockName::Run(run_id(1));
    assert!(ledger::find_holder(&path, &name).unwrap().is_none());
    // A holder that was killed leaves its files, and its word in them.
    let locks = folder.path().join("ledger.db.locks");
    std::fs::create_dir_all(&locks).unwrap();
    let litter = locks.join(format!("run-{}.live", run_id(1)));
    std::fs::write(&litter, "the word of the dead").unwrap();
    assert!(ledger::find_holder(&path, &name).unwrap().is_none(), "nobody holds it");
    let lock = ledger.lock(name.clone()).await.unwrap().expect("it is free");
    let word = || ledger::find_holder(&path, &name).unwrap().expect("it is held").word().unwrap();
    assert_eq!(word(), "");
    ledger.leave_word(&lock, Digest::of(b"work")).await.unwrap();
    assert_eq!(word(), Digest::of(b"work").to_string());
    // Two that look at once are no holders.
    drop(lock);
    std::fs::write(&litter, "").unwrap();
    let looking = std::fs::File::open(&litter).unwrap();
    looking.lock_shared().unwrap();
    assert!(ledger::find_holder(&path, &name).unwrap().is_none());
}

#[test]
fn whoever_opens_a_new_ledger_at_the_same_moment_finds_it_theirs() {
    for _ in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let start = std::sync::Barrier::new(8);
        std::thread::scope(|scope| {
            let openers = [(); 8].map(|()| {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    start.wait();
                    runtime.block_on(ledger::open(&path)).map(drop)
                })
            });
            for opener in openers {
                opener.join().unwrap().unwrap();
            }
        });
    }
}
