//! Worlds from files: what is read, and what is said of a world that cannot be.

use std::sync::Arc;

use expect_test::{Expect, expect};
use orchestrator_sandbox::clock::SystemClock;
use orchestrator_sandbox::{Options, Sandbox, World};
use serde_json::json;

use super::{Stand, answer, each};

/// Every key of a world's file. `docs/sandbox.md` shows it as it stands here.
const WORLD: &str = include_str!("../../../../../docs/world.yaml");

#[tokio::test]
async fn the_documented_world_can_be_served() {
    let stand = Stand::with(&World::from_text(WORLD).unwrap(), Options::default());
    let (_, folders) = answer(stand.get("/odata/Folders").header("X-UIPATH-TenantName", "Default")).await;
    assert_eq!(each(&folders, "FullyQualifiedName"), ["Finance/AP", "Legacy", "Finance"]);
    let get = |target: &str| {
        let request = stand.get(target).header("X-UIPATH-OrganizationUnitId", 7);
        answer(request.header("X-UIPATH-TenantName", "Default"))
    };
    let (_, releases) = get("/odata/Releases").await;
    let input: serde_json::Value =
        serde_json::from_str(releases["value"][0]["Arguments"]["Input"].as_str().unwrap()).unwrap();
    let assembly = "System.Private.CoreLib, Version=8.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e";
    assert_eq!(
        input,
        json!([
            {"name": "amount", "type": format!("System.Decimal, {assembly}"), "required": false, "hasDefault": true},
            {"name": "invoice", "type": format!("System.String, {assembly}"), "required": true, "hasDefault": false},
        ])
    );
    let (_, robots) = get("/odata/Robots").await;
    assert_eq!((each(&robots, "Id"), each(&robots, "MachineName")), (vec![&json!(1553)], vec![&json!("VM-01")]));
}

#[test]
fn the_manual_shows_the_documented_world_as_it_is() {
    assert!(include_str!("../../../../../docs/sandbox.md").contains(&format!("```yaml\n{WORLD}```\n")));
}

#[tokio::test]
async fn a_world_can_be_json() {
    let text = json!({"folders": [{"path": "A", "id": 7}], "releases": [{"name": "R", "folder": "A"}]}).to_string();
    let stand = Stand::with(&World::from_text(&text).unwrap(), Options::default());
    assert_eq!(stand.start_in_7(json!({"ReleaseName": "R"})).await.0, 201);
}

/// What is said of a world, cause by cause.
#[track_caller]
fn check(text: &str, expected: &Expect) {
    let world = World::from_text(text);
    let started = world
        .map_err(Into::into)
        .and_then(|world| Sandbox::start(&world, Arc::new(SystemClock::new()), Options::default()).map(|_| ()));
    let error: orchestrator_sandbox::SandboxError = started.expect_err("such a world cannot be");
    let mut said = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(error) = cause {
        said.push_str(&format!("\n{error}"));
        cause = error.source();
    }
    expected.assert_eq(&said);
}

#[test]
fn a_world_that_contradicts_itself_says_where() {
    check("folders: [{path: A}, {path: A}]", &expect!["two folders have the path `A`"]);
    check("folders: [{path: A, id: 1}, {path: B, id: 1}]", &expect!["two folders have the id `1`"]);
    check("folders: [{path: A/}]", &expect!["`A/` is not a path: names joined by `/`"]);
    check(
        "folders: [{path: A}]\nreleases: [{name: R, folder: B}]",
        &expect!["`R` stands in the folder `B`, which is not listed"],
    );
    check(
        "folders: [{path: A}]\nreleases: [{name: R, folder: A}, {name: R, folder: A}]",
        &expect!["two releases have the name `A/R`"],
    );
    check(
        "folders: [{path: A}]\nreleases: [{name: R, folder: A, refuse: {status: 200, code: 1, message: m}}]",
        &expect!["`200` is not a status: from 400 to 599"],
    );
    check("robots: [{name: r, folders: [A]}]", &expect!["`r` stands in the folder `A`, which is not listed"]);
    check("robots: [{name: r, id: 1}, {name: s, id: 1}]", &expect!["two robots have the id `1`"]);
    check("first-job-id: 0", &expect!["`0` is not a first-job-id: a number from 1"]);
    check("life: {faults: [session]}", &expect!["`faults` is not a key of such a life: `Faulted` among its `ends`"]);
    check(
        "life: {pending-reasons: [Busy]}",
        &expect!["`Busy` is not a pending reason: `RobotBusy`, `TemplateNoHostsAvailable` and their like"],
    );
}

#[test]
fn a_text_that_is_not_a_world_says_what_is_wrong() {
    check(
        "folder: []",
        &expect![[r#"
            the world cannot be read
            unknown field `folder`, expected one of tenants, tenant-header, mode, switches, first-job-id, life, folders, releases, robots, machines, buckets, queues at line 1, column 1"#]],
    );
    check(
        "folders: [{path: A, kind: antique}]",
        &expect![[r#"
            the world cannot be read
            unknown variant `antique`, expected one of modern, classic at line 1, column 27"#]],
    );
    check(
        "life: {pending: 5}",
        &expect![[r#"
            the world cannot be read
            failed to parse input in the "friendly" duration format: expected to find unit designator suffix (e.g., `years` or `secs`) after parsing integer at line 1, column 17"#]],
    );
    check(
        "life: {pending: -5s}",
        &expect![[r#"
            the world cannot be read
            a duration is not negative at line 1, column 17"#]],
    );
    check(
        "life: {ends: []}",
        &expect![[r#"
            the world cannot be read
            `ends` names at least one state at line 1, column 14"#]],
    );
    check(
        "life: {ends: Faulted, faults: [sesion]}",
        &expect![[r#"
            the world cannot be read
            unknown variant `sesion`, expected one of session, capacity, quota, time-limit, platform, result-lost, business, application at line 1, column 32"#]],
    );
    check(
        "folders: [{path: A}]\nreleases: [{name: R, folder: A, life: 5s}]",
        &expect![[r#"
            the world cannot be read
            invalid type: string "5s", expected keys with their values, or a list of such at line 2, column 33"#]],
    );
    check(
        "folders: [{path: A}]\nreleases: [{name: R, folder: A, life: [{pending: 5}]}]",
        &expect![[r#"
            the world cannot be read
            failed to parse input in the "friendly" duration format: expected to find unit designator suffix (e.g., `years` or `secs`) after parsing integer at line 2, column 50"#]],
    );
    check(
        "life: {ends: Finished}",
        &expect![[r#"
            the world cannot be read
            unknown variant `Finished`, expected one of Pending, Running, Suspended, Successful, Faulted, Stopped at line 1, column 8"#]],
    );
}
