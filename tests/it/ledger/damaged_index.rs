//! One changed bit in the index by which the blocks of a run are found: no launch is hidden by it.

use std::collections::BTreeSet;
use std::fs;

use sortie::ids::Ordinal;
use sortie::ledger::{self, EventLog as _, RunStore as _};

use super::{intended, run, run_id, started};

#[tokio::test]
async fn a_changed_bit_of_the_index_hides_no_launch() {
    const LAUNCHES: u32 = 40;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    for launch in 0..LAUNCHES {
        ledger.append(run_id(1), vec![intended(launch, 1), started(launch)]).await.unwrap();
    }
    let whole = ledger.read_states(run_id(1), Ordinal(0), 100).await.unwrap();
    drop(ledger);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'blocks_of_runs'";
    let page: u32 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    let length: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    drop(connection);
    let (page, length) = (page as usize, length as usize);
    let kept = fs::read(&path).unwrap();
    let (mut same, mut refusals) = (0, BTreeSet::new());
    for at in (0..length).step_by(5) {
        let copy = folder.path().join(format!("{at}.db"));
        let mut changed = kept.clone();
        changed[(page - 1) * length + at] ^= 1 << (at % 8);
        fs::write(&copy, changed).unwrap();
        let Ok(ledger) = ledger::open(&copy).await else { continue };
        match ledger.read_states(run_id(1), Ordinal(0), 100).await {
            Ok(states) => {
                assert_eq!(states, whole, "byte {at} of the index");
                same += 1;
            }
            Err(error) => drop(refusals.insert(error.to_string())),
        }
        drop(ledger);
        fs::remove_file(copy).unwrap();
    }
    assert!(same > 0, "most of the page is empty");
    assert!(refusals.contains("the ledger is damaged at the blocks of run 1"), "{refusals:?}");
}
