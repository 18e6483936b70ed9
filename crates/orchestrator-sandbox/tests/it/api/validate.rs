//! `ValidateDynamicJob` and `ValidateExistingJob`: the service's names for what stands in the way, and nothing started.

use serde_json::{Value, json};

use super::{ELSEWHERE, INVOICES, Stand, UNLICENSED, answer};

const VALIDATE: &str = "/odata/Jobs/UiPath.Server.Configuration.OData.ValidateDynamicJob";

async fn validate(stand: &Stand, folder: i64, start_info: Value) -> Value {
    let request = stand.post(VALIDATE, &json!({ "startInfo": start_info }));
    let (status, body) = answer(request.header("X-UIPATH-OrganizationUnitId", folder)).await;
    match status {
        200 => json!([body["IsValid"], body["ErrorCodes"]]),
        _ => json!([status, body["errorCode"]]),
    }
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_start_has_a_name() {
    let stand = Stand::new();
    let cases = [
        (7, json!({"ReleaseKey": INVOICES}), json!([true, []])),
        (7, json!({"ReleaseKey": INVOICES, "Strategy": "Specific", "RobotIds": [1553]}), json!([true, []])),
        (
            7,
            json!({"ReleaseKey": INVOICES, "Strategy": "Specific", "RobotIds": [9]}),
            json!([false, ["RobotNotAssignedToFolder"]]),
        ),
        (8, json!({"ReleaseKey": ELSEWHERE, "Strategy": "All"}), json!([false, ["RobotNotFound"]])),
        (10, json!({"ReleaseName": "Idle one"}), json!([false, ["TemplateNoRuntime"]])),
        (7, json!({"ReleaseKey": INVOICES, "MachineSessionIds": [1]}), json!([false, ["TemplateNotAssignedToFolder"]])),
        // What is wrong with the request itself is refused as a start would be.
        (7, json!({"ReleaseKey": ELSEWHERE}), json!([404, 1002])),
        (7, json!({"ReleaseKey": INVOICES, "JobsCount": 0}), json!([400, 9001])),
        (7, json!({"ReleaseKey": UNLICENSED}), json!([402, 4242])),
    ];
    for (folder, start_info, expected) in cases {
        assert_eq!(validate(&stand, folder, start_info.clone()).await, expected, "{start_info}");
    }
    assert!(stand.sandbox.jobs().is_empty());
}

#[tokio::test]
async fn a_robot_with_a_pending_job_is_busy() {
    let stand = Stand::new();
    let start = json!({"ReleaseName": "Old", "Strategy": "Specific", "RobotIds": [1553]});
    assert_eq!(stand.start_in(9, start.clone()).await.0, 201);
    assert_eq!(validate(&stand, 9, start).await, json!([false, ["RobotBusy"]]));
}

#[tokio::test]
async fn an_existing_job_is_validated_by_its_number() {
    let stand = Stand::new();
    stand.start_in_7(json!({"ReleaseKey": INVOICES})).await;
    let target = |id: i64| format!("/odata/Jobs({id})/UiPath.Server.Configuration.OData.ValidateExistingJob");
    let (status, body) = stand.post_in_7(&target(160_856), &json!(null)).await;
    assert_eq!((status, &body["IsValid"], &body["Errors"]), (200, &json!(true), &json!([])));
    assert_eq!(stand.post_in_7(&target(7), &json!(null)).await.0, 404);
}
