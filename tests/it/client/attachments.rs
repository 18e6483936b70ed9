//! Input files on their way: the attachment, then its content at the address that the server gives.

use std::collections::BTreeSet;
use std::sync::Arc;

use expect_test::{Expect, expect};
use sortie::exit::ExitStatus;
use sortie::ids::{FolderId, FolderRef};
use sortie::orchestrator::Client;
use sortie::resolve::RequiredNames;
use sortie::spec::ReleaseRef;

use crate::client::wire::{connection, ready_token, still};
use crate::support::brisk_clock::BriskClock;
use crate::support::raw_server::{Heard, RawServer, Reaction, answer, json};

const ID: &str = "5b754c63-5d1a-4c37-bb9b-74b69e4934bf";

/// Answers with an attachment whose content goes to `uri`.
fn attachment(uri: &str, more: &str) -> Reaction {
    json(
        201,
        &format!(
            r#"{{"@odata.context":"x","Id":"{ID}","Name":"in.json","BlobFileAccess":{{"Uri":"{uri}","Verb":"PUT","Headers":{{"Keys":["x-ms-blob-type","Authorization","Content-Length"],"Values":["BlockBlob","Basic stolen","7"]}}{more}}}}}"#
        ),
    )
}

async fn attach(server: &RawServer) -> Result<String, sortie::orchestrator::call_error::CallError> {
    let client = Client::new(connection(&server.url(), ready_token(), Arc::new(BriskClock::new()))).unwrap();
    let folder = FolderRef::Id(FolderId(7));
    client.attach(&folder, "in.json", r#"{"n":1}"#).await.map(|id| id.0.to_string())
}

fn shown(heard: &Heard) -> String {
    let header = |name: &str| heard.headers.get(name).map_or_else(String::new, |value| format!(" {name}={value}"));
    let headers: String =
        ["authorization", "content-type", "x-ms-blob-type", "x-uipath-organizationunitid", "content-length"]
            .into_iter()
            .map(header)
            .collect();
    format!("{} {}{headers} {}\n", heard.method, heard.target, heard.body)
}

#[track_caller]
fn check(server: &RawServer, expected: Expect) {
    expected.assert_eq(&server.heard().iter().map(shown).collect::<String>());
}

/// A store of contents, and an Orchestrator that sends there.
fn pair(more: &'static str) -> (RawServer, RawServer) {
    let store = RawServer::start(|_| Reaction::Answer(answer(201, "", "")));
    let address = format!("{}/blobs/1?sig=s3cr3t", store.url());
    (RawServer::start(move |_| attachment(&address, more)), store)
}

#[tokio::test]
async fn the_content_goes_where_the_server_says_without_our_token() {
    let (server, store) = pair(r#","RequiresAuth":false"#);
    assert_eq!(attach(&server).await.unwrap(), ID);
    check(
        &server,
        expect![[r#"
        POST /odata/Attachments authorization=Bearer token-of-this-test content-type=application/json x-uipath-organizationunitid=7 content-length=18 {"Name":"in.json"}
    "#]],
    );
    check(
        &store,
        expect![[r#"
        PUT /blobs/1?sig=s3cr3t x-ms-blob-type=BlockBlob content-length=7 {"n":1}
    "#]],
    );
}

#[tokio::test]
async fn the_token_goes_to_orchestrator_alone() {
    let server = RawServer::start(|heard| match heard.method.as_str() {
        "PUT" => Reaction::Answer(answer(201, "", "")),
        _ => attachment(&format!("http://{}/blobs/1", heard.header("host")), r#","RequiresAuth":true"#),
    });
    assert_eq!(attach(&server).await.unwrap(), ID);
    check(
        &server,
        expect![[r#"
        POST /odata/Attachments authorization=Bearer token-of-this-test content-type=application/json x-uipath-organizationunitid=7 content-length=18 {"Name":"in.json"}
        PUT /blobs/1 authorization=Bearer token-of-this-test x-ms-blob-type=BlockBlob content-length=7 {"n":1}
    "#]],
    );
    let (server, store) = pair(r#","RequiresAuth":true"#);
    let error = attach(&server).await.unwrap_err();
    assert!(store.heard().is_empty());
    expect!["uploading an input file: `SERVER` does not answer as Orchestrator does: HTTP 201: the address for the file wants our token, and is at another host"].assert_eq(&error.to_string().replace(&server.url(), "SERVER"));
}

#[tokio::test]
async fn an_unsafe_address_is_refused_and_not_shown() {
    for uri in
        ["http://evil.example/x?sig=s3cr3t", "https://u:p@store.example/x?sig=s3cr3t", "ftp://x/?sig=s3cr3t", "no"]
    {
        let server = RawServer::start(move |_| attachment(uri, ""));
        let error = attach(&server).await.unwrap_err().to_string();
        assert!(error.contains("the address for the file is") && !error.contains("s3cr3t"), "{uri}: {error}");
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_a_refusal_is_not() {
    let store = RawServer::start(|heard| {
        Reaction::Answer(if heard.number == 0 { answer(503, "", "") } else { answer(201, "", "") })
    });
    let address = format!("{}/blobs/1", store.url());
    let server = RawServer::start(move |heard| match heard.number {
        0 => Reaction::AnswerAndClose(answer(502, "", "")),
        _ => attachment(&address, ""),
    });
    assert_eq!(attach(&server).await.unwrap(), ID);
    assert_eq!((server.heard().len(), store.heard().len()), (2, 2));

    let server = RawServer::start(|_| json(404, r#"{"message":"No HTTP resource was found"}"#));
    let error = attach(&server).await.unwrap_err();
    assert_eq!((error.exit(), server.heard().len()), (ExitStatus::Fault, 1), "{error}");
}

#[tokio::test]
async fn machines_and_packages_are_looked_up_in_the_folder() {
    let machines =
        r#"{"value":[{"Id":31,"Name":"VM-01","HasMachineRobots":false},{"Id":32,"Name":null}],"@odata.count":2}"#;
    let releases = format!(
        r#"{{"value":[{{"Id":1,"Key":"{ID}","Name":"Loader","ProcessKey":"Acme.Loader","ProcessVersion":"1.2.0"}}],"@odata.count":1}}"#
    );
    let server = RawServer::start(move |heard| {
        json(200, if heard.target.contains("/Machines/") { machines } else { releases.as_str() })
    });
    let package = ReleaseRef::Package { package: "Acme.Loader".to_owned(), version: Some("1.2.0".to_owned()) };
    let wanted = RequiredNames {
        releases: BTreeSet::from([package]),
        machines: BTreeSet::from(["VM-01".to_owned()]),
        ..RequiredNames::default()
    };
    let client = Client::new(connection(&server.url(), ready_token(), Arc::new(still()))).unwrap();
    let contents = client.look_up(&FolderRef::Id(FolderId(7)), &wanted).await.unwrap();
    assert_eq!((contents.releases.len(), contents.machines.len()), (1, 2));
    let asked: Vec<String> =
        server.heard().iter().map(|heard| heard.target.replace("%20", " ").replace("%27", "'")).collect();
    expect![[r#"
        /odata/Releases?$select=Id,Key,Name,ProcessKey,ProcessVersion&$filter=ProcessKey eq 'Acme.Loader'&$orderby=Id&$top=1000&$count=true
        /odata/Machines/UiPath.Server.Configuration.OData.GetAssignedMachines(folderId=7)?$orderby=Id&$top=1000&$count=true"#]].assert_eq(&asked.join("\n"));
}
