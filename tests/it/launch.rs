//! The launcher against a simulated server and ledger, on the hand-driven clock.

mod crashes;
mod look_first;
mod needs;
mod restarts;
mod settle;
mod steering;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, Moment};
use sortie::ids::FolderId;
use sortie::ids::FolderRef;
use sortie::launch::{Interrupt, LaunchSettings, LaunchSummary, Launcher, Notice, RunHistory, StopReason};
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::orchestrator::classify::{AnswerClass, NextSend, StopScope};
use sortie::pace::Pace;
use sortie::robot_job::ServerError;
use tokio::sync::watch;

use crate::simulation::{Fate, Launches, MemoryLedger, SimServer, drive, run_id, terms};

struct Scene {
    clock: HandClock,
    ledger: MemoryLedger,
    server: SimServer,
    launches: Launches,
    terms: LaunchSettings,
    interrupt: watch::Sender<Option<Interrupt>>,
    notices: Vec<Notice>,
    history: std::cell::Cell<RunHistory>,
}

fn pace(per_second: u32, burst: u32) -> Pace {
    let some = |n| NonZeroU32::new(n).unwrap();
    Pace::new(some(per_second), Duration::from_secs(1), some(burst))
}

impl Scene {
    fn of(launches: u32) -> Self {
        let clock = HandClock::at("2026-01-31T00:00:00Z".parse().unwrap());
        let ledger = MemoryLedger::new(&clock);
        let server = SimServer::new(&clock, &ledger);
        let (interrupt, _) = watch::channel(None);
        Self {
            clock,
            ledger,
            server,
            launches: Launches::of(launches),
            terms: terms(),
            interrupt,
            notices: Vec::new(),
            history: std::cell::Cell::default(),
        }
    }

    fn launch(&mut self) -> LaunchSummary {
        let launcher = Launcher {
            server: &self.server,
            ledger: &self.ledger,
            requests: &self.launches,
            run: run_id(),
            clock: Arc::new(self.clock.clone()),
        };
        let notices = &mut self.notices;
        let mut observe = |notice| notices.push(notice);
        drive(&self.clock, launcher.launch(self.terms, self.history.take(), self.interrupt.subscribe(), &mut observe))
    }

    fn verdicts(&self) -> Vec<Verdict> {
        (0..self.launches.count).map(|ordinal| self.ledger.state(ordinal).verdict()).collect()
    }
}

/// Fails unless the launcher's own count, the ledger and the number of launches agree.
#[track_caller]
fn check_counts(scene: &Scene, launched: &LaunchSummary, expected: &[(Verdict, u32)]) {
    for verdict in Verdict::ALL {
        let wanted = expected.iter().find(|(of, _)| *of == verdict).map_or(0, |(_, count)| *count);
        let counted = launched.launches_by_verdict.get(&verdict).copied().unwrap_or_default();
        let recorded = scene.verdicts().iter().filter(|of| **of == verdict).count();
        assert_eq!((counted, recorded), (wanted, wanted as usize), "{verdict:?}");
    }
}

fn unsent(next: NextSend) -> Fate {
    Fate::Answered(AnswerClass::Unsent { why: "connection refused".to_owned(), next })
}

#[test]
fn every_launch_is_sent_once_and_recorded() {
    let mut scene = Scene::of(1000);
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 1000)]);
    assert_eq!(scene.server.sent.borrow().len(), 1000);
    assert!(launched.stop.is_none());
}

#[test]
fn a_plan_of_no_launches_is_over_at_once() {
    let mut scene = Scene::of(0);
    let launched = scene.launch();
    check_counts(&scene, &launched, &[]);
    assert!(scene.ledger.commit_sizes().is_empty());
}

