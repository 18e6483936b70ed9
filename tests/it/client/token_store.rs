//! Tokens that outlive a process: used while they hold, dropped once a server turns them away.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sortie::clock::HandClock;
use sortie::orchestrator::auth::{
    ClientCredentials, KeptToken, Login, SecretMethod, TokenKey, TokenStore, UserPassword,
};
use sortie::orchestrator::base_url::{BaseUrl, IdentityServer};
use sortie::orchestrator::classify::{AnswerClass, NextSend, PriorAttempts, StopScope};
use sortie::orchestrator::{Client, Connection, Server as _};
use sortie::resolve::RequiredNames;
use sortie::secret::Secret;
use sortie::spec::ReleaseRef;

use crate::client::login_kinds;
use crate::client::wire::{STARTED, connection, ready_token, request, still};
use crate::support::raw_server::{Heard, RawServer, Reaction, answer, json};

/// A store in memory.
#[derive(Default)]
struct Shelf {
    tokens: Mutex<HashMap<String, KeptToken>>,
}

impl Shelf {
    fn texts(&self) -> Vec<String> {
        let mut texts: Vec<String> =
            self.tokens.lock().unwrap().values().map(|kept| kept.token.expose().to_owned()).collect();
        texts.sort();
        texts
    }

    fn keys(&self) -> usize {
        self.tokens.lock().unwrap().len()
    }
}

impl TokenStore for Shelf {
    fn find(&self, key: &TokenKey) -> Option<KeptToken> {
        self.tokens.lock().unwrap().get(key.as_str()).cloned()
    }

    fn keep(&self, key: &TokenKey, token: &KeptToken) {
        self.tokens.lock().unwrap().insert(key.as_str().to_owned(), token.clone());
    }

    fn forget(&self, key: &TokenKey, token: &Secret) {
        let mut tokens = self.tokens.lock().unwrap();
        if tokens.get(key.as_str()).is_some_and(|kept| kept.token.expose() == token.expose()) {
            tokens.remove(key.as_str());
        }
    }
}

