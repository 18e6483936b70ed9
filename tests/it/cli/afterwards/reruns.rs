//! Reruns, and launches that are to start once.

use std::process::Stdio;
use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::json;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status};
use sortie::sandbox::world::{End, JobFault, JobFaultClass, Life};

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

#[track_caller]
fn check(told: &CliOutput, expected: Expect) {
    expected.assert_eq(&told.shown());
}

/// The second start meets `fault`, and so does every list from the moment on.
fn doubtful(fault: Fault) -> Faults {
    Faults::new().at(Operation::StartJobs, Position::Nth(2), fault)
}

/// The launches of the newest run by id and verdict.
fn verdicts(fixture: &CliFixture) -> Vec<(String, String)> {
    let report = fixture.offline("report last --format json").json();
    let launches = report["launches"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    launches.map(|launch| (text(&launch["id"]), text(&launch["verdict"]))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(id, verdict)| ((*id).to_owned(), (*verdict).to_owned())).collect()
}

fn refused() -> Fault {
    Fault::before(Reply::Status(Status::of(409).error(2818, "no machine")))
}

#[test]
fn a_run_that_was_killed_is_superseded_once_a_rerun_took_it_over() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &THREE.replace("concurrency: 1", "rate: 1/min, burst: 1"));
    let mut child = fixture.command("run m.yaml").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while fixture.starts() < 1 || fixture.runs()[0]["totals"]["started"] != 1 {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fixture.runs()[0]["state"], "cut-off");
    let told = fixture.sortie("rerun last --failed --rate 100/s");
    assert_eq!((told.code, verdicts(&fixture)), (0, pairs(&[("b", "started"), ("c", "started")])), "{}", told.shown());
    let states: Vec<_> = fixture.runs().iter().map(|run| run["state"].clone()).collect();
    assert_eq!(states, [json!("finished"), json!("superseded")]);
}

#[test]
fn a_rerun_waits_as_the_run_did_that_it_repeats() {
    let life = Life {
        pending: Duration::ZERO,
        running: Duration::ZERO,
        ends: vec![End::Faulted],
        faults: vec![JobFault::of(JobFaultClass::Application)],
        ..Life::default()
    };
    let fixture = CliFixture::with(&World { life, ..World::obliging() }, Faults::new());
    fixture.file("m.yaml", "version: 1\nname: m\nfolder: Shared\njobs: { a: { release: Ping } }\n");
    assert_eq!(fixture.sortie("run m.yaml --wait").code, 10);
    let again = fixture.sortie("rerun last --failed");
    assert!(
        again.code == 10 && again.stdout.contains("1 faulted"),
        "what faulted again is no success: {}",
        again.shown()
    );
    let third = fixture.sortie("rerun last --failed --no-wait");
    assert!(third.code == 0 && third.stdout.contains("1 started"), "unless somebody says so: {}", third.shown());
}

#[test]
fn a_rerun_takes_what_did_not_succeed_over_the_run_and_its_reruns() {
    // Of the first run b and c are refused; of the rerun, c again.
    let refusals = Rule::new(Operation::StartJobs, refused()).at(Position::Within(2..=3));
    let again = Rule::new(Operation::StartJobs, refused()).at(Position::Nth(5));
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(refusals).rule(again));
    fixture.file("m.yaml", THREE);
    assert_eq!(fixture.sortie("run m.yaml -q").code, 11);
    let first = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    // What the manifest says by now does not matter.
    fixture.file("m.yaml", "version: 1");
    // A rerun that cannot begin is not spoken of: nobody would find it.
    let mut locked_out = fixture.command("rerun last --failed");
    let locked_out = fixture.told(locked_out.env("UIPATH_ACCESS_TOKEN", "another").output().unwrap());
    assert_eq!((locked_out.code, fixture.runs().len()), (2, 1), "{}", locked_out.shown());
    assert!(!locked_out.stderr.contains("repeats"), "{}", locked_out.shown());
    let rerun = fixture.sortie("rerun last --failed");
    check(
        &rerun,
        expect![[r#"
            exit 11
            --- stdout
            2 launches of three
              run      RUN with profile env
              time     TIME to TIME (SPAN)

            Rejected: Orchestrator refused, nothing was started (1)
              1 launch: 409/2818: no machine
                c

            Started (1)
                b  2 robot jobs, 160857 to 160858

            Result
              verdicts 1 started, 1 rejected
              exit     11: launches were rejected

            What to do next
              Fix the causes, then retry what was rejected:
                  sortie rerun RUN --failed
              Do not run the manifest again: launches that were started would start twice.
            --- stderr
            run RUN repeats 2 of the launches of run RUN
        "#]],
    );
    assert_eq!(verdicts(&fixture), pairs(&[("b", "started"), ("c", "rejected")]));
    // Whichever run of the family is named, it is counted over all of it.
    let third = fixture.sortie(&format!("rerun {first} --failed -q --format json"));
    assert_eq!((third.code, third.json()["totals"]["launches"].clone()), (0, json!(1)), "{}", third.shown());
    assert_eq!(verdicts(&fixture), pairs(&[("c", "started")]));
    let nothing = fixture.sortie(&format!("rerun {first} --failed"));
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, ""), "{}", nothing.shown());
    assert_eq!((fixture.jobs(), fixture.runs().len()), (4, 3));
    let states: Vec<_> = fixture.runs().iter().map(|run| run["state"].clone()).collect();
    assert_eq!(states, [json!("finished"), json!("superseded"), json!("superseded")]);
    // All of a rerun is what it repeated; all of the first run is everything. One launch is two robot jobs.
    let all = fixture.sortie("rerun last --all -q --format json");
    assert_eq!((all.code, verdicts(&fixture), fixture.jobs()), (0, pairs(&[("c", "started")]), 5), "{}", all.shown());
    let all = fixture.sortie(&format!("rerun {first} --all -q --format json"));
    assert_eq!(all.json()["totals"]["started"], 3, "{}", all.shown());
    assert_eq!(fixture.jobs(), 9);
}

