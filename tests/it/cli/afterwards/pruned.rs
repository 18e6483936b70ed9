//! `runs prune`: what goes, what stays and why, and that no promise is lost with it.

use std::fs;
use std::process::{Command, Stdio};

use crate::cli::cli_fixture::{CliFixture, pause};

const JOBS: &str = "jobs:\n  a: { release: Ping }\n";

fn manifest(name: &str) -> String {
    format!("version: 1\nname: {name}\nfolder: Shared\n{JOBS}")
}

fn runs(fixture: &CliFixture) -> Vec<String> {
    fixture.runs().iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn old_runs_go_and_those_that_something_needs_stay() {
    let fixture = CliFixture::new();
    for (name, text) in [
        ("free", manifest("free")),
        ("careful", manifest("careful").replace("release: Ping", "release: Ping, once: true")),
        ("chain", manifest("chain")),
    ] {
        fixture.file(&format!("{name}.yaml"), &text);
        for _ in 0..3 {
            assert_eq!(fixture.sortie(&format!("run {name}.yaml")).code, 0, "{name}");
        }
    }
    // The second of the chain is run again, and that run is the newest of its manifest.
    let second = fixture.runs()[1]["id"].as_str().unwrap().to_owned();
    assert_eq!(fixture.sortie(&format!("rerun {second} --all")).code, 0);
    let before = runs(&fixture);
    let young = fixture.offline("runs prune --older-than 1h");
    assert_eq!((young.code, runs(&fixture)), (0, before.clone()), "{}", young.shown());
    let dry = fixture.offline("runs prune --older-than 0s --dry-run");
    assert_eq!((dry.code, runs(&fixture)), (0, before), "{}", dry.shown());
    assert!(dry.stdout.contains("4 runs would be taken out\n"), "{}", dry.shown());
    let told = fixture.offline("runs prune --older-than 0s");
    assert_eq!(told.code, 0, "{}", told.shown());
    assert!(told.stdout.contains("4 runs taken out; the ledger has "), "{}", told.shown());
    assert!(told.stdout.contains("kept 3 runs: their manifest says `once`"), "{}", told.shown());
    assert_eq!(runs(&fixture), ["chain", "chain", "careful", "careful", "careful", "free"], "{}", told.shown());
    // What stays is whole: `once` still knows, the chain still reports.
    let again = fixture.sortie("run careful.yaml --format json");
    assert_eq!(again.json()["totals"]["skipped"], 1, "{}", again.shown());
    assert_eq!(fixture.offline(&format!("report {second}")).code, 0);
}

#[test]
fn a_slot_and_a_key_that_were_pruned_are_never_begun_again() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &manifest("keyed").replace("jobs:", "schedule: { slot: 1d }\njobs:"));
    for identity in ["--run-key first", "--slot 2026-01-30", "--slot 2026-01-31"] {
        assert_eq!(fixture.sortie(&format!("run m.yaml {identity}")).code, 0);
    }
    let starts = fixture.starts();
    assert_eq!(fixture.offline("runs prune --older-than 0s").code, 0);
    assert_eq!(fixture.runs().len(), 1, "the newest stays");
    for identity in ["--run-key first", "--slot 2026-01-30"] {
        let told = fixture.sortie(&format!("run m.yaml {identity}"));
        assert_eq!((told.code, fixture.starts()), (3, starts), "{}", told.shown());
        assert!(told.stderr.contains(", and pruned since: "), "{}", told.shown());
    }
    let newest = fixture.sortie("run m.yaml --slot 2026-01-31");
    assert_eq!((newest.code, fixture.starts()), (0, starts), "{}", newest.shown());
    assert_eq!(fixture.sortie("run m.yaml --run-key another").code, 0);
}

#[test]
fn a_run_that_is_open_stays_however_old_it_is() {
    let fixture = CliFixture::new();
    fixture.file(
        "m.yaml",
        &manifest("open")
            .replace("jobs:\n", "limits: { launch: { rate: 1/h, burst: 1 } }\njobs:\n  b: { release: Ping }\n"),
    );
    let child = crate::cli::live_run::live(&fixture, "run m.yaml");
    let told = fixture.offline("runs prune --older-than 0s");
    assert_eq!((told.code, fixture.runs().len()), (0, 1), "{}", told.shown());
    crate::cli::live_run::kill(child);
    let told = fixture.offline("runs prune --older-than 0s");
    assert_eq!((told.code, fixture.runs().len()), (0, 1), "{}", told.shown());
    assert!(told.stdout.starts_with("kept 1 run: something is left to do"), "{}", told.shown());
}

