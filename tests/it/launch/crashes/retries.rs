//! Storms in which robot jobs that faulted are started again: held against the server's own record.
//!
//! For each launch of the plan: no more robot jobs than it asked for and its retries allow; each retry once, and only after a robot
//! job of the launch faulted by a class that is named; none for two faults, and two for none.

mod restarts;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sortie::format::{FromValue as _, Retry};
use sortie::ids::{JobId, LaunchId, Ordinal, Reference};
use sortie::launch::{LaunchSummary, RequestSource as _, WaitOverride};
use sortie::ledger::state::chains::{Chains, RunRetries};
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::outcome::{FaultClass, JobEnd, JobNote, JobOutcome};

use super::{MAX_STORM, World};
use crate::simulation::{CreatedJob, MemoryLedger, RobotEnd, RobotLives, run_id};

const CLASSES: [&str; 4] = ["session", "platform", "business", "quota"];

impl World {
    /// The waiting world of `seed`, whose robot jobs are started again where they faulted.
    pub(super) fn retrying(seed: u64) -> (Self, fastrand::Rng) {
        let (mut world, random) = Self::waiting(seed);
        let mut own = fastrand::Rng::with_seed(seed ^ 0x7e71_e500_0000_0000);
        let mut terms = serde_json::json!({ "faulted": own.u32(1..4) });
        if own.bool() {
            let on: Vec<&str> = CLASSES.into_iter().filter(|_| own.bool()).collect();
            if !on.is_empty() {
                terms["on"] = serde_json::json!(on);
            }
        }
        let initial = [0, 1, 30, 300][own.usize(0..4)];
        terms["backoff"] = serde_json::json!({ "initial": format!("{initial}s"), "max": "10m", "jitter": own.bool() });
        world.launches.retry = Some(Retry::from_value("retry", &terms).expect("a retry"));
        // What is sent in the place of robot jobs fares no better than the rest.
        for retry in world.launches.count..world.launches.count + 60 {
            if own.u32(0..100) < 30 {
                world.server.script(retry, [super::fate(&mut own)]);
            }
        }
        (world, random)
    }

    fn retry(&self) -> &Retry {
        self.launches.retry.as_ref().expect("a world with retries")
    }

    /// The states of everything in the ledger, retries by their launch.
    fn chains(&self) -> (BTreeMap<u32, LaunchState>, RunRetries) {
        let (mut launches, mut retries) = (BTreeMap::new(), RunRetries::default());
        for (ordinal, state) in self.ledger.states() {
            match state.retry() {
                Some(_) => retries.add(state),
                None => drop(launches.insert(ordinal, state)),
            }
        }
        (launches, retries)
    }

    /// Whether another robot job is wanted in the place of one that ended so.
    fn is_retried(&self, end: &JobEnd, depth: u32) -> bool {
        let ran_before = end.notes.contains(&JobNote::RanAgain);
        let class = end.class.unwrap_or(FaultClass::Unclassified);
        end.outcome == JobOutcome::Faulted
            && end.info.as_deref() != Some(JobEnd::DETAILS_UNREAD)
            && !(class == FaultClass::Session && (ran_before || end.start_time.is_some()))
            && self.retry().on().contains(&class)
            && depth < self.retry().faulted
    }

