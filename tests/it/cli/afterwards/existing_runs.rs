//! `resume`, `reconcile`, `rerun`, `runs` and `report`: what a run left, and what is made of it.

use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::json;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status};

use crate::cli::cli_fixture::{CliFixture, CliOutput};

/// Three launches, one after the other.
const THREE: &str = "
version: 1
name: three
folder: Shared
limits: { launch: { concurrency: 1 } }
jobs:
  a: { release: Ping }
  b: { release: Ping, count: 2 }
  c: { release: Ping }
";

/// The same, held once one was in doubt.
const HELD: &str = "
version: 1
name: held
folder: Shared
defaults: { on-ambiguous: hold }
limits: { launch: { concurrency: 1 } }
jobs:
  a: { release: Ping }
  b: { release: Ping }
";

#[track_caller]
fn check(told: &CliOutput, expected: Expect) {
    expected.assert_eq(&told.shown());
}

/// The second start meets `fault`, and so does every list from the moment on.
fn doubtful(fault: Fault) -> Faults {
    Faults::new().at(Operation::StartJobs, Position::Nth(2), fault)
}

#[test]
fn a_report_is_written_again_byte_for_byte_from_the_ledger_alone() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", THREE);
    let text = fixture.sortie("run m.yaml --report json=first.json --report text=first.txt");
    assert_eq!((text.code, text.stderr.as_str()), (0, ""));
    std::fs::remove_file(fixture.path().join("m.yaml")).unwrap();
    let again = fixture.offline("report last --format json --report text=again.txt");
    assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    assert_eq!(again.stdout, fixture.read("first.json"));
    assert_eq!(fixture.read("again.txt"), fixture.read("first.txt"));
    assert_eq!(text.stdout, fixture.read("first.txt"));
}