/// Gives out `token-1`, `token-2`, .. for a thousand seconds, and else answers by `rule`.
fn server(rule: impl Fn(&Heard) -> Reaction + Send + Sync + 'static) -> RawServer {
    let given = AtomicUsize::new(0);
    RawServer::start(move |heard| {
        if heard.method != "POST" || heard.target.contains("StartJobs") {
            return rule(heard);
        }
        let number = given.fetch_add(1, Ordering::SeqCst) + 1;
        json(200, &format!(r#"{{"access_token":"token-{number}","result":"token-{number}","expires_in":1000}}"#))
    })
}

fn open(heard: &Heard) -> Reaction {
    match heard.method.as_str() {
        "GET" => json(200, r#"{"value":[]}"#),
        _ => json(201, STARTED),
    }
}

fn client_credentials(server: &RawServer, id: &str, scopes: &[&str]) -> Login {
    Login::ClientCredentials(ClientCredentials {
        identity: IdentityServer::parse(&format!("{}/identity", server.url())).unwrap(),
        client_id: id.to_owned(),
        client_secret: Secret::new("client-s3cret".to_owned()),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        method: SecretMethod::Form,
    })
}

fn with(server: &RawServer, login: Login, shelf: &Arc<Shelf>, clock: &HandClock) -> Connection {
    Connection { tokens: Some(shelf.clone()), ..connection(&server.url(), login, Arc::new(clock.clone())) }
}

/// A process of its own, as far as tokens go.
fn client(server: &RawServer, shelf: &Arc<Shelf>, clock: &HandClock) -> Client {
    Client::new(with(server, client_credentials(server, "app", &[]), shelf, clock)).unwrap()
}

fn asked(server: &RawServer) -> usize {
    server.count("connect/token") + server.count("Authenticate") + server.count("oauth/token")
}

async fn start(client: &Client) -> AnswerClass {
    client.start_jobs(&request(), PriorAttempts::default()).await.class
}

async fn look(client: &Client) {
    let wanted = RequiredNames { releases: [ReleaseRef::named("A")].into(), ..RequiredNames::default() };
    client.look_up(&request().folder, &wanted).await.unwrap();
}

#[tokio::test]
async fn a_second_process_asks_for_no_token() {
    for login in [login_kinds::basic, login_kinds::password, login_kinds::user_key] {
        let (server, shelf, clock) = (server(open), Arc::default(), still());
        for _ in 0..3 {
            let client = Client::new(with(&server, login(&server), &shelf, &clock)).unwrap();
            client.sign_in().await.unwrap();
            assert!(matches!(start(&client).await, AnswerClass::Started(_)));
            clock.advance(Duration::from_secs(100));
        }
        assert_eq!((asked(&server), shelf.texts()), (1, vec!["token-1".to_owned()]));
        assert_eq!(server.heard().last().unwrap().header("authorization"), "Bearer token-1");
    }
}

#[tokio::test]
async fn a_kept_token_is_taken_until_its_renewal_is_due_by_any_clock() {
    let (server, shelf, clock) = (server(open), Arc::default(), still());
    client(&server, &shelf, &clock).sign_in().await.unwrap();
    clock.advance(Duration::from_secs(799));
    let second = client(&server, &shelf, &clock);
    second.sign_in().await.unwrap();
    assert_eq!(asked(&server), 1);
    // It is renewed at its own age, not at this process's.
    clock.advance(Duration::from_secs(1));
    while server.heard().last().unwrap().header("authorization") != "Bearer token-2" {
        assert!(matches!(start(&second).await, AnswerClass::Started(_)));
    }
    assert_eq!(shelf.texts(), ["token-2"]);
    clock.advance(Duration::from_secs(800));
    client(&server, &shelf, &clock).sign_in().await.unwrap();
    assert_eq!(asked(&server), 3);
    // A clock that was set back makes the token one of the future, whose age nobody knows.
    clock.set_utc("2026-01-31T11:00:00Z".parse().unwrap());
    client(&server, &shelf, &clock).sign_in().await.unwrap();
    assert_eq!(asked(&server), 4);
}

#[tokio::test]
async fn a_renewal_takes_the_token_that_another_process_fetched() {
    let (server, shelf, clock) = (server(open), Arc::default(), still());
    let first = client(&server, &shelf, &clock);
    first.sign_in().await.unwrap();
    clock.advance(Duration::from_secs(995));
    client(&server, &shelf, &clock).sign_in().await.unwrap();
    first.sign_in().await.unwrap();
    assert!(matches!(start(&first).await, AnswerClass::Started(_)));
    assert_eq!(server.heard().last().unwrap().header("authorization"), "Bearer token-2");
    assert_eq!(asked(&server), 2);
}

#[tokio::test]
async fn a_kept_token_that_is_turned_away_is_dropped_and_replaced_once() {
    // 403 as well: the permission may have been granted after the token was made.
    for status in [401, 403] {
        let turned_away = move |heard: &Heard| match heard.header("authorization") {
            "Bearer token-1" => Reaction::Answer(answer(status, "", "")),
            _ => open(heard),
        };
        for starts in [true, false] {
            let (server, shelf, clock) = (server(turned_away), Arc::default(), still());
            client(&server, &shelf, &clock).sign_in().await.unwrap();
            let second = client(&server, &shelf, &clock);
            second.sign_in().await.unwrap();
            if starts {
                let class = start(&second).await;
                assert!(matches!(class, AnswerClass::Unsent { next: NextSend::Now, .. }), "{class:?}");
                assert!(matches!(start(&second).await, AnswerClass::Started(_)));
            } else {
                look(&second).await;
            }
            assert_eq!((asked(&server), shelf.texts()), (2, vec!["token-2".to_owned()]));
        }
    }
}

#[tokio::test]
async fn a_kept_token_and_a_fresh_one_that_are_both_refused_stop_the_run_and_leave_nothing_behind() {
    let refusing = |_: &Heard| Reaction::Answer(answer(401, "", ""));
    let (server, shelf, clock) = (server(refusing), Arc::default(), still());
    client(&server, &shelf, &clock).sign_in().await.unwrap();
    let second = client(&server, &shelf, &clock);
    second.sign_in().await.unwrap();
    assert!(matches!(start(&second).await, AnswerClass::Unsent { next: NextSend::Now, .. }));
    let class = start(&second).await;
    assert!(matches!(class, AnswerClass::Stopped { stop: StopScope::Login, .. }), "{class:?}");
    assert_eq!((asked(&server), shelf.keys()), (2, 0));
}

#[tokio::test]
async fn a_token_that_another_process_put_there_since_is_not_dropped() {
    let server = RawServer::start(|heard| match heard.number {
        0 => json(200, r#"{"access_token":"token-1","expires_in":1000}"#),
        1 => json(201, STARTED),
        _ => Reaction::Answer(answer(401, "", "")),
    });
    let (shelf, clock) = (Arc::<Shelf>::default(), still());
    let client = client(&server, &shelf, &clock);
    client.sign_in().await.unwrap();
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    for kept in shelf.tokens.lock().unwrap().values_mut() {
        kept.token = Secret::new("token-of-another".to_owned());
    }
    assert!(matches!(start(&client).await, AnswerClass::Stopped { stop: StopScope::Login, .. }));
    assert_eq!(shelf.texts(), ["token-of-another"]);
}

#[tokio::test]
async fn each_server_client_tenant_and_scope_has_its_own_token() {
    let (server, other) = (server(open), server(open));
    let (shelf, clock) = (Arc::<Shelf>::default(), still());
    let password = |user: &str| {
        Login::Password(UserPassword { user: user.to_owned(), password: Secret::new("passw0rd".to_owned()) })
    };
    let connections = |server: &RawServer| {
        let base = with(server, client_credentials(server, "app", &[]), &shelf, &clock);
        let path = BaseUrl::parse(&format!("{}/acme/prod", server.url())).unwrap();
        vec![
            Connection { login: client_credentials(server, "app2", &[]), ..base.clone() },
            Connection { login: client_credentials(server, "app", &["OR.Jobs", "OR.Folders"]), ..base.clone() },
            Connection { login: client_credentials(server, "app", &["OR.Jobs OR.Folders.Read"]), ..base.clone() },
            Connection { tenant: Some("Other".to_owned()), ..base.clone() },
            Connection { base: path, ..base.clone() },
            Connection { login: password("ada"), ..base.clone() },
            Connection { login: password("bob"), ..base.clone() },
            base,
        ]
    };
    let all: Vec<Connection> = [connections(&server), connections(&other)].concat();
    for (count, connection) in all.iter().enumerate() {
        Client::new(connection.clone()).unwrap().sign_in().await.unwrap();
        assert_eq!(shelf.keys(), count + 1);
    }
    // The order of scopes is no difference.
    let swapped = client_credentials(&server, "app", &["OR.Folders", "OR.Jobs"]);
    Client::new(Connection { login: swapped, ..all[0].clone() }).unwrap().sign_in().await.unwrap();
    assert_eq!(shelf.keys(), all.len());
}

#[tokio::test]
async fn what_was_not_fetched_or_has_no_known_end_is_not_kept() {
    let (shelf, clock) = (Arc::<Shelf>::default(), still());
    let server = RawServer::start(|heard| match heard.method.as_str() {
        "POST" => json(200, r#"{"access_token":"endless"}"#),
        _ => open(heard),
    });
    for login in [ready_token(), client_credentials(&server, "app", &[])] {
        Client::new(with(&server, login, &shelf, &clock)).unwrap().sign_in().await.unwrap();
    }
    assert_eq!((asked(&server), shelf.keys()), (1, 0));
}

#[tokio::test]
async fn a_kept_text_that_no_header_can_hold_is_fetched_again() {
    let (server, shelf, clock) = (server(open), Arc::<Shelf>::default(), still());
    client(&server, &shelf, &clock).sign_in().await.unwrap();
    for kept in shelf.tokens.lock().unwrap().values_mut() {
        kept.token = Secret::new("line\r\nline".to_owned());
    }
    client(&server, &shelf, &clock).sign_in().await.unwrap();
    assert_eq!((asked(&server), shelf.texts()), (2, vec!["token-2".to_owned()]));
}
