//! How many robot jobs of a run may be unfinished at once: in all, of one release, on one robot.
//!
//! In: launches that want to go, and what came of others. Out: which may go now. One that has gone takes its room at once, by
//! what it asked for; once it is started, by what there is; and gives it back when its robot jobs are over, or are not waited
//! for any longer. Never: counts what nobody waits for. No I/O and no clock.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde_json::Value;

use super::pending::PendingLaunch;
use super::progress::LaunchProgress;
use super::rule::{Candidate, Next, QueueRule};
use crate::clock::Moment;
use crate::format::ActiveLimits;
use crate::ids::{FolderRef, JobId, Ordinal, ReleaseKey};
use crate::launch_terms::ExpectedJobs;
use crate::ledger::state::Verdict;
use crate::resolve::Request;

/// Maximum launches that wait for room of their own release or robot; beyond it no new launch is considered.
const MAX_HELD: usize = 256;

/// The limits, and what takes their room.
#[derive(Default)]
pub(in crate::launch) struct Active {
    limits: ActiveLimits,
    /// Robot jobs that are not over.
    total: u32,
    /// What launches have taken that have gone, and of which nothing is known yet.
    reserved: HashMap<Ordinal, u32>,
    /// What each launch takes of the finer limits, until it is over; empty where there are none.
    shares: HashMap<Ordinal, ActiveShare>,
    by_release: BTreeMap<ReleasePlace, u32>,
    by_robot: BTreeMap<i64, u32>,
    /// Launches that wait for room, in order.
    held: VecDeque<(Ordinal, ActiveShare)>,
    /// Robot jobs that came too late: their room is given back, and there may be a second word.
    late: HashSet<JobId>,
}

type ReleasePlace = (FolderRef, ReleaseKey);

/// What a launch takes.
#[derive(Clone, Debug)]
struct ActiveShare {
    release: ReleasePlace,
    robots: Vec<i64>,
    jobs: u32,
    /// Whether `jobs` is what was asked for: nothing is known yet of what there is.
    is_reserved: bool,
}

