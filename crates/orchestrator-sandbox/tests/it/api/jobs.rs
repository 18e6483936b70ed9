//! `StartJobs`: how many robot jobs, what they carry, and how they live on the hand-driven clock.

mod lives;

use std::time::Duration;

use orchestrator_sandbox::world::{End, Folder, Life, Release};
use orchestrator_sandbox::{Options, World};
use serde_json::{Value, json};

use super::{INVOICES, START_JOBS, Stand, answer, each};

#[tokio::test]
async fn the_seeds_own_request_makes_one_pending_job_that_echoes_it() {
    let stand = Stand::new();
    let (status, body) = stand
        .start_in_7(json!({
            "ReleaseKey": INVOICES, "Strategy": "Specific", "RobotIds": [1553], "JobsCount": 0, "Source": "Manual",
            "InputArguments": "{\"message\":\"Aloha\"}",
        }))
        .await;
    assert_eq!(status, 201, "{body}");
    assert_eq!(body["@odata.context"], format!("{}/odata/$metadata#Jobs", stand.sandbox.url()));
    assert!(body.get("@odata.count").is_none());
    let job = &body["value"][0];
    let expected = json!({
        "Id": 160_856, "State": "Pending", "StartTime": null, "EndTime": null, "Source": "Manual",
        "SourceType": "Manual", "Info": null, "CreationTime": "2026-01-31T12:00:00.1234567Z",
        "StartingScheduleId": null, "ReleaseName": "Invoice Loader", "Type": "Unattended",
        "InputArguments": "{\"message\":\"Aloha\"}", "OutputArguments": null, "OrganizationUnitId": 7,
        "OrganizationUnitFullyQualifiedName": "Finance/AP", "JobPriority": "Normal", "Reference": null,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(job[name], *value, "{name}");
    }
}

#[tokio::test]
async fn each_strategy_fans_out_as_the_api_says() {
    let cases = [
        (json!({"Strategy": "All"}), 2),
        (json!({"Strategy": "Specific", "RobotIds": [1553, 1554]}), 2),
        (json!({"Strategy": "Specific", "RobotIds": [1553, 1553]}), 1),
        (json!({"Strategy": "RobotCount", "NoOfRobots": 2}), 2),
        (json!({"Strategy": "JobsCount", "JobsCount": 3}), 3),
        (json!({"Strategy": "ModernJobsCount", "JobsCount": 3, "RuntimeType": "Unattended"}), 3),
        (json!({"Strategy": "ModernJobsCount", "JobsCount": 3, "RobotIds": [1554]}), 3),
        (json!({"Strategy": "ModernJobsCount"}), 1),
        (json!({"Strategy": "ModernJobsCount", "JobsCount": null}), 1),
        (json!({}), 1),
    ];
    let stand = Stand::new();
    for (mut start_info, expected) in cases {
        start_info["ReleaseKey"] = json!(INVOICES);
        let (status, body) = stand.start_in_7(start_info.clone()).await;
        assert_eq!((status, each(&body, "Id").len()), (201, expected), "{start_info}: {body}");
    }
}

#[tokio::test]
async fn the_jobs_of_one_start_share_batch_and_time_and_have_consecutive_ids() {
    let stand = Stand::new();
    let start = json!({
        "ReleaseKey": INVOICES, "Strategy": "ModernJobsCount", "JobsCount": 3, "Reference": "run-42/item-7",
    });
    let (_, first) = stand.start_in_7(start.clone()).await;
    let (_, second) = stand.start_in_7(start).await;
    assert_eq!(each(&first, "Id"), [160_856, 160_857, 160_858]);
    assert_eq!(each(&second, "Id"), [160_859, 160_860, 160_861]);
    assert_eq!(each(&first, "Reference"), ["run-42/item-7"; 3]);
    for shared in ["BatchExecutionKey", "CreationTime"] {
        let values = each(&first, shared);
        assert!(values.iter().all(|value| *value == values[0]), "{shared}");
    }
    assert_ne!(first["value"][0]["BatchExecutionKey"], second["value"][0]["BatchExecutionKey"]);
    assert_ne!(first["value"][0]["Key"], first["value"][1]["Key"]);
}

#[tokio::test]
async fn property_names_are_taken_in_any_case_and_a_batch_key_is_kept() {
    let stand = Stand::new();
    let batch = "abbbb5de-d46a-4b9b-8f73-8a3247be0a0e";
    let (status, body) = stand
        .start_in_7(json!({"releaseName": "Invoice Loader", "strategy": "ModernJobsCount", "jobsCount": 1,
                           "batchExecutionKey": batch, "specificPriorityValue": 70}))
        .await;
    assert_eq!((status, &body["value"][0]["BatchExecutionKey"]), (201, &json!(batch)));
    assert_eq!(body["value"][0]["JobPriority"], "High");
}

#[tokio::test]
async fn an_answer_carries_the_services_headers_and_the_sandboxs_time() {
    let stand = Stand::new();
    let body = json!({"startInfo": {"ReleaseKey": INVOICES}});
    let response = stand.post(START_JOBS, &body).header("X-UIPATH-FolderPath", "Finance/AP").send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "application/json; odata.metadata=minimal");
    assert_eq!(header("odata-version"), "4.0");
    assert_eq!(header("api-supported-versions"), "20.0");
    assert_eq!(header("date"), "Sat, 31 Jan 2026 12:00:00 GMT");
}

