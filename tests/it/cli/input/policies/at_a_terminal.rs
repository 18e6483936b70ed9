//! Whoever is asked at a terminal keeps nobody out while the question stands open, and starts what they agreed to, and nothing else.
//! A terminal is made by Python's `pty`.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status};

use super::{MANIFEST, by_profile, profile_of, with_profile};
use crate::cli::cli_fixture::CliFixture;
use crate::cli::live_run::slow;

const IN_A_TERMINAL: &str = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
const PROTECTED: &str = "    protected: true\n";

/// A program at a terminal that has asked something.
struct Asked {
    child: Child,
    told: Vec<u8>,
}

impl Asked {
    /// Starts `sortie` with `arguments` by the profile at a terminal, and waits until it asks.
    fn by(fixture: &CliFixture, arguments: &str) -> Self {
        let sortie = fixture.command_without_a_server(arguments);
        let mut command = Command::new("python3");
        command.args(["-c", IN_A_TERMINAL]).arg(sortie.get_program()).args(sortie.get_args());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).current_dir(fixture.path());
        command.envs(sortie.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.env("SORTIE_CONFIG", fixture.path().join("config.yaml")).env("SERVER_TOKEN", fixture.sandbox.token());
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut asked =
            Self { child: child.expect("python3 makes a terminal; scripts/test installs it"), told: Vec::new() };
        while !asked.shown().contains("[y/N]") {
            let mut some = [0; 1024];
            let read = asked.child.stdout.as_mut().unwrap().read(&mut some).unwrap();
            assert!(read > 0, "it asked nothing: {}", asked.shown());
            asked.told.extend(&some[..read]);
        }
        asked
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.told).into_owned()
    }

    /// Answers; the exit code, and all that it said.
    fn answer(mut self, words: &str) -> (Option<i32>, String) {
        self.child.stdin.as_mut().unwrap().write_all(words.as_bytes()).unwrap();
        self.child.stdout.as_mut().unwrap().read_to_end(&mut self.told).unwrap();
        let exit = self.child.wait().unwrap();
        (exit.code(), self.shown())
    }
}

#[test]
fn while_a_question_stands_open_a_scheduler_runs_its_slots() {
    let fixture = with_profile(PROTECTED);
    fixture.file("slot.yaml", &MANIFEST.replace("jobs:", "schedule: { slot: 1d }\njobs:"));
    let asked = Asked::by(&fixture, "run slot.yaml --slot 2026-01-31");
    assert!(asked.shown().contains("3 launches of `m` in HR/Intake"), "{}", asked.shown());
    // Neither another slot of the manifest nor this one is kept out, or skipped.
    for (slot, starts) in [("2026-01-30", 3), ("2026-01-31", 6)] {
        let told = by_profile(&fixture, &format!("run slot.yaml --slot {slot} --yes"));
        assert_eq!((told.code, fixture.starts()), (0, starts), "{}", told.shown());
    }
    let (exit, told) = asked.answer("y\n");
    assert_eq!((exit, fixture.starts()), (Some(0), 6), "{told}");
    assert!(told.contains("is done already"), "{told}");
    let (exit, told) = Asked::by(&fixture, "run slot.yaml --slot 2026-02-01").answer("n\n");
    assert_eq!((exit, fixture.starts()), (Some(3), 6), "{told}");
    let (exit, told) = Asked::by(&fixture, "run slot.yaml --slot 2026-02-01").answer("y\n");
    assert_eq!((exit, fixture.starts()), (Some(0), 9), "{told}");
}

/// A run of which one launch was sent, and whose process is gone.
fn cut_off(faults: Faults) -> CliFixture {
    let fixture = profile_of(CliFixture::with(&World::obliging(), faults), PROTECTED);
    fixture.file("m.yaml", &slow(MANIFEST));
    let mut command = fixture.command_without_a_server("run m.yaml --yes");
    command.env("SORTIE_CONFIG", fixture.path().join("config.yaml")).env("SERVER_TOKEN", fixture.sandbox.token());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while fixture.operations("StartJobs") == 0 || fixture.runs()[0]["totals"]["not-sent"] != 2 {
        assert_eq!(child.try_wait().unwrap(), None, "it ended");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    fixture
}

#[test]
fn a_run_that_another_process_went_on_with_meanwhile_is_started_by_nobody_again() {
    let fixture = cut_off(Faults::new());
    let asked = Asked::by(&fixture, "resume last --rate 1000/s");
    assert!(asked.shown().contains("2 launches of `m`"), "{}", asked.shown());
    let told = by_profile(&fixture, "resume last --yes --rate 1000/s");
    assert_eq!((told.code, fixture.starts()), (0, 3), "{}", told.shown());
    let (exit, told) = asked.answer("y\n");
    assert_eq!((exit, fixture.starts()), (Some(0), 3), "{told}");
}

#[test]
fn a_run_that_was_paused_while_somebody_was_asked_is_not_gone_on_with() {
    let fixture = cut_off(Faults::new());
    let asked = Asked::by(&fixture, "resume last --rate 1000/s");
    assert_eq!(by_profile(&fixture, "pause last").code, 0);
    let (exit, told) = asked.answer("y\n");
    assert_eq!((exit, fixture.starts()), (Some(3), 1), "{told}");
    assert!(told.contains("somebody paused or cancelled that run"), "{told}");
}

#[test]
fn more_launches_than_were_agreed_to_are_not_started() {
    let refused = Fault::before(Reply::Status(Status::of(409).error(2818, "no machine")));
    let fixture = cut_off(Faults::new().rule(Rule::new(Operation::StartJobs, refused).at(Position::Within(1..=3))));
    let asked = Asked::by(&fixture, "rerun last --failed --filter verdict==\"rejected\"");
    assert!(asked.shown().contains("1 launch of `m`"), "{}", asked.shown());
    let told = by_profile(&fixture, "resume last --yes --rate 1000/s");
    assert_eq!((told.code, fixture.jobs()), (11, 0), "{}", told.shown());
    let (exit, told) = asked.answer("y\n");
    assert_eq!((exit, fixture.operations("StartJobs")), (Some(3), 3), "{told}");
    assert!(told.contains("2 more than were confirmed"), "{told}");
}