impl Active {
    /// None is active yet.
    pub(super) fn new(limits: ActiveLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// From now on so many may be active in all.
    pub(super) fn set_total(&mut self, total: u32) {
        self.limits.total = Some(total);
    }

    /// Whether launches wait for room.
    pub(super) fn has_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// Those of the launches that are held back are never sent.
    pub(super) fn drop_held(&mut self, is_dropped: impl Fn(Ordinal) -> bool) {
        self.held.retain(|(ordinal, _)| !is_dropped(*ordinal));
    }

    /// Robot jobs of a launch that an earlier process started are under way: they take their room until they are over. `request` is
    /// what it was started with, where that can be made again.
    pub(super) fn restore(
        &mut self,
        ordinal: Ordinal,
        folder: &FolderRef,
        release: ReleaseKey,
        request: impl FnOnce() -> Option<Request>,
    ) {
        if !self.is_fine() || self.shares.contains_key(&ordinal) {
            return;
        }
        let request = if self.limits.per_robot.is_some() { request() } else { None };
        let robots = request.map_or_else(Vec::new, |request| robots_of(&request.body));
        for robot in &robots {
            *self.by_robot.entry(*robot).or_default() += 1;
        }
        let release = (folder.clone(), release);
        self.shares.insert(ordinal, ActiveShare { release, robots, jobs: 0, is_reserved: false });
    }

    fn is_fine(&self) -> bool {
        self.limits.per_release.is_some() || self.limits.per_robot.is_some()
    }

    fn taken(&self) -> u32 {
        self.total + self.reserved.values().sum::<u32>()
    }

    /// Whether no launch has room, whatever it asks for.
    pub(super) fn is_used_up(&self) -> bool {
        self.limits.total.is_some_and(|most| self.taken() >= most)
    }

    /// Takes the room of a launch where there is any; it is not held back here.
    pub(super) fn take_if_there_is(&mut self, pending: &PendingLaunch) -> bool {
        let share = self.share_of(pending);
        let has_room = self.has_room(&share);
        if has_room {
            self.take_room(pending.request.ordinal, share);
        }
        has_room
    }

    fn share_of(&self, pending: &PendingLaunch) -> ActiveShare {
        let request = &pending.request;
        let jobs = match request.expected {
            ExpectedJobs::Exactly(count) => count,
            ExpectedJobs::AtLeastOne => 1,
        };
        let robots = if self.limits.per_robot.is_some() { robots_of(&request.body) } else { Vec::new() };
        let release = (request.folder.clone(), request.release);
        ActiveShare { release, robots, jobs, is_reserved: true }
    }

    /// Whether there is room for what a launch takes. One that asks for more than there ever is goes alone.
    fn has_room(&self, share: &ActiveShare) -> bool {
        let fits = |limit: Option<u32>, taken: u32, jobs: u32| {
            limit.is_none_or(|most| taken == 0 || taken.saturating_add(jobs) <= most)
        };
        let of_release = self.by_release.get(&share.release).copied().unwrap_or_default();
        let is_free =
            |robot: &i64| fits(self.limits.per_robot, self.by_robot.get(robot).copied().unwrap_or_default(), 1);
        fits(self.limits.total, self.taken(), share.jobs)
            && fits(self.limits.per_release, of_release, share.jobs)
            && share.robots.iter().all(is_free)
    }

    fn take_room(&mut self, ordinal: Ordinal, share: ActiveShare) {
        self.reserved.insert(ordinal, share.jobs);
        if self.is_fine() {
            *self.by_release.entry(share.release.clone()).or_default() += share.jobs;
            for robot in &share.robots {
                *self.by_robot.entry(*robot).or_default() += 1;
            }
            self.shares.insert(ordinal, share);
        }
    }

    /// So many robot jobs of the launch are over; `None`: all of it is.
    fn give_back(&mut self, ordinal: Ordinal, jobs: Option<u32>) {
        let Some(share) = self.shares.get_mut(&ordinal) else { return };
        let jobs = jobs.unwrap_or(share.jobs).min(share.jobs);
        share.jobs -= jobs;
        if let Some(taken) = self.by_release.get_mut(&share.release) {
            *taken = taken.saturating_sub(jobs);
        }
        if share.jobs == 0 {
            // Which of its robots is free is not known before.
            for robot in self.shares.remove(&ordinal).into_iter().flat_map(|share| share.robots) {
                self.by_robot.entry(robot).and_modify(|taken| *taken = taken.saturating_sub(1));
            }
        }
    }

    fn first_with_room(&self) -> Option<usize> {
        if self.is_used_up() { None } else { self.held.iter().position(|(_, share)| self.has_room(share)) }
    }
}

impl QueueRule for Active {
    fn next(&self, _: Moment) -> Next {
        if self.first_with_room().is_some() { Next::Now } else { Next::Nothing }
    }

    fn take(&mut self, _: Moment) -> Option<Candidate> {
        let (ordinal, share) = self.held.remove(self.first_with_room()?)?;
        self.take_room(ordinal, share);
        Some(Candidate::New(ordinal))
    }

    fn admits(&mut self, pending: &PendingLaunch, _: u32, _: Moment) -> bool {
        let share = self.share_of(pending);
        // Those that wait for the same go first.
        let is_behind = self.held.iter().any(|(_, held)| {
            held.release == share.release || held.robots.iter().any(|robot| share.robots.contains(robot))
        });
        if !is_behind && self.has_room(&share) {
            self.take_room(pending.request.ordinal, share);
            return true;
        }
        self.held.push_back((pending.request.ordinal, share));
        false
    }