#[test]
fn outcomes_are_shown_only_once_they_are_durable() {
    let scene = Scene::of(50);
    scene.ledger.delay(Duration::from_millis(30));
    let ledger = scene.ledger.clone();
    let launcher = Launcher {
        server: &scene.server,
        ledger: &scene.ledger,
        requests: &scene.launches,
        run: run_id(),
        clock: Arc::new(scene.clock.clone()),
    };
    let mut shown = 0;
    let mut observe = |notice| {
        if let Notice::Ended(launch, verdict) = notice {
            let ordinal = launch.as_str().strip_prefix("job-").unwrap().parse().unwrap();
            assert_eq!(ledger.state(ordinal).verdict(), verdict);
            shown += 1;
        }
    };
    drive(&scene.clock, launcher.launch(scene.terms, RunHistory::default(), scene.interrupt.subscribe(), &mut observe));
    assert_eq!(shown, 50);
}

#[test]
fn commits_are_few_at_full_speed() {
    let mut scene = Scene::of(10_000);
    scene.terms.concurrency = NonZeroUsize::new(64).unwrap();
    scene.server.latency = Duration::from_micros(100);
    scene.ledger.delay(Duration::from_micros(300));
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 10_000)]);
    let commits = scene.ledger.commit_sizes().len();
    assert!(commits <= 10_000 / 64 + 2, "{commits} commits");
}

#[test]
fn what_was_surely_not_sent_is_sent_again() {
    let mut scene = Scene::of(3);
    scene.server.script(1, [unsent(NextSend::Backoff), unsent(NextSend::Now)]);
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 3)]);
    assert_eq!(scene.server.sends_of(1), 3);
    assert_eq!(scene.ledger.state(1).attempts().unwrap().sent, 3);
}

#[test]
fn a_refusal_is_final() {
    let mut scene = Scene::of(2);
    let error = ServerError { status: 409, code: Some(2818), message: "no robot".to_owned(), trace_id: None };
    scene.server.script(0, [Fate::Answered(AnswerClass::Rejected(error.clone()))]);
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 1), (Verdict::Rejected, 1)]);
    assert!(matches!(scene.ledger.state(0), LaunchState::Rejected { error: kept, .. } if kept == error));
}

#[test]
fn nothing_is_sent_inside_a_retry_after() {
    let mut scene = Scene::of(200);
    scene.terms.pace = pace(100, 10);
    let hold = Duration::from_secs(20);
    for launch in [30, 90] {
        scene.server.script(launch, [unsent(NextSend::Throttled(Some(hold)))]);
    }
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 200)]);
    let sent = scene.server.sent.borrow();
    for launch in [30, 90] {
        let asked = sent.iter().find(|sent| sent.ordinal.0 == launch).unwrap().at.after(scene.server.latency);
        let inside = sent.iter().filter(|sent| sent.at > asked && sent.at < asked.after(hold)).count();
        assert_eq!(inside, 0, "after launch {launch}");
    }
    assert!(scene.notices.iter().any(|notice| matches!(notice, Notice::Held(span) if *span >= hold)));
}

#[test]
fn a_server_that_asks_for_pause_after_pause_gets_its_launches_within_ten_minutes_and_no_longer() {
    let second = Duration::from_secs(1);
    let throttled = |times: usize| (0..times).map(|_| unsent(NextSend::Throttled(Some(second))));
    let mut scene = Scene::of(1);
    scene.server.script(0, throttled(300));
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 1)]);
    assert_eq!(scene.server.sent.borrow().len(), 301);

    let mut scene = Scene::of(1);
    scene.server.script(0, throttled(2000));
    let launched = scene.launch();
    assert!(matches!(launched.stop, Some(StopReason::RetriesSpent { .. })), "{:?}", launched.stop);
    let sent = scene.server.sent.borrow();
    let lasted = sent.last().unwrap().at.since(sent[0].at).as_secs();
    assert!((600..700).contains(&lasted), "{lasted} s");
}

#[test]
fn a_server_that_asks_for_no_pause_worth_the_name_costs_retries_as_one_that_names_none() {
    for asked in [None, Some(Duration::ZERO), Some(Duration::from_millis(999))] {
        let mut scene = Scene::of(3);
        for launch in 0..3 {
            scene.server.script(launch, (0..2000).map(|_| unsent(NextSend::Throttled(asked))));
        }
        let launched = scene.launch();
        let stop = launched.stop.as_ref().expect("it ends");
        assert!(matches!(stop, StopReason::RetriesSpent { .. }), "{asked:?}: {stop:?}");
        assert_eq!(stop.exit().code(), 16, "{asked:?}");
        // Each launch once, and the budget of ten; what was under way when it was spent may come beside.
        let sent = scene.server.sent.borrow().len();
        assert!((11..=16).contains(&sent), "{asked:?}: {sent} sendings");
    }
}

