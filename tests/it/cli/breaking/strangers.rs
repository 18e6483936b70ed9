//! Refusals that are not in Orchestrator's words: somebody on the way may have put them in the place of the answer.

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule};

use crate::cli::cli_fixture::CliFixture;

/// A server that meets `rule`, and a manifest of so many launches.
fn fixture(rule: Rule, launches: u32) -> CliFixture {
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(rule));
    let values: Vec<String> = (0..launches).map(|value| value.to_string()).collect();
    let jobs = format!("a: {{ release: R, matrix: {{ n: [{}] }} }}", values.join(", "));
    fixture.file("m.yaml", &format!("version: 1\nname: m\nfolder: Shared\njobs: {{ {jobs} }}\n"));
    fixture
}

/// Three launches, the second start of which meets `fault`.
fn second(fault: Fault) -> CliFixture {
    fixture(Rule::new(Operation::StartJobs, fault).at(Position::Nth(2)), 3)
}

#[test]
fn what_a_gateway_hid_was_started_and_is_not_started_again() {
    for status in [400, 403, 404, 406] {
        let fixture = second(Fault::after(Reply::Html(status)));
        let told = fixture.sortie("run m.yaml --concurrency 1 --format json");
        assert_eq!((told.code, &told.json()["totals"]["started"]), (0, &3.into()), "{status}: {}", told.shown());
        let again = fixture.sortie("rerun last --failed");
        assert_eq!((again.code, fixture.starts(), fixture.jobs()), (0, 3, 3), "{status}: {}", again.shown());
    }
}

#[test]
fn what_a_gateway_let_nobody_see_is_refused_once_nothing_of_it_is_there() {
    let fixture = second(Fault::before(Reply::Html(403)));
    let told = fixture.sortie("run m.yaml --concurrency 1 --format json");
    let report = told.json();
    assert_eq!((told.code, &report["totals"]["rejected"]), (11, &1.into()), "{}", told.shown());
    assert_eq!((fixture.starts(), fixture.jobs()), (3, 2), "it is not sent again by itself: {}", told.shown());
    let launch = &report["launches"][1];
    let message = launch["error"]["message"].as_str().unwrap();
    assert!(message.contains("is the address right?"), "{launch}");
    let steps: Vec<&str> =
        launch["story"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["sent", "refused", "absent"], "{launch}");
    let again = fixture.sortie("rerun last --failed");
    assert_eq!((again.code, fixture.starts(), fixture.jobs()), (0, 4, 3), "{}", again.shown());
}

#[test]
fn where_nobody_looks_it_is_unknown_and_reconcile_finds_it() {
    let fixture = second(Fault::after(Reply::Html(403)));
    let mut command = fixture.command("run m.yaml --concurrency 1 --format json");
    // It would settle for longer than it may wait.
    command.env("SORTIE_SETTLE", "1h");
    let mut child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    while fixture.jobs() < 3 {
        assert_eq!(child.try_wait().unwrap(), None, "it ended before it had sent everything");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let told = fixture.sortie("rerun last --failed");
    assert_eq!((told.code, fixture.starts()), (12, 3), "nothing is started before it is settled: {}", told.shown());
    let told = fixture.sortie("resume last --format json");
    assert_eq!((told.code, &told.json()["totals"]["started"]), (0, &3.into()), "{}", told.shown());
    assert_eq!((fixture.starts(), fixture.jobs()), (3, 3));
}

#[test]
fn a_gateway_that_refuses_everything_is_not_asked_a_hundred_times() {
    for status in [403, 404] {
        let rule = Rule::new(Operation::StartJobs, Fault::before(Reply::Html(status))).at(Position::Every(1));
        let fixture = fixture(rule, 100);
        let told = fixture.sortie("run m.yaml --concurrency 1 --rate 1000/s");
        assert_eq!(fixture.jobs(), 0);
        assert!(fixture.starts() <= 5, "{status}: {} starts: {}", fixture.starts(), told.shown());
        assert!(told.stderr.contains("ask whoever keeps the gateway on the way"), "{status}: {}", told.shown());
    }
}