#[test]
fn a_run_is_found_by_the_beginning_of_its_id() {
    let fixture = CliFixture::new();
    check(
        &fixture.offline("report last"),
        expect![[r#"
            exit 3
            --- stderr
            error: there is no ledger at `FOLDER/ledger.db`, so no run is known
              help: name it with --ledger or SORTIE_LEDGER; runs with `--sandbox` are kept apart: add `--sandbox` here, too
        "#]],
    );
    assert_eq!(fixture.offline("runs").stdout, "no run yet\n");
    assert_eq!(fixture.offline("runs --format json").stdout, "[]\n");
    assert!(!fixture.ledger().exists(), "who asks makes no ledger");
    fixture.file("m.yaml", THREE);
    for _ in 0..2 {
        assert_eq!(fixture.sortie("run m.yaml -q").code, 0);
    }
    let ids: Vec<String> = fixture.runs().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect();
    assert!(ids[0] > ids[1], "newest first: {ids:?}");
    let shared: String =
        ids[0].chars().zip(ids[1].chars()).take_while(|(one, other)| one == other).map(|(c, _)| c).collect();
    let found = fixture.offline(&format!("report {} --format json", &ids[1][..=shared.len()])).json();
    assert_eq!(found["run"]["id"], json!(ids[1]));
    let hyphens = format!("{}-{}", &ids[0][..8], &ids[0][8..]).to_uppercase();
    assert_eq!(fixture.offline(&format!("report {hyphens} --format json")).json()["run"]["id"], json!(ids[0]));
    assert_eq!(fixture.offline("report last --format json").json()["run"]["id"], json!(ids[0]));
    let several = fixture.offline(&format!("report {shared}"));
    assert_eq!(several.code, 3);
    assert!(ids.iter().all(|id| several.stderr.contains(id.as_str())), "{}", several.shown());
    check(
        &fixture.offline("report ffff"),
        expect![[r#"
            exit 3
            --- stderr
            error: the ledger has no run `ffff`
              help: the newest are
                RUN  three, started TIME
                RUN  three, started TIME
        "#]],
    );
    check(
        &fixture.offline("report first"),
        expect![[r#"
            exit 3
            --- stderr
            error: the ledger has no run `first`
              help: the newest are
                RUN  three, started TIME
                RUN  three, started TIME
        "#]],
    );
}

#[test]
fn runs_are_listed_newest_first() {
    let fixture =
        CliFixture::with(&World::obliging(), Faults::new().at(Operation::StartJobs, Position::Nth(5), refused()));
    fixture.file("m.yaml", THREE);
    fixture.sortie("run m.yaml -q");
    fixture.sortie("run m.yaml -q --slot 2026-01-31T00:00:00Z");
    let listed = fixture.offline("runs").stdout;
    let lines: Vec<Vec<&str>> =
        listed.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect();
    assert_eq!(lines[0], ["run", "manifest", "started", "took", "state", "exit", "launches"], "{listed}");
    assert_eq!(lines[1][4..], ["finished", "11", "2 started, 1 rejected; slot 2026-01-31T00:00:00Z"], "{listed}");
    assert_eq!((lines[2][1], &lines[2][4..]), ("three", ["finished", "0", "3 started"].as_slice()), "{listed}");
    let runs = fixture.runs();
    let keys: Vec<&String> = runs[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "name", "slot", "started", "state", "totals", "exit-code", "ended", "seconds"]);
    assert_eq!(runs[0]["slot"], "2026-01-31T00:00:00Z");
    assert_eq!((&runs[0]["totals"]["rejected"], &runs[0]["exit-code"]), (&json!(1), &json!(11)));
    assert_eq!(fixture.offline("runs --limit 1 --format json").json().as_array().unwrap().len(), 1);
}

fn refused() -> Fault {
    Fault::before(Reply::Status(Status::of(409).error(2818, "no machine")))
}

#[test]
fn a_run_with_nothing_left_to_do_is_only_counted() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", THREE);
    let first = fixture.sortie("run m.yaml");
    let told = fixture.offline("resume last");
    assert_eq!((told.code, &told.stdout), (0, &first.stdout), "{}", told.shown());
    // It counts what the run started, and asks for that alone.
    let (before, told) = (fixture.lists(), fixture.sortie("reconcile last"));
    assert_eq!(told.code, 0, "{}", told.shown());
    assert!(told.stdout.contains("verdicts 3 started"), "{}", told.shown());
    assert!(fixture.lists() > before, "it read the job list");
    let told = fixture.sortie("rerun last --failed");
    assert_eq!((told.code, told.stdout.as_str()), (0, ""), "{}", told.shown());
    assert_eq!((fixture.starts(), fixture.runs().len()), (3, 1));
}

#[test]
fn what_was_never_sent_is_sent_by_resume_and_nothing_else_is() {
    // The second start ends the run: the token is gone, and it cannot be renewed.
    let fixture = CliFixture::with(&World::obliging(), doubtful(Fault::before(Reply::Status(Status::of(401)))));
    fixture.file("m.yaml", THREE);
    let first = fixture.sortie("run m.yaml --format json");
    assert_eq!((first.code, first.json()["totals"]["started"].clone()), (2, json!(1)), "{}", first.shown());
    assert_eq!(fixture.runs()[0]["state"], "unfinished");
    // The manifest is gone, and the folder another one.
    std::fs::remove_file(fixture.path().join("m.yaml")).unwrap();
    let resumed = fixture.sortie("resume last --rate 100/s --report json=r.json");
    check(
        &resumed,
        expect![[r#"
            exit 0
            --- stdout
            3 launches of three
              run      RUN with profile env
              time     TIME to TIME (SPAN)

            Started (3)
                a  robot job 160856
                b  2 robot jobs, 160857 to 160858
                c  robot job 160859

            Result
              verdicts 3 started
              exit     0: success
        "#]],
    );
    assert_eq!((fixture.jobs(), fixture.starts()), (4, 4));
    assert_eq!(fixture.runs()[0]["state"], "finished");
    assert_eq!(fixture.read("r.json"), fixture.offline("report last --format json").stdout);
}

#[test]
fn another_tenant_is_refused() {
    let fixture = CliFixture::with(&World::obliging(), doubtful(Fault::before(Reply::Status(Status::of(401)))));
    fixture.file("m.yaml", THREE);
    fixture.sortie("run m.yaml -q");
    let fixture = fixture.with_another_server(&World::obliging(), Faults::new());
    for command in ["resume last", "rerun last --failed"] {
        let told = fixture.sortie(command);
        assert_eq!((told.code, fixture.starts()), (3, 0), "{command}: {}", told.shown());
        assert!(told.stderr.contains("was launched on `http://127.0.0.1:"), "{}", told.shown());
    }
    check(
        &fixture.offline("resume last"),
        expect![[r#"
            exit 3
            --- stderr
            error: the profile `env` needs UIPATH_URL, Orchestrator's address
        "#]],
    );
}

#[test]
fn a_launch_in_doubt_is_told_by_a_person() {
    // Nobody can tell: the lists fail too, once the run has begun.
    let lists = Fault::before(Reply::Status(Status::of(403)));
    let faults = doubtful(Fault::lose_answer()).at(Operation::Jobs, Position::Within(2..=u64::MAX), lists);
    let fixture = CliFixture::with(&World::obliging(), faults);
    fixture.file("m.yaml", THREE);
    let first = fixture.sortie("run m.yaml -q --format json");
    assert_eq!((first.code, first.json()["totals"]["unknown"].clone()), (12, json!(1)), "{}", first.shown());
    check(
        &fixture.offline("rerun last --failed"),
        expect![[r#"
            exit 3
            --- stderr
            error: the profile `env` needs UIPATH_URL, Orchestrator's address
        "#]],
    );
    let refused = fixture.sortie("rerun last --failed");
    assert_eq!(refused.code, 12, "{}", refused.shown());
    check(
        &fixture.offline("reconcile last --launch b --launch z --as started"),
        expect![[r#"
            exit 3
            --- stderr
            error: run RUN has sent no launch `z`
              help: `sortie report RUN` lists its launches
        "#]],
    );
    assert_eq!(fixture.runs()[0]["totals"]["unknown"], 1, "all or none");
    check(
        &fixture.offline("reconcile last --launch a --as absent"),
        expect![[r#"
            exit 3
            --- stderr
            error: `--as absent` is for unknown launches; `a` started 1 of 1
        "#]],
    );
    let told = fixture.offline("reconcile last --launch b --as started");
    check(
        &told,
        expect![[r#"
            exit 0
            --- stdout
            3 launches of three
              run      RUN with profile env
              time     TIME to TIME (SPAN)

            Started (3)
                a  robot job 160856
                b
                c  robot job 160859

            Result
              verdicts 3 started
              exit     0: success
            --- stderr
            recorded for 1 of 1 launch: started
        "#]],
    );
    assert_eq!(told.stdout, fixture.offline("report last").stdout);
    assert_eq!(fixture.offline("reconcile last --launch b --as started").code, 0, "said once more");
    let twice = fixture.offline("reconcile last --launch b --launch b --as started");
    assert!(twice.stderr.contains("of 1 launch:"), "{}", twice.shown());
    assert_eq!((fixture.runs()[0]["exit-code"].clone(), fixture.starts()), (json!(0), 3));
}

#[test]
fn what_is_held_goes_again_only_once_a_person_has_said_that_it_is_absent() {
    let fixture = CliFixture::with(&World::obliging(), doubtful(Fault::before(Reply::Reset)));
    fixture.file("m.yaml", HELD);
    let first = fixture.sortie("run m.yaml -q");
    assert_eq!(first.code, 12, "{}", first.shown());
    let words = first.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("it is held, as `on-ambiguous: hold` or --at-most-once asks"), "{}", first.shown());
    let resumed = fixture.sortie("resume last -q");
    assert_eq!((resumed.code, fixture.starts()), (12, 2), "resume leaves it alone: {}", resumed.shown());
    assert_eq!(fixture.offline("reconcile last --launch b --as absent -q").code, 16);
    assert_eq!(fixture.runs()[0]["state"], "unfinished");
    let resumed = fixture.sortie("resume last -q");
    assert_eq!((resumed.code, fixture.starts(), fixture.jobs()), (0, 3, 2), "{}", resumed.shown());
}

#[test]
fn what_is_held_is_looked_for_again_by_whoever_asks() {
    // Created so late that it was taken for absent.
    let late = Fault::late(Duration::from_secs(8), Reply::Reset);
    let fixture = CliFixture::with(&World::obliging(), doubtful(late));
    fixture.file("m.yaml", HELD);
    assert_eq!(fixture.sortie("run m.yaml -q").code, 12);
    while fixture.jobs() < 2 {
        std::thread::yield_now();
    }
    let told = fixture.sortie("reconcile last -q --format json");
    assert_eq!((told.code, &told.json()["totals"]["started"]), (0, &json!(2)), "{}", told.shown());
    assert_eq!((fixture.starts(), fixture.jobs()), (2, 2));
}

#[test]
fn reconcile_asks_the_server_and_starts_nothing() {
    // The second answer never comes, and the list fails twice.
    let lists = Rule::new(Operation::Jobs, Fault::before(Reply::Status(Status::of(503)))).times(2);
    let fixture = CliFixture::with(&World::obliging(), doubtful(Fault::after(Reply::Never)).rule(lists));
    fixture.file("m.yaml", THREE);
    let mut child = fixture.spawn("run m.yaml");
    while fixture.jobs() < 3 {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let told = fixture.sortie("reconcile last --format json");
    assert_eq!((told.code, fixture.starts()), (16, 2), "nothing is sent: {}", told.shown());
    let report = told.json();
    assert_eq!((&report["totals"]["started"], &report["totals"]["not-sent"]), (&json!(2), &json!(1)));
    assert_eq!(
        (&report["launches"][1]["verdict"], &report["launches"][1]["settled"]),
        (&json!("started"), &json!(true))
    );
    assert_eq!(told.stdout, fixture.offline("report last --format json").stdout);
    assert_eq!(fixture.sortie("resume last -q").code, 0);
    assert_eq!(fixture.jobs(), 4);
}

#[test]
fn a_run_that_a_process_is_at_is_left_alone() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &THREE.replace("concurrency: 1", "concurrency: 1, rate: 1/h, burst: 1"));
    let mut child = fixture.spawn("run m.yaml");
    while fixture.starts() < 1 {
        std::thread::yield_now();
    }
    let run = &fixture.runs()[0];
    assert_eq!(
        (&run["state"], &run["exit-code"], &run["totals"]["launches"]),
        (&json!("running"), &json!(null), &json!(3))
    );
    for command in ["resume last", "reconcile last", "rerun last --failed", "reconcile last --launch a --as absent"] {
        let told = fixture.sortie(command);
        assert_eq!(told.code, 14, "{command}: {}", told.shown());
    }
    let report = fixture.offline("report last");
    assert_eq!(report.code, 0);
    assert!(
        report.stderr.contains("is still in progress: this report shows it as it is at this moment"),
        "{}",
        report.shown()
    );
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fixture.runs()[0]["state"], "cut-off");
}
