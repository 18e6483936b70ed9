//! What is refused, with which status and `errorCode`: a table. Nothing is created by any of them.

use orchestrator_sandbox::Options;
use orchestrator_sandbox::world::{TenantHeader, World};
use serde_json::{Value, json};

use super::{ELSEWHERE, FINANCE_AP, INVOICES, START_JOBS, Stand, UNLICENSED, answer, world};

/// The status, the `errorCode`, and the first words of the message.
#[track_caller]
fn assert_refused(case: &str, (status, body): (u16, Value), expected: (u16, Option<i64>, &str)) {
    let message = body["message"].as_str().unwrap_or_default();
    assert_eq!((status, body["errorCode"].as_i64()), (expected.0, expected.1), "{case}: {body}");
    assert!(message.starts_with(expected.2), "{case}: {body}");
    if expected.1.is_some() {
        let trace = body["traceId"].as_str().unwrap_or_else(|| panic!("{case}: no trace: {body}"));
        assert_eq!(trace.split('-').map(str::len).collect::<Vec<_>>(), [2, 32, 16, 2], "{case}");
    }
}

#[tokio::test]
async fn a_start_that_breaks_a_rule_is_refused_and_creates_nothing() {
    let long = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
    let process = (404, Some(1002), "The job's associated process could not be found");
    let robot = (409, Some(9002), "Couldn't find the specified unattended user/robot");
    let invalid = (400, Some(1000), "Invalid request!");
    let argument = |message| (400, Some(9001), message);
    let cases = [
        (json!({"ReleaseKey": ELSEWHERE}), process),
        (json!({"ReleaseKey": "00000000-0000-4000-8000-000000000000"}), process),
        (json!({"ReleaseName": "Onboarding"}), process),
        (json!({}), argument("ReleaseKey or ReleaseName is required.")),
        (json!({"ReleaseKey": "no guid"}), invalid),
        (json!({"ReleaseKey": INVOICES, "Strategy": "Specific"}), argument("RobotIds must not be empty")),
        (json!({"ReleaseKey": INVOICES, "Strategy": "Specific", "RobotIds": [1]}), robot),
        (
            json!({"ReleaseKey": INVOICES, "Strategy": "Specific", "RobotIds": [1553], "JobsCount": 1}),
            argument("JobsCount"),
        ),
        (json!({"ReleaseKey": INVOICES, "Strategy": "ModernJobsCount", "RobotIds": [1]}), robot),
        (json!({"ReleaseKey": INVOICES, "Strategy": "All", "RobotIds": [1553]}), argument("RobotIds must be empty")),
        (json!({"ReleaseKey": INVOICES, "Strategy": "All", "JobsCount": 1}), argument("JobsCount must be 0")),
        (json!({"ReleaseKey": INVOICES, "Strategy": "JobsCount"}), argument("JobsCount must be greater than 0.")),
        (
            json!({"ReleaseKey": INVOICES, "Strategy": "JobsCount", "JobsCount": 1, "RobotIds": [1553]}),
            argument("RobotIds"),
        ),
        (
            json!({"ReleaseKey": INVOICES, "Strategy": "JobsCount", "JobsCount": 1, "NoOfRobots": 1}),
            argument("NoOfRobots"),
        ),
        (
            json!({"ReleaseKey": INVOICES, "Strategy": "ModernJobsCount", "JobsCount": 0}),
            argument("JobsCount must be at least"),
        ),
        (
            json!({"ReleaseKey": INVOICES, "Strategy": "ModernJobsCount", "JobsCount": 10_001}),
            argument("At most 10000"),
        ),
        (json!({"ReleaseKey": INVOICES, "Strategy": "RobotCount"}), argument("NoOfRobots must be greater than 0.")),
        (json!({"ReleaseKey": INVOICES, "Strategy": "Some"}), invalid),
        (json!({"ReleaseKey": INVOICES, "RobotIds": ["1553"]}), invalid),
        (json!({"ReleaseKey": INVOICES, "JobsCount": 1.5}), invalid),
        (json!({"ReleaseKey": INVOICES, "JobsCount": 3_000_000_000_i64}), invalid),
        (json!({"ReleaseKey": INVOICES, "RelaseName": "typo"}), invalid),
        (json!({"ReleaseKey": INVOICES, "releasekey": INVOICES}), invalid),
        (json!({"ReleaseKey": INVOICES, "AutopilotForRobots": {"Enabld": true}}), invalid),
        (json!({"ReleaseKey": INVOICES, "InputArguments": {"a": 1}}), invalid),
        (json!({"ReleaseKey": INVOICES, "InputArguments": "[1]"}), invalid),
        (json!({"ReleaseKey": INVOICES, "InputArguments": long(10_001)}), invalid),
        (json!({"ReleaseKey": INVOICES, "Reference": "x".repeat(129)}), invalid),
        (json!({"ReleaseKey": INVOICES, "SpecificPriorityValue": 101}), invalid),
        (
            json!({"ReleaseKey": INVOICES, "JobPriority": "High", "SpecificPriorityValue": 5}),
            argument("Cannot set a specific"),
        ),
        (
            json!({"ReleaseKey": INVOICES, "InputFile": INVOICES, "InputArguments": "{}"}),
            argument("A job cannot have both"),
        ),
        (json!({"ReleaseKey": INVOICES, "InputFile": INVOICES}), (404, Some(1002), "Attachment does not exist.")),
        (json!({"ReleaseKey": UNLICENSED}), (402, Some(4242), "a valid license is required")),
    ];
    let stand = Stand::new();
    for (start_info, expected) in cases {
        let case = start_info.to_string();
        assert_refused(&case, stand.start_in_7(start_info).await, expected);
    }
    let (status, _) = stand
        .start_in_7(json!({"ReleaseKey": INVOICES, "InputArguments": long(10_000), "Reference": "x".repeat(128)}))
        .await;
    assert_eq!(status, 201, "the limits themselves are within the limits");
    assert_eq!(stand.sandbox.jobs().len(), 1);
}

