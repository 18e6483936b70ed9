//! `cancel --filter`, seen by the server's own record: what the filter took is stopped and never sent, and nothing else is.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
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
  load: { release: Loader, matrix: { n: [1, 2, 3, 4] }, arguments: { n: '${{ matrix.n }}' } }
  tidy: { release: Tidy }
";
const SLOWLY: &str = "run slow.yaml --slot 2026-01-31";

/// Robot jobs that begin at once and never end, until they are stopped.
fn fixture_with(faults: Faults) -> CliFixture {
    let life = Life { pending: Duration::ZERO, stopping: Duration::ZERO, ends: vec![End::Running], ..Life::default() };
    let switches = Switches { soft_stop_ends: SoftStopEnds::Stopped, ..Switches::default() };
    let fixture = CliFixture::with(&World { life, switches, ..World::obliging() }, faults);
    fixture.file("m.yaml", MANIFEST);
    fixture.file("slow.yaml", &slow(MANIFEST));
    fixture
}

fn fixture() -> CliFixture {
    fixture_with(Faults::new())
}

/// What `StartJobs` asked for, in the order in which the server received it: the argument `n`, or `tidy`.
fn sent(fixture: &CliFixture) -> Vec<String> {
    let bodies = fixture.bodies("StartJobs").into_iter();
    bodies
        .map(|body| match body["startInfo"]["InputArguments"].as_str() {
            Some(arguments) => serde_json::from_str::<Value>(arguments).unwrap()["n"].to_string(),
            None => "tidy".to_owned(),
        })
        .collect()
}

/// The states of the server's robot jobs, in the order of their creation.
fn states(fixture: &CliFixture) -> Vec<&'static str> {
    fixture.sandbox.jobs().into_iter().map(|job| job.state).collect()
}

/// The notes of the newest run.
fn notes(fixture: &CliFixture) -> Vec<Value> {
    let ledger = rusqlite::Connection::open(fixture.ledger()).unwrap();
    let mut select = ledger.prepare("SELECT note FROM notes ORDER BY sequence").unwrap();
    let notes = select.query_map([], |row| row.get::<_, String>(0)).unwrap();
    notes.map(|note| serde_json::from_str(&note.unwrap()).unwrap()).collect()
}

#[test]
fn of_a_live_run_what_the_filter_takes_is_stopped_or_never_sent_and_all_else_is_sent_once() {
    let fixture = fixture();
    let run = TalkingRun::start(&fixture, SLOWLY);
    let told = fixture.sortie("cancel last --filter job==\"load\"&&matrix.n<=2 --format json");
    assert_eq!(told.code, 0, "{}", told.shown());
    let report = told.json();
    let shown = ["filter", "launches", "asked", "over", "in-doubt"].map(|key| report[key].clone());
    assert_eq!(json!(shown), json!(["job==\"load\"&&matrix.n<=2", 2, 1, 0, 0]), "{}", told.shown());
    assert!(told.stderr.contains("2 of 5 launches of run"), "{}", told.shown());
    assert!(told.stderr.contains("are cancelled: its process sends nothing more of them"), "{}", told.shown());
    assert_eq!(fixture.sortie("set last --rate 1000/s").code, 0);
    let (exit, told) = run.end();
    assert_eq!(
        (exit.code(), sent(&fixture)),
        (Some(16), ["1", "3", "4", "tidy"].map(str::to_owned).to_vec()),
        "{told}"
    );
    assert!(told.contains("2 launches are cancelled: nothing more of them is sent"), "{told}");
    assert_eq!(states(&fixture), ["Stopped", "Running", "Running", "Running"]);
    let note = &notes(&fixture)[0];
    assert_eq!(note["steering"], "cancel-launches", "{note}");
    assert_eq!(note["launches"], json!([0, 2]), "{note}");
    // A scheduler that starts the slot again keeps to it.
    let told = fixture.sortie("run slow.yaml --slot 2026-01-31 --rate 1000/s");
    assert_eq!((told.code, fixture.starts()), (16, 4), "{}", told.shown());
    // Nor does whoever names no run let it go on.
    let told = fixture.sortie("resume --rate 1000/s");
    assert!(told.code == 3 && told.stderr.contains("jobs or launches of run"), "{}", told.shown());
    assert_eq!(fixture.starts(), 4);
    let told = fixture.sortie("resume last --rate 1000/s");
    assert!(told.stderr.contains("2 launches were cancelled, and go on now"), "{}", told.shown());
    assert_eq!((told.code, sent(&fixture).last().unwrap().as_str(), fixture.starts()), (0, "2", 5), "{}", told.shown());
}

#[test]
fn of_a_run_that_is_over_the_robot_jobs_of_those_launches_alone_are_killed() {
    let fixture = fixture();
    // One at a time: robot jobs are known by the order in which they were started.
    assert_eq!(fixture.sortie("run m.yaml --slot 2026-01-31 --concurrency 1").code, 0);
    let told = fixture.sortie("cancel last --filter matrix.n==2 --kill");
    assert_eq!((told.code, told.stdout.as_str()), (0, "1 robot job was asked to stop\n"), "{}", told.shown());
    assert!(told.stderr.contains("1 of 5 launches of run"), "{}", told.shown());
    assert_eq!(states(&fixture), ["Running", "Stopped", "Running", "Running", "Running"]);
    assert_eq!(fixture.bodies("StopJobs")[0]["strategy"], "Kill");
    // The job and the filter must both hold.
    let told = fixture.sortie("cancel last --job load --filter verdict==\"started\"&&matrix.n!=2");
    // It stops what was cancelled before once more, and says so; the answer is there once.
    let answer = "3 robot jobs were asked to stop, 1 was over already (of all that was cancelled of this run so far)\n";
    assert_eq!(told.stdout, answer, "{}", told.shown());
    assert!(!told.stderr.contains("asked to stop"), "{}", told.shown());
    assert_eq!((told.code, states(&fixture)), (0, vec!["Stopped", "Stopped", "Stopped", "Stopped", "Running"]));
}

