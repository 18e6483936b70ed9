//! Ledgers of other forms: what this version does with each, and that nothing of a ledger of form 2 is lost on the way.
//!
//! The ledgers were made by the last version that wrote form 2 (`tests/data/ledgers/README.md`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sortie::ids::{Ordinal, RunId};
use sortie::ledger::state::LaunchState;
use sortie::ledger::{
    self, EventLog as _, LedgerError, LockName, Locks as _, Migrated, Rations as _, RunEnd, RunNote, RunRecord,
    RunStore as _, TenantState,
};

use super::{run, run_id, tamper};

/// The ledgers, each with its number of runs and of events.
pub(crate) const LEDGERS: [(&str, u64, u64); 3] = [("over", 8, 106), ("cut-off", 1, 62), ("doubted", 1, 8)];

pub(crate) fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ledgers/form-2")
}

/// A copy of a ledger of form 2, as it was left.
pub(crate) fn put(name: &str, to: &Path) {
    fs::copy(data().join(format!("{name}.db")), to).unwrap();
    let log = data().join(format!("{name}.db-wal"));
    if log.exists() {
        fs::copy(log, to.with_extension("db-wal")).unwrap();
    }
}

pub(crate) fn form(path: &Path) -> i64 {
    rusqlite::Connection::open(path).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

/// All that a store has of a run.
pub(crate) type Known = (RunRecord, Option<RunEnd>, Vec<RunNote>, TenantState, Vec<(Ordinal, LaunchState)>);

/// All that the ledger at `path` has.
pub(crate) async fn known(path: &Path) -> BTreeMap<RunId, Known> {
    let store = ledger::open_to_read(path).await.unwrap();
    let mut known = BTreeMap::new();
    for run in store.find_runs("", usize::MAX).await.unwrap() {
        let (record, end) = store.read_run(run.id).await.unwrap();
        let notes = store.read_notes(run.id).await.unwrap();
        let tenant = store.read_tenant(run.id).await.unwrap();
        let states = store.read_states(run.id, Ordinal(0), usize::MAX).await.unwrap();
        known.insert(run.id, (record, end, notes, tenant, states));
    }
    known
}

#[tokio::test]
async fn each_form_is_read_written_and_taken_along_as_the_table_says() {
    let table = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ledger-forms.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=4 {
        let path = folder.path().join(format!("{number}.db"));
        if number == 2 {
            put("over", &path);
        } else {
            drop(ledger::open(&path).await.unwrap());
            tamper(&path, &format!("PRAGMA user_version = {number}"));
        }
        let read = match ledger::open_to_read(&path).await {
            Ok(_) => "read",
            Err(LedgerError::TooOld { .. } | LedgerError::TooNew { .. }) => "refused",
            Err(error) => panic!("{number}: {error}"),
        };
        let written = match ledger::open(&path).await {
            Ok(_) => "read and written",
            Err(LedgerError::Outdated { .. }) => "refused, with the command",
            Err(LedgerError::TooOld { .. } | LedgerError::TooNew { .. }) => "refused",
            Err(error) => panic!("{number}: {error}"),
        };
        let taken = match ledger::migrate(&path).await {
            Ok(Migrated { from, to, .. }) if from == to => "nothing to do".to_owned(),
            Ok(Migrated { to, .. }) => format!("to form {to}"),
            Err(LedgerError::TooOld { .. } | LedgerError::TooNew { .. }) => "refused".to_owned(),
            Err(error) => panic!("{number}: {error}"),
        };
        let cells = format!("| {read} | {written} | {taken} |");
        let row = table.lines().find(|line| line.starts_with(&format!("| {number} "))).expect("a row");
        assert!(row.ends_with(&cells), "{row}\n{cells}");
        if read == "refused" {
            assert_eq!(form(&path), number, "it is left as it is");
        }
    }
}

#[tokio::test]
async fn nothing_is_lost_on_the_way_to_form_3() {
    for (name, runs, events) in LEDGERS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        put(name, &path);
        let before = known(&path).await;
        assert_eq!((before.len() as u64, form(&path)), (runs, 2), "{name}: looking changes nothing");
        assert_eq!(ledger::migrate(&path).await.unwrap(), Migrated { from: 2, to: 3, runs, events }, "{name}");
        assert_eq!(form(&path), 3);
        assert!(known(&path).await == before, "{name}");
        assert_eq!(ledger::migrate(&path).await.unwrap(), Migrated { from: 3, to: 3, runs: 0, events: 0 }, "{name}");
        let store = ledger::open(&path).await.unwrap();
        store.open_run(run(1)).await.unwrap();
        store.append(run_id(1), vec![super::intended(0, 1)]).await.expect("it goes on");
    }
}

