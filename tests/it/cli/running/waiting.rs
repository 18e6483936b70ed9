//! Runs that wait for their robot jobs, over real HTTP: outcomes, notes, policies and exit codes.

mod retries;

use serde_json::Value;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Status};

use crate::cli::cli_fixture::{CliFixture, CliOutput};

/// Releases whose robot jobs end as their names say, at once.
const WORLD: &str = r#"
folders: [{ path: Shared, id: 7 }]
life: { pending: 10ms, running: 20ms }
releases:
  - { name: Good, folder: Shared, life: { pending: 10ms, running: 20ms, output: { total: 3 } } }
  - { name: Faulty, folder: Shared, life: { pending: 10ms, running: 20ms, ends: Faulted, faults: [session, business] } }
  - { name: Stopped, folder: Shared, life: { pending: 10ms, running: 20ms, ends: Stopped } }
  - { name: Slow, folder: Shared, life: { pending: 10ms, running: 10m } }
  - { name: Odd, folder: Shared, life: { pending: 10ms, running: 20ms, sub-state: WITH_FAULTS } }
  - { name: Flaky, folder: Shared, life: { pending: 10ms, running: 20ms, ends: [Successful, Faulted], faults: [application] } }
  - name: Talking
    folder: Shared
    life:
      { pending: 10ms, running: 20ms, ends: Faulted, faults: [application], logs: [{ level: Info, message: begins }, { message: "no \u001b[31mwindow" }, { level: Fatal, message: "<script>gave up</script>" }] }
"#;

fn fixture(faults: Faults) -> CliFixture {
    CliFixture::with(&World::from_text(WORLD).unwrap(), faults)
}

fn run(manifest: &str, flags: &str) -> (CliFixture, CliOutput) {
    let fixture = fixture(Faults::new());
    fixture.file("m.yaml", &format!("version: 1\nname: night\nfolder: Shared\n{manifest}"));
    let told = fixture.sortie(&format!("run m.yaml --format json {flags}"));
    (fixture, told)
}

/// The outcome of each launch, and what its first robot job shows.
fn outcomes(told: &CliOutput) -> Vec<(String, String, String)> {
    let report = told.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let launches = report["launches"].as_array().unwrap();
    let shown = launches.iter().map(|launch| {
        let job = &launch["robot-jobs"][0];
        (text(&launch["id"]), text(&launch["outcome"]), text(&job["class"]))
    });
    shown.collect()
}

fn of(id: &str, outcome: &str, class: &str) -> (String, String, String) {
    (id.to_owned(), outcome.to_owned(), class.to_owned())
}