#[test]
fn a_rerun_that_is_not_finished_is_resumed_and_its_source_sends_nothing_more() {
    // The first run ends at its second start, and so does the rerun.
    let gone = Rule::new(Operation::StartJobs, Fault::before(Reply::Status(Status::of(401)))).at(Position::Nth(2));
    let again = Rule::new(Operation::StartJobs, Fault::before(Reply::Status(Status::of(401)))).at(Position::Nth(4));
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(gone).rule(again));
    fixture.file("m.yaml", THREE);
    assert_eq!(fixture.sortie("run m.yaml -q").code, 2);
    let first = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(fixture.sortie(&format!("rerun {first} --failed -q")).code, 2);
    assert_eq!((fixture.runs().len(), fixture.jobs()), (2, 3), "a, and b of the rerun");
    let source = fixture.sortie(&format!("resume {first} -q"));
    assert_eq!((source.code, fixture.starts()), (16, 4), "the source is closed to sending: {}", source.shown());
    let rerun = fixture.sortie(&format!("rerun {first} --failed -q"));
    assert_eq!((rerun.code, fixture.runs().len(), fixture.jobs()), (0, 2, 4), "{}", rerun.shown());
}

#[test]
fn a_launch_that_is_to_start_once_is_left_out_wherever_another_run_has_started_it() {
    let fixture = CliFixture::with(&World::obliging(), doubtful(refused()));
    fixture.file("m.yaml", &THREE.replace("jobs:", "defaults: { once: true }\njobs:"));
    assert_eq!(fixture.sortie("run m.yaml -q").code, 11);
    let second = fixture.sortie("run m.yaml -q --format json");
    assert_eq!((second.code, fixture.starts(), fixture.jobs()), (0, 4, 4), "{}", second.shown());
    assert_eq!(verdicts(&fixture), pairs(&[("a", "skipped"), ("b", "started"), ("c", "skipped")]));
    let why = second.json()["launches"][0]["error"]["message"].as_str().unwrap().to_owned();
    assert!(why.ends_with("started it, and `once: true` starts it no more"), "{why}");
    assert_eq!(second.stdout, fixture.offline("report last --format json").stdout);
    assert_eq!(fixture.sortie("rerun last --failed -q").code, 0);
    assert_eq!((fixture.starts(), fixture.runs().len()), (4, 2), "there is nothing to do");
    // Another manifest is another matter.
    fixture.file(
        "m.yaml",
        &THREE.replace("jobs:", "defaults: { once: true }\njobs:").replace("name: three", "name: four"),
    );
    assert_eq!(fixture.sortie("run m.yaml -q").code, 0);
    assert_eq!(fixture.starts(), 7);
}

