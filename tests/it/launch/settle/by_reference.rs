//! Doubts asked for by Reference, in a folder whose window takes many pages.

use std::time::Duration;

use sortie::ledger::state::{LaunchState, Verdict};

use super::Scene;
use crate::simulation::{Fate, ReferenceFilter};

const SECOND: Duration = Duration::from_secs(1);

/// 300 launches into one folder, whose list comes in pages of 40.
fn busy(filter: ReferenceFilter) -> Scene {
    let mut scene = Scene::of(300);
    scene.server.page = 40;
    scene.server.reference_filter = filter;
    scene
}

impl Scene {
    /// How many lists were read, and how many of them asked by Reference.
    fn reads(&self) -> (usize, usize) {
        (self.server.lists.borrow().len(), self.server.seeks.borrow().len())
    }
}

#[test]
fn a_few_doubts_in_a_busy_folder_cost_one_request_each_round_where_the_filter_works() {
    let reads_with = |filter, late| {
        let scene = busy(filter);
        scene.server.script(290, [Fate::Late(late)]);
        scene.launch();
        scene.check(290, Verdict::Started, 1, 1);
        scene.reads()
    };
    let reads = [5, 100]
        .map(|late| [ReferenceFilter::Works, ReferenceFilter::Refused].map(|filter| reads_with(filter, SECOND * late)));
    // Each as (lists, those of them that asked by Reference): found after 5 s, found after 100 s.
    assert_eq!(reads, [[(11, 2), (19, 1)], [(24, 6), (64, 1)]]);
}

#[test]
fn a_filter_that_does_not_work_is_found_out_and_changes_nothing() {
    let cases = [
        (ReferenceFilter::Refused, 1),
        (ReferenceFilter::Ignored, 1),
        (ReferenceFilter::FindsNothing, 1),
        (ReferenceFilter::TurnsBad, 2),
        (ReferenceFilter::Fails, 3),
    ];
    for (filter, seeks) in cases {
        let scene = busy(filter);
        scene.server.script(290, [Fate::Late(SECOND * 70)]);
        scene.server.script(291, [Fate::Dropped]);
        scene.launch();
        scene.check(290, Verdict::Started, 1, 1);
        scene.check(291, Verdict::Started, 2, 1);
        assert_eq!(scene.reads().1, seeks, "{filter:?}");
    }
}

#[test]
fn what_a_filter_does_not_find_is_neither_absent_nor_forgotten() {
    for filter in [ReferenceFilter::FindsTheFirst, ReferenceFilter::OnlyTheFirst, ReferenceFilter::Works] {
        let scene = busy(filter);
        for launch in 280..290 {
            scene.server.script(launch, [Fate::Late(SECOND * (launch - 280) * 12)]);
        }
        scene.server.script(290, [Fate::Dropped]);
        scene.server.script(291, [Fate::Partial(0)]);
        scene.launch();
        for launch in 0..300 {
            scene.check(launch, Verdict::Started, if (290..292).contains(&launch) { 2 } else { 1 }, 1);
        }
        assert!(scene.reads().1 > 2, "{filter:?} is asked: {:?}", scene.reads());
    }
}

#[test]
fn an_absence_is_proved_by_whole_windows_alone() {
    let scene = busy(ReferenceFilter::Works);
    scene.server.script(290, [Fate::Dropped]);
    scene.launch();
    scene.check(290, Verdict::Started, 2, 1);
    let (lists, seeks) = (scene.server.lists.borrow(), scene.server.seeks.borrow());
    let sent = scene.server.sent.borrow();
    let again = sent.iter().rev().find(|sent| sent.ordinal.0 == 290).unwrap().at;
    let settled = sent.iter().find(|sent| sent.ordinal.0 == 290).unwrap().at.after(scene.terms.settle);
    assert!(!seeks.is_empty() && seeks.iter().all(|seek| *seek < settled));
    let late = lists.iter().filter(|list| **list >= settled && **list < again).count();
    assert!(late >= 2 * 9, "two whole windows of nine pages: {late}");
}

#[test]
fn a_fan_out_that_its_page_may_have_cut_is_not_taken_for_whole() {
    let mut scene = busy(ReferenceFilter::Works);
    scene.launches.jobs = |ordinal| match ordinal {
        288 => 30,
        289 => 15,
        _ => 1,
    };
    // It creates more than asked for: only a page that holds all of them may say so.
    scene.server.script(288, [Fate::Late(SECOND * 20)]);
    scene.server.script(289, [Fate::LateAndMore(SECOND * 20, 50)]);
    scene.launch();
    scene.check(288, Verdict::Started, 1, 30);
    scene.check(289, Verdict::Duplicate, 1, 50);
    let state = scene.ledger.state(289);
    assert!(matches!(&state, LaunchState::Started { jobs, .. } if jobs.len() == 50), "{state:?}");
}

#[test]
fn a_small_folder_is_read_whole() {
    let scene = Scene::of(20);
    scene.server.script(3, [Fate::Late(SECOND * 70)]);
    scene.launch();
    scene.check(3, Verdict::Started, 1, 1);
    assert_eq!(scene.reads().1, 0);
}
