//! Storms in which a run waits for robot jobs: lists lie, looks fail, robots die and begin again, processes end at any step.

use std::time::Duration;

use sortie::launch::{LaunchSummary, WaitOverride};
use sortie::ledger::state::LaunchState;
use sortie::outcome::{JobEnd, JobOutcome};
use sortie::wait::SingleJobs;

use super::{MAX_STORM, World};
use crate::simulation::{ChangeForm, RobotEnd, RobotLives, Standing, WaitOdds};

/// A server's way with one form of list.
fn form(random: &mut fastrand::Rng) -> ChangeForm {
    match random.u32(0..8) {
        0 => ChangeForm::Refused,
        1 => ChangeForm::Ignored,
        2 => ChangeForm::FindsNothing,
        3 => ChangeForm::FindsTheFirst,
        4 => ChangeForm::Fails,
        _ => ChangeForm::Works,
    }
}

impl World {
    /// The world of `seed`, whose robot jobs live, and are waited for. Its numbers for that are its own.
    pub(super) fn waiting(seed: u64) -> (Self, fastrand::Rng) {
        let (mut world, random) = Self::of_seed(seed);
        let mut own = fastrand::Rng::with_seed(seed ^ 0x77a1_7100_0000_0000);
        world.server.lives =
            Some(RobotLives { seed, longest: Duration::from_secs(own.u64(1..300)), forgets: own.u32(0..4) == 0 });
        world.server.waits = WaitOdds {
            by_end: form(&mut own),
            by_change: form(&mut own),
            by_id: form(&mut own),
            needs_folder: own.bool(),
            stale: Duration::from_secs([0, 0, 3, 20][own.usize(0..4)]),
            fails_each: [0, 0, 2, 7][own.usize(0..4)],
            denies_each: [0, 0, 2, 5][own.usize(0..4)],
            ..WaitOdds::default()
        };
        let timeout = (own.u32(0..4) == 0).then(|| Duration::from_secs(own.u64(1..200)));
        world.terms.wait = WaitOverride { waits: Some(true), timeout };
        world.terms.single_jobs = if own.bool() { SingleJobs::Free } else { SingleJobs::Rationed };
        (world, random)
    }

    /// Each robot job that was waited for has one end, which is the server's own.
    pub(super) fn check_ends(&self, launched: &LaunchSummary, told_by: &str) -> Told {
        let mut told = Told::default();
        for launch in 0..self.launches.count {
            let LaunchState::Started { jobs, ends, .. } = self.ledger.state(launch) else { continue };
            for job in &jobs {
                let of_job: Vec<&JobEnd> = ends.iter().filter(|end| end.job == job.id).collect();
                let (end, standing) = self.server.end_of(job.id).expect("a robot job of the server");
                let now = self.server.standing_of(job.id).expect("it is there");
                let told_by = || format!("{told_by}: {:?} {end:?} {standing:?}, now {now:?}: {of_job:?}", job.id);
                match of_job.as_slice() {
                    [] => assert!(launched.stop.is_some(), "no end of {}", told_by()),
                    [known] => told.add(self.check_end(known, (end, standing, now.0, now.1), &told_by)),
                    [..] => panic!("two ends of {}", told_by()),
                }
            }
        }
        told
    }

    fn check_end(
        &self,
        known: &JobEnd,
        (end, last, now, is_forgotten): (RobotEnd, Standing, Standing, bool),
        told_by: &impl Fn() -> String,
    ) -> JobOutcome {
        match known.outcome {
            JobOutcome::Successful | JobOutcome::Faulted | JobOutcome::Stopped => {
                assert_eq!(format!("{:?}", known.outcome), last.state, "another end of {}", told_by());
                assert_eq!(now.state, last.state, "an end before the end of {}", told_by());
            }
            JobOutcome::Gone => assert!(is_forgotten, "not gone: {}", told_by()),
            JobOutcome::Late => assert!(self.terms.wait.timeout.is_some(), "no time was set for {}", told_by()),
            JobOutcome::Suspended => panic!("suspended is no end of {}", told_by()),
        }
        if let (JobOutcome::Faulted, RobotEnd::Faulted(fault)) = (known.outcome, end) {
            assert_eq!(known.class, Some(fault.class), "{}", told_by());
        }
        known.outcome
    }
}

/// What storms came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    launches: u32,
    unknown: u32,
    /// Ends of robot jobs; how many of them are late, and gone.
    ends: u32,
    late: u32,
    gone: u32,
}

impl Told {
    fn add(&mut self, outcome: JobOutcome) {
        self.ends += 1;
        self.late += u32::from(outcome == JobOutcome::Late);
        self.gone += u32::from(outcome == JobOutcome::Gone);
    }

    fn and(self, other: Self) -> Self {
        Self {
            launches: self.launches + other.launches,
            unknown: self.unknown + other.unknown,
            ends: self.ends + other.ends,
            late: self.late + other.late,
            gone: self.gone + other.gone,
        }
    }
}

/// Runs the waiting world of `seed` with crashes until it ends; launches, and how many of them are unknown.
pub(super) fn launches_of_storm(seed: u64) -> (u32, u32) {
    let told = waiting_storm(seed);
    (told.launches, told.unknown)
}

/// The same; what came of its robot jobs.
fn waiting_storm(seed: u64) -> Told {
    let (world, mut random) = World::waiting(seed);
    let told_by = format!("seed {seed}");
    for _ in 0..random.u32(0..8) {
        let most = [120, 600][random.usize(0..2)];
        let steps = random.usize(1..most);
        if let Some(launched) = world.process(Some(steps)) {
            let unknown = world.check(&launched, &told_by);
            let launches = world.launches.count;
            return Told { launches, unknown, ..world.check_ends(&launched, &told_by) };
        }
        world.clock.advance(Duration::from_millis(random.u64(0..60_000)));
        world.set_our_clock(&mut random);
    }
    let launched = world.process_within(MAX_STORM);
    let launched = launched.unwrap_or_else(|| panic!("{told_by}: it has not ended: {}", world.unfinished()));
    let unknown = world.check(&launched, &told_by);
    Told { launches: world.launches.count, unknown, ..world.check_ends(&launched, &told_by) }
}

#[test]
fn storms_of_waiting_runs_misreport_no_end() {
    let told = (0..200).map(waiting_storm).fold(Told::default(), Told::and);
    assert!(told.ends > 5_000 && told.late > 30 && told.gone > 5, "{told:?}");
}
