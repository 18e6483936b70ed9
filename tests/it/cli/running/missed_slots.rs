//! Slots that were missed: counted, said, caught up with; and those that are still to come.

use expect_test::{Expect, expect};
use sortie::clock::{Clock as _, SystemClock};

use crate::cli::cli_fixture::{CliFixture, CliOutput};
use crate::cli::live_run::NIGHTLY;

#[track_caller]
fn check(told: &CliOutput, expected: Expect) {
    expected.assert_eq(&told.shown());
}

#[test]
fn what_was_missed_is_said_and_the_latest_of_it_is_run_first_when_asked_for() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", NIGHTLY);
    fixture.sortie("run m.yaml -q --slot 2026-01-20");
    let said = fixture.sortie("run m.yaml --slot 2026-01-24");
    assert!(
        said.stderr.starts_with("3 slots were missed: 2026-01-20T23:00:00Z to 2026-01-22T23:00:00Z\n"),
        "{}",
        said.shown()
    );
    assert!(said.stderr.contains("help: `--slot` with the name of one runs it; a start with `--catch-up N`"));
    assert_eq!((said.code, fixture.starts()), (0, 4));
    let caught = fixture.sortie("run m.yaml --slot 2026-01-29 --catch-up 2 --format json");
    check_slots(&fixture, &["2026-01-28", "2026-01-27", "2026-01-26", "2026-01-23", "2026-01-19"]);
    assert_eq!(caught.json()["run"]["slot"], "2026-01-28T23:00:00Z", "stdout has the slot that was asked for");
    assert_eq!((caught.code, fixture.starts()), (0, 10), "{}", caught.shown());
    check(
        &fixture.sortie("run m.yaml -q --run-key x --catch-up 2"),
        expect![[r#"
            exit 3
            --- stderr
            error: the argument '--run-key <TEXT>' cannot be used with '--catch-up <N>'

            Usage: sortie run --quiet --run-key <TEXT> <PATH>...

              help: `sortie run --help` shows what can be written
        "#]],
    );
}

#[test]
fn an_old_slot_that_somebody_runs_by_hand_makes_none_missed() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", NIGHTLY);
    for slot in ["2026-01-24", "2026-01-20"] {
        let told = fixture.sortie(&format!("run m.yaml --slot {slot}"));
        assert!(told.code == 0 && !told.stderr.contains("missed"), "{}", told.shown());
    }
    let starts = fixture.starts();
    let again = fixture.sortie("run m.yaml --slot 2026-01-24 --catch-up 9");
    assert_eq!((again.code, fixture.starts()), (0, starts), "{}", again.shown());
    assert!(!again.stderr.contains("missed"), "{}", again.shown());
    let next = fixture.sortie("run m.yaml --slot 2026-01-26 --catch-up 9");
    assert_eq!(next.code, 0, "{}", next.shown());
    check_slots(&fixture, &["2026-01-25", "2026-01-24", "2026-01-19", "2026-01-23"]);
    // What was left then is still there to be caught up with.
    assert_eq!(fixture.sortie("run m.yaml -q --slot 2026-01-30").code, 0);
    let caught = fixture.sortie("run m.yaml --slot 2026-01-30 --catch-up 1");
    assert_eq!(caught.code, 0, "{}", caught.shown());
    check_slots(&fixture, &["2026-01-28", "2026-01-29", "2026-01-25", "2026-01-24", "2026-01-19", "2026-01-23"]);
}

#[test]
fn missed_slots_are_counted_truly_and_each_can_still_be_run_by_name() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &NIGHTLY.replace("1d", "1h").replace("Europe/Berlin", "UTC"));
    fixture.sortie("run m.yaml -q --slot 2026-01-01T00:00:00Z");
    let said = fixture.sortie("run m.yaml --slot 2026-06-01T00:00:00Z");
    let words = "3623 slots were missed: 2026-01-01T01:00:00Z to 2026-05-31T23:00:00Z\n";
    assert!(said.stderr.starts_with(words), "{}", said.shown());
    assert_eq!((fixture.sortie("run m.yaml --slot 2026-03-01T05:00:00Z").code, fixture.starts()), (0, 6));
    // What nobody would count is not counted to its end.
    fixture.file("m.yaml", &NIGHTLY.replace("1d", "10s").replace("nightly", "often"));
    fixture.sortie("run m.yaml -q --slot 2026-01-01T00:00:00Z");
    let said = fixture.sortie("run m.yaml --slot 2026-06-01T00:00:00Z");
    let words = "more than 100000 slots were missed: after 2026-01-01T00:00:00Z to 2026-05-31T23:59:50Z\n";
    assert!(said.stderr.starts_with(words), "{}", said.shown());
}

