//! Report files of calls that begin no run: those of the run before must not be taken for theirs.

use std::fs;

use expect_test::expect;
use serde_json::{Value, json};
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status};

use crate::cli::cli_fixture::{CliFixture, CliOutput};
use crate::cli::live_run::{kill, live, slow};

const MANIFEST: &str = "
version: 1
name: night
folder: Shared
params: { n: { type: integer, default: 1 } }
reports: [{ format: json, path: own.json }]
jobs:
  a: { release: Ping, arguments: { n: '${{ params.n }}' } }
  b: { release: Ping }
";

/// A fixture on which the run of last night wrote its reports.
fn fixture() -> CliFixture {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    last_night(&fixture);
    fixture
}

fn last_night(fixture: &CliFixture) {
    let told = fixture.sortie("run m.yaml -q --run-key last-night --report json=r.json --report text=r.txt");
    assert_eq!(told.code, 0, "{}", told.shown());
    assert!(fixture.read("r.txt").starts_with("2 launches of night\n"));
}

/// The report file `name`, which must say that nothing was begun, and that the call ended as `told`.
#[track_caller]
fn check(fixture: &CliFixture, told: &CliOutput, name: &str, reason: &str) {
    let report: Value = serde_json::from_str(&fixture.read(name)).unwrap();
    assert_eq!(report["run"]["exit-code"], told.code, "{name}: {}", told.shown());
    assert_eq!((&report["launches"], &report["totals"]["launches"]), (&json!([]), &json!(0)), "{name}");
    let said = report["not-begun"]["reason"].as_str().unwrap_or_default();
    assert!(said.contains(reason), "{name}: {said}\n{}", told.shown());
    let schema: Value = serde_json::from_str(sortie::report::json::SCHEMA).unwrap();
    assert!(jsonschema::is_valid(&schema, &report), "{report}");
}

const FILES: &str = "--report json=r.json --report text=r.txt";

