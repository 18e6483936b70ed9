//! What the ledger costs, in figures for whoever changes its form:
//! `cargo test --release --test it -- --ignored --nocapture ledger::cost`.

#![allow(clippy::print_stdout, reason = "figures")]

use std::fs;

use sortie::clock::{Clock as _, SystemClock};
use sortie::ids::{LaunchId, Ordinal};
use sortie::ledger::{self, EventLog as _, RunStore as _};

use super::forms::put;
use super::{intended, run, run_id, started, tamper};

const RUNS: u8 = 30;
const LAUNCHES: u32 = 10_000;

#[tokio::test]
#[ignore = "figures, by hand"]
async fn many_runs_of_many_launches() {
    let clock = SystemClock::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let store = ledger::open(&path).await.unwrap();
    let begin = clock.now();
    for byte in 1..=RUNS {
        store.open_run(run(byte)).await.unwrap();
        for first in (0..LAUNCHES).step_by(128) {
            let launches = first..LAUNCHES.min(first + 128);
            // What was begun by one commit is over by the next.
            store.append(run_id(byte), launches.clone().map(|ordinal| intended(ordinal, 1)).collect()).await.unwrap();
            store.append(run_id(byte), launches.map(started).collect()).await.unwrap();
        }
    }
    let all = f64::from(RUNS) * f64::from(LAUNCHES);
    println!("written: {:.1} us a launch, syncs included", clock.now().since(begin).as_secs_f64() * 1e6 / all);
    let begin = clock.now();
    let mut from = 0;
    while let Some((last, _)) = store.read_states(run_id(1), Ordinal(from), 1000).await.unwrap().last() {
        from = last.0 + 1;
    }
    println!("read in pages: {:.1} us a launch", clock.now().since(begin).as_secs_f64() * 1e6 / f64::from(LAUNCHES));
    store.open_run(run(RUNS + 1)).await.unwrap();
    for known in [true, false] {
        let name = |n: u32| if known { format!("job-{n}") } else { format!("new-{n}") };
        let wanted = (0..LAUNCHES).map(|n| LaunchId::from(name(n).as_str())).collect();
        let begin = clock.now();
        let found = store.started_elsewhere(run_id(RUNS + 1), wanted).await.unwrap().len();
        println!("{found} of {LAUNCHES} started elsewhere, by {RUNS} runs: {:?}", clock.now().since(begin));
    }
}

#[tokio::test]
#[ignore = "figures, by hand"]
async fn one_ledger_in_both_forms() {
    let clock = SystemClock::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    put("over", &path);
    let more = "WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < 300)
                INSERT INTO events SELECT run, launch + 1000 * n, number + 10000 * n, at, form, event FROM events, k";
    tamper(&path, more);
    for form in ["2", "3"] {
        let store = ledger::open_to_read(&path).await.unwrap();
        let runs = store.find_runs("", usize::MAX).await.unwrap();
        let begin = clock.now();
        let mut launches = 0;
        for run in &runs {
            launches += store.read_states(run.id, Ordinal(0), usize::MAX).await.unwrap().len();
        }
        println!("form {form}: {launches} states in {:?}", clock.now().since(begin));
        let begin = clock.now();
        let wanted = vec![LaunchId::from("nobody's")];
        for run in &runs {
            assert!(store.started_elsewhere(run.id, wanted.clone()).await.unwrap().is_empty());
        }
        println!("form {form}: looked for one launch in the runs beside each, in {:?}", clock.now().since(begin));
        drop(store);
        tamper(&path, "VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
        println!("form {form}: {} bytes", fs::metadata(&path).unwrap().len());
        let begin = clock.now();
        println!("{:?} in {:?}", ledger::migrate(&path).await.unwrap(), clock.now().since(begin));
    }
}
