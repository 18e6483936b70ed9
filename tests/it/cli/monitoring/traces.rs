//! Spans of a run, as a collector gets them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cli::cli_fixture::CliFixture;
use crate::support::raw_server::{RawServer, Reaction};

const NIGHT: &str = "\
version: 1
name: night
folder: Finance
jobs:
  load:
    release: Load
    wait: true
    start-info: { TraceId: trace-of-the-caller }
    matrix: { n: [INV-1, INV-2] }
";

fn spans(bodies: &[String]) -> Vec<Value> {
    let read = |body: &String| serde_json::from_str::<Value>(body).unwrap();
    let all = bodies
        .iter()
        .map(read)
        .flat_map(|body| body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone());
    all.collect()
}

#[test]
fn a_run_is_a_trace_with_its_launches_attempts_and_waits() {
    let fixture = CliFixture::new();
    fixture.file("night.yaml", NIGHT);
    let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec();
    let collector = RawServer::start(move |_| Reaction::Answer(ok.clone()));
    let mut command = fixture.command("run night.yaml -q");
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url())
        .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2-hunter2");
    let told = fixture.told(command.output().unwrap());
    assert_eq!(told.code, 0, "{}", told.shown());
    let heard = collector.heard();
    assert!(!heard.is_empty(), "{}", told.shown());
    for request in &heard {
        assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/v1/traces"));
        assert_eq!(
            (request.header("content-type"), request.header("api-key")),
            ("application/json", "hunter2-hunter2")
        );
    }
    let spans = spans(&heard.iter().map(|request| request.body.clone()).collect::<Vec<_>>());
    let run = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    let mut count_by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for span in &spans {
        assert_eq!(span["traceId"], run.as_str(), "{span}");
        let time = |name: &str| span[name].as_str().unwrap().parse::<u128>().unwrap();
        assert!(time("startTimeUnixNano") <= time("endTimeUnixNano"), "{span}");
        *count_by_name.entry(span["name"].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(count_by_name, BTreeMap::from([("run night", 1), ("launch load", 2), ("attempt", 2), ("wait", 2)]));
    let id_of = |name: &str| spans.iter().find(|span| span["name"] == name).unwrap()["spanId"].clone();
    for launch in spans.iter().filter(|span| span["name"] == "launch load") {
        assert_eq!(launch["parentSpanId"], id_of("run night"));
        let below = spans.iter().filter(|span| span["parentSpanId"] == launch["spanId"]).count();
        assert_eq!(below, 2, "an attempt and a wait");
    }
    for body in fixture.bodies("StartJobs") {
        assert_eq!(body["startInfo"]["TraceId"], "trace-of-the-caller", "as the manifest says");
    }
}

#[test]
fn a_collector_that_does_not_answer_changes_no_exit_code() {
    let fixture = CliFixture::new();
    fixture.file("night.yaml", NIGHT);
    for reaction in [|| Reaction::Silence, || Reaction::AnswerAndClose(b"HTTP/1.1 503 No\r\n\r\n".to_vec())] {
        let collector = RawServer::start(move |_| reaction());
        let mut command = fixture.command("run night.yaml");
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()).env("OTEL_EXPORTER_OTLP_TIMEOUT", "200");
        let told = fixture.told(command.output().unwrap());
        assert_eq!(told.code, 0, "{}", told.shown());
        assert!(told.stderr.contains("warning: traces: "), "{}", told.shown());
    }
}