#[test]
fn whatever_refuses_a_run_is_in_its_report_files() {
    let fixture = fixture();
    fixture.file("broken.yaml", "version: 1\nname: night\nfolder: Shared\njobs: { a: { relase: Ping } }\n");
    fixture.file("no-yaml.yaml", "jobs: [\n");
    fixture.file("config.yaml", "profiles: { p: { url: 'https://127.0.0.1:1', auth: { token: { env: NOBODY } } } }\n");
    fixture.file("empty.csv", "id\n");
    fixture.file(
        "rows.yaml",
        &MANIFEST
            .replace("  a: {", "  a: { for-each: { csv: empty.csv, key: id },")
            .replace("  b: { release: Ping }\n", ""),
    );
    fixture.file("text.db", "no ledger, but a letter of more than sixteen bytes");
    for (arguments, code, reason) in [
        ("run broken.yaml", 3, "broken.yaml:4:"),
        ("run no-yaml.yaml", 3, "no-yaml.yaml:"),
        ("run nowhere.yaml", 3, "`nowhere.yaml` is not there"),
        ("run m.yaml --rate fast", 3, "--rate"),
        ("run m.yaml --param n=x", 3, ""),
        ("run m.yaml --param m=1", 3, "m"),
        ("run m.yaml --only nobody", 3, "nobody"),
        ("run m.yaml --slot yesterday", 3, "yesterday"),
        ("run m.yaml --profile nobody --config config.yaml", 3, "nobody"),
        ("run m.yaml --profile p --config config.yaml", 2, "NOBODY"),
        ("run m.yaml --ledger text.db", 1, "is not a ledger of sortie's"),
        ("run m.yaml --run-key last-night --param n=2", 13, "is done already, with another plan"),
        ("run rows.yaml", 0, "there is nothing to launch"),
        ("resume ffff", 3, "the ledger has no run `ffff`"),
        ("resume last --ledger nowhere.db", 3, "there is no ledger"),
        ("rerun last --failed", 0, "nothing is left to run again"),
        ("start Ping --folder Shared --count 0", 3, ""),
    ] {
        last_night(&fixture);
        let starts = fixture.starts();
        let told = fixture.sortie(&format!("{arguments} {FILES}"));
        assert_eq!((told.code, fixture.starts()), (code, starts), "{arguments}: {}", told.shown());
        check(&fixture, &told, "r.json", reason);
        let text = fixture.read("r.txt");
        assert!(text.starts_with("Nothing was begun"), "{arguments}: {text}");
        assert!(text.contains(&format!("\n  exit     {code}: ")), "{arguments}: {text}");
    }
    last_night(&fixture);
    expect![[r#"
        Nothing was begun of night
          run      RUN
          profile  env
          time     TIME

        Why
          key `last-night` is done already, with another plan (run RUN): nothing was started
            param `n` was not given at the first start
            launches: 1 changed (`a`)
            help: these launches need a `--run-key` of their own; `sortie report RUN` shows what was started

        Result
          exit     13: refused: not the plan that was begun or approved
    "#]]
    .assert_eq(&{
        fixture.sortie(&format!("run m.yaml -q --run-key last-night --param n=2 {FILES}"));
        crate::cli::program::steady(&fixture.read("r.txt"))
    });
}

#[test]
fn the_files_that_the_manifest_asks_for_say_so_too() {
    let fixture = fixture();
    for (arguments, code) in [
        ("run m.yaml --slot yesterday", 3),
        ("run m.yaml --run-key last-night --param n=2", 13),
        ("run m.yaml --ledger m.yaml", 1),
    ] {
        last_night(&fixture);
        let told = fixture.sortie(arguments);
        assert_eq!(told.code, code, "{arguments}: {}", told.shown());
        check(&fixture, &told, "own.json", "");
    }
}

#[test]
fn a_server_that_refuses_is_in_the_files() {
    let always = |operation, status| {
        Faults::new().rule(Rule::new(operation, Fault::before(Reply::Status(Status::of(status)))).at(Position::Always))
    };
    let strict = "folders: [{ path: Shared, id: 7 }]\n";
    for (what, world, faults, code) in [
        ("lists that cannot be read", World::obliging(), always(Operation::Jobs, 403), 2),
        ("a login that is refused", World::obliging(), always(Operation::Get, 401), 2),
        ("names that are unknown", World::from_text(strict).unwrap(), Faults::new(), 3),
    ] {
        let fixture = fixture().with_another_server(&world, faults);
        let told = fixture.sortie(&format!("run m.yaml -q {FILES}"));
        assert_eq!((told.code, fixture.starts()), (code, 0), "{what}: {}", told.shown());
        check(&fixture, &told, "r.json", "");
        check(&fixture, &told, "own.json", "");
    }
}

#[test]
fn who_leaves_a_live_run_says_so_and_the_live_run_has_the_last_word() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &slow(MANIFEST));
    let child = live(&fixture, "run m.yaml --run-key k");
    for arguments in ["run m.yaml --run-key k", "resume last"] {
        fs::write(fixture.path().join("r.json"), "").unwrap();
        let told = fixture.sortie(&format!("{arguments} {FILES}"));
        assert_eq!(told.code, 14, "{}", told.shown());
        check(&fixture, &told, "r.json", "is in use by another process");
        let report: Value = serde_json::from_str(&fixture.read("r.json")).unwrap();
        assert_eq!(report["run"]["id"], fixture.runs()[0]["id"], "{arguments}");
    }
    kill(child);
    let whole = fixture.sortie(&format!("run m.yaml -q --run-key k --rate 100/s {FILES}"));
    assert_eq!(whole.code, 0, "{}", whole.shown());
    assert!(fixture.read("r.txt").starts_with("2 launches of night\n"));
}

