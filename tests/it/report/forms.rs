//! Every format of a report: read by somebody else's reader, and inert whatever stands in it.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use sortie::format::ReportFormat;
use sortie::report::forms::{self, is_a_reports_beginning};
use sortie::report::not_begun::{NotBegunReport, NotBegunRun};
use sortie::report::{Head, LaunchReport};
use sortie::secret::Redactor;
use sortie::words::Words as _;

/// Texts that do harm somewhere: in a spreadsheet, a browser, a terminal, an XML reader, a build server's log, Markdown.
const HOSTILE: [&str; 16] = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "<script>alert(1)</script>",
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "]]><x/>&lt;\u{0}\u{8}\u{b}\u{FFFE}\u{FFFF}",
    "a\u{202E}b\u{2066}c\u{200F}",
    "::error::owned",
    "first\n::error file=x::owned\n##vso[task.complete]",
    "[click](javascript:alert(1)) ![i](http://evil.example/x.png) @everyone",
    "a | b \\| c `d` <img src=x onerror=alert(1)>",
    "\"; DROP TABLE x; \"\"",
    "line\r\nnext\u{2028}third\u{85}fourth",
];

fn head(launches: usize) -> Head {
    serde_json::from_value(json!({
        "run": {
            "id": "0eaac680e5ee54d79efbe8f48c29e504", "name": HOSTILE[6], "slot": null, "profile": HOSTILE[12],
            "started": "2026-01-31T12:00:00Z", "ended": "2026-01-31T12:10:00Z", "plan-digest": "0".repeat(64),
            "exit-code": 10, "hold": HOSTILE[11], "uncounted": { HOSTILE[13]: HOSTILE[11] },
            "outcome-policies": [{
                "job": null, "launches": launches, "failed": { "faulted": launches }, "tolerate": "1%", "tolerated": 0,
                "is-met": false
            }],
        },
        "totals": {
            "launches": launches, "started": launches, "rejected": 0, "unknown": 0, "partial": 0, "duplicate": 0,
            "skipped": 0, "not-sent": 0,
        },
    }))
    .expect("a head")
}

/// A launch whose robot job faulted, with `text` in every place that may hold something foreign.
fn faulted(number: usize, text: &str) -> LaunchReport {
    let robot_job = json!({
        "id": 160_000 + number, "key": text, "state": text, "creation-time": text, "start-time": "2026-01-31T12:00:00Z",
        "end-time": "2026-01-31T12:00:01.5Z", "release-name": text, "type": text, "source": text, "source-type": text,
        "batch-execution-key": text, "starting-schedule-id": null, "info": text, "output": text, "outcome": "faulted",
        "sub-state": text, "class": "application", "notes": [text],
        "fault": { "code": text, "title": text, "detail": text, "category": text },
    });
    serde_json::from_value(json!({
        "id": format!("load/{text}"), "job": "load", "key": { text: text }, "reference": text, "verdict": "started",
        "outcome": "faulted", "attempts": 1, "settled": false, "arguments": { text: text }, "robot-jobs": [robot_job],
        "error": { "status": 409, "code": 1, "message": text, "trace-id": text },
    }))
    .expect("a launch")
}

fn rejected(text: &str) -> LaunchReport {
    serde_json::from_value(json!({
        "id": format!("post/{text}"), "job": "post", "key": null, "reference": text, "verdict": "rejected", "attempts": 1,
        "settled": false, "arguments": null, "robot-jobs": [],
        "error": { "status": 409, "code": 1, "message": text, "trace-id": text },
    }))
    .expect("a launch")
}

fn written(format: ReportFormat, launches: &[LaunchReport]) -> String {
    let mut bytes = Vec::new();
    let mut writer = forms::writer(format, &mut bytes, &Redactor::default(), None);
    writer.begin(&head(launches.len())).expect("memory");
    for launch in launches {
        writer.launch(launch).expect("memory");
    }
    writer.end().expect("memory");
    drop(writer);
    String::from_utf8(bytes).expect("UTF-8")
}

fn not_begun(format: ReportFormat, reason: &str, exit_code: u8) -> String {
    let moment = "2026-01-31T12:00:00Z".to_owned();
    let run = NotBegunRun {
        name: Some(HOSTILE[6].to_owned()),
        started: moment.clone(),
        ended: moment,
        exit_code,
        ..NotBegunRun::default()
    };
    let mut bytes = Vec::new();
    forms::write_not_begun(format, &NotBegunReport::new(run, reason.to_owned()), &mut bytes).expect("memory");
    String::from_utf8(bytes).expect("UTF-8")
}

