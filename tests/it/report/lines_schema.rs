//! The published schema of the JSON Lines report: in step with the types that write it, and true of what is written.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sortie::format::ReportFormat;
use sortie::report::forms;
use sortie::report::forms::jsonl::ReportLine;
use sortie::report::not_begun::{NotBegunReport, NotBegunRun};
use sortie::report::{Head, LaunchReport};
use sortie::secret::Redactor;

#[test]
fn the_published_schema_of_lines_is_generated_from_the_types() {
    let text = format!("{}\n", serde_json::to_string_pretty(&generated()).expect("JSON"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/report-lines.schema.json");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &text).expect("written");
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == text, "schema/report-lines.schema.json is out of step: run with UPDATE_EXPECT=1");
}

#[test]
fn each_line_validates_and_a_broken_one_does_not() {
    let validator = jsonschema::validator_for(&generated()).expect("a schema");
    let (run, launch) = lines();
    for line in [&run, &launch] {
        let errors: Vec<String> = validator.iter_errors(line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let read: ReportLine = serde_json::from_value(line.clone()).expect("a reader of ours reads it");
        assert_eq!(serde_json::to_value(read).expect("JSON"), *line);
    }
    for (line, pointer, value) in [
        (&run, "/type", json!("launch")),
        (&run, "/version", json!(2)),
        (&run, "/run/id", json!("not-an-id")),
        (&launch, "/type", json!("job")),
        (&launch, "/verdict", json!("fine")),
    ] {
        let mut broken = line.clone();
        *broken.pointer_mut(pointer).expect("it is there") = value;
        assert!(!validator.is_valid(&broken), "{pointer} may be anything");
    }
    let mut later = launch.clone();
    later["later"] = json!(1);
    assert!(validator.is_valid(&later), "keys that come later are allowed");
}

#[test]
fn the_line_of_a_run_that_was_not_begun_validates() {
    let validator = jsonschema::validator_for(&generated()).expect("a schema");
    let moment = "2026-01-31T12:00:00Z".to_owned();
    let run = NotBegunRun { started: moment.clone(), ended: moment, exit_code: 14, ..NotBegunRun::default() };
    let mut bytes = Vec::new();
    let report = NotBegunReport::new(run, "the run is in use".to_owned());
    forms::write_not_begun(ReportFormat::Jsonl, &report, &mut bytes).expect("memory");
    let text = String::from_utf8(bytes).expect("UTF-8");
    assert_eq!(text.lines().count(), 1);
    let mut line: Value = serde_json::from_str(&text).expect("JSON");
    let errors: Vec<String> = validator.iter_errors(&line).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    line.as_object_mut().expect("an object").remove("not-begun");
    assert!(!validator.is_valid(&line), "a run that was begun has an id");
}

/// The schema of the types, with what types alone cannot say.
fn generated() -> Value {
    let mut schema = schemars::schema_for!(ReportLine).to_value();
    schema["$id"] = json!("https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/report-lines.schema.json");
    schema["title"] = json!("A line of the sortie JSON Lines report, version 1");
    schema["description"] = json!(
        "The first line is the run, each further one a launch. Readers ignore keys that they do not know; a change of meaning changes `version`."
    );
    let not_begun = schemars::schema_for!(NotBegunReport).to_value();
    schema["$defs"]["NotBegunRun"] = not_begun["$defs"]["NotBegunRun"].clone();
    let run = &mut schema["$defs"]["RunLine"];
    run["properties"]["version"] = json!({"description": "The version of this form.", "const": 1});
    run["properties"]["run"] = json!({
        "description": "The run; where `not-begun` is there, what is known of the one that was meant.",
        "anyOf": [{"$ref": "#/$defs/RunHead"}, {"$ref": "#/$defs/NotBegunRun"}],
    });
    run["if"] = json!({"required": ["not-begun"]});
    run["then"] = json!({"properties": {"run": {"$ref": "#/$defs/NotBegunRun"}}});
    run["else"] = json!({"properties": {"run": {"$ref": "#/$defs/RunHead"}}});
    schema["$defs"]["RunHead"]["properties"]["id"]["pattern"] = json!("^[0-9a-f]{32}$");
    schema["$defs"]["RunHead"]["properties"]["plan-digest"]["pattern"] = json!("^[0-9a-f]{64}$");
    schema
}

/// The lines of a run with one launch, as the writer writes them.
fn lines() -> (Value, Value) {
    let head: Head = serde_json::from_value(json!({
        "run": {
            "id": "0eaac680e5ee54d79efbe8f48c29e504", "name": "night", "slot": null, "profile": "prod",
            "started": "2026-01-31T12:00:00Z", "ended": null, "plan-digest": "0".repeat(64), "exit-code": null,
        },
        "totals": {
            "launches": 1, "started": 1, "rejected": 0, "unknown": 0, "partial": 0, "duplicate": 0, "skipped": 0,
            "not-sent": 0,
        },
    }))
    .expect("a head");
    let launch: LaunchReport = serde_json::from_value(json!({
        "id": "load/1", "job": "load", "key": { "id": "a\nb\u{2028}" }, "reference": "r", "verdict": "started", "attempts": 1,
        "settled": false, "arguments": null, "robot-jobs": [], "error": null,
    }))
    .expect("a launch");
    let mut bytes = Vec::new();
    let mut writer = forms::writer(ReportFormat::Jsonl, &mut bytes, &Redactor::default(), None);
    writer.begin(&head).and_then(|()| writer.launch(&launch)).and_then(|()| writer.end()).expect("memory");
    drop(writer);
    let text = String::from_utf8(bytes).expect("UTF-8");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let [run, launch] = lines.try_into().expect("two lines");
    (run, launch)
}
