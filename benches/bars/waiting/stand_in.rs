//! The Orchestrator of a run: a sandbox in a process of its own, which is told the time where a hand drives the clock.
//!
//! It prints where it is, and then answers each line that it reads: a number of microseconds, to which its clock moves, or
//! `record`, for what it was asked.

use std::io::{BufRead as _, BufReader, Write as _, stdin, stdout};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sortie::sandbox::clock::{HandClock, Moment, SharedClock, SystemClock};
use sortie::sandbox::world::{End, Life, Switches};
use sortie::sandbox::{Options, Sandbox, World};

use super::run::WaitTask;

/// Where hand-driven clocks begin.
pub(crate) const MIDNIGHT: &str = "2026-01-31T00:00:00Z";

/// What it was asked.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) lists: u32,
    /// In any minute.
    pub(crate) most_lists: u32,
    pub(crate) singles: u32,
}

#[derive(Serialize, Deserialize)]
struct Place {
    url: String,
    token: String,
}

/// Serves until its input ends: robot jobs run for `running_ms`; `windows_only`: what ended or changed is not listed by itself.
pub(crate) fn serve(running_ms: u64, is_hand_driven: bool, windows_only: bool) {
    let hand = HandClock::at(MIDNIGHT.parse().unwrap());
    let clock: SharedClock = if is_hand_driven { Arc::new(hand.clone()) } else { Arc::new(SystemClock::new()) };
    let life = Life::of(Duration::from_secs(1), Duration::from_millis(running_ms), End::Successful);
    let world = World::obliging().life(life);
    let world = if windows_only {
        let refused: Switches =
            serde_json::from_str(r#"{"end-time-filter": "refused", "last-modification-filter": "refused"}"#).unwrap();
        world.switches(refused)
    } else {
        world
    };
    let sandbox = Sandbox::start(&world, clock, Options::default()).unwrap();
    let place = Place { url: sandbox.url(), token: sandbox.token().to_owned() };
    answer(&serde_json::to_string(&place).unwrap());
    let mut now = 0;
    for line in stdin().lock().lines() {
        let line = line.unwrap();
        if line == "record" {
            answer(&serde_json::to_string(&asked(&sandbox)).unwrap());
            continue;
        }
        let then: u64 = line.parse().unwrap();
        hand.advance(Duration::from_micros(then - now));
        now = then;
        answer("");
    }
}

fn answer(line: &str) {
    let mut out = stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

fn asked(sandbox: &Sandbox) -> Asked {
    let record = sandbox.record();
    let of = |operation: &str| -> Vec<Moment> {
        record.iter().filter(|received| received.operation == operation).map(|received| received.moment).collect()
    };
    let (mut lists, singles) = (of("Jobs"), of("Job"));
    lists.sort();
    let within = |(first, start): (usize, &Moment)| {
        lists[first..].iter().take_while(|at| at.since(*start) < Duration::from_secs(60)).count()
    };
    let most = lists.iter().enumerate().map(within).max().unwrap_or_default();
    let count = |number: usize| u32::try_from(number).unwrap();
    Asked { lists: count(lists.len()), most_lists: count(most), singles: count(singles.len()) }
}

/// The same, as the run's process sees it.
pub(crate) struct StandIn {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl StandIn {
    pub(crate) fn start(task: WaitTask) -> Self {
        let WaitTask { running_ms, is_hand_driven, windows_only, .. } = task;
        let clock = if is_hand_driven { "hand" } else { "system" };
        let lists = if windows_only { "windows" } else { "all" };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["stand-in", &running_ms.to_string(), clock, lists])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut stand_in = Self { child, to, from, url: String::new(), token: String::new() };
        let place: Place = serde_json::from_str(&stand_in.read()).unwrap();
        (stand_in.url, stand_in.token) = (place.url, place.token);
        stand_in
    }

    fn read(&mut self) -> String {
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        line
    }

    /// It is `now` there, too.
    pub(crate) fn move_to(&mut self, now: Duration) {
        writeln!(self.to, "{}", now.as_micros()).unwrap();
        self.read();
    }

    pub(crate) fn asked(&mut self) -> Asked {
        writeln!(self.to, "record").unwrap();
        serde_json::from_str(&self.read()).unwrap()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
