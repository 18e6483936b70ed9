//! Storms of runs that go by a plan: some launches need others, and a ramp, a breaker, a limit of failures or of room hold them
//! back. Held against the server's own record: nobody goes before what it needs, and nobody is left out for nothing.

use std::fmt::Write as _;
use std::time::Duration;

use sortie::clock::Moment;
use sortie::ids::Ordinal;
use sortie::launch::{LaunchSummary, RequestSource as _, StopReason};
use sortie::ledger::event::LeftOutCause;
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::outcome::JobOutcome;
use sortie::plan::{self, Inputs};
use sortie::resolve::{Directory, FolderContents, Requests, resolve};

use super::{MAX_STORM, World};
use crate::simulation::{RELEASE, RobotEnd, run_id};

/// How often a run is taken up again that its own rules stopped.
const MAX_RESUMES: u32 = 3;
/// What rules wait for by the clock, for each launch.
const TURN: Duration = Duration::from_secs(30);

/// What must have come of another launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Succeeded,
    Finished,
    Failed,
    Started,
}

impl Condition {
    fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Started => "started",
        }
    }
}

/// What launches of a storm need, by launch: another one, and what must have come of it.
pub(super) type Needs = Vec<Option<(u32, Condition)>>;

/// The needs of the launches of `seed`: a third of them need an earlier one.
fn needs_of(seed: u64, launches: u32) -> Needs {
    let mut random = fastrand::Rng::with_seed(seed ^ 0x9eed_5000_0000_0000);
    let conditions = [Condition::Succeeded, Condition::Finished, Condition::Failed, Condition::Started];
    let need = |launch: u32| {
        let is_needy = launch > 0 && random.u32(0..3) == 0;
        is_needy.then(|| (random.u32(0..launch), conditions[random.usize(0..conditions.len())]))
    };
    (0..launches).map(need).collect()
}

/// A manifest of the launches that the simulation knows, each a job of its own, with rules by `seed`.
fn manifest(seed: u64, needs: &Needs) -> String {
    let mut random = fastrand::Rng::with_seed(seed ^ 0xb4ea_6e50_0000_0000);
    let mut text = "version: 1\nname: storm\nfolder: { id: 7 }\nwait: true\n".to_owned();
    let then = ["stop", "probe, probe-after: 5s"][random.usize(0..2)];
    let (last, first, total) = (random.u32(2..8), random.u32(1..6), random.u32(2..12));
    if random.u32(0..3) == 0 {
        writeln!(text, "breaker: {{ faulted: 50%, of-last: {last}, then: {then} }}").unwrap();
    }
    if random.u32(0..3) == 0 {
        let pause = ["", ", pause-on: { faulted: 60% }"][random.usize(0..2)];
        writeln!(text, "ramp: {{ first: {first}, then: {{ factor: 2, every: 5s }}{pause} }}").unwrap();
    }
    if random.u32(0..3) == 0 {
        writeln!(text, "limits: {{ active: {total} }}").unwrap();
    }
    if random.u32(0..6) == 0 {
        writeln!(text, "fail-fast: {}", random.u32(1..5)).unwrap();
    }
    text += "jobs:\n";
    for (launch, need) in needs.iter().enumerate() {
        let count = launch % 3 + 1;
        write!(text, "  job-{launch}: {{ release: {RELEASE}, count: {count}").unwrap();
        if let Some((other, condition)) = need {
            write!(text, ", needs: {{ job-{other}: {} }}", condition.word()).unwrap();
        }
        text += " }\n";
    }
    text
}

fn requests(text: &str) -> Requests {
    let (_, plan) = plan::make(&Inputs::of_manifest("storm.yaml", text));
    let (plan, said) = plan.into_parts();
    let plan = plan.unwrap_or_else(|| panic!("{said:?}\n{text}"));
    let folders = plan.required_names().keys().map(|folder| (folder.clone(), FolderContents::default())).collect();
    let directory = Directory { contents_by_folder: folders, ..Directory::default() };
    let (requests, said) = resolve(plan, &directory, run_id()).into_parts();
    requests.unwrap_or_else(|| panic!("{said:?}"))
}

