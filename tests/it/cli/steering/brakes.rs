//! `limits.active`, `fail-fast`, `ramp` and `breaker`: what goes next depends on how others ended, seen by the server's record.

use std::time::Duration;

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Reply, Rule, Status};
use sortie::sandbox::world::{End, JobFault, JobFaultClass, Life};

use super::TalkingRun;
use crate::cli::cli_fixture::{CliFixture, CliOutput, pause};
use crate::cli::program::Program;

/// Robot jobs that begin at once and end at once, so; `class`: why, where they fault.
fn ending(ends: Vec<End>, class: JobFaultClass) -> CliFixture {
    let faults = if ends.contains(&End::Faulted) { vec![JobFault::of(class)] } else { Vec::new() };
    let life = Life { pending: Duration::ZERO, running: Duration::ZERO, ends, faults, ..Life::default() };
    CliFixture::with(&World { life, ..World::obliging() }, Faults::new())
}

/// A manifest of thirty launches of one job, with `keys` of the manifest and `job_keys` of the job.
fn manifest(fixture: &CliFixture, keys: &str, job_keys: &str) {
    let text = format!(
        "version: 1\nname: night\nfolder: Shared\n{keys}\njobs:\n  load:\n    release: Loader\n    matrix:\n      n: ${{{{ \
         range(30) }}}}\n{job_keys}  tidy: {{ release: Tidy }}\n"
    );
    fixture.file("m.yaml", &text);
}

/// Runs it fast, and waits for what it started.
fn run(fixture: &CliFixture) -> CliOutput {
    fixture.sortie("run m.yaml --rate 1000/s --burst 100 --wait")
}

#[track_caller]
fn check_halted(fixture: &CliFixture, told: &CliOutput, why: &str) {
    assert_eq!(told.code, 16, "{}", told.shown());
    assert!(told.stderr.contains(&format!("no more was sent: {why}")), "{}", told.shown());
    assert_eq!(fixture.runs()[0]["state"], "paused");
    let report = fixture.offline("report last");
    let words = report.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("by its manifest ({why}")), "{}", report.shown());
    assert!(report.stdout.contains("sortie resume "), "{}", report.shown());
}

#[test]
fn a_ramp_costs_the_first_launches_alone_where_a_release_always_faults() {
    let fixture = ending(vec![End::Faulted], JobFaultClass::Application);
    manifest(&fixture, "ramp: { first: 4, then: { factor: 2, every: 1s }, pause-on: { faulted: 20% } }", "");
    let told = run(&fixture);
    check_halted(&fixture, &told, "ramp: 4 of 4 launches faulted");
    assert_eq!(fixture.starts(), 4);
    // Whoever names the run lets it go on, as carefully as at first.
    let told = fixture.sortie("resume last --rate 1000/s --burst 100");
    assert_eq!((told.code, fixture.starts()), (16, 8), "{}", told.shown());
}

#[test]
fn a_folder_that_refuses_gives_its_room_to_the_others() {
    let refused = Fault::before(Reply::Status(Status::of(400).error(1101, "folder")));
    let faults = Faults::new().rule(Rule::new(Operation::StartJobs, refused).marker("doomed"));
    let life =
        Life { pending: Duration::ZERO, running: Duration::ZERO, ends: vec![End::Successful], ..Life::default() };
    let fixture = CliFixture::with(&World { life, ..World::obliging() }, faults);
    let text = "version: 1\nname: night\nlimits: { active: 4 }\njobs:\n  a: { folder: Shared, release: Loader, arguments: { \
                which: doomed }, matrix: { n: [1, 2, 3, 4] } }\n  b: { folder: Other, release: Tidy, matrix: { n: [1, 2, 3, \
                4, 5, 6] } }\n";
    fixture.file("m.yaml", text);
    let told = run(&fixture);
    assert_eq!((told.code, fixture.sandbox.jobs().len()), (2, 6), "{}", told.shown());
}

#[test]
fn a_ramp_lets_everything_go_where_launches_end_well() {
    let fixture = ending(vec![End::Successful], JobFaultClass::Application);
    manifest(&fixture, "", "    ramp: { first: 10, then: { factor: 10, every: 1s }, pause-on: { faulted: 20% } }\n");
    let told = run(&fixture);
    assert_eq!((told.code, fixture.starts()), (0, 31), "{}", told.shown());
}

