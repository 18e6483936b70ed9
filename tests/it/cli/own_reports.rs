//! The reports that a manifest asks for, of a run that is gone on with or repeated, from wherever.

use std::fs;
use std::os::unix::fs::symlink;

use super::desk::{Desk, Told};
use super::slots::{kill, live};

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

/// A desk whose run of `m/own.yaml` was cut off after its first launch.
fn cut_off() -> Desk {
    let desk = Desk::new();
    fs::create_dir_all(desk.path().join("m")).unwrap();
    fs::create_dir_all(desk.path().join("elsewhere")).unwrap();
    desk.file("m/own.yaml", MANIFEST);
    kill(live(&desk, "run m/own.yaml"));
    // It did not come to its report: only what it had prepared is left.
    fs::remove_dir_all(desk.path().join("m/out")).unwrap();
    desk
}

fn from_elsewhere(desk: &Desk, arguments: &str) -> Told {
    let elsewhere = desk.path().join("elsewhere");
    desk.told(desk.command(arguments).current_dir(elsewhere).output().unwrap())
}

#[test]
fn they_lie_beside_the_manifest_whoever_ends_the_run() {
    let desk = cut_off();
    let night = || desk.read("m/out/night.json");
    let resumed = from_elsewhere(&desk, "resume last --rate 100/s --format json");
    assert_eq!((resumed.code, desk.jobs()), (0, 2), "{}", resumed.shown());
    assert_eq!(night(), resumed.stdout);
    fs::remove_file(desk.path().join("m/out/night.json")).unwrap();
    let again = from_elsewhere(&desk, "resume last --format json");
    assert_eq!((again.code, night()), (0, resumed.stdout), "{}", again.shown());
    let rerun = from_elsewhere(&desk, "rerun last --all --rate 100/s --format json");
    assert_eq!((rerun.code, desk.jobs()), (0, 4), "{}", rerun.shown());
    assert_eq!(night(), rerun.stdout);
    let nothing = from_elsewhere(&desk, "rerun last --failed");
    assert_eq!((nothing.code, night()), (0, rerun.stdout), "{}", nothing.shown());
    // What a person asks for comes beside it, and not in its place.
    let both = from_elsewhere(&desk, "resume last --report json=own.json -q");
    assert_eq!((both.code, desk.read("elsewhere/own.json")), (0, night()), "{}", both.shown());
    let twice = from_elsewhere(&desk, "resume last --report json=../m/out/night.json");
    assert!(twice.code == 3 && twice.stderr.contains("two reports go to"), "{}", twice.shown());
    assert_eq!(fs::read_dir(desk.path().join("m/out")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_folder_that_is_gone_stops_no_run() {
    let desk = cut_off();
    fs::rename(desk.path().join("m"), desk.path().join("moved")).unwrap();
    let resumed = desk.sortie("resume last --rate 100/s --report json=here.json");
    assert_eq!((resumed.code, desk.jobs()), (0, 2), "{}", resumed.shown());
    assert!(!desk.path().join("m").exists());
    assert!(desk.path().join("here.json").exists());
    let expected = "m` is not there, so the reports that it asks for are not written\n";
    assert!(resumed.stderr.contains(expected), "{}", resumed.shown());
}

#[test]
fn no_link_leads_them_out_of_the_folder_nor_into_the_manifest() {
    let desk = cut_off();
    let out = desk.path().join("m/out");
    fs::create_dir(&out).unwrap();
    fs::hard_link(desk.path().join("m/own.yaml"), out.join("night.json")).unwrap();
    for verb in ["resume last", "rerun last --all"] {
        let told = desk.sortie(&format!("{verb} --rate 100/s"));
        let what = "would replace the manifest";
        assert!((told.code, desk.starts()) == (3, 1) && told.stderr.contains(what), "{verb}: {}", told.shown());
    }
    assert_eq!(desk.read("m/own.yaml"), MANIFEST);
    fs::remove_dir_all(&out).unwrap();
    symlink("../elsewhere", &out).unwrap();
    let resumed = desk.sortie("resume last --rate 100/s");
    assert_eq!((resumed.code, desk.jobs()), (0, 2), "{}", resumed.shown());
    let what = "out/night.json`, which the manifest asks for, is not written: this report lies outside of the manifest's \
                folder, where a link leads\n";
    assert!(resumed.stderr.contains(what), "{}", resumed.shown());
    assert_eq!(fs::read_dir(desk.path().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn one_that_cannot_be_written_is_told_of_and_stops_no_run() {
    let desk = cut_off();
    desk.file("m/out", "in the folder's place");
    for (verb, jobs) in [("resume last", 2), ("rerun last --all", 4)] {
        let told = desk.sortie(&format!("{verb} --rate 100/s"));
        assert_eq!((told.code, desk.jobs()), (0, jobs), "{verb}: {}", told.shown());
        let what = "out/night.json`, which the manifest asks for, is not written: not a directory\n  help: ";
        assert!(told.stderr.contains(what), "{verb}: {}", told.shown());
    }
    let asked = desk.sortie("resume last --report json=m/out/night.json");
    assert_eq!(asked.code, 3, "what the command line asks for is owed: {}", asked.shown());
}
