//! Rows that are given back: cell for cell as they came, and in a form that makes launches again.

use std::rc::Rc;

use serde_json::{Value, json};
use sortie::format::ReportFormat;
use sortie::ids::Ordinal;
use sortie::plan::{Inputs, Plan, RowsInput};
use sortie::report::forms;
use sortie::report::forms::rows::{ReturnedRows, RowsSurvey, RowsSurveyor};
use sortie::report::{Head, LaunchReport, ReportWriter as _};
use sortie::secret::Redactor;
use sortie::source::{Packed, Sources};

use super::forms::read_by_python;

const MANIFEST: &str = "version: 1\nname: m\nfolder: F\nlimits: { launches: 50000 }\njobs:\n  load:\n    release: R\n    for-each: {FROM, key: id}\n    arguments: { id: '${{ row.id }}' }\n";

fn plan(manifest: &str, data: Option<(&str, &str)>) -> Plan {
    let mut inputs = Inputs::of_manifest("m.yaml", manifest);
    if let Some((name, text)) = data {
        let given = RowsInput { name: name.to_owned(), text: Packed::from(text) };
        inputs.data.insert("load".to_owned(), given);
    }
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", manifest);
    let spec = sortie::manifest::parse(&sources, id).and_then(sortie::spec::lower);
    let plan = spec.and_then(|spec| sortie::plan::expand(spec, &inputs, &mut sources));
    let (plan, complaints) = plan.into_parts();
    plan.unwrap_or_else(|| panic!("{complaints:?}"))
}

fn manifest(from: &str) -> String {
    MANIFEST.replace("FROM", from)
}

/// What came of a launch: `started`, `faulted` with an output, `rejected`, `unknown`.
fn launch(plan: &Plan, ordinal: Ordinal, what: &str) -> LaunchReport {
    let planned = plan.planned(ordinal);
    let (verdict, outcome) = match what {
        "faulted" | "successful" => ("started", json!(what)),
        verdict => (verdict, Value::Null),
    };
    let class = if what == "faulted" { json!("business") } else { Value::Null };
    let job = json!({
        "id": 100 + ordinal.0, "key": null, "state": null, "creation-time": null, "start-time": null, "end-time": null,
        "release-name": null, "type": null, "source": null, "source-type": null, "batch-execution-key": null,
        "starting-schedule-id": null, "info": "=no; \"such\"\ninvoice", "outcome": outcome, "class": class,
        "output": "{\"total\": -12.5, \"text\": \"-12.5\", \"list\": [1, 2], \"big\": 123456789012345678901234567890}",
    });
    let jobs = if verdict == "started" { json!([job]) } else { json!([]) };
    let error = json!({ "status": 409, "code": 1, "message": "no machine", "trace-id": null });
    serde_json::from_value(json!({
        "id": planned.id().to_string(), "job": "load", "key": null, "reference": "r", "verdict": verdict, "outcome": outcome,
        "attempts": 1, "settled": false, "arguments": null, "robot-jobs": jobs,
        "error": if verdict == "started" { Value::Null } else { error },
    }))
    .expect("a launch")
}

fn head() -> Head {
    serde_json::from_value(json!({
        "run": {
            "id": "0eaac680e5ee54d79efbe8f48c29e504", "name": "m", "slot": null, "profile": "p",
            "started": "2026-01-31T12:00:00Z", "ended": null, "plan-digest": "0".repeat(64), "exit-code": null,
        },
        "totals": {
            "launches": 0, "started": 0, "rejected": 0, "unknown": 0, "partial": 0, "duplicate": 0, "skipped": 0,
            "not-sent": 0,
        },
    }))
    .expect("a head")
}

/// The rows of `plan`, each launch of which came to what `what` says of its number.
fn written(plan: &Plan, only_failed: bool, what: impl Fn(usize) -> &'static str) -> (String, RowsSurvey) {
    let mut rows = ReturnedRows::of(plan, None, only_failed).unwrap_or_else(|error| panic!("{error}"));
    let survey = Rc::default();
    let mut surveyor = RowsSurveyor::new("load", &survey);
    let launches = || (0..plan.len()).map(|number| launch(plan, Ordinal::from(number), what(number)));
    launches().for_each(|launch| surveyor.launch(&launch).expect("memory"));
    rows.survey = survey.take();
    let mut bytes = Vec::new();
    let mut writer = forms::writer(ReportFormat::Rows, &mut bytes, &Redactor::default(), Some(&rows));
    writer.begin(&head()).expect("memory");
    launches().for_each(|launch| writer.launch(&launch).expect("memory"));
    writer.end().expect("memory");
    drop(writer);
    (String::from_utf8(bytes).expect("UTF-8"), rows.survey)
}