    fn hear(&mut self, progress: &LaunchProgress<'_>, _: Moment) {
        match progress {
            LaunchProgress::Started { ordinal, jobs } => {
                let jobs = u32::try_from(*jobs).unwrap_or(u32::MAX);
                self.reserved.remove(ordinal);
                self.total = self.total.saturating_add(jobs);
                if let Some(share) = self.shares.get_mut(ordinal) {
                    let taken = self.by_release.entry(share.release.clone()).or_default();
                    let before = if share.is_reserved { share.jobs } else { 0 };
                    *taken = taken.saturating_sub(before).saturating_add(jobs);
                    share.jobs = share.jobs - before + jobs;
                    share.is_reserved = false;
                }
                if jobs == 0 {
                    self.give_back(*ordinal, None);
                }
            }
            LaunchProgress::JobEnded { ordinal, end } => {
                if end.outcome.is_final() {
                    if self.late.remove(&end.job) {
                        return;
                    }
                } else if !self.late.insert(end.job) {
                    return;
                }
                self.total = self.total.saturating_sub(1);
                self.give_back(*ordinal, Some(1));
            }
            LaunchProgress::JobDropped { ordinal } => {
                self.total = self.total.saturating_sub(1);
                self.give_back(*ordinal, Some(1));
            }
            LaunchProgress::NotStarted { ordinal, verdict } => {
                self.reserved.remove(ordinal);
                // Of those with other robot jobs than they asked for, those are heard of.
                if !matches!(verdict, Verdict::Partial | Verdict::Duplicate) {
                    self.give_back(*ordinal, None);
                }
            }
        }
    }

