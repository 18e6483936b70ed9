//! The look before the first send: what other ledgers started is found, or it is said that this cannot be told.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use sortie::clock::{Clock as _, HandClock, Timestamp};
use sortie::exit::ExitStatus;
use sortie::ids::{Digest, FolderRef, Ordinal, ReleaseKey, RunId};
use sortie::launch::{AdoptionError, Interrupt, LaunchSettings, Launcher, Notice, Proof, RequestSource, RunOrigin};
use sortie::ledger::{ClockDifference, Rations as _, RunRecord};
use sortie::pace::Pace;
use sortie::resolve::Request;
use sortie::run::{AdoptionScope, LaunchedRun, RunError, RunStart};
use tokio::sync::watch;

use crate::simulation::{Launches, MemoryLedger, drive, run_id, terms};
use tenant::{Filter, Tenant};

mod changed;
mod cost;
mod signals;
mod tenant;

const DAY: Duration = Duration::from_secs(24 * 3600);
const MIDNIGHT: &str = "2026-01-31T00:00:00Z";

/// Launches of the release `Ping`.
pub struct Pings(pub Launches);

impl RequestSource for Pings {
    fn count(&self) -> u32 {
        self.0.count
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        self.0.request(ordinal)
    }

    fn release_name(&self, _: &FolderRef, _: ReleaseKey) -> Option<String> {
        Some("Ping".to_owned())
    }
}

/// A machine that fires one run, with a ledger of its own.
pub struct Machine {
    pub clock: HandClock,
    pub ledger: MemoryLedger,
    pub requests: Pings,
    pub terms: LaunchSettings,
}

impl Machine {
    /// One with a fresh ledger, that fires as many launches.
    pub fn new(clock: &HandClock, launches: u32) -> Self {
        let some = |n| NonZeroU32::new(n).unwrap();
        let ration = Pace::at_most(some(6000), Duration::from_secs(60));
        let terms = LaunchSettings { settle: Duration::from_secs(5), list_ration: ration, poll: ration, ..terms() };
        let requests = Pings(Launches::of(launches));
        Self { clock: clock.clone(), ledger: MemoryLedger::new(clock), requests, terms }
    }

    pub fn record(&self) -> RunRecord {
        RunRecord {
            id: run_id(),
            name: "nightly".to_owned(),
            slot: None,
            profile: "env".to_owned(),
            tenant: "https://a".to_owned(),
            started: self.clock.utc(),
            plan_digest: Digest::of(b""),
            launches: self.requests.0.count,
            inputs: Vec::new(),
            version: "0.1.0".to_owned(),
        }
    }

    pub fn opening(&self, origin: RunOrigin, proof: Proof) -> RunStart {
        RunStart::Named { record: self.record(), reach: AdoptionScope { origin, proof } }
    }

    /// Fires it; what was said beside.
    pub fn fire(
        &self,
        server: &Tenant,
        origin: RunOrigin,
        proof: Proof,
    ) -> (Result<LaunchedRun, RunError>, Vec<String>) {
        let (_keep, interrupt) = watch::channel(None);
        self.fire_unless(server, self.opening(origin, proof), interrupt)
    }

