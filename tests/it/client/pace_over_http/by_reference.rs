//! Doubts in a busy folder over real HTTP, judged by the sandbox's record: what the filter on `Reference` saves, and that a
//! server without it changes nothing.

use std::cell::Cell;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use sortie::cli::SandboxClock;
use sortie::clock::HandClock;
use sortie::launch::LaunchSettings;
use sortie::ledger::state::Verdict;
use sortie::pace::Pace;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply};
use sortie::sandbox::world::Switches;
use sortie::sandbox::world::switches::PropertyFilter;
use sortie::sandbox::{Options, Sandbox, World};

use super::{Counted, client, launch_at};
use crate::simulation::{Launches, terms};

/// Launches 5 x 1000 robot jobs and then 5 x 1, whose eighth loses its answer and is created half a minute later.
/// Shape: how many lists the server was asked for, and how many of them named a Reference.
fn lists_with(reference_filter: PropertyFilter) -> (usize, usize) {
    let clock = HandClock::at("2026-01-31T00:00:00Z".parse().unwrap());
    let late = Fault::late(Duration::from_secs(30), Reply::Close);
    let faults = Faults::new().at(Operation::StartJobs, Position::Nth(8), late);
    let world = World::obliging().switches(Switches { reference_filter, ..Switches::default() });
    let sandbox =
        Sandbox::start(&world, SandboxClock::over(Arc::new(clock.clone())), Options { faults, ..Options::default() })
            .unwrap();
    let server = Counted { client: client(&sandbox, &clock), under_way: Cell::new(0), throttle: Cell::new(None) };
    let requests = Launches { jobs: |ordinal| if ordinal < 5 { 1000 } else { 1 }, ..Launches::of(10) };
    let some = |n| NonZeroU32::new(n).unwrap();
    let terms = LaunchSettings {
        pace: Pace::new(some(10), Duration::from_secs(1), some(1)),
        concurrency: NonZeroUsize::MIN,
        ..terms()
    };
    let launched = launch_at(&clock, &server, &requests, terms);
    assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&10), "{launched:?}");
    assert_eq!(sandbox.jobs().len(), 5005, "each once");
    let lists: Vec<String> = sandbox
        .record()
        .iter()
        .filter(|received| received.operation == "Jobs")
        .map(|received| received.target.clone())
        .collect();
    assert!(lists.iter().all(|target| target.len() < 2_000), "{lists:?}");
    (lists.len(), lists.iter().filter(|target| target.contains("Reference%20eq")).count())
}

#[test]
fn a_doubt_in_a_busy_folder_costs_fewer_lists_where_the_server_finds_by_reference() {
    let filters = [PropertyFilter::Works, PropertyFilter::Refused, PropertyFilter::Ignored];
    assert_eq!(filters.map(lists_with), [(17, 5), (37, 1), (37, 1)]);
}
