//! What a report must not replace: it is refused before anything is sent, and the file stays as it is.

use std::fs;

use crate::cli::cli_fixture::CliFixture;

const MANIFEST: &str = "version: 1
name: m
folder: Shared
params: { p: { type: string } }
jobs:
  a:
    release: R
    for-each: { csv: rows.csv, key: id }
    arguments: { id: \"${{ row.id }}\" }
  b: { release: R }
";

/// A fixture with one file of each kind.
fn fixture() -> CliFixture {
    let fixture = CliFixture::new();
    for (name, text) in [
        ("m.yaml", MANIFEST),
        ("rows.csv", "id\n1\n"),
        ("given.csv", "id\n2\n"),
        ("b.json", "{}"),
        ("params.yaml", "p: x\n"),
        ("config.yaml", "profiles: {}\n"),
    ] {
        fixture.file(name, text);
    }
    fixture
}

#[track_caller]
fn check(fixture: &CliFixture, arguments: &str, report: &str, what: &str) {
    let before = fs::read(fixture.path().join(report)).ok();
    let told = fixture.sortie(&format!("{arguments} --report json={report}"));
    let expected = format!("{report}` would replace {what}\n");
    assert!(told.code == 3 && told.stderr.contains(&expected), "{arguments} {report}: {}", told.shown());
    assert_eq!(fs::read(fixture.path().join(report)).ok(), before, "{report}");
    assert_eq!(fixture.starts(), 0);
}

#[test]
fn no_report_replaces_what_the_run_reads() {
    let fixture = fixture();
    let run = "run m.yaml --params-file params.yaml --config config.yaml --arguments b=b.json";
    std::os::unix::fs::symlink("m.yaml", fixture.path().join("link.yaml")).unwrap();
    fs::hard_link(fixture.path().join("m.yaml"), fixture.path().join("hard.yaml")).unwrap();
    for (report, what) in [
        // Nothing of it is there yet.
        ("ledger.db", "the ledger"),
        ("./ledger.db", "the ledger"),
        ("ledger.db-wal", "a part of the ledger"),
        ("ledger.db-shm", "a part of the ledger"),
        ("ledger.db.locks/x", "a lock of the ledger"),
        ("m.yaml", "the manifest"),
        ("hard.yaml", "the manifest"),
        ("rows.csv", "a file that the manifest names"),
        ("params.yaml", "the params file"),
        ("b.json", "the file that is given for job `b`"),
        ("config.yaml", "the config file"),
    ] {
        check(&fixture, run, report, what);
    }
    let told = fixture.sortie(&format!("{run} --report json=link.yaml"));
    assert!(told.code == 3 && told.stderr.contains("would replace the manifest"), "{}", told.shown());
    check(&fixture, &format!("{run} --data a=given.csv"), "given.csv", "the file that is given for job `a`");
}

#[test]
fn no_report_replaces_the_sandboxs_world_or_faults() {
    let fixture = fixture();
    fixture.file("world.yaml", "folders: [{ path: Shared }]\nreleases: [{ name: R, folder: Shared }]\n");
    fixture.file("faults.yaml", "[]\n");
    let run = "run m.yaml --params-file params.yaml --sandbox --world world.yaml";
    check(&fixture, run, "world.yaml", "the sandbox's world");
    let told = fixture.offline("run m.yaml --params-file params.yaml --sandbox --ledger l.db --report json=l.db");
    assert!(told.code == 3 && told.stderr.contains("would replace the ledger"), "{}", told.shown());
}

#[test]
fn no_report_of_a_run_that_is_taken_up_replaces_its_ledger_or_its_manifest() {
    let fixture = fixture();
    let told = fixture.sortie("run m.yaml --params-file params.yaml");
    assert_eq!(told.code, 0, "{}", told.shown());
    for verb in ["resume", "reconcile", "report", "rerun --failed"] {
        for (report, what) in [("ledger.db", "the ledger"), ("m.yaml", "the manifest")] {
            let before = fs::read(fixture.path().join(report)).unwrap();
            let told = fixture.sortie(&format!("{verb} last --report json={report}"));
            assert!(
                told.code == 3 && told.stderr.contains(&format!("would replace {what}")),
                "{verb}: {}",
                told.shown()
            );
            assert_eq!(fs::read(fixture.path().join(report)).unwrap(), before, "{report}");
        }
    }
}
