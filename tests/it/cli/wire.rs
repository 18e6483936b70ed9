//! What leaves the program, byte by byte, and what it makes of answers that are lost.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::Program;
use crate::support::raw_server::{self, Heard, RawServer, Reaction};

/// The answer that the seed recorded.
const RECORDED: &str = r#"{"@odata.context": "https://beta.uipath.com/odata/$metadata#Jobs", "value": [{
    "Key": "b618cdfd-8714-4dbf-9a00-0586a8953c90", "StartTime": null, "EndTime": null, "State": "Pending",
    "Source": "Manual", "SourceType": "Manual", "BatchExecutionKey": "abbbb5de-d46a-4b9b-8f73-8a3247be0a0e", "Info": null,
    "CreationTime": "2018-09-21T13:28:31.1449691Z", "StartingScheduleId": null, "ReleaseName": "Heyyo_playground",
    "Type": "Unattended", "InputArguments": "{\"greeting\":\"Aloha\"}", "OutputArguments": null, "Id": 160856}]}"#;

/// Answers a start as the seed's server did, and a list with nothing.
fn as_recorded(heard: &Heard) -> Reaction {
    if heard.method == "GET" { nothing_listed() } else { raw_server::json(201, RECORDED) }
}

fn nothing_listed() -> Reaction {
    raw_server::json(200, r#"{"value": []}"#)
}

fn against(server: &RawServer, command: &str) -> Program {
    Program::sortie(command)
        .samples()
        .env("UIPATH_URL", &server.url())
        .env("UIPATH_TENANT", "acme")
        .env("UIPATH_ACCESS_TOKEN", "t0ken-of-the-seed")
}

#[test]
fn the_seed_is_launched_by_the_seeds_own_request() {
    let server = RawServer::start(as_recorded);
    let run = against(&server, "run specs/seed.yaml --param folder:=7 --format json").run();
    assert_eq!(run.code, 0, "{}", run.shown());

    let heard = server.heard();
    let [listed, request] = heard.as_slice() else { panic!("a list, a start, and nothing else: {heard:?}") };
    assert!(listed.target.starts_with("/odata/Jobs?$filter="), "whether lost answers could be settled: {listed:?}");
    assert_eq!(request.method, "POST");
    assert_eq!(request.target, "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs");
    let wanted: BTreeMap<&str, &str> = BTreeMap::from([
        ("authorization", "Bearer t0ken-of-the-seed"),
        ("content-type", "application/json"),
        ("x-uipath-tenantname", "acme"),
        ("x-uipath-organizationunitid", "7"),
    ]);
    for (name, value) in &wanted {
        assert_eq!(request.header(name), *value, "{name}");
    }
    // `JobsCount: 0` and `Source` are the server's defaults, and sent only where the author wrote them.
    let mut body: Value = serde_json::from_str(&request.body).unwrap();
    let reference = body["startInfo"].as_object_mut().unwrap().shift_remove("Reference").unwrap();
    let seed = json!({ "startInfo": {
        "ReleaseKey": "5b754c63-5d1a-4c37-bb9b-74b69e4934bf",
        "Strategy": "Specific",
        "RobotIds": [1553],
        "InputArguments": "{\"message\":\"Aloha\"}",
    }});
    assert_eq!(body, seed);

    let launch = &run.json()["launches"][0];
    assert_eq!(launch["reference"], reference);
    let job = &launch["robot-jobs"][0];
    assert_eq!((&job["id"], &job["creation-time"]), (&json!(160_856), &json!("2018-09-21T13:28:31.1449691Z")));
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_nothing_is_sent_again() {
    // The start is cut off, and from then on the job list too: nobody can tell, however long it is asked for.
    let is_cut = AtomicBool::new(false);
    let server = RawServer::start(move |heard| {
        let was_cut = is_cut.fetch_or(heard.method == "POST", Ordering::SeqCst);
        if was_cut || heard.method == "POST" { Reaction::Reset } else { nothing_listed() }
    });
    let (mut command, _folder) = against(&server, "run specs/seed.yaml --param folder:=7").into_command();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    server.until(3).await;
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!((output.status.code(), server.count("StartJobs")), (Some(130), 1), "{stdout}");
    for words in
        ["1 unknown", "aloha  folder id 7  Reference sortie-", "$filter=CreationTime ge 20", "Look for each Reference"]
    {
        assert!(stdout.contains(words), "{words}: {stdout}");
    }
}

#[test]
fn a_redirect_is_not_followed_and_the_token_stays() {
    let other = RawServer::start(|_| Reaction::Silence);
    let location = other.url();
    let answer = move |heard: &Heard| {
        if heard.method == "GET" {
            return nothing_listed();
        }
        Reaction::Answer(
            format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
                .into_bytes(),
        )
    };
    let server = RawServer::start(answer);
    let run = against(&server, "run specs/seed.yaml --param folder:=7").run();
    assert_eq!((run.code, other.connections()), (1, 0), "{}", run.shown());
    assert!(run.stdout.contains("1 not-sent"), "{}", run.shown());
}

#[test]
fn a_proxy_of_the_environment_is_not_used() {
    let proxy = RawServer::start(|_| Reaction::Silence);
    let server = RawServer::start(as_recorded);
    let mut program = against(&server, "run specs/seed.yaml --param folder:=7");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        program = program.env(name, &proxy.url());
    }
    let run = program.run();
    assert_eq!((run.code, proxy.connections()), (0, 0), "{}", run.shown());
}

#[test]
fn a_secret_of_the_profile_among_the_inputs_is_refused_before_anything_is_kept() {
    let server = RawServer::start(as_recorded);
    let config = format!("profiles:\n  p: {{ url: {}, auth: {{ token: {{ env: T }} }} }}\n", server.url());
    let manifest = "version: 1\nname: m\nfolder: { id: 7 }\nparams: { key: { type: string } }\njobs:\n  a: { release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf, arguments: { key: '${{ params.key }}' } }\n";
    let run = Program::sortie("run m.yaml --config c.yaml --ledger l.db --param key=canary-4711")
        .file("m.yaml", manifest)
        .file("c.yaml", &config)
        .env("T", "canary-4711")
        .run();
    assert_eq!((run.code, server.heard().len()), (3, 0), "{}", run.shown());
    let kept = fs::read(run.folder.path().join("l.db")).unwrap();
    let finds = |bytes: &[u8]| bytes.windows(4).any(|four| four == b"4711");
    assert!(!finds(&kept) && !finds(run.shown().as_bytes()), "{}", run.shown());
    assert_eq!(Program::sortie("runs --ledger").arg(run.folder.path().join("l.db")).run().stdout, "no run yet\n");
}
