//! Tokens: asked for, shared, renewed; and every way in which an identity server can disappoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sortie::clock::SharedClock;
use sortie::exit::ExitStatus;
use sortie::orchestrator::auth::{ClientCredentials, Login, SecretMethod};
use sortie::orchestrator::base_url::IdentityServer;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::{AnswerClass, NextSend, PriorAttempts, StopScope};
use sortie::orchestrator::{Client, Server as _};
use sortie::secret::Secret;

use crate::client::wire::{STARTED, connection, request, still};
use crate::support::brisk_clock::BriskClock;
use crate::support::raw_server::{Heard, RawServer, Reaction, answer, json};

const CLIENT_SECRET: &str = "s3cret & more";

fn credentials(server: &RawServer) -> Login {
    Login::ClientCredentials(ClientCredentials {
        identity: IdentityServer::parse(&format!("{}/identity", server.url())).unwrap(),
        client_id: "app".to_owned(),
        client_secret: Secret::new(CLIENT_SECRET.to_owned()),
        scopes: vec!["OR.Jobs".to_owned(), "OR.Execution.Read".to_owned()],
        method: SecretMethod::Form,
    })
}

fn client(server: &RawServer, clock: SharedClock) -> Client {
    Client::new(connection(&server.url(), credentials(server), clock)).unwrap()
}

fn is_token_call(heard: &Heard) -> bool {
    heard.target == "/identity/connect/token"
}