#[test]
fn a_longer_retry_after_than_ten_minutes_ends_the_run() {
    let mut scene = Scene::of(100);
    scene.server.script(0, [unsent(NextSend::Throttled(Some(Duration::from_secs(601))))]);
    let launched = scene.launch();
    assert!(matches!(launched.stop, Some(StopReason::ThrottledTooLong(_))));
    assert_eq!(scene.ledger.state(0).verdict(), Verdict::NotSent);
    let total: u32 = launched.launches_by_verdict.values().sum();
    assert_eq!(total, 100);
}

#[test]
fn no_window_sees_more_than_rate_and_burst_allow() {
    let mut scene = Scene::of(500);
    scene.terms.pace = pace(50, 10);
    scene.ledger.delay(Duration::from_millis(7));
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 500)]);
    let sent: Vec<Moment> = scene.server.sent.borrow().iter().map(|sent| sent.at).collect();
    for (first, start) in sent.iter().enumerate() {
        for (last, end) in sent.iter().enumerate().skip(first) {
            let allowed = 50.0 * end.since(*start).as_secs_f64() + 10.0;
            let held = f64::from(u32::try_from(last - first + 1).unwrap());
            assert!(held <= allowed + 1e-6, "{held} in {:?}", end.since(*start));
        }
    }
    let took = sent.last().unwrap().since(sent[0]).as_secs_f64();
    let ideal = (500.0 - 10.0) / 50.0;
    assert!(took >= ideal && took <= ideal * 1.01, "{took} s against {ideal} s");
}

#[test]
fn a_slow_server_lets_no_intents_pile_up_and_expire() {
    let mut scene = Scene::of(40);
    scene.terms.concurrency = NonZeroUsize::new(4).unwrap();
    scene.server.latency = Duration::from_secs(30);
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 40)]);
    let attempts: u32 = (0..40).map(|launch| scene.ledger.state(launch).attempts().unwrap().intent.attempt.0).sum();
    assert!(attempts <= 40 + 4, "{attempts} intents for 40 launches");
}

#[test]
fn a_refused_folder_stops_only_its_own_launches() {
    let mut scene = Scene::of(40);
    scene.launches.folder = |ordinal| i64::from(ordinal % 2);
    let error = ServerError { status: 400, code: Some(1100), message: "no folder".to_owned(), trace_id: None };
    for launch in (1..40).step_by(2) {
        scene
            .server
            .script(launch, [Fate::Answered(AnswerClass::Stopped { stop: StopScope::Folder, error: error.clone() })]);
    }
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 20), (Verdict::NotSent, 20)]);
    assert_eq!(launched.closed_folders.get(&FolderRef::Id(FolderId(1))), Some(&error));
    let to_the_closed = scene.server.sent.borrow().iter().filter(|sent| sent.ordinal.0 % 2 == 1).count();
    assert!(to_the_closed <= 16, "{to_the_closed}: no more than were under way at once");
}

#[test]
fn a_refused_login_stops_everything() {
    let mut scene = Scene::of(100);
    scene.terms.concurrency = NonZeroUsize::new(1).unwrap();
    let error = ServerError { status: 401, message: "token refused".to_owned(), ..ServerError::default() };
    scene.server.script(5, [Fate::Answered(AnswerClass::Stopped { stop: StopScope::Login, error })]);
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 5), (Verdict::NotSent, 95)]);
    assert_eq!(launched.stop.unwrap().exit(), sortie::exit::ExitStatus::Login);
}

#[test]
fn a_dead_server_sees_at_most_twice_the_launches() {
    let mut scene = Scene::of(100);
    scene.server.next.borrow_mut().extend((0..1000).map(|_| unsent(NextSend::Backoff)));
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::NotSent, 100)]);
    assert!(matches!(launched.stop, Some(StopReason::RetriesSpent { .. })));
    let sends = scene.server.sent.borrow().len();
    assert!((100..=200).contains(&sends), "{sends}");
    assert!(scene.clock.now() < Moment(Duration::from_secs(300)), "{:?}", scene.clock.now());
}

