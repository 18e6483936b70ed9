//! Each kind of login against a server that answers as the real one does, or worse.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use expect_test::{Expect, expect};
use sortie::clock::SharedClock;
use sortie::exit::ExitStatus;
use sortie::orchestrator::auth::{ClientCredentials, Login, SecretMethod, UserKey, UserPassword};
use sortie::orchestrator::base_url::IdentityServer;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::{AnswerClass, NextSend, PriorAttempts, StopScope};
use sortie::orchestrator::{Client, Server as _};
use sortie::secret::Secret;

use crate::client::wire::{STARTED, connection, request, still};
use crate::support::brisk_clock::BriskClock;
use crate::support::raw_server::{Heard, RawServer, Reaction, answer, json};

const SECRET: &str = "s3cret & more";

fn secret() -> Secret {
    Secret::new(SECRET.to_owned())
}

pub fn basic(server: &RawServer) -> Login {
    Login::ClientCredentials(ClientCredentials {
        identity: IdentityServer::parse(&format!("{}/identity", server.url())).unwrap(),
        client_id: "app:1".to_owned(),
        client_secret: secret(),
        scopes: vec!["OR.Jobs".to_owned()],
        method: SecretMethod::Basic,
    })
}

pub fn password(_: &RawServer) -> Login {
    Login::Password(UserPassword { user: "ada".to_owned(), password: secret() })
}

pub fn user_key(server: &RawServer) -> Login {
    Login::UserKey(UserKey {
        accounts: IdentityServer::parse(&format!("{}/oauth/token", server.url())).unwrap(),
        client_id: "key-client".to_owned(),
        user_key: secret(),
    })
}

type Kind = fn(&RawServer) -> Login;
const KINDS: [Kind; 3] = [basic, password, user_key];

fn client(server: &RawServer, kind: Kind, clock: SharedClock) -> Client {
    let mut connection = connection(&server.url(), kind(server), clock);
    connection.tenant = Some("Default".to_owned());
    Client::new(connection).unwrap()
}

fn asks_for_a_token(heard: &Heard) -> bool {
    ["/identity/connect/token", "/api/Account/Authenticate", "/oauth/token"].contains(&heard.target.as_str())
}

fn asked(server: &RawServer) -> usize {
    server.heard().iter().filter(|heard| asks_for_a_token(heard)).count()
}

