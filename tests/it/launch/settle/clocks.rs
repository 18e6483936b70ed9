//! Three clocks that do not agree: ours, the one behind `Date`, and the one behind `CreationTime`.

use std::time::Duration;

use sortie::clock::{Clock as _, Moment};
use sortie::ledger::state::{DoubtOutcome, LaunchState, Verdict};

use super::Scene;
use crate::simulation::Fate;

const HOUR_S: i64 = 3600;

/// Where a launch ends whose answer was lost, and one of which nothing was created, among twenty.
#[track_caller]
fn check_both_settled(scene: &Scene, named: &str) {
    for launch in 0..20 {
        let sends = if launch == 4 { 2 } else { 1 };
        let found = (scene.verdict(launch), scene.server.sends_of(launch), scene.server.jobs_of(launch));
        assert_eq!(found, (Verdict::Started, sends, 1), "{named}: launch {launch}: {:?}", scene.ledger.state(launch));
    }
}

fn twenty() -> Scene {
    let scene = Scene::of(20);
    scene.server.script(3, [Fate::Lost]);
    scene.server.script(4, [Fate::Dropped]);
    scene
}

#[test]
fn robot_jobs_are_found_by_whatever_clock_they_are_stamped() {
    for creation in [-26, -3, -1, 0, 1, 14, 26] {
        for date in [None, Some(0), Some(-2 * HOUR_S)] {
            let mut scene = twenty();
            scene.server.creation.ahead_s = creation * HOUR_S;
            scene.server.ahead_s = date;
            scene.launch();
            check_both_settled(&scene, &format!("CreationTime {creation} h from Date, {date:?}"));
        }
    }
}

#[test]
fn a_clock_that_is_set_in_the_middle_of_a_run_doubles_nothing() {
    for by in [-26, -1, 1, 26] {
        for at_ms in [0, 5, 10, 15, 20, 25, 1_000, 119_000, 121_000, 123_000] {
            let mut scene = twenty();
            scene.server.creation.set = Some((Moment(Duration::from_millis(at_ms)), by * HOUR_S));
            scene.launch();
            for launch in 0..20 {
                assert_eq!(scene.server.jobs_of(launch), 1, "set by {by} h at {at_ms} ms: launch {launch}");
            }
        }
    }
}

#[test]
fn a_list_of_another_gateway_whose_clock_is_an_hour_ahead_shortens_no_settle_time() {
    for ahead in [-HOUR_S, 20, HOUR_S] {
        let mut scene = twenty();
        scene.server.lists_ahead_s = ahead;
        // Late, but within the settle time.
        scene.server.script(5, [Fate::Late(Duration::from_secs(100))]);
        scene.launch();
        check_both_settled(&scene, &format!("lists {ahead} s ahead"));
    }
}

#[test]
fn a_launch_that_was_cut_off_is_settled_whatever_our_own_clock_says_after() {
    for step in [-200_000, -HOUR_S, -20, 20, HOUR_S, 200_000] {
        for date in [Some(0), Some(300), None] {
            let mut scene = Scene::of(20);
            scene.server.ahead_s = date;
            scene.server.script(3, [Fate::Hangs]);
            // The server carries it out after the process is gone.
            scene.server.script(4, [Fate::Late(Duration::from_secs(100))]);
            scene.cut_off_after(Duration::from_secs(2));
            let utc = scene.clock.utc().checked_add(jiff::SignedDuration::from_secs(step)).unwrap();
            scene.clock.set_utc(utc);
            let before = scene.clock.now();
            scene.resume();
            let named = format!("our clock is set by {step} s, Date {date:?}");
            for launch in 0..20 {
                scene.check(launch, Verdict::Started, 1, 1);
            }
            let took = scene.clock.now().since(before);
            assert!(took < Duration::from_secs(3 * 120), "{named}: {took:?}");
        }
    }
}

#[test]
fn where_no_clock_can_be_told_a_missing_robot_job_proves_nothing() {
    let mut scene = Scene::of(1);
    scene.server.ahead_s = None;
    scene.server.create_long_ago(Duration::from_secs(600));
    scene.server.script(0, [Fate::Dropped]);
    scene.launch();
    scene.check(0, Verdict::Unknown, 1, 0);
    let state = scene.ledger.state(0);
    let LaunchState::InDoubt { outcome: Some(DoubtOutcome::Undecided(why)), .. } = &state else { panic!("{state:?}") };
    assert!(why.contains("does not tell its time"), "{why}");
}
