//! What a process knows of robot jobs, and the next one must not forget; and what a ledger knows that was restored.

use std::time::Duration;

use sortie::clock::Clock as _;
use sortie::format::{FromValue as _, Retry};
use sortie::launch::WaitOverride;
use sortie::ledger::event::LaunchEvent;
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::outcome::JobNote;

use super::{scene, scene_with};
use crate::launch::crashes::World;
use crate::simulation::{Course, Fate};

/// One launch, whose robot job runs, is Pending once more since its host crashed, and faults as one that got no session.
fn that_ran_before() -> World {
    let mut world = scene(1, |_| 1);
    let second = Duration::from_secs(1);
    world.server.lives = None;
    world.server.all_live = Some(Course::without_a_second_session(2 * second, 20 * second, 20 * second));
    world
}

#[test]
fn one_that_an_earlier_process_saw_running_is_not_started_again_for_want_of_a_session() {
    let whole = that_ran_before();
    whole.process(None).unwrap();
    assert_eq!(whole.server.created().len(), 1, "one process sees all of it");
    let steps = whole.ledger.process().steps();
    let (mut seen, mut unseen) = (0, 0);
    for step in 1..=steps {
        let world = that_ran_before();
        assert!(world.process(Some(step)).is_none(), "step {step} is reached");
        let was_seen = matches!(world.ledger.state(0), LaunchState::Started { jobs, .. } if jobs[0].has_begun());
        // When the next one begins, nothing shows any more that it ran.
        world.clock.advance(Duration::from_secs(60));
        world.process(None).unwrap();
        if !was_seen {
            unseen += 1;
            continue;
        }
        seen += 1;
        assert_eq!(world.server.created().len(), 1, "ended at step {step}");
        let LaunchState::Started { ends, .. } = world.ledger.state(0) else { panic!("it was started") };
        assert_eq!(ends[0].notes, [JobNote::RanAgain], "ended at step {step}");
    }
    assert!(seen > 5 && unseen > 5, "{seen} seen, {unseen} not");
}

#[test]
fn that_it_ran_is_recorded_once_and_only_where_it_may_keep_a_retry_away() {
    let begun = |world: &World| {
        world.process(None).unwrap();
        let log = world.ledger.log();
        log.iter().filter(|record| matches!(record.event, LaunchEvent::JobsBegan { .. })).count()
    };
    assert_eq!(begun(&that_ran_before()), 1);
    let mut without_retry = that_ran_before();
    without_retry.launches.retry = None;
    without_retry.terms.wait = WaitOverride { waits: Some(true), timeout: None };
    assert_eq!(begun(&without_retry), 0);
}

#[test]
fn a_retry_that_a_restored_ledger_takes_for_unsent_is_not_sent_where_a_later_one_is_there() {
    let mut world = scene(60, |_| 1);
    world.process(None).unwrap();
    let log = world.ledger.log();
    let decided = |number: u32| {
        log.iter().filter_map(move |record| {
            let LaunchEvent::RetryDecided(origin) = &record.event else { return None };
            (origin.number == number).then(|| (record.ordinal, origin.clone()))
        })
    };
    let (_, third) = decided(3).next().expect("a launch with two retries");
    let (second, _) = decided(2).find(|(_, origin)| origin.of == third.of).expect("its first one");
    let LaunchState::Started { jobs, .. } = world.ledger.state(second.0) else { panic!("it was started") };
    let created = world.server.created().len();
    // A backup of the moment at which the first of them was decided; the server has its robot job no more.
    world.server.purge(jobs[0].id);
    world.ledger = world
        .ledger
        .restored(|record| record.ordinal == second && matches!(record.event, LaunchEvent::RetryDecided(_)));
    let launched = world.process(None).unwrap();
    assert!(launched.stop.is_none());
    assert_eq!(world.server.created().len(), created - 1, "nothing more was started");
    assert_eq!(world.ledger.state(second.0).verdict(), Verdict::Partial, "somebody must look");
}

#[test]
fn retries_that_are_due_after_a_restart_are_all_settled_on_a_server_that_loses_every_answer() {
    let scene = || scene_with(60, |_| 1, &serde_json::json!({ "initial": "10m", "max": "10m", "jitter": false }));
    let due = |world: &World| -> Vec<u32> {
        let states = world.ledger.states();
        states.iter().filter(|(_, state)| matches!(state, LaunchState::Due(_))).map(|(at, _)| *at).collect()
    };
    let whole = scene();
    whole.process(None).unwrap();
    let steps = whole.ledger.process().steps();
    let world = (1..steps)
        .step_by(5)
        .find_map(|step| {
            let world = scene();
            assert!(world.process(Some(step)).is_none());
            (due(&world).len() >= 6).then_some(world)
        })
        .expect("retries that wait");
    let waiting = due(&world);
    for (number, retry) in waiting.iter().enumerate() {
        world.server.script(*retry, [if number % 2 == 0 { Fate::Lost } else { Fate::Dropped }]);
    }
    world.clock.advance(Duration::from_secs(900));
    let launched = world.process(None).unwrap();
    assert!(launched.stop.is_none());
    assert_eq!(world.check(&launched, "restarted"), 0);
    world.check_retries(&launched, "restarted");
    for retry in waiting {
        assert_eq!(world.ledger.state(retry).verdict(), Verdict::Started, "retry {retry}");
    }
}

#[test]
fn retries_do_not_lengthen_the_time_that_a_run_waits() {
    let backoff = serde_json::json!({ "initial": "5s", "factor": 1, "jitter": false });
    let mut world = scene_with(3, |_| 1, &backoff);
    let terms = serde_json::json!({ "faulted": 100, "backoff": backoff });
    world.launches.retry = Some(Retry::from_value("retry", &terms).expect("a retry"));
    (world.server.lives, world.server.all_live) = (None, Some(Course::without_a_session(Duration::from_secs(3))));
    let timeout = Duration::from_secs(90);
    world.terms.wait = WaitOverride { waits: Some(true), timeout: Some(timeout) };
    // A retry that left at the last moment is looked at once more, and so is everything that is not over then: 15 s each.
    let (began, longest) = (world.clock.now(), timeout + Duration::from_secs(35));
    let launched = world.process(None).unwrap();
    assert!(launched.stop.is_none() && world.clock.now().since(began) <= longest, "{:?}", world.clock.now());
    let first = world.server.created().len();
    assert!((6..20).contains(&first), "{first} robot jobs");
    // Whoever goes on with the run begins anew.
    let began = world.clock.now();
    world.process(None).unwrap();
    assert!(world.clock.now().since(began) <= longest, "{:?}", world.clock.now().since(began));
    assert!(world.server.created().len() > first);
}