/// Gives out `token-1`, `token-2`, .. to each kind in its own form, and else answers by `rule`.
fn server(rule: impl Fn(&Heard) -> Reaction + Send + Sync + 'static) -> RawServer {
    let given = AtomicUsize::new(0);
    RawServer::start(move |heard| {
        if !asks_for_a_token(heard) {
            return rule(heard);
        }
        let token = format!("token-{}", given.fetch_add(1, Ordering::SeqCst) + 1);
        match heard.target.as_str() {
            "/api/Account/Authenticate" => json(
                200,
                &format!(
                    r#"{{"result":"{token}","targetUrl":null,"success":true,"error":null,"unAuthorizedRequest":false,"__abp":true}}"#
                ),
            ),
            _ => json(200, &format!(r#"{{"access_token":"{token}","token_type":"Bearer"}}"#)),
        }
    })
}

async fn start(client: &Client) -> AnswerClass {
    client.start_jobs(&request(), PriorAttempts::default()).await.class
}

#[track_caller]
fn check_request(heard: &Heard, port: u16, expected: &Expect) {
    let mut text = format!("{} {}\n", heard.method, heard.target);
    for (name, value) in &heard.headers {
        text.push_str(&format!("{name}: {}\n", value.replace(&port.to_string(), "PORT")));
    }
    text.push_str(&heard.body);
    expected.assert_eq(&text);
}

#[tokio::test]
async fn each_login_asks_as_its_server_wants() {
    // "app:1" and the secret, each escaped before they are joined, in base64.
    let expected: [Expect; 3] = [
        expect![[r#"
            POST /identity/connect/token
            accept: application/json
            authorization: Basic YXBwJTNBMTpzM2NyZXQrJTI2K21vcmU=
            content-length: 43
            content-type: application/x-www-form-urlencoded
            host: 127.0.0.1:PORT
            user-agent: sortie/0.1.0
            grant_type=client_credentials&scope=OR.Jobs"#]],
        expect![[r#"
            POST /api/Account/Authenticate
            accept: application/json
            content-length: 83
            content-type: application/json
            host: 127.0.0.1:PORT
            user-agent: sortie/0.1.0
            {"tenancyName":"Default","usernameOrEmailAddress":"ada","password":"s3cret & more"}"#]],
        expect![[r#"
            POST /oauth/token
            accept: application/json
            content-length: 87
            content-type: application/json
            host: 127.0.0.1:PORT
            user-agent: sortie/0.1.0
            x-uipath-tenantname: Default
            {"grant_type":"refresh_token","client_id":"key-client","refresh_token":"s3cret & more"}"#]],
    ];
    for (kind, expected) in KINDS.into_iter().zip(expected) {
        let server = server(|_| json(201, STARTED));
        let client = client(&server, kind, Arc::new(still()));
        client.sign_in().await.unwrap();
        assert!(matches!(start(&client).await, AnswerClass::Started(_)));
        let [asked, started] = &server.heard()[..] else { panic!("two requests") };
        check_request(asked, server.port(), &expected);
        assert_eq!(started.header("authorization"), "Bearer token-1");
    }
}

#[tokio::test]
async fn a_tenant_in_the_address_is_named_at_the_login_and_nowhere_else() {
    let server = RawServer::start(|heard| match heard.target.as_str() {
        "/acme/prod/orchestrator_/api/Account/Authenticate" => json(200, r#"{"result":"token-1"}"#),
        _ => json(201, STARTED),
    });
    let base = format!("{}/acme/prod/orchestrator_", server.url());
    let client = Client::new(connection(&base, password(&server), Arc::new(still()))).unwrap();
    client.sign_in().await.unwrap();
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    let [asked, started] = &server.heard()[..] else { panic!("two requests") };
    assert!(asked.body.contains(r#""tenancyName":"prod""#), "{}", asked.body);
    assert!(!started.headers.contains_key("x-uipath-tenantname"));
}

#[tokio::test]
async fn a_token_without_a_stated_life_lasts_as_long_as_its_kind_does() {
    // Renewal begins at four fifths; client credentials state their own life, or are renewed by a 401 alone.
    for (kind, minutes) in [(basic as Kind, None), (password, Some(24)), (user_key, Some(19 * 60 + 12))] {
        let server = server(|_| json(201, STARTED));
        let clock = still();
        let client = client(&server, kind, Arc::new(clock.clone()));
        client.sign_in().await.unwrap();
        let early = Duration::from_secs(minutes.unwrap_or(30 * 24 * 60) * 60 - 1);
        clock.advance(early);
        assert!(matches!(start(&client).await, AnswerClass::Started(_)));
        assert_eq!(asked(&server), 1);
        clock.advance(Duration::from_secs(1));
        if minutes.is_some() {
            while server.heard().last().unwrap().header("authorization") != "Bearer token-2" {
                assert!(matches!(start(&client).await, AnswerClass::Started(_)));
            }
            assert_eq!(asked(&server), 2);
        }
    }
}

#[tokio::test]
async fn a_401_renews_once_for_all_who_wait_whatever_the_login() {
    for kind in KINDS {
        let server = server(|heard| match heard.header("authorization") {
            "Bearer token-1" if heard.number > 1 => Reaction::Answer(answer(401, "", "")),
            _ => json(201, STARTED),
        });
        let client = client(&server, kind, Arc::new(still()));
        client.sign_in().await.unwrap();
        assert!(matches!(start(&client).await, AnswerClass::Started(_)));
        let classes = futures::future::join_all((0..10).map(|_| start(&client))).await;
        assert!(
            classes.iter().all(|class| matches!(class, AnswerClass::Unsent { next: NextSend::Now, .. })),
            "{classes:?}"
        );
        assert_eq!(asked(&server), 2, "the first, and one renewal for ten");
        assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    }
}

#[tokio::test]
async fn a_wrong_password_is_said_once_and_never_tried_again() {
    let abp = r#"{"result":null,"success":false,"error":{"code":0,"message":"Login failed!","details":"Invalid user name or password"},"unAuthorizedRequest":false,"__abp":true}"#;
    let coded = r#"{"message":"Invalid credentials, failed to login.","errorCode":1000,"resourceIds":null}"#;
    for (status, body, words) in [
        (200, abp, "HTTP 200, errorCode 0: Login failed!: Invalid user name or password"),
        (400, coded, "HTTP 400, errorCode 1000: Invalid credentials, failed to login."),
        (401, coded, "HTTP 401, errorCode 1000: Invalid credentials, failed to login."),
        (401, "", "401 Unauthorized"),
        (403, coded, "HTTP 403, errorCode 1000: Invalid credentials, failed to login."),
        (500, abp, "HTTP 500, errorCode 0: Login failed!: Invalid user name or password"),
        (500, coded, "HTTP 500, errorCode 1000: Invalid credentials, failed to login."),
    ] {
        let server = RawServer::start(move |_| json(status, body));
        let client = client(&server, password, Arc::new(still()));
        let error = client.sign_in().await.unwrap_err();
        assert_eq!(error.to_string(), format!("asking for a token: the login is refused: {words}"));
        assert_eq!(error.exit(), ExitStatus::Login);
        assert!(error.help().contains("lest the account be locked"), "{}", error.help());
        assert_eq!(client.sign_in().await.unwrap_err(), error);
        assert!(matches!(start(&client).await, AnswerClass::Stopped { stop: StopScope::Login, .. }));
        assert_eq!(server.heard().len(), 1, "{status} {body}");
    }
}

#[tokio::test]
async fn a_failing_gateway_before_a_password_is_no_refusal() {
    let server = RawServer::start(|heard| match heard.number {
        0 => Reaction::Answer(answer(502, "Content-Type: text/html\r\n", "<html>")),
        1 => Reaction::Answer(answer(500, "", "")),
        _ => json(200, r#"{"result":"token-1","success":true}"#),
    });
    client(&server, password, Arc::new(BriskClock::new())).sign_in().await.unwrap();
    assert_eq!(server.heard().len(), 3);
}

#[tokio::test]
async fn an_address_without_that_login_is_recognised() {
    for (kind, tries, status, body, words) in [
        (password as Kind, 1, 200, "<html><title>UiPath</title>", "a web page came back (`UiPath`)"),
        (password, 1, 404, "<html>", "a web page came back"),
        (password, 1, 200, r#"{"access_token":"x"}"#, "the answer holds no `result`"),
        (password, 1, 200, "token", "the answer is no JSON object"),
        (password, 1, 200, r#"["token", true]"#, "the answer is no JSON object"),
        (password, 1, 200, r#"{"result":{"token":"x"},"success":true}"#, "the answer holds no `result`"),
        (user_key, 6, 200, r#"{"result":"x"}"#, "the answer holds no `access_token`"),
        (basic, 6, 200, r#"{"access_token":""}"#, "the answer holds no `access_token`"),
    ] {
        let server = RawServer::start(move |_| json(status, body));
        let error = client(&server, kind, Arc::new(BriskClock::new())).sign_in().await.unwrap_err();
        let is_told = matches!(error, CallError::NotOrchestrator { .. } | CallError::NoTokenEndpoint { .. });
        assert!(is_told && error.to_string().contains(words), "{error}");
        // A password is sent once.
        assert_eq!(server.heard().len(), tries);
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do_about_this_login() {
    for (kind, help) in
        [(basic as Kind, "`method: basic`"), (password, "host administrators"), (user_key, "`user-key`")]
    {
        let server = RawServer::start(|_| json(400, r#"{"error":"invalid_client"}"#));
        let error = client(&server, kind, Arc::new(still())).sign_in().await.unwrap_err();
        assert!(error.help().contains(help), "{}", error.help());
    }
    let server = RawServer::start(|_| Reaction::Answer(answer(401, "", "")));
    let ready = |_: &RawServer| Login::Token(secret_token());
    let client = client(&server, ready, Arc::new(still()));
    let error = client.look_up(&request().folder, &wanted()).await.unwrap_err();
    assert!(error.help().contains("get a new one"), "{}", error.help());
}

fn secret_token() -> Secret {
    Secret::new("a-ready-token".to_owned())
}

fn wanted() -> sortie::resolve::RequiredNames {
    sortie::resolve::RequiredNames { releases: [sortie::spec::ReleaseRef::named("A")].into(), ..Default::default() }
}

#[tokio::test]
async fn a_redirected_login_sends_its_secret_nowhere_else() {
    for kind in KINDS {
        let target = RawServer::start(|_| json(200, r#"{"access_token":"stolen","result":"stolen"}"#));
        let location = format!("Location: {}/\r\n", target.url());
        let server = RawServer::start(move |_| Reaction::Answer(answer(307, &location, "")));
        let error = client(&server, kind, Arc::new(still())).sign_in().await.unwrap_err();
        assert!(matches!(error, CallError::Redirect { status: 307, .. }), "{error}");
        assert_eq!((server.heard().len(), target.connections()), (1, 0));
    }
}

#[tokio::test]
async fn what_a_server_repeats_of_a_secret_is_masked_in_every_spelling() {
    let spellings =
        [SECRET, "s3cret%20%26%20more", "s3cret+%26+more", "czNjcmV0ICYgbW9yZQ==", "YXBwJTNBMTpzM2NyZXQrJTI2K21vcmU="];
    for spelling in spellings {
        let server = RawServer::start(move |_| json(400, &format!(r#"{{"message":"bad <{spelling}>"}}"#)));
        let error = client(&server, basic, Arc::new(still())).sign_in().await.unwrap_err();
        assert!(error.to_string().contains("bad <***>"), "{error}");
    }
}
