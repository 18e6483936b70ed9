//! Whatever a report says to type is typed, in every state that a run can be left in; none of it is refused.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, RetryAfter, Rule, Status};

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

/// What the server does with the second start, and with what comes later.
fn second(fault: Fault) -> Faults {
    Faults::new().at(Operation::StartJobs, Position::Nth(2), fault)
}

fn status(code: u16) -> Fault {
    Fault::before(Reply::Status(Status::of(code)))
}

fn refused() -> Fault {
    Fault::before(Reply::Status(Status::of(409).error(2818, "no machine")))
}

/// The lists show no Reference once the run has begun, so that nobody can tell.
fn without_references(faults: Faults) -> Faults {
    let without = Fault::after(Reply::Without(vec!["Reference".to_owned()]));
    faults.at(Operation::Jobs, Position::Within(2..=u64::MAX), without)
}

/// A fixture at which a run was left, and the flags that the run was given.
fn left(faults: Faults, manifest: &str, commands: &[&str]) -> CliFixture {
    let fixture = CliFixture::with(&World::obliging(), faults);
    fixture.file("m.yaml", manifest);
    for command in commands {
        let told = fixture.sortie(command);
        assert!(![1, 3].contains(&told.code), "{command}: {}", told.shown());
    }
    fixture
}

/// The commands that a text shows: its lines of commands, and what stands between backticks.
fn commands(text: &str) -> Vec<String> {
    let whole = text.replace(" \\\n", "");
    let lines = whole.lines().map(str::trim).filter(|line| line.starts_with("sortie ") || line.starts_with("curl "));
    let inline = whole.split('`').skip(1).step_by(2).filter(|inline| inline.starts_with("sortie "));
    lines.chain(inline).map(str::to_owned).collect()
}

/// Types `command` as a shell would, in the fixture's folder, on the ledger in `folder`.
fn typed(fixture: &CliFixture, command: &str, folder: &Path) -> CliOutput {
    let words = shlex::split(command).unwrap_or_else(|| panic!("no shell reads {command}"));
    let mut process = match words[0].as_str() {
        "sortie" => {
            let mut process = fixture.command("");
            process.args(&words[1..]).env("SORTIE_LEDGER", folder.join("ledger.db"));
            process
        }
        program => {
            // The token is a variable, and only a shell puts it in.
            let mut process = Command::new("sh");
            process.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
            process.arg("-c").arg(command).env("UIPATH_ACCESS_TOKEN", fixture.sandbox.token());
            assert_eq!(program, "curl");
            process
        }
    };
    fixture.told(process.output().unwrap())
}

/// A copy of the ledger as it is.
fn copied(fixture: &CliFixture) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let from = fixture.path().join(name);
        if from.exists() {
            fs::copy(from, folder.path().join(name)).unwrap();
        }
    }
    folder
}

/// Types each step of the newest run's report on a ledger of its own, and then one after the other, each as long as the
/// report still has it; returns the report that is left in the end.
fn follow(name: &str, fixture: &CliFixture) -> String {
    let report = || {
        let told = fixture.offline("report last");
        assert_eq!(told.code, 0, "{name}: {}", told.shown());
        told.stdout
    };
    for step in commands(&report()) {
        let copy = copied(fixture);
        accept(name, &step, &typed(fixture, &step, copy.path()));
    }
    let mut done = BTreeSet::new();
    loop {
        let text = report();
        let Some(step) = commands(&text).into_iter().find(|step| !done.contains(step)) else { return text };
        accept(name, &step, &typed(fixture, &step, fixture.path()));
        done.insert(step);
    }
}

#[track_caller]
fn accept(name: &str, step: &str, told: &CliOutput) {
    let is_refused = [1, 2, 3, 13, 14].contains(&told.code)
        || told.stderr.contains("nothing is started again")
        || (step.starts_with("curl") && told.code != 0);
    assert!(!is_refused, "{name}: `{step}` is refused: {}", told.shown());
    if step.starts_with("curl") {
        let listed: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
        assert!(listed["value"].is_array(), "{name}: {listed}");
    }
}

/// Follows the report of each case to its end, where the report must have no step any more.
#[track_caller]
fn check(cases: Vec<(&str, CliFixture, &str)>) {
    for (name, fixture, expected) in cases {
        let before = fixture.offline("report last").stdout;
        assert!(before.contains(expected), "{name}: {before}");
        let after = follow(name, &fixture);
        assert!(!after.contains("What to do next"), "{name}: {after}");
    }
}

const RUN: &str = "run m.yaml -q";

