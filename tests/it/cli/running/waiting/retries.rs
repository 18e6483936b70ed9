//! Robot jobs that faulted and are started again, over real HTTP: what is sent, what reports say, and exit codes.

use serde_json::{Value, json};
use sortie::sandbox::World;
use sortie::sandbox::faults::Faults;

use crate::cli::cli_fixture::{CliFixture, CliOutput};
use crate::cli::program::{Program, project};

/// Releases whose robot jobs end as their names say, in turn and at once.
const WORLD: &str = "
folders: [{ path: Shared, id: 7 }]
releases:
  - { name: Good, folder: Shared, life: { pending: 10ms, running: 20ms } }
  - { name: Once, folder: Shared, life: { pending: 10ms, running: 20ms, ends: [Faulted, Successful, Successful, Successful], faults: [session], output: { total: 3 } } }
  - { name: Never, folder: Shared, life: { pending: 10ms, running: 20ms, ends: Faulted, faults: [session] } }
  - { name: Broken, folder: Shared, life: { pending: 10ms, running: 20ms, ends: [Faulted, Successful], faults: [platform] } }
robots:
  - { name: A, id: 1, username: a, machine: VM, folders: [Shared] }
  - { name: B, id: 2, username: b, machine: VM, folders: [Shared] }
";

const AT_ONCE: &str = "backoff: { initial: 1s, max: 1s }";

fn run(jobs: &str) -> (CliFixture, CliOutput) {
    let fixture = CliFixture::with(&World::from_text(WORLD).unwrap(), Faults::new());
    fixture.file("m.yaml", &format!("version: 1\nname: night\nfolder: Shared\n{jobs}"));
    let told = fixture.sortie("run m.yaml --format json");
    (fixture, told)
}

/// What each call to start robot jobs asked for, and its Reference.
fn starts(fixture: &CliFixture) -> Vec<(Value, String)> {
    let asked = |body: &Value| {
        let info = &body["startInfo"];
        (info["JobsCount"].clone(), info["Reference"].as_str().unwrap_or_default().to_owned())
    };
    fixture.bodies("StartJobs").iter().map(asked).collect()
}