#[test]
fn twenty_thousand_rows_come_back_cell_for_cell_and_those_that_failed_are_launched_again() {
    // With a mark, a line that names the separator, quotes, line ends in cells, umlauts, empty lines and each line end.
    let mut text = String::from("\u{FEFF}sep=;\r\nid;note;\"Straße; Nr\"\r\n");
    for number in 0..20_000 {
        let note = ["plain", "\"a \"\"b\"\"; c\"", "\"two\r\nlines\"", "=1+1", "  ü ", "", "\"@x\ny\""][number % 7];
        let end = ["\r\n", "\n", "\r\n\r\n"][number % 3];
        text.push_str(&format!("K{number};{note};\"Süd {number}\"{end}"));
    }
    let manifest = manifest("csv: 'x.csv'").replace("row.id }}'", "row.id }}', note: '${{ row.note }}'");
    let plan = plan(&manifest, Some(("big.csv", &text)));
    assert_eq!(plan.len(), 20_000);
    let what = |number: usize| ["successful", "faulted", "rejected", "unknown"][number % 4];
    let (back, survey) = written(&plan, false, what);
    assert_eq!((survey.failed, survey.in_doubt), (10_000, 5_000));
    // Python reads neither the mark nor the line before the header.
    let header = |text: &str| text.strip_prefix("\u{FEFF}sep=;\r\n").expect("as it came").to_owned();
    let came = read_by_python("csv;", &header(&text));
    let found = read_by_python("csv;", &header(&back));
    let rows = |value: &Value| -> Vec<Vec<String>> {
        let all: Vec<Vec<String>> = serde_json::from_value(value.clone()).expect("rows");
        all.into_iter().filter(|row| !row.is_empty()).collect()
    };
    let (came, found) = (rows(&came), rows(&found));
    assert_eq!((came.len(), found.len()), (20_001, 20_001));
    for (came, found) in came.iter().zip(&found) {
        assert_eq!(came[..], found[..3]);
    }
    assert_eq!(
        found[0][3..],
        ["verdict", "outcome", "job", "fault", "info", "out.big", "out.list", "out.text", "out.total"]
    );
    assert_eq!(
        found[1][3..],
        ["started", "successful", "100", "", "", "123456789012345678901234567890", "[1,2]", "'-12.5", "-12.5"]
    );
    assert_eq!(found[2][3..8], ["started", "faulted", "101", "business", "'=no; \"such\""]);
    assert_eq!(found[3][3..8], ["rejected", "", "", "", "409/1: no machine"]);
    let (failed, _) = written(&plan, true, what);
    let again = self::plan(&manifest, Some(("failed.csv", &failed)));
    let expected: Vec<Value> = (0..20_000)
        .filter(|number| matches!(number % 4, 1 | 2))
        .map(|number| plan.planned(Ordinal::from(number)).canonical())
        .collect();
    let found: Vec<Value> = (0..again.len()).map(|number| again.planned(Ordinal::from(number)).canonical()).collect();
    assert!(found == expected, "the same launches, argument for argument");
}

#[test]
fn rows_without_a_launch_stand_at_their_places() {
    let from = "csv: x.csv, where: '${{ row.note == \"yes\" }}'";
    let plan = plan(&manifest(from), Some(("r.csv", "id,note\na,no\nb,yes\nc,no\nd,yes\ne,no\n")));
    let (back, _) = written(&plan, false, |number| ["started", "rejected"][number]);
    let lines: Vec<&str> = back.lines().collect();
    assert_eq!(
        lines[1..4],
        [
            "a,no,\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"",
            "b,yes,\"started\",\"\",\"100\",\"\",\"\",\"123456789012345678901234567890\",\"[1,2]\",\"'-12.5\",\"-12.5\"",
            "c,no,\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"",
        ]
    );
    assert_eq!(lines.len(), 6);
    assert_eq!(written(&plan, true, |number| ["started", "rejected"][number]).0, "id,note\nd,yes\n");
}

