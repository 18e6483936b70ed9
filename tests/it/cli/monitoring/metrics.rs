//! `--metrics`: figures of a run for a collector.

use std::collections::BTreeSet;
use std::time::Duration;

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Status};

use crate::cli::cli_fixture::{CliFixture, pause};

const NIGHT: &str = "\
version: 1
name: night
folder: Finance
jobs:
  load:
    release: Load
    matrix: { n: [INV-1, INV-2, INV-3] }
";

/// The value of the only sample of `text` that begins so.
#[track_caller]
fn value(text: &str, begins: &str) -> f64 {
    let mut samples = text.lines().filter_map(|line| line.strip_prefix(begins));
    let sample = samples.next().unwrap_or_else(|| panic!("{begins} in {text}"));
    assert_eq!(samples.next(), None, "one sample {begins} in {text}");
    sample.trim().parse().unwrap()
}

#[test]
#[expect(clippy::float_cmp, reason = "whole numbers are whole")]
fn a_run_leaves_its_figures_and_the_last_success_outlives_a_failure() {
    let fixture = CliFixture::new();
    fixture.file("night.yaml", NIGHT);
    let told = fixture.sortie("run night.yaml -q --metrics textfile/night.prom");
    assert_eq!(told.code, 0, "{}", told.shown());
    let first = fixture.read("textfile/night.prom");
    assert_eq!(value(&first, "sortie_run_launches{name=\"night\",verdict=\"started\"}"), 3.0);
    assert_eq!(value(&first, "sortie_run_requests_total{name=\"night\",kind=\"start\",status=\"201\"}"), 3.0);
    assert_eq!(value(&first, "sortie_run_request_duration_seconds_count{name=\"night\",kind=\"start\"}"), 3.0);
    assert_eq!(value(&first, "sortie_run_exit_code{name=\"night\"}"), 0.0);
    assert_eq!(value(&first, "sortie_run_in_progress{name=\"night\"}"), 0.0);
    let success = value(&first, "sortie_run_last_success_timestamp_seconds{name=\"night\"}");
    assert_eq!(success, value(&first, "sortie_run_end_timestamp_seconds{name=\"night\"}"));
    assert!(success > value(&first, "sortie_run_start_timestamp_seconds{name=\"night\"}"));
    let id = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    assert!(first.contains(&format!("run=\"{id}\"")), "{first}");

    let fixture = fixture.with_another_server(&World::new(), Faults::new());
    let told = fixture.sortie("run night.yaml -q --metrics textfile/night.prom");
    assert_ne!(told.code, 0, "the tenant has no such folder: {}", told.shown());
    assert_eq!(fixture.read("textfile/night.prom"), first, "what begins no run leaves the figures as they are");
    let left: Vec<_> = std::fs::read_dir(fixture.path().join("textfile")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left beside it: {left:?}");
}

#[test]
#[expect(clippy::float_cmp, reason = "whole numbers are whole")]
fn a_run_whose_launches_fail_has_its_exit_code_and_the_older_success() {
    let refused = Fault::before(Reply::Status(Status::of(400)));
    let faults = Faults::new().at(Operation::StartJobs, Position::Within(4..=6), refused);
    let fixture = CliFixture::with(&World::obliging(), faults);
    fixture.file("night.yaml", NIGHT);
    assert_eq!(fixture.sortie("run night.yaml -q").code, 0);
    let told = fixture.sortie("run night.yaml -q --metrics night.prom");
    assert_eq!(told.code, 11, "{}", told.shown());
    let text = fixture.read("night.prom");
    assert_eq!(value(&text, "sortie_run_exit_code{name=\"night\"}"), 11.0);
    assert_eq!(value(&text, "sortie_run_launches{name=\"night\",verdict=\"rejected\"}"), 3.0);
    let success = value(&text, "sortie_run_last_success_timestamp_seconds{name=\"night\"}");
    assert!(success < value(&text, "sortie_run_start_timestamp_seconds{name=\"night\"}"), "{text}");
}

#[test]
fn figures_are_there_while_a_run_goes_on() {
    let fixture = CliFixture::new();
    fixture.file("slow.yaml", &NIGHT.replace("folder:", "limits: { launch: { rate: 1/s, burst: 1 } }\nfolder:"));
    let mut run = fixture.spawn("run slow.yaml --metrics night.prom");
    let place = fixture.path().join("night.prom");
    let seen = loop {
        match std::fs::read_to_string(&place) {
            Ok(text) => break text,
            Err(_) => pause(Duration::from_millis(20)),
        }
    };
    assert!(run.wait().unwrap().success());
    assert!(seen.ends_with('\n') && seen.contains("sortie_run_list_requests_total"), "it is whole: {seen}");
    let sum = |text: &str| -> f64 {
        let samples = text.lines().filter(|line| line.starts_with("sortie_run_launches{"));
        samples.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    };
    assert_eq!((sum(&seen), sum(&fixture.read("night.prom"))), (3.0, 3.0), "{seen}");
}

#[test]
fn nothing_is_replaced_that_is_no_file_of_metrics() {
    let fixture = CliFixture::new();
    fixture.file("night.yaml", NIGHT);
    fixture.file("notes.txt", "notes\n");
    std::fs::create_dir(fixture.path().join("folder")).unwrap();
    for (file, words) in [
        ("night.yaml", "would replace the manifest"),
        ("ledger.db", "would replace the ledger"),
        ("notes.txt", "would replace a file that is no metrics file of sortie"),
        ("folder", "would replace a file that is no metrics file of sortie"),
    ] {
        let told = fixture.sortie(&format!("run night.yaml --metrics {file}"));
        assert_eq!(told.code, 3, "{}", told.shown());
        assert!(told.stderr.contains(words), "{words}: {}", told.shown());
    }
    assert_eq!((fixture.read("notes.txt").as_str(), fixture.starts()), ("notes\n", 0), "and nothing was started");
}

#[test]
fn every_metric_is_documented_and_every_documented_one_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let (page, text) = (read("docs/metrics.md"), read("src/metrics/a_run_in_figures.prom"));
    let documented: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `sortie_run_")?.split('`').next()).collect();
    let written: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# HELP sortie_run_")?.split(' ').next()).collect();
    assert_eq!(documented, written);
    assert!(written.len() >= 15);
}