#[test]
fn a_slot_of_the_future_is_refused_and_was_never_missed() {
    let fixture = CliFixture::new();
    let manifest = NIGHTLY.replace("Europe/Berlin", "UTC");
    fixture.file("m.yaml", &manifest);
    let refused = fixture.sortie("run m.yaml --slot 2999-01-31 --catch-up 9");
    check(
        &refused,
        expect![[r#"
        exit 3
        --- stderr
        error: slot 2999-01-31T00:00:00Z is in the future: a slot is run at most one period early, and at most a day
          help: `--dry-run` shows its launches; `--run-key TEXT` with `--logical-time` runs them now, as a run of its own
    "#]],
    );
    for command in ["run m.yaml --logical-time 2999-01-31T12:00:00Z", "run m.yaml -q --slot 2999-01-31T00:00:00Z"] {
        assert_eq!(fixture.sortie(command).code, 3, "{command}");
    }
    fixture.file("plain.yaml", &manifest.replace("schedule: { slot: 1d, zone: UTC }\n", ""));
    assert_eq!(fixture.sortie("run plain.yaml --slot 2999-01-31T00:00:00Z").code, 3);
    fixture.file("hourly.yaml", &manifest.replace("1d", "1h"));
    let hours = |hours: i64| {
        let moment = SystemClock::new().utc() + jiff::SignedDuration::from_hours(hours);
        format!("run hourly.yaml --slot {}", moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    };
    assert_eq!((fixture.sortie(&hours(3)).code, fixture.starts()), (3, 0), "longer than its period from now");
    // The day after this one may begin early. This one is not over: nobody missed it, and it still can be run.
    let day = |days: i64| {
        let moment = SystemClock::new().utc() + jiff::SignedDuration::from_hours(24 * days);
        format!("run m.yaml --slot {}", moment.strftime("%Y-%m-%d"))
    };
    assert_eq!(fixture.sortie(&day(-1)).code, 0);
    let early = fixture.sortie(&format!("{} --catch-up 9", day(1)));
    assert_eq!((early.code, fixture.starts()), (0, 4), "{}", early.shown());
    assert!(early.stderr.contains("has not begun yet: it is run early"), "{}", early.shown());
    assert!(!early.stderr.contains("missed"), "{}", early.shown());
    assert_eq!((fixture.sortie(&day(0)).code, fixture.starts()), (0, 6));
}

/// The slots of all runs, newest first, each as the day on which it began.
#[track_caller]
fn check_slots(fixture: &CliFixture, days: &[&str]) {
    let slots: Vec<String> = fixture.runs().iter().map(|run| run["slot"].as_str().unwrap()[..10].to_owned()).collect();
    assert_eq!(slots, days);
}

#[test]
fn a_missed_slot_that_breaks_a_rule_after_another_was_run_does_not_say_that_nothing_was_sent() {
    let fixture = CliFixture::new();
    let manifest = "version: 1\nname: m\nfolder: Shared\nschedule: { slot: 1d, zone: UTC }\njobs:\n  a:\n    release: Ping\n    arguments: { day: '${{ run.time | date(\"%d\") }}' }\n";
    fixture.file("m.yaml", manifest);
    let rule =
        "version: 1\npolicies:\n  - { name: r, rule: 'launch.arguments.day != \"29\"', message: not on that day }\n";
    fixture.file("p.yaml", rule);
    assert_eq!(fixture.sortie("run m.yaml --slot 2026-01-27 -q").code, 0);
    let told = fixture.sortie("run m.yaml --slot 2026-01-30 --catch-up 2 --policy p.yaml --report json=r.json");
    assert_eq!((told.code, fixture.starts()), (16, 2), "{}", told.shown());
    assert!(told.stderr.contains("not on that day"), "{}", told.shown());
    // By itself the slot is refused before anything is sent.
    let told = fixture.sortie("run m.yaml --slot 2026-01-29 --policy p.yaml");
    assert_eq!((told.code, fixture.starts()), (3, 2), "{}", told.shown());
}
