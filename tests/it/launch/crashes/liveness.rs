//! Liveness: from whatever state was reached, once all that comes and goes is well again, a run ends by itself, soon and
//! with few requests.

use std::time::Duration;

use super::{SETTLE, World};

/// A run ends within its settle time and so long.
const PATIENCE: Duration = Duration::from_secs(300);
/// It needs two requests for each launch, one for the start and one for its list, and so many more.
const MORE_REQUESTS: usize = 100;
/// Where nothing else of its folder is shown, a robot job that the server has forgotten is gone after so long.
const GONE: Duration = Duration::from_secs(1_000);
/// A retry waits no longer than this before it is sent.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// Where it waits, it may ask so often for each robot job.
const REQUESTS_A_JOB: usize = 40;

/// Reaches a state by the storm of `seed`, lets all be well again, and goes on: it ends.
fn ends(seed: u64, (mut world, mut random): (World, fastrand::Rng)) {
    let retries = world.launches.retry.as_ref().map_or(0, |retry| retry.faulted);
    let (longest, asks) = match world.server.lives {
        Some(lives) if lives.forgets => (lives.longest + GONE, REQUESTS_A_JOB * 3),
        Some(lives) => (lives.longest, REQUESTS_A_JOB * 3),
        None => (Duration::ZERO, 0),
    };
    for _ in 0..random.u32(0..6) {
        if world.process(Some(random.usize(1..120))).is_some_and(|launched| launched.stop.is_none()) {
            return;
        }
        world.clock.advance(Duration::from_millis(random.u64(0..60_000)));
        world.set_our_clock(&mut random);
    }
    world.server.heal();
    // Robot jobs take their time, those of launches that are sent only now as well.
    // So do those that come in their place, each after its wait.
    let limit = SETTLE + PATIENCE + longest + (longest + LONGEST_WAIT) * retries + world.longest_turns();
    let before = world.server.count_requests();
    let launched = world.process_within(limit);
    let launched =
        launched.unwrap_or_else(|| panic!("seed {seed}: it has not ended after {limit:?}: {}", world.unfinished()));
    let (requests, launches) = (world.server.count_requests() - before, world.launches.count as usize);
    let most = (2 + asks) * launches * (1 + retries as usize) + MORE_REQUESTS;
    assert!(requests <= most, "seed {seed}: {requests} requests for {launches} launches");
    world.check_all(&launched, &format!("seed {seed}"));
}

#[test]
fn a_run_ends_by_itself_from_any_state_once_all_is_well_again() {
    (0..1000).for_each(|seed| ends(seed, World::of_seed(seed)));
}

#[test]
fn a_run_that_waits_ends_by_itself_from_any_state_once_all_is_well_again() {
    (0..200).for_each(|seed| ends(seed, World::waiting(seed)));
}

#[test]
fn a_run_that_goes_by_a_plan_ends_by_itself_from_any_state_once_all_is_well_again() {
    (0..200).for_each(|seed| ends(seed, World::planned(seed)));
}

#[test]
fn a_run_with_retries_ends_by_itself_from_any_state_once_all_is_well_again() {
    (0..80).for_each(|seed| ends(seed, World::retrying(seed)));
}
