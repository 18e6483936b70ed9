//! A deterministic simulation: the real launcher, ledger states and settling, with a process that may end at every
//! step, a server that misbehaves, and a disk that fills up. Each case is told by a seed, which a failure names.

mod liveness;
mod matrix;
mod planned;
mod retries;
mod waiting;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sortie::clock::{Clock as _, HandClock, Moment};
use sortie::launch::{
    Adoption, AdoptionError, LaunchSettings, LaunchSummary, Launcher, Notice, RequestSource, RunHistory,
};
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::orchestrator::classify::{AnswerClass, NextSend};
use sortie::resolve::Requests;
use sortie::robot_job::ServerError;
use tokio::sync::watch;

use crate::simulation::{
    Fate, Launches, MemoryLedger, SimServer, WatchfulClock, drive_unless_ended, failing, run_id, since, terms,
};

const BEGIN: &str = "2026-01-31T00:00:00Z";
const SETTLE: Duration = Duration::from_secs(20);
/// No run takes as long as this, whatever befalls it.
const MAX_STORM: Duration = Duration::from_secs(20_000);

struct World {
    clock: HandClock,
    ledger: MemoryLedger,
    server: SimServer,
    launches: Launches,
    /// The same launches as a plan has them, where they go by one.
    requests: Option<Requests>,
    /// What they need then, by launch.
    needs: planned::Needs,
    terms: LaunchSettings,
    /// By so many seconds, either way, our own clock is set between processes.
    steps_s: i64,
}

impl World {
    fn of(launches: u32) -> Self {
        let clock = HandClock::at(BEGIN.parse().unwrap());
        let ledger = MemoryLedger::new(&clock);
        let server = SimServer::new(&clock, &ledger);
        let launches = Launches { jobs: |ordinal| ordinal % 3 + 1, ..Launches::of(launches) };
        let terms = LaunchSettings { settle: SETTLE, ..terms() };
        Self { clock, ledger, server, launches, requests: None, needs: Vec::new(), terms, steps_s: 0 }
    }