#[test]
fn what_is_held_can_be_sent_by_the_steps_that_are_shown() {
    let hold = THREE.replace("jobs:", "defaults: { on-ambiguous: hold }\njobs:");
    let lost = || second(Fault::before(Reply::Reset));
    check(vec![
        ("held", left(lost(), &hold, &[RUN]), "Held: nothing exists (1)"),
        ("held, and resumed", left(lost(), &hold, &[RUN, "resume last -q"]), "Held: nothing exists (1)"),
        ("held by a flag", left(lost(), THREE, &["run m.yaml -q --at-most-once"]), "Held: nothing exists (1)"),
    ]);
}

#[test]
fn what_is_unknown_can_be_settled_by_the_steps_that_are_shown() {
    let unknown = || without_references(second(Fault::lose_answer()));
    let rejected = unknown().at(Operation::StartJobs, Position::Nth(3), refused());
    check(vec![
        ("unknown", left(unknown(), THREE, &[RUN]), "1 unknown"),
        ("unknown and rejected", left(rejected, THREE, &[RUN]), "1 rejected, 1 unknown"),
    ]);
}

#[test]
fn a_wrong_number_of_robot_jobs_is_closed_by_the_steps_that_are_shown() {
    let short = || second(Fault::partial(1, Reply::AsItShould));
    let rejected = short().at(Operation::StartJobs, Position::Nth(3), refused());
    check(vec![
        ("partial", left(short(), THREE, &[RUN]), "b  1 of 2 robot jobs: 160857  folder Shared  Reference sortie-"),
        ("partial and rejected", left(rejected, THREE, &[RUN]), "1 rejected, 1 partial"),
        (
            "duplicate",
            left(second(Fault::twice(Reply::Close)), THREE, &[RUN]),
            "b  4 of 2 robot jobs: 160857, 160858, 16",
        ),
    ]);
}

#[test]
fn every_other_step_that_a_report_shows_is_carried_out() {
    let once = THREE.replace("jobs:", "defaults: { once: true }\njobs:");
    let folder = Fault::before(Reply::Status(Status::of(400).error(1101, "folder")));
    check(vec![
        ("started", left(Faults::new(), THREE, &[RUN]), "3 started"),
        ("rejected", left(second(refused()), THREE, &[RUN]), "1 rejected"),
        ("not sent, login gone", left(second(status(401)), THREE, &[RUN]), "2 not-sent"),
        ("superseded", left(second(refused()), THREE, &[RUN, "rerun last --failed -q"]), "1 started"),
        ("skipped once", left(second(refused()), &once, &[RUN, RUN]), "2 skipped"),
        ("a folder that is refused", left(second(folder), THREE, &[RUN]), "2 not-sent"),
        ("a slot", left(second(refused()), THREE, &["run m.yaml -q --slot 2026-01-31T00:00:00Z"]), "1 rejected"),
        ("a key", left(second(status(401)), THREE, &["run m.yaml -q --run-key k"]), "2 not-sent"),
    ]);
}

#[test]
fn the_report_of_a_run_that_a_rerun_took_over_leads_to_the_rerun() {
    let fixture = left(second(refused()), THREE, &[RUN, "rerun last --failed -q"]);
    let (rerun, first) = (fixture.runs()[0]["id"].clone(), fixture.runs()[1]["id"].clone());
    let report = fixture.offline(&format!("report {}", first.as_str().unwrap())).stdout;
    assert_eq!(commands(&report), [format!("sortie report {}", rerun.as_str().unwrap())], "{report}");
    accept("superseded", &commands(&report)[0], &typed(&fixture, &commands(&report)[0], fixture.path()));
}

#[test]
fn a_run_that_was_cut_off_is_gone_on_with() {
    let never = second(Fault::after(Reply::Never));
    let fixture = CliFixture::with(&World::obliging(), never);
    fixture.file("m.yaml", THREE);
    let mut child = fixture.spawn(RUN);
    while fixture.starts() < 2 {
        std::thread::yield_now();
    }
    assert_eq!(commands(&fixture.offline("report last").stdout), Vec::<String>::new(), "a process is at it");
    child.kill().unwrap();
    child.wait().unwrap();
    let after = follow("cut off", &fixture);
    assert!(after.contains("3 started") && !after.contains("What to do next"), "{after}");
}

#[test]
fn after_a_long_pause_the_step_says_when() {
    let pause = Fault::before(Reply::Status(Status::of(429).retry_after(RetryAfter::Seconds(1200))));
    let fixture = left(second(pause), THREE, &[RUN]);
    let report = fixture.offline("report last").stdout;
    let (_, step) = report.split_once("  2 launches were not sent: Orchestrator asked for a pause.\n").expect("a step");
    let run = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    let (moment, command) = step.split_once(":\n").expect("a command");
    let moment: sortie::clock::Timestamp = moment.trim().strip_prefix("Resume after ").unwrap().parse().unwrap();
    let started: sortie::clock::Timestamp = fixture.runs()[0]["started"].as_str().unwrap().parse().unwrap();
    assert!((1190..1400).contains(&moment.duration_since(started).as_secs()), "{report}");
    assert!(command.starts_with(&format!("      sortie resume {run}\n")), "{report}");
}

