//! From a plan by name to requests by id.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use serde_json::Value;
use sortie::ids::{FolderRef, MachineId, Ordinal, ReleaseKey, RobotId, RunId};
use sortie::plan;
use sortie::resolve::{self, Directory, FolderContents, FoundMachine, FoundRelease, FoundRobot};

use crate::plan::{HEAD, briefly, inputs};

fn directory() -> Directory {
    let release = |name: &str, key: u128| FoundRelease {
        key: ReleaseKey(uuid::Uuid::from_u128(key)),
        name: name.to_owned(),
        process_key: Some("Pkg".to_owned()),
        version: Some("1.0.2".to_owned()),
        environment: None,
        description: None,
    };
    let robot = |id, name: &str, username: &str| FoundRobot {
        id: RobotId(id),
        name: Some(name.to_owned()),
        username: Some(username.to_owned()),
    };
    let machine = |id, name: &str| FoundMachine { id: MachineId(id), name: Some(name.to_owned()) };
    let shared = FolderContents {
        releases: vec![
            release("Loader", 1),
            FoundRelease { environment: Some("TEST".to_owned()), ..release("Twin", 2) },
            FoundRelease { description: Some("The\u{a0}real one".to_owned()), ..release("Twin", 3) },
            release("Classic_Env", 4),
            FoundRelease { process_key: Some("Other".to_owned()), ..release("Another", 5) },
            FoundRelease { version: Some("1.0.3".to_owned()), ..release("Newest", 6) },
        ],
        robots: vec![
            robot(7, "ETL-01", r"ACME\etl1"),
            robot(8, "ETL-02", r"ACME\etl2"),
            robot(9, "ETL-03", r"CORP\etl2"),
        ],
        machines: vec![machine(31, "VM-01"), machine(32, "VM-02"), machine(33, "vm-02")],
    };
    let contents_by_folder = BTreeMap::from([(FolderRef::Path("Shared".to_owned()), shared)]);
    Directory { contents_by_folder, ..Directory::default() }
}

#[track_caller]
fn check_resolve(body: &str, expected: Expect) {
    let (sources, outcome) = plan::make(&inputs(&format!("{HEAD}{body}")));
    let run = RunId::new_at(0, [0; 10]);
    let (requests, diagnostics) = outcome.and_then(|plan| resolve::resolve(plan, &directory(), run)).into_parts();
    let mut shown = briefly(&sources, &diagnostics);
    for index in 0..requests.as_ref().map_or(0, resolve::Requests::len) {
        let request = requests.as_ref().unwrap().get(Ordinal::from(index));
        let body: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(body["startInfo"]["Reference"], request.reference.as_str());
        let key = &request.release.to_string()[35..];
        let ids = ["RobotIds", "MachineRobots"].map(|name| body["startInfo"].get(name).map(Value::to_string));
        let robots = ids.map(Option::unwrap_or_default).concat();
        shown.push_str(&format!("{} release {key} robots {robots} expects {:?}\n", request.launch, request.expected));
    }
    expected.assert_eq(&shown);
}

