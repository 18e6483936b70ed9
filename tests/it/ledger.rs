//! The ledger's promises, kept by every store: durable, all or none, in order, refused when damaged.

mod damaged_log;
mod ownership;
mod rations;
mod snapshot;
mod tenants;
mod torn;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use sortie::clock::Timestamp;
use sortie::exit::ExitStatus;
use sortie::ids::{AttemptNo, Digest, FolderId, FolderRef, JobId, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
use sortie::launch_terms::{AmbiguityPolicy, Expected};
use sortie::ledger::event::{AttemptEnd, Intent, LaunchEvent, Record};
use sortie::ledger::state::Verdict;
use sortie::ledger::totals::Totals;
use sortie::ledger::{
    self, AnyStore, EventLog as _, LedgerError, LockName, Locks as _, OtherRunLaunch, RunEnd, RunNote, RunRecord,
    RunStore as _,
};
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
            expected: Expected::Exactly(1),
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

async fn verdicts(ledger: &AnyStore, from: u32, most: usize) -> Vec<(u32, Verdict)> {
    let states = ledger.read_states(run_id(1), Ordinal(from), most).await.unwrap();
    states.into_iter().map(|(ordinal, state)| (ordinal.0, state.verdict())).collect()
}

/// Writes to the file behind the ledger's back.
fn tamper(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn what_was_appended_is_there_after_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/ledger.db");
    {
        let ledger = ledger::open(&path).await.unwrap();
        ledger.open_run(run(1)).await.unwrap();
        ledger.append(run_id(1), vec![intended(2, 1), intended(0, 1)]).await.unwrap();
        ledger.append(run_id(1), vec![started(2)]).await.unwrap();
        ledger
            .append(run_id(1), vec![ended(0, 1, AttemptEnd::Unsent("refused".to_owned())), intended(0, 2)])
            .await
            .unwrap();
    }
    let ledger = ledger::open(&path).await.unwrap();
    assert_eq!(verdicts(&ledger, 0, 10).await, [(0, Verdict::Unknown), (2, Verdict::Started)]);
    assert_eq!(verdicts(&ledger, 0, 1).await, [(0, Verdict::Unknown)], "a page");
    assert_eq!(verdicts(&ledger, 1, 10).await, [(2, Verdict::Started)], "the page after it");
    let (record, end) = ledger.read_run(run_id(1)).await.unwrap();
    assert_eq!((record, end), (run(1), None));
}

#[tokio::test]
async fn a_run_ends_with_what_was_said_last() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    let totals = Totals { launches: 3, started: 1, not_sent: 2, ..Totals::default() };
    let end = |exit| RunEnd { ended: "2026-01-31T00:10:00Z".parse().unwrap(), exit, totals };
    ledger.close_run(run_id(1), end(ExitStatus::NotSent)).await.unwrap();
    ledger.close_run(run_id(1), end(ExitStatus::Success)).await.unwrap();
    assert_eq!(ledger.read_run(run_id(1)).await.unwrap().1, Some(end(ExitStatus::Success)));
    ledger.reopen_run(run_id(1), Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(ledger.read_run(run_id(1)).await.unwrap().1, None, "taken up again, it has no end");
    assert_eq!(ledger.find_runs("", 1).await.unwrap()[0].end, None);
}

#[tokio::test]
async fn a_taken_or_missing_run_is_its_callers_matter_alone() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    assert!(matches!(ledger.open_run(run(1)).await, Err(LedgerError::RunExists(id)) if id == run_id(1)));
    assert!(matches!(ledger.append(run_id(2), vec![intended(0, 1)]).await, Err(LedgerError::NoRun(_))));
    assert!(matches!(ledger.read_run(run_id(2)).await, Err(LedgerError::NoRun(_))));
    ledger.append(run_id(1), vec![intended(0, 1)]).await.expect("others go on");
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
    tamper(&path, "CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'disk full'); END;");
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
    tamper(&path, "UPDATE events SET event = '{\"star' WHERE launch = 1;");
    let damaged = ledger.read_states(run_id(1), Ordinal(0), 10).await;
    assert_eq!(damaged.unwrap_err().to_string(), "the ledger is damaged at event 2 of launch 1");
    tamper(
        &path,
        "DELETE FROM events WHERE launch = 1; UPDATE events SET event = replace(event, 'intended', 'expired');",
    );
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
    assert!(matches!(ledger::open(&other).await, Err(LedgerError::TooNew { found: 7, known: 2, .. })));
    tamper(&other, "PRAGMA user_version = 1;");
    assert!(matches!(ledger::open(&other).await, Err(LedgerError::TooOld { found: 1, known: 2, .. })));
    assert!(matches!(ledger::open(Path::new("/proc/nowhere/ledger.db")).await, Err(LedgerError::Unopened { .. })));
}

