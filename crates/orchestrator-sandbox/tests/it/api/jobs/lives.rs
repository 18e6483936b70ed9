//! What befalls robot jobs, on the hand-driven clock: faults by class, a host that crashes, another version, a server that
//! forgets, and waits without an end.

use std::time::Duration;

use orchestrator_sandbox::world::switches::Offered;
use orchestrator_sandbox::world::{
    Argument, End, Folder, HostCrash, JobFault, JobFaultClass, Life, Release, Switches, TriggerType, WaitsFor,
};
use orchestrator_sandbox::{Options, World};
use serde_json::{Value, json};

use crate::api::{Stand, each};

/// Pending for 10 s, running for 60 s.
fn life(end: End) -> Life {
    Life::of(Duration::from_secs(10), Duration::from_secs(60), end)
}

/// A sandbox with one release `R` in folder 7.
fn stand(release: Release) -> Stand {
    let world = World::new().folder(Folder::at("A").id(7)).release(Release { name: "R".to_owned(), ..release });
    Stand::with(&world, Options::default())
}

fn release(lives: impl IntoIterator<Item = Life>) -> Release {
    Release::named("R").folder("A").lives(lives)
}

async fn start(stand: &Stand, count: usize) {
    let (status, body) = stand.start_in_7(json!({"ReleaseName": "R", "JobsCount": count})).await;
    assert_eq!(status, 201, "{body}");
}

async fn job(stand: &Stand, id: i64) -> Value {
    let (status, job) = stand.get_in_7(&format!("/odata/Jobs({id})")).await;
    assert_eq!(status, 200, "{job}");
    job
}

/// Some properties of a robot job.
async fn shown<const N: usize>(stand: &Stand, id: i64, names: [&str; N]) -> Value {
    let job = job(stand, id).await;
    json!(names.map(|name| job[name].clone()).to_vec())
}

#[tokio::test]
async fn each_class_has_four_wordings_at_least_and_goes_through_them_in_turn() {
    for class in JobFaultClass::ALL {
        let count = class.count_wordings();
        assert!(count >= 4, "{class:?}");
        let stand = stand(release([life(End::Faulted).faulting([JobFault::of(class)])]));
        start(&stand, count + 1).await;
        stand.clock.advance(Duration::from_mins(2));
        let (_, list) = stand.get_in_7("/odata/Jobs").await;
        let infos: Vec<&str> = each(&list, "Info").into_iter().map(|info| info.as_str().unwrap()).collect();
        let mut different = infos[..count].to_vec();
        different.sort_unstable();
        different.dedup();
        assert_eq!((different.len(), infos[count]), (count, infos[0]), "{class:?}");
        for row in list["value"].as_array().unwrap() {
            assert_eq!(row["State"], "Faulted");
            let error = &row["JobError"];
            let is_told = error.is_null() || (error["detail"] == row["Info"] && error["code"] == row["ErrorCode"]);
            assert!(is_told, "{row}");
            // Only a workflow of its own speaks of itself so.
            assert!(error["category"] != "User" || class == JobFaultClass::Business, "{row}");
        }
    }
}

#[tokio::test]
async fn a_job_of_a_class_that_never_began_has_no_start_and_others_die_in_the_middle_or_at_the_end() {
    let never = json!([null, "2026-01-31T12:00:10.1234567Z"]);
    let middle = json!(["2026-01-31T12:00:10.1234567Z", "2026-01-31T12:00:40.1234567Z"]);
    let end = json!(["2026-01-31T12:00:10.1234567Z", "2026-01-31T12:01:10.1234567Z"]);
    for (class, expected) in [
        (JobFaultClass::Session, &never),
        (JobFaultClass::Capacity, &never),
        (JobFaultClass::Quota, &never),
        (JobFaultClass::TimeLimit, &end),
        (JobFaultClass::Platform, &middle),
        (JobFaultClass::ResultLost, &end),
        (JobFaultClass::Business, &end),
        (JobFaultClass::Application, &end),
    ] {
        let of_class = JobFault::of(class);
        let early = JobFault { starts: Some(true), ..JobFault::of(class).after(Duration::from_secs(5)) };
        let stand = stand(release([life(End::Faulted).faulting([of_class, early])]));
        start(&stand, 2).await;
        stand.clock.advance(Duration::from_mins(2));
        assert_eq!(shown(&stand, 160_856, ["StartTime", "EndTime"]).await, *expected, "{class:?}");
        let after = json!(["2026-01-31T12:00:10.1234567Z", "2026-01-31T12:00:15.1234567Z"]);
        assert_eq!(shown(&stand, 160_857, ["StartTime", "EndTime"]).await, after, "{class:?}");
    }
}

