//! The record: what a test in this process, or in another one, can hold a client against.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use orchestrator_sandbox::Options;
use serde_json::{Value, json};

use super::{INVOICES, START_JOBS, Stand, answer};

async fn lines(stand: &Stand, page: &str) -> Vec<Value> {
    let response = stand.get(page).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"application/x-ndjson".parse().unwrap())
    );
    let text = response.text().await.unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn every_request_is_recorded_in_order_with_its_answer() {
    let stand = Stand::new();
    stand.get_in_7("/odata/Jobs?$top=1").await;
    stand.clock.advance(std::time::Duration::from_millis(1500));
    stand.start_in_7(json!({"ReleaseKey": INVOICES, "JobsCount": 2, "Reference": "r"})).await;
    stand.start_in_7(json!({})).await;

    let record = lines(&stand, "/sandbox/record").await;
    let brief: Vec<Value> = record
        .iter()
        .map(|line| json!([line["number"], line["operation"], line["status"], line["error-code"]]))
        .collect();
    assert_eq!(
        brief,
        [json!([1, "Jobs", 200, null]), json!([2, "StartJobs", 201, null]), json!([3, "StartJobs", 400, 9001])]
    );
    let start = &record[1];
    assert_eq!((&start["method"], &start["target"]), (&json!("POST"), &json!(START_JOBS)));
    assert_eq!(start["at"], "2026-01-31T12:00:01.6234567Z");
    assert_eq!(start["at-us"], 1_500_000);
    assert_eq!(start["created"], json!([160_856, 160_857]));
    let body: Value = serde_json::from_str(start["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["startInfo"]["Reference"], "r");
    let headers: Vec<_> = start["headers"].as_array().unwrap().iter().map(|pair| &pair[0]).collect();
    assert!(headers.contains(&&json!("x-uipath-organizationunitid")), "{headers:?}");
    assert_eq!(start["headers"][0], json!(["authorization", "Bearer (ready)"]));

    let in_process = stand.sandbox.record();
    assert_eq!(serde_json::to_value(&in_process).unwrap(), json!(record));
}

#[tokio::test]
async fn the_jobs_come_as_lines_and_only_to_the_ready_token() {
    let stand = Stand::new();
    stand.start_in_7(json!({"ReleaseKey": INVOICES, "JobsCount": 2, "Reference": "r"})).await;
    let jobs = lines(&stand, "/sandbox/jobs").await;
    assert_eq!(jobs.len(), 2);
    assert_eq!(
        (&jobs[1]["id"], &jobs[1]["reference"], &jobs[1]["folder"]),
        (&json!(160_857), &json!("r"), &json!("Finance/AP"))
    );
    for page in ["/sandbox/jobs", "/sandbox/record"] {
        let nobody = stand.http.get(format!("{}{page}", stand.sandbox.url()));
        assert_eq!(answer(nobody).await, (401, Value::Null), "{page}");
        assert_eq!(answer(stand.get(page).header("Host", "evil.example")).await.0, 403, "{page}");
    }
    // Another process can end the tokens, and still read the record.
    assert_eq!(answer(stand.post("/sandbox/expire-tokens", &json!(null))).await.0, 204);
    assert_eq!(stand.get_in_7("/odata/Jobs").await.0, 401);
    assert_eq!(lines(&stand, "/sandbox/jobs").await.len(), 2);
}

#[tokio::test]
async fn no_secret_is_in_the_record() {
    let stand = Stand::new();
    let secret = stand.sandbox.client_secret().to_owned();
    let form = [("grant_type", "client_credentials"), ("client_id", "sandbox"), ("client_secret", secret.as_str())];
    let minted = answer(stand.http.post(format!("{}/connect/token", stand.sandbox.identity_url())).form(&form)).await.1;
    let minted = minted["access_token"].as_str().unwrap();
    answer(stand.http.get(format!("{}/odata/Folders", stand.sandbox.url())).bearer_auth(minted)).await;
    answer(stand.get("/odata/Folders")).await;
    let record = serde_json::to_string(&stand.sandbox.record()).unwrap();
    assert!(record.contains("Bearer (minted 1)") && record.contains("Bearer (ready)"), "{record}");
    for hidden in [secret.as_str(), minted, stand.sandbox.token()] {
        assert!(!record.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn a_dropped_sandbox_listens_no_more_even_with_an_open_connection() {
    let stand = Stand::new();
    assert_eq!(answer(stand.get("/api/Status/Get")).await.0, 200, "its connection is kept open by the client");
    let url = stand.sandbox.url();
    drop(stand.sandbox);
    let refused = std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn the_announcement_is_one_line_with_all_that_a_client_needs() {
    let stand = Stand::new();
    let line = serde_json::to_string(&stand.sandbox.announcement()).unwrap();
    assert!(!line.contains('\n'));
    let line: Value = serde_json::from_str(&line).unwrap();
    let names: Vec<_> = line.as_object().unwrap().keys().collect();
    assert_eq!(names, ["url", "identity-url", "token", "client-id", "client-secret", "user", "password", "user-key"]);
    assert_eq!(line["url"], stand.sandbox.url());
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    use orchestrator_sandbox::{Options, Sandbox, SandboxError, World};
    let stand = Stand::new();
    let port: u16 = stand.sandbox.url().rsplit(':').next().unwrap().parse().unwrap();
    let again = |port| {
        let options = Options { port, ..Options::default() };
        Sandbox::start(&World::new(), std::sync::Arc::new(stand.clock.clone()), options)
    };
    let Err(error) = again(port) else { panic!("two listen on {port}") };
    assert!(matches!(error, SandboxError::Listen { port: taken, .. } if taken == port), "{error}");
}

#[tokio::test]
async fn a_record_that_grows_too_large_keeps_its_last_lines() {
    let stand = Stand::with(&super::world(), Options { max_record_bytes: 20_000, ..Options::default() });
    for _ in 0..200 {
        stand.get_in_7("/odata/Jobs?$top=1").await;
    }
    let numbers: Vec<u64> = stand.sandbox.record().iter().map(|line| line.number).collect();
    let first = numbers[0];
    assert!(first > 1 && numbers.len() > 10, "{numbers:?}");
    assert_eq!(numbers, (first..=200).collect::<Vec<_>>(), "a line's number is its own, whatever was taken away");
    assert_eq!(stand.sandbox.record().last().unwrap().status, 200);
    let line: usize = serde_json::to_vec(&stand.sandbox.record()[0]).unwrap().len();
    assert!(numbers.len() * line < 2 * 20_000, "{} lines of some {line} bytes", numbers.len());
}

#[test]
fn a_connection_that_does_not_finish_its_head_is_closed_and_others_are_not() {
    let wait = std::time::Duration::from_millis(50);
    let stand = Stand::with(&super::world(), Options { max_head_wait: wait, ..Options::default() });
    let address = stand.sandbox.url().trim_start_matches("http://").to_owned();
    let connect = || TcpStream::connect(&address).unwrap();
    let end = |mut stream: &TcpStream| stream.read_to_end(&mut Vec::new());

    let silent = connect();
    let mut half = connect();
    half.write_all(b"GET /api/Status/Get HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    let mut second = connect();
    // A whole request, and the half of another.
    second.write_all(b"GET /api/Status/Get HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api").unwrap();
    for stream in [&silent, &half, &second] {
        // Reads to the end: the test hangs where the sandbox closes nothing.
        end(stream).ok();
    }

    // One that is busy for longer than that is not closed: each request goes behind the answer to the one before, until one
    // that is silent meanwhile was closed.
    let (mut busy, other) = (connect(), connect());
    let closed = std::thread::spawn(move || drop((&other).read_to_end(&mut Vec::new())));
    while !closed.is_finished() {
        busy.write_all(b"HEAD /api/Status/Get HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            busy.read_exact(&mut byte).expect("a busy connection stays open");
            answer.push(byte[0]);
        }
    }

    // Between two requests, and within one, a connection may take its time.
    let mut idle = connect();
    let body = br#"{"startInfo":{}}"#;
    let head = format!(
        "POST /odata/Jobs/UiPath.Server.Configuration.OData.StartJobs HTTP/1.1\r\nHost: localhost\r\n\
         Authorization: Bearer {}\r\nContent-Length: {}\r\nContent-Type: application/json\r\n\r\n",
        stand.sandbox.token(),
        body.len()
    );
    idle.write_all(head.as_bytes()).unwrap();
    // Another that says nothing came later: its end shows that the wait is over.
    end(&connect()).ok();
    idle.write_all(body).unwrap();
    let mut status = [0; 12];
    idle.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 400");
}
