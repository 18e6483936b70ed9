//! Reports of each format by the program: written by a run, made again from the ledger, of a run that was refused, and where a
//! step has a summary.

use std::fs;

use serde_json::Value;
use sortie::format::ReportFormat;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Status};
use sortie::words::Words as _;

use crate::cli::cli_fixture::CliFixture;

const MANIFEST: &str = "
version: 1
name: night
folder: Shared
limits: { launch: { concurrency: 1 } }
jobs:
  load:
    release: Ping
    for-each: { csv: rows.csv, key: id, delimiter: ';' }
    arguments: { message: '${{ row.note }}' }
";

const ROWS: &str = "id;note\r\n1;\"Grüße; von\nhier\"\r\n2;=1+1\r\n3;drei\r\n";

/// A world in which the second launch is refused.
fn fixture() -> CliFixture {
    let refused = Fault::before(Reply::Status(Status::of(409).error(2818, "no <machine> | \u{1b}[31m")));
    let faults = Faults::new().at(Operation::StartJobs, Position::Nth(2), refused);
    let fixture = CliFixture::with(&World::obliging(), faults);
    fixture.file("m.yaml", MANIFEST);
    fixture.file("rows.csv", ROWS);
    fixture
}

fn formats() -> impl Iterator<Item = ReportFormat> {
    ReportFormat::ALL.iter().copied()
}

fn flags(prefix: &str) -> String {
    formats().map(|format| format!(" --report {0}={prefix}.{0}", format.word())).collect::<Vec<_>>().concat()
}

#[test]
fn every_report_is_the_same_byte_for_byte_when_it_is_made_again() {
    let fixture = fixture();
    let told = fixture.sortie(&format!("run m.yaml -q{}", flags("run")));
    assert_eq!(told.code, 11, "{}", told.shown());
    let again = fixture.offline(&format!("report last -q{}", flags("again")));
    assert_eq!(again.code, 0, "{}", again.shown());
    for format in formats().map(sortie::words::Words::word) {
        let written = fixture.read(&format!("run.{format}"));
        assert_eq!(written, fixture.read(&format!("again.{format}")), "{format}");
        assert_eq!(written, fixture.offline(&format!("report last -q --format {format}")).stdout, "{format} on stdout");
    }
    let first: Value = serde_json::from_str(fixture.read("run.jsonl").lines().next().unwrap()).unwrap();
    assert_eq!((&first["type"], &first["totals"]["launches"]), (&"run".into(), &3.into()));
}

#[test]
fn a_run_that_was_refused_says_so_in_each_report_that_was_asked_for() {
    let fixture = fixture();
    assert_eq!(fixture.sortie(&format!("run m.yaml -q{}", flags("night"))).code, 11);
    fixture.file("m.yaml", &MANIFEST.replace("release:", "relase:"));
    let told = fixture.sortie(&format!("run m.yaml -q{}", flags("night")));
    assert_eq!((told.code, fixture.starts()), (3, 3), "{}", told.shown());
    for format in formats().map(sortie::words::Words::word) {
        let text = fixture.read(&format!("night.{format}"));
        assert!(text.contains("relase"), "{format}: {text}");
        assert!(!text.contains("machine"), "{format}: {text}");
    }
}

#[test]
fn a_manifest_asks_for_every_format_and_is_told_of_rows_that_nobody_has() {
    let fixture = fixture();
    let item = |format: ReportFormat| format!("  - {{ format: {0}, path: own.{0} }}\n", format.word());
    let reports = formats().map(item).collect::<Vec<_>>().concat();
    fixture.file("m.yaml", &format!("{MANIFEST}reports:\n{reports}"));
    for _ in 0..2 {
        let told = fixture.sortie("run m.yaml -q");
        assert!(told.stderr.is_empty(), "a report replaces one of ours: {}", told.shown());
    }
    for format in formats().map(sortie::words::Words::word) {
        assert!(!fixture.read(&format!("own.{format}")).is_empty(), "{format}");
    }
    fixture.file("own.csv", "a,b\n1,2\n");
    let told = fixture.sortie("run m.yaml -q");
    assert!(told.code == 3 && told.stderr.contains("would replace a file that is no report"), "{}", told.shown());
    let text = "version: 1\nname: n\nfolder: F\nreports: [{ format: rows, path: r.csv }, { format: markdown, path: auto }]\njobs: { a: { release: R } }\n";
    fixture.file("n.yaml", text);
    let told = fixture.offline("validate n.yaml");
    assert!(told.code == 3, "{}", told.shown());
    let said = [told.stdout.as_str(), told.stderr.as_str()].concat();
    assert!(said.contains("no job takes rows"), "{said}");
    assert!(said.contains("a manifest names a file"), "{said}");
}

