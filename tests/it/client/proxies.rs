//! Proxies: asked for a tunnel, shown nothing of what goes through it, and used only where the profile says so.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sortie::clock::SharedClock;
use sortie::exit::ExitStatus;
use sortie::orchestrator::auth::{ClientCredentials, Login, SecretMethod};
use sortie::orchestrator::base_url::IdentityServer;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::{AnswerClass, NextSend, PriorAttempts, StopScope};
use sortie::orchestrator::network::{Network, Proxy};
use sortie::orchestrator::{Client, Connection, Server as _};
use sortie::secret::Secret;

use crate::client::wire::{STARTED, connection, ready_token, request, still};
use crate::support::brisk_clock::BriskClock;
use crate::support::certificates::{Authority, Validity};
use crate::support::raw_server::{Heard, RawServer, Reaction, json};
use crate::support::tls_server::TlsServer;
use crate::support::tunnel::{Doorman, Tunnel};

const PASSWORD: &str = "pr0xy:pass word";
/// `ada:pr0xy:pass word`.
const BASIC: &str = "Basic YWRhOnByMHh5OnBhc3Mgd29yZA==";

struct Corp {
    authority: Authority,
    server: TlsServer,
}

fn corp() -> Corp {
    let authority = Authority::new("corp");
    let server = TlsServer::start(authority.server("localhost", Validity::Now), answer);
    Corp { authority, server }
}