    /// Holds all retries against the server's record and the ledger.
    fn check_retries(&self, launched: &LaunchSummary, told_by: &str) -> u32 {
        let created = self.server.created();
        let planned: BTreeSet<String> =
            (0..self.launches.count).map(|at| self.launches.request(Ordinal(at)).reference.to_string()).collect();
        let (states, retries) = self.chains();
        let mut started = 0;
        let mut ours: BTreeSet<&str> = planned.iter().map(String::as_str).collect();
        let mut references = Vec::new();
        for launch in 0..self.launches.count {
            let asked = (self.launches.jobs)(launch);
            let most = asked * self.retry().faulted;
            let id = self.launches.request(Ordinal(launch)).launch;
            let of_retries: Vec<String> = (2..2 + most).map(|number| reference(&id, number)).collect();
            references.push((launch, of_retries));
        }
        for (launch, of_retries) in &references {
            ours.extend(of_retries.iter().map(String::as_str));
            let own = self.launches.request(Ordinal(*launch)).reference;
            let of = |reference: &str| -> Vec<&CreatedJob> {
                created.iter().filter(|job| job.reference == reference).collect()
            };
            let first = of(own.as_str());
            let mut again: Vec<&CreatedJob> = Vec::new();
            for reference in of_retries {
                let jobs = of(reference);
                assert!(jobs.len() <= 1, "{told_by}: launch {launch}: a retry was started twice: {jobs:?}");
                again.extend(jobs);
            }
            again.sort_by_key(|job| job.born);
            started += u32::try_from(again.len()).unwrap();
            // The faults that allow one, by when they happened.
            let faulted = first.iter().chain(&again).filter_map(|job| {
                let (end, standing) = self.server.end_of(job.id)?;
                let RobotEnd::Faulted(fault) = end else { return None };
                let ended = job.born.after(standing.ended?);
                self.retry().on().contains(&fault.class).then_some(ended)
            });
            let mut faulted: Vec<_> = faulted.collect();
            faulted.sort_unstable();
            for (number, job) in again.iter().enumerate() {
                let before = faulted.iter().filter(|ended| **ended <= job.born).count();
                assert!(before > number, "{told_by}: launch {launch}: a retry without a fault: {job:?}, {faulted:?}");
            }
            let verdict = states.get(launch).map_or(Verdict::NotSent, LaunchState::verdict);
            assert!(again.is_empty() || verdict == Verdict::Started, "{told_by}: launch {launch} is {verdict:?}");
            self.check_ledger(*launch, &states, retries.of(Ordinal(*launch)), launched, told_by);
        }
        let strange = created.iter().find(|job| !ours.contains(job.reference.as_str()));
        assert!(strange.is_none(), "{told_by}: nobody's: {strange:?}");
        started
    }

    /// Each fault has one retry at most, and one where it is to have one and nothing stopped the sending.
    fn check_ledger(
        &self,
        launch: u32,
        states: &BTreeMap<u32, LaunchState>,
        retries: &[LaunchState],
        launched: &LaunchSummary,
        told_by: &str,
    ) {
        let mut replaced: BTreeMap<JobId, u32> = BTreeMap::new();
        let mut ends: Vec<(JobEnd, u32, bool)> = Vec::new();
        let own = states.get(&launch).map(|state| (state, 0));
        for (state, depth) in own.into_iter().chain(retries.iter().map(|retry| (retry, retry.retry().unwrap().depth))) {
            if let Some(job) = state.retry().and_then(|origin| origin.replaces) {
                *replaced.entry(job).or_default() += 1;
            }
            if let LaunchState::Started { ends: known, .. } = state {
                let is_sure = state.verdict() == Verdict::Started;
                ends.extend(known.iter().cloned().map(|end| (end, depth, is_sure)));
            }
        }
        let told = || format!("{told_by}: launch {launch}: {:?}\n{retries:?}", states.get(&launch));
        for (job, times) in &replaced {
            assert_eq!(*times, 1, "two retries for one fault: {job:?}: {}", told());
            let end = ends.iter().find(|(end, ..)| end.job == *job);
            let is_fault = end.is_some_and(|(end, depth, _)| self.is_retried(end, *depth));
            assert!(is_fault, "a retry for what did not fault so: {job:?}: {}", told());
        }
        // Nor is one sent for which no time is left.
        if launched.stop.is_some() || self.terms.wait.timeout.is_some() {
            return;
        }
        for (end, depth, is_sure) in &ends {
            let is_wanted = *is_sure && self.is_retried(end, *depth);
            assert_eq!(is_wanted, replaced.contains_key(&end.job), "{:?}: {}", end.job, told());
        }
        let unsent = retries.iter().find(|retry| retry.verdict() == Verdict::NotSent);
        assert!(unsent.is_none(), "a retry was lost: {}", told());
        if let Some(state) = states.get(&launch) {
            let chains = Chains { state, retries };
            let last = chains.outcome();
            let is_open = retries.iter().any(|retry| retry.verdict() == Verdict::Unknown);
            assert!(last.is_some() || is_open || state.verdict() != Verdict::Started, "no outcome: {}", told());
        }
    }
}

fn reference(launch: &LaunchId, number: u32) -> String {
    Reference::new(None, run_id(), &launch.retry(number)).to_string()
}

/// Runs the retrying world of `seed` with crashes until it ends; launches, and how many of them are unknown.
pub(super) fn launches_of_storm(seed: u64) -> (u32, u32) {
    let (launches, unknown, _) = retrying_storm(seed);
    (launches, unknown)
}

