//! SIGUSR1 shows what a run is at; `-v` speaks of launches, and `-vv` of their attempts.

use std::process::{Command, Stdio};

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply};

use crate::cli::cli_fixture::CliFixture;
use crate::cli::steering::TalkingRun;

const THREE: &str = "
version: 1
name: three
folder: Shared
limits: { launch: { concurrency: 1, rate: 1/h, burst: 2 } }
jobs:
  a: { release: Ping }
  b: { release: Ping }
  c: { release: Ping }
";

fn ask(child: u32) {
    assert!(Command::new("kill").args(["-USR1", &child.to_string()]).status().unwrap().success());
}

#[test]
fn a_signal_shows_what_each_open_launch_waits_for_and_ends_nothing() {
    let never = Faults::new().at(Operation::StartJobs, Position::Nth(2), Fault::after(Reply::Never));
    let fixture = CliFixture::with(&World::obliging(), never);
    fixture.file("m.yaml", THREE);
    let mut command = fixture.command("run m.yaml -v");
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let mut run = TalkingRun::of(child);
    run.until("a: started");
    while fixture.starts() < 2 {
        std::thread::yield_now();
    }
    for asked in 1..=2 {
        ask(pid);
        run.until_times("1/3 launched", asked);
        run.until_times("    b: sent after ", asked);
    }
    assert!(Command::new("kill").args(["-TERM", &pid.to_string()]).status().unwrap().success());
    let (status, said) = run.end();
    assert_eq!(status.code(), Some(143), "{said}");
    let snapshot = said.lines().find(|line| line.starts_with("run ")).expect(&said);
    assert!(snapshot.contains(" at 20") && snapshot.contains("Z: 1/3 launched"), "{said}");
    assert!(
        !said.contains("    a:") && !said.contains("    c:"),
        "what is over, or not begun, waits for nothing: {said}"
    );
}

#[test]
fn more_words_speak_of_launches_then_of_attempts_and_of_libraries_last() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &THREE.replace("rate: 1/h, burst: 2", "rate: 100/s, burst: 3"));
    let said = |flags: &str| fixture.sortie(&format!("run m.yaml {flags}")).stderr;
    let normal = said("");
    assert!(!normal.contains("INFO") && !normal.contains("DEBUG"), "{normal}");
    let one = said("-v");
    assert!(one.contains(" INFO b: started\n") && !one.contains("DEBUG") && !one.contains("sortie::"), "{one}");
    let two = said("-vv");
    assert!(two.contains("DEBUG b: attempt 1 is sent\n") && two.contains("DEBUG b: attempt 1 is over after "), "{two}");
    assert!(!two.contains("hyper"), "{two}");
    let three = said("-vvv");
    assert!(three.contains("hyper") && three.contains("sortie::launch: b: attempt 1 is sent"), "{three}");
}
