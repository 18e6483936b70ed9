//! Secrets go in, servers repeat them in every place that an answer has, and all that comes out is searched for them:
//! answers, errors with their causes and help lines, `Debug` forms, and what the HTTP stack logs.

use std::error::Error;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, Once};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use sortie::orchestrator::auth::{
    ClientCredentials, KeptToken, Login, SecretMethod, TokenKey, TokenStore, UserKey, UserPassword,
};
use sortie::orchestrator::base_url::IdentityServer;
use sortie::orchestrator::classify::{AnswerClass, PriorAttempts};
use sortie::orchestrator::network::{Network, Proxy};
use sortie::orchestrator::{Client, Connection, JobWindow, Server as _};
use sortie::resolve::RequiredNames;
use sortie::secret::Secret;

use crate::client::wire::{connection, request};
use crate::support::brisk_clock::BriskClock;
use crate::support::raw_server::{Heard, RawServer, Reaction, answer};
use crate::support::tunnel::{Doorman, Tunnel};

/// With everything that some escaping changes.
const SECRET: &str = "canary \"s3cret\" & /m0re+";
const TOKEN: &str = "canary-t0ken.abc_def-123456";
const CLIENT_ID: &str = "app";

fn form(text: &str) -> String {
    let url = reqwest::Url::parse_with_params("http://x/", [("k", text)]).unwrap();
    url.query().unwrap()[2..].to_owned()
}

/// Every spelling that something which speaks HTTP or JSON may turn `secret` into.
fn spellings(secret: &str) -> Vec<String> {
    let json = serde_json::to_string(secret).unwrap();
    vec![
        secret.to_owned(),
        json[1..json.len() - 1].to_owned(),
        form(secret),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ]
}

fn all_spellings() -> Vec<String> {
    [SECRET, TOKEN].into_iter().flat_map(spellings).collect()
}

#[track_caller]
fn search(place: &str, text: &str) {
    for spelling in all_spellings() {
        assert!(!text.contains(&spelling), "{place} holds `{spelling}`:\n{text}");
    }
    let pair = STANDARD.encode(format!("{CLIENT_ID}:{}", form(SECRET)));
    assert!(!text.contains(&pair), "{place} holds what HTTP Basic sent:\n{text}");
    // What a masked secret leaves of itself is one of these at most.
    assert!(!text.contains("canary"), "{place} holds a part of a secret:\n{text}");
}

/// What the HTTP stack logged, as far as it holds a secret; and how much it logged at all.
#[derive(Default)]
struct Log {
    leaks: Mutex<Vec<String>>,
    records: Mutex<usize>,
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let text = format!("{} {}", record.target(), record.args());
        *self.records.lock().unwrap() += 1;
        if all_spellings().iter().any(|spelling| text.contains(spelling)) {
            self.leaks.lock().unwrap().push(text);
        }
    }

    fn flush(&self) {}
}

