//! `pause`, `continue` and `set`, seen by the server's own record.

use super::TalkingRun;
use crate::cli::cli_fixture::CliFixture;
use crate::cli::live_run::slow;

const MANIFEST: &str = "
version: 1
name: night
folder: Shared
schedule: { slot: 1d }
jobs:
  load: { release: Loader, matrix: { n: [1, 2, 3, 4, 5] } }
";
const TONIGHT: &str = "run m.yaml --slot 2026-01-31";

fn fixture() -> CliFixture {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &slow(MANIFEST));
    fixture
}

#[test]
fn a_live_run_sends_nothing_while_it_is_paused_and_goes_on_when_it_is_let() {
    let fixture = fixture();
    let mut run = TalkingRun::start(&fixture, TONIGHT);
    let told = fixture.sortie("pause last");
    assert_eq!(told.code, 0, "{}", told.shown());
    assert!(
        told.stderr.contains("is paused: its process sends nothing more from two seconds on at the latest"),
        "{}",
        told.shown()
    );
    run.until("paused since");
    let told = fixture.sortie("pause last");
    assert!(told.stderr.contains("is paused already: its process sends nothing more"), "{}", told.shown());
    // It could send everything at once now, were it not paused.
    assert_eq!(fixture.sortie("set last --rate 1000/s --burst 100 --concurrency 4").code, 0);
    run.until("limits from now on: rate 1000/s, burst 100, concurrency 4");
    assert_eq!((fixture.starts(), fixture.runs()[0]["state"].as_str()), (1, Some("paused")));
    let told = fixture.sortie("resume last");
    assert_eq!(told.code, 14, "{}", told.shown());
    let told = fixture.sortie("continue last");
    assert!(told.stderr.contains("goes on within two seconds"), "{}", told.shown());
    let (exit, told) = run.end();
    assert_eq!((exit.code(), fixture.starts(), fixture.jobs()), (Some(0), 5, 5), "{told}");
    assert_eq!(fixture.runs()[0]["state"], "finished");
}

#[test]
fn other_limits_reach_a_live_run() {
    let fixture = fixture();
    let run = TalkingRun::start(&fixture, TONIGHT);
    let told = fixture.sortie("set last --rate 1000/s");
    assert!(told.stderr.contains("keeps these limits within two seconds: rate 1000/s"), "{}", told.shown());
    // At one launch an hour it would not end today.
    let (exit, told) = run.end();
    assert_eq!((exit.code(), fixture.starts()), (Some(0), 5), "{told}");
}

#[test]
fn no_scheduler_goes_on_with_a_paused_run_and_whoever_names_it_does() {
    let fixture = fixture();
    TalkingRun::start(&fixture, TONIGHT).kill();
    let told = fixture.sortie("pause last");
    assert!(told.stderr.contains("no process is at it, and none goes on with it by itself"), "{}", told.shown());
    assert_eq!(fixture.runs()[0]["state"], "paused");
    for _ in 0..2 {
        let told = fixture.sortie(&format!("{TONIGHT} --rate 1000/s"));
        assert_eq!((told.code, fixture.starts()), (16, 1), "{}", told.shown());
        assert!(told.stderr.contains("goes on only when somebody lets it"), "{}", told.shown());
        assert!(!told.stderr.contains("is still in progress"), "no process is at it: {}", told.shown());
        assert!(told.stdout.contains("What to do next"), "{}", told.shown());
    }
    assert_eq!(fixture.sortie("set last --rate 1000/s").code, 0);
    let told = fixture.sortie("resume last");
    assert_eq!((told.code, fixture.jobs()), (0, 5), "{}", told.shown());
    assert!(told.stderr.contains("was paused at"), "{}", told.shown());
}

#[test]
fn what_is_said_to_type_leads_to_the_calls_own_ledger() {
    let fixture = fixture();
    let tonight = format!("{TONIGHT} --ledger=-other.db");
    TalkingRun::start(&fixture, &tonight).kill();
    assert_eq!(fixture.sortie("pause last --ledger=-other.db").code, 0);
    let told = fixture.sortie(&tonight);
    assert_eq!((told.code, fixture.starts()), (16, 1), "{}", told.shown());
    let typed = told.stderr.split('`').find(|part| part.starts_with("sortie resume ")).expect("it says what to type");
    assert!(typed.ends_with(" --ledger ./-other.db"), "{}", told.shown());
    let told = fixture.sortie(&format!("{} --rate 1000/s", typed.strip_prefix("sortie ").unwrap()));
    assert_eq!((told.code, fixture.jobs()), (0, 5), "{}", told.shown());
}

#[test]
fn the_report_of_a_paused_run_says_so_and_what_to_type() {
    let fixture = fixture();
    TalkingRun::start(&fixture, TONIGHT).kill();
    assert_eq!(fixture.sortie("pause last").code, 0);
    // Its process may have died before it kept the answer.
    assert_eq!(fixture.sortie("reconcile last -q").code, 16);
    let told = fixture.offline("report last");
    assert!(told.stdout.contains("not sent: this run is paused since"), "{}", told.shown());
    let told = fixture.offline("report last --format json");
    assert!(told.json()["run"]["hold"].as_str().unwrap().starts_with("paused since "), "{}", told.shown());
}

#[test]
fn a_pause_is_lifted_where_no_process_is_at_the_run_and_its_slot_goes_on() {
    let fixture = fixture();
    TalkingRun::start(&fixture, TONIGHT).kill();
    assert_eq!(fixture.sortie("pause last").code, 0);
    let told = fixture.sortie("continue last");
    assert!(told.stderr.contains("may go on, and no process is at it"), "{}", told.shown());
    let told = fixture.sortie(&format!("{TONIGHT} --rate 1000/s"));
    assert_eq!((told.code, fixture.jobs()), (0, 5), "{}", told.shown());
}

#[test]
fn a_flag_that_is_typed_later_rules_over_what_was_set() {
    let fixture = fixture();
    TalkingRun::start(&fixture, TONIGHT).kill();
    assert_eq!(fixture.sortie("set last --rate 1/h --burst 1").code, 0);
    let told = fixture.sortie("resume last --rate 1000/s --burst 100");
    assert_eq!((told.code, fixture.jobs()), (0, 5), "{}", told.shown());
}

#[test]
fn what_cannot_be_steered_is_refused() {
    let fixture = fixture();
    assert_eq!(fixture.sortie(&format!("{TONIGHT} --rate 1000/s")).code, 0);
    for verb in ["pause last", "continue last", "set last --rate 2/s"] {
        let told = fixture.sortie(verb);
        assert_eq!(told.code, 3, "{}", told.shown());
        assert!(told.stderr.contains("is over: nothing of it is left to steer"), "{}", told.shown());
    }
    assert_eq!(fixture.sortie("pause 0123abcd").code, 3, "no such run");
    assert_eq!(fixture.sortie("set last").code, 3, "nothing is set");
    assert_eq!(fixture.sortie("set last --rate fast").code, 3);
    let fixture = self::fixture();
    TalkingRun::start(&fixture, TONIGHT).kill();
    let mut elsewhere = fixture.command("pause last");
    let told = fixture.told(elsewhere.env("UIPATH_TENANT", "Other").output().unwrap());
    assert_eq!(told.code, 3, "another tenant: {}", told.shown());
    assert_eq!(fixture.runs()[0]["state"], "cut-off");
}
