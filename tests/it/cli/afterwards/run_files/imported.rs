//! A run that came in a file: it is shown, and nothing of it is ever sent, settled or stopped from here.

use serde_json::Value;

use super::{exported, mixed};
use crate::cli::cli_fixture::CliFixture;

/// Where it was imported; it was launched by the fixture's own ledger.
const HERE: &str = " --ledger here.db";

/// A run that was cut off in the middle on one host, and the ledger of another into which it was imported.
fn imported() -> (CliFixture, String) {
    let fixture = mixed();
    exported(&fixture);
    let id = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    let told = fixture.offline(&format!("runs import night.run{HERE}"));
    assert!(told.code == 0 && told.stderr.contains("is imported"), "{}", told.shown());
    (fixture, id)
}

#[test]
fn it_is_listed_and_reported_as_where_it_was_launched() {
    let (fixture, id) = imported();
    let runs: Vec<Value> =
        serde_json::from_value(fixture.offline(&format!("runs --format json{HERE}")).json()).unwrap();
    assert_eq!((runs.len(), &runs[0]["id"], &runs[0]["state"]), (1, &id.as_str().into(), &"imported".into()));
    assert_eq!(runs[0]["exit-code"], 11);
    for format in ["json", "text"] {
        let here = fixture.offline(&format!("report {id} --format {format}{HERE}"));
        let file = fixture.offline(&format!("report night.run --format {format}{HERE}"));
        assert_eq!((here.code, here.stdout), (0, file.stdout), "{}", here.stderr);
    }
    let told = fixture.offline(&format!("report last{HERE}"));
    assert!(told.code == 3 && told.stderr.contains("no run yet"), "`last` is what was launched here: {}", told.shown());
    // It can be carried on.
    assert_eq!(fixture.offline(&format!("runs export {id} again.run{HERE}")).code, 0);
    let events = |name: &str| {
        let text = fixture.read(name);
        text.lines().filter(|line| line.starts_with("{\"line\":\"event\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(events("again.run"), events("night.run"));
}

#[test]
fn nothing_of_it_can_be_sent_settled_or_stopped_here() {
    let (fixture, id) = imported();
    let (starts, lists) = (fixture.starts(), fixture.lists());
    for command in [
        format!("resume {id}"),
        format!("reconcile {id}"),
        format!("reconcile {id} --launch a --as absent"),
        format!("rerun {id} --failed"),
        format!("rerun {id} --all"),
        format!("cancel {id} --yes"),
        format!("pause {id}"),
        format!("continue {id}"),
        format!("set {id} --burst 1"),
    ] {
        let told = fixture.sortie(&format!("{command}{HERE}"));
        assert_eq!(told.code, 3, "{command}: {}", told.shown());
        assert!(
            told.stderr.contains("was imported") && told.stderr.contains("do it there"),
            "{command}: {}",
            told.shown()
        );
    }
    assert_eq!((fixture.starts(), fixture.lists()), (starts, lists), "no server was asked");
    let report = fixture.offline(&format!("report {id}{HERE}")).stdout;
    assert_eq!(report, fixture.offline(&format!("report night.run{HERE}")).stdout, "nothing was noted");
}

#[test]
fn a_slot_that_was_run_elsewhere_is_not_begun_again_and_other_runs_do_not_see_it() {
    let fixture = CliFixture::new();
    let manifest = |extra: &str| {
        format!("version: 1\nname: m\nfolder: Shared\n{extra}jobs: {{ a: {{ release: Ping, once: true }} }}\n")
    };
    fixture.file("m.yaml", &manifest(""));
    assert_eq!(fixture.sortie("run m.yaml --slot 2026-01-31T00:00:00Z --ledger origin.db").code, 0);
    assert_eq!(fixture.offline("runs export last night.run --ledger origin.db").code, 0);
    assert_eq!(fixture.offline("runs import night.run").code, 0);
    let starts = fixture.starts();
    let told = fixture.sortie("run m.yaml --slot 2026-01-31T00:00:00Z");
    assert!(told.code == 3 && told.stderr.contains("was imported"), "{}", told.shown());
    assert_eq!(fixture.starts(), starts);
    // A file is anybody's word: it stands in no launch's way that this ledger would start.
    let told = fixture.sortie("run m.yaml --slot 2026-02-01T00:00:00Z");
    assert_eq!((told.code, fixture.starts()), (0, starts + 1), "{}", told.shown());
}

#[test]
fn the_same_again_is_nothing_a_later_file_adds_and_anything_else_is_refused() {
    let (fixture, id) = imported();
    let told = fixture.offline(&format!("runs import night.run{HERE}"));
    assert!(told.code == 0 && told.stderr.contains("nothing was done"), "{}", told.shown());
    // Somebody goes on where it was launched.
    let told = fixture.sortie(&format!("pause {id}"));
    assert!([0, 3].contains(&told.code), "{}", told.shown());
    let told = fixture.sortie(&format!("rerun {id} --failed"));
    assert_eq!(told.code, 0, "{}", told.shown());
    assert_eq!(fixture.offline(&format!("runs export {id} later.run")).code, 0);
    let told = fixture.offline(&format!("runs import later.run{HERE}"));
    assert!(told.code == 0 && told.stderr.contains("what is new was added"), "{}", told.shown());
    let told = fixture.offline(&format!("runs import night.run{HERE}"));
    assert!(
        told.code == 0 && told.stderr.contains("nothing was done"),
        "an older file takes nothing away: {}",
        told.shown()
    );
    // The ledger that launched it takes no file's word for it.
    let told = fixture.offline("runs import night.run ");
    assert!(told.code == 3 && told.stderr.contains("was launched by this ledger"), "{}", told.shown());
}
