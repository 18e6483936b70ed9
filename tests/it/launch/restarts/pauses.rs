//! Pauses that no server means: they are kept for an hour at most, counted, and can be lifted.

use std::time::Duration;

use jiff::SignedDuration;
use sortie::clock::Clock as _;
use sortie::launch::{AdoptionError, LaunchSummary, StopReason};
use sortie::ledger::Rations as _;
use sortie::ledger::state::Verdict;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::AnswerClass;
use sortie::robot_job::ServerError;

use super::{Scene, throttled};
use crate::simulation::{Fate, drive};

/// What goes wrong in a scene.
type Spoil = fn(&Scene);

const HOUR: Duration = Duration::from_secs(3600);
/// What no server means.
const YEARS: u64 = 1_000_000_000_000;

fn busy(seconds: u64) -> CallError {
    let error = ServerError { status: 429, ..ServerError::default() };
    CallError::Throttled { what: "listing jobs", error, hold: Some(Duration::from_secs(seconds)) }
}

/// An answer in doubt that asks for a pause, to a request that was not carried out.
fn doubtful(seconds: u64) -> Fate {
    Fate::Answered(AnswerClass::InDoubt { why: "HTTP 503".to_owned(), hold: Some(Duration::from_secs(seconds)) })
}

/// A process that ends by itself, how long it took, and whether it ended because of a pause.
fn ended(scene: &Scene) -> (Result<LaunchSummary, AdoptionError>, Duration, bool) {
    let begun = scene.clock.now();
    let launched = scene.process(HOUR * 1000).expect("it ends by itself");
    let paused = match &launched {
        Ok(launched) => matches!(launched.stop, Some(StopReason::ThrottledTooLong(_))),
        Err(error) => matches!(error, AdoptionError::HeldTooLong(_)),
    };
    (launched, scene.clock.now().since(begun), paused)
}

#[test]
fn a_pause_of_many_years_ends_the_run_and_is_over_after_an_hour() {
    let cases: [(&str, Spoil); 4] = [
        ("a start", |scene| scene.server.script(3, [throttled(YEARS)])),
        ("a start, an older number", |scene| scene.server.script(3, [throttled(u64::from(u32::MAX))])),
        ("a 503", |scene| scene.server.script(3, [doubtful(YEARS)])),
        ("a list", |scene| {
            scene.server.script(3, [Fate::Lost]);
            // The first one is the look's.
            scene.server.list_failures.borrow_mut().push_back(busy(0));
            scene.server.list_failures.borrow_mut().extend([busy(0), busy(YEARS)]);
        }),
    ];
    for (case, spoil) in cases {
        let scene = Scene::of(20);
        spoil(&scene);
        let (_, took, paused) = ended(&scene);
        assert!(paused && took < Duration::from_secs(900), "{case}: {took:?}");
        scene.clock.advance(HOUR.saturating_sub(took) + Duration::from_secs(900));
        let (launched, took, _) = ended(&scene);
        let launched = launched.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&20), "{case}: {launched:?}");
        assert!(took < Duration::from_secs(900), "{case}: {took:?}");
    }
}

#[test]
fn a_server_that_asks_for_pauses_again_and_again_holds_no_run_for_ever() {
    let cases: [(&str, Spoil); 3] = [
        ("starts", |scene| (0..20).for_each(|launch| scene.server.script(launch, (0..500).map(|_| throttled(590))))),
        ("503s", |scene| (0..20).for_each(|launch| scene.server.script(launch, (0..500).map(|_| doubtful(590))))),
        ("lists", |scene| {
            scene.server.script(3, [Fate::Lost]);
            scene.server.list_failures.borrow_mut().extend((0..500).map(|_| busy(590)));
        }),
    ];
    for (case, spoil) in cases {
        let scene = Scene::of(20);
        spoil(&scene);
        let (_, took, paused) = ended(&scene);
        assert!(paused, "{case}");
        assert!(took > HOUR / 2 && took < HOUR * 2, "{case}: {took:?}");
    }
}

#[test]
fn a_clock_that_is_set_back_lengthens_no_pause_no_ration_and_no_pace() {
    let days = SignedDuration::from_hours(-48);
    let cases: [(&str, u64, Spoil); 3] = [
        ("a pause", 60, |scene| scene.server.script(10, [throttled(40)])),
        ("rations and the pace", 60, |scene| scene.server.script(10, [Fate::Lost])),
        ("a pause of an hour", 3700, |scene| scene.server.script(10, [throttled(YEARS)])),
    ];
    for (case, most, spoil) in cases {
        let mut scene = Scene::of(40);
        scene.terms.settle = Duration::from_secs(5);
        spoil(&scene);
        scene.process(Duration::from_secs(3));
        scene.clock.set_utc(scene.clock.utc().checked_add(days).unwrap());
        let set_back = scene.clock.now();
        // Processes that leave because of the pause are followed by others.
        for _ in 0..100 {
            let (launched, _, paused) = ended(&scene);
            if !paused {
                assert_eq!(launched.unwrap().launches_by_verdict.get(&Verdict::Started), Some(&40), "{case}");
                break;
            }
            scene.clock.advance(Duration::from_secs(300));
        }
        let took = scene.clock.now().since(set_back);
        assert!(took < Duration::from_secs(most + 300), "{case}: {took:?}");
        assert!((0..40).all(|launch| scene.server.starts_of(launch) == 1), "{case}");
    }
}

#[test]
fn a_pause_that_is_lifted_is_over() {
    let scene = Scene::of(20);
    scene.server.script(3, [throttled(YEARS)]);
    assert!(ended(&scene).2 && ended(&scene).2, "and it holds for the next process");
    drive(&scene.clock, scene.ledger.lift_pauses("https://a")).unwrap();
    let (launched, took, _) = ended(&scene);
    assert_eq!(launched.unwrap().launches_by_verdict.get(&Verdict::Started), Some(&20));
    assert!(took < Duration::from_secs(60), "{took:?}");
}
