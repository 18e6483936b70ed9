//! The reports that a manifest asks for, of a run that is gone on with or repeated, from wherever.

use std::fs;
use std::os::unix::fs::symlink;

use crate::cli::cli_fixture::{CliFixture, CliOutput};
use crate::cli::live_run::{kill, live};

const MANIFEST: &str = "
version: 1
name: own
folder: Shared
reports: [{ format: json, path: out/night.json }]
limits: { launch: { rate: 1/h, burst: 1, concurrency: 1 } }
jobs:
  a: { release: Ping }
  b: { release: Ping }
";

/// A fixture whose run of `m/own.yaml` was cut off after its first launch.
fn cut_off() -> CliFixture {
    let fixture = CliFixture::new();
    fs::create_dir_all(fixture.path().join("m")).unwrap();
    fs::create_dir_all(fixture.path().join("elsewhere")).unwrap();
    fixture.file("m/own.yaml", MANIFEST);
    kill(live(&fixture, "run m/own.yaml"));
    // It did not come to its report: only what it had prepared is left.
    fs::remove_dir_all(fixture.path().join("m/out")).unwrap();
    fixture
}

fn from_elsewhere(fixture: &CliFixture, arguments: &str) -> CliOutput {
    let elsewhere = fixture.path().join("elsewhere");
    fixture.told(fixture.command(arguments).current_dir(elsewhere).output().unwrap())
}

#[test]
fn they_lie_beside_the_manifest_whoever_ends_the_run() {
    let fixture = cut_off();
    let night = || fixture.read("m/out/night.json");
    let resumed = from_elsewhere(&fixture, "resume last --rate 100/s --format json");
    assert_eq!((resumed.code, fixture.jobs()), (0, 2), "{}", resumed.shown());
    assert_eq!(night(), resumed.stdout);
    fs::remove_file(fixture.path().join("m/out/night.json")).unwrap();
    let again = from_elsewhere(&fixture, "resume last --format json");
    assert_eq!((again.code, night()), (0, resumed.stdout), "{}", again.shown());
    let rerun = from_elsewhere(&fixture, "rerun last --all --rate 100/s --format json");
    assert_eq!((rerun.code, fixture.jobs()), (0, 4), "{}", rerun.shown());
    assert_eq!(night(), rerun.stdout);
    let nothing = from_elsewhere(&fixture, "rerun last --failed");
    assert_eq!((nothing.code, night()), (0, rerun.stdout), "{}", nothing.shown());
    // What a person asks for comes beside it, and not in its place.
    let both = from_elsewhere(&fixture, "resume last --report json=own.json -q");
    assert_eq!((both.code, fixture.read("elsewhere/own.json")), (0, night()), "{}", both.shown());
    let twice = from_elsewhere(&fixture, "resume last --report json=../m/out/night.json");
    assert!(twice.code == 3 && twice.stderr.contains("two reports go to"), "{}", twice.shown());
    assert_eq!(fs::read_dir(fixture.path().join("m/out")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_folder_that_is_gone_stops_no_run() {
    let fixture = cut_off();
    fs::rename(fixture.path().join("m"), fixture.path().join("moved")).unwrap();
    let resumed = fixture.sortie("resume last --rate 100/s --report json=here.json");
    assert_eq!((resumed.code, fixture.jobs()), (0, 2), "{}", resumed.shown());
    assert!(!fixture.path().join("m").exists());
    assert!(fixture.path().join("here.json").exists());
    let expected = "m` is not there, so the reports that it asks for are not written\n";
    assert!(resumed.stderr.contains(expected), "{}", resumed.shown());
}

#[test]
fn no_link_leads_them_out_of_the_folder_nor_into_the_manifest() {
    let fixture = cut_off();
    let out = fixture.path().join("m/out");
    fs::create_dir(&out).unwrap();
    fs::hard_link(fixture.path().join("m/own.yaml"), out.join("night.json")).unwrap();
    for verb in ["resume last", "rerun last --all"] {
        let told = fixture.sortie(&format!("{verb} --rate 100/s"));
        let what = "would replace the manifest";
        assert!((told.code, fixture.starts()) == (3, 1) && told.stderr.contains(what), "{verb}: {}", told.shown());
    }
    assert_eq!(fixture.read("m/own.yaml"), MANIFEST);
    fs::remove_dir_all(&out).unwrap();
    symlink("../elsewhere", &out).unwrap();
    let resumed = fixture.sortie("resume last --rate 100/s");
    assert_eq!((resumed.code, fixture.jobs()), (0, 2), "{}", resumed.shown());
    let what = "out/night.json`, which the manifest asks for, is not written: this report lies outside of the manifest's \
                folder, where a link leads\n";
    assert!(resumed.stderr.contains(what), "{}", resumed.shown());
    assert_eq!(fs::read_dir(fixture.path().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn one_that_cannot_be_written_is_told_of_and_stops_no_run() {
    let fixture = cut_off();
    fixture.file("m/out", "in the folder's place");
    for (verb, jobs) in [("resume last", 2), ("rerun last --all", 4)] {
        let told = fixture.sortie(&format!("{verb} --rate 100/s"));
        assert_eq!((told.code, fixture.jobs()), (0, jobs), "{verb}: {}", told.shown());
        let what = "out/night.json`, which the manifest asks for, is not written: not a directory\n  help: ";
        assert!(told.stderr.contains(what), "{verb}: {}", told.shown());
    }
    let asked = fixture.sortie("resume last --report json=m/out/night.json");
    assert_eq!(asked.code, 3, "what the command line asks for is owed: {}", asked.shown());
}
