//! Faults of lists, of look-ups and of tokens.

use orchestrator_sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status};
use serde_json::{Value, json};

use super::{Stand, hear};

#[test]
fn a_list_can_lose_the_reference_and_keep_all_else() {
    let without = Reply::Without(vec!["Reference".to_owned()]);
    let stand = Stand::with(Faults::new().at(Operation::Jobs, Position::Nth(2), Fault::after(without)));
    hear(stand.start("r"));
    let rows = || {
        let list = hear(stand.get("/odata/Jobs?$select=Id,Reference,ReleaseName&$count=true")).json();
        (list["@odata.count"].clone(), list["value"][0].clone())
    };
    assert_eq!(rows(), (json!(2), json!({"Id": 160_856, "Reference": "r", "ReleaseName": "Loader"})));
    assert_eq!(rows(), (json!(2), json!({"Id": 160_856, "ReleaseName": "Loader"})));
}

#[test]
fn a_single_robot_job_can_lose_properties_as_well() {
    let without = Reply::Without(vec!["Reference".to_owned(), "Info".to_owned()]);
    let stand =
        Stand::with(Faults::new().at(Operation::Named("Job".to_owned()), Position::Nth(2), Fault::after(without)));
    hear(stand.start("r"));
    let job = || hear(stand.get("/odata/Jobs(160856)?$select=Id,Reference,ReleaseName")).json();
    assert_eq!(job()["Reference"], json!("r"));
    let job = job();
    assert_eq!((job.get("Reference"), &job["ReleaseName"]), (None, &json!("Loader")));
}

#[test]
fn a_filter_can_be_refused_while_lists_without_it_are_served() {
    let stand = Stand::always(Operation::Jobs, Fault::by_name("list-refuses-reference").unwrap());
    hear(stand.start("r"));
    let heard = hear(stand.get("/odata/Jobs?$filter=Reference%20eq%20'r'"));
    assert_eq!((heard.status(), &heard.json()["message"]), (400, &json!("Invalid OData query options.")));
    for served in ["/odata/Jobs", "/odata/Jobs?$filter=Id%20gt%200&$select=Reference", "/odata/Jobs(160856)"] {
        assert_eq!(hear(stand.get(served)).status(), 200, "{served}");
    }
}

#[test]
fn look_ups_and_any_get_can_be_picked() {
    let rules = Faults::new()
        .at(Operation::Named("Folders".to_owned()), Position::Nth(1), Fault::before(Reply::Html(502)))
        .rule(Rule::new(Operation::Get, Fault::before(Reply::Status(Status::of(500)))).marker("Releases"));
    let stand = Stand::with(rules);
    let statuses: Vec<u16> = ["/odata/Folders", "/odata/Folders", "/odata/Releases", "/odata/Robots"]
        .map(|target| hear(stand.get(target)).status())
        .into();
    assert_eq!(statuses, [502, 200, 500, 200]);
    assert_eq!(hear(stand.start("r")).status(), 201);
}

/// Asks the token endpoint; returns its status, and a token where it gave one.
fn token(stand: &Stand) -> (u16, Option<String>) {
    let secret = stand.sandbox.client_secret();
    let form = format!("grant_type=client_credentials&client_id=sandbox&client_secret={secret}");
    let request = stand.request("POST", "/identity_/connect/token", &form);
    let request = request.replace("application/json", "application/x-www-form-urlencoded");
    let request = request.replace("Authorization", "X-Not-Authorization");
    let mut stream = stand.connect();
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let heard = hear(stream);
    let body: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
    (heard.status(), body["access_token"].as_str().map(str::to_owned))
}

#[test]
fn the_token_endpoint_can_fail() {
    let faults = Faults::new()
        .at(Operation::Token, Position::Nth(1), Fault::before(Reply::Status(Status::of(503))))
        .at(Operation::Token, Position::Nth(2), Fault::after(Reply::Close));
    let stand = Stand::with(faults);
    assert_eq!(token(&stand), (503, None));
    assert_eq!(token(&stand), (0, None));
    assert!(token(&stand).1.is_some());
    assert_eq!(stand.met()[1].as_deref(), Some("create as asked, close"));
}

#[test]
fn all_tokens_can_end_at_once_and_a_fresh_one_is_good() {
    let stand = Stand::with(Faults::new().at(Operation::StartJobs, Position::Nth(2), Fault::expire_tokens()));
    let (_, minted) = token(&stand);
    let list_with = |token: &str| {
        let request = stand.request("GET", "/odata/Jobs", "").replace(stand.sandbox.token(), token);
        let mut stream = stand.connect();
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        hear(stream).status()
    };
    assert_eq!((hear(stand.start("r")).status(), list_with(minted.as_ref().unwrap())), (201, 200));
    let heard = hear(stand.start("r"));
    assert_eq!((heard.status(), heard.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!((stand.created().len(), list_with(minted.as_ref().unwrap())), (2, 401));
    let (_, fresh) = token(&stand);
    assert_eq!(list_with(fresh.as_ref().unwrap()), 200);
    let line = &stand.sandbox.record()[3];
    assert_eq!((line.fault.as_deref(), line.headers[0].1.as_str()), (Some("expire-tokens"), "Bearer (ready)"));
}

#[test]
fn the_sandboxs_own_pages_meet_no_fault() {
    let stand = Stand::always(Operation::Any, Fault::before(Reply::Reset));
    assert_eq!(hear(stand.get("/odata/Jobs")).summary(), "nothing, reset");
    let heard = hear(stand.get("/sandbox/record"));
    let line: Value = serde_json::from_slice(&heard.body).unwrap();
    assert_eq!((heard.status(), &line["fault"], &line["status"]), (200, &json!("create nothing, reset"), &json!(0)));
}