#[test]
fn a_robot_job_that_never_began_is_started_again_and_its_launch_is_flaky() {
    let (fixture, told) = run(&format!("jobs: {{ a: {{ release: Once, retry: {{ faulted: 1, {AT_ONCE} }} }} }}\n"));
    assert_eq!(told.code, 0, "{}", told.shown());
    let report = told.json();
    let launch = &report["launches"][0];
    assert_eq!(
        (&launch["outcome"], &launch["flaky"], &launch["verdict"]),
        (&json!("successful"), &json!(true), &json!("started"))
    );
    let (job, retry) = (&launch["robot-jobs"][0], &launch["retries"][0]);
    assert_eq!((&job["outcome"], &job["class"]), (&json!("faulted"), &json!("session")));
    assert_eq!(
        (&retry["id"], &retry["replaces"], &retry["outcome"]),
        (&json!("a#2"), &job["id"], &json!("successful"))
    );
    assert_ne!(retry["reference"], launch["reference"]);
    let totals = &report["totals"];
    assert_eq!(
        (&totals["launches"], &totals["started"], &totals["retries"], &totals["flaky"]),
        (&json!(1), &json!(1), &json!(1), &json!(1))
    );
    assert_eq!(totals["outcomes"]["successful"], 1);
    let starts = starts(&fixture);
    assert_eq!(starts.len(), 2);
    assert_eq!(starts[1].1, retry["reference"].as_str().unwrap());
    // From the ledger alone the same, and typed again it starts nothing.
    assert_eq!(fixture.offline("report last --format json").stdout, told.stdout);
    let text = fixture.offline("report last").stdout;
    for line in ["Successful (1)\n", "flaky: well after 1 retry", "  retries  1 (1 started), 1 launch flaky\n"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let again = fixture.sortie("resume last");
    assert_eq!((again.code, fixture.starts()), (0, 2), "{}", again.shown());
    let rerun = fixture.sortie("rerun last --failed");
    assert_eq!(fixture.starts(), 2, "{}", rerun.shown());
}

#[test]
fn flaky_may_be_a_failure() {
    let policy = "outcome: { fail-on: [faulted, flaky] }\n";
    let (_fixture, told) =
        run(&format!("{policy}jobs: {{ a: {{ release: Once, retry: {{ faulted: 1, {AT_ONCE} }} }} }}\n"));
    assert_eq!(told.code, 10, "{}", told.shown());
    assert_eq!(told.json()["run"]["outcome-policies"][0]["failed"]["flaky"], 1);
}

#[test]
fn a_robot_job_that_always_faults_is_started_so_many_times_more_and_then_its_launch_has_failed() {
    let (fixture, told) = run(&format!("jobs: {{ a: {{ release: Never, retry: {{ faulted: 2, {AT_ONCE} }} }} }}\n"));
    assert_eq!((told.code, fixture.starts()), (10, 3), "{}", told.shown());
    let launch = &told.json()["launches"][0];
    assert_eq!((&launch["outcome"], launch.get("flaky")), (&json!("faulted"), None));
    let retries = launch["retries"].as_array().unwrap();
    let replaced: Vec<&Value> = retries.iter().map(|retry| &retry["replaces"]).collect();
    assert_eq!(replaced, [&launch["robot-jobs"][0]["id"], &retries[0]["robot-jobs"][0]["id"]], "a chain");
    assert!(fixture.offline("report last").stdout.contains("2 retries"));
    let again = fixture.sortie("resume last");
    assert_eq!((again.code, fixture.starts()), (10, 3), "{}", again.shown());
    let rerun = fixture.sortie("rerun last --failed");
    assert_eq!((rerun.code, fixture.starts()), (10, 6), "it is a run of its own: {}", rerun.shown());
}

#[test]
fn what_may_have_done_work_is_started_again_only_where_it_is_named() {
    let (fixture, told) = run(&format!("jobs: {{ a: {{ release: Broken, retry: {{ faulted: 3, {AT_ONCE} }} }} }}\n"));
    assert_eq!((told.code, fixture.starts()), (10, 1), "{}", told.shown());
    let (fixture, told) =
        run(&format!("jobs: {{ a: {{ release: Broken, retry: {{ faulted: 3, on: [platform], {AT_ONCE} }} }} }}\n"));
    assert_eq!((told.code, fixture.starts()), (0, 2), "{}", told.shown());
}

#[test]
fn of_several_robot_jobs_only_those_are_started_again_that_faulted() {
    let (fixture, told) =
        run(&format!("jobs: {{ a: {{ release: Once, count: 3, retry: {{ faulted: 1, {AT_ONCE} }} }} }}\n"));
    assert_eq!(told.code, 0, "{}", told.shown());
    let starts = starts(&fixture);
    assert_eq!(starts.iter().map(|start| start.0.clone()).collect::<Vec<_>>(), [3, 1]);
    let launch = &told.json()["launches"][0];
    assert_eq!((&launch["outcome"], &launch["flaky"]), (&json!("successful"), &json!(true)));
    assert_eq!(launch["retries"].as_array().unwrap().len(), 1);
}

#[test]
fn where_nobody_knows_on_which_robot_nothing_is_started_again_and_that_is_said() {
    let (fixture, told) =
        run(&format!("jobs: {{ a: {{ release: Once, robots: [A, B], retry: {{ faulted: 1, {AT_ONCE} }} }} }}\n"));
    assert_eq!((told.code, fixture.starts()), (10, 1), "{}", told.shown());
    assert!(
        told.stderr.contains("a robot job faulted and is not started again: its launch asks for several"),
        "{}",
        told.shown()
    );
    assert_eq!(fixture.sortie("resume last").code, 10);
    assert_eq!(fixture.starts(), 1);
}

#[test]
fn who_needs_a_launch_hears_of_it_once_its_retry_is_over_and_takes_what_that_gave() {
    let jobs = format!(
        "jobs:\n  a: {{ release: Once, retry: {{ faulted: 1, {AT_ONCE} }} }}\n  b: {{ release: Good, needs: [a], arguments: {{ n: \"${{{{ needs.a.output.total }}}}\" }} }}\n"
    );
    let (fixture, told) = run(&jobs);
    assert_eq!((told.code, fixture.starts()), (0, 3), "{}", told.shown());
    let behind: Vec<Value> = fixture.bodies("StartJobs");
    assert_eq!(behind[2]["startInfo"]["InputArguments"], "{\"n\":3}");
    let (fixture, told) = run(&jobs.replace("Once", "Never"));
    assert_eq!((told.code, fixture.starts()), (10, 2), "{}", told.shown());
    assert_eq!(told.json()["launches"][1]["verdict"], "skipped");
}

#[test]
fn the_sample_of_a_run_with_retries_starts_again_what_never_began() {
    let world = "folders: [{ path: Shared }]\nreleases:\n  - { name: Load, folder: Shared, life: { pending: 10ms, running: 20ms, ends: [Faulted, Successful], faults: [session] } }\n";
    let sample = std::fs::read_to_string(project().join("specs/retry.yaml")).unwrap();
    let quick = sample.replace("initial: 30s", "initial: 1s");
    assert_ne!(sample, quick);
    let ended =
        Program::sortie("run m.yaml --sandbox --world w.yaml").file("m.yaml", &quick).file("w.yaml", world).run();
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert!(ended.stdout.contains("3 successful"), "{}", ended.shown());
}