    /// A world whose server and network follow `seed`.
    fn of_seed(seed: u64) -> (Self, fastrand::Rng) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut world = Self::of(random.u32(1..40));
        world.server.latency = Duration::from_millis(random.u64(0..400));
        world.server.list_lag = Duration::from_secs(random.u64(0..8));
        world.server.page = random.usize(2..40);
        world.server.ahead_s = [None, Some(0), Some(-5000), Some(300)][random.usize(0..4)];
        if random.bool() {
            world.upset_clocks(&mut random);
        }
        // By numbers of its own: seeds that once found something stay what they were.
        world.server.answers_without_reference = fastrand::Rng::with_seed(!seed).u32(0..4) == 0;
        world.ledger.delay(Duration::from_millis(random.u64(0..300)));
        for launch in 0..world.launches.count {
            let fates = (0..3).map(|_| if random.u32(0..100) < 30 { fate(&mut random) } else { Fate::Served });
            world.server.script(launch, fates.collect::<Vec<_>>());
        }
        let mut strangers = fastrand::Rng::with_seed(!seed ^ 0x5712);
        if strangers.u32(0..4) == 0 {
            world.server.script(strangers.u32(0..world.launches.count), [Fate::ServedAndRefused]);
        }
        for _ in 0..random.usize(0..4) {
            world.server.list_failures.borrow_mut().push_back(failing());
        }
        (world, random)
    }

    /// None of the clocks agree: `Date`, `CreationTime` and ours are up to 26 hours apart, drift, and are set.
    fn upset_clocks(&mut self, random: &mut fastrand::Rng) {
        let day_s = random.i64(-93_600..=93_600);
        let some_s = [0, 700, -700, 3600, -3600, day_s][random.usize(0..6)];
        self.server.creation.ahead_s = some_s;
        match random.u32(0..4) {
            0 => self.server.creation.drift_s = random.i64(-60..=60),
            // It stays within 26 hours of `Date`.
            1 => {
                let set_to = random.i64(-93_600..=93_600);
                let moment = Moment(Duration::from_millis(random.u64(0..90_000)));
                self.server.creation.set = Some((moment, set_to - some_s));
            }
            _ => {}
        }
        if random.u32(0..4) == 0 {
            self.server.lists_ahead_s = [3600, -3600, 20][random.usize(0..3)];
        }
        self.steps_s = [0, 3600, -3600, random.i64(-200_000..=200_000)][random.usize(0..4)];
    }

    /// Our own clock is set between two processes.
    fn set_our_clock(&self, random: &mut fastrand::Rng) {
        let step = if random.bool() { self.steps_s } else { -self.steps_s };
        let utc = self.clock.utc().checked_add(jiff::SignedDuration::from_secs(step)).unwrap();
        self.clock.set_utc(utc);
    }

    /// One process: takes up what the ledger holds, and ends at step `ends_at`, where it gets that far.
    fn process(&self, ends_at: Option<usize>) -> Option<LaunchSummary> {
        self.go_on(ends_at, None)
    }

    /// One process that nothing ends but itself; none where it has not done so after `span`.
    fn process_within(&self, span: Duration) -> Option<LaunchSummary> {
        self.go_on(None, Some(span))
    }

    fn go_on(&self, ends_at: Option<usize>, within: Option<Duration>) -> Option<LaunchSummary> {
        match &self.requests {
            Some(requests) => self.go_on_with(requests, ends_at, within),
            None => self.go_on_with(&self.launches, ends_at, within),
        }
    }

    fn go_on_with<R: RequestSource>(
        &self,
        requests: &R,
        ends_at: Option<usize>,
        within: Option<Duration>,
    ) -> Option<LaunchSummary> {
        self.ledger.process().restart(ends_at);
        let limit = within.map(|span| self.clock.now().after(span));
        let Self { server, ledger, clock, terms, .. } = self;
        let launcher = Launcher { server, ledger, requests, run: run_id(), clock: Arc::new(WatchfulClock::of(clock)) };
        let (_keep, interrupt) = watch::channel(None);
        let mut observe = |notice| self.check_notice(&notice);
        let ended = drive_unless_ended(clock, &ledger.process(), async {
            let too_long = async {
                match limit {
                    Some(limit) => clock.sleep_until(limit).await,
                    None => std::future::pending().await,
                }
            };
            let run = async {
                let adoption = Adoption { server, ledger, requests, run: run_id(), clock };
                let mut tries = 0;
                let history = loop {
                    let history = RunHistory::read(ledger, run_id()).await.unwrap();
                    match adoption.adopt_earlier(history, since(BEGIN), *terms, &mut |_| {}).await {
                        Ok(history) => break history,
                        // Its newest robot jobs were purged while the list was read, or it lags behind: nothing is sent then, and
                        // whoever is told so runs it again.
                        Err(AdoptionError::Incomplete(_) | AdoptionError::Contradicted) if tries < 3 => tries += 1,
                        Err(error) => panic!("{error}"),
                    }
                };
                let history = history.with_needed(ledger, run_id(), requests.plan()).await.unwrap();
                launcher.launch(*terms, history, interrupt, &mut observe).await
            };
            tokio::select! {
                biased;
                launched = run => Some(launched),
                () = too_long => None,
            }
        });
        ended.flatten()
    }

    /// What a run that does not end is about.
    fn unfinished(&self) -> String {
        let mut told = format!("{:?} {:?} {:?}", self.terms.wait, self.terms.single_jobs, self.server.waits);
        for launch in 0..self.launches.count {
            match self.ledger.state(launch) {
                LaunchState::Started { jobs, ends, .. } => {
                    let open = jobs.iter().filter(|job| !ends.iter().any(|end| end.job == job.id));
                    let open: Vec<_> = open.map(|job| self.server.standing_of(job.id)).collect();
                    if !open.is_empty() {
                        told += &format!("\nlaunch {launch}: {open:?}");
                    }
                }
                state @ (LaunchState::Planned
                | LaunchState::Open(_)
                | LaunchState::Unsent { .. }
                | LaunchState::Rejected { .. }
                | LaunchState::InDoubt { .. }
                | LaunchState::Declared { .. }
                | LaunchState::StartedElsewhere { .. }
                | LaunchState::LeftOut { .. }
                | LaunchState::Due(_)) => told += &format!("\nlaunch {launch}: {state:?}"),
            }
        }
        let lists = self.server.lists.borrow();
        told + &format!("\n{} lists, {} looks", lists.len(), self.server.looks.borrow().len())
    }

    /// What is shown of a robot job's end is durable by then.
    fn check_notice(&self, notice: &Notice) {
        let Notice::JobEnded(job, outcome) = notice else { return };
        let mut state = self.ledger.state(self.server.launch_of(*job));
        let has = |state: &LaunchState| matches!(state, LaunchState::Started { jobs, .. } if jobs.iter().any(|known| known.id == *job));
        if !has(&state) {
            // A retry may have another place in a ledger that was lost meanwhile.
            state = self.ledger.states().into_iter().map(|(_, state)| state).find(has).unwrap_or_default();
        }
        let LaunchState::Started { ends, .. } = &state else { panic!("{job:?} {outcome:?} was shown in {state:?}") };
        let known = ends.iter().find(|end| end.job == *job).map(|end| end.outcome);
        assert_eq!(known, Some(*outcome), "{job:?} was shown as it is not known");
    }

    /// Nothing lost, nothing doubled, nothing misreported; how many are unknown.
    fn check(&self, launched: &LaunchSummary, told_by: &str) -> u32 {
        let mut unknown = 0;
        for launch in 0..self.launches.count {
            let asked = (self.launches.jobs)(launch) as usize;
            let (starts, jobs) = (self.server.starts_of(launch), self.server.jobs_of(launch));
            let state = self.ledger.state(launch);
            let told = || format!("{told_by}: launch {launch} of {asked}: {starts} starts, {jobs} jobs, {state:?}");
            assert!(starts <= 1, "doubled: {}", told());
            match state.verdict() {
                Verdict::Started => assert_eq!(jobs, asked, "misreported: {}", told()),
                Verdict::Partial => assert!(jobs > 0 && jobs < asked, "misreported: {}", told()),
                Verdict::Rejected => assert_eq!(jobs, 0, "misreported: {}", told()),
                Verdict::Unknown => unknown += 1,
                Verdict::NotSent => assert!(jobs == 0 && launched.stop.is_some(), "lost: {}", told()),
                Verdict::Duplicate | Verdict::Skipped => panic!("misreported: {}", told()),
            }
        }
        if self.terms.wait.waits == Some(true) {
            self.check_ends(launched, told_by);
        }
        unknown
    }
}

