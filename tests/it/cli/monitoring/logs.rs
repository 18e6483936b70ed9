//! `--log-format json`: stderr for machines.

use serde_json::Value;

use crate::cli::cli_fixture::{CliFixture, CliOutput};

/// All of stderr, line by line.
#[track_caller]
fn lines(told: &CliOutput) -> Vec<Value> {
    let read = |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let lines: Vec<Value> = told.stderr.lines().map(read).collect();
    for line in &lines {
        let time = line["time"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{line}");
        let level = line["level"].as_str().unwrap();
        assert!(["trace", "debug", "info", "warn", "error"].contains(&level), "{line}");
        assert!(line["target"].is_string() && line["message"].is_string(), "{line}");
    }
    lines
}

#[test]
fn all_that_is_said_is_a_line_of_json() {
    let fixture = CliFixture::new();
    fixture.file("night.yaml", "version: 1\nname: night\nfolder: F\njobs:\n  a: { release: A }\n");
    fixture.file("bad.yaml", "version: 1\nname: bad\njobs:\n  a: { releas: A }\n");
    let told = fixture.sortie("run night.yaml -vvv --log-format json");
    assert_eq!(told.code, 0, "{}", told.shown());
    let all = lines(&told);
    assert!(all.iter().any(|line| line["level"] == "trace" || line["level"] == "debug"), "{}", told.stderr);
    assert!(!told.stderr.contains(fixture.sandbox.token()), "no secret");
    assert!(told.stdout.contains("1 started"), "the report is what it was: {}", told.stdout);

    let told = fixture.sortie("run missing.yaml --log-format json");
    assert_eq!(told.code, 3, "{}", told.shown());
    let all = lines(&told);
    assert_eq!((all.len(), &all[0]["level"], &all[0]["target"]), (1, &"error".into(), &"sortie".into()), "{all:?}");
    assert!(all[0]["message"].as_str().unwrap().contains("missing.yaml"), "{all:?}");

    let told = fixture.sortie("run bad.yaml --log-format json --color always");
    assert_eq!(told.code, 3, "{}", told.shown());
    let all = lines(&told);
    assert!(all.iter().any(|line| line["message"].as_str().unwrap().contains("did you mean")), "{all:?}");
    assert!(!told.stderr.contains('\u{1b}'), "no colours: {}", told.stderr);

    let told = fixture.sortie("run night.yaml -q --log-format json");
    assert_eq!((told.code, told.stderr.as_str()), (0, ""), "quiet is quiet");
}
