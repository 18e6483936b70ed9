//! Signals at random moments, through the whole program: it ends soon, leaves a ledger and a report that are valid, and
//! `resume` finishes what it was at.

#![allow(clippy::print_stdout, reason = "figures, for whoever runs the full trials")]

use std::fmt::Write as _;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use sortie::clock::{Clock as _, SystemClock};
use sortie::ids::{LaunchId, Reference, RunId};
use sortie::report::json::JsonReport;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Reply, Rule};

use crate::cli::cli_fixture::{CliFixture, pause};
use crate::support::checker::{Client, Intended, ServersWord, Wanted, check};

/// How a process is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    /// SIGTERM, once.
    Terminate,
    /// SIGINT, twice, at most so many milliseconds further apart than two must be.
    InterruptTwice(u64),
}

/// What was seen of one run and all processes that were at it.
#[derive(Default)]
struct Seen {
    /// From the last signal to the end of the process, each.
    took: Vec<Duration>,
    /// How many processes ended with each code; none: the signal itself ended it, before it could listen.
    codes: std::collections::BTreeMap<Option<i32>, usize>,
    /// The runs that were finished after that, launches of them all.
    launches: usize,
}

const LAUNCHES: usize = 400;

/// No process may take longer, or it hangs.
const HANGS: Duration = Duration::from_secs(60);

fn manifest() -> String {
    let mut text = "version: 1\nname: signals\nfolder: Shared\n\
                    limits: { poll: { rate: 6000/min }, launch: { rate: 150/s, burst: 10, concurrency: 16 } }\njobs:\n"
        .to_owned();
    for job in 0..LAUNCHES {
        writeln!(text, "  j-{job}: {{ release: Ping, count: {} }}", job % 3 + 1).unwrap();
    }
    text
}

fn intended(run: RunId) -> Vec<Intended> {
    let reference = |job: usize| Reference::new(None, run, &LaunchId::from(format!("j-{job}").as_str())).to_string();
    (0..LAUNCHES).map(|job| Intended { reference: reference(job), wanted: Wanted::Exactly(job % 3 + 1) }).collect()
}

fn send(child: &Child, signal: &str) {
    // It may be gone already.
    Command::new("kill").arg(signal).arg(child.id().to_string()).stderr(Stdio::null()).status().unwrap();
}

/// Asks the process to end at a random moment, and waits until it has.
fn end(child: &mut Child, ask: Ask, random: &mut fastrand::Rng, seen: &mut Seen) {
    let clock = SystemClock::new();
    pause(Duration::from_millis(random.u64(0..900)));
    match ask {
        Ask::Terminate => send(child, "-TERM"),
        Ask::InterruptTwice(apart) => {
            send(child, "-INT");
            // Nearer together they may be one.
            pause(Duration::from_millis(300 + random.u64(0..apart)));
            send(child, "-INT");
        }
    }
    let asked = clock.now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if clock.now().since(asked) > HANGS => {
                child.kill().unwrap();
                panic!("{ask:?}: it hangs");
            }
            None => pause(Duration::from_millis(1)),
        }
    };
    seen.took.push(clock.now().since(asked));
    *seen.codes.entry(status.code()).or_default() += 1;
}

/// The newest run's report from the ledger; none where it has no run.
fn report(fixture: &CliFixture) -> Option<JsonReport> {
    if !fixture.ledger().exists() || fixture.runs().is_empty() {
        return None;
    }
    let told = fixture.offline("report last --format json");
    let report: JsonReport =
        serde_json::from_str(&told.stdout).unwrap_or_else(|error| panic!("{error}: {}", told.shown()));
    assert_eq!(report.launches.len(), LAUNCHES, "{}", told.shown());
    Some(report)
}

/// What every signal must leave behind.
fn check_left(fixture: &CliFixture, ask: Ask, code: Option<i32>) {
    let Some(report) = report(fixture) else { return };
    let path = fixture.path().join("r.json");
    if let (Ask::Terminate, Some(143)) = (ask, code)
        && path.exists()
    {
        let written: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        // One that was ended while it logged in says so: it sent nothing.
        if written.get("not-begun").is_none() {
            assert_eq!(written, serde_json::to_value(&report).unwrap(), "what was written is what the ledger says");
        }
        assert_eq!(written["run"]["exit-code"], 143);
    }
    fs::remove_file(&path).ok();
}

