//! Servers that are not there, and tokens that end in the middle of a run.

use std::process::Command;

use serde_json::json;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status};

use crate::cli::cli_fixture::CliFixture;

fn manifest(launches: usize) -> String {
    let jobs: Vec<String> = (0..launches).map(|number| format!("  j-{number}: {{ release: Ping }}\n")).collect();
    format!("version: 1\nname: many\nfolder: Shared\nlimits: {{ launch: {{ rate: 200/s }} }}\njobs:\n{}", jobs.concat())
}

fn unavailable() -> Fault {
    Fault::before(Reply::Status(Status::of(503)))
}

#[test]
fn a_server_that_is_dead_for_a_whole_run_is_told_of_and_the_run_is_finished_once_it_is_back() {
    const LAUNCHES: usize = 50;
    // In a folder where sortie never started anything, every start of the run is lost, and the first ones of its resume.
    let starts = Rule::new(Operation::StartJobs, unavailable()).at(Position::Within(1..=20));
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(starts));
    fixture.file("m.yaml", &manifest(LAUNCHES));
    let sortie =
        |arguments: &str| fixture.told(fixture.command(arguments).env("SORTIE_SETTLE", "500ms").output().unwrap());
    let told = sortie("run m.yaml -q --format json");
    let totals = told.json()["totals"].clone();
    assert_eq!((told.code, &totals["started"], fixture.jobs()), (12, &json!(0), 0), "{}", told.shown());
    assert!(told.stderr.contains("too many sends failed"), "{}", told.shown());
    let sent = fixture.starts();
    assert_eq!((&totals["unknown"], &totals["not-sent"]), (&json!(sent), &json!(LAUNCHES - sent)));
    assert!((16..20).contains(&sent), "{sent} were sent");
    let resumed = sortie("resume last -q --format json");
    assert_eq!((resumed.code, &resumed.json()["totals"]["started"]), (0, &json!(LAUNCHES)), "{}", resumed.shown());
    assert_eq!((fixture.starts(), fixture.jobs()), (20 + LAUNCHES, LAUNCHES));
}

#[test]
fn where_nobody_answers_nothing_is_begun() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &manifest(3));
    // A port of ours at which nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = fixture.command("run m.yaml -q");
    command.env("UIPATH_URL", format!("http://{free}"));
    let told = fixture.told(command.output().unwrap());
    assert_eq!((told.code, fixture.starts()), (1, 0), "{}", told.shown());
    assert!(told.stderr.contains("cannot reach"), "{}", told.shown());
    assert_eq!(fixture.offline("runs").stdout, "no run yet\n");
}

/// `sortie` that logs in by client credentials.
fn renewing(fixture: &CliFixture, arguments: &str) -> Command {
    let mut command = fixture.command_without_a_server(arguments);
    command.env("UIPATH_URL", fixture.sandbox.url()).env("UIPATH_IDENTITY_URI", fixture.sandbox.identity_url());
    command.env("UIPATH_CLIENT_ID", fixture.sandbox.client_id());
    command.env("UIPATH_CLIENT_SECRET", fixture.sandbox.client_secret());
    command
}

#[test]
fn tokens_that_end_in_the_middle_are_renewed_and_nothing_is_sent_twice() {
    let ends = Rule::new(Operation::StartJobs, Fault::expire_tokens()).at(Position::Every(25));
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(ends));
    fixture.file("m.yaml", &manifest(120));
    let told = fixture.told(renewing(&fixture, "run m.yaml -q --format json").output().unwrap());
    assert_eq!((told.code, &told.json()["totals"]["started"]), (0, &json!(120)), "{}", told.shown());
    assert_eq!(fixture.jobs(), 120);
    let refused = fixture.sandbox.record().iter().filter(|received| received.status == 401).count();
    assert!(refused >= 4, "{refused} tokens were refused");
}

#[test]
fn a_token_that_ends_and_cannot_be_renewed_ends_the_run_and_another_one_finishes_it() {
    let ends = Rule::new(Operation::StartJobs, Fault::expire_tokens()).at(Position::Nth(30));
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(ends));
    fixture.file("m.yaml", &manifest(120));
    let told = fixture.sortie("run m.yaml -q");
    assert_eq!(told.code, 2, "{}", told.shown());
    let jobs = fixture.jobs();
    assert!((29..120).contains(&jobs), "{jobs} were started");
    let profile = format!(
        "profiles:\n  fresh:\n    url: {}\n    identity-url: {}\n    auth: {{ client-id: {}, client-secret: {{ env: S }} }}\n",
        fixture.sandbox.url(),
        fixture.sandbox.identity_url(),
        fixture.sandbox.client_id()
    );
    fixture.file("config.yaml", &profile);
    let mut resume = fixture.command_without_a_server("resume last -q --config config.yaml --profile fresh");
    let told = fixture.told(resume.env("S", fixture.sandbox.client_secret()).output().unwrap());
    assert_eq!((told.code, fixture.jobs()), (0, 120), "{}", told.shown());
}
