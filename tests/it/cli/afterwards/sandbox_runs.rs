//! The runs of `run --sandbox`: kept by themselves, each on a tenant of its own, and honest about what is left of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use expect_test::expect;
use serde_json::Value;

use crate::cli::cli_fixture::{CliFixture, CliOutput};

const MANIFEST: &str = "
version: 1
name: tried
folder: Shared
schedule: { slot: 1d }
jobs:
  a: { release: Ping, once: true }
  b: { release: Ping }
";

/// `b` is refused for good: its start is never carried out, and no list says so.
const LOST: &str = "rules:\n  - { on: StartJobs, nth: 2, fault: { reply: { status: 401 } } }\n  - { on: StartJobs, nth: 3, fault: { reply: { status: 401 } } }\n";

fn home(fixture: &CliFixture) -> std::path::PathBuf {
    fixture.path().join("home")
}

fn told(fixture: &CliFixture, arguments: &str) -> CliOutput {
    let mut command = fixture.command_without_a_server(arguments);
    command.env("HOME", home(fixture));
    fixture.told(command.output().unwrap())
}

fn runs(fixture: &CliFixture) -> Vec<Value> {
    told(fixture, "runs --sandbox --format json").json().as_array().unwrap().clone()
}

#[test]
fn runs_in_the_sandbox_are_kept_apart_and_can_be_listed_and_reported() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    assert_eq!(told(&fixture, "runs --sandbox").stdout, "no run yet\n");
    let first = told(&fixture, "run m.yaml --sandbox -q --format json");
    assert_eq!(first.code, 0, "{}", first.shown());
    let reported = told(&fixture, "report last --sandbox --format json");
    assert_eq!((reported.code, &reported.stdout), (0, &first.stdout), "{}", reported.shown());
    assert!(home(&fixture).join(".local/state/sortie/sandbox.db").is_file());
    assert!(!fixture.ledger().exists(), "tries are none of the runs that count");
    assert_eq!(fixture.offline("runs").stdout, "no run yet\n");
    let elsewhere = told(&fixture, "runs");
    assert_eq!((elsewhere.code, elsewhere.stdout.as_str()), (0, "no run yet\n"));
    assert!(elsewhere.stderr.contains("`sortie runs --sandbox` lists them"), "{}", elsewhere.shown());
    let resumed = told(&fixture, "resume last --sandbox");
    assert_eq!(resumed.code, 0, "{}", resumed.shown());
    assert!(resumed.stderr.contains(" is complete\n"), "{}", resumed.shown());
    // A slot, a key or `once` that was tried is not done: each sandbox is a tenant of its own.
    for flags in ["--slot 2026-01-31", "--slot 2026-01-31", "--run-key k", "--run-key k"] {
        let again = told(&fixture, &format!("run m.yaml --sandbox --format json {flags}"));
        assert_eq!((again.code, &again.json()["totals"]["started"]), (0, &2.into()), "{flags}: {}", again.shown());
        assert!(!again.stderr.contains("missed"), "{}", again.shown());
    }
    assert_eq!(runs(&fixture).len(), 5);
    let both = told(&fixture, "runs --sandbox --ledger l.db");
    assert_eq!(both.code, 3, "{}", both.shown());
}

#[test]
fn two_sandbox_runs_at_once_do_not_stand_in_each_others_way() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut command = fixture.command_without_a_server("run m.yaml --sandbox -q --slot 2026-01-31");
            command.env("HOME", home(&fixture)).stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert_eq!(runs(&fixture).len(), 6);
}

#[test]
fn what_is_left_of_a_sandbox_run_is_said_and_never_sent_to_another_server() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    fixture.file("faults.yaml", LOST);
    let stopped = told(&fixture, "run m.yaml --sandbox --faults faults.yaml --concurrency 1");
    assert_ne!(stopped.code, 0, "{}", stopped.shown());
    let next = stopped.stdout.split("What to do next").nth(1).unwrap_or_default();
    assert!(next.contains("This sandbox ended with its command") && !next.contains("sortie resume"), "{next}");
    for verb in ["resume", "rerun --failed"] {
        for flags in ["", " --profile env"] {
            let mut command = fixture.command(&format!("{verb} last --sandbox -q{flags}"));
            let refused = fixture.told(command.env("HOME", home(&fixture)).output().unwrap());
            assert_eq!((refused.code, fixture.starts()), (3, 0), "{verb}{flags}: {}", refused.shown());
        }
    }
    expect![[r#"
        exit 3
        --- stderr
        error: run RUN was launched into a sandbox, which ended with its command, and its robot jobs with it: nothing of it can be settled or sent any more
          help: launch against `sortie sandbox`, which stays, to try `resume`, `reconcile` and `rerun`
    "#]]
    .assert_eq(&told(&fixture, "resume last --sandbox").shown());
}

#[test]
fn where_nothing_can_be_kept_the_try_goes_on_and_says_so() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    fs::write(home(&fixture), "a file in the place of a folder").unwrap();
    let tried = told(&fixture, "run m.yaml --sandbox --format json");
    assert_eq!((tried.code, &tried.json()["totals"]["started"]), (0, &2.into()), "{}", tried.shown());
    assert!(tried.stderr.starts_with("warning: this run is not kept: "), "{}", tried.shown());
}

/// The limits of this shell, then the command.
fn limited(fixture: &CliFixture, limit: &str, arguments: &str) -> (Option<i32>, String) {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit {limit}; exec {} {arguments}", env!("CARGO_BIN_EXE_sortie")));
    command.env_clear().env("HOME", home(fixture)).current_dir(fixture.path());
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn limits_of_the_system_end_a_run_with_a_word() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    assert!(Path::new("/bin/sh").exists());
    for arguments in ["run m.yaml --sandbox", "sandbox", "runs", "report last"] {
        let (code, stderr) = limited(&fixture, "-n 8", arguments);
        assert!(stderr.contains("may open") && stderr.contains("ulimit -n"), "{arguments}: {code:?} {stderr}");
        assert_eq!(code, Some(1), "{arguments}: {stderr}");
    }
    // So many blocks of 512 bytes: the ledger's file does not fit.
    let (code, stderr) = limited(&fixture, "-f 16", "run m.yaml --sandbox -q --ledger l.db");
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("error: "), "{stderr}");
}
