//! Folder navigation, robots across folders, and a package's arguments.

use orchestrator_sandbox::world::{Argument, Folder, Release};
use orchestrator_sandbox::{Options, World};
use serde_json::{Value, json};

use super::{INVOICES, Stand, answer, each};

#[tokio::test]
async fn the_tree_of_folders_tells_levels_and_children() {
    let stand = Stand::new();
    let (status, tree) = answer(stand.get("/api/FoldersNavigation/GetAllFoldersForCurrentUser")).await;
    assert_eq!(status, 200);
    let of = |name: &str| {
        let folder = tree.as_array().unwrap().iter().find(|folder| folder["FullyQualifiedName"] == name).unwrap();
        json!([folder["Level"], folder["HasChildren"], folder["IsSelectable"], folder["ParentId"]])
    };
    assert_eq!(of("Finance"), json!([0, true, true, null]));
    assert_eq!(of("Finance/AP"), json!([1, false, true, 6]));
}

#[tokio::test]
async fn folders_are_searched_by_their_text_and_type() {
    let stand = Stand::new();
    let names = |query: &'static str| {
        let target = format!("/api/FoldersNavigation/GetFoldersForCurrentUser{query}");
        let request = stand.get(&target);
        async move {
            let (status, body) = answer(request).await;
            let items = body["PageItems"].as_array().cloned().unwrap_or_default();
            let names: Vec<String> =
                items.iter().map(|item| item["DisplayName"].as_str().unwrap().to_owned()).collect();
            (status, names, body["Count"].as_u64())
        }
    };
    let some = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(names("?searchText=fin").await, (200, some(&["Finance", "AP"]), Some(2)));
    assert_eq!(names("?searchText=fin&take=1&skip=1").await, (200, some(&["AP"]), Some(2)));
    assert_eq!(names("?folderTypes=Personal").await, (200, vec![], Some(0)));
    assert_eq!(names("?folderTypes=Personal&folderTypes=Standard").await.2, Some(7));
    assert_eq!(names("?folderTypes=Odd").await.0, 400);
    assert_eq!(names("?take=101").await.0, 400);
}

#[tokio::test]
async fn robots_are_found_across_folders_with_their_users_and_by_release() {
    let stand = Stand::new();
    let everywhere = "/odata/Robots/UiPath.Server.Configuration.OData.FindAllAcrossFolders";
    let (_, robots) = answer(stand.get(&format!("{everywhere}?$expand=User"))).await;
    assert_eq!(each(&robots, "Id"), [1553, 1554]);
    assert_eq!(robots["value"][0]["User"]["UserName"], "ACME\\etl01");
    let of =
        |id: String| format!("/odata/Robots/UiPath.Server.Configuration.OData.GetRobotsForProcess(processId='{id}')");
    for id in ["1".to_owned(), INVOICES.to_string(), "Invoice_Loader".to_owned()] {
        assert_eq!(each(&stand.get_in_7(&of(id.clone())).await.1, "Id"), [1553, 1554], "{id}");
    }
    assert_eq!(stand.get_in_7(&of("99".to_owned())).await.0, 404);
}

#[tokio::test]
async fn a_packages_arguments_are_two_texts() {
    let amount = Argument { r#type: "System.Int32".to_owned(), required: true, has_default: false };
    let release = Release { version: Some("2.0.1".to_owned()), ..Release::named("My Loader") };
    let world = World::new().folder(Folder::at("A").id(7)).release(release.folder("A").input("amount", amount));
    let stand = Stand::with(&world, Options::default());
    let get = |key: &str| {
        let target = format!("/odata/Processes/UiPath.Server.Configuration.OData.GetArguments(key='{key}')");
        answer(stand.get(&target))
    };
    let (status, body) = get("My_Loader:2.0.1").await;
    assert_eq!(status, 200, "{body}");
    let input: Value = serde_json::from_str(body["Input"].as_str().unwrap()).unwrap();
    assert_eq!((&input[0]["name"], &input[0]["required"]), (&json!("amount"), &json!(true)));
    assert_eq!(body["Output"], "[]");
    // As in the release itself.
    let (_, release) = stand.get_in_7("/odata/Releases(1)").await;
    assert_eq!(release["Arguments"], json!({"Input": body["Input"], "Output": body["Output"]}));
    assert_eq!(get("My_Loader:2.0.0").await.0, 404);
}