#[tokio::test]
async fn a_fault_that_is_given_is_told_as_it_is_given() {
    let text = "
folders: [{path: A, id: 7}]
releases:
  - name: R
    folder: A
    life:
      pending: 0s
      running: 0s
      ends: [Faulted, Successful]
      faults:
        - {info: The vault is locked, code: Vault.Locked, title: Locked, detail: Try later, category: Deployment, status: 423}
        - {info: It is so}
        - {class: quota, info: Robot Units are gone}
        - session
";
    let stand = Stand::with(&World::from_text(text).unwrap(), Options::default());
    start(&stand, 9).await;
    let names = ["State", "Info", "ErrorCode", "JobError", "StartTime"];
    let at = "2026-01-31T12:00:00.1234567Z";
    let error = json!({"code": "Vault.Locked", "title": "Locked", "detail": "Try later", "category": "Deployment",
                       "status": 423, "timestamp": at});
    let given = json!(["Faulted", "The vault is locked", "Vault.Locked", error, at]);
    assert_eq!(shown(&stand, 160_856, names).await, given);
    assert_eq!(shown(&stand, 160_857, names).await, json!(["Successful", "Job completed", null, null, at]));
    assert_eq!(shown(&stand, 160_858, names).await, json!(["Faulted", "It is so", null, null, at]));
    let quota = job(&stand, 160_860).await;
    assert_eq!((&quota["Info"], &quota["StartTime"]), (&json!("Robot Units are gone"), &json!(null)));
    assert!(job(&stand, 160_862).await["Info"].as_str().unwrap().contains("Logon failed"));
    assert_eq!(shown(&stand, 160_864, names).await, given, "and round again");
}

#[tokio::test]
async fn a_job_has_the_sub_state_of_its_life_or_of_the_call_that_stopped_it() {
    let with_faults = Life { sub_state: Some("WITH_FAULTS".to_owned()), ..life(End::Successful) };
    let stand = stand(release([with_faults, life(End::Successful)]));
    start(&stand, 4).await;
    let stop = |id: i64, strategy: &str| json!({"jobIds": [id], "strategy": strategy});
    stand.post_in_7("/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs", &stop(160_859, "Kill")).await;
    assert_eq!(shown(&stand, 160_859, ["State", "SubState"]).await, json!(["Stopped", "MANUALLY"]));
    stand.clock.advance(Duration::from_secs(20));
    stand.post_in_7("/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs", &stop(160_858, "SoftStop")).await;
    assert_eq!(shown(&stand, 160_858, ["State", "SubState"]).await, json!(["Stopping", null]));
    stand.clock.advance(Duration::from_mins(1));
    assert_eq!(shown(&stand, 160_856, ["State", "SubState"]).await, json!(["Successful", "WITH_FAULTS"]));
    assert_eq!(shown(&stand, 160_857, ["State", "SubState"]).await, json!(["Successful", null]));
    assert_eq!(shown(&stand, 160_858, ["State", "SubState"]).await, json!(["Successful", "MANUALLY"]));
}