    pub fn fire_unless(
        &self,
        server: &Tenant,
        opening: RunStart,
        interrupt: watch::Receiver<Option<Interrupt>>,
    ) -> (Result<LaunchedRun, RunError>, Vec<String>) {
        let Self { clock, ledger, requests, terms } = self;
        let launcher = Launcher { server, ledger, requests, run: run_id(), clock: Arc::new(clock.clone()) };
        let mut said = Vec::new();
        let mut observe = |notice| {
            if let Notice::Looked(words) | Notice::Waiting(words) = notice {
                said.push(words);
            }
        };
        let ran = drive(clock, sortie::run::run(opening, &launcher, *terms, interrupt, &mut observe));
        (ran, said)
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

/// Three machines fire one run, one after the other, so many hours from the first moment; each with a fresh ledger.
fn three(server: &Tenant, origin: RunOrigin, fired: [i64; 3], case: &str) {
    let begin = server.clock.utc();
    for after in fired {
        let due = begin.checked_add(hours(after)).unwrap();
        server.clock.advance(Duration::try_from(due.duration_since(server.clock.utc())).unwrap());
        let machine = Machine::new(&server.clock, 12);
        let (ran, _) = machine.fire(server, origin, Proof::Needed);
        let ran = ran.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(ran.end.exit, ExitStatus::Success, "{case}, after {after} h");
        assert_eq!(server.starts(), 12, "{case}, after {after} h: each launch exists once");
    }
}

#[test]
fn three_fresh_ledgers_one_after_the_other_start_each_launch_once_whatever_the_clocks_show() {
    let slot = RunOrigin::Slot(at("2026-02-01T00:00:00Z"), DAY);
    // The clock begins a day before the slot.
    let cases = [
        ("a slot, early", slot, [0, 24, 9 * 24]),
        ("a slot, hours early", slot, [18, 20, 23]),
        ("a slot, late", slot, [25, 4 * 24, 9 * 24]),
        ("a key", RunOrigin::Key(DAY * 7), [0, 84, 7 * 24]),
        ("a key, over eight days", RunOrigin::Key(DAY * 8), [0, 1, 8 * 24]),
    ];
    let filters = [Filter::Works, Filter::Refused, Filter::Ignored, Filter::FindsNothing, Filter::Negated];
    for (name, origin, fired) in cases {
        for ahead in [-26, -10, 0, 10, 26] {
            for (number, filter) in filters.into_iter().enumerate() {
                let mut server = Tenant::new(&HandClock::at(at(MIDNIGHT)));
                server.creation_ahead = hours(ahead);
                server.has_date = number % 2 == 0;
                server.filter = filter;
                server.page = 7;
                // Other runs of sortie's start things there, before and between.
                server.fill(40, Some(9), SignedDuration::from_mins(-45));
                three(&server, origin, fired, &format!("{name}, {ahead} h ahead, {filter:?}"));
            }
        }
    }
}

#[test]
fn a_fresh_ledger_says_what_it_looked_for_where_nothing_of_sorties_is_there() {
    let server = Tenant::new(&HandClock::at(at(MIDNIGHT)));
    let machine = Machine::new(&server.clock, 3);
    let (ran, said) = machine.fire(&server, RunOrigin::Slot(at(MIDNIGHT), DAY), Proof::Needed);
    assert_eq!((ran.unwrap().end.exit, server.starts()), (ExitStatus::Success, 3));
    let expected = "nothing of sortie's is in folder id 7 since 2026-01-28T22:00:00Z, and this ledger knows nothing of the \
                    tenant: if this was started elsewhere, it is started again";
    assert_eq!(said, [expected]);
    // Whoever says that nothing was, hears nothing of it.
    let server = Tenant::new(&HandClock::at(at(MIDNIGHT)));
    let (ran, said) = Machine::new(&server.clock, 3).fire(&server, RunOrigin::Key(DAY), Proof::Unneeded);
    assert_eq!((ran.unwrap().end.exit, said), (ExitStatus::Success, Vec::new()));
}

#[test]
fn what_a_ledger_learnt_of_the_servers_clocks_is_where_it_looks() {
    for (least_ms, since) in [(0, "2026-01-29T23:50:00Z"), (-3_600_000, "2026-01-29T22:50:00Z")] {
        let server = Tenant::new(&HandClock::at(at(MIDNIGHT)));
        let machine = Machine::new(&server.clock, 3);
        let learnt = ClockDifference { least_ms, greatest_ms: 0, learnt: at(MIDNIGHT) };
        drive(&server.clock, machine.ledger.keep_clock_difference(run_id(), learnt)).unwrap();
        let (ran, said) = machine.fire(&server, RunOrigin::Slot(at(MIDNIGHT), DAY), Proof::Needed);
        assert_eq!(ran.unwrap().end.exit, ExitStatus::Success);
        assert!(said[0].contains(&format!("since {since}, ")), "{said:?}");
    }
}

#[test]
fn a_run_that_was_killed_in_its_look_looks_as_far_once_more() {
    let server = Tenant::new(&HandClock::at(at(MIDNIGHT)));
    let origin = RunOrigin::Key(DAY * 7);
    Machine::new(&server.clock, 5).fire(&server, origin, Proof::Needed).0.unwrap();
    server.clock.advance(DAY * 3);
    // The second machine opened its run, and got no further.
    let second = Machine::new(&server.clock, 5);
    let record = second.record();
    server.clock.advance(Duration::from_secs(3600));
    let (_keep, interrupt) = watch::channel(None);
    let opening = RunStart::Resumed { record, reach: AdoptionScope { origin, proof: Proof::Needed } };
    let (ran, _) = second.fire_unless(&server, opening, interrupt);
    assert_eq!((ran.unwrap().end.exit, server.starts()), (ExitStatus::Success, 5));
}

#[track_caller]
pub fn refused(ran: Result<LaunchedRun, RunError>) -> String {
    match ran {
        Err(RunError::Adoption(error @ AdoptionError::Unproven { .. })) => error.to_string(),
        other => panic!("not refused: {other:?}"),
    }
}

pub fn other_run() -> RunId {
    RunId::from_bytes([9; 16])
}
