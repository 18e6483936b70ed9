//! A ledger that others can write, or that is another's, says nothing that a run may rely on.

#![allow(clippy::print_stderr, reason = "a test that cannot be tried must say so")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;

use sortie::ledger::{self, LedgerError, LockName, Locks as _, RunStore as _};

use super::{run, run_id};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn what_others_may_do_with_a_ledger_is_taken_from_them() {
    for before in [0o666, 0o644, 0o660, 0o600] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let locks = folder.path().join("ledger.db.locks");
        fs::write(&path, "").unwrap();
        set_mode(&path, before);
        fs::create_dir(&locks).unwrap();
        set_mode(&locks, 0o777);
        let ledger = ledger::open(&path).await.unwrap();
        ledger.open_run(run(1)).await.unwrap();
        for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
            assert_eq!(mode(&folder.path().join(file)), 0o600, "{file}, made with {before:o}");
        }
        assert_eq!(mode(&locks), 0o700);
        set_mode(&path, 0o664);
        set_mode(&folder.path().join("ledger.db-wal"), 0o664);
        let again = ledger::open(&path).await.unwrap();
        assert_eq!(again.read_run(run_id(1)).await.unwrap().0, run(1));
        assert_eq!((mode(&path), mode(&folder.path().join("ledger.db-wal"))), (0o600, 0o600));
    }
}

#[tokio::test]
async fn a_file_that_is_no_ledger_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter");
    fs::write(&path, "a letter, and no ledger at all").unwrap();
    set_mode(&path, 0o644);
    assert!(matches!(ledger::open(&path).await, Err(LedgerError::Foreign { .. })));
    assert_eq!(mode(&path), 0o644);
}

#[tokio::test]
async fn a_link_in_the_place_of_what_lies_beside_a_ledger_is_not_followed() {
    for end in [".locks", "-wal", "-shm", "-journal"] {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        symlink(&elsewhere, folder.path().join(format!("ledger.db{end}"))).unwrap();
        let refused = ledger::open(&folder.path().join("ledger.db")).await;
        let error = refused.err().unwrap();
        assert!(matches!(error, LedgerError::LinkBeside { .. }), "{end}: {error}");
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0, "{end}");
    }
}

#[tokio::test]
async fn locks_do_not_go_through_a_link_that_came_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, ledger::side_files(&path).locks).unwrap();
    let taken = ledger.lock(LockName::Run(run_id(1))).await;
    assert!(matches!(taken, Err(LedgerError::Unlockable { .. })));
    assert!(ledger.is_held(LockName::Run(run_id(1))).await.is_err());
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[tokio::test]
async fn a_ledger_of_another_user_is_refused() {
    const ANOTHER: u32 = 54_321;
    for part in ["ledger.db", "ledger.db.locks"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        fs::write(&path, "").unwrap();
        fs::create_dir(folder.path().join("ledger.db.locks")).unwrap();
        if chown(folder.path().join(part), Some(ANOTHER), None).is_err() {
            eprintln!("SKIPPED: nothing can be given to another user here");
            return;
        }
        let error = ledger::open(&path).await.err().unwrap();
        assert!(matches!(error, LedgerError::OfAnother { owner: ANOTHER, .. }), "{part}: {error}");
    }
}
