//! A start that a gateway repeats, over real HTTP: only the job list shows it.

use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Status};
use sortie::sandbox::world::World;
use sortie::sandbox::world::switches::Switches;

use crate::cli::cli_fixture::CliFixture;

const MANIFEST: &str = "
version: 1
name: money
folder: Shared
jobs:
  a: { release: Ping }
  b: { release: Ping }
";

/// The second start is made twice, and one of the two is answered for.
fn repeated() -> Faults {
    Faults::new().at(Operation::StartJobs, Position::Nth(2), Fault::twice(Reply::Claim))
}

#[test]
fn reconcile_counts_what_a_run_took_for_started() {
    let fixture = CliFixture::with(&World::obliging(), repeated());
    fixture.file("m.yaml", MANIFEST);
    let told = fixture.sortie("run m.yaml -q");
    assert_eq!((told.code, fixture.jobs()), (0, 3), "nothing that it heard shows it: {}", told.shown());
    let told = fixture.sortie("reconcile last --format json");
    assert_eq!((told.code, fixture.starts()), (12, 2), "{}", told.shown());
    let report = told.json();
    assert_eq!((&report["totals"]["started"], &report["totals"]["duplicate"]), (&1.into(), &1.into()), "{report}");
    assert_eq!(report["run"]["exit-code"], 12);
}

#[test]
fn verify_counts_before_the_run_ends_by_flag_and_by_manifest() {
    for (flag, key) in [("--verify", ""), ("", "verify: true\n")] {
        let fixture = CliFixture::with(&World::obliging(), repeated());
        fixture.file("m.yaml", &format!("{MANIFEST}{key}"));
        let told = fixture.sortie(&format!("run m.yaml {flag}"));
        assert_eq!((told.code, fixture.starts(), fixture.jobs()), (12, 2, 3), "{flag}{key}: {}", told.shown());
        assert!(told.stdout.contains("verdicts 1 started, 1 duplicate"), "{}", told.shown());
    }
}

#[test]
fn what_could_not_be_counted_stands_in_every_report() {
    let forbidden = Fault::before(Reply::Status(Status::of(403)));
    let fixture =
        CliFixture::with(&World::obliging(), repeated().at(Operation::Jobs, Position::Within(2..=u64::MAX), forbidden));
    fixture.file("m.yaml", MANIFEST);
    let told = fixture.sortie("run m.yaml --verify --report json=r.json");
    assert_eq!((told.code, fixture.starts()), (12, 2), "{}", told.shown());
    assert!(
        told.stderr.contains("error: folder Shared: the robot jobs of this run could not be counted"),
        "{}",
        told.shown()
    );
    assert!(told.stdout.contains("\n  folder Shared was not counted: "), "{}", told.shown());
    let report: serde_json::Value = serde_json::from_str(&fixture.read("r.json")).unwrap();
    let why = report["run"]["uncounted"]["Shared"].as_str().unwrap();
    assert!(why.contains("403"), "{why}");
    assert_eq!(fixture.offline("report last --format json").stdout, fixture.read("r.json"), "the same again");
}

#[test]
fn clocks_that_are_apart_are_said_once_and_in_every_report() {
    let creation_time_ahead = jiff::SignedDuration::from_secs(-3600);
    let world = World::obliging().switches(Switches { creation_time_ahead, ..Switches::default() });
    let fixture = CliFixture::with(&world, Faults::new());
    fixture.file("m.yaml", MANIFEST);
    let told = fixture.sortie("run m.yaml --report json=r.json");
    assert_eq!(told.code, 0, "{}", told.shown());
    assert_eq!(told.stderr.matches("stamps robot jobs by a clock").count(), 1, "{}", told.shown());
    assert!(told.stdout.contains("the server stamps robot jobs 60 minutes behind its own answers"), "{}", told.shown());
    let apart = told_ms(&fixture.read("r.json"));
    assert!((-3_602_000..=-3_598_000).contains(&apart), "{apart}");
    assert_eq!(fixture.offline("report last --format json").stdout, fixture.read("r.json"), "the same again");
}

fn told_ms(report: &str) -> i64 {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    report["run"]["clocks-apart-ms"].as_i64().unwrap()
}
