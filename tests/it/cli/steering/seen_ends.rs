//! What `cancel` sees of robot jobs that are over: reports show it, and `resume` reads what it could not see.

use std::time::Duration;

use serde_json::Value;
use sortie::sandbox::World;
use sortie::sandbox::faults::Faults;
use sortie::sandbox::world::switches::{SoftStopEnds, Switches};
use sortie::sandbox::world::{End, Life};

use crate::cli::cli_fixture::{CliFixture, CliOutput};

/// A server whose robot jobs begin at once and come to these ends, at once too.
fn fixture(ends: Vec<End>, lacks: &[&str], manifest: &str) -> CliFixture {
    let output = Some(serde_json::json!({ "total": 3 }));
    let life = Life {
        pending: Duration::ZERO,
        running: Duration::ZERO,
        stopping: Duration::ZERO,
        ends,
        output,
        ..Life::default()
    };
    let lacks = lacks.iter().map(|name| (*name).to_owned()).collect();
    let switches = Switches { soft_stop_ends: SoftStopEnds::Stopped, lacks, ..Switches::default() };
    let fixture = CliFixture::with(&World { life, switches, ..World::obliging() }, Faults::new());
    fixture.file("m.yaml", &format!("version: 1\nname: night\nfolder: Shared\n{manifest}"));
    fixture
}

/// The verdict and the outcome of each launch.
#[track_caller]
fn launches(told: &CliOutput) -> Vec<String> {
    let report = told.json();
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let launches = report["launches"].as_array().unwrap().iter();
    launches.map(|launch| format!("{} {}", word(&launch["verdict"]), word(&launch["outcome"]))).collect()
}

#[track_caller]
fn report(fixture: &CliFixture) -> Vec<String> {
    let told = fixture.offline("report last --format json");
    assert_eq!(told.code, 0, "{}", told.shown());
    launches(&told)
}

#[test]
fn ends_that_cancel_saw_are_in_reports_and_change_no_verdict_and_no_exit_code() {
    for lacks in [&[] as &[&str], &["SubState", "JobError"]] {
        let ends = vec![End::Successful, End::Faulted, End::Stopped];
        let fixture = fixture(ends, lacks, "jobs: { load: { release: Loader, matrix: { n: [1, 2, 3] } } }\n");
        // One at a time: the server ends its robot jobs in the order in which they were started.
        assert_eq!(fixture.sortie("run m.yaml --concurrency 1").code, 0);
        assert_eq!(report(&fixture), ["started -"; 3], "nobody waited");
        let told = fixture.sortie("cancel last --format json");
        assert_eq!((told.code, &told.json()["over"]), (0, &3.into()), "{}", told.shown());
        // Whether one that was successful was stopped by hand stands in `SubState`.
        let successful = if lacks.is_empty() { "started successful" } else { "started -" };
        assert_eq!(report(&fixture), [successful, "started faulted", "started stopped"], "{lacks:?}");
        let run = &fixture.runs()[0];
        assert_eq!((&run["exit-code"], fixture.starts()), (&0.into(), 3), "nobody waited for them: {run}");
        // Once they are known to be over nothing is asked any more.
        if !lacks.is_empty() {
            continue;
        }
        let asked = || (fixture.lists(), fixture.operations("StopJobs"));
        let before = asked();
        assert_eq!(fixture.sortie("cancel last").code, 0);
        assert_eq!(asked(), before);
    }
}

#[test]
fn an_end_of_which_more_is_wanted_is_left_to_resume() {
    let manifest = "jobs:\n  load: { release: Loader, outputs: true }\n  tidy: { release: Tidy, retry: { faulted: 1, on: [application] } }\n";
    let fixture = fixture(vec![End::Successful], &[], manifest);
    assert_eq!(fixture.sortie("run m.yaml --no-wait").code, 0);
    assert_eq!(fixture.sortie("cancel last").code, 0);
    assert_eq!(report(&fixture), ["started -", "started successful"], "its outputs were not read");
    let told = fixture.sortie("resume last --wait --format json");
    assert_eq!((told.code, launches(&told)), (0, vec!["started successful".to_owned(); 2]), "{}", told.shown());
    assert_eq!(told.json()["launches"][0]["robot-jobs"][0]["output"], r#"{"total":3}"#);
    assert_eq!(fixture.starts(), 2);
}

#[test]
fn after_a_cancel_of_a_run_that_was_waited_for_the_truth_comes_by_another_cancel_or_by_resume() {
    for (verb, code) in [("cancel last", 0), ("resume last --format json", 10)] {
        let manifest = "wait: { timeout: 1s }\njobs: { load: { release: Loader } }\n";
        let fixture = fixture(vec![End::Running], &[], manifest);
        assert_eq!(fixture.sortie("run m.yaml").code, 4);
        assert_eq!(report(&fixture), ["started late"]);
        assert_eq!(fixture.sortie("cancel last").code, 0);
        assert_eq!(report(&fixture), ["started late"], "it was asked to stop, and nobody looked since");
        let told = fixture.sortie(verb);
        assert_eq!(told.code, code, "{verb}: {}", told.shown());
        assert_eq!(report(&fixture), ["started stopped"], "{verb}");
        assert_eq!(fixture.starts(), 1, "{verb}");
    }
}
