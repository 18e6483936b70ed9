//! Liveness: from whatever state was reached, once all that comes and goes is well again, a run ends by itself, soon and
//! with few requests.

use std::time::Duration;

use super::{SETTLE, World};

/// A run ends within its settle time and so long.
const PATIENCE: Duration = Duration::from_secs(300);
/// It needs two requests for each launch, one for the start and one for its list, and so many more.
const MORE_REQUESTS: usize = 100;

/// Reaches a state by the storm of `seed`, lets all be well again, and goes on: it ends.
fn ends(seed: u64) {
    let (mut world, mut random) = World::of_seed(seed);
    for _ in 0..random.u32(0..6) {
        if world.process(Some(random.usize(1..120))).is_some() {
            return;
        }
        world.clock.advance(Duration::from_millis(random.u64(0..60_000)));
        world.set_our_clock(&mut random);
    }
    world.server.heal();
    let (limit, before) = (SETTLE + PATIENCE, world.server.count_requests());
    let launched = world.process_within(limit);
    let launched = launched.unwrap_or_else(|| panic!("seed {seed}: it has not ended after {limit:?}"));
    let (requests, launches) = (world.server.count_requests() - before, world.launches.count as usize);
    assert!(requests <= 2 * launches + MORE_REQUESTS, "seed {seed}: {requests} requests for {launches} launches");
    world.check(&launched, &format!("seed {seed}"));
}

#[test]
fn a_run_ends_by_itself_from_any_state_once_all_is_well_again() {
    (0..2000).for_each(ends);
}