#[test]
fn a_filter_by_verdict_takes_what_has_it_when_it_is_typed() {
    let fixture = fixture();
    let run = TalkingRun::start(&fixture, SLOWLY);
    // What is started afterwards has that verdict too, and was not meant.
    let told = fixture.sortie("cancel last --filter verdict==\"started\"");
    assert_eq!(told.code, 0, "{}", told.shown());
    assert_eq!(fixture.sortie("set last --rate 1000/s").code, 0);
    let (exit, told) = run.end();
    assert_eq!((exit.code(), fixture.starts()), (Some(0), 5), "{told}");
    assert_eq!(states(&fixture), ["Stopped", "Running", "Running", "Running", "Running"]);
}

#[test]
fn a_filter_that_takes_nothing_or_cannot_be_read_notes_nothing() {
    let fixture = fixture();
    assert_eq!(fixture.sortie("run m.yaml --slot 2026-01-31").code, 0);
    let before = notes(&fixture);
    for (call, words) in [
        ("--filter matrix.n==9", "the filter does not take any of the 5 launches"),
        ("--filter matrix.m==1", "known are `matrix.n`"),
        ("--filter matrix.n==2 --job tidy", "the filter does not take any launch of job `tidy`"),
        ("--filter matrix.n==2 --job tide", "has no job `tide`"),
        ("--filter matrix.n==", "--filter:1:"),
    ] {
        let told = fixture.sortie(&format!("cancel last {call}"));
        assert_eq!(told.code, 3, "{call}: {}", told.shown());
        assert!(told.stderr.contains(words), "{call}: {}", told.shown());
    }
    assert_eq!((notes(&fixture), fixture.operations("StopJobs")), (before, 0));
}

#[test]
fn whoever_cancels_is_killed_between_note_and_stop_and_the_next_one_stops_the_same_launches() {
    let stuck = Rule::new(Operation::Named("StopJobs".to_owned()), Fault::before(Reply::Never)).at(Position::Nth(1));
    let fixture = fixture_with(Faults::new().rule(stuck));
    TalkingRun::start(&fixture, SLOWLY).kill();
    let mut command = fixture.command("cancel last --filter matrix.n<=2");
    let mut killed = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while fixture.operations("StopJobs") == 0 {
        assert_eq!(killed.try_wait().unwrap(), None, "it ended before it stopped anything");
        std::thread::yield_now();
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(states(&fixture), ["Running"]);
    // What it noted holds: a scheduler's next start stops what is not over, and sends only the rest.
    let told = fixture.sortie("run slow.yaml --slot 2026-01-31 --rate 1000/s");
    assert_eq!(
        (told.code, sent(&fixture)),
        (16, ["1", "3", "4", "tidy"].map(str::to_owned).to_vec()),
        "{}",
        told.shown()
    );
    assert_eq!(states(&fixture), ["Stopped", "Running", "Running", "Running"]);
    let told = fixture.sortie("cancel last --filter matrix.n<=2");
    assert_eq!(told.code, 0, "{}", told.shown());
    assert!(told.stdout.contains("1 was over already"), "{}", told.shown());
    let told = fixture.sortie("resume last --rate 1000/s");
    assert_eq!((told.code, fixture.starts()), (0, 5), "{}", told.shown());
}

#[test]
fn a_process_that_cannot_read_a_note_sends_what_it_has_and_loses_nothing() {
    let fixture = fixture();
    fixture.file("quick.yaml", &MANIFEST.replace("jobs:", "limits: { launch: { rate: 1/s, burst: 1 } }\njobs:"));
    let run = TalkingRun::start(&fixture, "run quick.yaml --slot 2026-01-31");
    let ledger = rusqlite::Connection::open(fixture.ledger()).unwrap();
    ledger.busy_timeout(Duration::from_secs(30)).unwrap();
    let note = r#"{"note":"steered","steering":"of-tomorrow","at":"2026-01-31T00:00:00Z","kill":true}"#;
    let added = ledger.execute("INSERT INTO notes (run, note) SELECT max(number), ?1 FROM runs", [note]).unwrap();
    assert_eq!(added, 1);
    let (exit, told) = run.end();
    // All of it was sent and recorded; it is only that nobody can say what else was asked of the run.
    assert_eq!((fixture.starts(), states(&fixture)), (5, vec!["Running"; 5]), "{told}");
    assert_eq!((exit.code(), told.matches("a newer sortie made it").count()), (Some(0), 1), "{told}");
    for refused in ["resume last", "cancel last", "report last"] {
        let told = fixture.sortie(refused);
        assert_eq!((told.code, fixture.starts()), (1, 5), "{refused}: {}", told.shown());
        assert!(told.stderr.contains("a newer sortie"), "{refused}: {}", told.shown());
    }
    ledger.execute("DELETE FROM notes WHERE note = ?1", [note]).unwrap();
    let report = fixture.offline("report last");
    assert!(report.stdout.contains("5 started"), "{}", report.shown());
}
