//! Whatever a report says to type is typed, in every state that a run can be left in; none of it is refused.

use std::fs;
use std::path::Path;
use std::process::Command;

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Status};

use super::desk::{Desk, Told};

/// Three launches, one after the other.
const THREE: &str = "
version: 1
name: three
folder: Shared
limits: { launch: { concurrency: 1 } }
jobs:
  a: { release: Ping }
  b: { release: Ping, count: 2 }
  c: { release: Ping }
";

/// What the server does with the second start, and with what comes later.
fn second(fault: Fault) -> Faults {
    Faults::new().at(Operation::StartJobs, Position::Nth(2), fault)
}

fn status(code: u16) -> Fault {
    Fault::before(Reply::Status(Status::of(code)))
}

fn refused() -> Fault {
    Fault::before(Reply::Status(Status::of(409).error(2818, "no machine")))
}

/// The lists fail once the run has begun, for ever.
fn without_lists(faults: Faults) -> Faults {
    faults.at(Operation::Jobs, Position::Within(2..=u64::MAX), status(403))
}

/// A desk at which a run was left, and the flags that the run was given.
fn left(faults: Faults, manifest: &str, commands: &[&str]) -> Desk {
    let desk = Desk::with(&World::obliging(), faults);
    desk.file("m.yaml", manifest);
    for command in commands {
        let told = desk.sortie(command);
        assert!(![1, 3].contains(&told.code), "{command}: {}", told.shown());
    }
    desk
}

/// The commands that a text shows: its lines of commands, and what stands between backticks.
fn commands(text: &str) -> Vec<String> {
    let whole = text.replace(" \\\n", "");
    let lines = whole.lines().map(str::trim).filter(|line| line.starts_with("sortie ") || line.starts_with("curl "));
    let inline = whole.split('`').skip(1).step_by(2).filter(|inline| inline.starts_with("sortie "));
    lines.chain(inline).map(str::to_owned).collect()
}

/// Types `command` as a shell would, in the desk's folder, on the ledger in `folder`.
fn typed(desk: &Desk, command: &str, folder: &Path) -> Told {
    let words = shlex::split(command).unwrap_or_else(|| panic!("no shell reads {command}"));
    let mut process = match words[0].as_str() {
        "sortie" => {
            let mut process = desk.command("");
            process.args(&words[1..]).env("SORTIE_LEDGER", folder.join("ledger.db"));
            process
        }
        program => {
            // The token is a variable, and only a shell puts it in.
            let mut process = Command::new("sh");
            process.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
            process.arg("-c").arg(command).env("UIPATH_ACCESS_TOKEN", desk.sandbox.token().expose());
            assert_eq!(program, "curl");
            process
        }
    };
    desk.told(process.output().unwrap())
}

/// A copy of the ledger as it is.
fn copied(desk: &Desk) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let from = desk.path().join(name);
        if from.exists() {
            fs::copy(from, folder.path().join(name)).unwrap();
        }
    }
    folder
}

/// Types each step of the newest run's report on a ledger of its own, and then all of them in a row, again and again,
/// until the report has none any more; returns that report.
fn follow(name: &str, desk: &Desk) -> String {
    let report = desk.offline("report last");
    assert_eq!(report.code, 0, "{name}: {}", report.shown());
    let mut steps = commands(&report.stdout);
    for step in &steps {
        let told = typed(desk, step, copied(desk).path());
        accept(name, step, &told);
    }
    let mut text = report.stdout;
    for _ in 0..5 {
        if steps.is_empty() {
            return text;
        }
        for step in &steps {
            let told = typed(desk, step, desk.path());
            accept(name, step, &told);
        }
        text = desk.offline("report last").stdout;
        steps = commands(&text);
    }
    panic!("{name}: the steps come to no end: {text}");
}

#[track_caller]
fn accept(name: &str, step: &str, told: &Told) {
    let is_refused = [1, 2, 3, 13, 14].contains(&told.code)
        || told.stderr.contains("nothing is started again")
        || (step.starts_with("curl") && told.code != 0);
    assert!(!is_refused, "{name}: `{step}` is refused: {}", told.shown());
    // A server that fails lists says so to everybody.
    if step.starts_with("curl") && !name.starts_with("unknown") {
        let listed: serde_json::Value = serde_json::from_str(&told.stdout).expect("JSON");
        assert!(listed["value"].is_array(), "{name}: {listed}");
    }
}

#[test]
fn every_step_that_a_report_shows_is_carried_out() {
    let hold = THREE.replace("jobs:", "defaults: { on-ambiguous: hold }\njobs:");
    let once = THREE.replace("jobs:", "defaults: { once: true }\njobs:");
    let lost = || second(Fault::before(Reply::Reset));
    let unknown = || without_lists(second(Fault::lose_answer()));
    let short = || second(Fault::partial(1, Reply::AsItShould));
    let run = "run m.yaml -q";
    let cases: Vec<(&str, Desk, &str)> = vec![
        ("started", left(Faults::new(), THREE, &[run]), "3 started"),
        ("rejected", left(second(refused()), THREE, &[run]), "1 rejected"),
        ("not sent, login gone", left(second(status(401)), THREE, &[run]), "2 not-sent"),
        ("held", left(lost(), &hold, &[run]), "1 unknown"),
        ("held, resumed", left(lost(), &hold, &[run, "resume last -q"]), "1 unknown"),
        ("held, by a flag", left(lost(), THREE, &["run m.yaml -q --at-most-once"]), "1 unknown"),
        ("unknown", left(unknown(), THREE, &[run]), "1 unknown"),
        (
            "unknown and rejected",
            left(unknown().at(Operation::StartJobs, Position::Nth(3), refused()), THREE, &[run]),
            "1 rejected, 1 unknown",
        ),
        ("partial", left(short(), THREE, &[run]), "1 partial"),
        (
            "partial and rejected",
            left(short().at(Operation::StartJobs, Position::Nth(3), refused()), THREE, &[run]),
            "1 rejected, 1 partial",
        ),
        ("duplicate", left(second(Fault::twice(Reply::Close)), THREE, &[run]), "1 duplicate"),
        ("superseded", left(second(refused()), THREE, &[run, "rerun last --failed -q"]), "1 started"),
        ("skipped once", left(second(refused()), &once, &[run, run]), "2 skipped"),
        (
            "a folder that is refused",
            left(second(Fault::before(Reply::Status(Status::of(400).error(1101, "folder")))), THREE, &[run]),
            "2 not-sent",
        ),
        ("a slot", left(second(refused()), THREE, &["run m.yaml -q --slot 2026-01-31T00:00:00Z"]), "1 rejected"),
        ("a key", left(second(status(401)), THREE, &["run m.yaml -q --run-key k"]), "2 not-sent"),
    ];
    for (name, desk, expected) in cases {
        let before = desk.offline("report last").stdout;
        assert!(before.contains(expected), "{name}: {before}");
        let after = follow(name, &desk);
        assert!(!after.contains("What to do next"), "{name}: {after}");
    }
}
