//! Obliging mode: what is asked for is there, and the rules of the API still hold.

use orchestrator_sandbox::world::FolderName;
use orchestrator_sandbox::{Options, World};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::{INVOICES, START_JOBS, Stand, answer, each};

async fn start(stand: &Stand, header: (&str, &str), start_info: Value) -> crate::api::Answer {
    answer(stand.post(START_JOBS, &json!({ "startInfo": start_info })).header(header.0, header.1)).await
}

#[tokio::test]
async fn any_folder_release_and_robot_is_made_when_it_is_asked_for() {
    let stand = Stand::with(&World::obliging(), Options::default());
    let (key, path) = (INVOICES.to_string(), ("X-UIPATH-FolderPath", "Finance/AP"));
    let headers =
        [("X-UIPATH-OrganizationUnitId", "15"), path, ("X-UIPATH-FolderKey", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")];
    for header in headers {
        let release = Uuid::new_v4();
        let specific = json!({"ReleaseKey": release, "Strategy": "Specific", "RobotIds": [1553, 4]});
        let (status, body) = start(&stand, header, specific).await;
        assert_eq!((status, each(&body, "Id").len()), (201, 2), "{header:?}: {body}");
    }
    let (status, body) = start(&stand, path, json!({"ReleaseKey": key, "Strategy": "All"})).await;
    assert_eq!((status, &body["value"][0]["OrganizationUnitFullyQualifiedName"]), (201, &json!("Finance/AP")));
    let (_, body) = answer(stand.get("/odata/Folders?$filter=FullyQualifiedName eq 'Finance'")).await;
    assert_eq!(each(&body, "FullyQualifiedName"), ["Finance"], "the parent was made too");
}

#[tokio::test]
async fn a_name_in_a_filter_is_made_and_then_stays() {
    let stand = Stand::with(&World::obliging(), Options::default());
    let get = |target: &str| answer(stand.get(target).header("X-UIPATH-FolderPath", "Any/Where"));
    let (_, first) = get("/odata/Releases?$filter=Name eq 'Invoice Loader'&$top=1").await;
    let (_, again) = get("/odata/Releases?$filter=Name eq 'Invoice Loader' or Name eq 'Other'").await;
    assert_eq!(first["value"][0], again["value"][0]);
    assert_eq!(each(&again, "Name"), ["Invoice Loader", "Other"]);
    let (_, robots) = get("/odata/Robots?$filter=Name eq 'r1' or Username eq 'ACME\\bot'").await;
    assert_eq!(each(&robots, "Name"), ["r1", "bot"]);
    let (_, folders) = answer(stand.get("/odata/Folders?$filter=FullyQualifiedName eq 'New/One'")).await;
    assert_eq!(each(&folders, "DisplayName"), ["One"]);
    let release = json!({"ReleaseKey": first["value"][0]["Key"]});
    assert_eq!(start(&stand, ("X-UIPATH-FolderPath", "Any/Where"), release.clone()).await.0, 201);
    // What exists elsewhere is not moved.
    let (status, body) = start(&stand, ("X-UIPATH-FolderPath", "Other"), release).await;
    assert_eq!((status, &body["errorCode"]), (404, &json!(1002)));
}

#[tokio::test]
async fn the_rules_of_a_request_still_hold() {
    let stand = Stand::with(&World::obliging(), Options::default());
    let folder = ("X-UIPATH-OrganizationUnitId", "1");
    let cases = [
        (json!({"ReleaseKey": INVOICES, "Strategy": "Specific"}), 400),
        (json!({"ReleaseKey": INVOICES, "Unknown": 1}), 400),
        (json!({"ReleaseKey": INVOICES, "Strategy": "RobotCount", "NoOfRobots": 3}), 201),
    ];
    for (start_info, expected) in cases {
        assert_eq!(start(&stand, folder, start_info.clone()).await.0, expected, "{start_info}");
    }
    assert_eq!(answer(stand.get("/odata/Jobs")).await.1["errorCode"], 1101);
    assert_eq!(answer(stand.get("/odata/Jobs").header("X-UIPATH-FolderPath", "a//b")).await.1["errorCode"], 1100);
}

#[tokio::test]
async fn what_a_plan_names_can_be_provided_beforehand_also_in_a_strict_world() {
    let mut world = World::new();
    let (by_path, by_id) = (FolderName::Path("Finance/AP".to_owned()), FolderName::Id(15));
    for _ in 0..2 {
        world.provide_folder(&by_id);
        world.provide_release(&by_path, "Invoice Loader");
        world.provide_release_key(&by_id, INVOICES);
        world.provide_robot(&by_path, "ACME\\etl01");
        world.provide_robot(&by_path, "etl01");
        world.provide_robot_id(&by_id, 1553);
    }
    assert_eq!((world.folders.len(), world.releases.len(), world.robots.len()), (2, 2, 2), "each once");
    let stand = Stand::with(&world, Options::default());
    let specific = json!({"ReleaseKey": INVOICES, "Strategy": "Specific", "RobotIds": [1553]});
    assert_eq!(start(&stand, ("X-UIPATH-OrganizationUnitId", "15"), specific).await.0, 201);
    let (_, robots) = answer(stand.get("/odata/Robots").header("X-UIPATH-FolderPath", "Finance/AP")).await;
    assert_eq!(
        (each(&robots, "Name"), each(&robots, "Username")),
        (vec![&json!("etl01")], vec![&json!("ACME\\etl01")])
    );
}