impl World {
    /// The waiting world of `seed`, whose launches go by a plan.
    pub(super) fn planned(seed: u64) -> (Self, fastrand::Rng) {
        let (mut world, random) = Self::waiting(seed);
        world.needs = needs_of(seed, world.launches.count);
        world.requests = Some(requests(&manifest(seed, &world.needs)));
        (world, random)
    }

    /// How long it may take that launches wait for others, for room and for rules: each may wait for each.
    pub(super) fn longest_turns(&self) -> Duration {
        let lives = self.server.lives.filter(|_| self.requests.is_some());
        let gone = Duration::from_secs(if lives.is_some_and(|lives| lives.forgets) { 1_000 } else { 0 });
        lives.map_or(Duration::ZERO, |lives| (lives.longest + gone + TURN) * self.launches.count)
    }

    /// Everything is as it should be, whatever the world; how many launches are unknown.
    pub(super) fn check_all(&self, launched: &LaunchSummary, told_by: &str) -> u32 {
        if self.requests.is_some() { self.check_planned(launched, told_by) } else { self.check(launched, told_by) }
    }

    fn check_planned(&self, launched: &LaunchSummary, told_by: &str) -> u32 {
        let mut unknown = 0;
        for launch in 0..self.launches.count {
            let asked = (self.launches.jobs)(launch) as usize;
            let (starts, jobs) = (self.server.starts_of(launch), self.server.jobs_of(launch));
            let (state, need) = (self.ledger.state(launch), self.needs[launch as usize]);
            let other = need.map(|(other, _)| self.ledger.state(other));
            let told = || {
                format!(
                    "{told_by}: launch {launch} of {asked}: {starts} starts, {jobs} jobs, {state:?}\nneeds {need:?} {other:?}\n{launched:?}"
                )
            };
            assert!(starts <= 1, "doubled: {}", told());
            if jobs > 0
                && let Some(need) = need
            {
                assert!(self.may_go(launch, need), "it went before what it needs: {}", told());
            }
            match state.verdict() {
                Verdict::Started => assert_eq!(jobs, asked, "misreported: {}", told()),
                Verdict::Partial => assert!(jobs > 0 && jobs < asked, "misreported: {}", told()),
                Verdict::Rejected => assert_eq!(jobs, 0, "misreported: {}", told()),
                Verdict::Unknown => unknown += 1,
                Verdict::NotSent => {
                    let waits = other.as_ref().is_some_and(is_undecided);
                    assert!(jobs == 0 && (waits || launched.stop.is_some()), "lost: {}", told());
                }
                Verdict::Skipped => {
                    let by_needs = matches!(&state, LaunchState::LeftOut { cause: LeftOutCause::Needs, .. });
                    let is_never = need.zip(other.as_ref()).is_some_and(|(need, other)| self.is_never(need, other));
                    assert!(jobs == 0 && by_needs && is_never, "left out for nothing: {}", told());
                }
                Verdict::Duplicate => panic!("misreported: {}", told()),
            }
        }
        self.check_ends(launched, told_by);
        unknown
    }

    /// When each robot job of `launch` was created, how it ends, and when.
    fn truth_of(&self, launch: u32) -> Vec<(Moment, RobotEnd, Option<Moment>)> {
        let created = self.server.created();
        let of_launch = created.iter().filter(|job| self.server.launch_of(job.id) == launch);
        let truth = |job: &crate::simulation::CreatedJob| {
            let (end, standing) = self.server.end_of(job.id).expect("a robot job of the server");
            (job.born, end, standing.ended.map(|ended| job.born.after(ended)))
        };
        of_launch.map(truth).collect()
    }

    /// Whether the first robot job of `launch` was created once what it needs had come, by the server's record.
    fn may_go(&self, launch: u32, (other, condition): (u32, Condition)) -> bool {
        let Some(went) = self.truth_of(launch).iter().map(|(born, ..)| *born).min() else { return true };
        let others = self.truth_of(other);
        let is_over = || others.iter().all(|(_, _, ended)| ended.is_some_and(|ended| ended <= went));
        let are_well = || others.iter().all(|(_, end, _)| end.state() == "Successful");
        match condition {
            Condition::Succeeded => !others.is_empty() && is_over() && are_well(),
            Condition::Finished => is_over(),
            Condition::Failed => {
                is_over() && !(others.is_empty() && self.ledger.state(other).verdict() == Verdict::NotSent)
            }
            Condition::Started => !others.is_empty() && others.iter().all(|(born, ..)| *born <= went),
        }
    }

