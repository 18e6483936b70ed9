//! Launches that the plan itself leaves out: never sent, never in the ledger, and counted.

use std::sync::Arc;

use sortie::clock::HandClock;
use sortie::ids::Ordinal;
use sortie::launch::{Interrupt, LaunchSummary, Launcher, RequestSource, RunHistory};
use sortie::ledger::state::Verdict;
use sortie::resolve::Request;
use tokio::sync::watch;

use crate::simulation::{Launches, MemoryLedger, SimServer, drive, run_id, terms};

/// `launches`, of which every third is left out, the last too.
struct Thinned {
    launches: Launches,
}

impl RequestSource for Thinned {
    fn count(&self) -> u32 {
        self.launches.count()
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        assert!(!self.skips(ordinal), "a launch that is left out has no request");
        self.launches.request(ordinal)
    }

    fn skips(&self, ordinal: Ordinal) -> bool {
        ordinal.0 % 3 == 2
    }

    fn skipped(&self) -> u32 {
        self.launches.count() / 3
    }
}

fn launch(count: u32, signal: Option<Interrupt>) -> (LaunchSummary, Vec<u32>) {
    let clock = HandClock::at("2026-01-31T00:00:00Z".parse().unwrap());
    let ledger = MemoryLedger::new(&clock);
    let server = SimServer::new(&clock, &ledger);
    let requests = Thinned { launches: Launches::of(count) };
    let (_keep, interrupt) = watch::channel(signal);
    let launcher = Launcher {
        server: &server,
        ledger: &ledger,
        requests: &requests,
        run: run_id(),
        clock: Arc::new(clock.clone()),
    };
    let launched = drive(&clock, launcher.launch(terms(), RunHistory::default(), interrupt, &mut |_| {}));
    let sent = server.sent.borrow().iter().map(|sent| sent.ordinal.0).collect();
    (launched, sent)
}

#[test]
fn what_the_plan_leaves_out_is_never_sent_and_is_counted() {
    let (launched, mut sent) = launch(9, None);
    sent.sort_unstable();
    assert_eq!(sent, [0, 1, 3, 4, 6, 7]);
    let count = |verdict| launched.launches_by_verdict.get(&verdict).copied().unwrap_or_default();
    assert_eq!((count(Verdict::Started), count(Verdict::Skipped), count(Verdict::NotSent)), (6, 3, 0));
    assert_eq!(launched.exit(), sortie::exit::ExitStatus::Success);
}

#[test]
fn what_an_interrupted_run_never_came_to_is_still_told_apart() {
    let (launched, sent) = launch(9, Some(Interrupt::Interrupted));
    assert!(sent.is_empty());
    let count = |verdict| launched.launches_by_verdict.get(&verdict).copied().unwrap_or_default();
    assert_eq!((count(Verdict::Skipped), count(Verdict::NotSent)), (3, 6));
}