#[test]
fn names_get_their_ids() {
    check_resolve(
        "jobs:\n  a: {release: Loader, robots: [etl-01, 5, 'ACME\\etl2']}\n  b: {release: 00000000-0000-0000-0000-000000000009, robots: [ETL1], strategy: ModernJobsCount, count: 2}\n  c: {release: Loader, strategy: All}\n",
        expect![[r#"
            a release 1 robots [7,5,8] expects Exactly(3)
            b release 9 robots [7] expects Exactly(2)
            c release 1 robots  expects AtLeastOne
        "#]],
    );
}

#[test]
fn machines_get_their_ids_and_packages_and_versions_their_release() {
    check_resolve(
        "jobs:\n  a: {release: Loader, machines: [vm-01, 5]}\n  b: {release: {name: Loader, version: 1.0.2}, machine-robots: [{machine: VM-01, robot: ETL-02}, {machine: 6, robot: 7}]}\n  c: {release: {package: Other}}\n  d: {release: {package: Pkg, version: 1.0.3}}\n",
        expect![[r#"
            a release 1 robots [{"MachineId":31},{"MachineId":5}] expects Exactly(1)
            b release 1 robots [{"MachineId":31,"RobotId":8},{"MachineId":6,"RobotId":7}] expects Exactly(1)
            c release 5 robots  expects Exactly(1)
            d release 6 robots  expects Exactly(1)
        "#]],
    );
    check_resolve(
        "jobs:\n  a: {release: Loader, machines: [VM-03, VM-02], machine-sessions: [1]}\n  b: {release: {name: Loader, version: 1.0.3}}\n  c: {release: {package: Pkg}}\n  d: {release: {package: Othre}}\n  e: {release: {package: Pkg, version: 2.0.0}}\n  f: {release: {name: Loadr, version: 1.0.2}}\n  g: {release: Loader, machine-robots: [{machine: VM-01, robot: ETL-9}]}\n  h: {release: {name: Loader, version: 1.0.3}}\n",
        expect![[r#"
            unknown-machine 5:35 [VM-03] folder `Shared` has no machine `VM-03` | did you mean `VM-01`?
            ambiguous 5:42 [VM-02] `VM-02` fits 2 machines of folder `Shared` | name it by its number: 32 (VM-02); 33 (vm-02)
            release-version 6:16 [{name: Loader, version: 1.0.3}] release `Loader` of folder `Shared` has version 1.0.2, and the manifest asserts 1.0.3 | nothing is started with another version: update the process in Orchestrator, or `version` here | and in 1 more launches
            ambiguous 7:16 [{package: Pkg}] package `Pkg` has 5 releases in folder `Shared` | write the release that is meant, by its key: `Loader` (version 1.0.2, package Pkg, key 00000000-0000-0000-0000-000000000001); `Twin` (version 1.0.2, environment TEST, package Pkg, key 00000000-0000-0000-0000-000000000002); `Twin` (version 1.0.2, "The\u{a0}real one", package Pkg, key 00000000-0000-0000-0000-000000000003); `Classic_Env` (version 1.0.2, package Pkg, key 00000000-0000-0000-0000-000000000004); `Newest` (version 1.0.3, package Pkg, key 00000000-0000-0000-0000-000000000006)
            unknown-release 8:16 [{package: Othre}] folder `Shared` has no release of package `Othre` | did you mean `Other`?
            release-version 9:16 [{package: Pkg, version: 2.0.0}] release of package `Pkg` of folder `Shared` has version 1.0.2 and 1.0.3, and the manifest asserts 2.0.0 | nothing is started with another version: update the process in Orchestrator, or `version` here
            unknown-release 10:16 [{name: Loadr, version: 1.0.2}] folder `Shared` has no release `Loadr` | did you mean `Loader`?
            unknown-robot 11:41 [{machine: VM-01, robot: ETL-9}] folder `Shared` has no robot `ETL-9` | did you mean `ETL-01`?
        "#]],
    );
}

#[test]
fn names_without_an_id_are_explained_once_at_their_place() {
    check_resolve(
        "jobs:\n  a: {release: Loadr, robots: [ETL-01, ETL-99]}\n  b: {release: Loadr}\n  c: {release: Twin}\n  d: {release: Classic}\n  e: {release: Loader, robots: [etl2]}\n  f: {release: Loader, folder: Empty}\n  g: {release: Zebra}\n",
        expect![[r#"
            unknown-release 5:16 [Loadr] folder `Shared` has no release `Loadr` | did you mean `Loader`? | and in 1 more launches
            unknown-robot 5:40 [ETL-99] folder `Shared` has no robot `ETL-99` | did you mean `ETL-01`?
            ambiguous 7:16 [Twin] `Twin` fits 2 releases of folder `Shared` | write the release that is meant, by its key: `Twin` (version 1.0.2, environment TEST, package Pkg, key 00000000-0000-0000-0000-000000000002); `Twin` (version 1.0.2, "The\u{a0}real one", package Pkg, key 00000000-0000-0000-0000-000000000003)
            unknown-release 8:16 [Classic] folder `Shared` has no release `Classic` | did you mean `Classic_Env`?
            ambiguous 9:33 [etl2] `etl2` fits 2 robots of folder `Shared` | name it by its number: 8 (ETL-02 as ACME\etl2); 9 (ETL-03 as CORP\etl2)
            unknown-release 10:16 [Loader] folder `Empty` has no release `Loader` | the folder has no release that this login may see; is it the right one?
            unknown-release 11:16 [Zebra] folder `Shared` has no release `Zebra` | the folder has `Another`, `Classic_Env`, `Loader`, `Newest` and `Twin`
        "#]],
    );
    check_resolve(
        "jobs:\n  a: {release: Loader, robots: [ETL-01, etl1]}\n",
        expect![[r#"
        conflict 5:41 [etl1] two of the robots of `a` are one, number 7 | name each robot once
    "#]],
    );
}
