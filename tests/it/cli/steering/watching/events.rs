//! `--events`: lines of JSON for programs, of the published form, whatever becomes of their reader.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use sortie::run::EventLine;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply};

use crate::cli::cli_fixture::CliFixture;

const MANIFEST: &str = "
version: 1
name: events
folder: Shared
wait: true
jobs:
  a: { release: Ping }
  b: { release: Ping }
";

#[test]
fn the_published_schema_of_events_is_generated_from_the_types() {
    let text = format!("{}\n", serde_json::to_string_pretty(&generated()).expect("JSON"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/sortie-events.schema.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &text).expect("written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == text, "schema/sortie-events.schema.json is out of step: run with UPDATE_EXPECT=1");
}

fn generated() -> Value {
    let mut schema = schemars::schema_for!(EventLine).to_value();
    schema["$id"] = json!("https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/sortie-events.schema.json");
    schema["title"] = json!("A line of the events of sortie, version 1");
    schema["description"] = json!(
        "What a run tells programs (`--events FILE`), each event on a line of its own. Readers ignore keys and types that they do not know; a change of meaning changes `version`."
    );
    schema["properties"]["version"] = json!({"description": "The version of this form.", "const": 1});
    schema["properties"]["run"]["pattern"] = json!("^[0-9a-f]{32}$");
    schema
}

/// The events in `file`, each held against the schema.
#[track_caller]
fn events(fixture: &CliFixture, file: &str) -> Vec<Value> {
    let validator = jsonschema::validator_for(&generated()).expect("a schema");
    let text = fixture.read(file);
    let lines = text.lines().map(|line| serde_json::from_str(line).expect(line));
    let lines: Vec<Value> = lines.collect();
    for line in &lines {
        let errors: Vec<String> = validator.iter_errors(line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:#?}");
    }
    lines
}

#[test]
fn a_run_tells_of_each_launch_and_robot_job_and_of_its_end_in_order() {
    let lost = Faults::new().at(Operation::StartJobs, Position::Nth(2), Fault::after(Reply::Close));
    let fixture = CliFixture::with(&World::obliging(), lost);
    fixture.file("m.yaml", MANIFEST);
    let told = fixture.sortie("run m.yaml --events e.jsonl");
    assert_eq!(told.code, 0, "{}", told.shown());
    let lines = events(&fixture, "e.jsonl");
    let run = fixture.runs()[0]["id"].clone();
    assert!(lines.iter().all(|line| line["run"] == run), "{lines:#?}");
    let types: Vec<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    let at = |kind: &str| types.iter().position(|known| *known == kind).unwrap_or_else(|| panic!("{kind}: {types:?}"));
    assert!(at("launching") < at("launch-ended") && at("launch-doubted") < at("run-ended"), "{types:?}");
    assert_eq!(types.last(), Some(&"run-ended"));
    let of = |kind: &str, key: &str| -> BTreeSet<String> {
        lines.iter().filter(|line| line["type"] == kind).map(|line| line[key].to_string()).collect()
    };
    assert_eq!(of("launch-ended", "launch"), BTreeSet::from(["\"a\"".to_owned(), "\"b\"".to_owned()]));
    assert_eq!(of("launch-ended", "verdict"), BTreeSet::from(["\"started\"".to_owned()]));
    assert_eq!(of("robot-job-ended", "robot-job").len(), 2);
    assert_eq!(of("run-ended", "exit-code"), BTreeSet::from(["0".to_owned()]));
    // A later call adds its lines.
    assert_eq!(fixture.sortie("resume last --events e.jsonl").code, 0);
    assert!(events(&fixture, "e.jsonl").len() >= lines.len());
}

#[test]
fn a_reader_that_goes_away_ends_no_run() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = fixture.command("run m.yaml --events /dev/stdin --format json");
    let output = command.stdin(writer).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let told = fixture.told(output);
    assert_eq!((told.code, fixture.starts()), (0, 2), "{}", told.shown());
    assert!(told.stderr.contains("warning: events: `/dev/stdin` cannot be written any more: "), "{}", told.stderr);
    assert!(told.stderr.ends_with("; the run went on without it\n"), "{}", told.stderr);
}

#[test]
fn what_is_no_place_for_events_is_refused_before_anything_is_sent() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    fixture.file("notes.txt", "dear diary\n");
    fixture.file("other.yaml", MANIFEST);
    for (path, why) in [
        ("-", "stdout has the report"),
        ("m.yaml", "it is the manifest"),
        ("other.yaml", "it is a manifest"),
        ("ledger.db", "it is the ledger"),
        ("notes.txt", "it is a file without events in it"),
        ("nowhere/e.jsonl", "No such file or directory"),
    ] {
        let told = fixture.sortie(&format!("run m.yaml --events {path}"));
        assert_eq!((told.code, fixture.starts()), (3, 0), "{}", told.shown());
        assert!(told.stderr.contains(why), "{path}: {}", told.shown());
    }
    assert_eq!(fixture.read("notes.txt"), "dear diary\n");
}

#[test]
fn a_pipe_that_nobody_reads_holds_up_no_run() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    let made = std::process::Command::new("mkfifo").arg(fixture.path().join("pipe")).status().unwrap();
    assert!(made.success());
    let told = fixture.sortie("run m.yaml --events pipe");
    assert_eq!((told.code, fixture.starts()), (0, 2), "{}", told.shown());
    assert!(told.stderr.contains("warning: events: nobody reads `pipe` ("), "{}", told.shown());
}

#[test]
fn half_a_line_of_a_run_before_gets_its_end() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    fixture.file("e.jsonl", "{\"version\":1,\"time\":\"2026-01-31T0");
    assert_eq!(fixture.sortie("run m.yaml --events e.jsonl").code, 0);
    let text = fixture.read("e.jsonl");
    let (first, rest) = text.split_once('\n').unwrap();
    assert_eq!(first, "{\"version\":1,\"time\":\"2026-01-31T0");
    assert!(rest.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{text}");
}
