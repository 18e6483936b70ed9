//! `StopJob`, `StopJobs`, `RestartJob` and `ResumeJob`: the states that follow, on the hand-driven clock.

use std::time::Duration;

use orchestrator_sandbox::world::switches::{Restart, SoftStopEnds};
use orchestrator_sandbox::world::{End, Folder, FolderKind, Life, Release, Robot, Switches};
use orchestrator_sandbox::{Options, World};
use serde_json::{Value, json};

use super::{INVOICES, Stand, answer, each};

const STOP_JOBS: &str = "/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs";
const RESTART: &str = "/odata/Jobs/UiPath.Server.Configuration.OData.RestartJob";
const RESUME: &str = "/odata/Jobs/UiPath.Server.Configuration.OData.ResumeJob";

/// Jobs 160856 and on, pending for 10 s, running for 60 s, stopping for 1 s.
async fn started(stand: &Stand, count: usize) {
    let (status, body) = stand.start_in_7(json!({"ReleaseKey": INVOICES, "JobsCount": count})).await;
    assert_eq!(status, 201, "{body}");
}

async fn job(stand: &Stand, id: i64) -> Value {
    let (status, job) = stand.get_in_7(&format!("/odata/Jobs({id})")).await;
    assert_eq!(status, 200, "{job}");
    json!([job["State"], job["StopStrategy"], job["EndTime"]])
}

async fn stop(stand: &Stand, ids: &[i64], strategy: Value) -> (u16, Value) {
    let (status, body) = stand.post_in_7(STOP_JOBS, &json!({"jobIds": ids, "strategy": strategy})).await;
    (status, body["errorCode"].clone())
}

#[tokio::test]
async fn a_pending_job_is_stopped_at_once_and_a_running_one_after_a_while() {
    let stand = Stand::new();
    started(&stand, 3).await;
    assert_eq!(stop(&stand, &[160_856], json!("SoftStop")).await, (200, Value::Null));
    assert_eq!(job(&stand, 160_856).await, json!(["Stopped", "SoftStop", "2026-01-31T12:00:00.1234567Z"]));

    stand.clock.advance(Duration::from_secs(20));
    assert_eq!(stop(&stand, &[160_857], json!("SoftStop")).await, (200, Value::Null));
    assert_eq!(stop(&stand, &[160_858], json!("Kill")).await, (200, Value::Null));
    assert_eq!(job(&stand, 160_857).await, json!(["Stopping", "SoftStop", null]));
    assert_eq!(job(&stand, 160_858).await, json!(["Terminating", "Kill", null]));
    stand.clock.advance(Duration::from_secs(1));
    let end = "2026-01-31T12:00:21.1234567Z";
    assert_eq!(job(&stand, 160_857).await, json!(["Successful", "SoftStop", end]));
    assert_eq!(job(&stand, 160_858).await, json!(["Stopped", "Kill", end]));
    stand.clock.advance(Duration::from_hours(1));
    assert_eq!(job(&stand, 160_858).await, json!(["Stopped", "Kill", end]), "final states are frozen");
}

#[tokio::test]
async fn the_strategies_are_taken_in_every_spelling_that_clients_use() {
    let stand = Stand::new();
    started(&stand, 5).await;
    for (id, strategy) in [(160_856, json!("SoftStop")), (160_857, json!("1")), (160_858, json!(0))] {
        assert_eq!(stop(&stand, &[id], strategy.clone()).await.0, 200, "{strategy}");
        assert_eq!(job(&stand, id).await[1], "SoftStop", "{strategy}");
    }
    for (id, strategy) in [(160_859, json!("Kill")), (160_860, json!("2"))] {
        assert_eq!(stop(&stand, &[id], strategy.clone()).await.0, 200, "{strategy}");
        assert_eq!(job(&stand, id).await[1], "Kill", "{strategy}");
    }
    assert_eq!(stop(&stand, &[160_856], json!("Gently")).await, (400, json!(1000)));
}

#[tokio::test]
async fn all_jobs_of_one_call_are_stopped_or_none() {
    let stand = Stand::new();
    started(&stand, 3).await;
    stop(&stand, &[160_856], json!("Kill")).await;
    // A final one, one that is not there, one of another folder.
    assert_eq!(stop(&stand, &[160_857, 160_856], json!("Kill")).await, (409, json!(9003)));
    assert_eq!(stop(&stand, &[160_857, 99], json!("Kill")).await, (404, json!(1002)));
    stand.start_in(8, json!({"ReleaseName": "Onboarding"})).await;
    assert_eq!(stop(&stand, &[160_857, 160_859], json!("Kill")).await, (404, json!(1002)));
    assert_eq!(job(&stand, 160_857).await[0], "Pending");
    assert_eq!(stop(&stand, &[], json!("Kill")).await, (200, Value::Null));
}

#[tokio::test]
async fn one_job_is_stopped_by_its_path_and_killed_after_a_soft_stop() {
    let stand = Stand::new();
    started(&stand, 1).await;
    stand.clock.advance(Duration::from_secs(20));
    let target = "/odata/Jobs(160856)/UiPath.Server.Configuration.OData.StopJob";
    assert_eq!(stand.post_in_7(target, &json!({"strategy": "SoftStop"})).await, (200, Value::Null));
    assert_eq!(stand.post_in_7(target, &json!({"strategy": "SoftStop"})).await.0, 409, "it stops already");
    assert_eq!(stand.post_in_7(target, &json!({"strategy": "Kill"})).await, (200, Value::Null));
    assert_eq!(job(&stand, 160_856).await[0], "Terminating");
    assert_eq!(stand.post_in_7(target, &json!({})).await.1["message"], "strategy must not be null");
}

