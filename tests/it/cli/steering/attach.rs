//! `run --attach`: many callers of one slot or key, of whom one runs and the others wait.

use std::process::{Child, Stdio};

use super::TalkingRun;
use crate::cli::cli_fixture::{CliFixture, CliOutput};
use crate::cli::live_run::{live, slow};

const MANIFEST: &str = "
version: 1
name: night
folder: Shared
limits: { launch: { rate: 5/s, burst: 1 } }
jobs:
  load: { release: Loader, matrix: { n: [1, 2, 3, 4, 5] } }
";
const KEYED: &str = "run m.yaml --run-key k";

/// So many callers at once.
fn callers(fixture: &CliFixture, count: usize) -> Vec<CliOutput> {
    let arguments = format!("{KEYED} --attach --format json");
    let start = |_| {
        let mut command = fixture.command(&arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let callers: Vec<Child> = (0..count).map(start).collect();
    callers.into_iter().map(|caller| fixture.told(caller.wait_with_output().unwrap())).collect()
}

#[track_caller]
fn check_equal(fixture: &CliFixture, told: &[CliOutput], code: i32) {
    for caller in told {
        assert_eq!((caller.code, &caller.stdout), (code, &told[0].stdout), "{}", caller.shown());
    }
    assert_eq!((fixture.starts(), fixture.runs().len()), (5, 1));
}

#[test]
fn all_callers_of_one_key_get_the_report_and_the_exit_code_of_one_run() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    let told = callers(&fixture, 5);
    check_equal(&fixture, &told, 0);
    let waited = told.iter().filter(|caller| caller.stderr.contains("waits for its end")).count();
    assert!(waited > 0, "nobody waited");
}

#[test]
#[ignore = "by hand: a hundred processes at once"]
fn a_hundred_callers_of_one_key_get_the_report_and_the_exit_code_of_one_run() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    check_equal(&fixture, &callers(&fixture, 100), 0);
}

#[test]
fn who_waits_goes_on_with_the_run_of_a_process_that_died() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &slow(&MANIFEST.replace("limits: { launch: { rate: 5/s, burst: 1 } }\n", "")));
    let mut child = live(&fixture, KEYED);
    let mut command = fixture.command(&format!("{KEYED} --attach --rate 1000/s"));
    let mut waiting = TalkingRun::of(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    waiting.until("waits for its end");
    let other = fixture.sortie(&format!("{KEYED} --attach --only nothing"));
    assert_eq!(other.code, 3, "{}", other.shown());
    child.kill().unwrap();
    child.wait().unwrap();
    let (exit, told) = waiting.end();
    assert_eq!((exit.code(), fixture.jobs(), fixture.runs().len()), (Some(0), 5, 1), "{told}");
}

#[test]
fn who_waits_for_another_plan_is_told_at_once() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &slow(&MANIFEST.replace("limits: { launch: { rate: 5/s, burst: 1 } }\n", "")));
    let mut child = live(&fixture, KEYED);
    fixture.file("m.yaml", &MANIFEST.replace("n: [1, 2", "n: [7, 2"));
    let told = fixture.sortie(&format!("{KEYED} --attach"));
    assert_eq!((told.code, fixture.starts()), (13, 1), "{}", told.shown());
    child.kill().unwrap();
    child.wait().unwrap();
    let told = fixture.sortie("run m.yaml --attach");
    assert_eq!(told.code, 3, "{}", told.shown());
    assert!(told.stderr.contains("--attach needs a slot or a key"), "{}", told.shown());
}
