//! `on-finish`: who is told that a run began and ended, and that nothing of it changes how the run ended.

use serde_json::Value;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Reply, Rule, Status};

use crate::cli::cli_fixture::{CliFixture, CliOutput};
use crate::support::raw_server::{RawServer, Reaction};

const JOBS: &str = "jobs:\n  load: { release: Loader }\n";

/// A watchdog that takes everything, but for addresses with `refused` in them.
fn watchdog() -> RawServer {
    RawServer::start(|heard| {
        let status = if heard.target.contains("refused") { 503 } else { 200 };
        Reaction::Answer(format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes())
    })
}

fn run(fixture: &CliFixture, on_finish: &str, allowed: &str, arguments: &str) -> CliOutput {
    fixture.file("m.yaml", &format!("version: 1\nname: night\nfolder: Shared\non-finish:\n{on_finish}{JOBS}"));
    let mut command = fixture.command(arguments);
    fixture.told(command.env("SORTIE_ALLOWED_ORIGINS", allowed).output().unwrap())
}

/// What the watchdog heard: the path of each request, and its body where it has one.
fn heard(server: &RawServer) -> Vec<(String, String)> {
    server.heard().into_iter().map(|heard| (heard.target, heard.body)).collect()
}

#[test]
fn a_watchdog_hears_of_the_beginning_and_of_the_end() {
    let (fixture, server) = (CliFixture::new(), watchdog());
    let url = server.url();
    let keys = format!(
        "  ping: {url}/ping\n  start: '{url}/start/${{{{ run.id }}}}'\n  success: {url}/success\n  failure: {url}/failure\n  \
         webhook: {url}/hook\n  command: [sh, -c, 'cat > head.json']\n"
    );
    let told = run(&fixture, &keys, &url, "run m.yaml");
    assert_eq!(told.code, 0, "{}", told.shown());
    let heard = heard(&server);
    let id = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    let mut paths: Vec<&str> = heard.iter().map(|(path, _)| path.as_str()).collect();
    paths[1..].sort_unstable();
    assert_eq!(paths, [&format!("/start/{id}"), "/hook", "/ping", "/success"], "the beginning first, then all at once");
    let hook = heard.iter().find(|(path, _)| path == "/hook").unwrap();
    for text in [&hook.1, &fixture.read("head.json")] {
        let head: Value = serde_json::from_str(text).unwrap();
        assert_eq!((&head["run"]["id"], &head["totals"]["started"]), (&id.clone().into(), &1.into()));
    }
    // A run that is over is not told of again.
    let told = run(&fixture, &keys, &url, "resume last");
    assert_eq!((told.code, self::heard(&server).len()), (0, 4), "{}", told.shown());
}

#[test]
fn a_run_that_failed_is_told_of_as_one() {
    let refused = Rule::new(Operation::StartJobs, Fault::before(Reply::Status(Status::of(400))));
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(refused));
    let server = watchdog();
    let url = server.url();
    let keys = format!("  success: {url}/success\n  failure: {url}/failure\n  ping: {url}/ping\n");
    let told = run(&fixture, &keys, &url, "run m.yaml");
    assert_eq!(told.code, 11, "{}", told.shown());
    let mut paths: Vec<String> = heard(&server).into_iter().map(|(path, _)| path).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/failure", "/ping"]);
}

#[test]
fn all_are_told_at_the_same_time() {
    // The hook is answered once the ping, which stands behind it, has come.
    let (pinged, waits) = std::sync::mpsc::channel();
    let waits = std::sync::Mutex::new(waits);
    let server = RawServer::start(move |heard| {
        if heard.target == "/ping" {
            pinged.send(()).unwrap();
        } else {
            waits.lock().unwrap().recv().unwrap();
        }
        Reaction::Answer(b"HTTP/1.1 200 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec())
    });
    let fixture = CliFixture::new();
    let url = server.url();
    let keys = format!("  webhook: {url}/hook\n  ping: {url}/ping\n  timeout: 5s\n");
    let told = run(&fixture, &keys, &url, "run m.yaml");
    assert!(told.code == 0 && !told.stderr.contains("on-finish"), "{}", told.shown());
}

#[test]
fn what_cannot_be_told_is_said_and_changes_nothing() {
    let (fixture, server) = (CliFixture::new(), watchdog());
    let url = server.url();
    for (keys, allowed, words) in [
        (format!("  ping: {url}/refused/SECRET\n"), url.as_str(), "ping: `ORIGIN` answered HTTP 503"),
        (
            format!("  ping: {url}/SECRET\n"),
            "https://watch.example",
            "ping: `ORIGIN` is not among the profile's `allowed-origins`, and was not asked",
        ),
        ("  ping: http://127.0.0.1:9/SECRET\n".to_owned(), "http://127.0.0.1:9", "cannot be reached"),
        ("  command: [/no/such/program]\n".to_owned(), url.as_str(), "command: `/no/such/program` cannot be started"),
        ("  command: [sh, -c, 'exit 3']\n".to_owned(), url.as_str(), "command: `sh` ended with exit status: 3"),
        (
            "  command: [sh, -c, 'exec sleep 600']\n  timeout: 1s\n".to_owned(),
            url.as_str(),
            "command: `sh` took longer than 1 s, and was ended",
        ),
    ] {
        let told = run(&fixture, &keys, allowed, "run m.yaml");
        assert_eq!(told.code, 0, "{}", told.shown());
        let words = format!("warning: on-finish: {}", words.replace("ORIGIN", &url));
        let is_said = told.stderr.lines().any(|line| line.contains(words.trim_start_matches("warning: on-finish: ")));
        assert!(is_said && !told.stderr.contains("SECRET"), "{}", told.shown());
    }
    let asked: Vec<String> = heard(&server).into_iter().map(|(path, _)| path).collect();
    assert_eq!(asked, ["/refused/SECRET"], "nobody else was asked");
}

#[test]
fn a_try_in_a_sandbox_tells_nobody() {
    let (fixture, server) = (CliFixture::new(), watchdog());
    let url = server.url();
    let told =
        run(&fixture, &format!("  ping: {url}/ping\n  command: [sh, -c, 'touch ran']\n"), &url, "run m.yaml --sandbox");
    assert_eq!((told.code, heard(&server).len()), (0, 0), "{}", told.shown());
    assert!(!fixture.path().join("ran").exists());
}

#[test]
fn an_origin_holds_no_path() {
    let fixture = CliFixture::new();
    for allowed in ["https://watch.example/path", "watch.example", "ftp://watch.example"] {
        let told = run(&fixture, "  ping: https://watch.example/x\n", allowed, "run m.yaml");
        assert_eq!((told.code, fixture.starts()), (3, 0), "{}", told.shown());
        assert!(told.stderr.contains("SORTIE_ALLOWED_ORIGINS: an origin is scheme, host and port"), "{}", told.shown());
    }
}