/// The formats whose reports are made of a run alone.
fn formats() -> impl Iterator<Item = ReportFormat> {
    ReportFormat::ALL.iter().copied().filter(|format| *format != ReportFormat::Rows)
}

/// What Python's own reader of `kind` makes of `text`.
pub(super) fn read_by_python(kind: &str, text: &str) -> Value {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), text).expect("written");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/report/read_reports.py");
    let out = Command::new("python3")
        .args([script, kind])
        .arg(file.path())
        .output()
        .expect("python3 reads reports here; scripts/test installs it");
    assert!(out.status.success(), "{}\n{text}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("JSON")
}

fn hostile_launches() -> Vec<LaunchReport> {
    let faulted = HOSTILE.iter().enumerate().map(|(number, text)| faulted(number, text));
    faulted.chain(HOSTILE.iter().map(|text| rejected(text))).collect()
}

#[test]
fn nothing_foreign_steers_a_terminal_or_a_build_server_in_any_format() {
    let is_steering = |c: char| {
        c.is_control() && !matches!(c, '\n' | '\r')
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    for format in formats() {
        for text in [written(format, &hostile_launches()), not_begun(format, &HOSTILE.join("\n"), 3)] {
            let found: Vec<char> = text.chars().filter(|c| is_steering(*c)).collect();
            assert!(found.is_empty(), "{}: {found:?}", format.word());
            for line in text.lines() {
                assert!(!line.trim_start().starts_with("::"), "{}: {line}", format.word());
                assert!(!line.contains("##vso["), "{}: {line}", format.word());
            }
        }
    }
}

#[test]
fn every_report_is_known_again_by_its_beginning() {
    for format in formats() {
        for text in [written(format, &hostile_launches()), written(format, &[]), not_begun(format, "why", 3)] {
            assert!(is_a_reports_beginning(text.as_bytes()), "{}: {text:.200}", format.word());
        }
    }
}

#[test]
fn a_megabyte_of_info_is_cut_where_people_read() {
    // Ids and References have bounds of their own.
    let mut launch = faulted(0, &"ü".repeat(500_000));
    (launch.id, launch.reference, launch.key) = ("load/x".to_owned(), "r".to_owned(), None);
    for format in formats() {
        let text = written(format, std::slice::from_ref(&launch));
        let is_whole = matches!(format, ReportFormat::Json | ReportFormat::Jsonl);
        assert_eq!(text.len() > 1_000_000, is_whole, "{}: {} bytes", format.word(), text.len());
        assert!(is_whole || text.len() < 200_000, "{}: {} bytes", format.word(), text.len());
    }
}

#[test]
fn csv_has_a_row_a_launch_and_no_cell_that_a_spreadsheet_computes() {
    let launches = hostile_launches();
    let rows = read_by_python("csv", &written(ReportFormat::Csv, &launches));
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), launches.len() + 1);
    for row in rows {
        let cells: Vec<&str> = row.as_array().expect("cells").iter().filter_map(Value::as_str).collect();
        assert_eq!(cells.len(), rows[0].as_array().expect("cells").len(), "{cells:?}");
        let is_computed = |cell: &&&str| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        assert_eq!(cells.iter().find(is_computed), None);
    }
    let column =
        |name: &str| rows[0].as_array().expect("cells").iter().position(|cell| cell == name).expect("a column");
    assert_eq!(rows[1][column("launch")], "load/=cmd|' /C calc'!A0");
    assert_eq!(rows[1][column("info")], "'=cmd|' /C calc'!A0");
    assert_eq!(rows[1][column("robot-job-ids")], "160000");
    assert_eq!((&rows[1][column("fault")], &rows[1][column("seconds")]), (&json!("application"), &json!("1.500")));
    let reason = read_by_python("csv", &not_begun(ReportFormat::Csv, HOSTILE[0], 3));
    assert_eq!((&reason[1][column("verdict")], &reason[1][2]), (&json!("not-begun"), &json!("")));
    assert_eq!(reason[1][column("message")], "'=cmd|' /C calc'!A0");
}

