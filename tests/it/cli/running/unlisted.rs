//! Job lists that nobody may read: a run is refused, or launches nothing twice without them.

use expect_test::expect;
use serde_json::json;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status};

use crate::cli::cli_fixture::CliFixture;

const THREE: &str = "
version: 1
name: three
folder: Shared
jobs: { a: { release: Ping }, b: { release: Ping }, c: { release: Ping } }
";

fn forbidden() -> Rule {
    let words = Status::of(403).error(0, "You are not authorized!");
    Rule::new(Operation::Jobs, Fault::before(Reply::Status(words)))
}

#[test]
fn a_run_of_which_nothing_could_be_settled_is_refused_before_anything_is_sent() {
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(forbidden()));
    fixture.file("m.yaml", THREE);
    expect![[r#"
        exit 2
        --- stderr
        error: the list of robot jobs cannot be read, by which a lost answer is settled: listing jobs: not permitted: HTTP 403, errorCode 0: You are not authorized! (traceId 00-00000000000000000000000000000002-0000000000000002-00)
          help: the application needs OR.Jobs, OR.Execution.Read, OR.Folders.Read and OR.Robots.Read, and a role in the folder; or pass --at-most-once, which launches without it and never sends anything again
    "#]].assert_eq(&fixture.sortie("run m.yaml").shown());
    assert_eq!((fixture.starts(), fixture.runs().len()), (0, 0), "nothing was sent, and nothing recorded");
}

#[test]
fn a_list_that_fails_for_a_while_is_waited_for() {
    let failing = || Fault::before(Reply::Status(Status::of(503)));
    let faults = Faults::new().at(Operation::Jobs, Position::Nth(1), failing());
    let fixture = CliFixture::with(&World::obliging(), faults.at(Operation::Jobs, Position::Nth(3), failing()));
    fixture.file("m.yaml", THREE);
    let run = fixture.sortie("run m.yaml");
    assert_eq!((run.code, fixture.starts()), (0, 3), "{}", run.shown());
    let waiting = "waiting for the server's job list (listing jobs: server error: 503 Service Unavailable): it must be readable, or no lost answer could be settled\n";
    assert!(run.stderr.contains(waiting), "{}", run.shown());
    let quiet = fixture.sortie("run m.yaml -q");
    assert_eq!((quiet.code, quiet.stderr.as_str(), fixture.starts()), (0, "", 6), "{}", quiet.shown());
}

#[test]
fn at_most_once_launches_without_a_list_takes_a_429_for_a_doubt_and_holds_for_every_resume() {
    let throttled = Fault::before(Reply::Status(Status::of(429)));
    let faults = Faults::new().rule(forbidden()).at(Operation::StartJobs, Position::Nth(2), throttled);
    let fixture = CliFixture::with(&World::obliging(), faults);
    fixture.file("m.yaml", THREE);
    let mut run = fixture.command("run m.yaml -q --at-most-once");
    let mut run = run.stdout(std::process::Stdio::null()).spawn().unwrap();
    // What is in doubt stays so for minutes: nobody has to wait for that.
    while fixture.starts() < 3 {
        std::thread::yield_now();
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let resumed = fixture.sortie("resume last -q --format json");
    assert_eq!((resumed.code, fixture.starts()), (2, 3), "{}", resumed.shown());
    let report = fixture.offline("report last --format json").json();
    assert_eq!(report["totals"]["not-sent"], json!(0), "{report}");
}