#[tokio::test]
async fn a_folder_refuses_by_what_it_lacks() {
    let stand = Stand::new();
    let no_robots = (409, Some(9002), "Couldn't find any user with unattended robot permissions");
    let no_runtime = (409, Some(2818), "Could not find a machine with Unattended or NonProduction runtimes");
    let all = json!({"ReleaseKey": ELSEWHERE, "Strategy": "All"});
    assert_refused("no robot in the folder", stand.start_in(8, all).await, no_robots);
    let idle = json!({"ReleaseName": "Idle one"});
    assert_refused("no runtime in the folder", stand.start_in(10, idle).await, no_runtime);
    let serverless = json!({"ReleaseName": "Idle one", "RuntimeType": "Serverless"});
    assert_eq!(stand.start_in(10, serverless).await.0, 201, "it needs no runtime of the folder");
}

#[tokio::test]
async fn a_robot_of_a_classic_folder_takes_one_pending_job_of_a_release() {
    let stand = Stand::new();
    let start = json!({"ReleaseName": "Old", "Strategy": "Specific", "RobotIds": [1553]});
    assert_eq!(stand.start_in(9, start.clone()).await.0, 201);
    let pending = (409, Some(1670), "The robots already have pending jobs for this Process");
    assert_refused("pending", stand.start_in(9, start.clone()).await, pending);
    stand.clock.advance(std::time::Duration::from_secs(10));
    assert_eq!(stand.start_in(9, start).await.0, 201, "the first one runs now");
}

