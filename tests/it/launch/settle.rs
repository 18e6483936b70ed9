//! Doubts, settled by reading job lists: the launcher against a simulated server on the hand-driven clock.

use std::sync::Arc;
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, Moment};
use sortie::launch::{
    Adoption, AdoptionError, LaunchSettings, LaunchSummary, Launcher, Notice, ResendPolicy, RunHistory,
};
use sortie::launch_terms::AmbiguityPolicy;
use sortie::ledger::event::Hold;
use sortie::ledger::state::{DoubtOutcome, Evidence, LaunchState, Verdict};
use tokio::sync::watch;

use crate::simulation::{Fate, Launches, MemoryLedger, SimServer, drive, failing, run_id, since, terms};

mod by_reference;
mod clocks;
mod counting;
mod dead_server;
mod growing;
mod odd_lists;
mod outlook;

struct Scene {
    clock: HandClock,
    ledger: MemoryLedger,
    server: SimServer,
    launches: Launches,
    terms: LaunchSettings,
}

impl Scene {
    fn of(launches: u32) -> Self {
        let clock = HandClock::at("2026-01-31T00:00:00Z".parse().unwrap());
        let ledger = MemoryLedger::new(&clock);
        let server = SimServer::new(&clock, &ledger);
        Self { clock, ledger, server, launches: Launches::of(launches), terms: terms() }
    }

    fn launch_after(&self, history: RunHistory) -> LaunchSummary {
        let launcher = Launcher {
            server: &self.server,
            ledger: &self.ledger,
            requests: &self.launches,
            run: run_id(),
            clock: Arc::new(self.clock.clone()),
        };
        let (_keep, interrupt) = watch::channel(None);
        let mut observe = |_| {};
        drive(&self.clock, launcher.launch(self.terms, history, interrupt, &mut observe))
    }

    fn launch(&self) -> LaunchSummary {
        self.launch_after(RunHistory::default())
    }

    /// Takes the run up again from what the ledger holds.
    fn resume(&self) -> LaunchSummary {
        let history = drive(&self.clock, RunHistory::read(&self.ledger, run_id())).unwrap();
        self.launch_after(history)
    }

    fn verdict(&self, launch: u32) -> Verdict {
        self.ledger.state(launch).verdict()
    }

    #[track_caller]
    fn check(&self, launch: u32, verdict: Verdict, sends: usize, jobs: usize) {
        let found = (self.verdict(launch), self.server.sends_of(launch), self.server.jobs_of(launch));
        assert_eq!(found, (verdict, sends, jobs), "launch {launch}: {:?}", self.ledger.state(launch));
    }
}

fn is_settled(state: &LaunchState) -> bool {
    matches!(state, LaunchState::Started { evidence: Evidence::List, .. })
}

#[test]
fn a_lost_answer_starts_no_second_job() {
    let scene = Scene::of(20);
    scene.server.script(3, [Fate::Lost]);
    scene.launch();
    scene.check(3, Verdict::Started, 1, 1);
    assert!(is_settled(&scene.ledger.state(3)));
}

#[test]
fn a_dropped_request_is_sent_again_once_its_absence_is_proved() {
    let scene = Scene::of(20);
    scene.server.script(3, [Fate::Dropped]);
    scene.launch();
    scene.check(3, Verdict::Started, 2, 1);
    let sent = scene.server.sent.borrow();
    let times: Vec<Moment> = sent.iter().filter(|sent| sent.ordinal.0 == 3).map(|sent| sent.at).collect();
    let waited = times[1].since(times[0]);
    assert!(waited > scene.terms.settle, "sent again after {waited:?}");
}

#[test]
fn a_late_creation_within_the_settle_time_is_found() {
    let scene = Scene::of(20);
    scene.server.script(3, [Fate::Late(Duration::from_secs(110))]);
    scene.launch();
    scene.check(3, Verdict::Started, 1, 1);
}

#[test]
fn a_creation_later_than_the_settle_time_is_a_duplicate_and_never_silent() {
    let mut scene = Scene::of(20);
    scene.terms.settle = Duration::from_secs(3);
    scene.server.script(3, [Fate::Late(Duration::from_secs(8))]);
    let launched = scene.launch();
    scene.check(3, Verdict::Duplicate, 2, 2);
    assert_eq!(launched.exit(), sortie::exit::ExitStatus::Unknown);
}

#[test]
fn jobs_that_appear_late_in_lists_are_waited_for() {
    let mut scene = Scene::of(20);
    scene.server.list_lag = Duration::from_secs(60);
    scene.server.script(3, [Fate::Lost]);
    scene.launch();
    scene.check(3, Verdict::Started, 1, 1);
}