#[tokio::test]
async fn what_was_started_elsewhere_is_told_of_either_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    put("over", &path);
    let ask = async || {
        let store = ledger::open_to_read(&path).await.unwrap();
        let mut told = Vec::new();
        for run in store.find_runs("", usize::MAX).await.unwrap() {
            let (record, _) = store.read_run(run.id).await.unwrap();
            let states = store.read_states(run.id, Ordinal(0), usize::MAX).await.unwrap();
            let launches = states.iter().filter_map(|(_, state)| Some(state.attempts()?.intent.launch.clone()));
            let mut found = store.started_elsewhere(run.id, launches.collect()).await.unwrap();
            found.sort_by_key(|found| found.launch.clone());
            told.push((run.id, found, store.knows(&record.tenant, run.id).await.unwrap()));
        }
        told
    };
    let before = ask().await;
    assert!(before.iter().any(|(_, found, _)| found.len() > 1), "{before:?}");
    ledger::migrate(&path).await.unwrap();
    assert_eq!(ask().await, before);
}

#[tokio::test]
async fn a_ledger_in_use_is_not_taken_along() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    put("cut-off", &path);
    let store = ledger::open_to_read(&path).await.unwrap();
    let run = store.find_runs("", 1).await.unwrap()[0].id;
    let held = store.lock(LockName::Run(run)).await.unwrap();
    let refused = ledger::migrate(&path).await;
    assert!(matches!(&refused, Err(LedgerError::InUse { lock, .. }) if *lock == format!("run-{run}")), "{refused:?}");
    assert_eq!(form(&path), 2);
    drop(held);
    ledger::migrate(&path).await.unwrap();
    // Whoever opened it before finds its events gone, and sends nothing.
    assert!(store.read_states(run, Ordinal(0), 9).await.is_err());
}

#[tokio::test]
async fn damage_stops_a_migration_with_its_place_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    put("over", &path);
    tamper(
        &path,
        "UPDATE events SET event = '{\"star' WHERE launch = 1 AND number = 1 + (SELECT min(number) FROM events)",
    );
    let refused = ledger::migrate(&path).await;
    assert!(matches!(&refused, Err(LedgerError::Damaged { .. })), "{refused:?}");
    assert_eq!(form(&path), 2);
    let tables: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'blocks'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 0);
}

/// What a power loss leaves: the migration's transaction cut off at any byte.
#[tokio::test]
async fn a_migration_that_is_torn_leaves_the_ledger_whole_in_one_form_or_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    put("over", &path);
    let before = known(&path).await;
    // While it is open its log is not folded into the main file.
    let open = ledger::open_to_read(&path).await.unwrap();
    open.find_runs("", 1).await.unwrap();
    ledger::migrate(&path).await.unwrap();
    let (main, log) = (fs::read(&path).unwrap(), fs::read(folder.path().join("ledger.db-wal")).unwrap());
    let mut forms = Vec::new();
    for length in (0..log.len()).step_by(4999).chain([log.len()]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        fs::write(&path, &main).unwrap();
        fs::write(folder.path().join("ledger.db-wal"), &log[..length]).unwrap();
        assert!(known(&path).await == before, "{length} of {} bytes", log.len());
        forms.push(form(&path));
    }
    assert_eq!((forms[0], *forms.last().unwrap()), (2, 3));
    assert!(forms.is_sorted());
}
