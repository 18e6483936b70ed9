//! `cancel`, seen by the server's own record.

use std::time::Duration;

use serde_json::Value;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule};
use sortie::sandbox::world::switches::{SoftStopEnds, Switches};
use sortie::sandbox::world::{End, Life};

use super::TalkingRun;
use crate::cli::cli_fixture::CliFixture;
use crate::cli::live_run::slow;

const MANIFEST: &str = "
version: 1
name: night
folder: Shared
schedule: { slot: 1d }
jobs:
  load: { release: Loader, matrix: { n: [1, 2, 3] } }
  tidy: { release: Tidy }
";
const TONIGHT: &str = "run m.yaml --slot 2026-01-31";

/// Robot jobs that begin at once and never end, until they are stopped.
fn endless() -> World {
    let life = Life { pending: Duration::ZERO, stopping: Duration::ZERO, ends: vec![End::Running], ..Life::default() };
    let switches = Switches { soft_stop_ends: SoftStopEnds::Stopped, ..Switches::default() };
    World { life, switches, ..World::obliging() }
}

fn fixture_with(world: &World, faults: Faults) -> CliFixture {
    let fixture = CliFixture::with(world, faults);
    fixture.file("m.yaml", MANIFEST);
    fixture.file("slow.yaml", &slow(MANIFEST));
    fixture
}

fn fixture() -> CliFixture {
    fixture_with(&endless(), Faults::new())
}

/// The states of the server's robot jobs, in the order of their creation.
fn states(fixture: &CliFixture) -> Vec<&'static str> {
    fixture.sandbox.jobs().into_iter().map(|job| job.state).collect()
}

