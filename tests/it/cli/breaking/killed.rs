//! Many launches through every fault and many kills, by the whole program over real HTTP; an independent checker judges
//! the report by the server's own record.

#![allow(clippy::print_stdout, reason = "figures, for whoever runs the full trials")]

use std::fmt::Write as _;
use std::process::{Child, Stdio};
use std::time::Duration;

use sortie::ids::{LaunchId, Reference, RunId};
use sortie::report::json::JsonReport;
use sortie::sandbox::World;
use sortie::sandbox::faults::{Faults, Storm};
use sortie::sandbox::world::switches::Switches;

use crate::cli::cli_fixture::{CliFixture, pause};
use crate::support::checker::{Client, Findings, Intended, ServersWord, Wanted, check};

/// So often it is looked whether it is time to kill.
const STEP: Duration = Duration::from_millis(5);

/// What is done to a run.
#[derive(Clone, Copy, Debug)]
struct Trial {
    seed: u64,
    launches: usize,
    /// The share of requests that meet a fault.
    faults: f64,
    /// How long the slowest fault takes.
    longest: Duration,
    /// How many launches a second are sent, at most.
    rate: u32,
    /// How far the server's `CreationTime` is ahead of its `Date`, in minutes.
    creation_ahead_min: i64,
    kills: Kills,
}

/// When its processes are killed.
#[derive(Clone, Copy, Debug)]
enum Kills {
    /// So often, at random moments.
    Random(u32),
    /// Each after so long, until one ends by itself.
    Every(Duration),
}

/// What came of it.
struct Outcome {
    findings: Findings,
    kills: u32,
    /// How many processes ended by themselves.
    ended: u32,
    seconds: u64,
}

const SMALL: Trial = Trial {
    seed: 1,
    launches: 200,
    faults: 0.2,
    longest: Duration::from_secs(1),
    rate: 400,
    creation_ahead_min: 0,
    kills: Kills::Random(0),
};

/// As many launches, of all strategies and with fan-outs from 1 to 10, as the trial says.
struct Plan {
    rows: String,
    launches: Vec<(LaunchId, Wanted)>,
}

/// One job for each way to pick robots; rows say which one makes a launch of them.
const MANIFEST: &str = "
version: 1
name: storm
folder: Shared
limits:
  launches: 20000
  launch: { rate: RATE/s, burst: 20, concurrency: 32 }
  poll: { rate: 6000/min }
jobs:
  modern:
    release: Ping
    count: ${{ row.count }}
    arguments: { number: '${{ row.id }}' }
    for-each: { csv: rows.csv, key: id, columns: { count: integer, robots: json }, where: '${{ row.kind == \"modern\" }}' }
  classic:
    release: Ping
    strategy: JobsCount
    count: ${{ row.count }}
    for-each: { csv: rows.csv, key: id, columns: { count: integer, robots: json }, where: '${{ row.kind == \"classic\" }}' }
  specific:
    release: Pong
    robots: ${{ row.robots }}
    for-each: { csv: rows.csv, key: id, columns: { count: integer, robots: json }, where: '${{ row.kind == \"specific\" }}' }
  all:
    release: Everywhere
    strategy: All
    for-each: { csv: rows.csv, key: id, columns: { count: integer, robots: json }, where: '${{ row.kind == \"all\" }}' }
";

impl Plan {
    fn of(launches: usize, random: &mut fastrand::Rng) -> Self {
        let mut plan = Self { rows: "id,kind,count,robots\n".to_owned(), launches: Vec::new() };
        for number in 0..launches {
            let count = random.usize(1..=10);
            let kind = ["modern", "modern", "modern", "classic", "specific", "all"][random.usize(0..6)];
            let robots: Vec<String> = (0..count).map(|robot| format!("ETL-{robot:02}")).collect();
            let robots = serde_json::to_string(&robots).unwrap().replace('"', "\"\"");
            writeln!(plan.rows, "r-{number},{kind},{count},\"{robots}\"").unwrap();
            let wanted = if kind == "all" { Wanted::AtLeastOne } else { Wanted::Exactly(count) };
            plan.launches.push((LaunchId::from(format!("{kind}/r-{number}").as_str()), wanted));
        }
        plan
    }

    fn intended(&self, run: RunId) -> Vec<Intended> {
        let launches = self.launches.iter();
        let intended = launches.map(|(launch, wanted)| Intended {
            reference: Reference::new(None, run, launch).to_string(),
            wanted: *wanted,
        });
        intended.collect()
    }
}