#[test]
fn a_run_that_waits_says_how_each_robot_job_ended() {
    let jobs =
        "jobs:\n  good: { release: Good }\n  bad: { release: Faulty, count: 1 }\n  stopped: { release: Stopped }\n";
    let (fixture, told) = run(&format!("wait: true\n{jobs}"), "");
    assert_eq!(told.code, 10, "{}", told.shown());
    let expected = [of("good", "successful", ""), of("bad", "faulted", "session"), of("stopped", "stopped", "")];
    assert_eq!(outcomes(&told), expected);
    let report = told.json();
    assert_eq!(report["totals"]["started"], 3);
    let totals = &report["totals"]["outcomes"];
    assert_eq!((&totals["successful"], &totals["faulted"], &totals["stopped"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(report["run"]["outcome-policies"][0]["is-met"], false);
    // From the ledger alone, the same again.
    assert_eq!(fixture.offline("report last --format json").stdout, told.stdout);
    let text = fixture.offline("report last").stdout;
    for line in [
        "Successful (1)\n",
        "Stopped (1)\n",
        "Faulted (1)\n  1 launch: session: ",
        "  outcomes 1 successful, 1 faulted, 1 stopped\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn what_nobody_asked_to_wait_for_is_started_and_no_more() {
    let (_fixture, told) = run("jobs: { bad: { release: Faulty } }\n", "");
    assert_eq!((told.code, outcomes(&told)), (0, vec![of("bad", "", "")]), "{}", told.shown());
    assert!(told.json()["totals"].get("outcomes").is_none());
    let (_fixture, told) = run("wait: true\njobs: { bad: { release: Faulty } }\n", "--no-wait");
    assert_eq!((told.code, outcomes(&told)), (0, vec![of("bad", "", "")]), "{}", told.shown());
    let (_fixture, told) = run("jobs: { bad: { release: Faulty, retry: { faulted: 1 } } }\n", "--no-wait");
    assert_eq!((told.code, outcomes(&told)), (0, vec![of("bad", "", "")]), "{}", told.shown());
    assert!(told.stderr.contains("`retry` of `bad` is not made use of"), "{}", told.shown());
    let (_fixture, told) = run("jobs: { bad: { release: Faulty } }\n", "--wait");
    assert_eq!((told.code, outcomes(&told)), (10, vec![of("bad", "faulted", "session")]), "{}", told.shown());
}

#[test]
fn a_policy_forgives_what_was_agreed_and_exit_zero_forgives_the_rest() {
    let jobs = "jobs:\n  f: { release: Flaky, matrix: { n: [1, 2, 3, 4] } }\n";
    for (policy, flags, code) in [
        ("outcome: { tolerate: 2 }\n", "", 0),
        ("outcome: { tolerate: 1 }\n", "", 10),
        ("outcome: { tolerate: 50% }\n", "", 0),
        ("outcome: { tolerate: 49% }\n", "", 10),
        ("outcome: { fail-on: [stopped] }\n", "", 0),
        ("outcome: { tolerate: 1 }\n", "--exit-zero", 0),
    ] {
        let (fixture, told) = run(&format!("{policy}{jobs}"), flags);
        assert_eq!(told.code, code, "{policy}{flags}: {}", told.shown());
        let recorded = fixture.runs()[0]["exit-code"].clone();
        assert_eq!(recorded, if flags.is_empty() { code } else { 10 }, "the ledger keeps the real one");
    }
}

#[test]
fn what_is_not_over_in_time_is_late_and_resume_waits_on() {
    let (fixture, told) =
        run("wait: true\njobs: { slow: { release: Slow }, good: { release: Good } }\n", "--timeout 2s");
    assert_eq!(told.code, 4, "{}", told.shown());
    assert_eq!(outcomes(&told), [of("slow", "late", ""), of("good", "successful", "")]);
    assert_eq!(fixture.operations("StopJobs"), 0, "it is left alone");
    // Typed again it starts nothing, and is late again.
    let told = fixture.sortie("resume last --timeout 1s --format json");
    assert_eq!((told.code, fixture.starts()), (4, 2), "{}", told.shown());
    let text = fixture.offline("report last").stdout;
    assert!(text.contains("Late: not over in time (1)") && text.contains("sortie resume "), "{text}");
}

#[test]
fn behind_a_late_robot_job_nothing_goes_nor_by_a_rerun_and_resume_takes_it_up() {
    let jobs = "jobs:\n  slow: { release: Slow }\n  pay: { release: Good, needs: [slow] }\n  end: { release: Good, needs: { slow: finished } }\n";
    let (fixture, told) = run(jobs, "--timeout 1s");
    assert_eq!((told.code, fixture.starts()), (16, 1), "{}", told.shown());
    let waits = "1 launch is not sent, and waits: needs `slow` to succeed, and it is late";
    assert!(told.stderr.contains(waits), "{}", told.shown());
    let verdicts: Vec<Value> =
        told.json()["launches"].as_array().unwrap().iter().map(|it| it["verdict"].clone()).collect();
    assert_eq!(verdicts, ["started", "not-sent", "not-sent"]);
    let told = fixture.sortie("rerun last --failed");
    assert_eq!((told.code, fixture.starts()), (16, 1), "{}", told.shown());
    let refused =
        "nothing is run again: `pay` needs `slow`, which is not run again, and is late; 1 launch more is left like it";
    assert!(told.stderr.contains(refused), "{}", told.shown());
    let told = fixture.sortie("resume last --timeout 1s");
    assert_eq!((told.code, fixture.starts()), (16, 1), "{}", told.shown());
}

#[test]
fn a_timeout_stops_or_kills_exactly_what_is_unfinished() {
    for (key, strategy) in [("stop", "SoftStop"), ("kill", "Kill")] {
        let wait = format!("wait: {{ timeout: 2s, on-timeout: {key} }}\n");
        let (fixture, told) =
            run(&format!("{wait}jobs: {{ slow: {{ release: Slow }}, good: {{ release: Good }} }}\n"), "");
        assert_eq!(told.code, 4, "{}", told.shown());
        let slow = told.json()["launches"][0]["robot-jobs"][0]["id"].clone();
        let stops: Vec<Value> = fixture.bodies("StopJobs");
        assert_eq!(stops, [serde_json::json!({ "strategy": strategy, "jobIds": [slow] })]);
        assert!(told.stderr.contains("out of time: 1 robot job was asked to stop"), "{}", told.shown());
    }
}

#[test]
fn notes_stand_beside_outcomes() {
    let (fixture, told) = run("wait: true\njobs: { odd: { release: Odd } }\n", "");
    assert_eq!((told.code, outcomes(&told)), (0, vec![of("odd", "successful", "")]), "{}", told.shown());
    assert_eq!(told.json()["launches"][0]["robot-jobs"][0]["notes"], serde_json::json!(["with faults"]));
    assert!(fixture.offline("report last").stdout.contains("(with faults)"));
}

#[test]
fn outputs_are_fetched_where_they_are_asked_for() {
    let (_fixture, told) = run("jobs: { good: { release: Good, outputs: true } }\n", "");
    assert_eq!(told.code, 0, "{}", told.shown());
    assert_eq!(told.json()["launches"][0]["robot-jobs"][0]["output"], r#"{"total":3}"#);
}

#[test]
fn polls_that_fail_change_no_verdict() {
    let failing = |status| Fault::before(Reply::Status(Status::of(status)));
    let faults = Faults::new().at(Operation::Jobs, Position::Within(2..=4), failing(503)).at(
        Operation::Named("Job".to_owned()),
        Position::Within(1..=5),
        failing(500),
    );
    let fixture = fixture(faults);
    fixture.file("m.yaml", "version: 1\nname: night\nfolder: Shared\nwait: true\njobs: { good: { release: Good } }\n");
    let told = fixture.sortie("run m.yaml --format json");
    assert_eq!((told.code, outcomes(&told)), (0, vec![of("good", "successful", "")]), "{}", told.shown());
}

#[test]
fn a_report_has_the_last_errors_that_a_robot_logged() {
    let jobs = "wait: true\njobs: { talks: { release: Talking }, mute: { release: Faulty } }\n";
    let (fixture, told) = run(jobs, "");
    assert_eq!(told.code, 10, "{}", told.shown());
    let report = told.json();
    let texts = |launch: usize| -> Vec<String> {
        let log = report["launches"][launch]["robot-jobs"][0]["log"].as_array();
        log.into_iter().flatten().map(|line| line["text"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(0), ["no \u{1b}[31mwindow", "<script>gave up</script>"]);
    assert_eq!((texts(1), fixture.operations("RobotLogs")), (vec![], 1), "one that never began has logged nothing");
    assert_eq!(fixture.offline("report last --format json").stdout, told.stdout);
    let text = fixture.offline("report last").stdout;
    assert!(text.contains("the robot's log: <script>gave up</script>"), "{text}");
}

#[test]
fn where_robots_logs_cannot_be_read_that_is_told_once_and_changes_nothing() {
    let world = World::from_text(&format!("{WORLD}switches: {{ robot-logs: absent }}\n")).unwrap();
    let fixture = CliFixture::with(&world, Faults::new());
    let manifest = "version: 1\nname: night\nfolder: Shared\nwait: true\njobs: { talks: { release: Talking, matrix: { n: [1, 2, 3] } } }\n";
    fixture.file("m.yaml", manifest);
    let told = fixture.sortie("run m.yaml --format json");
    assert_eq!(told.code, 10, "{}", told.shown());
    assert_eq!(told.stderr.matches("robots' logs are not read").count(), 1, "{}", told.shown());
    assert!(told.json()["launches"][0]["robot-jobs"][0].get("log").is_none());
}
