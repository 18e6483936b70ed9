//! Ledgers of form 2 in the hands of the program: reported as they are, taken along, and gone on with.

use std::fs;
use std::time::Duration;

use serde_json::Value;
use sortie::clock::{Clock as _, SystemClock, earlier};
use sortie::ids::RunId;
use sortie::ledger::{self, LockName, Locks as _};

use crate::cli::cli_fixture::{CliFixture, pause};
use crate::ledger::forms::{LEDGERS, data, form, known, put};
use crate::ledger::tamper;

/// `name` as the program's ledger.
fn with_ledger(name: &str) -> CliFixture {
    let fixture = CliFixture::new();
    put(name, &fixture.ledger());
    fixture
}

/// What the program says of a ledger: its runs, and the report of each, as text and as JSON.
fn reports(fixture: &CliFixture) -> (String, String) {
    let data = |arguments: &str| {
        let told = fixture.offline(arguments);
        assert_eq!(told.code, 0, "{}", told.shown());
        told.stdout
    };
    let (mut text, mut json) = (data("runs"), String::new());
    for run in fixture.runs() {
        let id = run["id"].as_str().unwrap();
        text.push_str(&data(&format!("report {id} -q")));
        json.push_str(&data(&format!("report {id} -q --format json")));
    }
    (text, json)
}

/// JSON reports without what newer versions add to them: readers ignore keys that they do not know. The first state of a robot
/// job, which older versions showed of one that nobody looked at, is left out.
fn as_it_was(reports: &str) -> Vec<Value> {
    let reports = serde_json::Deserializer::from_str(reports).into_iter::<Value>();
    let known = reports.map(|report| {
        let mut report = report.unwrap();
        for launch in report["launches"].as_array_mut().unwrap() {
            let launch = launch.as_object_mut().unwrap();
            for key in ["sent", "answered", "story"] {
                launch.remove(key);
            }
            for job in launch["robot-jobs"].as_array_mut().unwrap().iter_mut().filter(|job| job["state"] == "Pending") {
                job["state"] = Value::Null;
            }
        }
        report
    });
    known.collect()
}

#[test]
fn every_report_tells_what_the_older_version_told_and_is_the_same_before_and_after() {
    for (name, runs, events) in LEDGERS {
        let fixture = with_ledger(name);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            // The text is for people, and may be laid out anew; JSON stays.
            fs::write(data().join(format!("{name}.txt")), reports(&fixture).0).unwrap();
        }
        let written = |end: &str| fs::read_to_string(data().join(format!("{name}.{end}"))).unwrap();
        let (text, json) = reports(&fixture);
        assert_eq!(text, written("txt"), "{name}, as it is");
        assert_eq!(as_it_was(&json), as_it_was(&written("json")), "{name}, as it is");
        for verb in ["resume last", "reconcile last", "rerun last --failed", "run m.yaml"] {
            fixture.file("m.yaml", "version: 1\nname: m\nfolder: Shared\njobs: { a: { release: R } }\n");
            let told = fixture.sortie(verb);
            let path = fixture.ledger();
            let path = path.display();
            let words = format!(
                "error: ledger `{path}`: schema version 2 is one that this version of sortie reads, and no longer writes (3)\n  \
                 help: `sortie ledger migrate --ledger {path}` takes it along with all its runs; no older sortie can use it then\n"
            );
            assert_eq!((told.code, told.stderr.as_str()), (1, words.as_str()), "{name}: {verb}");
        }
        let migrated = fixture.offline("ledger migrate");
        let words = format!("now, and had 2: runs: {runs}, events: {events}\n");
        assert!(migrated.code == 0 && migrated.stderr.ends_with(&words), "{}", migrated.shown());
        assert_eq!(reports(&fixture), (text, json), "{name}, taken along");
        let again = fixture.offline("ledger migrate");
        assert!(again.code == 0 && again.stderr.ends_with("already: nothing was done\n"), "{}", again.shown());
        assert_eq!((fixture.starts(), fixture.lists()), (0, 0));
    }
}