#[tokio::test]
async fn folder_headers_are_read_in_four_forms_and_must_agree() {
    // Base64 of UTF-16LE, written out by hand from the two texts.
    let finance = "RgBpAG4AYQBuAGMAZQAvAEEAUAA=";
    let cologne = "QgD8AHIAbwAvAEsA9gBsAG4A";
    let key = FINANCE_AP.to_string();
    let required = Some((400, Some(1101), "A folder is required for this action."));
    let unknown = Some((400, Some(1100), "Folder does not exist or the user does not have access"));
    let (id, path, encoded, by_key) =
        ("X-UIPATH-OrganizationUnitId", "X-UIPATH-FolderPath", "x-uipath-folderpath-encoded", "X-UIPATH-FolderKey");
    let cases = [
        (vec![], required),
        (vec![(id, "")], required),
        (vec![(id, "7")], None),
        (vec![(path, "Finance/AP")], None),
        (vec![(path, "/Finance/AP")], None),
        (vec![(encoded, finance)], None),
        (vec![(encoded, cologne)], None),
        (vec![(by_key, key.as_str())], None),
        (vec![(id, "7"), (path, "Finance/AP"), (encoded, finance), (by_key, key.as_str())], None),
        (vec![(id, "8"), (path, "Finance/AP")], unknown),
        (vec![(path, "HR"), (encoded, finance)], unknown),
        (vec![(id, "7"), (by_key, "00000000-0000-4000-8000-000000000000")], unknown),
        (vec![(id, "70")], unknown),
        (vec![(id, "seven")], unknown),
        (vec![(path, "Finance/AP/")], unknown),
        (vec![(path, "Finance/Nothing")], unknown),
        (vec![(encoded, "Finance/AP")], unknown),
        (vec![(by_key, "AP")], unknown),
    ];
    let stand = Stand::new();
    for (headers, expected) in cases {
        let request =
            headers.iter().fold(stand.get("/odata/Jobs"), |request, (name, value)| request.header(*name, *value));
        let answered = answer(request).await;
        match expected {
            None => assert_eq!(answered.0, 200, "{headers:?}: {}", answered.1),
            Some(expected) => assert_refused(&format!("{headers:?}"), answered, expected),
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_a_start_is_refused() {
    let stand = Stand::new();
    let null = (400, Some(0), "startInfo must not be null");
    let cases = [
        ("", null),
        ("{}", null),
        ("{\"startInfo\": null}", null),
        ("{\"startInfo\": []}", null),
        ("not json", null),
        ("[]", null),
        ("{\"startInfo\": {}, \"startinfos\": 1}", (400, Some(1000), "Invalid request!")),
    ];
    let send = |content_type: &str, body: &str| {
        let request = stand.http.post(format!("{}{START_JOBS}", stand.sandbox.url()));
        let request = request.bearer_auth(stand.sandbox.token()).header("X-UIPATH-OrganizationUnitId", 7);
        answer(request.header("Content-Type", content_type).body(body.to_owned()))
    };
    for (body, expected) in cases {
        assert_refused(body, send("application/json;odata.metadata=minimal", body).await, expected);
    }
    let nested = format!("{{\"startInfo\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_refused("100,000 brackets", send("application/json", &nested).await, null);
    assert_eq!(send("text/plain", "{}").await.0, 415);
    assert_eq!(send("application/json", &"x".repeat(2 << 20)).await.0, 413);
    assert!(stand.sandbox.jobs().is_empty());
}

#[tokio::test]
async fn a_tenant_is_checked_where_one_is_named_and_required_where_the_world_says_so() {
    let stand = Stand::new();
    let unknown = (400, Some(1000), "Invalid request! The tenant does not exist.");
    let named = |name: &str| answer(stand.get("/odata/Folders").header("X-UIPATH-TenantName", name));
    assert_eq!(named("default").await.0, 200, "in any letter case");
    assert_refused("header", named("Other").await, unknown);
    assert_eq!(answer(stand.get("/acme/Default/orchestrator_/odata/Folders")).await.0, 200);
    assert_eq!(answer(stand.get("/acme/Default/odata/Folders")).await.0, 200);
    assert_eq!(answer(stand.get("/orchestrator_/odata/Folders")).await.0, 200);
    assert_refused("address", answer(stand.get("/acme/other/orchestrator_/odata/Folders")).await, unknown);

    let strict = World { tenant_header: TenantHeader::Required, ..world() };
    let stand = Stand::with(&strict, Options::default());
    let missing = (400, Some(1000), "Invalid request! The tenant is missing.");
    assert_refused("missing", answer(stand.get("/odata/Folders")).await, missing);
    assert_eq!(answer(stand.get("/acme/Default/odata/Folders")).await.0, 200);
}

#[tokio::test]
async fn paths_methods_and_hosts_that_are_not_ours_are_refused() {
    let stand = Stand::new();
    for target in [
        "/",
        "/odata",
        "/odata/Queues",
        "/odata/Jobs(abc)",
        "/odata/Jobs(1",
        "/a/b/c/odata/Jobs",
        "/odata/Jobs/StartJobs",
    ] {
        assert_eq!(answer(stand.get(target)).await.0, 404, "{target}");
    }
    assert_eq!(answer(stand.get(START_JOBS)).await.0, 405);
    assert_eq!(answer(stand.post("/odata/Jobs", &json!({}))).await.0, 405);
    let good = ["localhost", "127.0.0.1:9", "[::1]:80", "[::1]"].map(|host| (host, 200));
    let bad = ["evil.example", "[::1].evil.example", "[::1]evil:80", "127.0.0.1.evil.example", "localhost:evil"];
    for (host, expected) in good.into_iter().chain(bad.map(|host| (host, 403))) {
        assert_eq!(answer(stand.get("/odata/Folders").header("Host", host)).await.0, expected, "{host}");
    }
}
