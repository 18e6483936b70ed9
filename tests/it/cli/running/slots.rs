//! Slots, keys, locks and what was missed.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use expect_test::{Expect, expect};
use serde_json::json;
use sortie::ids::RunId;
use sortie::orchestrator::base_url::BaseUrl;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status};

use crate::cli::cli_fixture::{CliFixture, CliOutput};
use crate::cli::live_run::{NIGHTLY, kill, live, slow};

#[track_caller]
fn check(told: &CliOutput, expected: Expect) {
    expected.assert_eq(&told.shown());
}

/// The run that stands for `what` in manifest `name` on the fixture's server.
fn run_id(fixture: &CliFixture, name: &str, what: &str) -> String {
    let tenant = BaseUrl::parse(&fixture.sandbox.url()).unwrap().tenant_identity(None);
    RunId::named(&[tenant.as_str(), name, what]).to_string()
}

/// Starts `command`, and waits for its first line on stderr.
fn until_it_speaks(command: &mut Command) -> (Child, String) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

#[test]
fn a_slot_runs_once_and_its_id_is_the_published_one() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", NIGHTLY);
    let first = fixture.sortie("run m.yaml --slot 2026-01-31T02:30:00+01:00 --format json");
    assert_eq!(first.code, 0, "{}", first.shown());
    let run = &first.json()["run"];
    assert_eq!(run["slot"], "2026-01-30T23:00:00Z", "the day begins at midnight in Berlin");
    assert_eq!(run["id"], run_id(&fixture, "nightly", "2026-01-30T23:00:00Z"));
    let arguments = &first.json()["launches"][0]["arguments"];
    assert_eq!(arguments, &json!({"day": "2026-01-30T23:00:00Z", "time": "2026-01-30T23:00:00Z"}));
    // Whichever way the day is named, it is the same slot, and it is over.
    for named in ["--slot 2026-01-31", "--slot 2026-01-31T22:59", "--logical-time 2026-01-31T12:00:00Z"] {
        let again = fixture.sortie(&format!("run m.yaml --format json {named}"));
        assert_eq!((again.code, &again.stdout), (0, &first.stdout), "{named}: {}", again.shown());
        assert!(again.stderr.ends_with("nothing was started\n"), "{}", again.shown());
    }
    assert_eq!((fixture.starts(), fixture.runs().len()), (2, 1));
    // Without a schedule a slot is what it is called.
    fixture.file("plain.yaml", &NIGHTLY.replace("schedule: { slot: 1d, zone: Europe/Berlin }\n", ""));
    let plain = fixture.sortie("run plain.yaml --slot 2026-01-31T02:30:00.5+01:00 --format json");
    assert_eq!(plain.json()["run"]["slot"], "2026-01-31T01:30:00Z");
    check(
        &fixture.sortie("run plain.yaml --slot 2026-01-31"),
        expect![[r#"
            exit 3
            --- stderr
            error: --slot `2026-01-31` is not a valid slot
              help: write a moment, such as 2026-01-31T02:30:00+01:00; a day needs a `schedule` in the manifest
        "#]],
    );
}

#[test]
fn the_hour_that_comes_twice_and_a_clock_set_back_start_nothing_twice() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &NIGHTLY.replace("slot: 1d", "slot: 1h"));
    // 02:30 in Berlin on 25 October 2026, before and after clocks are set back; then a clock that is set back.
    for time in ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T00:29:59Z"] {
        let told = fixture.sortie(&format!("run m.yaml -q --logical-time {time}"));
        assert_eq!((told.code, fixture.starts()), (0, 2), "{time}: {}", told.shown());
    }
    let second = fixture.sortie("run m.yaml --logical-time 2026-10-25T01:30:00Z");
    assert!(second.stderr.contains("help: clocks were set back, and this time came before"), "{}", second.shown());
    let first = fixture.sortie("run m.yaml --logical-time 2026-10-25T00:30:00Z");
    assert!(!first.stderr.contains("clocks were set back"), "{}", first.shown());
    let next = fixture.sortie("run m.yaml --logical-time 2026-10-25T02:30:00Z");
    assert_eq!((next.code, fixture.starts()), (0, 4), "another hour is another slot: {}", next.shown());
    let words = "1 slot was missed, of the time from 2026-10-25T01:00:00Z: clocks were set back";
    assert!(next.stderr.starts_with(words), "{}", next.shown());
    let later = fixture.sortie("run m.yaml --logical-time 2026-10-25T03:30:00Z");
    assert!(!later.stderr.contains("missed"), "it is said once: {}", later.shown());
    fixture.file("m.yaml", &NIGHTLY.replace("slot: 1d", "slot: 1h").replace("run.slot", "run.name"));
    assert_eq!(fixture.sortie("run m.yaml -q --run-key again --logical-time 2026-10-25T01:00:00Z").code, 0);
    assert_eq!(fixture.starts(), 8, "what the words say to type");
}

