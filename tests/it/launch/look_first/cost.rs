//! What the look costs: requests for lists, counted.

use std::time::Duration;

use jiff::SignedDuration;
use sortie::clock::HandClock;
use sortie::exit::ExitStatus;
use sortie::launch::{Adoption, Notice, Proof, RunHistory, RunOrigin, Search};

use super::tenant::{Filter, Tenant};
use super::{DAY, MIDNIGHT, Machine, at};
use crate::simulation::{drive, run_id};

/// So many robot jobs are started each night, by other runs of sortie's.
const NIGHTLY: u32 = 20_000;

/// A tenant in which each of the last three nights as many were started, half past two.
fn busy(filter: Filter) -> Tenant {
    let mut server = Tenant::new(&HandClock::at(at("2026-01-31T02:30:00Z")));
    server.filter = filter;
    for night in 1..=3_u8 {
        for part in 0..40 {
            let before = SignedDuration::from_hours(-24 * i64::from(night)) + SignedDuration::from_secs(part);
            server.fill(NIGHTLY / 40, Some(night + 100), before);
        }
    }
    server
}

/// Looks for a nightly run of the slot of midnight, and tells how many lists that took.
fn look(server: &Tenant, launches: u32, margin: Duration) -> u32 {
    let machine = Machine::new(&server.clock, launches);
    let since = RunOrigin::Slot(at(MIDNIGHT), DAY).since(at("2026-01-31T02:30:00Z"), margin);
    let search = Search { since, proof: Proof::Needed };
    let Machine { clock, ledger, requests, terms } = &machine;
    let adoption = Adoption { server, ledger, requests, run: run_id(), clock };
    server.lists.set((0, 0));
    let history = drive(clock, adoption.adopt_earlier(RunHistory::default(), search, *terms, &mut |_| {})).unwrap();
    assert!(history.is_untouched());
    server.lists.get().0
}

#[test]
fn a_nightly_run_of_twenty_thousand_reads_few_lists_before_it_sends() {
    let server = busy(Filter::Works);
    let (known, unknown) = (Duration::from_secs(600), Duration::from_secs(26 * 3600));
    // Once it took one list: the night's window was empty.
    assert_eq!(look(&server, NIGHTLY, known), 4, "with a known tenant: a page, two probes, and what is asked for");
    assert_eq!(look(&server, NIGHTLY, unknown), 4, "with an unknown one");
    assert_eq!(look(&server, 2, unknown), 4, "a run of two launches costs no more");
}

#[test]
fn what_was_started_is_found_by_few_lists_or_by_the_whole_window() {
    for (filter, most, by_part) in [
        (Filter::Works, 7, 4..=6),
        (Filter::Refused, 130, 1..=1),
        (Filter::Ignored, 130, 2..=2),
        (Filter::FindsNothing, 130, 2..=2),
        (Filter::FindsThree, 130, 2..=40),
        (Filter::Negated, 130, 2..=2),
    ] {
        let server = busy(filter);
        Machine::new(&server.clock, 30).fire(&server, RunOrigin::Key(DAY * 7), Proof::Needed).0.unwrap();
        server.lists.set((0, 0));
        let second = Machine::new(&server.clock, 30);
        let (ran, _) = second.fire(&server, RunOrigin::Key(DAY * 7), Proof::Needed);
        assert_eq!((ran.unwrap().end.exit, server.starts()), (ExitStatus::Success, 30), "{filter:?}");
        let (lists, asked) = server.lists.get();
        assert!(lists <= most && by_part.contains(&asked), "{filter:?}: {lists} lists, {asked} by a part");
    }
}

#[test]
fn the_look_says_which_page_it_reads() {
    let server = busy(Filter::Refused);
    let machine = Machine::new(&server.clock, 2);
    let since = RunOrigin::Key(DAY * 2).since(at("2026-01-31T02:30:00Z"), Duration::ZERO);
    let Machine { clock, ledger, requests, terms } = &machine;
    let adoption = Adoption { server: &server, ledger, requests, run: run_id(), clock };
    let mut pages = Vec::new();
    let mut observe = |notice| {
        if let Notice::Looking(page) = notice {
            pages.push(page);
        }
    };
    let search = Search { since, proof: Proof::Unneeded };
    drive(clock, adoption.adopt_earlier(RunHistory::default(), search, *terms, &mut observe)).unwrap();
    assert!(pages.len() > 20, "{pages:?}");
    let (last, counted) = pages.split_last().unwrap();
    assert_eq!(*last, None);
    assert!(counted.iter().zip(2..).all(|(page, number)| *page == Some(number)), "{pages:?}");
}
