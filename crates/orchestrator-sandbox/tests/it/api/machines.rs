//! Machines, sessions and runtimes; and starts that name them.

use std::time::Duration;

use orchestrator_sandbox::world::{FolderName, Robot};
use orchestrator_sandbox::{Options, World};
use serde_json::{Value, json};

use super::{INVOICES, Stand, answer, each};

const ODATA: &str = "UiPath.Server.Configuration.OData";

async fn get(stand: &Stand, target: &str) -> Value {
    let (status, body) = stand.get_in_7(&format!("/odata/{target}")).await;
    assert_eq!(status, 200, "{target}: {body}");
    body
}

#[tokio::test]
async fn machines_are_found_by_name_and_by_folder() {
    let stand = Stand::new();
    let cases = [
        ("Machines".to_owned(), vec![31, 32]),
        ("Machines?$filter=Name eq 'VM-02'".to_owned(), vec![32]),
        (format!("Machines/{ODATA}.GetAssignedMachines(folderId=7)"), vec![31]),
        (format!("Machines/{ODATA}.GetAssignedMachines(folderId=8)"), vec![32]),
        (format!("Machines/{ODATA}.GetAssignedMachines(folderId=11)"), vec![]),
        (format!("Folders/{ODATA}.GetMachinesForFolder(key=7)"), vec![31]),
    ];
    for (target, expected) in cases {
        assert_eq!(each(&get(&stand, &target).await, "Id"), expected, "{target}");
    }
    assert_eq!(get(&stand, "Machines(31)").await["Name"], "VM-01");
    assert_eq!(stand.get_in_7("/odata/Machines(33)").await.0, 404);
    let unknown = format!("/odata/Machines/{ODATA}.GetAssignedMachines(folderId=99)");
    assert_eq!(stand.get_in_7(&unknown).await.1["errorCode"], 1100);
}

#[tokio::test]
async fn a_robot_brings_its_machine_which_narrows_the_lists() {
    let world = super::world().robot(Robot::named("ETL-03").id(1555).machine("VM-03").folder("Finance/AP"));
    let stand = Stand::with(&world, Options::default());
    let machines = format!("Machines/{ODATA}.GetAssignedMachines(folderId=7)");
    assert_eq!(each(&get(&stand, &machines).await, "Name"), ["VM-01", "VM-03"]);
    let of_robot = format!("{machines}?robotId=1555");
    assert_eq!(each(&get(&stand, &of_robot).await, "Name"), ["VM-03"]);
    // A robot without a machine works on any.
    assert_eq!(each(&get(&stand, &format!("{machines}?robotId=1553")).await, "Id").len(), 2);
    let robots = |machine: i64| format!("Robots/{ODATA}.GetFolderRobots(folderId=7,machineId={machine})");
    assert_eq!(each(&get(&stand, &robots(31)).await, "Id"), [1553, 1554]);
    assert_eq!(each(&get(&stand, &robots(33)).await, "Id"), [1553, 1554, 1555]);
    assert_eq!(stand.get_in_7(&format!("/odata/{}", robots(99))).await.0, 404);
    let narrowed = format!("Robots/{ODATA}.GetRobotsFromFolder(folderId=7)?machineId=31");
    assert_eq!(each(&get(&stand, &narrowed).await, "Id"), [1553, 1554]);
}

#[tokio::test]
async fn sessions_tell_their_machine_and_how_many_of_its_runtimes_work() {
    let stand = Stand::new();
    let runtimes = format!("Sessions/{ODATA}.GetMachineSessionRuntimesByFolderId(folderId=7)");
    let row = |body: &Value| {
        let row = &body["value"][0];
        json!([row["SessionId"], row["MachineId"], row["Runtimes"], row["UsedRuntimes"], row["Status"]])
    };
    assert_eq!(row(&get(&stand, &runtimes).await), json!([70_031, 31, 2, 0, "Available"]));
    stand.start_in_7(json!({"ReleaseKey": INVOICES, "JobsCount": 2, "MachineSessionIds": [70_031]})).await;
    assert_eq!(row(&get(&stand, &runtimes).await)[3], 0, "pending ones use none");
    stand.clock.advance(Duration::from_secs(10));
    assert_eq!(row(&get(&stand, &runtimes).await), json!([70_031, 31, 2, 2, "Busy"]));
    let free = get(&stand, &format!("Machines/{ODATA}.GetRuntimesForFolder(folderId=7)")).await;
    assert_eq!(free["value"][0], json!({"Type": "Unattended", "Total": 2, "Connected": 2, "Available": 0}));

    assert_eq!(each(&get(&stand, &format!("{runtimes}?runtimeType=Unattended")).await, "SessionId"), [70_031]);
    assert_eq!(
        each(&get(&stand, &format!("{runtimes}?runtimeType=Serverless")).await, "SessionId"),
        Vec::<&Value>::new()
    );
    assert_eq!(stand.get_in_7(&format!("/odata/{runtimes}?runtimeType=Steam")).await.0, 400);
    let lists = [
        ("Sessions".to_owned(), "Id", vec![70_031]),
        (format!("Sessions/{ODATA}.GetGlobalSessions"), "Id", vec![70_031, 70_032]),
        (format!("Sessions/{ODATA}.GetMachineSessions(key=32)"), "Id", vec![70_032]),
        (format!("Sessions/{ODATA}.GetMachineSessionRuntimes"), "SessionId", vec![70_031, 70_032]),
    ];
    for (target, name, expected) in lists {
        assert_eq!(each(&get(&stand, &target).await, name), expected, "{target}");
    }
}