#[test]
fn columns_that_collide_have_a_prefix_all_of_them() {
    for (columns, prefix) in [("note,info", "sortie-"), ("verdict,sortie-job", "sortie-2-"), ("note,Verdict", "")] {
        let plan = plan(&manifest("csv: x.csv"), Some(("r.csv", &format!("id,{columns}\na,,\n"))));
        let (back, _) = written(&plan, false, |_| "rejected");
        let added = ["verdict", "outcome", "job", "fault", "info"].map(|name| format!("\"{prefix}{name}\"")).join(",");
        assert_eq!(back.lines().next(), Some(format!("id,{columns},{added}").as_str()));
        assert!(forms::is_a_reports_beginning(back.as_bytes()), "{back}");
        assert!(!forms::is_a_reports_beginning(format!("id,{columns}\na,,\n").as_bytes()), "{columns}");
    }
}

#[test]
fn rows_of_json_and_yaml_come_back_as_json_lines() {
    let json = "[ {\"id\": \"a\", \"note\": {\"n\": 1.10}},\n  {\"id\": \"b\", \"note\": \"x y\", \"verdict\": 1e5} ]";
    let expected = "{\"id\":\"a\",\"note\":{\"n\":1.10},\"sortie-verdict\":\"rejected\",\"sortie-outcome\":null,\"sortie-job\":null,\
                    \"sortie-fault\":null,\"sortie-info\":\"409/1: no machine\"}\n";
    let plan = plan(&manifest("csv: x.csv"), Some(("r.json", json)));
    let (back, _) = written(&plan, false, |_| "rejected");
    assert!(back.starts_with(expected), "{back}");
    assert!(forms::is_a_reports_beginning(back.as_bytes()), "{back}");
    let (failed, _) = written(&plan, true, |_| "rejected");
    assert_eq!(failed, "{\"id\":\"a\",\"note\":{\"n\":1.10}}\n{\"id\":\"b\",\"note\":\"x y\",\"verdict\":1e5}\n");
    let again = self::plan(&manifest("csv: x.csv"), Some(("r.jsonl", &failed)));
    assert_eq!(again.digest(), plan.digest());
    let yaml = self::plan(&manifest("yaml: [{ id: a, note: x }, { id: b }]"), None);
    let (failed, _) = written(&yaml, true, |_| "faulted");
    assert_eq!(failed, "{\"id\":\"a\",\"note\":\"x\"}\n{\"id\":\"b\"}\n");
}

#[test]
fn a_matrix_has_the_rows_once_for_each_combination_and_none_that_are_launched_again() {
    let text = manifest("csv: x.csv").replace("    arguments", "    matrix: { region: [emea, apac] }\n    arguments");
    let plan = plan(&text, Some(("r.csv", "id\na\nb\n")));
    let (back, _) = written(&plan, false, |_| "rejected");
    let info = "\"rejected\",\"\",\"\",\"\",\"409/1: no machine\"";
    let expected = format!(
        "id,\"verdict\",\"outcome\",\"job\",\"fault\",\"info\",\"matrix.region\"\na,{info},\"emea\"\nb,{info},\"emea\"\n\
         a,{info},\"apac\"\nb,{info},\"apac\"\n"
    );
    assert_eq!(back, expected);
    let refused = ReturnedRows::of(&plan, None, true).err().map(|error| error.to_string());
    assert!(refused.is_some_and(|words| words.contains("rerun RUN --failed")), "others would be launched again");
}

#[test]
fn whose_rows_are_meant_is_said_or_asked() {
    let two = format!(
        "{}  other:\n    release: R\n    for-each: {{ yaml: [{{ id: a }}], key: id }}\n",
        manifest("yaml: [{ id: a }]")
    );
    let plan = plan(&two, None);
    let said = |plan: &Plan, job: Option<&str>| ReturnedRows::of(plan, job, false).err().map(|error| error.to_string());
    let several = "each of the jobs load, other has rows, and only those of one are given back\n  help: `sortie rows RUN --job load`";
    assert_eq!(said(&plan, None).as_deref(), Some(several));
    assert_eq!(said(&plan, Some("other")), None);
    assert_eq!(said(&plan, Some("nobody")).as_deref(), Some("job `nobody` takes no rows; load, other does"));
    let none = self::plan("version: 1\nname: m\nfolder: F\njobs: { a: { release: R } }\n", None);
    assert!(said(&none, None).is_some_and(|words| words.starts_with("no job of this manifest takes rows")));
}
