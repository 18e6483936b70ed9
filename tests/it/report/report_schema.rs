//! The published schema of the JSON report: in step with the types that write it, and true of a real report.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sortie::ledger::state::Verdict;
use sortie::report::json::{JsonReport, JsonWriter};
use sortie::report::not_begun::{NotBegunReport, NotBegunRun};
use sortie::report::{
    Background, ErrorReport, Head, Hints, LaunchReport, LogLineReport, ReportWriter as _, RobotJobReport, RunHead,
    ShownLaunches, Totals, Trace,
};

#[test]
fn the_published_schema_is_generated_from_the_types() {
    let generated = generated();
    let text = format!("{}\n", serde_json::to_string_pretty(&generated).expect("JSON"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/report.schema.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &text).expect("written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == text, "schema/report.schema.json is out of step: run with UPDATE_EXPECT=1");
}

#[test]
fn a_report_validates_and_a_broken_one_does_not() {
    let validator = jsonschema::validator_for(&generated()).expect("a schema");
    let report = written();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let breaks: [(&str, Value); 7] = [
        ("/version", json!(2)),
        ("/run/id", json!("not-an-id")),
        ("/run/exit-code", json!(300)),
        ("/totals/started", json!(-1)),
        ("/launches/0/verdict", json!("fine")),
        ("/launches/0/robot-jobs/0/id", json!("160856")),
        ("/launches/1/error/message", Value::Null),
    ];
    for (pointer, value) in breaks {
        let mut broken = report.clone();
        *broken.pointer_mut(pointer).expect("it is there") = value;
        assert!(!validator.is_valid(&broken), "{pointer} may be anything");
    }
}

#[test]
fn a_report_of_a_run_that_was_not_begun_validates_and_is_no_report_of_a_run() {
    let validator = jsonschema::validator_for(&generated()).expect("a schema");
    let moment = "2026-01-31T12:00:00Z".to_owned();
    let run = NotBegunRun { started: moment.clone(), ended: moment, exit_code: 14, ..NotBegunRun::default() };
    let mut bytes = Vec::new();
    NotBegunReport::new(run, "the run is in use by another process".to_owned()).write_json(&mut bytes).expect("memory");
    let report: Value = serde_json::from_slice(&bytes).expect("JSON");
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut without_reason = report.clone();
    without_reason.as_object_mut().expect("an object").remove("not-begun");
    assert!(!validator.is_valid(&without_reason), "a run that was begun has an id");
    let mut with_launches = report.clone();
    with_launches["launches"] = written()["launches"].clone();
    assert!(!validator.is_valid(&with_launches), "nothing was launched");
}

#[test]
fn keys_that_come_later_are_allowed() {
    let validator = jsonschema::validator_for(&generated()).expect("a schema");
    let mut report = written();
    report["launches"][0]["outcome"] = json!("successful");
    report["later"] = json!({});
    assert!(validator.is_valid(&report));
}

/// The schema of the types, with what types alone cannot say.
fn generated() -> Value {
    let mut schema = schemars::schema_for!(JsonReport).to_value();
    schema["$id"] = json!("https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/report.schema.json");
    schema["title"] = json!("sortie JSON report, version 1");
    schema["description"] = json!(
        "What a run amounts to. Readers ignore keys that they do not know; a change of meaning changes `version`."
    );
    schema["properties"]["version"] = json!({"description": "The version of this form.", "const": 1});
    schema["$defs"]["RunHead"]["properties"]["id"]["pattern"] = json!("^[0-9a-f]{32}$");
    // What stands in the run's place where none was begun.
    let not_begun = schemars::schema_for!(NotBegunReport).to_value();
    schema["$defs"]["NotBegunRun"] = not_begun["$defs"]["NotBegunRun"].clone();
    schema["properties"]["run"] = json!({
        "description": "The run; where `not-begun` is there, what is known of the one that was meant.",
        "anyOf": [{"$ref": "#/$defs/RunHead"}, {"$ref": "#/$defs/NotBegunRun"}],
    });
    schema["if"] = json!({"required": ["not-begun"]});
    schema["then"] = json!({"properties": {"run": {"$ref": "#/$defs/NotBegunRun"}, "launches": {"maxItems": 0}}});
    schema["else"] = json!({"properties": {"run": {"$ref": "#/$defs/RunHead"}}});
    schema["$defs"]["RunHead"]["properties"]["plan-digest"]["pattern"] = json!("^[0-9a-f]{64}$");
    schema
}

/// A report with a started and a rejected launch, as the writer writes it.
fn written() -> Value {
    let job = RobotJobReport {
        id: 160_856,
        key: Some("b618cdfd-8714-4dbf-9a00-0586a8953c90".to_owned()),
        state: Some("Pending".to_owned()),
        creation_time: Some("2018-09-21T13:28:31.1449691Z".to_owned()),
        start_time: None,
        end_time: None,
        release_name: Some("Heyyo_playground".to_owned()),
        kind: Some("Unattended".to_owned()),
        source: Some("Manual".to_owned()),
        source_type: Some("Manual".to_owned()),
        batch_execution_key: Some("abbbb5de-d46a-4b9b-8f73-8a3247be0a0e".to_owned()),
        starting_schedule_id: None,
        info: None,
        output: None,
        outcome: None,
        sub_state: None,
        class: None,
        fault: None,
        notes: Vec::new(),
        log: vec![LogLineReport {
            at: Some("2018-09-21T13:29:02.04Z".to_owned()),
            level: Some("Error".to_owned()),
            text: "Cannot find the window".to_owned(),
        }],
    };
    let launch = |id: &str, verdict: Verdict| LaunchReport {
        id: id.to_owned(),
        job: "backfill".to_owned(),
        key: json!({"invoice_id": id}).as_object().cloned(),
        reference: "sortie-x".to_owned(),
        verdict,
        outcome: None,
        attempts: 1,
        settled: false,
        sent: None,
        answered: None,
        arguments: Some(json!({"message": "Aloha"})),
        robot_jobs: Vec::new(),
        error: None,
        reason: None,
        retries: Vec::new(),
        flaky: false,
        story: Vec::new(),
        trace: Trace::default(),
    };
    let error = ErrorReport { status: Some(409), code: Some(2818), message: "no machine".to_owned(), trace_id: None };
    let head = Head {
        run: RunHead {
            id: "0eaac680e5ee54d79efbe8f48c29e504".to_owned(),
            name: "seed".to_owned(),
            slot: None,
            profile: "prod".to_owned(),
            started: "2026-01-31T12:00:00Z".to_owned(),
            ended: None,
            plan_digest: "0".repeat(64),
            filter: Some("job == 'a'".to_owned()),
            shown: Some(ShownLaunches { filter: "key == 'b'".to_owned(), launches: 1, of: 2 }),
            exit_code: None,
            clocks_apart_ms: Some(-3_600_000),
            uncounted: [("Finance".to_owned(), "the list cannot be read".to_owned())].into(),
            hold: Some("paused since 2026-01-31T12:01:00Z".to_owned()),
            outcome_policies: Vec::new(),
            merged: Vec::new(),
            rerun: 0,
            started_twice: Vec::new(),
            is_of_a_sandbox: false,
        },
        totals: Totals { launches: 2, started: 1, rejected: 1, ..Totals::default() },
        hints: Hints::default(),
        background: Background::default(),
    };
    let mut bytes = Vec::new();
    let mut writer = JsonWriter::new(&mut bytes);
    writer.begin(&head).expect("memory");
    writer.launch(&LaunchReport { robot_jobs: vec![job], ..launch("one", Verdict::Started) }).expect("memory");
    writer.launch(&LaunchReport { error: Some(error), ..launch("two", Verdict::Rejected) }).expect("memory");
    writer.end().expect("memory");
    serde_json::from_slice(&bytes).expect("the writer writes JSON")
}