#[test]
fn a_fifth_of_failures_is_got_through() {
    let mut scene = Scene::of(1000);
    for launch in (0..1000).step_by(5) {
        scene.server.script(launch, [unsent(NextSend::Backoff)]);
    }
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::Started, 1000)]);
    assert_eq!(scene.server.sent.borrow().len(), 1200);
}

#[test]
fn a_ledger_that_cannot_be_written_stops_the_sending() {
    let mut scene = Scene::of(1000);
    scene.terms.concurrency = NonZeroUsize::new(8).unwrap();
    scene.ledger.fail_at(3);
    let launched = scene.launch();
    assert!(matches!(launched.stop, Some(StopReason::Ledger(_))));
    let recorded = (0..1000).filter(|launch| scene.ledger.state(*launch).attempts().is_some()).count();
    let sent = scene.server.sent.borrow().len();
    assert!(sent <= recorded, "{sent} sent, {recorded} intents");
    assert!(recorded < 1000);
    assert_eq!(scene.ledger.commit_sizes().len(), 3, "a failed commit is not tried again");
}

#[test]
fn an_interrupt_drains_what_is_under_way_and_sends_nothing_more() {
    let mut scene = Scene::of(1000);
    scene.server.latency = Duration::from_secs(3);
    scene.interrupt.send_replace(Some(Interrupt::Terminated));
    let launched = scene.launch();
    check_counts(&scene, &launched, &[(Verdict::NotSent, 1000)]);
    assert_eq!(launched.stop.unwrap().exit(), sortie::exit::ExitStatus::Terminated);
}

#[test]
fn an_answer_that_does_not_come_within_the_drain_leaves_its_intent_open() {
    let mut scene = Scene::of(100);
    scene.terms.concurrency = NonZeroUsize::new(10).unwrap();
    scene.server.latency = Duration::from_secs(60);
    let clock = scene.clock.clone();
    let interrupt = scene.interrupt.clone();
    let launcher = Launcher {
        server: &scene.server,
        ledger: &scene.ledger,
        requests: &scene.launches,
        run: run_id(),
        clock: Arc::new(scene.clock.clone()),
    };
    let mut observe = |_| {};
    let launch = launcher.launch(scene.terms, RunHistory::default(), scene.interrupt.subscribe(), &mut observe);
    let (launched, ()) = drive(&scene.clock, async {
        futures::join!(launch, async {
            clock.sleep(Duration::from_secs(1)).await;
            interrupt.send_replace(Some(Interrupt::Interrupted));
        })
    });
    check_counts(&scene, &launched, &[(Verdict::Unknown, 10), (Verdict::NotSent, 90)]);
    assert_eq!(scene.clock.now(), Moment(Duration::from_secs(9)), "one second, and eight to drain");
}

#[test]
fn a_clock_that_jumps_ahead_expires_intents_instead_of_sending_late() {
    let mut scene = Scene::of(20);
    scene.terms.pace = pace(10, 1);
    let clock = scene.clock.clone();
    let launcher = Launcher {
        server: &scene.server,
        ledger: &scene.ledger,
        requests: &scene.launches,
        run: run_id(),
        clock: Arc::new(scene.clock.clone()),
    };
    let mut observe = |_| {};
    let launch = launcher.launch(scene.terms, RunHistory::default(), scene.interrupt.subscribe(), &mut observe);
    let (launched, ()) = drive(&scene.clock, async {
        futures::join!(launch, async {
            clock.sleep(Duration::from_millis(310)).await;
            clock.set_utc("2026-01-31T06:00:00Z".parse().unwrap());
        })
    });
    check_counts(&scene, &launched, &[(Verdict::Started, 20)]);
    assert_eq!(scene.server.sent.borrow().len(), 20);
    let expired = (0..20).filter(|launch| scene.ledger.state(*launch).attempts().unwrap().intent.attempt.0 > 1).count();
    assert!(expired > 0, "the step came while intents were waiting");
}
