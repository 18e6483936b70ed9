//! Certificates: whose are trusted, whose are shown, and that nothing is sent where they do not hold.

use std::sync::Arc;

use sortie::clock::SharedClock;
use sortie::exit::ExitStatus;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::{AnswerClass, PriorAttempts, StopScope};
use sortie::orchestrator::network::Network;
use sortie::orchestrator::{Client, ConnectionError, Server as _};
use sortie::resolve::RequiredNames;
use sortie::secret::Secret;
use sortie::spec::ReleaseRef;

use crate::client::wire::{STARTED, connection, ready_token, request, still};
use crate::support::brisk_clock::BriskClock;
use crate::support::certificates::{Authority, Certified, Validity, self_signed};
use crate::support::raw_server::{Heard, RawServer, Reaction, json};
use crate::support::tls_server::{Clients, TlsServer};

fn answer(heard: &Heard) -> Reaction {
    match heard.method.as_str() {
        "GET" => json(200, r#"{"value":[]}"#),
        _ => json(201, STARTED),
    }
}

fn client(url: &str, network: Network, clock: SharedClock) -> Client {
    let mut connection = connection(url, ready_token(), clock);
    connection.network = network;
    Client::new(connection).unwrap()
}

fn trusting(authority: &Authority) -> Network {
    Network { authorities: Some(authority.pem.clone()), ..Network::default() }
}

fn showing(authority: &Authority, shown: &Certified) -> Network {
    let pem = Secret::new(format!("{}{}", shown.pem, shown.key_pem));
    Network { client_certificate: Some(pem), ..trusting(authority) }
}

async fn start(client: &Client) -> AnswerClass {
    client.start_jobs(&request(), PriorAttempts::default()).await.class
}

async fn look(client: &Client) -> Result<(), CallError> {
    let wanted = RequiredNames { releases: [ReleaseRef::named("A")].into(), ..RequiredNames::default() };
    client.look_up(&request().folder, &wanted).await.map(drop)
}

#[tokio::test]
async fn a_server_of_an_extra_authority_is_trusted() {
    let corp = Authority::new("corp");
    let server = TlsServer::start(corp.server("localhost", Validity::Now), answer);
    let client = client(&server.url(), trusting(&corp), Arc::new(still()));
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
    look(&client).await.unwrap();
    assert_eq!(server.heard()[0].header("authorization"), "Bearer token-of-this-test");
}

#[tokio::test]
async fn the_second_of_two_extra_authorities_counts_too() {
    let (other, corp) = (Authority::new("other"), Authority::new("corp"));
    let server = TlsServer::start(corp.server("localhost", Validity::Now), answer);
    let pem = format!("# our authorities\n{}\n{}", other.pem, corp.pem);
    let client = client(&server.url(), Network { authorities: Some(pem), ..Network::default() }, Arc::new(still()));
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
}

#[tokio::test]
async fn a_certificate_that_does_not_hold_stops_the_run_before_anything_is_sent() {
    let corp = Authority::new("corp");
    for (name, certified, network, words) in [
        ("wrong host", corp.server("elsewhere.example", Validity::Now), trusting(&corp), "not valid for name"),
        ("past", corp.server("localhost", Validity::Past), trusting(&corp), "expired"),
        ("future", corp.server("localhost", Validity::Future), trusting(&corp), "not valid yet"),
        ("self-signed", self_signed("localhost"), trusting(&corp), "UnknownIssuer"),
        ("not named", corp.server("localhost", Validity::Now), Network::default(), "UnknownIssuer"),
        ("namesake", Authority::new("corp").server("localhost", Validity::Now), trusting(&corp), ""),
        ("a client's", corp.client(), trusting(&corp), ""),
    ] {
        let server = TlsServer::start(certified, answer);
        let client = client(&server.url(), network, Arc::new(still()));
        let class = start(&client).await;
        let AnswerClass::Stopped { stop: StopScope::Connection, error } = class else { panic!("{name}: {class:?}") };
        assert!(error.message.contains("certificate") && error.message.contains(words), "{name}: {error}");
        let error = look(&client).await.unwrap_err();
        assert!(matches!(error, CallError::Certificate { .. }), "{name}: {error}");
        assert_eq!(error.exit(), ExitStatus::Fault, "{name}");
        assert!(error.help().contains("`ca: corp.pem`"), "{}", error.help());
        assert!(server.heard().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_client_certificate_that_the_server_knows_is_accepted() {
    let (corp, staff) = (Authority::new("corp"), Authority::new("staff"));
    for versions in [&[&rustls::version::TLS13][..], &[&rustls::version::TLS12]] {
        let certified = corp.server("localhost", Validity::Now);
        let server = TlsServer::with(certified, &Clients::SignedBy(&staff), versions, answer);
        let client = client(&server.url(), showing(&corp, &staff.client()), Arc::new(still()));
        assert!(matches!(start(&client).await, AnswerClass::Started(_)));
        look(&client).await.unwrap();
        assert_eq!(server.shown(), 1);
    }
}

#[tokio::test]
async fn a_client_without_the_certificate_that_is_wanted_is_told_so_and_nothing_is_started() {
    let (corp, staff) = (Authority::new("corp"), Authority::new("staff"));
    let strangers = Authority::new("strangers");
    for versions in [&[&rustls::version::TLS13][..], &[&rustls::version::TLS12]] {
        for network in [trusting(&corp), showing(&corp, &strangers.client())] {
            let certified = corp.server("localhost", Validity::Now);
            let server = TlsServer::with(certified, &Clients::SignedBy(&staff), versions, answer);
            let client = client(&server.url(), network, Arc::new(BriskClock::new()));
            let class = start(&client).await;
            assert!(matches!(class, AnswerClass::Stopped { stop: StopScope::Connection, .. }), "{class:?}");
            let error = look(&client).await.unwrap_err();
            assert!(matches!(error, CallError::ClientCertificate { .. }), "{error}");
            assert!(error.help().contains("`client-certificate: me.pem`"), "{}", error.help());
            assert_eq!((server.heard().len(), server.shown()), (0, 0));
        }
    }
}

#[test]
fn what_is_no_certificate_is_said_before_anything_is_sent() {
    let (corp, other) = (Authority::new("corp"), Authority::new("other"));
    let shown = corp.client();
    let damaged = corp.pem.replace("MII", "!!!");
    let emptied = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    let authorities = |pem: &str| Network { authorities: Some(pem.to_owned()), ..Network::default() };
    let certificate = |pem: String| Network { client_certificate: Some(Secret::new(pem)), ..Network::default() };
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for (network, words) in [
        (authorities(""), "extra certificate authorities cannot be used: there is no `BEGIN CERTIFICATE` in it"),
        (authorities(&shown.key_pem), "there is no `BEGIN CERTIFICATE` in it"),
        (authorities(&damaged), "certificate 1: "),
        (authorities(&format!("{}{emptied}", corp.pem)), "certificate 2: "),
        (
            certificate(shown.key_pem.clone()),
            "client certificate cannot be used: there is no `BEGIN CERTIFICATE` in it",
        ),
        (certificate(shown.pem.clone()), "there is no private key in it"),
        (certificate(format!("{}{encrypted}", shown.pem)), "its key is encrypted"),
        (certificate(format!("{}{}", shown.pem, other.client().key_pem)), "its key is of another certificate"),
    ] {
        let mut connection = connection("https://localhost", ready_token(), Arc::new(still()));
        connection.network = network;
        let Err(error) = Client::new(connection) else { panic!("no error: {words}") };
        assert!(matches!(error, ConnectionError::Network(_)) && error.to_string().contains(words), "{words}: {error}");
        assert!(!format!("{error:?}").contains("PRIVATE KEY"), "{error:?}");
    }
}

#[tokio::test]
async fn a_plain_loopback_needs_no_certificate_at_all() {
    let server = RawServer::start(answer);
    let client = client(&server.url(), Network::default(), Arc::new(still()));
    assert!(matches!(start(&client).await, AnswerClass::Started(_)));
}