#[test]
fn the_summary_of_a_github_step_is_added_to_and_is_told_where_there_is_none() {
    let fixture = fixture();
    let summary = fixture.path().join("summary");
    fs::write(&summary, "what another step wrote\n").unwrap();
    let in_step = |arguments: &str| {
        let mut command = fixture.command(arguments);
        command.env("GITHUB_STEP_SUMMARY", &summary);
        fixture.told(command.output().unwrap())
    };
    let told = in_step("run m.yaml -q --report markdown=auto");
    assert_eq!(told.code, 11, "{}", told.shown());
    let text = fixture.read("summary");
    assert!(text.starts_with("what another step wrote\n\n<!-- sortie report -->\n## night: "), "{text}");
    assert!(text.contains("409/2818"), "{text}");
    assert_eq!(in_step("run nowhere.yaml -q --report markdown=auto").code, 3);
    let both = fixture.read("summary");
    assert!(both.starts_with(&text) && both.contains("nothing was begun"), "{both}");
    let mut command = fixture.command("run m.yaml -q --report markdown=auto --report json=r.json");
    command.env_remove("GITHUB_STEP_SUMMARY");
    let told = fixture.told(command.output().unwrap());
    assert!(
        told.code == 3 && told.stderr.contains("GITHUB_STEP_SUMMARY names, and that is not set"),
        "{}",
        told.shown()
    );
    assert!(fixture.read("r.json").contains("not-begun"), "the other reports say so too");
    assert_eq!(fixture.starts(), 3);
}

#[test]
fn rows_that_failed_are_launched_again_from_what_was_given_back() {
    let fixture = fixture();
    assert_eq!(fixture.sortie("run m.yaml -q").code, 11);
    let back = fixture.offline("rows last");
    assert_eq!(back.code, 0, "{}", back.shown());
    let expected = "id;note;\"verdict\";\"outcome\";\"job\";\"fault\";\"info\"\r\n1;\"Grüße; von\nhier\";\"started\";";
    assert!(back.stdout.starts_with(expected), "{}", back.shown());
    assert!(
        back.stdout
            .contains("\r\n2;=1+1;\"rejected\";\"\";\"\";\"\";\"409/2818: no <machine> | \\u{1b}[31m\"\r\n3;drei")
    );
    let failed = fixture.offline("rows last --failed");
    assert_eq!((failed.stdout.as_str(), failed.stderr.as_str()), ("id;note\r\n2;=1+1\r\n", "1 row is given back\n"));
    fixture.file("failed.csv", &failed.stdout);
    let told = fixture.sortie("run m.yaml --data load=failed.csv --format json -q");
    assert_eq!(told.code, 0, "{}", told.shown());
    let ids: Vec<Value> =
        told.json()["launches"].as_array().unwrap().iter().map(|launch| launch["id"].clone()).collect();
    assert_eq!(ids, ["load/2"]);
    let sent = fixture.bodies("StartJobs");
    assert_eq!(
        sent.last().map(|body| body["startInfo"]["InputArguments"].clone()),
        Some("{\"message\":\"=1+1\"}".into())
    );
    let nobody = fixture.offline("rows last --job nobody");
    assert!(nobody.code == 3 && nobody.stderr.contains("job `nobody` takes no rows; load does"), "{}", nobody.shown());
}
