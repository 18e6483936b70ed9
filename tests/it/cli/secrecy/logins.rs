//! Every login, way and cache of a profile, from the config file to what a server hears.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::cli::Program;
use crate::cli::program::Ended;
use crate::client::wire::STARTED;
use crate::support::certificates::{Authority, Validity};
use crate::support::raw_server::{Heard, RawServer, Reaction, json};
use crate::support::tls_server::{Clients, TlsServer};
use crate::support::tunnel::{Doorman, Tunnel};

const SECRET: &str = "s3cret-of-this-test";
const MANIFEST: &str =
    "version: 1\nname: m\nfolder: { id: 7 }\njobs:\n  a: { release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf }\n";

fn answer(heard: &Heard) -> Reaction {
    match heard.target.as_str() {
        "/api/Account/Authenticate" => json(200, r#"{"result":"fetched-token","success":true}"#),
        "/oauth/token" | "/identity/connect/token" => {
            json(200, r#"{"access_token":"fetched-token","expires_in":3600}"#)
        }
        target if target.contains("StartJobs") => json(201, STARTED),
        _ => json(200, r#"{"value":[]}"#),
    }
}

/// A run with a profile for `url` that holds `lines`.
fn program(url: &str, lines: &str) -> Program {
    let config = format!("profiles:\n  p:\n    url: {url}\n{lines}");
    Program::sortie("run m.yaml --config c/config.yaml --format json")
        .file("m.yaml", MANIFEST)
        .file("c/config.yaml", &config)
}

fn client(url: &str) -> String {
    format!("    identity-url: {url}/identity\n    auth: {{ client-id: app, client-secret: {{ env: SECRET }} }}\n")
}

#[track_caller]
fn check_started(run: &Ended) {
    assert_eq!(run.code, 0, "{}", run.shown());
    for secret in [SECRET, "fetched-token"] {
        assert!(!run.shown().contains(secret), "{}", run.shown());
    }
}

/// The requests that ask for a token.
fn asked(server: &RawServer) -> Vec<Heard> {
    let is_start = |heard: &Heard| heard.target.contains("odata");
    server.heard().into_iter().filter(|heard| !is_start(heard)).collect()
}

#[test]
fn each_login_starts_a_job() {
    let server = RawServer::start(answer);
    let url = server.url();
    let basic = client(&url).replace("client-id: app,", "client-id: app, method: basic, scopes: [OR.Jobs],");
    for (lines, part) in [
        (client(&url), "client_secret=s3cret-of-this-test"),
        (basic, "grant_type=client_credentials&scope=OR.Jobs"),
        ("    tenant: T\n    auth: { user: ada, password: { env: SECRET } }\n".to_owned(), r#""tenancyName":"T""#),
        (
            format!(
                "    identity-url: {url}\n    auth: {{ client-id: k, user-key: {{ command: [sh, -c, 'echo {SECRET}'] }} }}\n"
            ),
            r#""refresh_token":"s3cret-of-this-test""#,
        ),
    ] {
        let before = asked(&server).len();
        let run = program(&url, &lines).env("SECRET", SECRET).env("PATH", "/usr/bin:/bin").run();
        check_started(&run);
        let asked = &asked(&server)[before..];
        assert!(asked.len() == 1 && asked[0].body.contains(part), "{lines}: {asked:?}");
        assert_eq!(server.heard().last().unwrap().header("authorization"), "Bearer fetched-token");
    }
}

#[test]
fn a_token_is_kept_for_the_next_run_in_a_private_file_and_never_in_ci() {
    let server = RawServer::start(answer);
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("sortie/tokens");
    let run = |lines: &str, ci: &str| {
        let cache = cache.path().display().to_string();
        program(&server.url(), lines).env("SECRET", SECRET).env("XDG_CACHE_HOME", &cache).env("CI", ci).run()
    };
    let login = client(&server.url());
    check_started(&run(&login, "true"));
    check_started(&run(&format!("{login}    token-cache: false\n"), ""));
    assert_eq!((asked(&server).len(), folder.exists()), (2, false));

    check_started(&run(&login, ""));
    check_started(&run(&login, ""));
    assert_eq!(asked(&server).len(), 3);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!((mode(&folder), files.len(), mode(&files[0])), (0o700, 1, 0o600));
    let text = fs::read_to_string(&files[0]).unwrap();
    assert!(text.contains("fetched-token") && !text.contains(SECRET), "{text}");

    check_started(&run(&login, "true"));
    assert_eq!(asked(&server).len(), 4, "what is kept is not read in CI either");

    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let open = run(&login, "");
    check_started(&open);
    assert!(open.stderr.contains("others can reach it (mode 0755); chmod go-rwx it"), "{}", open.stderr);
    assert_eq!(asked(&server).len(), 5);
}

#[test]
fn a_ready_token_is_kept_nowhere() {
    let server = RawServer::start(answer);
    let run = program(&server.url(), "    auth: { token: { env: SECRET } }\n").env("SECRET", SECRET).run();
    check_started(&run);
    assert!(!run.folder.path().join("home/.cache").exists());
}

#[test]
fn a_proxy_and_an_authority_of_the_profile_lead_to_the_server() {
    let corp = Authority::new("corp");
    let server = TlsServer::start(corp.server("localhost", Validity::Now), answer);
    let basic = "Basic YWRhOnMzY3JldC1vZi10aGlzLXRlc3Q=";
    let tunnel = Tunnel::start(Doorman::Asks(basic.to_owned()));
    let url = server.url();
    let run = |lines: &str, environment: &[(&str, &str)]| {
        let lines = format!("{}    ca: corp.pem\n{lines}", client(&url));
        let program = program(&url, &lines).file("c/corp.pem", &corp.pem).env("SECRET", SECRET).env("CI", "1");
        environment.iter().fold(program, |program, (name, value)| program.env(name, value)).run()
    };
    let address = tunnel.authority();
    let from_environment = format!("http://ada:{SECRET}@{address}");
    for (lines, environment, tunnels) in [
        // Nobody asked for what the environment names.
        (
            String::new(),
            &[("HTTPS_PROXY", from_environment.as_str()), ("https_proxy", "http://127.0.0.1:1")][..],
            false,
        ),
        (format!("    proxy: {{ url: http://{address}, user: ada, password: {{ env: SECRET }} }}\n"), &[], true),
        ("    proxy: environment\n".to_owned(), &[("HTTPS_PROXY", from_environment.as_str())], true),
        ("    proxy: environment\n".to_owned(), &[("https_proxy", from_environment.as_str())], true),
        (
            "    proxy: environment\n".to_owned(),
            &[("HTTPS_PROXY", from_environment.as_str()), ("NO_PROXY", "example.com,localhost")],
            false,
        ),
        ("    proxy: environment\n".to_owned(), &[], false),
    ] {
        let before = tunnel.connects().len();
        let run = run(&lines, environment);
        check_started(&run);
        assert_eq!(tunnel.connects().len() > before, tunnels, "{lines}{environment:?}");
    }
    for secret in ["fetched-token", SECRET] {
        assert!(!tunnel.saw(secret), "{secret}");
    }

    let refused = run(&format!("    proxy: http://{address}\n"), &[]);
    assert_eq!(refused.code, 2, "{}", refused.shown());
    assert!(refused.stderr.contains("a proxy wants credentials"), "{}", refused.stderr);
}

#[test]
fn the_environments_profile_has_a_way_of_its_own() {
    let corp = Authority::new("corp");
    let server = TlsServer::start(corp.server("localhost", Validity::Now), answer);
    let tunnel = Tunnel::start(Doorman::Open);
    let run = Program::sortie("run m.yaml --format json")
        .file("m.yaml", MANIFEST)
        .file("corp.pem", &corp.pem)
        .env("UIPATH_URL", &server.url())
        .env("UIPATH_PAT", SECRET)
        .env("SORTIE_CA", "corp.pem")
        .env("SORTIE_PROXY", &tunnel.url())
        .run();
    check_started(&run);
    assert!(!tunnel.connects().is_empty() && !tunnel.saw(SECRET));
}

#[test]
fn a_client_certificate_is_a_private_file_with_its_key() {
    let (corp, staff) = (Authority::new("corp"), Authority::new("staff"));
    let certified = corp.server("localhost", Validity::Now);
    let server = TlsServer::with(certified, &Clients::SignedBy(&staff), rustls::ALL_VERSIONS, answer);
    let folder = tempfile::tempdir().unwrap();
    let (shown, path) = (staff.client(), folder.path().join("me.pem"));
    let run = |text: &str, mode: u32| {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let lines = format!("{}    ca: corp.pem\n    client-certificate: {}\n", client(&server.url()), path.display());
        program(&server.url(), &lines).file("c/corp.pem", &corp.pem).env("SECRET", SECRET).env("CI", "1").run()
    };
    let whole = format!("{}{}", shown.pem, shown.key_pem);
    check_started(&run(&whole, 0o600));
    assert!(server.shown() > 0);

    let open = run(&whole, 0o644);
    assert_eq!(open.code, 2, "{}", open.shown());
    assert!(open.stderr.contains("has mode 0644: others can read or change it"), "{}", open.stderr);
    let half = run(&shown.pem, 0o600);
    assert_eq!(half.code, 3, "{}", half.shown());
    assert!(half.stderr.contains("there is no private key in it"), "{}", half.stderr);
}

#[test]
fn a_way_that_leads_nowhere_is_refused_before_anything_is_sent() {
    let server = RawServer::start(answer);
    for (lines, words) in [
        ("    ca: none.pem\n", "error: `ca` of profile `p`: `c/none.pem` cannot be read: No such file or directory"),
        (
            "    ca: config.yaml\n",
            "error: the extra certificate authorities cannot be used: there is no `BEGIN CERTIFICATE`",
        ),
        ("    proxy: ftp://proxy\n", "error: c/config.yaml:6:12: only proxies of `http:` and `https:` can be used"),
        ("    proxy: environment\n", "error: HTTPS_PROXY: write the proxy as `http://host:port`, without a path"),
    ] {
        let lines = format!("{}{lines}", client(&server.url()));
        let run =
            program(&server.url(), &lines).env("SECRET", SECRET).env("HTTPS_PROXY", "http://a:s3cret@b/path").run();
        assert_eq!(run.code, 3, "{}", run.shown());
        assert!(run.stderr.starts_with(words) && !run.stderr.contains("s3cret"), "{}", run.stderr);
    }
    assert!(server.heard().is_empty());
}