#[test]
fn a_slot_that_came_after_one_that_failed_was_not_begun() {
    let dead =
        Rule::new(Operation::StartJobs, Fault::before(Reply::Status(Status::of(401)))).at(Position::Within(3..=99));
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(dead));
    let scheduled = MANIFEST.replace("jobs:", "schedule: { slot: 1d }\njobs:");
    fixture.file("m.yaml", &scheduled);
    assert_eq!(fixture.sortie("run m.yaml -q --slot 2026-01-20").code, 0);
    let told = fixture.sortie(&format!("run m.yaml -q --slot 2026-01-22 --catch-up 1 {FILES}"));
    assert_eq!(told.code, 2, "{}", told.shown());
    check(
        &fixture,
        &told,
        "r.json",
        "was not begun: a slot before it, which --catch-up ran first, ended with exit code 2",
    );
}

#[test]
fn a_report_of_the_run_that_was_to_go_on_is_still_true_and_stays() {
    let lost = Rule::new(Operation::StartJobs, Fault::before(Reply::Status(Status::of(401)))).at(Position::Always);
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(lost));
    fixture.file("m.yaml", MANIFEST);
    let stopped = fixture.sortie(&format!("run m.yaml -q {FILES}"));
    assert_eq!(stopped.code, 2, "{}", stopped.shown());
    let (own, json) = (fixture.read("own.json"), fixture.read("r.json"));
    let other = json.replace(fixture.runs()[0]["id"].as_str().unwrap(), &"f".repeat(32));
    fs::write(fixture.path().join("other.json"), other).unwrap();
    // As of a run of many launches, whose id stands far behind them.
    let text = fixture.read("r.txt");
    let (first, rest) = text.split_once('\n').unwrap();
    let long = format!("{first}\n{}{rest}", "    a launch that is named here\n".repeat(1000));
    fs::write(fixture.path().join("long.txt"), &long).unwrap();
    let more = "--report json=other.json --report text=long.txt";
    let refused = fixture.offline(&format!("resume last -q {FILES} {more}"));
    assert_eq!(refused.code, 3, "{}", refused.shown());
    assert_eq!((fixture.read("own.json"), fixture.read("r.json")), (own, json));
    assert!(fixture.read("long.txt") == long, "it is as it was");
    check(&fixture, &refused, "other.json", "");
}

#[test]
fn what_is_no_report_is_not_replaced_by_one_that_says_nothing() {
    let fixture = fixture();
    fixture.file("data.csv", "id,amount\n1,2\n");
    let told = fixture.sortie("run nowhere.yaml --report json=data.csv --report json=m.yaml --report json=r.json");
    assert_eq!(told.code, 3, "{}", told.shown());
    assert_eq!((fixture.read("data.csv").as_str(), fixture.read("m.yaml").as_str()), ("id,amount\n1,2\n", MANIFEST));
    check(&fixture, &told, "r.json", "nowhere.yaml");
    expect![[r#"
        exit 3
        --- stderr
        error: `data.csv` is not a report, and was left as it is: it does not say that this run was not begun
        error: report `FOLDER/m.yaml` would replace the manifest that lies there
          help: give the report a file of its own
        error: `nowhere.yaml` is not there
    "#]]
    .assert_eq(&told.shown());
}

#[test]
fn a_report_that_cannot_be_written_is_named_as_it_was_asked_for() {
    let fixture = fixture();
    fs::write(fixture.path().join("file"), "").unwrap();
    for (target, words) in [
        ("file/r.json", "report `file/r.json` cannot be written: "),
        ("/proc/r.json", "report `/proc/r.json` cannot be written: "),
    ] {
        let told = fixture.sortie(&format!("run m.yaml -q --report json={target}"));
        assert_eq!(told.code, 3, "{}", told.shown());
        assert!(told.stderr.starts_with(&format!("error: {words}")), "{}", told.shown());
        assert!(!told.stderr.contains(".sortie-report-"), "{}", told.shown());
        assert_eq!(told.stderr.lines().count(), 1, "once: {}", told.shown());
    }
}