    fn is_full(&self) -> bool {
        self.is_used_up() || self.held.len() >= MAX_HELD
    }
}

/// The robots that a request names, by their ids.
fn robots_of(body: &str) -> Vec<i64> {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let robots = body["startInfo"]["RobotIds"].as_array();
    robots.into_iter().flatten().filter_map(Value::as_i64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{JobEnd, JobOutcome};

    const NOW: Moment = Moment(std::time::Duration::ZERO);

    fn launch(ordinal: u32, jobs: u32, robot: Option<i64>) -> PendingLaunch {
        let mut pending = PendingLaunch::of_test(ordinal, 7);
        let request = std::rc::Rc::get_mut(&mut pending.request).expect("it was just made");
        request.expected = ExpectedJobs::Exactly(jobs);
        if let Some(robot) = robot {
            request.body = serde_json::json!({ "startInfo": { "RobotIds": [robot] } }).to_string().into();
        }
        pending
    }

    fn started(active: &mut Active, ordinal: u32, jobs: usize) {
        active.hear(&LaunchProgress::Started { ordinal: Ordinal(ordinal), jobs }, NOW);
    }

    fn ended(active: &mut Active, ordinal: u32, outcome: JobOutcome) {
        let end = JobEnd::new(JobId(i64::from(ordinal)), outcome);
        active.hear(&LaunchProgress::JobEnded { ordinal: Ordinal(ordinal), end: &end }, NOW);
    }

    fn taken(active: &mut Active) -> Vec<u32> {
        let next = |active: &mut Active| match active.take(NOW)? {
            Candidate::New(ordinal) => Some(ordinal.0),
            Candidate::Again(_) => None,
        };
        std::iter::from_fn(|| next(active)).collect()
    }

    #[test]
    fn room_is_taken_when_a_launch_goes_and_given_back_when_its_robot_jobs_are_over() {
        let mut active = Active::new(ActiveLimits { total: Some(2), ..ActiveLimits::default() });
        assert!(active.admits(&launch(0, 1, None), 0, NOW) && !active.is_full());
        assert!(active.admits(&launch(1, 1, None), 0, NOW) && active.is_full(), "they were not even answered");
        started(&mut active, 0, 1);
        assert!(active.is_full());
        active.hear(&LaunchProgress::NotStarted { ordinal: Ordinal(1), verdict: Verdict::Rejected }, NOW);
        assert!(!active.is_full());
        assert!(active.admits(&launch(2, 1, None), 0, NOW));
        started(&mut active, 2, 3);
        assert_eq!(active.taken(), 4, "more exist than were asked for");
        ended(&mut active, 0, JobOutcome::Successful);
        assert!(active.is_full());
    }

    #[test]
    fn a_robot_job_that_was_never_its_own_gives_its_room_back() {
        let mut active = Active::new(ActiveLimits { total: Some(1), ..ActiveLimits::default() });
        assert!(active.admits(&launch(0, 1, None), 0, NOW));
        started(&mut active, 0, 1);
        assert!(active.is_full());
        active.hear(&LaunchProgress::JobDropped { ordinal: Ordinal(0) }, NOW);
        assert!(!active.is_full());
    }

    #[test]
    fn a_launch_that_asks_for_more_than_there_ever_is_goes_alone() {
        let mut active = Active::new(ActiveLimits { total: Some(2), ..ActiveLimits::default() });
        assert!(active.admits(&launch(0, 1, None), 0, NOW));
        assert!(!active.admits(&launch(1, 5, None), 0, NOW));
        started(&mut active, 0, 1);
        assert_eq!(active.next(NOW), Next::Nothing);
        ended(&mut active, 0, JobOutcome::Faulted);
        assert_eq!((active.next(NOW), taken(&mut active)), (Next::Now, vec![1]));
        assert!(active.is_full());
    }

    #[test]
    fn who_came_too_late_gives_its_room_back_once() {
        let mut active = Active::new(ActiveLimits { total: Some(1), ..ActiveLimits::default() });
        assert!(active.admits(&launch(0, 1, None), 0, NOW));
        started(&mut active, 0, 1);
        ended(&mut active, 0, JobOutcome::Late);
        assert!(!active.is_full() && active.admits(&launch(1, 1, None), 0, NOW));
        started(&mut active, 1, 1);
        ended(&mut active, 0, JobOutcome::Successful);
        assert!(active.is_full(), "that was its second word");
    }

    #[test]
    fn each_release_and_each_robot_has_its_own_room() {
        let limits = ActiveLimits { per_release: Some(3), per_robot: Some(1), ..ActiveLimits::default() };
        let mut active = Active::new(limits);
        assert!(active.admits(&launch(0, 1, Some(5)), 0, NOW));
        assert!(!active.admits(&launch(1, 1, Some(5)), 0, NOW), "that robot is busy");
        started(&mut active, 0, 1);
        ended(&mut active, 0, JobOutcome::Successful);
        assert_eq!(taken(&mut active), [1]);
        assert!(active.admits(&launch(2, 1, Some(6)), 0, NOW) && active.admits(&launch(3, 1, Some(7)), 0, NOW));
        assert!(!active.admits(&launch(4, 1, Some(8)), 0, NOW), "three of its release are active");
        assert!(!active.is_full());
        active.hear(&LaunchProgress::NotStarted { ordinal: Ordinal(3), verdict: Verdict::Unknown }, NOW);
        assert_eq!(taken(&mut active), [4]);
    }

    #[test]
    fn what_an_earlier_process_started_takes_its_room_until_it_is_over() {
        let limits = ActiveLimits { per_release: Some(2), per_robot: Some(1), ..ActiveLimits::default() };
        let mut active = Active::new(limits);
        let earlier = launch(0, 1, Some(5)).request;
        active.restore(Ordinal(0), &earlier.folder, earlier.release, || Some(Request::clone(&earlier)));
        // Its robot jobs are heard of one by one.
        started(&mut active, 0, 1);
        started(&mut active, 0, 1);
        assert!(!active.admits(&launch(1, 1, Some(5)), 0, NOW), "its robot is busy");
        assert!(!active.admits(&launch(2, 1, Some(6)), 0, NOW), "two of its release are active");
        ended(&mut active, 0, JobOutcome::Successful);
        assert_eq!(taken(&mut active), [2], "one of the two is left, and it may be the robot's");
        let last = JobEnd::new(JobId(77), JobOutcome::Successful);
        active.hear(&LaunchProgress::JobEnded { ordinal: Ordinal(0), end: &last }, NOW);
        assert_eq!(taken(&mut active), [1]);
    }

    #[test]
    fn what_nobody_waits_for_takes_no_room() {
        let mut active = Active::new(ActiveLimits { total: Some(1), per_release: Some(1), ..ActiveLimits::default() });
        assert!(active.admits(&launch(0, 1, None), 0, NOW) && active.is_full());
        started(&mut active, 0, 0);
        assert!(!active.is_full() && active.admits(&launch(1, 1, None), 0, NOW));
    }

    #[test]
    fn another_limit_holds_from_then_on() {
        let mut active = Active::default();
        assert!((0..5).all(|ordinal| active.admits(&launch(ordinal, 1, None), 0, NOW)));
        active.set_total(5);
        assert!(active.is_full());
        active.set_total(6);
        assert!(!active.is_full());
    }
}