#[test]
fn one_slot_started_a_hundred_times_at_once_runs_once() {
    let fixture = CliFixture::new();
    let command = "run m.yaml -q --slot 2026-01-31";
    let jobs: Vec<String> = (0..200).map(|n| format!("  j{n}: {{ release: Ping }}\n")).collect();
    let manifest = NIGHTLY.split("jobs:").next().unwrap().to_owned();
    let limits = "limits: { launch: { rate: 100/s, burst: 1 } }\n";
    fixture.file("m.yaml", &format!("{manifest}{limits}jobs:\n{}", jobs.concat()));
    // All of them begin while the first is at it, for it takes two seconds.
    let first = live(&fixture, command);
    let others: Vec<Child> = (0..99)
        .map(|_| fixture.command(command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    let mut codes: Vec<i32> = others.into_iter().map(|mut child| child.wait().unwrap().code().unwrap()).collect();
    codes.sort_unstable();
    codes.dedup();
    // One that came after the first had ended would have found the slot done.
    assert!(codes == [14] || codes == [0, 14], "{codes:?}");
    let mut first = first;
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!((fixture.starts(), fixture.jobs(), fixture.runs().len()), (200, 200, 1));
    let again = fixture.sortie(command);
    assert_eq!((again.code, fixture.starts()), (0, 200), "{}", again.shown());
    check(
        &fixture.sortie("run m.yaml --slot 2026-01-31 --report json=/dev/null"),
        expect![[r#"
            exit 3
            --- stderr
            error: report `/dev/null` cannot be written there: it is not a regular file
        "#]],
    );
}

#[test]
fn a_slot_that_is_being_run_is_left_with_14() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &slow(NIGHTLY));
    let child = live(&fixture, "run m.yaml --slot 2026-01-31");
    check(
        &fixture.sortie("run m.yaml --slot 2026-01-31"),
        expect![[r#"
            exit 14
            --- stderr
            error: run RUN (slot TIME) is in use by another process
              help: wait for it; `sortie runs` shows when it is done
        "#]],
    );
    kill(child);
}

#[test]
fn a_slot_that_was_cut_off_is_gone_on_with() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &slow(NIGHTLY));
    kill(live(&fixture, "run m.yaml --slot 2026-01-31"));
    let again = fixture.sortie("run m.yaml --slot 2026-01-31 --rate 100/s --format json");
    assert_eq!(again.code, 0, "{}", again.shown());
    assert_eq!((fixture.jobs(), fixture.runs().len()), (2, 1));
    assert!(again.stderr.contains("is not finished: goes on with run"), "{}", again.shown());
}

#[test]
fn a_slot_that_was_begun_with_another_plan_is_told_what_differs() {
    let fixture = CliFixture::new();
    let manifest = slow(NIGHTLY).replace("jobs:", "params: { n: { type: integer, default: 1 } }\njobs:");
    fixture.file("m.yaml", &manifest);
    kill(live(&fixture, "run m.yaml --slot 2026-01-31"));
    fixture.file("m.yaml", &manifest.replace("b: { release: Ping }", "c: { release: Ping, count: '${{ params.n }}' }"));
    let stale = fixture.sortie("run m.yaml --slot 2026-01-31 --param n:=2 --only c");
    check(
        &stale,
        expect![[r#"
            exit 13
            --- stderr
            error: slot TIME was begun with another plan, and is not finished (run RUN)
              the manifest's line 10: was `b: { release: Ping }`, is `c: { release: Ping, count: '${{ params.n }}' }`
              param `n` was not given at the first start
              --only: was every job, is `c`
              launches: 2 gone (`a`, `b`), 1 new (`c`)
              help: `sortie resume RUN` goes on with what was begun
        "#]],
    );
    assert_eq!(fixture.starts(), 1);
    // How fast it goes is no part of the plan.
    fixture.file("m.yaml", &manifest.replace("rate: 1/h", "rate: 100/s"));
    let again = fixture.sortie("run m.yaml -q --slot 2026-01-31 --rate 100/s");
    assert_eq!((again.code, fixture.jobs()), (0, 2), "{}", again.shown());
}

#[test]
fn another_slot_of_the_manifest_is_skipped_waited_for_or_failed() {
    let fixture = CliFixture::new();
    let other = |overlap: &str| slow(NIGHTLY).replace("zone:", &format!("overlap: {overlap}, zone:"));
    fixture.file("m.yaml", &other("skip"));
    let child = live(&fixture, "run m.yaml --slot 2026-01-30");
    let skipped = fixture.sortie("run m.yaml --slot 2026-01-31 --report json=r.json");
    check(
        &skipped,
        expect![[r#"
            exit 0
            --- stdout
            2 launches of nightly
              run      RUN with profile env
              slot     TIME
              time     TIME to TIME (SPAN)

            Skipped (2)
              2 launches: run RUN of another slot was going on
                a
                b

            Result
              verdicts 2 skipped
              exit     0: success
            --- stderr
            slot TIME is skipped: run RUN of another slot was going on
        "#]],
    );
    assert_eq!(fixture.runs()[0]["state"], "skipped");
    assert_eq!(fixture.offline("report last --format json").stdout, fixture.read("r.json"));
    fixture.file("fail.yaml", &other("fail"));
    assert_eq!(fixture.sortie("run fail.yaml -q --slot 2026-02-01").code, 14);
    // Runs without a slot go side by side, unless the manifest says otherwise.
    let by_key = slow(NIGHTLY).replace("run.slot", "run.name").replace("1/h, burst: 1", "100/s, burst: 10");
    fixture.file("beside.yaml", &by_key);
    assert_eq!(fixture.sortie("run beside.yaml -q --run-key by-hand").code, 0);
    fixture.file("alone.yaml", &by_key.replace("zone:", "exclusive: true, zone:"));
    let alone = fixture.sortie("run alone.yaml --run-key by-hand-alone");
    assert_eq!(alone.code, 14, "{}", alone.shown());
    let starts = fixture.starts();
    fixture.file("wait.yaml", &other("wait").replace("1/h, burst: 1", "100/s, burst: 10"));
    let (mut waiting, first) = until_it_speaks(&mut fixture.command("run wait.yaml --slot 2026-02-01"));
    assert!(first.starts_with("waiting: run "), "{first}");
    assert_eq!(fixture.starts(), starts);
    kill(child);
    assert_eq!((waiting.wait().unwrap().code(), fixture.starts()), (Some(0), starts + 2));
    // The slot that was skipped is nobody's matter any more, unless it is named.
    fixture.file("m.yaml", &other("skip").replace("1/h, burst: 1", "100/s, burst: 10"));
    let by_time = fixture.sortie("run m.yaml --logical-time 2026-01-31T12:00:00Z");
    assert_eq!((by_time.code, fixture.starts()), (0, starts + 2), "{}", by_time.shown());
    assert!(by_time.stderr.contains("was skipped, and nothing was started"), "{}", by_time.shown());
    assert_eq!(fixture.sortie(&format!("resume {}", run_id(&fixture, "nightly", "2026-01-30T23:00:00Z"))).code, 3);
    let named = fixture.sortie("run m.yaml -q --slot 2026-01-31");
    assert_eq!((named.code, fixture.starts()), (0, starts + 4), "{}", named.shown());
}

#[test]
fn a_slot_that_is_too_late_is_not_begun() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &NIGHTLY.replace("zone:", "max-lateness: 2d, zone:"));
    check(
        &fixture.sortie("run m.yaml --slot 2026-01-31"),
        expect![[r#"
            exit 3
            --- stderr
            error: slot TIME is too late: `schedule.max-lateness` is 2d
              help: `--run-key TEXT` runs it all the same, as a run of its own
        "#]],
    );
    assert_eq!((fixture.starts(), fixture.sortie("run m.yaml -q").code), (0, 0), "today's is not");
}

#[test]
fn the_same_key_is_the_same_run() {
    let fixture = CliFixture::new();
    fixture.file(
        "m.yaml",
        &slow(NIGHTLY).replace("schedule: { slot: 1d, zone: Europe/Berlin }\n", "").replace("run.slot", "run.name"),
    );
    let key = "--run-key ci-4711";
    kill(live(&fixture, &format!("run m.yaml {key}")));
    // It goes on with the time that it was begun with, whatever time it is.
    let again = fixture.sortie(&format!("run m.yaml {key} --rate 100/s --format json"));
    assert_eq!(again.code, 0, "{}", again.shown());
    assert_eq!(again.json()["run"]["id"], run_id(&fixture, "nightly", "key:ci-4711"));
    assert_eq!(again.json()["run"]["slot"], json!(null));
    let third = fixture.sortie(&format!("run m.yaml {key}"));
    assert_eq!((third.code, fixture.jobs(), fixture.runs().len()), (0, 2, 1), "{}", third.shown());
    assert_eq!(fixture.sortie("run m.yaml -q --rate 100/s --run-key ci-4712").code, 0);
    assert_eq!(fixture.jobs(), 4, "another key is another run");
    let stale = fixture.sortie("run m.yaml --run-key ci-4711 --logical-time 2026-01-31T00:00:00Z");
    assert_eq!(stale.code, 13, "its launches have another time: {}", stale.shown());
}

#[test]
fn a_slot_that_another_ledger_has_begun_is_adopted_and_not_started_again() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", NIGHTLY);
    assert_eq!(fixture.sortie("run m.yaml -q").code, 0);
    std::fs::remove_file(fixture.ledger()).unwrap();
    let again = fixture.sortie("run m.yaml -q --format json");
    assert_eq!((again.code, fixture.starts()), (0, 2), "{}", again.shown());
    assert_eq!(again.json()["launches"][0]["settled"], true);
}

#[test]
fn where_nobody_can_look_a_slot_is_not_begun() {
    let lists = Rule::new(Operation::Jobs, Fault::before(Reply::Status(Status::of(403)))).at(Position::Always);
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(lists));
    fixture.file("m.yaml", NIGHTLY);
    let told = fixture.sortie("run m.yaml");
    assert_eq!((told.code, fixture.starts()), (2, 0), "{}", told.shown());
}

#[test]
fn schedules_that_cannot_be_are_shown_in_the_manifest() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &NIGHTLY.replace("slot: 1d, zone: Europe/Berlin", "slot: 7h, zone: Europe/Berlln"));
    check(
        &fixture.offline("validate m.yaml"),
        expect![[r#"
            exit 3
            --- stdout
            error[out-of-range]: a slot is a part of a day, or whole days up to 366
             --> m.yaml:5:19
              |
            5 | schedule: { slot: 7h, zone: Europe/Berlln }
              |                   ^^
              |
              = help: write `slot: 1h`, `15m`, `1d` or `7d`: the schedule's period

            error[unknown-name]: there is no time zone `Europe/Berlln`
             --> m.yaml:5:29
              |
            5 | schedule: { slot: 7h, zone: Europe/Berlln }
              |                             ^^^^^^^^^^^^^
              |
              = help: did you mean `Europe/Berlin`?

            2 errors
            `sortie explain out-of-range` says more.
        "#]],
    );
    assert_eq!(fixture.offline("run m.yaml --catch-up 1").code, 3);
}

#[test]
fn a_splay_is_waited_for_and_can_be_interrupted() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", NIGHTLY);
    assert_eq!(fixture.sortie("run m.yaml -q --splay 1ms").code, 0);
    let (mut child, first) = until_it_speaks(&mut fixture.command("run m.yaml -v --splay 1000h --slot 2026-01-31"));
    assert!(first.contains("--splay: begins in"), "{first}");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!((child.wait().unwrap().code(), fixture.starts()), (Some(143), 2));
}