/// A profile that renews its tokens, and waits as long for its server as the faults ask for.
fn config(fixture: &CliFixture, trial: Trial) -> String {
    // Both ends may be on a busy machine, which must not look like a fault.
    let settle = (trial.longest.as_millis() * 3 / 2).max(2000);
    let attempt = (trial.longest.as_millis() * 5 / 4).max(2000);
    format!(
        "default: storm\nprofiles:\n  storm:\n    url: {}\n    identity-url: {}\n    settle: {settle}ms\n    \
         timeouts: {{ connect: 1s, attempt: {attempt}ms }}\n    \
         auth: {{ client-id: {}, client-secret: {{ env: SECRET }} }}\n",
        fixture.sandbox.url(),
        fixture.sandbox.identity_url(),
        fixture.sandbox.client_id(),
    )
}

fn spawn(fixture: &CliFixture, arguments: &str) -> Child {
    let mut command = fixture.command_without_a_server(&format!("{arguments} -q --config config.yaml"));
    command.env("SECRET", fixture.sandbox.client_secret()).env_remove("SORTIE_SETTLE");
    let log = std::fs::File::options().create(true).append(true).open(fixture.path().join("stderr.txt")).unwrap();
    command.stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// Waits until the process ended (its exit code), or it is to be killed.
fn watch(fixture: &CliFixture, child: &mut Child, trial: Trial, random: &mut fastrand::Rng) -> Option<i32> {
    let before = fixture.starts();
    let (starts, span) = match trial.kills {
        Kills::Every(span) => (usize::MAX, span),
        Kills::Random(kills) => {
            let share = (trial.launches / kills.max(1) as usize).max(1);
            // Now among the starts, now in the look before them or the settling after them.
            let longest = u64::try_from(trial.longest.as_millis()).unwrap() * 4;
            let span = Duration::from_millis(random.u64(0..longest));
            (random.usize(1..=share), if random.bool() { span } else { Duration::MAX })
        }
    };
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status.code().expect("nobody else kills it"));
        }
        if waited >= span || fixture.starts().saturating_sub(before) >= starts {
            return None;
        }
        pause(STEP);
        waited += STEP;
    }
}

/// Launches, kills and resumes as the trial says, to the end.
fn carry_out(trial: Trial) -> Outcome {
    let mut random = fastrand::Rng::with_seed(trial.seed);
    let plan = Plan::of(trial.launches, &mut random);
    let storm = Storm::new(trial.seed, trial.faults).longest(trial.longest);
    let faults: Faults = if trial.faults > 0.0 { storm.into() } else { Faults::new() };
    let creation_time_ahead = jiff::SignedDuration::from_mins(trial.creation_ahead_min);
    let world = World::obliging().switches(Switches { creation_time_ahead, ..Switches::default() });
    let fixture = CliFixture::with(&world, faults);
    fixture.file("config.yaml", &config(&fixture, trial));
    fixture.file("m.yaml", &MANIFEST.replace("RATE", &trial.rate.to_string()));
    fixture.file("rows.csv", &plan.rows);
    let begun = fixture.sandbox.record().len();
    assert_eq!(begun, 0);
    let (mut kills, mut ended, mut stopped) = (0, 0, 0);
    loop {
        let verb = if fixture.ledger().exists() && !fixture.runs().is_empty() { "resume last" } else { "run m.yaml" };
        let lives = matches!(trial.kills, Kills::Random(most) if kills >= most);
        // The one that nobody kills need not be slow.
        let mut child = spawn(&fixture, &if lives { format!("{verb} --rate 400/s") } else { verb.to_owned() });
        let code = if lives {
            Some(child.wait().unwrap().code().unwrap())
        } else {
            watch(&fixture, &mut child, trial, &mut random)
        };
        match code {
            None => {
                child.kill().unwrap();
                child.wait().unwrap();
                kills += 1;
                let most = if let Kills::Random(most) = trial.kills { most } else { 100 };
                assert!(kills <= most, "killed {kills} times, and still not at its end");
            }
            Some(code) => {
                ended += 1;
                let more = matches!(trial.kills, Kills::Random(most) if kills < most);
                match code {
                    0 | 11 | 12 if more => {}
                    0 | 11 | 12 => break,
                    // Sending was ended early, as by a server that is down for too long: it goes on.
                    16 if stopped < 5 => stopped += 1,
                    _ => panic!("exit {code}, seed {}:\n{}", trial.seed, fixture.read("stderr.txt")),
                }
                if more && fixture.runs()[0]["state"] == "finished" {
                    break;
                }
            }
        }
    }
    let told = fixture.offline("report last --format json");
    let report: JsonReport = serde_json::from_str(&told.stdout).unwrap();
    let run: RunId = report.run.id.parse().unwrap();
    let client = if kills > 0 { Client::Killed } else { Client::Lived };
    let word = ServersWord::of(&fixture.sandbox);
    let findings = check(&plan.intended(run), &word, &report, client);
    let record = fixture.sandbox.record();
    let took =
        record.last().zip(record.first()).map_or(Duration::ZERO, |(last, first)| last.moment.since(first.moment));
    let outcome = Outcome { findings, kills, ended, seconds: took.as_secs() };
    println!(
        "seed {}: {}; {} kills, {} processes ended; {} s",
        trial.seed, outcome.findings, outcome.kills, outcome.ended, outcome.seconds
    );
    if !outcome.findings.violations().is_empty() {
        let kept = fixture.keep();
        println!("kept: {}", kept.display());
    }
    outcome
}