#[test]
fn a_job_under_another_name_starts_nothing_again_where_moved_says_what_it_was_called() {
    let fixture = CliFixture::new();
    let manifest = |job: &str, more: &str| {
        let job = format!("  {job}: {{ release: Ping, once: true, matrix: {{ n: [1, 2] }} }}\n");
        format!("version: 1\nname: moved\nfolder: Shared\n{more}jobs:\n{job}")
    };
    fixture.file("m.yaml", &manifest("load", ""));
    assert_eq!(fixture.sortie("run m.yaml -q").code, 0);
    assert_eq!(fixture.starts(), 2);
    // Offline, before anything is sent: the ledger knows what was started.
    fixture.file("m.yaml", &manifest("fetch", ""));
    let planned = fixture.sortie("plan m.yaml");
    assert_eq!(planned.code, 0, "{}", planned.shown());
    let warning = "warning[renamed-job]: job `fetch` seems to be the one that was called `load`: 2 launches";
    assert!(planned.stderr.contains(warning) && planned.stderr.contains("m.yaml:5:3"), "{}", planned.stderr);
    assert!(planned.stderr.contains("moved: [{ from: load, to: fetch }]"), "{}", planned.stderr);
    fixture.file("m.yaml", &manifest("fetch", "moved: [{ from: load, to: fetch }]\n"));
    let planned = fixture.sortie("plan m.yaml");
    assert!(planned.stdout.contains("load/1") && !planned.stderr.contains("warning"), "{}", planned.shown());
    let ran = fixture.sortie("run m.yaml --format json");
    assert_eq!((ran.code, fixture.starts()), (0, 2), "{}", ran.shown());
    assert_eq!(ran.json()["launches"][0]["job"], "fetch");
    assert_eq!(verdicts(&fixture), pairs(&[("load/1", "skipped"), ("load/2", "skipped")]));
    // One step further, the ids stay.
    let chain = "moved: [{ from: load, to: fetch }, { from: fetch, to: get }]\n";
    fixture.file("m.yaml", &manifest("get", chain));
    assert_eq!((fixture.sortie("run m.yaml -q").code, fixture.starts()), (0, 2));
    // Without a word, it starts all of it again, and says so.
    fixture.file("m.yaml", &manifest("other", ""));
    let ran = fixture.sortie("run m.yaml");
    assert_eq!((ran.code, fixture.starts()), (0, 4), "{}", ran.shown());
    assert!(
        ran.stderr.contains("job `other` seems to be the one that was called `load`: 2 launches"),
        "{}",
        ran.stderr
    );
    // Once that has happened, nobody is told of it again.
    let ran = fixture.sortie("run m.yaml");
    assert!(!ran.stderr.contains("seems"), "{}", ran.stderr);
    assert_eq!(fixture.starts(), 4);
}

#[test]
fn what_ran_under_the_new_name_before_moved_was_written_is_not_started_again() {
    let fixture = CliFixture::new();
    let manifest = |job: &str, keys: &str, more: &str| {
        let job = format!("  {job}: {{ release: Ping, once: true, matrix: {{ n: [{keys}] }} }}\n");
        format!("version: 1\nname: moved\nfolder: Shared\n{more}jobs:\n{job}")
    };
    let run = |text: &str| {
        fixture.file("m.yaml", text);
        let ran = fixture.sortie("run m.yaml -q");
        assert_eq!(ran.code, 0, "{}", ran.shown());
        fixture.starts()
    };
    assert_eq!(run(&manifest("load", "1, 2", "")), 2);
    // Somebody overlooks the warning, and does what it says the next day.
    assert_eq!(run(&manifest("fetch", "2, 3", "")), 4);
    assert_eq!(run(&manifest("fetch", "1, 2, 3", "moved: [{ from: load, to: fetch }]\n")), 4);
    // The same over two steps: 4 ran under the name in the middle, 5 is new.
    assert_eq!(run(&manifest("get", "3, 4", "")), 6);
    let chain = "moved: [{ from: load, to: fetch }, { from: fetch, to: get }]\n";
    assert_eq!(run(&manifest("get", "1, 2, 3, 4, 5", chain)), 7);
    assert_eq!(run(&manifest("get", "1, 2, 3, 4, 5", chain)), 7);
}

#[test]
fn a_new_job_beside_one_that_is_gone_is_no_renamed_one_where_nothing_was_started() {
    let fixture = CliFixture::new();
    let manifest = |job: &str, row: &str| {
        let job = format!("  {job}: {{ release: Ping, once: true, matrix: {{ n: [{row}] }} }}\n");
        format!("version: 1\nname: moved\nfolder: Shared\njobs:\n{job}")
    };
    fixture.file("m.yaml", &manifest("load", "1"));
    assert_eq!(fixture.sortie("run m.yaml -q").code, 0);
    fixture.file("m.yaml", &manifest("other", "2"));
    let planned = fixture.sortie("plan m.yaml");
    assert_eq!((planned.code, planned.stderr.as_str()), (0, ""));
}

#[test]
fn a_job_that_moved_is_cancelled_resumed_and_run_again_by_the_name_that_it_has_now() {
    let fixture = CliFixture::with(&World::obliging(), doubtful(refused()));
    let text = THREE.replace("jobs:", "moved: [{ from: old, to: b }]\njobs:");
    fixture.file("m.yaml", &text);
    let ran = fixture.sortie("run m.yaml -q --format json");
    assert_eq!(ran.code, 11, "{}", ran.shown());
    assert_eq!(verdicts(&fixture), pairs(&[("a", "started"), ("old", "rejected"), ("c", "started")]));
    let cancelled = fixture.sortie("cancel last --job b");
    assert_eq!(cancelled.code, 0, "{}", cancelled.shown());
    let rerun = fixture.sortie("rerun last --failed -q --format json");
    assert_eq!((rerun.code, fixture.starts()), (0, 4), "{}", rerun.shown());
    assert_eq!(verdicts(&fixture), pairs(&[("old", "started")]));
    let none = fixture.sortie("cancel last --job nobody");
    assert_eq!(none.code, 3, "{}", none.shown());
}
