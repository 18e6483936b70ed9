//! Files that are damaged, cut, or written to do harm: refused with their line, and nothing of them is shown.

use serde_json::{Value, json};
use sortie::ids::Digest;

use super::{exported, mixed};
use crate::cli::cli_fixture::CliFixture;

/// The lines of a run file.
struct Lines(Vec<Value>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    /// The file with a last line that fits what is before it.
    fn signed(mut self) -> String {
        let mut whole = self.0.pop().unwrap();
        let text = self.0.iter().map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
        whole["sha256"] = Digest::of(text.as_bytes()).to_string().into();
        format!("{text}{whole}\n")
    }

    /// The place of the first line of a kind.
    fn first(&self, kind: &str) -> usize {
        self.0.iter().position(|line| line["line"] == kind).unwrap()
    }
}

#[track_caller]
fn refused(fixture: &CliFixture, text: &str, words: &str) {
    fixture.file("bad.run", text);
    for command in ["report bad.run", "report bad.run night.run"] {
        let told = fixture.offline(command);
        assert!(told.code == 3 && told.stdout.is_empty(), "{words}: {}", told.shown());
        assert!(told.stderr.contains(words), "{words}: {}", told.shown());
        assert!(!told.stderr.contains('\u{1b}'), "{}", told.shown());
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused_with_the_line_behind_which_it_is() {
    let fixture = mixed();
    let text = exported(&fixture);
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    for (number, end) in ends.iter().enumerate().take(ends.len() - 1) {
        refused(&fixture, &text[..*end], &format!("cut off behind line {}", number + 1));
    }
    refused(&fixture, text.trim_end(), "cut off behind line");
    refused(&fixture, &text[..20], "is no run file");
    refused(&fixture, "", "is no run file");
}

#[test]
fn a_byte_that_changed_is_found() {
    let fixture = mixed();
    let text = exported(&fixture);
    refused(&fixture, &text.replacen("mixed", "mixes", 1), "its digest is another");
    let lines: Vec<&str> = text.lines().collect();
    let without_one = [&lines[..4], &lines[5..]].concat().join("\n") + "\n";
    fixture.file("bad.run", &without_one);
    assert_eq!(fixture.offline("report bad.run").code, 3);
}

#[test]
fn what_is_no_run_file_is_told_so() {
    let fixture = mixed();
    exported(&fixture);
    for text in ["version: 1\n", "{}\n", "[1]\n", "{\"version\": 1}\n", "SQLite format 3\u{0}\n"] {
        refused(&fixture, text, "is no run file");
    }
    for named in ["./nowhere", ".", "/dev/zero"] {
        let told = fixture.offline(&format!("report {named}"));
        assert!(told.code == 3 && told.stderr.contains("is not taken"), "{}", told.shown());
    }
}

#[test]
fn a_file_that_was_made_to_do_harm_is_refused_at_its_line() {
    let fixture = mixed();
    let text = exported(&fixture);
    let change = |change: &dyn Fn(&mut Vec<Value>, &Lines)| {
        let (mut lines, before) = (Lines::of(&text), Lines::of(&text));
        change(&mut lines.0, &before);
        lines.signed()
    };
    let event = Lines::of(&text).first("event");
    let cases: [(String, String); 12] = [
        (change(&|lines, _| lines[0]["sortie-run"] = json!(2)), "it has version 2".to_owned()),
        (change(&|lines, _| lines[0]["launches"] = json!(4_000_000_000_u32)), "line 1: more launches".to_owned()),
        (change(&|lines, _| lines[0]["id"] = json!("0".repeat(32))), "is that of another run".to_owned()),
        (change(&|lines, _| lines[0]["name"] = json!("a\u{1b}[31m")), "line 1: a name".to_owned()),
        (change(&|lines, _| lines[0]["tenant"] = json!("imported:x")), "line 1: a tenant".to_owned()),
        (change(&|lines, _| drop(lines.remove(1))), "line 2: the run's inputs".to_owned()),
        (change(&|lines, at| lines.insert(event, at.0[0].clone())), format!("line {}: a second run", event + 1)),
        (change(&|lines, _| lines[event]["launch"] = json!(99)), format!("line {}: launch 99", event + 1)),
        (
            change(&|lines, at| lines.insert(event, at.0[event].clone())),
            format!("line {}: the event cannot follow", event + 2),
        ),
        (change(&|lines, _| lines[event]["event"] = json!({ "unheard-of": {} })), format!("line {}: ", event + 1)),
        (change(&|lines, _| lines.last_mut().unwrap()["events"] = json!(1)), "its counts are not".to_owned()),
        (
            change(&|lines, at| lines[at.first("ended")]["exit-code"] = json!(77)),
            "an exit code that nobody has".to_owned(),
        ),
    ];
    for (bad, words) in cases {
        refused(&fixture, &bad, &words);
    }
    let deep = format!("{}{}", text.lines().next().unwrap(), "\n")
        + "{\"line\":\"inputs\",\"inputs\":"
        + &"[".repeat(100_000)
        + "\n";
    refused(&fixture, &deep, "line 2: recursion limit exceeded");
    refused(&fixture, &format!("{text}{{}}\n"), "line");
}

#[test]
fn a_sealed_file_that_contradicts_itself_is_refused_with_what_does_not_fit() {
    let fixture = mixed();
    let text = exported(&fixture);
    let change = |change: &dyn Fn(&mut Vec<Value>, &Lines)| {
        let (mut lines, before) = (Lines::of(&text), Lines::of(&text));
        change(&mut lines.0, &before);
        lines.signed()
    };
    let with_manifest = |from: &str, to: &str| {
        change(&|lines, _| {
            let manifest = lines[1]["inputs"]["inputs"]["text"].as_str().unwrap().replace(from, to);
            lines[1]["inputs"]["inputs"]["text"] = manifest.into();
        })
    };
    let intended = Lines::of(&text).0.iter().position(|line| line["event"].get("intended").is_some()).unwrap();
    let cases: [(String, &str); 11] = [
        (change(&|lines, _| lines[0]["name"] = json!("prod-payments")), "another name than its manifest"),
        (change(&|lines, _| lines[0]["launches"] = json!(99)), "says 99 launches, and its manifest makes 5"),
        (with_manifest("Ping", "Pong"), "do not make the plan"),
        (with_manifest("jobs:", "jobs"), "do not make the plan"),
        (change(&|lines, at| lines[at.first("ended")]["totals"]["started"] = json!(99)), "its end says"),
        (change(&|lines, at| lines[at.first("ended")]["exit-code"] = json!(0)), "its end says exit code 0"),
        (change(&|lines, at| lines[at.first("ended")]["exit-code"] = json!(12)), "its end says exit code 12"),
        (
            change(&|lines, _| lines[intended]["event"]["intended"]["launch"] = json!("a/zz")),
            "the id of another launch",
        ),
        (
            change(&|lines, _| {
                let reference = format!("sortie-{}-0123456789abcdef", "1".repeat(32));
                lines[intended]["event"]["intended"]["reference"] = reference.into();
            }),
            "the Reference of another launch",
        ),
        (
            change(&|lines, at| {
                let judged = json!({ "job": null, "launches": 3, "failed": { "faulted": 2 }, "tolerate": "1",
                    "tolerated": 1, "is-met": true });
                lines.insert(
                    at.first("event"),
                    json!({ "line": "note", "note": { "note": "judged", "policies": [judged] } }),
                );
                let last = lines.len() - 1;
                lines[last]["notes"] = (at.0.last().unwrap()["notes"].as_u64().unwrap() + 1).into();
            }),
            "not what its figures make it",
        ),
        (change(&|lines, at| drop(lines.remove(at.first("inputs")))), "line 2"),
    ];
    for (bad, words) in cases {
        refused(&fixture, &bad, words);
        let told = fixture.offline("runs import bad.run --ledger here.db");
        assert!(told.code == 3 && told.stderr.contains(words), "{}", told.shown());
    }
}

#[test]
fn inputs_that_another_version_planned_otherwise_show_what_the_events_tell() {
    let fixture = mixed();
    let mut lines = Lines::of(&exported(&fixture));
    let manifest = lines.0[1]["inputs"]["inputs"]["text"].as_str().unwrap().replace("Ping", "Pong");
    lines.0[1]["inputs"]["inputs"]["text"] = manifest.into();
    lines.0[0]["version"] = "0.0.9".into();
    fixture.file("other.run", &lines.signed());
    let told = fixture.offline("report other.run --format json");
    assert!(told.code == 0 && told.stderr.contains("cannot be made again"), "{}", told.shown());
    assert_eq!(told.json()["launches"].as_array().unwrap().len(), 4);
}