#[test]
fn an_outage_costs_no_more_than_the_breaker_looks_back_on_and_what_was_under_way() {
    let fixture = ending(vec![End::Faulted], JobFaultClass::Platform);
    manifest(&fixture, "limits: { active: 2 }\nbreaker: { faulted: 50%, of-last: 8 }", "");
    let told = run(&fixture);
    check_halted(&fixture, &told, "breaker: 4 of the last 4 launches faulted");
    assert!(fixture.starts() <= 8 + 2, "{} starts", fixture.starts());
}

#[test]
fn one_launch_tries_whether_it_works_again() {
    // Two fault, and the others end well; the other release's first one faults, too.
    let ends = [vec![End::Faulted; 2], vec![End::Successful; 29]].concat();
    let fixture = ending(ends, JobFaultClass::Session);
    let breaker = "breaker: { faulted: 2, of-last: 4, then: probe, probe-after: 1s }";
    manifest(&fixture, &format!("limits: {{ active: 1 }}\n{breaker}\noutcome: {{ tolerate: 3 }}"), "");
    let told = run(&fixture);
    assert_eq!((told.code, fixture.starts()), (0, 31), "{}", told.shown());
    assert!(
        told.stderr.contains("breaker: 2 of the last 2 launches faulted: one more is tried in 1 s"),
        "{}",
        told.shown()
    );
    assert!(told.stderr.contains("breaker: the launch that tried ended well: the others go on"), "{}", told.shown());
}

#[test]
fn a_quota_that_is_used_up_stops_at_once() {
    let fixture = ending(vec![End::Faulted], JobFaultClass::Quota);
    manifest(&fixture, "limits: { active: 1 }\nbreaker: { faulted: 50% }", "");
    let told = run(&fixture);
    check_halted(&fixture, &told, "breaker: a robot job faulted since a quota is used up");
    assert_eq!(fixture.starts(), 1);
}

#[test]
fn so_many_failures_stop_the_run_or_a_job_alone() {
    let fixture = ending(vec![End::Faulted], JobFaultClass::Application);
    manifest(&fixture, "limits: { active: 1 }\nfail-fast: 3", "");
    let told = run(&fixture);
    check_halted(&fixture, &told, "fail-fast: 3 launches failed");
    assert_eq!(fixture.starts(), 3);
    let fixture = ending(vec![End::Faulted], JobFaultClass::Application);
    manifest(&fixture, "limits: { active: 1 }", "    fail-fast: 2\n");
    let told = run(&fixture);
    assert_eq!((told.code, fixture.starts()), (16, 3), "the other job goes on: {}", told.shown());
    assert!(
        told.stderr.contains("fail-fast: 2 launches failed: nothing more of job `load` is sent"),
        "{}",
        told.shown()
    );
    let told = fixture.sortie("resume last --rate 1000/s");
    assert_eq!((told.code, fixture.starts()), (16, 5), "two more: {}", told.shown());
    assert!(told.stderr.contains("these jobs were cancelled or held, and go on now: load"), "{}", told.shown());
}

#[test]
fn only_so_many_robot_jobs_are_unfinished_at_once() {
    let life = Life { pending: Duration::ZERO, ends: vec![End::Running], ..Life::default() };
    let fixture = CliFixture::with(&World { life, ..World::obliging() }, Faults::new());
    manifest(&fixture, "limits: { active: 2, launch: { rate: 1000/s, burst: 100 } }", "");
    let run = TalkingRun::start(&fixture, "run m.yaml --wait");
    let until = |reached: &dyn Fn() -> bool| {
        let mut tries = 0;
        while !reached() {
            pause(Duration::from_millis(50));
            tries += 1;
            assert!(tries < 600, "{} starts", fixture.starts());
        }
    };
    let wait_for = |starts: usize| {
        until(&|| fixture.starts() >= starts);
        // It has looked at what it started, and could have sent more.
        let asked = fixture.sandbox.record().len();
        until(&|| fixture.sandbox.record().len() >= asked + 2);
        fixture.starts()
    };
    assert_eq!(wait_for(2), 2);
    assert_eq!(fixture.sortie("set last --active 5").code, 0);
    assert_eq!(wait_for(5), 5);
    let told = fixture.sortie("cancel last --kill");
    assert_eq!(told.code, 0, "{}", told.shown());
    let (exit, told) = run.end();
    assert_eq!((exit.code(), fixture.starts()), (Some(16), 5), "{told}");
}

#[test]
fn the_sample_of_a_careful_run_is_carried_out() {
    let ended = Program::sortie("run specs/careful.yaml --sandbox").samples().run();
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(ended.stdout.contains("5 successful"), "{}", ended.shown());
}