#[test]
fn what_would_make_a_slot_missed_or_cut_a_chain_stays() {
    let fixture = CliFixture::new();
    let slotted = manifest("slotted").replace("jobs:\n", "schedule: { slot: 1d }\njobs:\n");
    fixture.file(
        "m.yaml",
        &slotted.replace("jobs:\n", "limits: { launch: { rate: 1/h, burst: 1 } }\njobs:\n  b: { release: Ping }\n"),
    );
    crate::cli::live_run::kill(crate::cli::live_run::live(&fixture, "run m.yaml --slot 2026-01-29"));
    fixture.file("m.yaml", &slotted);
    for slot in ["2026-01-30", "2026-01-31"] {
        assert_eq!(fixture.sortie(&format!("run m.yaml --slot {slot}")).code, 0);
    }
    let told = fixture.offline("runs prune --older-than 0s");
    assert_eq!((told.code, fixture.runs().len()), (0, 3), "{}", told.shown());
    for kept in [
        "kept 1 run: something is left to do",
        "kept 1 run: the run of an earlier slot is kept, and theirs would count as missed",
        "kept 1 run: each is the newest",
    ] {
        assert!(told.stdout.contains(kept), "{}", told.shown());
    }
}

#[test]
fn a_chain_of_reruns_goes_as_a_whole_and_is_not_begun_again() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &manifest("chain"));
    assert_eq!(fixture.sortie("run m.yaml --run-key k").code, 0);
    let first = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(fixture.sortie(&format!("rerun {first} --all")).code, 0);
    // Of a chain whose newest run stays, the first one stays too.
    let told = fixture.offline("runs prune --older-than 0s");
    assert_eq!((told.code, fixture.runs().len()), (0, 2), "{}", told.shown());
    assert!(told.stdout.contains("kept 1 run: a rerun of them, or what they rerun, is kept"), "{}", told.shown());
    assert_eq!(fixture.sortie("run m.yaml").code, 0);
    let starts = fixture.starts();
    let told = fixture.offline("runs prune --older-than 0s");
    assert_eq!((told.code, fixture.runs().len()), (0, 1), "{}", told.shown());
    for command in [format!("rerun {first} --all"), format!("resume {first}"), "run m.yaml --run-key k".to_owned()] {
        let told = fixture.sortie(&command);
        assert_eq!((told.code, fixture.starts()), (3, starts), "{command}: {}", told.shown());
    }
}

#[test]
fn runs_of_a_tenant_that_was_spelled_otherwise_stay() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &manifest("old").replace("jobs:", "schedule: { slot: 1d }\njobs:"));
    for slot in ["2026-01-30", "2026-01-31"] {
        assert_eq!(fixture.sortie(&format!("run m.yaml --slot {slot}")).code, 0);
    }
    // As a version wrote it that did not fold letter case.
    let ledger = rusqlite::Connection::open(fixture.path().join("ledger.db")).unwrap();
    ledger.execute("UPDATE runs SET tenant = upper(tenant)", []).unwrap();
    drop(ledger);
    let told = fixture.offline("runs prune --older-than 0s");
    assert_eq!((told.code, fixture.runs().len()), (0, 2), "{}", told.shown());
    assert!(told.stdout.contains("their tenant is spelled as an older sortie did"), "{}", told.shown());
}

#[test]
fn a_kill_at_any_moment_leaves_a_ledger_that_is_whole() {
    let fixture = CliFixture::new();
    let jobs = (0..40).map(|job| format!("  j{job}: {{ release: Ping }}\n")).collect::<Vec<_>>().concat();
    fixture.file("m.yaml", &format!("version: 1\nname: many\nfolder: Shared\njobs:\n{jobs}"));
    for _ in 0..8 {
        assert_eq!(fixture.sortie("run m.yaml --rate 1000/s --burst 100 --concurrency 32").code, 0);
    }
    // A part of it may still be in its log.
    let files = ["", "-wal"]
        .map(|end| (fixture.path().join(format!("ledger.db{end}")), fixture.path().join(format!("original.db{end}"))));
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        let _ = fs::remove_file(to);
        if from.exists() {
            fs::copy(from, to).unwrap();
        }
    };
    for (ledger, original) in &files {
        copy(ledger, original);
    }
    let restore = || {
        for (ledger, original) in &files {
            copy(original, ledger);
        }
    };
    let mut left = std::collections::BTreeSet::new();
    for delay in (0..24).map(|step| step * 4) {
        let _ = fs::remove_file(fixture.path().join("ledger.db-shm"));
        restore();
        let mut command: Command = fixture.command_without_a_server("runs prune --older-than 0s");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        pause(std::time::Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        let runs = fixture.runs();
        left.insert(runs.len());
        assert!(runs.len() == 8 || runs.len() == 1, "some of a batch went: {}", runs.len());
        for run in &runs {
            let told = fixture.offline(&format!("report {} --format json", run["id"].as_str().unwrap()));
            assert_eq!((told.code, told.json()["totals"]["started"].clone()), (0, 40.into()), "{}", told.shown());
        }
    }
    assert!(left.contains(&8), "it was killed before: {left:?}");
    let _ = fs::remove_file(fixture.path().join("ledger.db-shm"));
    restore();
    let told = fixture.offline("runs prune --older-than 0s --format json");
    assert_eq!(told.code, 0, "{}", told.shown());
    assert_eq!(fixture.runs().len(), 1);
    let told = told.json();
    assert!(told["bytes-now"].as_u64().unwrap() < told["bytes-before"].as_u64().unwrap(), "it shrinks: {told}");
}