#[tokio::test]
async fn a_softly_stopped_job_ends_where_the_switch_says() {
    let stand = Stand::switched(Switches { soft_stop_ends: SoftStopEnds::Stopped, ..Switches::default() });
    started(&stand, 1).await;
    stand.clock.advance(Duration::from_secs(20));
    stop(&stand, &[160_856], json!("SoftStop")).await;
    stand.clock.advance(Duration::from_secs(1));
    assert_eq!(job(&stand, 160_856).await[0], "Stopped");
}

#[tokio::test]
async fn a_stopped_job_frees_its_robot_of_a_classic_folder() {
    let world = World::new()
        .folder(Folder::at("C").id(7).kind(FolderKind::Classic))
        .release(Release::named("R").folder("C").life(Life::of(Duration::ZERO, Duration::ZERO, End::Pending)))
        .robot(Robot::named("r").id(1).folder("C"));
    let stand = Stand::with(&world, Options::default());
    let start = json!({"ReleaseName": "R", "Strategy": "Specific", "RobotIds": [1]});
    assert_eq!(stand.start_in_7(start.clone()).await.0, 201);
    assert_eq!(stand.start_in_7(start.clone()).await.1["errorCode"], 1670);
    stop(&stand, &[160_856], json!("Kill")).await;
    assert_eq!(stand.start_in_7(start).await.0, 201);
}

#[tokio::test]
async fn a_job_in_a_final_state_is_started_once_more_as_it_was() {
    let stand = Stand::new();
    let start = json!({"ReleaseKey": INVOICES, "Reference": "r", "InputArguments": "{\"a\":1}", "RobotIds": [1554]});
    let (_, first) = stand.start_in_7(start).await;
    assert_eq!(stand.post_in_7(RESTART, &json!({"jobId": 160_856})).await.1["details"], "CannotRestartUnfinishedJob");
    stand.clock.advance(Duration::from_secs(70));
    let (status, again) = stand.post_in_7(&format!("{RESTART}?$expand=Robot"), &json!({"jobId": 160_856})).await;
    assert_eq!((status, &again["Id"], &again["State"]), (200, &json!(160_857), &json!("Pending")));
    for same in ["ReleaseName", "Reference", "InputArguments"] {
        assert_eq!(again[same], first["value"][0][same], "{same}");
    }
    assert_eq!(again["Robot"]["Id"], 1554);
    assert_ne!(again["BatchExecutionKey"], first["value"][0]["BatchExecutionKey"]);
    assert_eq!(stand.post_in_7(RESTART, &json!({"jobId": 7})).await.0, 404);
    // In another folder it does not exist.
    let elsewhere = stand.post(RESTART, &json!({"jobId": 160_856})).header("X-UIPATH-OrganizationUnitId", 8);
    assert_eq!(answer(elsewhere).await.0, 404);
}

#[tokio::test]
async fn only_faulted_jobs_are_restarted_where_the_switch_says_so() {
    let life =
        Life { ends: vec![End::Successful, End::Faulted], ..Life::of(Duration::ZERO, Duration::ZERO, End::Faulted) };
    let world = World::new()
        .folder(Folder::at("A").id(7))
        .release(Release::named("R").folder("A").life(life))
        .switches(Switches { restart: Restart::FaultedOnly, ..Switches::default() });
    let stand = Stand::with(&world, Options::default());
    stand.start_in_7(json!({"ReleaseName": "R", "JobsCount": 2})).await;
    assert_eq!(stand.post_in_7(RESTART, &json!({"jobId": 160_856})).await.0, 409);
    assert_eq!(stand.post_in_7(RESTART, &json!({"jobId": 160_857})).await.0, 200);
}

#[tokio::test]
async fn a_suspended_job_that_is_resumed_runs_once_more_and_ends_well() {
    let life = Life::of(Duration::from_secs(1), Duration::from_secs(10), End::Suspended);
    let world = World::new().folder(Folder::at("A").id(7)).release(Release::named("R").folder("A").life(life));
    let stand = Stand::with(&world, Options::default());
    stand.start_in_7(json!({"ReleaseName": "R", "JobsCount": 2})).await;
    let keys: Vec<_> = stand.sandbox.jobs().iter().map(|job| job.key).collect();
    assert_eq!(stand.post_in_7(RESUME, &json!({"jobKey": keys[0]})).await.0, 409, "it is pending");
    stand.clock.advance(Duration::from_secs(20));
    assert_eq!(job(&stand, 160_856).await[0], "Suspended");
    let (status, body) = stand.post_in_7(RESUME, &json!({"jobKey": keys[0], "inputArguments": "{}"})).await;
    assert_eq!((status, &body["State"]), (200, &json!("Resumed")));
    stand.clock.advance(Duration::from_secs(1));
    assert_eq!(job(&stand, 160_856).await[0], "Running");
    stand.clock.advance(Duration::from_secs(10));
    assert_eq!(job(&stand, 160_856).await, json!(["Successful", null, "2026-01-31T12:00:31.1234567Z"]));
    // The other one still waits, and can be stopped.
    assert_eq!(stop(&stand, &[160_857], json!("SoftStop")).await.0, 200);
    assert_eq!(job(&stand, 160_857).await[0], "Stopped");
    let (_, list) = stand.get_in_7("/odata/Jobs?$filter=State eq 'Stopped' or State eq 'Successful'").await;
    assert_eq!(each(&list, "Id"), [160_856, 160_857]);
}