#[test]
fn what_was_given_up_says_after_how_many_tries() {
    let lost = Rule::new(Operation::StartJobs, Fault::before(Reply::Reset)).at(Position::Within(2..=4));
    let fixture = left(Faults::new().rule(lost), &THREE.replace("  c: { release: Ping }\n", ""), &[RUN]);
    let report = fixture.offline("report last").stdout;
    assert!(report.contains("Given up after 3 tries: nothing exists (1)\n"), "{report}");
    let words = report.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("; sent 3 times, never started; sortie stops trying here b Started"), "{report}");
    assert_eq!(fixture.offline("report last --format json").json()["launches"][1]["reason"], "given-up");
    let after = follow("given up", &fixture);
    assert!(after.contains("2 started") && !after.contains("What to do next"), "{after}");
}

#[test]
fn many_launches_are_answered_for_at_once() {
    let manifest = "
version: 1
name: many
folder: Shared
defaults: { on-ambiguous: hold }
jobs:
  p: { release: Ping, matrix: { n: [1, 2, 3, 4, 5, 6] } }
  q: { release: Ping }
";
    let lost = Rule::new(Operation::StartJobs, Fault::before(Reply::Reset)).at(Position::Within(2..=6));
    let fixture = left(Faults::new().rule(lost), manifest, &["run m.yaml -q --concurrency 1"]);
    assert_eq!(
        (fixture.runs()[0]["totals"]["unknown"].clone(), fixture.runs()[0]["state"].clone()),
        (5.into(), "unfinished".into())
    );
    let resumed = fixture.offline("resume last");
    assert!(resumed.stderr.ends_with("and 5 launches are held: the report says what to do\n"), "{}", resumed.shown());
    // Nothing of them exists, so nobody says that they started by the dozen.
    for refused in [
        "--launch p/* --as started",
        "--all-unknown --as started",
        "--launch r/* --as absent",
        "--launch p/* --as partial",
    ] {
        let told = fixture.offline(&format!("reconcile last {refused}"));
        assert_eq!(told.code, 3, "{refused}: {}", told.shown());
    }
    let some = fixture.offline("reconcile last --launch p/2 --launch p/3* --as absent");
    assert!(some.stderr.starts_with("recorded for 2 of 2 launches: not-sent"), "{}", some.shown());
    for (all, recorded) in [("--launch p/*", "3 of 3"), ("--all-unknown", "3 of 3"), ("--all-held", "3 of 3")] {
        let mut command = fixture.command(&format!("reconcile last {all} --as absent"));
        let copy = copied(&fixture);
        let told = fixture.told(command.env("SORTIE_LEDGER", copy.path().join("ledger.db")).output().unwrap());
        assert!(told.stderr.starts_with(&format!("recorded for {recorded} launches")), "{all}: {}", told.shown());
    }
    assert_eq!(fixture.offline("reconcile last --all-held --as absent -q").code, 16);
    let resumed = fixture.sortie("resume last -q");
    assert_eq!(
        (resumed.code, fixture.jobs(), fixture.runs()[0]["state"].clone()),
        (0, 7, "finished".into()),
        "{}",
        resumed.shown()
    );
}

#[test]
fn a_partial_launch_that_is_closed_stands_in_nobodys_way() {
    let faults = second(Fault::partial(1, Reply::AsItShould)).at(Operation::StartJobs, Position::Nth(3), refused());
    let fixture = left(faults, THREE, &[RUN]);
    let refused = fixture.sortie("rerun last --failed");
    assert_eq!(refused.code, 12, "{}", refused.shown());
    assert!(refused.stderr.contains("says what to do about each"), "{}", refused.shown());
    let absent = fixture.offline("reconcile last --launch b --as absent");
    assert_eq!(
        absent.stderr,
        "error: `--as absent` is for unknown launches; `b` started 1 of 2\n  help: start what is missing by hand, then \
         say `--as partial`\n"
    );
    let closed = fixture.offline("reconcile last --launch b --as partial");
    assert_eq!(closed.code, 12, "{}", closed.shown());
    assert!(closed.stdout.contains("Closed: you said that it is partial (1)"), "{}", closed.shown());
    assert_eq!(fixture.offline("report last --format json").json()["launches"][1]["reason"], "declared");
    assert_eq!(fixture.sortie("rerun last --failed -q").code, 0);
    assert_eq!(fixture.starts(), 4, "c alone is started again");
}