/// The same, and how many retries the server started.
fn retrying_storm(seed: u64) -> (u32, u32, u32) {
    let (world, mut random) = World::retrying(seed);
    let told_by = format!("seed {seed}");
    for _ in 0..random.u32(0..10) {
        let most = [120, 600][random.usize(0..2)];
        let steps = random.usize(1..most);
        if let Some(launched) = world.process(Some(steps)) {
            let unknown = world.check(&launched, &told_by);
            return (world.launches.count, unknown, world.check_retries(&launched, &told_by));
        }
        world.clock.advance(Duration::from_millis(random.u64(0..60_000)));
        world.set_our_clock(&mut random);
    }
    let launched = world.process_within(MAX_STORM);
    let launched = launched.unwrap_or_else(|| panic!("{told_by}: it has not ended: {}", world.unfinished()));
    let unknown = world.check(&launched, &told_by);
    (world.launches.count, unknown, world.check_retries(&launched, &told_by))
}

#[test]
fn storms_of_retries_start_nothing_twice_and_nothing_that_did_not_fault_so() {
    let started: u32 = (0..100).map(|seed| retrying_storm(seed).2).sum();
    assert!(started > 100, "{started} retries");
}

/// Launches whose robot jobs fault now and then, on a server that is well.
fn scene(launches: u32, jobs: fn(u32) -> u32) -> World {
    scene_with(launches, jobs, &serde_json::json!({ "initial": "2s" }))
}

fn scene_with(launches: u32, jobs: fn(u32) -> u32, backoff: &serde_json::Value) -> World {
    let mut world = World::of(launches);
    world.launches.jobs = jobs;
    let terms = serde_json::json!({ "faulted": 2, "on": ["session", "platform", "business"], "backoff": backoff });
    world.launches.retry = Some(Retry::from_value("retry", &terms).expect("a retry"));
    world.server.lives = Some(RobotLives { seed: 5, longest: Duration::from_secs(20), forgets: false });
    world.terms.wait = WaitOverride { waits: Some(true), timeout: None };
    world
}

#[test]
fn a_process_that_ends_at_any_step_decides_each_retry_once() {
    let scene = || scene(16, |ordinal| ordinal % 3 + 1);
    let whole = scene();
    let launched = whole.process(None).unwrap();
    let expected = whole.check_retries(&launched, "whole");
    assert!(expected > 2, "{expected} retries");
    let steps = whole.ledger.process().steps();
    for step in (1..=steps).step_by(3) {
        let world = scene();
        assert!(world.process(Some(step)).is_none(), "step {step} is reached");
        world.clock.advance(Duration::from_secs(60));
        let launched = world.process(None).unwrap();
        let told_by = format!("ended at step {step}");
        assert_eq!(world.check(&launched, &told_by), 0);
        assert!(launched.stop.is_none());
        world.check_retries(&launched, &told_by);
    }
}

#[test]
fn a_ledger_that_is_lost_is_made_up_for_and_nothing_that_was_retried_is_started_again() {
    let outcomes = |world: &World| {
        let (states, retries) = world.chains();
        let outcome = |(launch, state): (&u32, &LaunchState)| {
            Chains { state, retries: retries.of(Ordinal(*launch)) }.outcome().expect("it is over")
        };
        (states.iter().map(outcome).collect::<Vec<JobOutcome>>(), retries.count())
    };
    let mut world = scene(60, |_| 1);
    world.process(None).unwrap();
    let (before, created) = (outcomes(&world), world.server.created().len());
    assert!(before.1 > 2, "{before:?}");
    world.ledger = MemoryLedger::new(&world.clock);
    let launched = world.process(None).unwrap();
    assert!(launched.stop.is_none());
    assert_eq!((outcomes(&world), world.server.created().len()), (before, created), "nothing more was started");
    world.check_retries(&launched, "lost");
}

#[test]
fn of_several_robot_jobs_nobody_knows_in_whose_place_a_found_retry_was_made_so_there_is_no_other() {
    let mut world = scene(16, |_| 3);
    world.process(None).unwrap();
    let created = world.server.created().len();
    world.ledger = MemoryLedger::new(&world.clock);
    let launched = world.process(None).unwrap();
    let (_, retries) = world.chains();
    let unplaced = (0..16).flat_map(|launch| retries.of(Ordinal(launch)));
    let unplaced = unplaced.filter(|retry| retry.retry().is_some_and(|origin| origin.replaces.is_none())).count();
    assert!(unplaced > 2, "{unplaced}");
    assert!(launched.stop.is_none());
    assert_eq!(world.server.created().len(), created, "nothing more was started");
}
