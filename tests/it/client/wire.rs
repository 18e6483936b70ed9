//! `StartJobs` over real sockets, against a server that does everything wrong.

use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use sortie::clock::{HandClock, SharedClock};
use sortie::ids::{FolderId, FolderRef, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
use sortie::launch_terms::ExpectedJobs;
use sortie::orchestrator::auth::Login;
use sortie::orchestrator::base_url::BaseUrl;
use sortie::orchestrator::classify::{AnswerClass, NextSend, PriorAttempts, StopScope, ThrottlePolicy};
use sortie::orchestrator::network::Network;
use sortie::orchestrator::{Client, Connection, Server as _, StartAnswer, Timeouts};
use sortie::resolve::Request;
use sortie::robot_job::ServerError;
use sortie::secret::{Redactor, Secret};

use crate::support::raw_server::{Greeting, RawServer, Reaction, answer, json};

const TOKEN: &str = "token-of-this-test";
pub const STARTED: &str = r#"{"@odata.context":"x","value":[{"Id":7,"Key":"k","State":"Pending"}]}"#;

/// A clock that stands still: no deadline ever comes unless a test moves it.
pub fn still() -> HandClock {
    HandClock::at("2026-01-31T12:00:00Z".parse().unwrap())
}

pub fn connection(base: &str, login: Login, clock: SharedClock) -> Connection {
    Connection {
        base: BaseUrl::parse(base).unwrap(),
        tenant: None,
        login,
        tokens: None,
        network: Network::default(),
        timeouts: Timeouts::default(),
        throttled: ThrottlePolicy::Unsent,
        senders: 16,
        seed: 1,
        clock,
        redactor: Redactor::default(),
    }
}

pub fn ready_token() -> Login {
    Login::Token(Secret::new(TOKEN.to_owned()))
}

fn client(base: &str) -> Client {
    Client::new(connection(base, ready_token(), Arc::new(still()))).unwrap()
}

pub fn request() -> Request {
    let launch = LaunchId::from("hello");
    Request {
        ordinal: Ordinal(0),
        reference: Reference::new(None, RunId::new_at(0, [7; 10]), &launch),
        launch,
        folder: FolderRef::Id(FolderId(42)),
        release: ReleaseKey(uuid::Uuid::from_u128(5)),
        expected: ExpectedJobs::Exactly(1),
        on_ambiguous: sortie::launch_terms::AmbiguityPolicy::Resend,
        body: r#"{"startInfo":{"ReleaseKey":"5b754c63-5d1a-4c37-bb9b-74b69e4934bf","Strategy":"Specific","RobotIds":[1553]}}"#.into(),
    }
}

async fn start(client: &Client) -> AnswerClass {
    client.start_jobs(&request(), PriorAttempts::default()).await.class
}

#[track_caller]
fn doubt(class: AnswerClass) -> String {
    let AnswerClass::InDoubt { why, .. } = class else { panic!("not in doubt: {class:?}") };
    why
}

#[track_caller]
fn unsent(class: AnswerClass) -> (String, NextSend) {
    let AnswerClass::Unsent { why, next } = class else { panic!("not unsent: {class:?}") };
    (why, next)
}

#[track_caller]
fn stopped(class: AnswerClass) -> (StopScope, ServerError) {
    let AnswerClass::Stopped { stop, error } = class else { panic!("not stopped: {class:?}") };
    (stop, error)
}

#[track_caller]
fn assert_doubt(class: AnswerClass, why: &str) {
    let said = doubt(class);
    assert!(said.contains(why), "`{why}`: {said}");
}

#[tokio::test]
async fn the_request_is_exactly_what_the_api_wants() {
    let server = RawServer::start(|_| json(201, STARTED));
    let mut connection =
        connection(&format!("{}/acme/prod/orchestrator_", server.url()), ready_token(), Arc::new(still()));
    connection.tenant = Some("Default".to_owned());
    let client = Client::new(connection).unwrap();
    assert!(matches!(start(&client).await, AnswerClass::Started(jobs) if jobs[0].job.id.0 == 7));
    let [heard] = &server.heard()[..] else { panic!("one request") };
    let mut text = format!("{} {}\n", heard.method, heard.target);
    for (name, value) in &heard.headers {
        text.push_str(&format!("{name}: {}\n", value.replace(&server.port().to_string(), "PORT")));
    }
    text.push_str(&heard.body);
    expect![[r#"
        POST /acme/prod/orchestrator_/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs
        accept: application/json
        authorization: Bearer token-of-this-test
        content-length: 107
        content-type: application/json
        host: 127.0.0.1:PORT
        user-agent: sortie/0.1.0
        x-uipath-organizationunitid: 42
        x-uipath-tenantname: Default
        {"startInfo":{"ReleaseKey":"5b754c63-5d1a-4c37-bb9b-74b69e4934bf","Strategy":"Specific","RobotIds":[1553]}}"#]]
    .assert_eq(&text);
}

#[tokio::test]
async fn the_tenant_header_is_sent_only_where_it_is_configured() {
    let server = RawServer::start(|_| json(201, STARTED));
    start(&client(&server.url())).await;
    assert!(!server.heard()[0].headers.contains_key("x-uipath-tenantname"));
}

#[tokio::test]
async fn a_refused_port_and_an_unknown_host_are_surely_unsent() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // A label beyond 63 bytes fails in the resolver, before any name server is asked.
    let no_host = format!("https://{}.example", "x".repeat(64));
    for (base, why) in [(format!("http://127.0.0.1:{port}"), "refused"), (no_host, "dns")] {
        let (said, next) = unsent(start(&client(&base)).await);
        assert!(said.contains(why) && next == NextSend::Backoff, "{said}");
    }
}

#[tokio::test]
async fn a_handshake_that_hangs_is_unsent_by_the_connect_timeout_and_in_doubt_by_the_deadline() {
    let server = RawServer::greet(Greeting::Silence);
    let base = server.url().replace("http:", "https:");
    let mut quick = connection(&base, ready_token(), Arc::new(still()));
    quick.timeouts.connect = Duration::from_millis(30);
    let class = start(&Client::new(quick).unwrap()).await;
    assert!(matches!(class, AnswerClass::Unsent { next: NextSend::Backoff, .. }), "{class:?}");

    let clock = still();
    let patient = Client::new(connection(&base, ready_token(), Arc::new(clock.clone()))).unwrap();
    let (class, ()) = tokio::join!(start(&patient), async {
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(60));
    });
    assert_doubt(class, "no whole answer within 60 s");
}

#[tokio::test]
async fn a_connection_that_breaks_once_bytes_may_have_left_is_in_doubt() {
    let server = RawServer::greet(Greeting::Reset);
    assert_doubt(start(&client(&server.url())).await, "");
    // Whether the stack sees the close before it begins to write is a race; it never makes a verdict of it.
    let server = RawServer::greet(Greeting::Close);
    let class = start(&client(&server.url())).await;
    assert!(
        matches!(class, AnswerClass::InDoubt { .. } | AnswerClass::Unsent { next: NextSend::Backoff, .. }),
        "{class:?}"
    );

    let server = RawServer::greet(Greeting::CloseAfterHead);
    let mut large = request();
    large.body = "x".repeat(20 << 20).into();
    let class = client(&server.url()).start_jobs(&large, PriorAttempts::default()).await.class;
    assert_doubt(class, "");
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn a_request_that_was_read_and_not_answered_whole_is_in_doubt_and_never_sent_twice() {
    let half = &STARTED[..30];
    let cut = [
        ("closed", String::new(), "closed before message completed"),
        ("half a status line", "HTTP/1.1 20".to_owned(), "closed before message completed"),
        ("half the headers", "HTTP/1.1 201 Created\r\nContent-Le".to_owned(), "closed before message completed"),
        ("no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned(), "invalid HTTP"),
        (
            "half the body",
            format!("HTTP/1.1 201 Created\r\nContent-Length: {}\r\n\r\n{half}", STARTED.len()),
            "cut short",
        ),
        (
            "half a chunk",
            format!("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{half}"),
            "cut short",
        ),
        (
            "no last chunk",
            format!("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{STARTED}\r\n", STARTED.len()),
            "cut short",
        ),
        ("length too long", format!("HTTP/1.1 201 Created\r\nContent-Length: 9999\r\n\r\n{STARTED}"), "cut short"),
        ("length too short", format!("HTTP/1.1 201 Created\r\nContent-Length: 30\r\n\r\n{STARTED}"), "no list of jobs"),
        ("no length, cut", format!("HTTP/1.1 201 Created\r\n\r\n{half}"), "no list of jobs"),
        ("empty", "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n".to_owned(), "the answer is empty"),
    ];
    for (name, bytes, why) in cut {
        let server = RawServer::start(move |_| Reaction::AnswerAndClose(bytes.clone().into_bytes()));
        let class = start(&client(&server.url())).await;
        let said = doubt(class);
        assert!(said.contains(why), "{name}: {said}");
        assert_eq!(server.heard().len(), 1, "{name}");
    }
    let server = RawServer::start(|_| Reaction::Reset);
    assert_doubt(start(&client(&server.url())).await, "reset");
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn no_answer_until_the_deadline_is_in_doubt_and_closes_the_connection() {
    let server = RawServer::start(|heard| match heard.number {
        0 => Reaction::Silence,
        _ => json(201, STARTED),
    });
    let clock = still();
    let client = Client::new(connection(&server.url(), ready_token(), Arc::new(clock.clone()))).unwrap();
    let (class, ()) = tokio::join!(start(&client), async {
        server.until(1).await;
        clock.advance(Duration::from_secs(59));
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(1));
    });
    assert_doubt(class, "no whole answer within 60 s");
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_given_up_and_in_doubt() {
    let long = format!("{{\"value\":[],\"x\":\"{}\"}}", "x".repeat(2 << 20));
    let server = RawServer::start(move |_| json(201, &long));
    assert_doubt(start(&client(&server.url())).await, "went on past 1048576 bytes");

    let mut jobs: Vec<String> =
        (0..2_000).map(|id| format!("{{\"Id\":{id},\"InputArguments\":\"{}\"}}", "x".repeat(1_000))).collect();
    jobs.push("{\"Id\":-1}".to_owned());
    let many = format!("{{\"value\":[{}]}}", jobs.join(","));
    let server = RawServer::start(move |_| json(201, &many));
    let mut request = request();
    request.expected = ExpectedJobs::Exactly(2_001);
    let class = client(&server.url()).start_jobs(&request, PriorAttempts::default()).await.class;
    assert!(matches!(class, AnswerClass::Started(jobs) if jobs.len() == 2_001));
}

#[tokio::test]
async fn a_redirect_is_shown_and_nothing_goes_to_its_target() {
    let target = RawServer::start(|_| json(201, STARTED));
    for status in [301, 302, 307, 308] {
        let location = format!("Location: {}/elsewhere\r\n", target.url());
        let server = RawServer::start(move |_| Reaction::Answer(answer(status, &location, "")));
        let (stop, error) = stopped(start(&client(&server.url())).await);
        assert_eq!((stop, error.status), (StopScope::Connection, status));
        assert!(error.message.contains("/elsewhere"), "{error}");
        assert_eq!(server.heard().len(), 1, "{status}");
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn retry_after_comes_through_in_both_forms_with_the_servers_time() {
    let date = "Sat, 31 Jan 2026 11:00:00 GMT";
    for (value, expected) in [("30", 30), ("Sat, 31 Jan 2026 11:02:00 GMT", 120)] {
        let headers = format!("Retry-After: {value}\r\nDate: {date}\r\n");
        let server = RawServer::start(move |_| Reaction::Answer(answer(429, &headers, "")));
        let StartAnswer { class, server_time } =
            client(&server.url()).start_jobs(&request(), PriorAttempts::default()).await;
        assert_eq!(unsent(class).1, NextSend::Throttled(Some(Duration::from_secs(expected))));
        assert_eq!(server_time.unwrap().to_string(), "2026-01-31T11:00:00Z");
    }
}

#[tokio::test]
async fn web_pages_and_folder_refusals_come_through() {
    let page = |status| {
        RawServer::start(move |_| {
            Reaction::Answer(answer(status, "Content-Type: text/html\r\n", "<html><title>Login</title></html>"))
        })
    };
    assert_doubt(start(&client(&page(200).url())).await, "a web page came back (`Login`)");
    let class = start(&client(&page(404).url())).await;
    let AnswerClass::Unsigned(error) = class else { panic!("not refused by a stranger: {class:?}") };
    assert!(error.message.contains("is the address right?"), "{error}");
    for code in [1100, 1101] {
        let server = RawServer::start(move |_| json(400, &format!(r#"{{"message":"folder","errorCode":{code}}}"#)));
        let class = start(&client(&server.url())).await;
        assert!(matches!(class, AnswerClass::Stopped { stop: StopScope::Folder, .. }), "{class:?}");
    }
}

#[tokio::test]
async fn a_secret_that_the_server_repeats_is_masked() {
    let body = format!(r#"{{"message":"token {TOKEN} is bad","errorCode":1,"traceId":"{TOKEN}"}}"#);
    for status in [400, 401, 409, 500] {
        let body = body.clone();
        let server = RawServer::start(move |_| json(status, &body));
        let class = start(&client(&server.url())).await;
        let shown = format!("{class:?}");
        assert!(shown.contains("token *** is bad") && !shown.contains(TOKEN), "{shown}");
    }
}

#[tokio::test]
async fn connections_are_as_many_as_senders() {
    let server = RawServer::start(|_| json(201, STARTED));
    let client = client(&server.url());
    let senders = (0..16).map(|_| async {
        for _ in 0..20 {
            assert!(matches!(start(&client).await, AnswerClass::Started(_)));
        }
    });
    futures::future::join_all(senders).await;
    assert_eq!(server.heard().len(), 320);
    assert!(server.connections() <= 16, "{} connections for 16 senders", server.connections());
}
