//! A server that loses every answer, in folders where sortie never started anything: nothing could be settled there, were
//! not some launches held back.

use std::num::NonZeroU32;
use std::time::Duration;

use sortie::exit::ExitStatus;
use sortie::ids::Ordinal;
use sortie::launch::StopReason;
use sortie::ledger::state::Verdict;
use sortie::pace::Pace;

use super::Scene;
use crate::simulation::{Fate, failing};

impl Scene {
    /// The next `count` requests are lost, and nothing is created.
    fn lose(&self, count: usize) {
        let mut next = self.server.next.borrow_mut();
        next.clear();
        next.extend(vec![Fate::Dropped; count]);
    }

    #[track_caller]
    fn check_all_started_once(&self) {
        for launch in 0..self.launches.count {
            let found = (self.verdict(launch), self.server.jobs_of(launch));
            assert_eq!(found, (Verdict::Started, 1), "launch {launch}: {:?}", self.ledger.state(launch));
        }
        let sent = self.server.sent.borrow().len();
        assert!(sent <= 2 * self.launches.count as usize, "{sent} sends");
    }
}

#[test]
fn a_run_whose_every_answer_was_lost_in_a_fresh_folder_is_finished_by_a_resume() {
    for launches in [7, 8, 11, 12, 20, 40, 50, 2000] {
        for folders in [|_| 7, |ordinal| if ordinal % 3 == 0 { 7 } else { 8 }] {
            // More go at once than each of two folders would have.
            if launches < 100 && folders(0) != folders(1) {
                continue;
            }
            let mut scene = Scene::of(launches);
            scene.launches.folder = folders;
            scene.lose(10_000);
            let launched = scene.launch();
            assert_eq!(launched.exit(), ExitStatus::Unknown);
            assert!(matches!(launched.stop, Some(StopReason::RetriesSpent { .. })), "{launched:?}");
            assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), None);
            let sent = scene.server.sent.borrow().len();
            assert!(sent < launches as usize && sent <= 80, "{sent} of {launches} were sent");
            scene.lose(0);
            let launched = scene.resume();
            assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&launches), "{launched:?}");
            scene.check_all_started_once();
        }
    }
}

#[test]
fn a_run_goes_on_by_itself_where_the_server_comes_back_within_the_settle_time() {
    for (launches, lost) in [(2, 1), (3, 2), (8, 5), (50, 18), (2000, 18)] {
        let scene = Scene::of(launches);
        scene.lose(lost);
        let launched = scene.launch();
        assert_eq!(launched.exit(), ExitStatus::Success, "{launches}, {lost}: {launched:?}");
        scene.check_all_started_once();
    }
}

#[test]
fn a_launch_in_doubt_is_never_sent_again_before_it_is_settled_by_what_was_held_back() {
    let scene = Scene::of(50);
    scene.lose(10_000);
    scene.launch();
    let doubted: Vec<Ordinal> = scene.server.sent.borrow().iter().map(|sent| sent.ordinal).collect();
    scene.lose(0);
    scene.resume();
    let sent = scene.server.sent.borrow();
    let again = sent.iter().skip(doubted.len());
    let first_new = again.clone().find(|sent| !doubted.contains(&sent.ordinal)).unwrap().at;
    for resent in again.filter(|sent| doubted.contains(&sent.ordinal)) {
        let before = sent.iter().find(|sent| sent.ordinal == resent.ordinal).unwrap().at;
        assert!(resent.at > first_new && resent.at.since(before) > scene.terms.settle, "{resent:?}");
    }
}

#[test]
fn lists_that_fail_as_well_change_nothing() {
    let scene = Scene::of(50);
    scene.lose(10_000);
    scene.server.list_failures.borrow_mut().extend((0..10_000).map(|_| failing()));
    let launched = scene.launch();
    assert_eq!(launched.exit(), ExitStatus::Unknown);
    scene.lose(0);
    scene.server.list_failures.borrow_mut().clear();
    scene.resume();
    scene.check_all_started_once();
}

#[test]
fn where_sortie_started_something_before_nothing_is_held_back_for_long() {
    let scene = Scene::of(50);
    scene.server.create_long_ago(Duration::from_secs(300));
    scene.lose(50);
    let launched = scene.launch();
    assert_eq!(launched.exit(), ExitStatus::Success, "{launched:?}");
    scene.check_all_started_once();
}

#[test]
fn a_folder_that_loses_every_answer_holds_up_no_other() {
    let mut scene = Scene::of(400);
    scene.launches.folder = |ordinal| if ordinal < 300 { 7 } else { 8 };
    let dead = (0..300).map(|ordinal| (ordinal, vec![Fate::Dropped; 100].into()));
    scene.server.fates_by_launch.borrow_mut().extend(dead);
    let launched = scene.launch();
    assert_eq!(launched.exit(), ExitStatus::Unknown);
    assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&100), "{launched:?}");
    assert!((300..400).all(|launch| scene.verdict(launch) == Verdict::Started));
}

#[test]
fn a_dead_folder_is_told_of_by_its_own_words_though_others_answered_last() {
    let mut scene = Scene::of(630);
    // So slowly that the other folder's launches end after the dead one is given up.
    scene.terms.pace = Pace::new(NonZeroU32::MIN, Duration::from_secs(1), NonZeroU32::MIN);
    scene.launches.folder = |ordinal| if ordinal < 30 { 7 } else { 8 };
    let dead = (0..30).map(|ordinal| (ordinal, vec![Fate::Dropped; 100].into()));
    scene.server.fates_by_launch.borrow_mut().extend(dead);
    let launched = scene.launch();
    assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&600), "{launched:?}");
    let Some(StopReason::RetriesSpent { last }) = launched.stop else { panic!("{launched:?}") };
    assert!(!last.is_empty());
}