#[test]
fn a_launch_is_sent_again_at_most_twice() {
    let scene = Scene::of(20);
    scene.server.script(3, [Fate::Dropped, Fate::Dropped, Fate::Dropped, Fate::Served]);
    scene.launch();
    scene.check(3, Verdict::Unknown, 3, 0);
    let state = scene.ledger.state(3);
    assert!(
        matches!(&state, LaunchState::InDoubt { outcome: Some(DoubtOutcome::Held(Hold::Exhausted)), .. }),
        "{state:?}"
    );
    scene.resume();
    scene.check(3, Verdict::Unknown, 3, 0);
}

#[test]
fn money_is_held_once_its_absence_is_proved() {
    let mut scene = Scene::of(20);
    scene.launches.on_ambiguous = AmbiguityPolicy::Hold;
    scene.server.script(3, [Fate::Dropped]);
    scene.server.script(4, [Fate::Lost]);
    scene.launch();
    scene.check(3, Verdict::Unknown, 1, 0);
    scene.check(4, Verdict::Started, 1, 1);
}

#[test]
fn at_most_once_means_that_nothing_is_sent_again() {
    let mut scene = Scene::of(20);
    scene.terms.resends = ResendPolicy::Never;
    scene.server.script(3, [Fate::Dropped]);
    scene.launch();
    scene.check(3, Verdict::Unknown, 1, 0);
}

#[test]
fn fewer_jobs_than_asked_are_partial_and_never_sent_again() {
    let mut scene = Scene::of(20);
    scene.launches.jobs = |_| 5;
    scene.server.script(3, [Fate::Partial(2)]);
    scene.launch();
    scene.check(3, Verdict::Partial, 1, 2);
}

#[test]
fn without_a_positive_control_an_absence_proves_nothing() {
    let scene = Scene::of(1);
    scene.server.script(0, [Fate::Dropped]);
    scene.launch();
    scene.check(0, Verdict::Unknown, 1, 0);
    let state = scene.ledger.state(0);
    assert!(
        matches!(&state, LaunchState::InDoubt { outcome: Some(DoubtOutcome::Undecided(why)), .. } if why.contains("no other job with such a Reference")),
        "{state:?}"
    );
}

#[test]
fn a_control_is_looked_for_in_older_windows_too() {
    for age in [30 * 60, 20 * 3600, 6 * 24 * 3600] {
        let scene = Scene::of(1);
        scene.server.create_long_ago(Duration::from_secs(age));
        scene.server.script(0, [Fate::Dropped]);
        scene.launch();
        scene.check(0, Verdict::Started, 2, 1);
    }
}

#[test]
fn a_server_without_references_leaves_a_doubt_only_where_other_jobs_came() {
    let mut scene = Scene::of(20);
    scene.server.shows_references = false;
    scene.server.script(3, [Fate::Dropped]);
    scene.launch();
    scene.check(3, Verdict::Started, 2, 1);
    let mut scene = Scene::of(20);
    scene.server.shows_references = false;
    scene.server.script(3, [Fate::Lost]);
    scene.launch();
    scene.check(3, Verdict::Unknown, 1, 1);
}

#[test]
fn a_list_that_loses_its_references_once_proves_nothing_and_is_read_again() {
    for bare in 1..=4 {
        let scene = Scene::of(20);
        scene.server.bare_lists.set(bare);
        scene.server.script(3, [Fate::Lost]);
        scene.server.script(4, [Fate::Dropped]);
        scene.launch();
        scene.check(3, Verdict::Started, 1, 1);
        scene.check(4, Verdict::Started, 2, 1);
    }
}

#[test]
fn siblings_over_page_borders_fake_no_absence() {
    let mut scene = Scene::of(4);
    scene.launches.jobs = |ordinal| if ordinal == 1 { 5000 } else { 1 };
    scene.server.script(1, [Fate::Lost]);
    scene.server.script(2, [Fate::Lost]);
    scene.launch();
    scene.check(1, Verdict::Started, 1, 5000);
    scene.check(2, Verdict::Started, 1, 1);
}

#[test]
fn two_thousand_doubts_are_settled_within_the_ration() {
    let mut scene = Scene::of(2500);
    for launch in 0..2000 {
        scene.server.script(launch, [if launch % 4 == 0 { Fate::Dropped } else { Fate::Lost }]);
    }
    scene.server.ahead_s = Some(-30);
    scene.launch();
    for launch in 0..2500 {
        let sends = if launch < 2000 && launch % 4 == 0 { 2 } else { 1 };
        scene.check(launch, Verdict::Started, sends, 1);
    }
    let lists = scene.server.lists.borrow();
    for (first, start) in lists.iter().enumerate() {
        let held = lists[first..].iter().take_while(|list| list.since(*start) < Duration::from_secs(60)).count();
        assert!(held <= 60, "{held} reads in a minute");
    }
}

