//! Waiting over real HTTP: launcher, client and sandbox on one hand-driven clock, judged by the sandbox's record.

use std::cell::Cell;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use sortie::cli::SandboxClock;
use sortie::clock::HandClock;
use sortie::ids::{FolderId, FolderRef, Ordinal, ReleaseKey, RunId};
use sortie::launch::{LaunchSettings, Launcher, RequestSource, RunHistory, WaitOverride, WaitPlan};
use sortie::ledger::state::LaunchState;
use sortie::outcome::JobOutcome;
use sortie::pace::Pace;
use sortie::resolve::Request;
use sortie::sandbox::world::switches::{FolderlessLists, ListRation, PropertyFilter, SingleJobs as Single};
use sortie::sandbox::world::{End, Life, Switches};
use sortie::sandbox::{Options, Sandbox, World};
use sortie::spec::JobFollowUp;
use sortie::wait::SingleJobs;
use tokio::sync::watch;

use super::{Counted, client, drive};
use crate::simulation::{Launches, MemoryLedger, run_id, terms};

/// Launches that are waited for.
struct Waited(Launches);

impl RequestSource for Waited {
    fn count(&self) -> u32 {
        self.0.count()
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        let mut request = self.0.request(ordinal);
        if ordinal.0 % 2 == 1 {
            // A release is in one folder.
            let (first, second) = (request.release.0, uuid::Uuid::from_u128(2));
            request.folder = FolderRef::Id(FolderId(8));
            request.release = ReleaseKey(second);
            request.body = request.body.replace(&first.to_string(), &second.to_string()).into();
        }
        request
    }

    fn wait_plan(&self) -> WaitPlan {
        WaitPlan::new(&[JobFollowUp::default()], Vec::new())
    }
}

/// Launches in two folders, 20 each second, whose robot jobs run for `runs` and end one after the other well, badly and
/// stopped; waits for all; how many lists that took, and which of them filtered.
fn wait_on(switches: Switches, single_jobs: SingleJobs, runs: Duration) -> (usize, usize) {
    wait_for(120, switches, single_jobs, runs)
}

fn wait_for(launches: u32, switches: Switches, single_jobs: SingleJobs, runs: Duration) -> (usize, usize) {
    let clock = HandClock::at("2026-01-31T00:00:00Z".parse().unwrap());
    let life = Life {
        pending: Duration::from_secs(1),
        running: runs,
        ends: vec![End::Successful, End::Faulted, End::Stopped],
        ..Life::default()
    };
    let world = World::obliging().life(life).switches(switches);
    let sandbox = Sandbox::start(&world, SandboxClock::over(Arc::new(clock.clone())), Options::default()).unwrap();
    let server = Counted { client: client(&sandbox, &clock), under_way: Cell::new(0), throttle: Cell::new(None) };
    let requests = Waited(Launches::of(launches));
    let some = |n| NonZeroU32::new(n).unwrap();
    let settings = LaunchSettings {
        pace: Pace::new(some(20), Duration::from_secs(1), some(1)),
        concurrency: NonZeroUsize::new(8).unwrap(),
        wait: WaitOverride { waits: Some(true), timeout: None },
        single_jobs,
        ..terms()
    };
    let ledger = MemoryLedger::new(&clock);
    let run: RunId = run_id();
    let launcher =
        Launcher { server: &server, ledger: &ledger, requests: &requests, run, clock: Arc::new(clock.clone()) };
    let (_keep, interrupt) = watch::channel(None);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut observe = |_| {};
    let work = launcher.launch(settings, RunHistory::default(), interrupt, &mut observe);
    runtime.block_on(drive(&clock, &server, work));

    let jobs = sandbox.jobs();
    assert_eq!(jobs.len(), launches as usize);
    for ordinal in 0..launches {
        let LaunchState::Started { ends, .. } = ledger.state(ordinal) else {
            panic!("launch {ordinal} was not started")
        };
        let [end] = &ends[..] else { panic!("launch {ordinal}: {ends:?}") };
        let seen = jobs.iter().find(|job| job.id == end.job.0).unwrap();
        let told = match end.outcome {
            JobOutcome::Successful => "Successful",
            JobOutcome::Faulted => "Faulted",
            JobOutcome::Stopped => "Stopped",
            JobOutcome::Suspended | JobOutcome::Late | JobOutcome::Gone => "not over",
        };
        assert_eq!(seen.state, told, "launch {ordinal}");
    }
    let lists: Vec<_> = sandbox.record().into_iter().filter(|received| received.operation == "Jobs").collect();
    for (first, start) in lists.iter().enumerate() {
        let within =
            |received: &&sortie::sandbox::Received| received.moment.since(start.moment) < Duration::from_secs(60);
        let count = lists[first..].iter().take_while(within).count();
        assert!(count <= 60, "{count} lists within a minute");
    }
    (
        lists.len(),
        lists
            .iter()
            .filter(|received| {
                received.target.contains("Time%20ge%20")
                    && !received.target.starts_with("/odata/Jobs?$filter=CreationTime")
            })
            .count(),
    )
}

#[test]
fn each_end_is_recorded_as_it_was_whatever_the_server_carries_out() {
    use PropertyFilter::{FindsNothing, Ignored, Refused, Works};
    for filter in [Works, Refused, FindsNothing, Ignored] {
        for folderless_lists in [FolderlessLists::Refuse, FolderlessLists::AllFolders] {
            let switches = Switches {
                end_time_filter: filter,
                last_modification_filter: filter,
                folderless_lists,
                ..Switches::default()
            };
            let (lists, filtered) = wait_for(300, switches, SingleJobs::Free, Duration::from_secs(60));
            assert!(lists <= 45, "{filter:?} {folderless_lists:?}: {lists} lists, {filtered} by a filter");
            let is_mostly_filtered = filtered * 2 >= lists;
            assert_eq!(is_mostly_filtered, filter == Works, "{filter:?} {folderless_lists:?}: {filtered} of {lists}");
        }
    }
}

#[test]
fn an_older_server_and_one_that_rations_single_calls_are_waited_on_as_well() {
    let lacks = ["SubState", "JobError", "ErrorCode", "LastModificationTime", "ReleaseVersionId"].map(str::to_owned);
    let older = Switches { lacks: lacks.into(), ..Switches::default() };
    assert!(wait_on(older, SingleJobs::Free, Duration::from_secs(60)).0 <= 45);
    let ration = ListRation { single_jobs: Single::Counted, ..ListRation::default() };
    let rationed = Switches { list_ration: Some(ration), ..Switches::default() };
    assert!(wait_on(rationed, SingleJobs::Rationed, Duration::from_secs(60)).0 <= 90);
}

#[test]
fn a_thousand_short_ones_take_a_twentieth_of_a_list_each_and_ten_take_none() {
    let short = |launches, runs| wait_for(launches, Switches::default(), SingleJobs::Free, Duration::from_secs(runs)).0;
    assert!(short(1_000, 2) <= 50 * 2, "in two folders: {}", short(1_000, 2));
    assert_eq!(short(10, 5), 0);
}