#[test]
fn junit_has_a_suite_a_job_and_a_case_a_launch_with_the_numbers_of_both() {
    let mut launches = hostile_launches();
    let verdict = |launch: &mut LaunchReport, verdict: &str| {
        launch.verdict = serde_json::from_value(json!(verdict)).expect("a verdict");
    };
    verdict(&mut launches[17], "skipped");
    verdict(&mut launches[18], "unknown");
    let mut fine = faulted(99, "fine");
    fine.outcome = Some(sortie::outcome::JobOutcome::Successful);
    launches.insert(0, fine);
    let root = read_by_python("junit", &written(ReportFormat::Junit, &launches));
    assert_eq!(root["name"], "testsuites");
    let suites = root["children"].as_array().expect("suites");
    let names: Vec<&str> = suites.iter().filter_map(|suite| suite["attributes"]["name"].as_str()).collect();
    assert_eq!(names, ["load", "post"]);
    let mut all = [0; 4];
    for suite in suites {
        assert_eq!(suite["name"], "testsuite");
        let cases = suite["children"].as_array().expect("children").iter().filter(|child| child["name"] == "testcase");
        let cases: Vec<&Value> = cases.collect();
        let with = |tag: &str| {
            let has =
                |case: &&&Value| case["children"].as_array().is_some_and(|of| of.iter().any(|it| it["name"] == tag));
            cases.iter().filter(has).count()
        };
        let counts = [cases.len(), with("failure"), with("error"), with("skipped")];
        for (name, (count, all)) in ["tests", "failures", "errors", "skipped"].iter().zip(counts.iter().zip(&mut all)) {
            assert_eq!(suite["attributes"][name], count.to_string(), "{name} of {}", suite["attributes"]["name"]);
            *all += count;
        }
        for case in cases {
            let attributes = &case["attributes"];
            assert!(attributes["name"].is_string() && attributes["classname"].is_string(), "{attributes}");
            assert!(attributes["time"].as_str().is_some_and(|time| time.parse::<f64>().is_ok()), "{attributes}");
        }
    }
    for (name, count) in ["tests", "failures", "errors"].iter().zip(all) {
        assert_eq!(root["attributes"][name], count.to_string(), "{name}");
    }
    assert!(root["attributes"]["skipped"].is_null(), "the schema of Jenkins knows it of suites alone");
    assert_eq!(all, [33, 30, 1, 1]);
    let failure = &suites[0]["children"]
        .as_array()
        .expect("cases")
        .iter()
        .find(|case| case["attributes"]["name"] == "load/<script>alert(1)</script>");
    let failure = &failure.expect("the case")["children"][0];
    assert_eq!(failure["attributes"]["type"], "application");
    assert_eq!(failure["attributes"]["message"], "faulted: <script>alert(1)</script>");
    assert!(failure["text"].as_str().is_some_and(|text| text.contains("robot jobs: 160006")), "{failure}");
}

#[test]
fn junit_says_of_a_run_that_was_not_begun_that_it_was_not() {
    let root = read_by_python("junit", &not_begun(ReportFormat::Junit, "no profile\n  help: ]]> name one", 3));
    assert_eq!((&root["attributes"]["tests"], &root["attributes"]["errors"]), (&json!("1"), &json!("1")));
    let error = &root["children"][0]["children"][0]["children"][0];
    assert_eq!(error["attributes"]["message"], "nothing was begun: no profile");
    assert_eq!(error["text"], "no profile\n  help: ]]> name one");
    let root = read_by_python("junit", &not_begun(ReportFormat::Junit, "there is nothing to launch", 0));
    assert_eq!(
        (&root["attributes"]["errors"], &root["children"][0]["attributes"]["skipped"]),
        (&json!("0"), &json!("1"))
    );
}