#[tokio::test]
async fn a_start_that_names_a_machine_runs_there() {
    let stand = Stand::new();
    let starts = [
        (json!({"MachineSessionIds": [70_031]}), (json!("VM-01"), json!(null))),
        (json!({"MachineRobots": [{"MachineId": 31, "RobotId": 1554}]}), (json!("VM-01"), json!("ETL-02"))),
        (
            json!({"MachineRobots": [{"MachineName": "VM-01", "RobotUserName": "ACME\\etl01"}]}),
            (json!("VM-01"), json!("ETL-01")),
        ),
        (json!({"RobotIds": [1553]}), (json!(null), json!("ETL-01"))),
    ];
    for (mut start, (machine, robot)) in starts {
        start["ReleaseKey"] = json!(INVOICES);
        let (status, body) = stand.start_in_7(start.clone()).await;
        assert_eq!(status, 201, "{start}: {body}");
        let id = &body["value"][0]["Id"];
        let job = get(&stand, &format!("Jobs({id})?$expand=Machine,Robot")).await;
        assert_eq!((&job["Machine"]["Name"], &job["Robot"]["Name"]), (&machine, &robot), "{start}");
    }
    stand.clock.advance(Duration::from_secs(10));
    assert_eq!(get(&stand, "Jobs(160856)").await["HostMachineName"], "VM-01");
    let (_, list) = stand.get_in_7("/odata/Jobs?$filter=Machine/Id eq 31").await;
    assert_eq!(each(&list, "Id").len(), 3);
}

#[tokio::test]
async fn a_machine_that_is_not_in_the_folder_is_refused() {
    let stand = Stand::new();
    let starts = [
        json!({"MachineSessionIds": [70_032]}),
        json!({"MachineSessionIds": [31]}),
        json!({"MachineRobots": [{"MachineId": 32}]}),
        json!({"MachineRobots": [{"MachineName": "VM-09"}]}),
        json!({"MachineRobots": [{"MachineId": 31, "RobotId": 1}]}),
        json!({"MachineRobots": [{"MachineId": 31, "RobotUserName": "nobody"}]}),
    ];
    for mut start in starts {
        start["ReleaseKey"] = json!(INVOICES);
        assert_eq!(stand.start_in_7(start.clone()).await.0, 409, "{start}");
    }
    assert!(stand.sandbox.jobs().is_empty());
}

#[tokio::test]
async fn an_obliging_world_has_the_machine_that_is_asked_for() {
    let stand = Stand::with(&World::obliging(), Options::default());
    let start = json!({"ReleaseKey": INVOICES, "MachineSessionIds": [4], "JobsCount": 2});
    let (status, body) = stand.start_in_7(start).await;
    assert_eq!(status, 201, "{body}");
    let by_name =
        format!("Sessions/{ODATA}.GetMachineSessionRuntimesByFolderId(folderId=7)?$filter=MachineName eq 'VM-7'");
    assert_eq!(each(&get(&stand, &by_name).await, "MachineName"), ["VM-7"]);
    let mut world = World::new();
    world.provide_machine(&FolderName::Path("A".to_owned()), "VM-1");
    world.provide_machine(&FolderName::Path("B".to_owned()), "VM-1");
    let stand = Stand::with(&world, Options::default());
    let (_, machines) = answer(stand.get("/odata/Machines")).await;
    assert_eq!(each(&machines, "Name"), ["VM-1"]);
}