#[test]
fn lists_that_fail_for_a_while_delay_and_change_nothing() {
    let scene = Scene::of(20);
    scene.server.script(3, [Fate::Lost]);
    scene.server.script(4, [Fate::Dropped]);
    scene.server.list_failures.borrow_mut().extend((0..12).map(|_| failing()));
    scene.launch();
    scene.check(3, Verdict::Started, 1, 1);
    scene.check(4, Verdict::Started, 2, 1);
}

#[test]
fn a_list_that_cannot_be_read_at_all_leaves_doubts_unknown_within_the_limit() {
    let scene = Scene::of(20);
    scene.server.script(3, [Fate::Lost]);
    scene.server.list_failures.borrow_mut().extend((0..10_000).map(|_| failing()));
    scene.launch();
    scene.check(3, Verdict::Unknown, 1, 1);
    assert!(scene.clock.now() < Moment(Duration::from_secs(120 + 300 + 60)), "{:?}", scene.clock.now());
    scene.server.list_failures.borrow_mut().clear();
    scene.resume();
    scene.check(3, Verdict::Started, 1, 1);
}

#[test]
fn a_server_that_tells_no_time_is_settled_by_our_own() {
    let mut scene = Scene::of(20);
    scene.server.ahead_s = None;
    scene.server.script(3, [Fate::Lost]);
    scene.server.script(4, [Fate::Dropped]);
    scene.launch();
    scene.check(3, Verdict::Started, 1, 1);
    scene.check(4, Verdict::Started, 2, 1);
}

#[test]
fn a_server_whose_clock_is_off_is_settled_by_its_own_time() {
    for ahead in [-7200, 7200] {
        let mut scene = Scene::of(20);
        scene.server.ahead_s = Some(ahead);
        scene.server.script(3, [Fate::Lost]);
        scene.server.script(4, [Fate::Dropped]);
        scene.launch();
        scene.check(3, Verdict::Started, 1, 1);
        scene.check(4, Verdict::Started, 2, 1);
    }
}

#[test]
fn a_run_cut_off_in_its_middle_is_settled_before_anything_is_sent_again() {
    let scene = Scene::of(100);
    for launch in [10, 20, 30] {
        scene.server.script(launch, [Fate::Hangs]);
    }
    scene.cut_off_after(Duration::from_secs(2));
    scene.check(10, Verdict::Unknown, 1, 1);
    scene.resume();
    for launch in 0..100 {
        scene.check(launch, Verdict::Started, 1, 1);
    }
    assert!(is_settled(&scene.ledger.state(20)));
}

impl Scene {
    /// Launches, and loses the process after `span`.
    fn cut_off_after(&self, span: Duration) {
        let launcher = Launcher {
            server: &self.server,
            ledger: &self.ledger,
            requests: &self.launches,
            run: run_id(),
            clock: Arc::new(self.clock.clone()),
        };
        let (_keep, interrupt) = watch::channel(None);
        let mut observe = |_| {};
        let launch = launcher.launch(self.terms, RunHistory::default(), interrupt, &mut observe);
        drive(&self.clock, async {
            tokio::select! {
                biased;
                launched = launch => panic!("ended before it was cut off: {launched:?}"),
                () = self.clock.sleep(span) => {}
            }
        });
    }
}

#[test]
fn a_ledger_that_was_lost_starts_nothing_a_second_time() {
    let scene = Scene::of(30);
    scene.launch();
    let fresh = MemoryLedger::new(&scene.clock);
    let since = since("2026-01-31T00:00:00Z");
    let adoption = Adoption {
        server: &scene.server,
        ledger: &fresh,
        requests: &scene.launches,
        run: run_id(),
        clock: &scene.clock,
    };
    let history =
        drive(&scene.clock, adoption.adopt_earlier(RunHistory::default(), since, scene.terms, &mut |_| {})).unwrap();
    assert_eq!(history.ended.get(&Verdict::Started), Some(&30));
    assert_eq!(fresh.state(7).verdict(), Verdict::Started);
    scene.launch_after(history);
    assert_eq!(scene.server.sent.borrow().len(), 30);
}

#[test]
fn where_nobody_can_look_nothing_may_be_sent() {
    let scene = Scene::of(3);
    scene.server.list_failures.borrow_mut().extend((0..100).map(|_| failing()));
    let adoption = Adoption {
        server: &scene.server,
        ledger: &scene.ledger,
        requests: &scene.launches,
        run: run_id(),
        clock: &scene.clock,
    };
    let since = since("2026-01-31T00:00:00Z");
    let mut notices = Vec::new();
    let mut observe = |notice| notices.push(notice);
    let refused = drive(&scene.clock, adoption.adopt_earlier(RunHistory::default(), since, scene.terms, &mut observe));
    assert!(matches!(refused, Err(AdoptionError::Unlisted(_))), "{refused:?}");
    // Once, not with each of its tries.
    let [Notice::Waiting(words)] = notices.as_slice() else { panic!("{notices:?}") };
    assert!(words.starts_with("waiting for the server's job list ("), "{words}");
}
