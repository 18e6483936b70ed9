//! A run that is steered while it sends: paused, let go on, given another pace, cancelled.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use sortie::clock::{Clock as _, Moment, Timestamp};
use sortie::ids::Ordinal;
use sortie::launch::{LaunchSummary, Launcher, Notice, RequestSource as _, RunHistory, RunSignals, StopReason};
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::ledger::{Steered, SteeredRate, SteeredTerms, Steering, StopTally};
use tokio::sync::watch;

use super::{Scene, check_counts, pace};
use crate::simulation::{drive, run_id};

fn at() -> Timestamp {
    "2026-01-31T00:00:00Z".parse().unwrap()
}

fn pause() -> Steering {
    Steering::Pause { at: at(), why: None }
}

fn go_on() -> Steering {
    Steering::Continue { at: at() }
}

fn cancel() -> Steering {
    Steering::Cancel { at: at(), job: None, kill: true }
}

/// Launches while somebody asks these things, each so many seconds after the beginning.
fn steered(scene: &mut Scene, asked: &[(u64, Steering)]) -> LaunchSummary {
    let (told, steered) = watch::channel(Steered::default());
    let signals = RunSignals { interrupt: scene.interrupt.subscribe(), steered };
    let launcher = Launcher {
        server: &scene.server,
        ledger: &scene.ledger,
        requests: &scene.launches,
        run: run_id(),
        clock: Arc::new(scene.clock.clone()),
    };
    let clock = scene.clock.clone();
    let somebody = async {
        for count in 1..=asked.len() {
            clock.sleep_until(Moment(Duration::from_secs(asked[count - 1].0))).await;
            told.send_replace(Steered::of(asked[..count].iter().map(|(_, steering)| steering)));
        }
        std::future::pending::<()>().await;
    };
    let notices = &mut scene.notices;
    let mut observe = |notice| notices.push(notice);
    let launching = launcher.launch(scene.terms, RunHistory::default(), signals, &mut observe);
    drive(&scene.clock, async {
        tokio::select! {
            biased;
            () = somebody => unreachable!("it is pending for ever"),
            launched = launching => launched,
        }
    })
}

/// How many launches were sent after one second, and before another.
fn sent_between(scene: &Scene, from: u64, to: u64) -> usize {
    let (from, to) = (Moment(Duration::from_secs(from)), Moment(Duration::from_secs(to)));
    scene.server.sent.borrow().iter().filter(|sent| sent.at > from && sent.at < to).count()
}

#[test]
fn nothing_leaves_while_a_run_is_paused_and_everything_leaves_once() {
    let mut scene = Scene::of(200);
    scene.terms.pace = pace(10, 1);
    let launched = steered(&mut scene, &[(5, pause()), (600, go_on())]);
    check_counts(&scene, &launched, &[(Verdict::Started, 200)]);
    assert_eq!(scene.server.sent.borrow().len(), 200);
    assert_eq!(sent_between(&scene, 5, 600), 0);
    assert!(sent_between(&scene, 0, 5) >= 45 && launched.stop.is_none());
    let shown = |words: &str| {
        scene.notices.iter().any(|notice| matches!(notice, Notice::Steered(told) if told.contains(words)))
    };
    assert!(shown("paused since") && shown("goes on"));
}

#[test]
fn what_was_ready_when_a_run_is_paused_is_sent_later_and_is_in_no_doubt() {
    let mut scene = Scene::of(100);
    scene.terms.pace = pace(1000, 1);
    scene.ledger.delay(Duration::from_millis(40));
    let launched = steered(&mut scene, &[(0, pause()), (60, go_on()), (61, pause()), (120, go_on())]);
    check_counts(&scene, &launched, &[(Verdict::Started, 100)]);
    assert_eq!(scene.server.sent.borrow().len(), 100);
    assert!(!scene.notices.iter().any(|notice| matches!(notice, Notice::Doubted(..))));
}

#[test]
fn another_pace_holds_at_once_and_counts_what_went_before() {
    let mut scene = Scene::of(400);
    scene.terms.pace = pace(10, 1);
    let rate = |count, period_ms| {
        let rate = SteeredRate { count: NonZeroU32::new(count).unwrap(), period_ms };
        Steering::Set { at: at(), terms: SteeredTerms { rate: Some(rate), ..SteeredTerms::default() } }
    };
    let launched = steered(&mut scene, &[(10, rate(1, 1000)), (110, rate(100, 1000))]);
    check_counts(&scene, &launched, &[(Verdict::Started, 400)]);
    let slowly = sent_between(&scene, 11, 110);
    assert!((95..=100).contains(&slowly), "{slowly} at one a second");
    let quickly = sent_between(&scene, 110, 112);
    assert!(quickly > 150, "{quickly} at a hundred a second");
}