#[tokio::test]
async fn a_lock_is_held_by_one_and_free_once_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    let other = ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    assert!(!ledger.is_held(LockName::Run(run_id(1))).await.unwrap());
    let held = ledger.lock(LockName::Run(run_id(1))).await.unwrap().expect("it is free");
    assert!(other.is_held(LockName::Run(run_id(1))).await.unwrap());
    assert!(!other.is_held(LockName::Run(run_id(2))).await.unwrap());
    assert!(other.lock(LockName::Run(run_id(1))).await.unwrap().is_none());
    assert!(other.lock(LockName::Run(run_id(2))).await.unwrap().is_some(), "another run's lock is its own");
    let manifest = |name: &str| LockName::Manifest { tenant: "https://a".to_owned(), name: name.to_owned() };
    let _nightly = ledger.lock(manifest("nightly")).await.unwrap().expect("it is free");
    assert!(other.lock(manifest("nightly")).await.unwrap().is_none());
    assert!(other.lock(manifest("hourly")).await.unwrap().is_some());
    drop(held);
    assert!(!other.is_held(LockName::Run(run_id(1))).await.unwrap());
    assert!(other.lock(LockName::Run(run_id(1))).await.unwrap().is_some());
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

#[tokio::test]
async fn runs_are_found_by_prefix_newest_first_and_keep_their_notes() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    for byte in [0x11, 0x12, 0x21] {
        ledger.open_run(run(byte)).await.unwrap();
    }
    let end =
        RunEnd { ended: "2026-01-31T00:10:00Z".parse().unwrap(), exit: ExitStatus::Unknown, totals: Totals::default() };
    ledger.close_run(run_id(0x12), end).await.unwrap();
    let found = ledger.find_runs("1", 10).await.unwrap();
    assert_eq!(found.iter().map(|run| run.id).collect::<Vec<_>>(), [run_id(0x12), run_id(0x11)]);
    assert_eq!((found[0].end, found[1].end), (Some(end), None));
    assert_eq!(ledger.find_runs("", 1).await.unwrap()[0].id, run_id(0x21));
    assert!(ledger.find_runs("%", 10).await.unwrap().is_empty());
    let note = RunNote::Superseded { by: run_id(0x21) };
    ledger.note(run_id(0x11), note.clone()).await.unwrap();
    assert_eq!(ledger.read_notes(run_id(0x11)).await.unwrap(), [note]);
    assert_eq!(ledger.read_notes(run_id(0x12)).await.unwrap(), []);
}

#[tokio::test]
async fn runs_of_one_manifest_on_one_tenant_are_found_newest_first() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    ledger.open_run(RunRecord { name: "hourly".to_owned(), ..run(2) }).await.unwrap();
    ledger.open_run(RunRecord { tenant: "https://other".to_owned(), ..run(3) }).await.unwrap();
    ledger.open_run(run(4)).await.unwrap();
    let found = ledger.runs_of(&run(1).tenant, "nightly", 10).await.unwrap();
    assert_eq!(found.iter().map(|run| run.id).collect::<Vec<_>>(), [run_id(4), run_id(1)]);
    assert_eq!(ledger.runs_of(&run(1).tenant, "nightly", 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_another_run_may_have_started_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger::open(&folder.path().join("ledger.db")).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    ledger.open_run(RunRecord { name: "hourly".to_owned(), ..run(2) }).await.unwrap();
    ledger.open_run(run(3)).await.unwrap();
    let unsent = |ordinal| ended(ordinal, 1, AttemptEnd::Unsent("refused".to_owned()));
    let passed = record(3, LaunchEvent::StartedElsewhere { by: run_id(9), certain: true });
    let events = vec![intended(0, 1), started(0), intended(1, 1), intended(2, 1), unsent(2), passed];
    ledger.append(run_id(1), events).await.unwrap();
    ledger.append(run_id(2), vec![intended(2, 1), started(2)]).await.unwrap();
    let all: Vec<LaunchId> = (0..4).map(|n| LaunchId::from(format!("job-{n}").as_str())).collect();
    let elsewhere = |found: Vec<OtherRunLaunch>| -> Vec<(String, RunId, bool)> {
        let mut found: Vec<_> = found.into_iter().map(|one| (one.launch.to_string(), one.run, one.certain)).collect();
        found.sort();
        found
    };
    let found = elsewhere(ledger.started_elsewhere(run_id(3), all.clone()).await.unwrap());
    let one = |name: &str, certain| (name.to_owned(), run_id(1), certain);
    assert_eq!(found, [one("job-0", true), one("job-1", false)], "not what was surely unsent, nor of another manifest");
    assert_eq!(elsewhere(ledger.started_elsewhere(run_id(3), all[2..].to_vec()).await.unwrap()), []);
    assert_eq!(elsewhere(ledger.started_elsewhere(run_id(1), all).await.unwrap()), [], "its own starts are its own");
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