    /// Whether what is needed of `other` can never come, by the server's record and its verdict.
    fn is_never(&self, (launch, condition): (u32, Condition), other: &LaunchState) -> bool {
        let verdict = other.verdict();
        let is_unstarted = matches!(verdict, Verdict::Rejected | Verdict::Skipped | Verdict::Partial);
        let is_well = |(_, end, _): &(Moment, RobotEnd, Option<Moment>)| end.state() == "Successful";
        let are_well = self.truth_of(launch).iter().all(is_well) && other.outcome() == Some(JobOutcome::Successful);
        match condition {
            Condition::Succeeded => {
                let failed = [JobOutcome::Faulted, JobOutcome::Stopped, JobOutcome::Gone];
                is_unstarted || other.outcome().is_some_and(|outcome| failed.contains(&outcome))
            }
            Condition::Started => is_unstarted,
            // Of fewer robot jobs than it asked for none failed where those ended well.
            Condition::Failed => {
                let is_started = matches!(verdict, Verdict::Started | Verdict::Partial);
                verdict == Verdict::Skipped || (is_started && are_well)
            }
            Condition::Finished => false,
        }
    }
}

/// Whether nobody knows yet what came of a launch that another one needs.
fn is_undecided(state: &LaunchState) -> bool {
    match state.verdict() {
        Verdict::Unknown | Verdict::NotSent => true,
        Verdict::Started | Verdict::Partial | Verdict::Duplicate => {
            matches!(state.outcome(), None | Some(JobOutcome::Late))
        }
        Verdict::Rejected | Verdict::Skipped => false,
    }
}

/// Runs the world of `seed` that goes by a plan, with crashes, until it ends; launches, and how many of them are unknown.
pub(super) fn launches_of_storm(seed: u64) -> (u32, u32) {
    let (launches, unknown, _) = planned_storm(seed);
    (launches, unknown)
}

/// What storms came to: launches that were left out, and processes that rules stopped.
type Told = (u32, u32);

fn planned_storm(seed: u64) -> (u32, u32, Told) {
    let (world, mut random) = World::planned(seed);
    let told_by = format!("seed {seed}");
    let (mut halted, mut resumes, mut crashes) = (0, 0, random.u32(0..8));
    let unknown = loop {
        let most = [120, 600][random.usize(0..2)];
        let ended = if crashes > 0 {
            crashes -= 1;
            world.process(Some(random.usize(1..most)))
        } else {
            let longest = MAX_STORM + world.longest_turns();
            let ended = world.process_within(longest);
            assert!(ended.is_some(), "{told_by}: it has not ended after {longest:?}: {}", world.unfinished());
            ended
        };
        if let Some(launched) = &ended {
            let unknown = world.check_planned(launched, &told_by);
            let is_halted = matches!(launched.stop, Some(StopReason::Halted(_)));
            halted += u32::from(is_halted);
            resumes += 1;
            if !is_halted || resumes > MAX_RESUMES {
                break unknown;
            }
        }
        world.clock.advance(Duration::from_millis(random.u64(0..60_000)));
        world.set_our_clock(&mut random);
    };
    let is_left_out = |launch: &u32| matches!(world.ledger.state(*launch), LaunchState::LeftOut { .. });
    let left_out = (0..world.launches.count).filter(is_left_out).count();
    (world.launches.count, unknown, (u32::try_from(left_out).unwrap(), halted))
}

#[test]
fn storms_of_plans_let_nobody_go_too_early_and_leave_nobody_out_for_nothing() {
    let and = |sum: Told, told: Told| (sum.0 + told.0, sum.1 + told.1);
    let (left_out, halted) = (0..200).map(|seed| planned_storm(seed).2).fold((0, 0), and);
    assert!(left_out > 100 && halted > 20, "{left_out} left out, {halted} halted");
}

#[test]
fn a_manifest_of_a_storm_is_of_the_launches_that_the_simulation_knows() {
    let (world, _) = World::planned(3);
    let requests = world.requests.as_ref().expect("it goes by a plan");
    for launch in (0..world.launches.count).map(Ordinal) {
        let (ours, planned) = (world.launches.request(launch), requests.request(launch));
        assert_eq!((ours.reference, ours.expected), (planned.reference, planned.expected));
    }
}