/// A server that gives out `token-1`, `token-2`, .. for `lifetime` seconds, and else answers by `rule`.
fn identity(lifetime: u64, rule: impl Fn(&Heard) -> Reaction + Send + Sync + 'static) -> RawServer {
    let given = AtomicUsize::new(0);
    RawServer::start(move |heard| {
        if !is_token_call(heard) {
            return rule(heard);
        }
        let number = given.fetch_add(1, Ordering::SeqCst) + 1;
        json(200, &format!(r#"{{"access_token":"token-{number}","expires_in":{lifetime},"token_type":"Bearer"}}"#))
    })
}

fn unauthorized() -> Reaction {
    Reaction::Answer(answer(401, "", ""))
}

async fn start(client: &Client) -> AnswerClass {
    client.start_jobs(&request(), PriorAttempts::default()).await.class
}

fn is_unsent_now(class: &AnswerClass) -> bool {
    matches!(class, AnswerClass::Unsent { next: NextSend::Now, .. })
}

#[tokio::test]
async fn a_token_is_asked_for_by_a_form_and_sent_as_bearer() {
    let server = identity(3600, |_| json(201, STARTED));
    let client = client(&server, Arc::new(still()));
    client.sign_in().await.unwrap();
    client.sign_in().await.unwrap();
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    let [asked, started] = &server.heard()[..] else { panic!("two requests") };
    assert_eq!((asked.method.as_str(), asked.header("content-type")), ("POST", "application/x-www-form-urlencoded"));
    assert_eq!(
        asked.body,
        "grant_type=client_credentials&client_id=app&client_secret=s3cret+%26+more&scope=OR.Jobs+OR.Execution.Read"
    );
    assert_eq!(started.header("authorization"), "Bearer token-1");
}

#[tokio::test]
async fn a_start_without_a_token_fetches_one_and_sends_nothing_late() {
    let server = identity(3600, |_| json(201, STARTED));
    let client = client(&server, Arc::new(still()));
    assert!(is_unsent_now(&start(&client).await));
    assert_eq!(server.count("StartJobs"), 0);
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
}

#[tokio::test]
async fn a_401_to_a_token_that_worked_renews_it_once_for_all_who_wait() {
    let server = identity(3600, |heard| match heard.header("authorization") {
        "Bearer token-1" if heard.number > 1 => unauthorized(),
        _ => json(201, STARTED),
    });
    let client = client(&server, Arc::new(still()));
    client.sign_in().await.unwrap();
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    let classes = futures::future::join_all((0..10).map(|_| start(&client))).await;
    assert!(classes.iter().all(is_unsent_now), "{classes:?}");
    assert_eq!(server.count("connect/token"), 2, "the first, and one renewal for ten");
    let classes = futures::future::join_all((0..10).map(|_| start(&client))).await;
    assert!(classes.iter().all(|class| matches!(class, AnswerClass::Started(_))), "{classes:?}");
}

#[tokio::test]
async fn a_401_to_a_fresh_token_stops_the_run() {
    let server = identity(3600, |_| unauthorized());
    let client = client(&server, Arc::new(still()));
    client.sign_in().await.unwrap();
    let class = start(&client).await;
    assert!(matches!(class, AnswerClass::Stopped { stop: StopScope::Login, .. }), "{class:?}");
    assert_eq!(server.count("connect/token"), 1);
}

#[tokio::test]
async fn a_token_that_reads_and_may_not_start_is_renewed_once_and_then_stops_the_run() {
    let server = identity(3600, |heard| match heard.method.as_str() {
        "GET" => json(200, r#"{"value":[]}"#),
        _ => unauthorized(),
    });
    let client = client(&server, Arc::new(still()));
    let wanted = sortie::resolve::RequiredNames {
        releases: [sortie::spec::ReleaseRef::named("A")].into(),
        ..Default::default()
    };
    client.look_up(&request().folder, &wanted).await.unwrap();
    assert!(is_unsent_now(&start(&client).await));
    client.look_up(&request().folder, &wanted).await.unwrap();
    let class = start(&client).await;
    assert!(matches!(class, AnswerClass::Stopped { stop: StopScope::Login, .. }), "{class:?}");
    assert_eq!(server.count("connect/token"), 2);
}

#[tokio::test]
async fn a_token_is_renewed_beside_the_work_before_it_runs_out() {
    let server = identity(1000, |_| json(201, STARTED));
    let clock = still();
    let client = client(&server, Arc::new(clock.clone()));
    client.sign_in().await.unwrap();
    clock.advance(Duration::from_secs(799));
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    assert_eq!(server.count("connect/token"), 1);
    clock.advance(Duration::from_secs(1));
    // Each start drives the renewal while its own answer is under way; none of them waits for it.
    while server.heard().last().unwrap().header("authorization") != "Bearer token-2" {
        assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    }
    assert_eq!(server.count("connect/token"), 2);
}

#[tokio::test]
async fn a_token_that_ran_out_is_not_sent_any_more() {
    let server = identity(1000, |_| json(201, STARTED));
    let clock = still();
    let client = client(&server, Arc::new(clock.clone()));
    client.sign_in().await.unwrap();
    clock.advance(Duration::from_secs(995));
    assert!(is_unsent_now(&start(&client).await));
    assert_eq!((server.count("connect/token"), server.count("StartJobs")), (2, 0));
}

#[tokio::test]
async fn one_who_gives_up_waiting_takes_the_renewal_from_nobody() {
    let server = RawServer::start(|heard| match heard.number {
        0 => Reaction::Silence,
        _ => json(200, r#"{"access_token":"late"}"#),
    });
    let clock = still();
    let client = client(&server, Arc::new(clock.clone()));
    let patient = client.sign_in();
    let hasty = async {
        let given_up = client.sign_in();
        tokio::select! {
            biased;
            _ = given_up => panic!("nobody answers"),
            () = server.until(1) => {}
        }
        // The first try ends by its deadline; the second answers.
        clock.advance(Duration::from_secs(60));
        tokio::task::yield_now().await;
        while clock.advance_to_next_sleeper() && server.heard().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    let (outcome, ()) = tokio::join!(patient, hasty);
    outcome.unwrap();
}

#[tokio::test]
async fn a_start_whose_token_does_not_come_by_the_deadline_was_never_sent() {
    let server = RawServer::start(|_| Reaction::Silence);
    let clock = still();
    let client = client(&server, Arc::new(clock.clone()));
    let (class, ()) = tokio::join!(start(&client), async {
        server.until(1).await;
        clock.advance(Duration::from_secs(60));
    });
    assert!(matches!(class, AnswerClass::Unsent { next: NextSend::Backoff, .. }), "{class:?}");
    assert_eq!(server.count("StartJobs"), 0);
}

#[tokio::test]
async fn a_refused_login_says_so_and_exits_2() {
    for (status, body, words) in [
        (400, r#"{"error":"invalid_client"}"#, "asking for a token: the login is refused: HTTP 400: invalid_client"),
        (401, "", "asking for a token: the login is refused: 401 Unauthorized"),
        (
            400,
            r#"{"error":"invalid_scope","error_description":"s3cret & more"}"#,
            "asking for a token: the login is refused: HTTP 400: invalid_scope: *** (the scopes asked for: SCOPES)",
        ),
    ] {
        let server = RawServer::start(move |_| json(status, body));
        let client = client(&server, Arc::new(still()));
        let error = client.sign_in().await.unwrap_err();
        assert_eq!(error.to_string(), words.replace("SCOPES", "OR.Jobs OR.Execution.Read"));
        assert_eq!(error.exit(), ExitStatus::Login);
        let class = start(&client).await;
        assert!(matches!(class, AnswerClass::Stopped { stop: StopScope::Login, .. }), "{class:?}");
    }
}

#[tokio::test]
async fn a_web_page_or_an_answer_without_a_token_is_explained() {
    for (status, body, words) in [
        (200, "<html><title>Sign in, s3cret & more</title>", "a web page came back (`Sign in, ***`)"),
        (404, "<html>", "a web page came back"),
        (200, r#"{"token":"x"}"#, "the answer holds no `access_token`"),
        (200, "token", "the answer is no JSON object"),
        (200, r#"["token"]"#, "the answer is no JSON object"),
        (200, r#"{"access_token":"a b"}"#, "characters that no token has"),
    ] {
        let server = RawServer::start(move |_| json(status, body));
        let error = client(&server, Arc::new(BriskClock::new())).sign_in().await.unwrap_err();
        assert!(matches!(error, CallError::NoTokenEndpoint { .. }) && error.to_string().contains(words), "{error}");
        assert!(error.help().contains("`identity-url`"), "{}", error.help());
        assert_eq!(server.heard().len(), 6, "it was asked again within the budget");
    }
}

#[tokio::test]
async fn a_page_or_a_broken_answer_that_passes_does_not_cost_the_run() {
    let server = RawServer::start(|heard| match heard.number {
        0 => json(200, "<html><title>Down for maintenance</title>"),
        1 => json(404, "<html>"),
        2 => json(200, r#"{"access_tok"#),
        _ => json(200, r#"{"access_token":"at-last"}"#),
    });
    client(&server, Arc::new(BriskClock::new())).sign_in().await.unwrap();
    assert_eq!(server.heard().len(), 4);
}

#[tokio::test]
async fn an_address_where_no_tokens_are_given_names_the_key_to_set() {
    for status in [404, 405] {
        let server = RawServer::start(move |_| json(status, r#"{"message":"no such thing"}"#));
        let error = client(&server, Arc::new(still())).sign_in().await.unwrap_err();
        assert!(error.to_string().contains("/identity/connect/token` is no address for tokens"), "{error}");
        assert!(error.help().contains("`identity-url` (UIPATH_IDENTITY_URI)"), "{}", error.help());
        assert_eq!(server.heard().len(), 1);
    }
}

#[tokio::test]
async fn a_redirected_token_call_sends_the_secret_nowhere_else() {
    let target = RawServer::start(|_| json(200, r#"{"access_token":"stolen"}"#));
    let location = format!("Location: {}/identity/connect/token\r\n", target.url());
    let server = RawServer::start(move |_| Reaction::Answer(answer(307, &location, "")));
    let error = client(&server, Arc::new(still())).sign_in().await.unwrap_err();
    assert!(matches!(error, CallError::Redirect { status: 307, .. }), "{error}");
    assert_eq!((server.heard().len(), target.connections()), (1, 0));
}

#[tokio::test]
async fn a_token_call_is_repeated_while_the_server_fails_and_honours_retry_after() {
    let server = RawServer::start(|heard| match heard.number {
        0 => Reaction::AnswerAndClose(Vec::new()),
        1 => Reaction::Answer(answer(503, "Retry-After: 7\r\n", "")),
        2 => Reaction::Answer(answer(429, "Retry-After: 20\r\n", "")),
        _ => json(200, r#"{"access_token":"at last"}"#.replace(' ', "-").as_str()),
    });
    let clock = BriskClock::new();
    client(&server, Arc::new(clock.clone())).sign_in().await.unwrap();
    let waits = clock.waits();
    let seconds = |low, high| Duration::from_secs_f64(low)..=Duration::from_secs_f64(high);
    assert_eq!(waits.len(), 3);
    assert!(seconds(0.0, 0.5).contains(&waits[0]), "{waits:?}");
    assert!(seconds(7.0, 8.0).contains(&waits[1]), "{waits:?}");
    assert!(seconds(20.0, 22.0).contains(&waits[2]), "{waits:?}");
}

#[tokio::test]
async fn a_server_that_stays_dead_is_given_up_and_a_start_backs_off() {
    let server = RawServer::start(|_| Reaction::Answer(answer(502, "", "")));
    let clock = BriskClock::new();
    let client = client(&server, Arc::new(clock.clone()));
    let error = client.sign_in().await.unwrap_err();
    assert_eq!(error.to_string(), "asking for a token: server error: 502 Bad Gateway");
    assert_eq!((error.exit(), server.heard().len()), (ExitStatus::NotSent, 6));
    let class = start(&client).await;
    assert!(matches!(class, AnswerClass::Unsent { next: NextSend::Backoff, .. }), "{class:?}");
}

#[tokio::test]
async fn a_hold_beyond_ten_minutes_is_not_waited_for() {
    let server = RawServer::start(|_| Reaction::Answer(answer(429, "Retry-After: 601\r\n", "")));
    let error = client(&server, Arc::new(still())).sign_in().await.unwrap_err();
    assert!(error.to_string().ends_with("(wait 601 s)"), "{error}");
    assert_eq!((error.exit(), server.heard().len()), (ExitStatus::NotSent, 1));
}

#[tokio::test]
async fn a_ready_token_is_cleaned_and_cannot_be_renewed() {
    let server = RawServer::start(|heard| match heard.number {
        0 => json(201, STARTED),
        _ => unauthorized(),
    });
    let with = |token: &str| {
        Client::new(connection(&server.url(), Login::Token(Secret::new(token.to_owned())), Arc::new(still())))
    };
    let client = with("bearer  rt_abc\n").unwrap();
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    assert_eq!(server.heard()[0].header("authorization"), "Bearer rt_abc");
    assert!(matches!(start(&client).await, AnswerClass::Stopped { stop: StopScope::Login, .. }));
    for bad in ["", " ", "Bearer ", "two words", "l\u{e4}nge", "line\nline"] {
        assert!(with(bad).is_err(), "{bad:?}");
    }
}
