//! Attachments for large arguments, buckets, and the addresses of their contents.

use orchestrator_sandbox::world::Switches;
use orchestrator_sandbox::world::switches::ArgumentChecking;
use serde_json::{Value, json};

use super::{INVOICES, Stand, answer, each};

/// Makes an attachment; returns its id, and where and with which headers its content is put.
async fn attach(stand: &Stand) -> (Value, String, Vec<(String, String)>) {
    let (status, body) = stand.post_in_7("/odata/Attachments", &json!({"Name": "input.json"})).await;
    assert_eq!(status, 201, "{body}");
    let access = &body["BlobFileAccess"];
    assert_eq!((&access["Verb"], &access["RequiresAuth"]), (&json!("PUT"), &json!(false)));
    let texts = |name: &str| -> Vec<String> {
        let texts = access["Headers"][name].as_array().unwrap().iter();
        texts.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let headers = texts("Keys").into_iter().zip(texts("Values")).collect();
    (body["Id"].clone(), access["Uri"].as_str().unwrap().to_owned(), headers)
}

/// Puts a content at an address, without a token.
async fn put(stand: &Stand, uri: &str, headers: &[(String, String)], content: String) -> u16 {
    let request = stand.http.put(uri).body(content);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    answer(request).await.0
}

#[tokio::test]
async fn arguments_beyond_the_limit_go_by_a_file() {
    let stand = Stand::new();
    let arguments = json!({"message": "x".repeat(20_000)}).to_string();
    let (id, uri, headers) = attach(&stand).await;
    let start = json!({"ReleaseKey": INVOICES, "InputFile": id});
    let (status, body) = stand.start_in_7(start.clone()).await;
    assert_eq!((status, &body["message"]), (400, &json!("The input file has no content.")));
    assert_eq!(put(&stand, &uri, &headers, arguments.clone()).await, 201);
    let (status, body) = stand.start_in_7(start).await;
    assert_eq!((status, &body["value"][0]["InputFile"], &body["value"][0]["InputArguments"]), (201, &id, &json!(null)));

    // What was put can be got, by an address of its own and without a token.
    let (_, attachment) = answer(stand.get(&format!("/odata/Attachments({})", id.as_str().unwrap()))).await;
    assert_eq!((&attachment["Name"], &attachment["BlobFileAccess"]["Verb"]), (&json!("input.json"), &json!("GET")));
    let read = attachment["BlobFileAccess"]["Uri"].as_str().unwrap();
    assert_eq!(stand.http.get(read).send().await.unwrap().text().await.unwrap(), arguments);

    let (_, list) = stand.get_in_7("/odata/Attachments").await;
    assert_eq!(each(&list, "Id"), [&id]);
    assert!(list["value"][0].get("BlobFileAccess").is_none(), "{list}");
    let delete = stand.http.delete(format!("{}/odata/Attachments({})", stand.sandbox.url(), id.as_str().unwrap()));
    let delete = delete.bearer_auth(stand.sandbox.token()).header("X-UIPATH-OrganizationUnitId", 7);
    assert_eq!(answer(delete).await, (204, Value::Null));
    let (status, body) = stand.start_in_7(json!({"ReleaseKey": INVOICES, "InputFile": id})).await;
    assert_eq!((status, &body["message"]), (404, &json!("Attachment does not exist.")));
}

#[tokio::test]
async fn an_address_is_good_for_its_own_method_and_content_only() {
    let stand = Stand::new();
    let (_, uri, headers) = attach(&stand).await;
    let (_, other, _) = attach(&stand).await;
    assert_eq!(answer(stand.http.get(&uri)).await.0, 403, "it is for a PUT");
    assert_eq!(put(&stand, &uri.replace("sig=", "sig=0"), &headers, "{}".to_owned()).await, 403);
    let crossed = uri.split('?').next().unwrap().to_owned() + "?" + other.split('?').nth(1).unwrap();
    assert_eq!(put(&stand, &crossed, &headers, "{}".to_owned()).await, 403);
    assert_eq!(put(&stand, &uri, &[], "{}".to_owned()).await, 400, "the header that goes with it");
    assert_eq!(put(&stand, &uri, &headers, "{}".to_owned()).await, 201);
    // The address is a secret, and the record keeps none.
    let record = serde_json::to_string(&stand.sandbox.record()).unwrap();
    assert!(record.contains("/sandbox/blobs/") && !record.contains("sig="), "{record}");
}

#[tokio::test]
async fn a_large_content_is_taken_and_a_larger_one_is_not() {
    let stand = Stand::new();
    let (_, uri, headers) = attach(&stand).await;
    assert_eq!(put(&stand, &uri, &headers, "x".repeat(2 << 20)).await, 201);
    assert_eq!(put(&stand, &uri, &headers, "x".repeat((16 << 20) + 1)).await, 413);
}

#[tokio::test]
async fn a_file_is_compared_with_the_signature_where_the_switch_says_so() {
    use orchestrator_sandbox::world::{Argument, Folder, Release, World};
    let world = World::new()
        .folder(Folder::at("A").id(7))
        .release(Release::named("R").folder("A").input("message", Argument::default()))
        .switches(Switches { argument_checking: ArgumentChecking::Signature, ..Switches::default() });
    let stand = Stand::with(&world, orchestrator_sandbox::Options::default());
    for (content, expected) in [("{\"message\":\"x\"}", 201), ("{\"massage\":\"x\"}", 400), ("[]", 400)] {
        let (id, uri, headers) = attach(&stand).await;
        assert_eq!(put(&stand, &uri, &headers, content.to_owned()).await, 201);
        assert_eq!(stand.start_in_7(json!({"ReleaseName": "R", "InputFile": id})).await.0, expected, "{content}");
    }
}

#[tokio::test]
async fn an_attachment_needs_a_name_and_nothing_that_the_api_does_not_have() {
    let stand = Stand::new();
    for body in [json!({}), json!({"Name": ""}), json!({"Name": "x".repeat(257)}), json!({"Name": "x", "Nome": 1})] {
        assert_eq!(stand.post_in_7("/odata/Attachments", &body).await.0, 400, "{body}");
    }
    assert_eq!(answer(stand.post("/odata/Attachments", &json!({"Name": "x"}))).await.1["errorCode"], 1101);
    assert_eq!(stand.get_in_7("/odata/Attachments(00000000-0000-4000-8000-000000000000)").await.0, 404);
}

#[tokio::test]
async fn a_bucket_gives_addresses_to_write_and_read_at() {
    let stand = Stand::new();
    let (_, buckets) = stand.get_in_7("/odata/Buckets?$filter=Name eq 'Reports'").await;
    assert_eq!(each(&buckets, "Id"), [5]);
    let uri = |verb: &str| {
        let target = format!("/odata/Buckets(5)/UiPath.Server.Configuration.OData.Get{verb}Uri?path=2026/total.txt");
        let answered = stand.get(&target).header("X-UIPATH-OrganizationUnitId", 7);
        async move { answer(answered).await.1["Uri"].as_str().unwrap().to_owned() }
    };
    let read = uri("Read").await;
    assert_eq!(answer(stand.http.get(&read)).await.0, 404, "nothing is there yet");
    let headers = [("x-ms-blob-type".to_owned(), "BlockBlob".to_owned())];
    assert_eq!(put(&stand, &uri("Write").await, &headers, "3".to_owned()).await, 201);
    assert_eq!(stand.http.get(&read).send().await.unwrap().text().await.unwrap(), "3");

    let everywhere = "/odata/Buckets/UiPath.Server.Configuration.OData.GetBucketsAcrossFolders";
    assert_eq!(each(&answer(stand.get(everywhere)).await.1, "Id"), [5]);
    let excluded = format!("{everywhere}?excludeFolderId=7");
    assert_eq!(each(&answer(stand.get(&excluded)).await.1, "Id"), Vec::<&Value>::new());
    let elsewhere = stand.get("/odata/Buckets(5)/UiPath.Server.Configuration.OData.GetReadUri?path=a");
    assert_eq!(answer(elsewhere.header("X-UIPATH-OrganizationUnitId", 8)).await.0, 404);
}