async fn state(stand: &Stand, id: i64) -> Value {
    let (status, job) = stand.get_in_7(&format!("/odata/Jobs({id})")).await;
    assert_eq!(status, 200, "{job}");
    json!([job["State"], job["StartTime"], job["EndTime"], job["OutputArguments"], job["Info"]])
}

#[tokio::test]
async fn a_job_is_pending_runs_and_ends_as_its_release_says() {
    let output = Life { output: Some(json!({"total": 3})), ..Life::default() };
    let life = Life {
        pending: Duration::from_secs(10),
        running: Duration::from_mins(1),
        ends: vec![End::Successful, End::Faulted],
        ..output
    };
    let world = World::new().folder(Folder::at("A").id(7)).release(Release::named("R").folder("A").life(life));
    let stand = Stand::with(&world, Options::default());
    let (_, started) = stand.start_in_7(json!({"ReleaseName": "R", "JobsCount": 2})).await;
    assert_eq!(each(&started, "State"), ["Pending", "Pending"]);

    stand.clock.advance(Duration::from_millis(9_999));
    assert_eq!(state(&stand, 160_856).await, json!(["Pending", null, null, null, null]));
    stand.clock.advance(Duration::from_millis(1));
    let start = "2026-01-31T12:00:10.1234567Z";
    assert_eq!(state(&stand, 160_856).await, json!(["Running", start, null, null, null]));
    stand.clock.advance(Duration::from_mins(1));
    let end = "2026-01-31T12:01:10.1234567Z";
    let successful = json!(["Successful", start, end, "{\"total\":3}", "Job completed"]);
    assert_eq!(state(&stand, 160_856).await, successful);
    let faulted = json!(["Faulted", start, end, null, "The sandbox's release ends its jobs so."]);
    assert_eq!(state(&stand, 160_857).await, faulted);

    // Final states are frozen, and a step of the host's clock takes nothing back.
    stand.clock.advance(Duration::from_hours(24));
    stand.clock.set_utc("2020-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(state(&stand, 160_856).await, successful);
}

#[tokio::test]
async fn a_job_can_stay_pending_running_or_suspended_for_ever() {
    for (end, expected) in [(End::Pending, "Pending"), (End::Running, "Running"), (End::Suspended, "Suspended")] {
        let life = Life::of(Duration::from_secs(1), Duration::from_secs(1), end);
        let world = World::new().folder(Folder::at("A").id(7)).release(Release::named("R").folder("A").life(life));
        let stand = Stand::with(&world, Options::default());
        stand.start_in_7(json!({"ReleaseName": "R"})).await;
        stand.clock.advance(Duration::from_hours(1000));
        assert_eq!(state(&stand, 160_856).await[0], expected);
    }
}

#[tokio::test]
async fn a_job_is_found_by_number_by_key_and_with_what_it_is_expanded_to() {
    let stand = Stand::new();
    let (_, started) =
        stand.start_in_7(json!({"ReleaseKey": INVOICES, "Strategy": "Specific", "RobotIds": [1553]})).await;
    let key = started["value"][0]["Key"].as_str().unwrap();
    for identifier in [key.to_owned(), format!("'{key}'"), key.to_uppercase()] {
        let target = format!("/odata/Jobs/UiPath.Server.Configuration.OData.GetByKey(identifier={identifier})");
        let (status, job) = stand.get_in_7(&target).await;
        assert_eq!((status, &job["Id"]), (200, &json!(160_856)), "{identifier}");
    }
    let (_, job) = stand.get_in_7("/odata/Jobs(160856)?$select=Id&$expand=Robot,Release").await;
    assert_eq!(job["Robot"]["Username"], "ACME\\etl01");
    assert_eq!(job["Release"]["Key"], json!(INVOICES));
    assert!(job.get("Machine").is_none() && job.get("State").is_none(), "{job}");

    // In another folder it does not exist.
    let (status, body) = answer(stand.get("/odata/Jobs(160856)").header("X-UIPATH-OrganizationUnitId", 8)).await;
    assert_eq!((status, &body["errorCode"]), (404, &json!(1002)));
}

#[tokio::test]
async fn a_late_answer_comes_after_the_work_is_done() {
    let options = Options { latency: Duration::from_millis(50), ..Options::default() };
    let stand = Stand::with(&super::world(), options);
    let start = stand.start_in_7(json!({"ReleaseKey": INVOICES}));
    let mut start = std::pin::pin!(start);
    // The clock stands still, so that the answer cannot come: only the job can.
    while stand.sandbox.jobs().is_empty() {
        tokio::select! {
            answer = &mut start => panic!("answered before its time: {answer:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    let moved = async {
        while !stand.clock.has_sleepers() {
            tokio::task::yield_now().await;
        }
        stand.clock.advance(Duration::from_millis(50));
    };
    let (answered, ()) = tokio::join!(start, moved);
    assert_eq!(answered.0, 201);
}