/// Asks `times` processes to end, all at one run until it is finished, then at the next one.
fn trial(times: usize, ask: Ask, faults: Faults, seed: u64) -> Seen {
    let mut random = fastrand::Rng::with_seed(seed);
    let fixture = CliFixture::with(&World::obliging(), faults);
    fixture.file("m.yaml", &manifest());
    let mut seen = Seen::default();
    let (mut unfinished, mut expected) = (false, Vec::new());
    for _ in 0..times {
        let verb = if unfinished { "resume last" } else { "run m.yaml" };
        let mut command = fixture.command(&format!("{verb} -q --report json=r.json"));
        command.env("SORTIE_SETTLE", "1s").stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let before = seen.codes.clone();
        end(&mut child, ask, &mut random, &mut seen);
        let code = seen.codes.iter().find(|(code, count)| before.get(code) != Some(count)).and_then(|(code, _)| *code);
        check_left(&fixture, ask, code);
        let newest = report(&fixture).map(|report| report.run.id);
        if let Some(run) = &newest
            && !expected.contains(run)
        {
            expected.push(run.clone());
        }
        unfinished = newest.is_some() && fixture.runs()[0]["state"] != "finished";
    }
    if unfinished {
        let told = fixture.told(fixture.command("resume last -q").env("SORTIE_SETTLE", "1s").output().unwrap());
        assert!([0, 12].contains(&told.code), "{}", told.shown());
    }
    check_all(&fixture, &expected, &mut seen);
    seen
}

/// The zeros, over all runs at once: the server knows no runs.
fn check_all(fixture: &CliFixture, runs: &[String], seen: &mut Seen) {
    let word = ServersWord::of(&fixture.sandbox);
    for run in runs {
        let told = fixture.offline(&format!("report {run} --format json"));
        let report: JsonReport = serde_json::from_str(&told.stdout).unwrap();
        let mine = word.of_run(run);
        let findings = check(&intended(run.parse().unwrap()), &mine, &report, Client::Killed);
        findings.assert_clean();
        assert_eq!(findings.unknown.count, 0, "{findings}");
        seen.launches += findings.launches;
    }
}

/// Answers that take a while, so that some are always under way.
fn slow() -> Faults {
    let slow = Fault::nothing().stalled_after(Duration::from_millis(400));
    Faults::new().rule(Rule::one_of(Operation::StartJobs, vec![slow]).share(0.3, 7))
}

/// The same, and some that never come.
fn slow_or_never() -> Faults {
    let slow = Fault::nothing().stalled_after(Duration::from_millis(400));
    let faults = vec![slow.clone(), slow.clone(), slow, Fault::after(Reply::Never)];
    Faults::new().rule(Rule::one_of(Operation::StartJobs, faults).share(0.1, 7))
}

fn worst(seen: &Seen) -> Duration {
    seen.took.iter().copied().max().unwrap_or_default()
}

fn tell(ask: Ask, seen: &Seen) {
    let mut took = seen.took.clone();
    took.sort_unstable();
    println!(
        "{ask:?}: {} processes, from signal to end: median {:?}, worst {:?}; exits {:?}; {} launches",
        took.len(),
        took[took.len() / 2],
        worst(seen),
        seen.codes,
        seen.launches
    );
}

#[test]
fn a_process_that_is_terminated_leaves_everything_in_order() {
    let seen = trial(20, Ask::Terminate, slow(), 1);
    tell(Ask::Terminate, &seen);
    assert!(seen.codes.get(&Some(143)).is_some_and(|count| *count >= 10), "{:?}", seen.codes);
}

#[test]
fn a_process_that_is_interrupted_twice_leaves_everything_in_order() {
    let ask = Ask::InterruptTwice(50);
    let seen = trial(20, ask, slow(), 2);
    tell(ask, &seen);
    assert!(seen.codes.get(&Some(130)).is_some_and(|count| *count >= 10), "{:?}", seen.codes);
}

/// `cargo test --test it -- --ignored --nocapture --test-threads 1 signals::`
#[test]
#[ignore = "takes minutes, and measures time; by hand"]
fn two_hundred_processes_end_within_ten_seconds_of_sigterm() {
    let seen = trial(200, Ask::Terminate, slow_or_never(), 3);
    tell(Ask::Terminate, &seen);
    assert!(worst(&seen) < Duration::from_secs(10), "{:?}", worst(&seen));
}

#[test]
#[ignore = "takes minutes, and measures time; by hand"]
fn two_hundred_processes_end_within_half_a_second_of_the_second_sigint() {
    let ask = Ask::InterruptTwice(300);
    let seen = trial(200, ask, slow_or_never(), 4);
    tell(ask, &seen);
    assert!(worst(&seen) < Duration::from_millis(500), "{:?}", worst(&seen));
}