/// The zeros, and few unknown.
#[track_caller]
fn assert_good(trial: Trial, outcome: &Outcome, sends_each: f64) {
    let findings = &outcome.findings;
    findings.assert_clean();
    let unknown = findings.unknown.count * 1000;
    assert!(unknown <= trial.launches.max(1000), "{findings}: {:?}", findings.unknown.examples);
    assert!(findings.sends_each() <= sends_each, "{findings}");
}

#[test]
fn faults_of_all_kinds_lose_double_and_misreport_nothing() {
    assert_good(SMALL, &carry_out(SMALL), 1.25);
}

#[test]
fn neither_do_faults_and_kills_together() {
    let trial = Trial { kills: Kills::Random(5), seed: 2, launches: 150, ..SMALL };
    let outcome = carry_out(trial);
    assert_eq!(outcome.kills, 5);
    assert_good(trial, &outcome, 1.5);
}

#[test]
fn a_run_killed_again_and_again_within_its_settle_time_ends() {
    let longest = Duration::from_millis(500);
    // So slow that it lasts longer than two seconds of a busy machine too.
    let trial =
        Trial { kills: Kills::Every(Duration::from_secs(2)), seed: 3, launches: 60, rate: 10, longest, ..SMALL };
    let outcome = carry_out(trial);
    assert!(outcome.kills >= 1, "it was killed at least once");
    assert_good(trial, &outcome, 2.0);
}

#[test]
fn neither_do_faults_and_kills_where_the_clocks_of_the_server_are_apart() {
    let trial = Trial { creation_ahead_min: -11, kills: Kills::Random(2), seed: 4, launches: 100, ..SMALL };
    assert_good(trial, &carry_out(trial), 1.5);
}

/// `cargo test --test it -- --ignored --nocapture --test-threads 1 killed::full_clocks`
#[test]
#[ignore = "takes minutes; by hand"]
fn full_clocks_apart_over_a_thousand_launches() {
    const HOUR: i64 = 60;
    for ahead in [-26 * HOUR, -HOUR, -11, 11, HOUR, 26 * HOUR] {
        let trial = Trial { launches: 1000, creation_ahead_min: ahead, kills: Kills::Random(3), ..FULL };
        println!("CreationTime {ahead} minutes from Date");
        assert_good(trial, &carry_out(trial), 1.5);
    }
}

/// Seeds of the full trials; `SORTIE_SEED` names one more to try.
fn seeds() -> Vec<u64> {
    match std::env::var("SORTIE_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => vec![1, 2, 3],
    }
}

const FULL: Trial = Trial { launches: 10_000, longest: Duration::from_secs(2), rate: 200, ..SMALL };

/// `cargo test --test it -- --ignored --nocapture --test-threads 1 killed::full`
#[test]
#[ignore = "takes minutes; by hand"]
fn full_faults_over_ten_thousand_launches() {
    for seed in seeds() {
        let trial = Trial { seed, ..FULL };
        assert_good(trial, &carry_out(trial), 1.25);
    }
}

#[test]
#[ignore = "takes minutes; by hand"]
fn full_faults_and_fifty_kills_over_ten_thousand_launches() {
    for seed in seeds() {
        let trial = Trial { seed, kills: Kills::Random(50), ..FULL };
        assert_good(trial, &carry_out(trial), 1.5);
    }
}

#[test]
#[ignore = "takes minutes; by hand"]
fn full_five_hundred_kills_over_a_thousand_launches() {
    let longest = Duration::from_millis(200);
    let trial = Trial { launches: 1000, kills: Kills::Random(500), faults: 0.0, rate: 1, longest, ..FULL };
    let outcome = carry_out(trial);
    assert_good(trial, &outcome, 1.5);
    assert_eq!(outcome.kills, 500);
}

#[test]
#[ignore = "takes minutes; by hand"]
fn full_killed_every_two_seconds_with_a_settle_time_of_three() {
    for seed in seeds() {
        let kills = Kills::Every(Duration::from_secs(2));
        let trial = Trial { seed, launches: 200, kills, ..FULL };
        assert_good(trial, &carry_out(trial), 2.0);
    }
}