#[test]
fn a_cancelled_run_sends_nothing_more_and_all_that_was_started_is_stopped_once() {
    let mut scene = Scene::of(200);
    scene.terms.pace = pace(10, 1);
    let launched = steered(&mut scene, &[(5, cancel())]);
    assert!(matches!(launched.stop, Some(StopReason::Cancelled)));
    assert_eq!((sent_between(&scene, 5, 10_000), launched.exit().code()), (0, 16));
    let started = launched.launches_by_verdict[&Verdict::Started];
    let reports: Vec<&Notice> =
        scene.notices.iter().filter(|notice| matches!(notice, Notice::RobotJobsStopped { .. })).collect();
    let tally = StopTally { asked: started, ..StopTally::default() };
    assert_eq!(reports, [&Notice::RobotJobsStopped { cancels: 1, tally }]);
}

#[test]
fn of_a_job_that_is_cancelled_nothing_leaves_that_was_about_to() {
    let mut scene = Scene::of(100);
    scene.terms.pace = pace(1, 1);
    let job = |ordinal| scene.launches.request(Ordinal(ordinal)).launch.job().to_owned();
    // An intent is there ahead of its time: here up to a second before it may leave.
    let cancel = |ordinal| (5, Steering::Cancel { at: at(), job: Some(job(ordinal)), kill: false });
    let asked: Vec<(u64, Steering)> = (0..100).map(cancel).collect();
    let launched = steered(&mut scene, &asked);
    assert_eq!((sent_between(&scene, 5, 10_000), launched.exit().code()), (0, 16));
    let expired = (0..100).filter(|ordinal| matches!(scene.ledger.state(*ordinal), LaunchState::Unsent { .. })).count();
    assert!(expired > 0, "one was ready");
    assert!(!scene.notices.iter().any(|notice| matches!(notice, Notice::Doubted(..))));
}

#[test]
fn of_launches_that_are_cancelled_nothing_leaves_and_of_all_others_everything_once() {
    let mut scene = Scene::of(100);
    scene.terms.pace = pace(1, 1);
    // Every second one, the next that is ready among them.
    let launches = serde_json::from_value(serde_json::json!(vec![1; 100])).unwrap();
    let cancel = Steering::CancelLaunches { at: at(), filter: "key == 1".to_owned(), launches, kill: false };
    let launched = steered(&mut scene, &[(5, cancel)]);
    let is_odd = |ordinal: u32| ordinal % 2 == 1;
    let sent_late: Vec<u32> = {
        let sent = scene.server.sent.borrow();
        let late = sent.iter().filter(|sent| sent.at > Moment(Duration::from_secs(5)));
        late.map(|sent| sent.ordinal.0).collect()
    };
    assert!(sent_late.iter().all(|ordinal| !is_odd(*ordinal)), "{sent_late:?}");
    let started = |ordinal: &u32| matches!(scene.ledger.state(*ordinal), LaunchState::Started { .. });
    assert!((0..100).filter(|ordinal| !is_odd(*ordinal)).all(|ordinal| started(&ordinal)), "each of the others once");
    assert_eq!(scene.server.sent.borrow().len(), (0..100).filter(started).count());
    assert_eq!(launched.exit().code(), 16);
    let stopped = (0..100).filter(|ordinal| is_odd(*ordinal)).filter(started).count();
    let tally = StopTally { asked: u32::try_from(stopped).unwrap(), ..StopTally::default() };
    assert!(stopped > 0 && scene.notices.contains(&Notice::RobotJobsStopped { cancels: 1, tally }));
}

#[test]
fn a_run_that_is_paused_from_the_beginning_sends_nothing_before_it_is_let() {
    let mut scene = Scene::of(10);
    let launched = steered(&mut scene, &[(0, pause()), (30, cancel())]);
    assert_eq!((scene.server.sent.borrow().len(), launched.exit().code()), (0, 16));
}

#[test]
fn whoever_lets_a_run_go_on_is_told_of_a_job_that_a_rule_stopped_in_its_process() {
    let mut scene = Scene::of(60);
    scene.terms.pace = pace(10, 1);
    let hold = Steering::HoldJob { at: at(), job: "job-40".to_owned(), why: "`fail-fast`".to_owned() };
    steered(&mut scene, &[(2, hold), (3, go_on())]);
    let told = |words: &str| {
        scene.notices.iter().any(|notice| matches!(notice, Notice::Steered(told) if told.contains(words)))
    };
    assert!(told("job `job-40` was stopped by a rule") && told("`sortie resume` sends what was not sent"));
}
