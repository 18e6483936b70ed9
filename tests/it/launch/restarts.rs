//! What a server asked for, and how often it was asked, holds for the processes after the one that heard it.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, Moment};
use sortie::launch::{Adoption, AdoptionError, LaunchSettings, LaunchSummary, Launcher, RunHistory, StopReason};
use sortie::ledger::state::Verdict;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::{AnswerClass, NextSend};
use sortie::pace::Pace;
use sortie::robot_job::ServerError;
use tokio::sync::watch;

use crate::simulation::{Fate, Launches, MemoryLedger, SimServer, drive, run_id, since, terms};

mod pauses;

const BEGIN: &str = "2026-01-31T00:00:00Z";

struct Scene {
    clock: HandClock,
    ledger: MemoryLedger,
    server: SimServer,
    launches: Launches,
    terms: LaunchSettings,
}

impl Scene {
    fn of(launches: u32) -> Self {
        let clock = HandClock::at(BEGIN.parse().unwrap());
        let ledger = MemoryLedger::new(&clock);
        let server = SimServer::new(&clock, &ledger);
        let some = |n| NonZeroU32::new(n).unwrap();
        let terms = LaunchSettings { pace: Pace::new(some(10), Duration::from_secs(1), some(1)), ..terms() };
        Self { clock, ledger, server, launches: Launches::of(launches), terms }
    }

    /// A process that takes up what the ledger holds; it is killed after `span`, where it lives so long.
    fn process(&self, span: Duration) -> Option<Result<LaunchSummary, AdoptionError>> {
        let Self { clock, ledger, server, launches: requests, terms } = self;
        let (_keep, interrupt) = watch::channel(None);
        let mut observe = |_| {};
        drive(clock, async {
            let launcher = Launcher { server, ledger, requests, run: run_id(), clock: Arc::new(clock.clone()) };
            let live = async {
                let history = RunHistory::read(ledger, run_id()).await.unwrap();
                let adoption = Adoption { server, ledger, requests, run: run_id(), clock };
                let history = adoption.adopt_earlier(history, since(BEGIN), *terms, &mut |_| {}).await?;
                Ok(launcher.launch(*terms, history, interrupt, &mut observe).await)
            };
            tokio::select! {
                biased;
                launched = live => Some(launched),
                () = clock.sleep(span) => None,
            }
        })
    }

    /// The same, to its end.
    #[track_caller]
    fn whole(&self) -> LaunchSummary {
        self.process(Duration::from_secs(1_000_000)).expect("it ends by itself").unwrap()
    }

    fn sends_between(&self, from: Moment, to: Moment) -> usize {
        self.server.sent.borrow().iter().filter(|sent| sent.at > from && sent.at < to).count()
    }

    /// When the launch was sent first.
    fn sent_at(&self, launch: u32) -> Moment {
        self.server.sent.borrow().iter().find(|sent| sent.ordinal.0 == launch).unwrap().at
    }
}

fn throttled(seconds: u64) -> Fate {
    let next = NextSend::Throttled(Some(Duration::from_secs(seconds)));
    Fate::Answered(AnswerClass::Unsent { why: "throttled".to_owned(), next })
}

#[test]
fn nothing_is_sent_inside_a_retry_after_that_an_earlier_process_heard() {
    let scene = Scene::of(60);
    scene.server.script(10, [throttled(40)]);
    assert!(scene.process(Duration::from_secs(10)).is_none(), "killed within the pause");
    let asked = scene.sent_at(10).after(scene.server.latency);
    assert!(scene.process(Duration::from_secs(10)).is_none(), "and so is the next one");
    let launched = scene.whole();
    assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&60), "{launched:?}");
    assert_eq!(scene.sends_between(asked, asked.after(Duration::from_secs(40))), 0);
}