fn answer(heard: &Heard) -> Reaction {
    match heard.target.as_str() {
        "/identity/connect/token" => json(200, r#"{"access_token":"token-from-behind","expires_in":3600}"#),
        _ => json(201, STARTED),
    }
}

fn through(corp: &Corp, proxy: Option<Proxy>, clock: SharedClock) -> Connection {
    let login = Login::ClientCredentials(ClientCredentials {
        identity: IdentityServer::parse(&format!("{}/identity", corp.server.url())).unwrap(),
        client_id: "app".to_owned(),
        client_secret: Secret::new("client-s3cret".to_owned()),
        scopes: Vec::new(),
        method: SecretMethod::Form,
    });
    let mut connection = connection(&corp.server.url(), login, clock);
    connection.network = Network { authorities: Some(corp.authority.pem.clone()), proxy, ..Network::default() };
    connection
}

fn proxy(tunnel: &Tunnel) -> Proxy {
    Proxy::parse(&tunnel.url()).unwrap()
}

fn login(proxy: Proxy) -> Proxy {
    proxy.with_login("ada".to_owned(), Secret::new(PASSWORD.to_owned()))
}

async fn start(client: &Client) -> AnswerClass {
    client.start_jobs(&request(), PriorAttempts::default()).await.class
}

#[tokio::test]
async fn a_proxy_sees_whereto_and_nothing_else() {
    let (corp, tunnel) = (corp(), Tunnel::start(Doorman::Asks(BASIC.to_owned())));
    let client = Client::new(through(&corp, Some(login(proxy(&tunnel))), Arc::new(still()))).unwrap();
    client.sign_in().await.unwrap();
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    let [asked, started] = &corp.server.heard()[..] else { panic!("two requests") };
    assert!(asked.body.contains("client-s3cret"));
    assert_eq!(started.header("authorization"), "Bearer token-from-behind");
    assert!(!asked.headers.contains_key("proxy-authorization"), "the server sees nothing of the proxy's login");

    let connects = tunnel.connects();
    assert!(!connects.is_empty() && tunnel.tunnelled() > 0);
    for connect in &connects {
        assert_eq!((connect.method.as_str(), connect.header("proxy-authorization")), ("CONNECT", BASIC));
        assert_eq!(connect.target, format!("localhost:{}", corp.server.port()));
        assert!(!connect.headers.contains_key("authorization"), "{connect:?}");
    }
    for secret in ["token-from-behind", "client-s3cret", "StartJobs", "connect/token"] {
        assert!(!tunnel.saw(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_proxy_that_wants_credentials_stops_the_run() {
    for doorman in [
        Doorman::Asks(BASIC.to_owned()),
        Doorman::Says("HTTP/1.1 407 Authenticate\r\nContent-Length: 12\r\n\r\nwho are you?"),
        Doorman::Says("HTTP/1.0 407 Authenticate\r\n\r\n"),
    ] {
        let (corp, tunnel) = (corp(), Tunnel::start(doorman));
        let mut connection = through(&corp, Some(proxy(&tunnel)), Arc::new(still()));
        let error = Client::new(connection.clone()).unwrap().sign_in().await.unwrap_err();
        assert!(matches!(error, CallError::ProxyLogin { .. }), "{error}");
        assert_eq!(error.exit(), ExitStatus::Login);
        assert!(error.help().contains("`proxy: {url: .., user: .., password: {env: NAME}}`"), "{}", error.help());
        connection.login = ready_token();
        let class = start(&Client::new(connection).unwrap()).await;
        assert!(matches!(class, AnswerClass::Stopped { stop: StopScope::Login, .. }), "{class:?}");
        assert!(corp.server.heard().is_empty());
    }
}

#[tokio::test]
async fn a_proxy_that_opens_no_tunnel_leaves_the_start_unsent() {
    for doorman in [
        Doorman::Says("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
        Doorman::Says("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 7\r\n\r\nno host"),
        Doorman::Says("HTTP/1.1 200"),
        Doorman::Says(""),
        Doorman::Says("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    ] {
        let (corp, tunnel) = (corp(), Tunnel::start(doorman.clone()));
        let mut connection = through(&corp, Some(proxy(&tunnel)), Arc::new(BriskClock::new()));
        let error = Client::new(connection.clone()).unwrap().sign_in().await.unwrap_err();
        assert!(matches!(error, CallError::Unreachable { .. }), "{error}");
        let opens = format!("the proxy `{}` opens no tunnel to `localhost:{}`", tunnel.url(), corp.server.port());
        assert!(error.to_string().contains(&opens), "{error}");
        assert!(error.help().contains("NO_PROXY"), "{}", error.help());
        connection.login = ready_token();
        let class = start(&Client::new(connection).unwrap()).await;
        assert!(matches!(class, AnswerClass::Unsent { next: NextSend::Backoff, .. }), "{class:?}");
        assert!(corp.server.heard().is_empty());
    }
}

#[tokio::test]
async fn what_a_proxy_answers_is_told_and_it_is_asked_as_whom_the_profile_says() {
    let (corp, tunnel) = (corp(), Tunnel::start(Doorman::Says("HTTP/1.1 403 Forbidden by policy\r\n\r\n")));
    let mut connection = through(&corp, Some(login(proxy(&tunnel))), Arc::new(still()));
    connection.login = ready_token();
    let class = start(&Client::new(connection).unwrap()).await;
    let AnswerClass::Unsent { why, .. } = class else { panic!("{class:?}") };
    assert!(why.ends_with(": it answers `HTTP/1.1 403 Forbidden by policy`"), "{why}");
    for connect in tunnel.connects() {
        assert_eq!(connect.header("proxy-authorization"), BASIC);
    }
}

#[tokio::test]
async fn a_proxy_that_is_dead_or_silent_leaves_the_start_unsent() {
    let corp = corp();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let silent = Tunnel::start(Doorman::Silent);
    for url in [format!("http://127.0.0.1:{port}"), silent.url()] {
        let mut connection = through(&corp, Some(Proxy::parse(&url).unwrap()), Arc::new(still()));
        connection.login = ready_token();
        connection.timeouts.connect = Duration::from_millis(50);
        let class = start(&Client::new(connection).unwrap()).await;
        assert!(matches!(class, AnswerClass::Unsent { next: NextSend::Backoff, .. }), "{class:?}");
    }
    assert_eq!(silent.connects().len(), 1);
}

#[tokio::test]
async fn a_server_behind_a_proxy_is_verified_like_any_other() {
    let tunnel = Tunnel::start(Doorman::Open);
    let mut connection = through(&corp(), Some(proxy(&tunnel)), Arc::new(still()));
    connection.network.authorities = Some(Authority::new("another").pem);
    let error = Client::new(connection).unwrap().sign_in().await.unwrap_err();
    assert!(matches!(error, CallError::Certificate { .. }), "{error}");
}

#[tokio::test]
async fn hosts_that_are_excepted_are_reached_straight() {
    let corp = corp();
    for (except, tunnels) in [("localhost", 0), ("example.com, .localhost", 0), ("*", 0), ("host", 1), ("", 1)] {
        let tunnel = Tunnel::start(Doorman::Open);
        let proxy = proxy(&tunnel).except(except.split(',').map(str::to_owned));
        let client = Client::new(through(&corp, Some(proxy), Arc::new(still()))).unwrap();
        client.sign_in().await.unwrap();
        assert_eq!(tunnel.connects().len(), tunnels, "`{except}`");
    }
}

#[tokio::test]
async fn a_plain_loopback_address_never_goes_through_a_proxy() {
    let (server, tunnel) = (RawServer::start(answer), Tunnel::start(Doorman::Open));
    let mut connection = connection(&server.url(), ready_token(), Arc::new(still()));
    connection.network.proxy = Some(proxy(&tunnel));
    assert!(matches!(start(&Client::new(connection).unwrap()).await, AnswerClass::Started(_)));
    assert!(tunnel.connects().is_empty());
}

/// Its own process, since the environment of this one belongs to every test.
const WITHIN: &str = "SORTIE_TEST_WITHIN_PROXY_ENVIRONMENT";

#[tokio::test]
async fn a_proxy_of_the_environment_that_nobody_asked_for_is_not_used() {
    if std::env::var_os(WITHIN).is_some() {
        let corp = corp();
        Client::new(through(&corp, None, Arc::new(still()))).unwrap().sign_in().await.unwrap();
        assert_eq!(corp.server.heard().len(), 1);
        return;
    }
    let tunnel = Tunnel::start(Doorman::Open);
    let mut child = Command::new(std::env::current_exe().unwrap());
    let own = concat!(module_path!(), "::a_proxy_of_the_environment_that_nobody_asked_for_is_not_used");
    let (_, own) = own.split_once("::").expect("the crate's name stands before it");
    child.args(["--exact", own]).env(WITHIN, "1");
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, tunnel.authority());
    }
    let ran = child.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    assert!(String::from_utf8_lossy(&ran.stdout).contains("1 passed"), "{}", String::from_utf8_lossy(&ran.stdout));
    assert!(tunnel.connects().is_empty());
}