/// The strategies of the `StopJobs` requests that the server received.
fn strategies(fixture: &CliFixture) -> Vec<String> {
    let stops = fixture.sandbox.record().into_iter().filter(|received| received.operation == "StopJobs");
    stops
        .map(|received| {
            let body: Value = serde_json::from_str(&received.body).unwrap();
            body["strategy"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn a_live_run_sends_nothing_more_and_its_robot_jobs_are_stopped() {
    let fixture = fixture();
    let run = TalkingRun::start(&fixture, "run slow.yaml --slot 2026-01-31");
    let told = fixture.sortie("cancel last");
    assert_eq!((told.code, told.stdout.as_str()), (0, "1 robot job was asked to stop\n"), "{}", told.shown());
    assert!(told.stderr.contains("its process ends its sending"), "{}", told.shown());
    let (exit, told) = run.end();
    assert_eq!((exit.code(), fixture.starts()), (Some(16), 1), "{told}");
    assert!(told.contains("cancelled: 1 started, 3 not-sent"), "{told}");
    assert_eq!((states(&fixture), strategies(&fixture)), (vec!["Stopped"], vec!["SoftStop".to_owned()]));
    assert_eq!(fixture.runs()[0]["state"], "cancelled");
    // A scheduler that starts the slot again does nothing; whoever names the run goes on.
    let told = fixture.sortie("run slow.yaml --slot 2026-01-31 --rate 1000/s");
    assert_eq!((told.code, fixture.starts()), (16, 1), "{}", told.shown());
    let report = fixture.offline("report last");
    assert!(report.stdout.contains("not sent: this run is cancelled since"), "{}", report.shown());
    let told = fixture.sortie("resume last --rate 1000/s");
    assert_eq!((told.code, fixture.starts()), (0, 4), "{}", told.shown());
    assert_eq!(states(&fixture), ["Stopped", "Running", "Running", "Running"]);
}

#[test]
fn a_run_that_is_over_is_cancelled_too_and_whoever_asks_again_is_told_what_is_over() {
    let fixture = fixture();
    assert_eq!(fixture.sortie(TONIGHT).code, 0);
    let told = fixture.sortie("cancel last --kill");
    assert_eq!((told.code, told.stdout.as_str()), (0, "4 robot jobs were asked to stop\n"), "{}", told.shown());
    assert_eq!((states(&fixture), strategies(&fixture)), (vec!["Stopped"; 4], vec!["Kill".to_owned()]));
    let again = fixture.sortie("cancel last --format json");
    assert_eq!(again.code, 0, "{}", again.shown());
    let report = again.json();
    assert_eq!((&report["asked"], &report["over"], &report["refused"]), (&0.into(), &4.into(), &0.into()));
    let run = &fixture.runs()[0];
    assert_eq!((&run["exit-code"], &run["state"]), (&0.into(), &"finished".into()), "each launch was started");
}

#[test]
fn one_job_of_a_live_run_is_cancelled_and_the_others_go_on() {
    let fixture = fixture();
    let run = TalkingRun::start(&fixture, "run slow.yaml --slot 2026-01-31");
    let told = fixture.sortie("cancel last --job load");
    assert_eq!((told.code, told.stdout.as_str()), (0, "1 robot job was asked to stop\n"), "{}", told.shown());
    let run_id = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    let words = format!("job `load` of run {run_id} is cancelled: its process sends nothing more of it");
    assert!(told.stderr.contains(&words), "{}", told.shown());
    assert_eq!(fixture.sortie("set last --rate 1000/s").code, 0);
    let (exit, told) = run.end();
    assert_eq!((exit.code(), states(&fixture)), (Some(16), vec!["Stopped", "Running"]), "{told}");
    let told = fixture.sortie("cancel last --job lode");
    assert_eq!(told.code, 3, "{}", told.shown());
    assert!(told.stderr.contains("has no job `lode`"), "{}", told.shown());
    let told = fixture.sortie("resume last");
    assert_eq!((told.code, fixture.starts()), (0, 4), "{}", told.shown());
}

#[test]
fn what_a_dead_process_left_in_doubt_is_settled_and_stopped() {
    // The first answer is lost, and its robot job is there all the same.
    let lost = Rule::new(Operation::StartJobs, Fault::after(Reply::Reset)).at(Position::Nth(1));
    let fixture = fixture_with(&endless(), Faults::new().rule(lost));
    TalkingRun::start(&fixture, "run slow.yaml --slot 2026-01-31").kill();
    let told = fixture.sortie("cancel last");
    assert_eq!((told.code, told.stdout.as_str()), (0, "1 robot job was asked to stop\n"), "{}", told.shown());
    assert!(told.stderr.contains("no process is at it, and this one stops its robot jobs"), "{}", told.shown());
    assert_eq!((fixture.starts(), states(&fixture)), (1, vec!["Stopped"]));
}

/// Cancels a run of so many launches, of which a third is over, after it ended; how many lists that took.
#[track_caller]
fn lists_to_cancel(launches: usize) -> usize {
    // Of three, one ends at once.
    let life =
        Life { running: Duration::ZERO, ends: vec![End::Running, End::Running, End::Successful], ..endless().life };
    let fixture = fixture_with(&World { life, ..endless() }, Faults::new());
    fixture.file(
        "many.yaml",
        &format!(
            "version: 1\nname: many\nfolder: Shared\nlimits: {{ launch: {{ rate: 5000/s, burst: 300 }} }}\njobs:\n  load:\n    \
             release: Loader\n    matrix:\n      n: ${{{{ range({launches}) }}}}\n"
        ),
    );
    assert_eq!(fixture.sortie("run many.yaml -q").code, 0);
    let before = fixture.lists();
    let told = fixture.sortie("cancel last --format json");
    assert_eq!(told.code, 0, "{}", told.shown());
    let (over, open) = (launches / 3, launches - launches / 3);
    let report = told.json();
    assert_eq!((&report["asked"], &report["over"]), (&open.into(), &over.into()), "{}", told.shown());
    let stopped = states(&fixture).into_iter().filter(|state| *state == "Stopped").count();
    assert_eq!((stopped, fixture.jobs()), (open, launches));
    fixture.lists() - before
}

#[test]
fn a_robot_job_that_is_over_keeps_no_other_one_going_and_few_lists_are_read() {
    let lists = lists_to_cancel(300);
    assert!(lists <= 300 / 50, "{lists} lists");
}

#[test]
#[ignore = "by hand: five thousand launches"]
fn five_thousand_robot_jobs_are_stopped_within_the_ration_of_a_minute() {
    let lists = lists_to_cancel(5000);
    assert!(lists <= 100, "{lists} lists");
}

#[test]
fn what_the_server_does_not_stop_is_told_and_gives_11() {
    let forbidden = Rule::new(
        Operation::Named("StopJobs".to_owned()),
        Fault::before(Reply::Status(sortie::sandbox::faults::Status::of(403))),
    );
    let fixture = fixture_with(&endless(), Faults::new().rule(forbidden));
    assert_eq!(fixture.sortie(TONIGHT).code, 0);
    let told = fixture.sortie("cancel last");
    assert_eq!(told.code, 11, "{}", told.shown());
    assert!(told.stdout.starts_with("0 robot jobs were asked to stop, 4 could not be stopped: "), "{}", told.shown());
    assert_eq!(states(&fixture), ["Running"; 4]);
}