/// Something that goes wrong with a request.
fn fate(random: &mut fastrand::Rng) -> Fate {
    let unsent = |next| Fate::Answered(AnswerClass::Unsent { why: "connection refused".to_owned(), next });
    match random.u32(0..8) {
        0 => Fate::Lost,
        1 => Fate::Dropped,
        2 => Fate::Late(Duration::from_millis(random.u64(0..9_000))),
        3 => Fate::Partial(1),
        4 => unsent(NextSend::Backoff),
        5 => unsent(NextSend::Throttled(Some(Duration::from_secs(random.u64(1..30))))),
        6 => unsent(NextSend::Now),
        _ => Fate::Answered(AnswerClass::Rejected(ServerError { status: 409, ..ServerError::default() })),
    }
}

#[test]
fn a_process_that_ends_at_any_step_of_a_run_loses_and_doubles_nothing() {
    let scene = || {
        let world = World::of(20);
        for (launch, fate) in [
            (2, Fate::Lost),
            (5, Fate::Dropped),
            (9, Fate::Late(Duration::from_secs(4))),
            (13, Fate::Partial(1)),
            (17, Fate::ServedAndRefused),
        ] {
            world.server.script(launch, [fate]);
        }
        world
    };
    let whole = scene();
    whole.process(None).unwrap();
    let steps = whole.ledger.process().steps();
    assert!(steps > 50, "{steps} steps");
    for step in 1..=steps {
        let world = scene();
        assert!(world.process(Some(step)).is_none(), "step {step} is reached");
        world.clock.advance(Duration::from_secs(60));
        let launched = world.process(None).unwrap();
        assert_eq!(world.check(&launched, &format!("ended at step {step}")), 0);
    }
}

#[test]
fn a_disk_that_fails_at_any_write_loses_and_doubles_nothing() {
    let whole = World::of(20);
    whole.process(None).unwrap();
    let commits = whole.ledger.commit_sizes().len();
    for commit in 1..=commits {
        let world = World::of(20);
        world.ledger.fail_at(commit);
        let launched = world.process(None).unwrap();
        assert!(launched.stop.is_some(), "commit {commit}");
        world.ledger.heal();
        let launched = world.process(None).unwrap();
        assert_eq!(world.check(&launched, &format!("failed at commit {commit}")), 0);
    }
}