#[tokio::test]
async fn a_host_that_crashes_lets_its_job_begin_once_more() {
    let twice = HostCrash { after: Duration::from_secs(20), pending: Duration::from_secs(5), times: 2 };
    let stand = stand(release([
        Life { again: Some(twice), ..life(End::Successful) },
        life(End::Faulted).again(Duration::from_secs(30)),
        life(End::Faulted)
            .faulting([JobFault::saying("x").after(Duration::from_secs(3))])
            .again(Duration::from_secs(4)),
    ]));
    start(&stand, 3).await;
    let names = ["State", "StartTime", "EndTime", "LastModificationTime"];
    let at = |text: &str| json!(format!("2026-01-31T12:{text}.1234567Z"));
    for (seconds, expected) in [
        (29, json!(["Running", at("00:10"), null, at("00:10")])),
        (1, json!(["Pending", null, null, at("00:30")])),
        (5, json!(["Running", at("00:35"), null, at("00:35")])),
        (20, json!(["Pending", null, null, at("00:55")])),
        (5, json!(["Running", at("01:00"), null, at("01:00")])),
        (60, json!(["Successful", at("01:00"), at("02:00"), at("02:00")])),
    ] {
        stand.clock.advance(Duration::from_secs(seconds));
        assert_eq!(shown(&stand, 160_856, names).await, expected);
    }
    let moved = json!(["Faulted", at("00:40"), at("01:40"), at("01:40")]);
    assert_eq!(shown(&stand, 160_857, names).await, moved, "without a wait it stays Running, and its start moves");
    let before = json!(["Faulted", at("00:10"), at("00:13"), at("00:13")]);
    assert_eq!(shown(&stand, 160_858, names).await, before, "it ended before its host crashed");
}

#[tokio::test]
async fn a_pending_job_runs_the_version_that_is_current_when_it_starts() {
    let stand = stand(release([life(End::Successful)]).version("2.1.3").switches_to("2.1.4", Duration::from_secs(5)));
    let release = "/odata/Releases(1)?$expand=CurrentVersion";
    let (_, before) = stand.get_in_7(release).await;
    start(&stand, 1).await;
    let ids = ["ReleaseVersionId"];
    let planned = shown(&stand, 160_856, ids).await;
    assert_eq!(planned[0], before["CurrentVersion"]["Id"]);
    stand.clock.advance(Duration::from_secs(5));
    assert_eq!(shown(&stand, 160_856, ids).await, planned, "a pending job is not looked at again");
    let (_, after) = stand.get_in_7(release).await;
    assert_eq!([&before["ProcessVersion"], &after["ProcessVersion"]], ["2.1.3", "2.1.4"]);
    let current = &after["CurrentVersion"];
    assert_eq!(
        [&current["VersionNumber"], &current["ReleaseName"], &current["CreationTime"]],
        ["2.1.4", "R", "2026-01-31T12:00:05.1234567Z"]
    );
    let (_, expanded) = stand.get_in_7("/odata/Jobs(160856)?$expand=Release").await;
    assert_eq!(expanded["Release"]["ProcessVersion"], "2.1.4");
    stand.clock.advance(Duration::from_secs(5));
    let ran = shown(&stand, 160_856, ids).await;
    assert_eq!(ran[0], current["Id"]);
    assert_ne!(ran, planned);
    for version in ["2.1.3", "2.1.4"] {
        let key = format!("/odata/Processes/UiPath.Server.Configuration.OData.GetArguments(key='R:{version}')");
        assert_eq!(stand.get_in_7(&key).await.0, 200, "{version}");
    }
}

#[tokio::test]
async fn a_server_forgets_a_job_so_long_after_its_end() {
    let stand = stand(release([life(End::Successful).purged_after(Duration::from_mins(5)), life(End::Successful)]));
    start(&stand, 2).await;
    let key = stand.sandbox.jobs()[0].key;
    let by_key = format!("/odata/Jobs/UiPath.Server.Configuration.OData.GetByKey(identifier={key})");
    stand.clock.advance(Duration::from_secs(369));
    assert_eq!(each(&stand.get_in_7("/odata/Jobs").await.1, "Id"), [160_856, 160_857]);
    assert_eq!(stand.get_in_7(&by_key).await.0, 200);
    stand.clock.advance(Duration::from_secs(1));
    for list in ["/odata/Jobs", "/odata/Jobs?$filter=Id in (160856,160857)", "/odata/Jobs?$filter=EndTime ne null"] {
        assert_eq!(each(&stand.get_in_7(list).await.1, "Id"), [160_857], "{list}");
    }
    for single in ["/odata/Jobs(160856)", &by_key] {
        let (status, body) = stand.get_in_7(single).await;
        assert_eq!((status, &body["errorCode"]), (404, &json!(1002)), "{single}");
    }
    let seen = stand.sandbox.jobs();
    assert_eq!((seen[0].state, seen[0].ended), ("Successful", Some("2026-01-31T12:01:10.1234567Z".parse().unwrap())));
}