#[test]
fn a_launch_that_passed_on_a_retry_is_marked_as_nextest_marks_it() {
    let mut launch = faulted(0, "logon failed");
    let retry = json!({
        "id": "load/x#2", "reference": "r", "replaces": 160_000, "verdict": "started", "outcome": "successful", "attempts": 1,
        "settled": false, "robot-jobs": [], "error": null,
    });
    launch.retries.push(serde_json::from_value(retry).expect("a retry"));
    let failed = read_by_python("junit", &written(ReportFormat::Junit, std::slice::from_ref(&launch)));
    launch.outcome = Some(sortie::outcome::JobOutcome::Successful);
    launch.flaky = true;
    let flaky = read_by_python("junit", &written(ReportFormat::Junit, std::slice::from_ref(&launch)));
    let tags = |root: &Value| {
        let children = root["children"][0]["children"].as_array().expect("children").clone();
        let case = children.into_iter().find(|child| child["name"] == "testcase").expect("a case");
        let children = case["children"].as_array().expect("children").clone();
        children.iter().map(|child| child["name"].as_str().expect("a tag").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(tags(&failed), ["failure", "rerunFailure"]);
    assert_eq!(tags(&flaky), ["flakyFailure"]);
}

#[test]
fn the_text_names_the_robot_job_that_decided_and_says_what_came_of_each_retry() {
    let text_of = |outcome: &str, verdict: &str, jobs: Value, due: Value| {
        let mut launch = faulted(0, "logon failed");
        (launch.id, launch.reference, launch.error) = ("load/x".to_owned(), "r".to_owned(), None);
        launch.robot_jobs[0].notes.clear();
        launch.robot_jobs[0].state = Some("Faulted".to_owned());
        launch.outcome = serde_json::from_value(json!(outcome)).expect("an outcome");
        launch.flaky = outcome == "successful";
        let error = if jobs == json!([]) {
            json!({ "status": 400, "code": null, "message": "No way", "trace-id": null })
        } else {
            Value::Null
        };
        let retry = json!({
            "id": "load/x#2", "reference": "r", "replaces": 160_000, "due": due, "verdict": verdict, "outcome": null,
            "attempts": 1, "settled": false, "robot-jobs": jobs, "error": error,
        });
        launch.retries.push(serde_json::from_value(retry).expect("a retry"));
        let text = written(ReportFormat::Text, std::slice::from_ref(&launch));
        text.split_once("\n\n").expect("sections").1.to_owned()
    };
    let mut second = serde_json::to_value(&faulted(1, "Job completed").robot_jobs[0]).expect("JSON");
    (second["state"], second["outcome"], second["notes"]) = (json!("Successful"), json!("successful"), json!([]));
    let text = text_of("successful", "started", json!([second]), Value::Null);
    assert!(text.contains("load/x  robot job 160001 Successful  (flaky: well after 1 retry)"), "{text}");
    let text = text_of("faulted", "rejected", json!([]), Value::Null);
    assert!(text.contains("load/x  robot job 160000 Faulted  (load/x#2 was refused: No way)"), "{text}");
    assert!(!text.contains("1 retry"), "{text}");
    let text = text_of("faulted", "not-sent", json!([]), json!("2026-01-31T12:20:00Z"));
    assert!(text.contains("(load/x#2 waits until 2026-01-31T12:20:00Z)"), "{text}");
    assert!(text.contains("To be started again: retries that wait for their time (1)"), "{text}");
    assert!(!text.contains("--failed"), "it is started again by itself: {text}");
}

#[test]
fn markdown_has_tables_of_equal_rows_and_nothing_that_is_more_than_text() {
    let text = written(ReportFormat::Markdown, &hostile_launches());
    for forbidden in ["<script", "<img", "](", "![", "@everyone"] {
        assert!(!text.contains(forbidden), "{forbidden}\n{text}");
    }
    let bars = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
    let mut of_table = None;
    for line in text.lines() {
        if line.starts_with('|') {
            assert_eq!(bars(line), *of_table.get_or_insert_with(|| bars(line)), "{line}");
        } else {
            of_table = None;
        }
    }
    assert!(text.contains("**application** "), "{text}");
    let many: Vec<LaunchReport> =
        (0..20_000).map(|number| faulted(number, &format!("{number} {}", "x|".repeat(2_000)))).collect();
    let length = written(ReportFormat::Markdown, &many).len();
    assert!(length < 500_000, "{length} bytes: GitHub shows no more than a megabyte");
}

/// `FORMAT=csv cargo test --test it -- report::forms::the_cost --ignored --nocapture` prints what one format costs, of a run of which a
/// tenth failed; without `FORMAT`, all of them, whose peak of memory is then the highest so far.
#[test]
#[ignore = "by hand: it prints what a report of 20,000 launches costs"]
fn the_cost_of_a_report_of_twenty_thousand_launches() {
    let number =
        |file: &str, of: fn(&str) -> Option<u64>| of(&fs::read_to_string(file).expect("Linux")).expect("a number");
    let ticks = || number("/proc/self/stat", |text| text.rsplit(')').next()?.split(' ').nth(12)?.parse().ok());
    let peak = || {
        number("/proc/self/status", |text| {
            text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
        })
    };
    let wanted = std::env::var("FORMAT").ok();
    let mut fine = faulted(0, "Job completed");
    fine.outcome = Some(sortie::outcome::JobOutcome::Successful);
    fine.robot_jobs[0].outcome = fine.outcome;
    for format in formats().filter(|format| wanted.as_ref().is_none_or(|wanted| wanted == format.word())) {
        let (before, mut made) = (ticks(), 0);
        let mut writer = forms::writer(format, std::io::sink(), &Redactor::default(), None);
        writer.begin(&head(20_000)).expect("memory");
        for number in 0..20_000 {
            let text = format!("invoice {number} of company {} cannot be posted: period closed", number % 40);
            let mut launch = if number % 10 == 0 { faulted(number, &text) } else { fine.clone() };
            launch.id = format!("load/INV-{number}");
            made += launch.id.len();
            writer.launch(&launch).expect("memory");
        }
        writer.end().expect("memory");
        println!("{}: {} ms of CPU, peak of {} kB ({made})", format.word(), (ticks() - before) * 10, peak());
    }
}
