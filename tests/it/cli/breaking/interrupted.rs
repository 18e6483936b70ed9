//! What somebody who presses Ctrl-C is told, and what they are not cut off from.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply};

use crate::cli::cli_fixture::{CliFixture, pause};

const FIVE: &str = "
version: 1
name: five
folder: Shared
limits: { launch: { concurrency: 2 } }
jobs:
  a: { release: Ping }
  b: { release: Ping }
  c: { release: Ping }
  d: { release: Ping }
  e: { release: Ping }
";

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn the_first_says_at_once_what_is_waited_for_and_the_second_what_goes_on() {
    // Two answers never come, so that both senders wait.
    let never = Faults::new().at(Operation::StartJobs, Position::Within(2..=3), Fault::after(Reply::Never));
    let fixture = CliFixture::with(&World::obliging(), never);
    fixture.file("m.yaml", FIVE);
    let ledger = fixture.ledger().display().to_string();
    let mut command = fixture.command(&format!("run m.yaml --ledger {ledger}"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while fixture.starts() < 3 {
        std::thread::yield_now();
    }
    // A request that waits for its answer is not one of which nobody knows.
    let row = loop {
        let row = fixture.runs().swap_remove(0);
        if row["totals"]["started"] == 1 {
            break row;
        }
    };
    let is_waiting = row["under-way"].as_u64().is_some_and(|under_way| under_way >= 2);
    assert!(row["state"] == "running" && is_waiting && row["under-way"] == row["totals"]["unknown"], "{row}");
    let listed = fixture.offline("runs");
    assert!(listed.stdout.contains(" under way") && !listed.stdout.contains("unknown"), "{}", listed.shown());
    interrupt(&child);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    stderr.read_line(&mut first).unwrap();
    stderr.read_line(&mut first).unwrap();
    assert_eq!(
        first,
        "interrupted: waiting up to 8 s for 2 requests; Ctrl-C again leaves now\n2 launches are left to send\n"
    );
    // Whoever presses again is not as quick as a program, whose second signal may be one with the first.
    while child.try_wait().unwrap().is_none() {
        pause(Duration::from_millis(300));
        interrupt(&child);
    }
    let mut second = String::new();
    stderr.read_to_string(&mut second).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let run = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    let resume = format!("sortie resume {run} --ledger {ledger}");
    assert_eq!(second, format!("error: stopped at once with 2 requests open; `{resume}` checks them\n"));
    let told = fixture.sortie(resume.strip_prefix("sortie ").unwrap());
    assert_eq!((told.code, fixture.starts(), fixture.jobs()), (0, 5, 5), "{}", told.shown());
}

#[test]
fn an_interrupted_run_says_what_came_of_it_and_resumes() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &FIVE.replace("concurrency: 2", "concurrency: 1, rate: 1/h, burst: 1"));
    let mut command = fixture.command("run m.yaml");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while fixture.runs().is_empty() || fixture.runs()[0]["totals"]["started"] != 1 {
        std::thread::yield_now();
    }
    interrupt(&child);
    let told = fixture.told(child.wait_with_output().unwrap());
    assert_eq!(told.code, 130, "{}", told.shown());
    assert_eq!(
        told.stderr,
        "interrupted\n4 launches are left to send\ninterrupted: 1 started, 4 not-sent\n",
        "{}",
        told.shown()
    );
    let run = fixture.runs()[0]["id"].as_str().unwrap().to_owned();
    let step = format!("  4 launches were not sent. Send what is left:\n      sortie resume {run}\n");
    assert!(told.stdout.contains(&step), "{}", told.shown());
}

#[test]
fn no_signal_cuts_off_a_report() {
    let fixture = CliFixture::new();
    let mut manifest = "version: 1\nname: long\nfolder: Shared\njobs:\n  a:\n    release: Ping\n    \
                        if: ${{ matrix.n == 0 }}\n    matrix:\n      n: [0"
        .to_owned();
    for n in 1..5000 {
        write!(manifest, ", {n}").unwrap();
    }
    fixture.file("m.yaml", &(manifest + "]\n"));
    let mut command = fixture.command("run m.yaml -q --format json");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    // It cannot go on before it is read: the report is longer than any pipe.
    let mut text = String::new();
    for line in 0..4900 {
        if [5, 1500, 3000].contains(&line) {
            interrupt(&child);
        }
        assert!(stdout.read_line(&mut text).unwrap() > 0, "{}", text.len());
    }
    interrupt(&child);
    stdout.read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let report: Value = serde_json::from_str(&text).expect("a whole report");
    assert_eq!(report["launches"].as_array().map(Vec::len), Some(5000));
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(stderr, "");
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_that_was_ignored_from_the_start_stays_ignored_and_no_other() {
    const SLOW: &str = "limits: { launch: { rate: 3/s, burst: 1 } }";
    for (ignored, sent, code) in [("HUP INT TERM", &["-HUP", "-INT", "-INT", "-TERM"][..], 0), ("HUP", &["-TERM"], 143)]
    {
        let fixture = CliFixture::new();
        fixture.file("m.yaml", &FIVE.replace("limits: { launch: { concurrency: 2 } }", SLOW));
        let told = fixture.command("run m.yaml");
        let mut command = Command::new("sh");
        command.args(["-c", &format!("trap '' {ignored}; exec \"$0\" \"$@\"")]).arg(told.get_program());
        command.args(told.get_args()).env_clear().current_dir(fixture.path()).stdin(Stdio::null());
        command.envs(told.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while fixture.starts() < 1 {
            std::thread::yield_now();
        }
        for signal in sent {
            assert!(Command::new("kill").args([*signal, &child.id().to_string()]).status().unwrap().success());
        }
        assert_eq!(child.wait().unwrap().code(), Some(code), "{ignored}");
        assert_eq!(fixture.starts() == 5, code == 0, "{ignored}");
    }
}