/// Runs the world of `seed` with crashes until it ends; launches, and how many of them are unknown.
fn storm(seed: u64) -> (u32, u32) {
    let (world, random) = World::of_seed(seed);
    storm_in(world, random, seed)
}

fn storm_in(world: World, mut random: fastrand::Rng, seed: u64) -> (u32, u32) {
    for _ in 0..random.u32(0..6) {
        let steps = random.usize(1..120);
        if let Some(launched) = world.process(Some(steps)) {
            return (world.launches.count, world.check(&launched, &format!("seed {seed}")));
        }
        world.clock.advance(Duration::from_millis(random.u64(0..60_000)));
        world.set_our_clock(&mut random);
    }
    let launched = world.process_within(MAX_STORM);
    let launched =
        launched.unwrap_or_else(|| panic!("seed {seed}: it has not ended after {MAX_STORM:?}: {}", world.unfinished()));
    (world.launches.count, world.check(&launched, &format!("seed {seed}")))
}

#[test]
fn storms_of_two_thousand_seeds_lose_and_double_nothing() {
    let and = |sum: (u32, u32), storm: (u32, u32)| (sum.0 + storm.0, sum.1 + storm.1);
    let told = (0..2000).map(storm).fold((0, 0), and);
    // Every tenth goes by a plan as well: with needs, ramps, breakers and limits.
    let (launches, unknown) = (0..2000).step_by(10).map(planned::launches_of_storm).fold(told, and);
    assert!(launches > 20_000, "{launches} launches");
    assert!(unknown * 20 < launches, "{unknown} of {launches} unknown");
}

/// The storm of `seed`: by a number of its own, every other one waits for its robot jobs; of those some start them again, and some
/// go by a plan.
fn storm_of_its_kind(seed: u64) -> (u32, u32) {
    match fastrand::Rng::with_seed(seed.rotate_left(32)).u32(0..6) {
        0 => waiting::launches_of_storm(seed),
        1 => retries::launches_of_storm(seed),
        2 => planned::launches_of_storm(seed),
        _ => storm(seed),
    }
}

fn first_seed() -> u64 {
    std::env::var("SORTIE_FIRST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000)
}

/// One that the million told of: `SORTIE_FIRST_SEED=1000618 cargo test --test it -- --ignored one_storm_of_the_million`.
#[test]
#[ignore = "by hand"]
fn one_storm_of_the_million() {
    let (launches, unknown) = storm_of_its_kind(first_seed());
    assert!(launches > 0 && unknown <= launches);
}

/// What once went on for ever, or failed, by seed: robot jobs that a server purged while its list was read; one that was pending when it was last
/// seen, and gone since, was asked for again with each list's permit.
#[test]
fn seeds_that_did_not_end_end() {
    for seed in [1_000_618, 1_001_137, 1_002_308, 1_002_424, 1_002_958, 1_003_191, 1_013_205] {
        storm_of_its_kind(seed);
    }
}

/// A million launches: `cargo test --release --test it -- --ignored --nocapture a_million`.
#[test]
#[ignore = "takes minutes; by hand, in release"]
fn a_million_simulated_launches_lose_and_double_nothing() {
    let first = first_seed();
    let (launches, unknown, seeds) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU64::new(0));
    let bad = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while launches.load(Ordering::Relaxed) < 1_000_000 {
                    let seed = first + seeds.fetch_add(1, Ordering::Relaxed);
                    // One that fails has told why; the others are worth knowing, too.
                    if let Ok(storm) = std::panic::catch_unwind(|| storm_of_its_kind(seed)) {
                        launches.fetch_add(storm.0, Ordering::Relaxed);
                        unknown.fetch_add(storm.1, Ordering::Relaxed);
                    } else {
                        println!("seed {seed}");
                        bad.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    println!("{launches:?} launches in {seeds:?} seeds: {unknown:?} unknown");
    assert_eq!(bad.into_inner().unwrap(), [0; 0], "seeds that lost, doubled or misreported a launch");
}

/// What once doubled a launch, by seed: our clock was set back before a resume, and a robot job that was sent earlier
/// passed for one that was sent later; the database's clock was set back by a day and a half, without any `Date`; it was
/// set back between a start that was given up on and its carrying out, after others had been sent.
#[test]
fn seeds_that_doubled_a_launch_double_none() {
    for seed in [15, 1_000_489, 1_010_009, 1_015_169, 1_025_250, 1_025_804] {
        storm(seed);
    }
}