#[tokio::test]
async fn a_job_that_waits_says_why_it_did_and_is_asked_why_it_does() {
    let waits = Life {
        pending_info: Some("No host is available on the machine template assigned for this job".to_owned()),
        pending_reasons: vec!["TemplateFullCapacity".to_owned(), "TemplateNoLicense".to_owned()],
        ..life(End::Pending)
    };
    let stand = stand(release([waits.clone(), Life { ends: vec![End::Successful], ..waits }]));
    start(&stand, 2).await;
    stand.clock.advance(Duration::from_mins(60));
    let stored = shown(&stand, 160_856, ["State", "Info"]).await;
    assert_eq!(stored, json!(["Pending", "No host is available on the machine template assigned for this job"]));
    let validate = |id: i64| format!("/odata/Jobs({id})/UiPath.Server.Configuration.OData.ValidateExistingJob");
    let (_, fresh) = stand.post_in_7(&validate(160_856), &json!(null)).await;
    let codes = json!(["TemplateFullCapacity", "TemplateNoLicense"]);
    assert_eq!((&fresh["IsValid"], &fresh["ErrorCodes"]), (&json!(false), &codes));
    // One that got its robot is in nobody's way.
    let (_, fresh) = stand.post_in_7(&validate(160_857), &json!(null)).await;
    assert_eq!(fresh["IsValid"], true);
    assert_eq!(shown(&stand, 160_857, ["Info"]).await, json!(["Job completed"]));
}

#[tokio::test]
async fn a_suspended_job_says_what_it_waits_for_where_the_server_can_say_it() {
    let waits_for = WaitsFor {
        r#type: TriggerType::Task,
        item: Some("Approve INV-7".to_owned()),
        message: Some("Waits for approval".to_owned()),
    };
    let suspended = Life { waits_for: Some(waits_for), ..life(End::Suspended) };
    let target = "/odata/JobTriggers/UiPath.Server.Configuration.OData.GetWithWaitEvents(jobId=160856)";
    let validate = "/odata/Jobs(160856)/UiPath.Server.Configuration.OData.ValidateExistingJob";
    for (offered, status) in [(Offered::Present, 200), (Offered::Absent, 404)] {
        let switches = Switches { wait_events: offered, validate_existing_job: offered, ..Switches::default() };
        let world = World::new().folder(Folder::at("A").id(7)).release(release([suspended.clone()])).switches(switches);
        let stand = Stand::with(&world, Options::default());
        start(&stand, 1).await;
        stand.clock.advance(Duration::from_mins(2));
        assert_eq!(stand.post_in_7(validate, &json!(null)).await.0, status);
        let (said, events) = stand.get_in_7(target).await;
        assert_eq!(said, status);
        match offered {
            Offered::Present => {
                assert_eq!(each(&events, "ItemName"), ["Approve INV-7"]);
                assert_eq!(each(&events, "TriggerMessage"), ["Waits for approval"]);
            }
            Offered::Absent => assert_eq!(events, Value::Null),
        }
    }
}

#[tokio::test]
async fn a_successful_job_may_give_no_output_although_it_is_declared() {
    let total = Argument { r#type: "System.Int32".to_owned(), ..Argument::default() };
    let gives = Life { output: Some(json!({"total": 3})), ..life(End::Successful) };
    let stand = stand(release([gives, life(End::Successful)]).output("total", total));
    start(&stand, 2).await;
    stand.clock.advance(Duration::from_mins(2));
    assert_eq!(shown(&stand, 160_856, ["State", "OutputArguments"]).await, json!(["Successful", "{\"total\":3}"]));
    assert_eq!(shown(&stand, 160_857, ["State", "OutputArguments"]).await, json!(["Successful", null]));
}