#[test]
fn a_run_that_ended_by_a_long_retry_after_sends_nothing_before_it_is_over() {
    let scene = Scene::of(20);
    scene.server.script(3, [throttled(3600)]);
    let before = {
        assert!(matches!(scene.whole().stop, Some(StopReason::ThrottledTooLong(_))));
        scene.server.sent.borrow().len()
    };
    let again = scene.whole();
    assert!(matches!(again.stop, Some(StopReason::ThrottledTooLong(_))), "{again:?}");
    assert_eq!(scene.server.sent.borrow().len(), before, "nothing more was sent");
    scene.clock.advance(Duration::from_secs(3600));
    let launched = scene.whole();
    assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&20), "{launched:?}");
}

#[test]
fn in_no_minute_are_more_lists_read_than_the_manifest_and_the_tenant_allow_however_often_processes_end() {
    for (poll, ration) in [(10, 100), (60, 10)] {
        lists_are_rationed(poll, ration);
    }
}

fn lists_are_rationed(poll: u32, ration: u32) {
    let mut scene = Scene::of(200);
    let a_minute = |count| Pace::at_most(NonZeroU32::new(count).unwrap(), Duration::from_secs(60));
    scene.terms.poll = a_minute(poll);
    scene.terms.list_ration = a_minute(ration);
    scene.terms.settle = Duration::from_secs(3);
    for launch in (0..200).step_by(5) {
        scene.server.script(launch, [if launch % 2 == 0 { Fate::Dropped } else { Fate::Lost }]);
    }
    let mut random = fastrand::Rng::with_seed(1);
    let killed = (0..60).take_while(|_| scene.process(Duration::from_millis(random.u64(0..9000))).is_none()).count();
    assert!(killed > 20, "{killed}");
    scene.whole();
    let lists = scene.server.lists.borrow();
    assert!(lists.len() > 20, "{} lists", lists.len());
    for (first, start) in lists.iter().enumerate() {
        let held = lists[first..].iter().take_while(|list| list.since(*start) < Duration::from_secs(60)).count();
        assert!(held <= 10, "{held} lists in a minute");
    }
    for launch in 0..200 {
        assert_eq!((scene.ledger.state(launch).verdict(), scene.server.starts_of(launch)), (Verdict::Started, 1));
    }
}

#[test]
fn no_list_is_read_inside_a_retry_after_that_an_earlier_process_heard() {
    let scene = Scene::of(20);
    scene.server.script(3, [Fate::Lost]);
    let busy = |seconds| CallError::Throttled {
        what: "listing jobs",
        error: ServerError { status: 429, ..ServerError::default() },
        hold: Some(Duration::from_secs(seconds)),
    };
    scene.process(Duration::from_secs(1));
    scene.server.list_failures.borrow_mut().push_back(busy(120));
    assert!(scene.process(Duration::from_secs(5)).is_none());
    let (read, asked) = (scene.server.lists.borrow().len(), *scene.server.lists.borrow().last().unwrap());
    assert!(scene.process(Duration::from_secs(20)).is_none());
    assert_eq!(scene.server.lists.borrow().len(), read);
    let launched = scene.whole();
    assert_eq!(launched.launches_by_verdict.get(&Verdict::Started), Some(&20), "{launched:?}");
    assert!(scene.server.lists.borrow()[read].since(asked) >= Duration::from_secs(120));
    // One that is too long for anybody to wait is said at once.
    scene.server.list_failures.borrow_mut().push_back(busy(3600));
    for _ in 0..2 {
        let read = scene.process(Duration::from_secs(5)).expect("at once");
        assert!(matches!(read, Err(AdoptionError::Unlisted(_) | AdoptionError::HeldTooLong(_))), "{read:?}");
    }
}

#[test]
fn a_run_goes_on_at_once_where_its_pace_has_rested() {
    let scene = Scene::of(400);
    assert!(scene.process(Duration::from_secs(20)).is_none());
    scene.clock.advance(Duration::from_secs(60));
    let (sent, taken_up) = (scene.server.sent.borrow().len(), scene.clock.now());
    scene.whole();
    let waited = scene.server.sent.borrow()[sent].at.since(taken_up);
    assert!(waited < Duration::from_secs(1), "{waited:?}");
}