fn log() -> &'static Log {
    static ONCE: Once = Once::new();
    static LOG: Log = Log { leaks: Mutex::new(Vec::new()), records: Mutex::new(0) };
    ONCE.call_once(|| {
        log::set_logger(&LOG).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    &LOG
}

/// All that a request told a server, and each secret in each spelling, one a line.
fn echo(heard: &Heard) -> String {
    let mut lines = vec![heard.header("authorization").to_owned(), heard.body.clone()];
    lines.extend(all_spellings());
    lines.join("\n")
}

/// The shapes of an answer that can hold `echo`; a number beyond them all is none.
fn shape(number: usize, echo: &str) -> Option<Vec<u8>> {
    let text = serde_json::to_string(echo).unwrap();
    // .NET's writer escapes what JSON need not.
    let escaped: String = echo
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_string() } else { format!("\\u{:04x}", c as u32) })
        .collect();
    let line: String =
        echo.chars().filter(char::is_ascii).map(|c| if c.is_ascii_control() { ' ' } else { c }).collect();
    let padding = |length: usize| "x".repeat(length);
    Some(match number {
        0 => answer(400, "", &format!(r#"{{"message":{text},"errorCode":1,"traceId":{text}}}"#)),
        1 => answer(409, "", &format!(r#"{{"message":"{escaped}","errorCode":"{escaped}"}}"#)),
        2 => answer(422, "", &format!(r#"{{"title":{text},"detail":{text},"errors":{{{text}:[{text}]}}}}"#)),
        3 => answer(500, "", &format!(r#"{{"success":false,"error":{{"code":0,"message":{text},"details":{text}}}}}"#)),
        4 => answer(404, "Content-Type: text/html\r\n", &format!("<html><title>{echo}</title>")),
        5 => answer(400, "", echo),
        6 => answer(401, &format!("WWW-Authenticate: Bearer error=\"{line}\"\r\n"), ""),
        7 => answer(307, &format!("Location: https://elsewhere.example/?{line}\r\n"), ""),
        8 => answer(429, &format!("Retry-After: {line}\r\n"), &text),
        9 => answer(400, "", &format!(r#"{{"error":{text},"error_description":{text}}}"#)),
        10 => answer(200, "", &text),
        11 => answer(200, "", &format!(r#"{{"value":{text},"access_token":{text},"result":{text}}}"#)),
        12 => answer(200, "", &format!(r#"{{"value":[{{"Id":{text}}}],"access_token":[{text}]}}"#)),
        13 => answer(
            200,
            "",
            &format!(
                r#"{{"value":[{{"Id":1,"Key":{text},"State":{text},"Info":{text},"OutputArguments":{text},"Reference":{text},"ReleaseName":{text},"Type":{text},"Source":{text},"BatchExecutionKey":{text},"CreationTime":{text}}}],"success":false,"error":{text}}}"#
            ),
        ),
        14 => answer(503, "", &format!(r#"{{"odata.error":{{"code":"x","message":{{"lang":"en","value":{text}}}}}}}"#)),
        15 => format!("HTTP/1.1 400 {line}\r\nContent-Length: 0\r\n\r\n").into_bytes(),
        16 => format!("{line}\r\n\r\n").into_bytes(),
        // The place where a long message is cut lies inside a secret.
        17 => answer(400, "", &format!("{}{SECRET}{TOKEN}", padding(1_990))),
        18 => answer(400, "", &format!(r#"{{"message":"{}{SECRET_ESCAPED}"}}"#, padding(1_985))),
        19 => answer(400, "", &format!("{}{TOKEN}", padding(1_995))),
        20 => answer(403, "", &text),
        _ => return None,
    })
}

/// `SECRET` as .NET writes it.
const SECRET_ESCAPED: &str = r"canary \u0022s3cret\u0022 \u0026 /m0re\u002B";

/// Forgets everything, and says what it was given.
struct Nowhere;

impl TokenStore for Nowhere {
    fn find(&self, _: &TokenKey) -> Option<KeptToken> {
        None
    }

    fn keep(&self, key: &TokenKey, _: &KeptToken) {
        search("a token's key", &format!("{key:?}"));
    }

    fn forget(&self, _: &TokenKey, _: &Secret) {}
}

fn secret() -> Secret {
    Secret::new(SECRET.to_owned())
}

fn logins(server: &RawServer) -> Vec<Login> {
    let at = |path: &str| IdentityServer::parse(&format!("{}{path}", server.url())).unwrap();
    let application = |method| {
        Login::ClientCredentials(ClientCredentials {
            identity: at("/identity"),
            client_id: CLIENT_ID.to_owned(),
            client_secret: secret(),
            scopes: Vec::new(),
            method,
        })
    };
    vec![
        application(SecretMethod::Form),
        application(SecretMethod::Basic),
        Login::Password(UserPassword { user: "ada".to_owned(), password: secret() }),
        Login::UserKey(UserKey { accounts: at(""), client_id: "k".to_owned(), user_key: secret() }),
        Login::Token(Secret::new(TOKEN.to_owned())),
    ]
}

fn is_token_call(heard: &Heard) -> bool {
    ["/connect/token", "/oauth/token", "/Authenticate"].iter().any(|path| heard.target.ends_with(path))
}

fn shown(outcome: &(impl Debug + ?Sized)) -> String {
    format!("{outcome:?}\n{outcome:#?}")
}

fn told(error: &(impl Error + 'static)) -> String {
    let mut text = format!("{error}\n{}", shown(error));
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!("\n{error}\n{error:?}"));
        cause = error.source();
    }
    text
}

/// Everything that a client says of a server that answers so.
async fn everything_said(connection: Connection) -> String {
    let client = Client::new(connection).unwrap();
    let folder = request().folder;
    let mut text = String::new();
    if let Err(error) = client.sign_in().await {
        text.push_str(&format!("{}\n{}\n", told(&error), error.help()));
    }
    for _ in 0..2 {
        let mut answer = client.start_jobs(&request(), PriorAttempts::default()).await;
        if let AnswerClass::Started(jobs) = &mut answer.class {
            // As in lists, below.
            for listed in jobs {
                listed.reference = None;
            }
        }
        text.push_str(&shown(&answer));
    }
    let wanted = RequiredNames {
        releases: [sortie::spec::ReleaseRef::named("A")].into(),
        robots: ["R".to_owned()].into(),
        ..RequiredNames::default()
    };
    match client.look_up(&folder, &wanted).await {
        Ok(_) => {}
        Err(error) => text.push_str(&format!("{}\n{}\n", told(&error), error.help())),
    }
    let window = JobWindow { folder, from: "2026-01-31T12:00:00Z".to_owned(), skip: 0 };
    match client.list_jobs(&window, 1000).await {
        Ok(mut page) => {
            // What a Reference is matched by stays as it came, and is shown nowhere.
            page.jobs.iter_mut().for_each(|listed| listed.reference = None);
            text.push_str(&shown(&page));
        }
        Err(error) => text.push_str(&told(&error)),
    }
    text
}

#[tokio::test]
async fn what_robot_jobs_are_matched_and_paged_by_is_never_masked() {
    let row = r#"{"value":[{"Id":160856,"Key":"5b754c63-5d1a-4c37-bb9b-74b69e4934bf","State":"Pending",
        "CreationTime":"2026-01-31T12:00:16.0856Z","Reference":"pay 1608 sortie-x-dbb6e919b116080f","Info":"PIN \"1608\", b11608"}]}"#;
    let server = RawServer::start(move |_| Reaction::Answer(answer(200, "", row)));
    let login = Login::Token(Secret::new(TOKEN.to_owned()));
    let connection = connection(&server.url(), login, Arc::new(BriskClock::new()));
    for secret in ["1608", "b11608", "ending", "2026-01", "4c37-bb9b", "sortie-x", "pay 1608"] {
        connection.redactor.learn(&Secret::new(secret.to_owned()));
    }
    let client = Client::new(connection).unwrap();
    let folder = request().folder;
    let window = JobWindow { folder, from: "2026-01-31T12:00:00Z".to_owned(), skip: 0 };
    let listed = client.list_jobs(&window, 1000).await.unwrap().jobs.remove(0);
    assert_eq!(listed.reference.as_deref(), Some("pay 1608 sortie-x-dbb6e919b116080f"));
    assert_eq!(listed.job.creation_time.as_deref(), Some("2026-01-31T12:00:16.0856Z"));
    assert_eq!(listed.job.key.as_deref(), Some("5b754c63-5d1a-4c37-bb9b-74b69e4934bf"));
    assert_eq!(listed.job.state.as_deref(), Some("Pending"));
    assert_eq!(listed.job.info.as_deref(), Some("PIN \"***\", ***"));
}

#[tokio::test]
async fn no_answer_however_it_repeats_a_secret_brings_it_out() {
    let log = log();
    let mut kinds = 0;
    for number in 0.. {
        if shape(number, "").is_none() {
            assert!(number > 20, "{number} shapes");
            break;
        }
        // Once the login itself answers so, once only what comes after it.
        for login_answers in [true, false] {
            let server = RawServer::start(move |heard| {
                if is_token_call(heard) && !login_answers {
                    let good = format!(r#"{{"access_token":"{TOKEN}","result":"{TOKEN}","expires_in":3600}}"#);
                    return Reaction::Answer(answer(200, "", &good));
                }
                Reaction::AnswerAndClose(shape(number, &echo(heard)).unwrap())
            });
            for login in logins(&server) {
                let kind = login.kind();
                let mut connection = connection(&server.url(), login, Arc::new(BriskClock::new()));
                connection.tokens = Some(Arc::new(Nowhere));
                // A process that holds one of the two has the other one known as well: the environment's, say.
                connection.redactor.learn(&secret());
                connection.redactor.learn(&Secret::new(TOKEN.to_owned()));
                let text = everything_said(connection).await;
                assert!(text.len() > 100, "something is said");
                search(&format!("what is said of shape {number} by {kind:?}"), &text);
                kinds += 1;
            }
        }
    }
    assert_eq!(kinds, 21 * 2 * 5);
    assert!(*log.records.lock().unwrap() > 100, "the HTTP stack logs");
    assert_eq!(*log.leaks.lock().unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_proxys_password_is_not_repeated() {
    let log = log();
    let tunnel = Tunnel::start(Doorman::Asks("another".to_owned()));
    let login = Login::Token(Secret::new(TOKEN.to_owned()));
    let mut connection = connection("https://orchestrator.example", login, Arc::new(BriskClock::new()));
    connection.network.proxy = Some(Proxy::parse(&tunnel.url()).unwrap().with_login("ada".to_owned(), secret()));
    let redactor = connection.redactor.clone();
    search("what is said of the proxy", &everything_said(connection).await);
    let shown = tunnel.connects()[0].header("proxy-authorization").to_owned();
    assert_eq!(redactor.redact(&shown), "Basic ***", "what the proxy was shown is known as a secret");
    assert_eq!(*log.leaks.lock().unwrap(), Vec::<String>::new());
}

/// Whether `T` has a `Debug` form: the inherent constant, where it exists, goes before the trait's.
struct Probe<T>(PhantomData<T>);

trait Silent {
    const SPEAKS: bool = false;
}

impl<T> Silent for Probe<T> {}

impl<T: Debug> Probe<T> {
    const SPEAKS: bool = true;
}

#[test]
fn what_holds_a_secret_has_no_debug_form() {
    const { assert!(Probe::<String>::SPEAKS, "the probe works") };
    const { assert!(!Probe::<Secret>::SPEAKS) };
    const { assert!(!Probe::<Login>::SPEAKS) };
    const { assert!(!Probe::<ClientCredentials>::SPEAKS) };
    const { assert!(!Probe::<UserPassword>::SPEAKS) };
    const { assert!(!Probe::<UserKey>::SPEAKS) };
    const { assert!(!Probe::<KeptToken>::SPEAKS) };
    const { assert!(!Probe::<Network>::SPEAKS) };
    const { assert!(!Probe::<Proxy>::SPEAKS) };
    const { assert!(!Probe::<Connection>::SPEAKS) };
    const { assert!(!Probe::<Client>::SPEAKS) };
}

#[test]
fn the_search_itself_finds_each_spelling() {
    for spelling in all_spellings() {
        let found = std::panic::catch_unwind(|| search("a place", &format!("before {spelling} after")));
        assert!(found.is_err(), "{spelling}");
    }
}
