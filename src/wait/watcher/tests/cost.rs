//! How many requests waiting takes, and how soon an end is seen.

use std::io::Write as _;
use std::time::Duration;

use super::drive::{Drive, settings};
use super::tenant::LyingTenant;
use crate::clock::Moment;
use crate::wait::terms::{SingleJobs, WatchSettings, WatchTerms};

/// Waits for `count` robot jobs that run for `runs` seconds, of which `rate` are launched each second.
fn wait_for(count: u32, runs: u64, rate: u32, settings: WatchSettings) -> Drive {
    let mut drive = Drive::new(LyingTenant::new(), settings, WatchTerms::default());
    for number in 0..count {
        drive.run_until(Moment(Duration::from_millis(u64::from(number) * 1000 / u64::from(rate))));
        drive.start(0, Duration::from_secs(runs));
    }
    drive.run_for(Duration::from_secs(runs * 4 + 600));
    assert!(
        !drive.watcher.is_open(),
        "{} are left: {}",
        drive.watcher.count_unfinished(),
        drive.watcher.state_of_turns(drive.now)
    );
    drive.assert_true();
    drive
}

fn per_job(drive: &Drive) -> f64 {
    f64::from(u32::try_from(drive.lists()).unwrap()) / f64::from(u32::try_from(drive.tenant.jobs.len()).unwrap())
}

fn sweeps_only() -> WatchSettings {
    WatchSettings { tries_filters: false, ..settings() }
}

#[test]
fn long_robot_jobs_cost_few_lists_and_are_seen_within_a_twentieth_of_their_time() {
    let drive = wait_for(2_000, 60, 20, settings());
    assert!(per_job(&drive) <= 0.03, "{} lists", drive.lists());
    assert!(drive.p95() <= Duration::from_secs(3), "{:?}", drive.p95());
}

#[test]
fn few_short_ones_are_seen_within_a_second_and_without_a_list() {
    let drive = wait_for(10, 5, 20, settings());
    assert_eq!(drive.lists(), 0);
    assert!(drive.p95() <= Duration::from_secs(1), "{:?}", drive.p95());
}

#[test]
fn few_long_ones_are_asked_for_more_and_more_rarely_until_one_of_them_is_over() {
    for (count, runs, most) in [(20, 300, 400), (20, 3_600, 500)] {
        let drive = wait_for(count, runs, 20, settings());
        assert_eq!(drive.lists(), 0);
        let singles = drive.tenant.singles.len();
        assert!(singles <= most, "{singles} calls for {count} robot jobs of {runs} s");
        assert!(drive.p95() <= Duration::from_secs(runs).mul_f64(0.1), "{:?}", drive.p95());
    }
}

#[test]
fn many_short_ones_cost_a_twentieth_of_a_list_each() {
    let drive = wait_for(1_000, 2, 20, settings());
    assert!(per_job(&drive) <= 0.05, "{} lists", drive.lists());
}

/// The bars, printed: `cargo test --lib wait::watcher::tests::cost -- --ignored --nocapture`.
#[test]
#[ignore = "figures, by hand"]
fn bars() {
    for (name, count, runs, rate, settings) in [
        ("20,000 of 10 min at 20/s", 20_000, 600, 20, settings()),
        ("20,000 of 10 min at 20/s, windows only", 20_000, 600, 20, sweeps_only()),
        (
            "20,000 of 10 min at 20/s, rationed",
            20_000,
            600,
            20,
            WatchSettings { single_jobs: SingleJobs::Rationed, ..settings() },
        ),
        ("2,000 of 10 min at 2/s", 2_000, 600, 2, settings()),
        ("2,000 of 10 min at 2/s, windows only", 2_000, 600, 2, sweeps_only()),
        ("2,000 of 10 min at 20/s", 2_000, 600, 20, settings()),
        ("1,000 of 2 s at 20/s", 1_000, 2, 20, settings()),
        ("1,000 of 2 s at 20/s, windows only", 1_000, 2, 20, sweeps_only()),
        ("10 of 5 s", 10, 5, 20, settings()),
    ] {
        let drive = wait_for(count, runs, rate, settings);
        let (lists, singles, took) = (drive.lists(), drive.tenant.singles.len(), drive.now.0);
        let told = format!(
            "{name}: {lists} lists, {:.4} a job, {singles} single calls, p95 {:?}, over {took:?}",
            per_job(&drive),
            drive.p95()
        );
        writeln!(std::io::stdout(), "{told}").unwrap();
    }
}

#[test]
fn where_single_calls_are_rationed_lists_do_it_all() {
    let rationed = WatchSettings { single_jobs: SingleJobs::Rationed, ..settings() };
    let drive = wait_for(1_000, 60, 20, rationed);
    assert_eq!(drive.tenant.singles.len(), 0);
    assert!(per_job(&drive) <= 0.1 && drive.p95() <= Duration::from_secs(8), "{} {:?}", drive.lists(), drive.p95());
}
