//! A run in one file: its report is the run's, byte for byte, and what is not whole is refused with its line.

mod damaged;
mod imported;
mod merged;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Status};

use crate::cli::cli_fixture::CliFixture;
use crate::cli::program::project;

const FORMATS: [&str; 7] = ["text", "json", "jsonl", "csv", "junit", "markdown", "html"];

/// Launches that are started, refused, lost and found, and one that is skipped.
const MIXED: &str = "
version: 1
name: mixed
folder: Shared
limits: { launch: { concurrency: 1 } }
jobs:
  a: { release: Ping }
  b: { release: Ping, matrix: { n: [1, 2, 3] }, arguments: { n: '${{ matrix.n }}' } }
  c: { release: Ping, if: '${{ false }}' }
";

/// A run of which the second start is refused, and the answer to the third is lost.
pub(super) fn mixed() -> CliFixture {
    let faults = Faults::new()
        .at(
            Operation::StartJobs,
            Position::Nth(2),
            Fault::before(Reply::Status(Status::of(409).error(2818, "no \u{1b}[31m machine"))),
        )
        .at(Operation::StartJobs, Position::Nth(3), Fault::after(Reply::Reset));
    let fixture = CliFixture::with(&World::obliging(), faults);
    fixture.file("m.yaml", MIXED);
    let told = fixture.sortie("run m.yaml --no-wait");
    assert_eq!(told.code, 11, "{}", told.shown());
    fixture
}

/// The file of the newest run.
#[track_caller]
pub(super) fn exported(fixture: &CliFixture) -> String {
    let told = fixture.offline("runs export last night.run");
    assert!(told.code == 0 && told.stdout.is_empty(), "{}", told.shown());
    fixture.read("night.run")
}

#[test]
fn a_report_of_the_file_is_that_of_the_run_in_every_format() {
    let fixture = mixed();
    exported(&fixture);
    // Elsewhere: without the ledger, its folder, or a home.
    let elsewhere = CliFixture::new();
    fs::copy(fixture.path().join("night.run"), elsewhere.path().join("night.run")).unwrap();
    for format in FORMATS {
        let here = fixture.offline(&format!("report last --format {format}"));
        let mut command = elsewhere.command_without_a_server(&format!("report night.run --format {format}"));
        let there = elsewhere.told(command.env_remove("SORTIE_LEDGER").env_remove("HOME").output().unwrap());
        assert!(there.code == 0 && !there.stdout.is_empty(), "{}", there.shown());
        if ["text", "markdown", "html"].contains(&format) {
            // Commands are typed where it was launched.
            assert!(there.stdout.contains("This run was launched by another ledger"), "{}", there.shown());
            let lost: Vec<&str> = here.stdout.lines().filter(|line| !there.stdout.contains(line)).collect();
            assert_eq!(lost, [""; 0], "{format}: {}", there.shown());
        } else {
            assert_eq!(there.stdout, here.stdout, "{format}: {}", there.shown());
        }
        let told = elsewhere.offline(&format!("report ./night.run --report {format}=out.{format}"));
        assert_eq!((told.code, elsewhere.read(&format!("out.{format}"))), (0, there.stdout), "{}", told.shown());
    }
}

#[test]
fn the_file_is_private_and_each_line_is_of_the_published_schema() {
    let fixture = mixed();
    let text = exported(&fixture);
    let mode = fs::metadata(fixture.path().join("night.run")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let schema = fs::read_to_string(project().join("schema/run-file.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str::<Value>(&schema).unwrap()).unwrap();
    let mut kinds = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&line).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{line:#}");
        kinds.push(line["line"].as_str().unwrap().to_owned());
    }
    kinds.dedup();
    assert_eq!((kinds[..2].join(" "), kinds.last().unwrap().as_str()), ("run inputs".to_owned(), "whole"), "{kinds:?}");
    assert!(kinds.contains(&"event".to_owned()) && kinds.contains(&"ended".to_owned()), "{kinds:?}");
    let folder = fixture.path().display().to_string();
    assert!(!text.contains(&folder), "the folder of the machine that began it is nobody else's business");
    assert_eq!(fixture.offline("schema run-file").stdout, schema);
}

#[test]
fn a_secret_that_is_known_leaves_no_trace_in_the_file() {
    let secret = "hunter2-hunter2";
    let refused = Fault::before(Reply::Status(Status::of(409).error(2818, format!("no machine for {secret}"))));
    let fixture =
        CliFixture::with(&World::obliging(), Faults::new().at(Operation::StartJobs, Position::Nth(1), refused));
    fixture.file("m.yaml", "version: 1\nname: m\nfolder: Shared\njobs: { a: { release: Ping } }\n");
    assert_eq!(fixture.sortie("run m.yaml").code, 11);
    assert!(exported(&fixture).contains(secret), "nobody knew it");
    let mut command = fixture.command_without_a_server("runs export last night.run");
    let told = fixture.told(command.env("UIPATH_CLIENT_SECRET", secret).output().unwrap());
    assert_eq!(told.code, 0, "{}", told.shown());
    let text = fixture.read("night.run");
    assert!(!text.contains(secret) && text.contains("no machine for ***"), "{text}");
    // In its inputs it cannot be masked: they would make another plan.
    fixture.file("m.yaml", &format!("version: 1\nname: m\nfolder: Shared\njobs: {{ a: {{ release: '{secret}' }} }}\n"));
    assert_eq!(fixture.sortie("run m.yaml").code, 0);
    let mut command = fixture.command_without_a_server("runs export last other.run");
    let told = fixture.told(command.env("UIPATH_CLIENT_SECRET", secret).output().unwrap());
    assert!(told.code == 3 && told.stderr.contains("holds the value of a secret"), "{}", told.shown());
    assert!(!fixture.path().join("other.run").exists());
}

#[test]
fn it_replaces_a_run_file_and_nothing_else() {
    let fixture = mixed();
    exported(&fixture);
    exported(&fixture);
    fixture.file("empty", "");
    assert_eq!(fixture.offline("runs export last empty").code, 0);
    fixture.file("precious", "{}\n");
    for place in ["m.yaml", "ledger.db", "precious", ".", "/dev/null"] {
        let told = fixture.offline(&format!("runs export last {place}"));
        assert!(told.code == 3 && told.stderr.contains("is no run file, and is not replaced"), "{}", told.shown());
    }
    assert_eq!((fixture.read("precious"), fixture.read("m.yaml").as_str()), ("{}\n".to_owned(), MIXED));
    let told = fixture.offline("report night.run --report json=night.run");
    assert!(told.code == 3 && told.stderr.contains("would replace the run file that is reported"), "{}", told.shown());
    for format in ["json", "text"] {
        let told = fixture.offline(&format!("report last --report {format}=night.run"));
        assert!(told.code == 3 && told.stderr.contains("would replace the run file"), "{}", told.shown());
    }
    let told = fixture.offline("runs export last -");
    assert!(told.code == 3 && told.stderr.contains("name a file"), "{}", told.shown());
    assert_eq!(fixture.offline("runs export last such/a/folder/x").code, 0);
    std::os::unix::fs::symlink("such/a/folder/x", fixture.path().join("link.run")).unwrap();
    assert_eq!(fixture.offline("runs export last link.run").code, 0);
    assert!(fixture.path().join("link.run").is_symlink() && fixture.read("link.run").starts_with("{\"line\""));
}
