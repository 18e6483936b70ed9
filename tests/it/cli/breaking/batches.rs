//! Ten thousand rows in two hundred launches, through kills: every key is started once and reported once.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Status};

use crate::cli::cli_fixture::{CliFixture, pause};

const ROWS: usize = 10_000;

const MANIFEST: &str = "\
version: 1
name: batches
folder: Shared
limits: { launch: { rate: 200/s, burst: 20, concurrency: 8 }, poll: { rate: 6000/min } }
jobs:
  load:
    release: Ping
    for-each: { csv: rows.csv, key: id, batch: { rows: 50, chars: 9000 } }
    arguments: { invoices: '${{ rows | map(attribute=\"id\") | list }}', notes: '${{ rows | map(attribute=\"note\") | list }}' }
";

fn fixture() -> CliFixture {
    let fixture = CliFixture::new();
    let rows: String = (0..ROWS).map(|row| format!("INV-{row:05},paid {row} \u{e4}\n")).collect::<Vec<_>>().concat();
    fixture.file("rows.csv", &format!("id,note\n{rows}"));
    fixture.file("m.yaml", MANIFEST);
    fixture
}

/// How often each key is in `lists`.
fn counted<'a>(lists: impl IntoIterator<Item = &'a Value>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for key in lists.into_iter().flat_map(|list| list.as_array().expect("a list of keys")) {
        *counts.entry(key.as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

fn each_once() -> BTreeMap<String, usize> {
    (0..ROWS).map(|row| (format!("INV-{row:05}"), 1)).collect()
}

/// Holds what the server has, and what the reports of the newest run say, against the rows.
fn judge(fixture: &CliFixture) {
    assert_eq!(fixture.jobs(), 200, "one robot job for each launch");
    let texts: Vec<String> = fixture
        .bodies("StartJobs")
        .iter()
        .map(|body| body["startInfo"]["InputArguments"].as_str().expect("they are text").to_owned())
        .collect();
    assert!(texts.iter().all(|text| text.encode_utf16().count() <= 9000), "none is above the limit");
    let sent: Vec<Value> =
        texts.iter().map(|text| serde_json::from_str::<Value>(text).unwrap()["invoices"].clone()).collect();
    assert_eq!((sent.len(), counted(&sent)), (200, each_once()), "what was sent");
    let report = fixture.offline("report last --format json").json();
    let keys: Vec<Value> =
        report["launches"].as_array().unwrap().iter().map(|launch| launch["key"]["id"].clone()).collect();
    assert_eq!((keys.len(), counted(&keys)), (200, each_once()), "the JSON report");
    let csv = fixture.offline("report last --format csv");
    let mut reader = csv::Reader::from_reader(csv.stdout.as_bytes());
    let keys: Vec<Value> = reader
        .records()
        .map(|record| serde_json::from_str::<Value>(&record.unwrap()[3]).unwrap()["id"].clone())
        .collect();
    assert_eq!((keys.len(), counted(&keys)), (200, each_once()), "the CSV report");
    let rows = fixture.offline("rows last");
    let mut reader = csv::Reader::from_reader(rows.stdout.as_bytes());
    let given: Vec<(String, String)> =
        reader.records().map(|record| record.unwrap()).map(|row| (row[0].to_owned(), row[2].to_owned())).collect();
    assert!(given.iter().all(|(_, verdict)| verdict == "started"));
    let ids: Vec<Value> = given.into_iter().map(|(id, _)| id.into()).collect();
    assert_eq!(counted([&Value::Array(ids)]), each_once(), "the rows");
    let text = fixture.offline("report last");
    assert!(
        text.stdout.contains("load/INV-00000..INV-00049~") && text.stdout.contains("(50 rows)"),
        "{}",
        text.shown()
    );
}

#[test]
fn ten_thousand_rows_are_two_hundred_launches_none_above_the_limit_and_every_key_is_reported_once() {
    let fixture = fixture();
    let told = fixture.sortie("run m.yaml -q");
    assert_eq!(told.code, 0, "{}", told.shown());
    judge(&fixture);
    let again = fixture.offline("plan m.yaml --format json");
    assert_eq!(again.json()["launches"].as_array().unwrap().len(), 200);
    let summary = fixture.offline("plan m.yaml --summary");
    assert!(summary.stdout.contains("200 launches of 10000 rows, 200 robot jobs, 1 folder"), "{}", summary.shown());
}

#[test]
fn batches_are_started_once_through_kills_and_resumes() {
    let fixture = fixture();
    let mut child = fixture.spawn("run m.yaml -q");
    for after in [40, 110, 160] {
        while fixture.jobs() < after {
            assert_eq!(child.try_wait().unwrap(), None, "it ended at {}", fixture.jobs());
            pause(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        child = fixture.spawn("resume last -q");
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    judge(&fixture);
}

#[test]
fn a_batch_that_is_refused_names_its_rows_in_every_report() {
    let refused = Fault::before(Reply::Status(Status::of(409).error(2818, "no machine")));
    let faults = Faults::new().at(Operation::StartJobs, Position::Nth(1), refused);
    let fixture = CliFixture::with(&World::obliging(), faults);
    let rows: String = (0..120).map(|row| format!("INV-{row:05},x\n")).collect::<Vec<_>>().concat();
    fixture.file("rows.csv", &format!("id,note\n{rows}"));
    fixture.file("m.yaml", &MANIFEST.replace("concurrency: 8", "concurrency: 1"));
    let told = fixture.sortie("run m.yaml -q");
    assert_eq!((told.code, fixture.jobs()), (11, 2), "{}", told.shown());
    for format in ["text", "markdown", "html", "junit", "csv", "json", "jsonl"] {
        let told = fixture.offline(&format!("report last --format {format}"));
        for key in ["INV-00000", "INV-00007", "INV-00049"] {
            assert!(told.stdout.contains(key), "{format} {key}: {}", told.shown());
        }
    }
    let failed = fixture.offline("rows last --failed");
    let keys: Vec<&str> = failed.stdout.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    let expected: Vec<String> = (0..50).map(|row| format!("INV-{row:05}")).collect();
    assert_eq!(keys, expected, "{}", failed.shown());
    let again = fixture.sortie("rerun last --failed -q");
    assert_eq!((again.code, fixture.jobs()), (0, 3), "the batch as it was: {}", again.shown());
}
