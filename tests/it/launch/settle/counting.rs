//! Robot jobs that nobody asked for: a gateway between sends a request twice.

use std::time::Duration;

use sortie::exit::ExitStatus;
use sortie::launch::{RecountScope, RunHistory, SendMode, WaitOverride};
use sortie::ledger::state::Verdict;

use super::Scene;
use crate::simulation::{Fate, RobotLives, drive, failing, run_id};

fn replayed() -> Scene {
    let scene = Scene::of(20);
    scene.server.script(7, [Fate::Replayed]);
    scene
}

#[test]
fn whoever_asks_for_it_has_every_launch_counted() {
    let mut scene = replayed();
    scene.terms.counting = RecountScope::All;
    let launched = scene.launch();
    scene.check(7, Verdict::Duplicate, 1, 2);
    assert_eq!(launched.exit(), ExitStatus::Unknown);
    assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&19));
    assert!(scene.server.lists.borrow().len() < 12, "{} lists", scene.server.lists.borrow().len());
}

#[test]
fn a_list_that_is_read_for_another_reason_is_counted_too() {
    let scene = replayed();
    scene.server.script(3, [Fate::Lost]);
    scene.launch();
    scene.check(7, Verdict::Duplicate, 1, 2);
    scene.check(3, Verdict::Started, 1, 1);
}

#[test]
fn a_list_that_is_read_for_waiting_is_counted_too() {
    // So many that lists tell of them, and not single calls.
    let mut scene = Scene::of(300);
    scene.server.script(7, [Fate::Replayed]);
    scene.server.lives = Some(RobotLives { seed: 3, longest: Duration::from_secs(60), forgets: false });
    scene.terms.wait = WaitOverride { waits: Some(true), timeout: None };
    let launched = scene.launch();
    scene.check(7, Verdict::Duplicate, 1, 2);
    assert_eq!((launched.exit(), launched.unfinished_jobs), (ExitStatus::Unknown, 0));
}

#[test]
fn without_a_list_nobody_knows_and_reconcile_counts() {
    let mut scene = replayed();
    scene.launch();
    scene.check(7, Verdict::Started, 1, 2);
    assert_eq!(scene.server.lists.borrow().len(), 0, "a run without doubts reads none");
    scene.terms.sending = SendMode::Off;
    scene.terms.counting = RecountScope::All;
    let launched = scene.resume();
    scene.check(7, Verdict::Duplicate, 1, 2);
    assert_eq!(launched.exit(), ExitStatus::Unknown);
}

#[test]
fn a_count_that_cannot_be_done_is_said_and_ends() {
    let mut scene = replayed();
    scene.terms.counting = RecountScope::All;
    scene.server.list_failures.borrow_mut().extend((0..10_000).map(|_| failing()));
    let launched = scene.launch();
    scene.check(7, Verdict::Started, 1, 2);
    assert_eq!(launched.exit(), ExitStatus::Unknown);
    assert_eq!(launched.uncounted_folders.len(), 1);
    assert!(sortie::clock::Clock::now(&scene.clock).0 < Duration::from_secs(900));
}

#[test]
fn a_count_survives_the_process_that_began_it() {
    let mut scene = replayed();
    scene.terms.counting = RecountScope::All;
    scene.cut_off_after(Duration::from_secs(60));
    let history = drive(&scene.clock, RunHistory::read(&scene.ledger, run_id())).unwrap();
    scene.launch_after(history);
    scene.check(7, Verdict::Duplicate, 1, 2);
}