/// The totals of the run in `name`, gone on with an hour later at a server that has none of its robot jobs. All of it was
/// written in one minute, `written`: of an attempt that is older than a day no list proves that nothing came of it.
fn resumed(name: &str, written: &str) -> (i32, String) {
    let fixture = with_ledger(name);
    let an_hour_ago = earlier(SystemClock::new().utc(), Duration::from_secs(3600)).to_string();
    let minute = &an_hour_ago[..written.len()];
    tamper(
        &fixture.ledger(),
        &format!(
            "UPDATE runs SET started = replace(started, '{written}', '{minute}');
             UPDATE events SET at = replace(at, '{written}', '{minute}'), event = replace(event, '{written}', '{minute}');"
        ),
    );
    assert_eq!(fixture.offline("ledger migrate").code, 0);
    // The server that it was begun with is gone: this one is called as that was.
    tamper(&fixture.ledger(), &format!("UPDATE runs SET tenant = '{}'", fixture.sandbox.url()));
    let told = fixture.sortie("resume last --format json");
    let totals = &told.json()["totals"];
    (
        told.code,
        format!("{} started, {} rejected, {} unknown", totals["started"], totals["rejected"], totals["unknown"]),
    )
}

#[test]
fn a_run_whose_launches_are_all_in_doubt_is_gone_on_with_as_by_the_older_version() {
    assert_eq!(resumed("doubted", "2026-11-27T14:20:"), (0, "7 started, 0 rejected, 0 unknown".to_owned()));
}

#[test]
fn a_run_that_was_cut_off_among_lost_answers_is_gone_on_with_as_by_the_older_version() {
    assert_eq!(resumed("cut-off", "2026-11-27T14:19:"), (12, "24 started, 1 rejected, 6 unknown".to_owned()));
}

#[test]
fn a_process_at_a_run_keeps_its_ledger_as_it_is() {
    let fixture = with_ledger("cut-off");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = runtime.block_on(ledger::open_to_read(&fixture.ledger())).unwrap();
    let _held = runtime.block_on(store.lock(LockName::Run(RunId::from_bytes([1; 16])))).unwrap();
    let told = fixture.offline("ledger migrate");
    assert_eq!(told.code, 14, "{}", told.shown());
    assert!(told.stderr.contains("is in use: another process holds `run-0101"), "{}", told.shown());
    assert_eq!(form(&fixture.ledger()), 2);
}

#[test]
fn a_migration_that_is_killed_leaves_the_ledger_whole() {
    let fixture = with_ledger("over");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    // So many events that it takes a while, and more pages than are kept in memory.
    let more = "WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < 60)
                INSERT INTO events SELECT run, launch + 1000 * n, number + 10000 * n, at, form, event FROM events, k";
    tamper(&fixture.ledger(), more);
    let before = runtime.block_on(known(&fixture.ledger()));
    let log = fixture.path().join("ledger.db-wal");
    let mut killed = 0;
    for least in [0, 1, 500_000, 1_500_000] {
        let mut process = fixture.spawn("ledger migrate");
        while fs::metadata(&log).map_or(0, |log| log.len()) < least && process.try_wait().unwrap().is_none() {
            pause(Duration::from_millis(1));
        }
        process.kill().unwrap();
        process.wait().unwrap();
        let now = runtime.block_on(known(&fixture.ledger()));
        assert!(now == before, "killed at {least} bytes of its log, in form {}", form(&fixture.ledger()));
        killed += u32::from(form(&fixture.ledger()) == 2);
    }
    assert!(killed > 0, "it was killed in the middle");
    assert_eq!(fixture.offline("ledger migrate").code, 0);
    assert!(form(&fixture.ledger()) == 3 && runtime.block_on(known(&fixture.ledger())) == before);
}
