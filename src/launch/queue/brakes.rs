//! What slows a run down or stops it by how its launches end: `ramp`, `breaker`, `fail-fast`, asked together.
//!
//! In: new launches by their jobs, and what came of others. Out: whether they go now, later or never, and what is to be told.
//! Counted is what ended since this process began: whoever goes on with a run begins anew. Never: holds back what is sent
//! again. No I/O and no clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::breaker::{BreakerRule, BreakerWord};
use super::fail_fast::{FailFastRule, FailFastStep};
use super::launch_ends::LaunchEnds;
use super::progress::LaunchProgress;
use super::ramp::RampRule;
use super::rule::Next;
use crate::clock::Moment;
use crate::ids::Ordinal;
use crate::plan::Plan;

/// Maximum launches that wait for the ramps of their jobs; beyond it no new launch is considered.
const MAX_HELD: usize = 256;

/// All of a run.
#[derive(Default)]
pub(super) struct Brakes {
    /// Launches as they were sent, retries among them: by these the breaker sees how well robot jobs fare.
    sent: LaunchEnds,
    /// Launches of the plan, each with all that came in the place of its robot jobs.
    launches: LaunchEnds,
    fail_fast: FailFastRule,
    breaker: Option<BreakerRule>,
    ramp: Option<RampRule>,
    ramp_by_job: BTreeMap<u32, RampRule>,
    /// Jobs of which nothing more goes.
    stopped_jobs: BTreeSet<u32>,
    /// Launches that wait for the ramp of their job, in order.
    held: BTreeMap<u32, VecDeque<Ordinal>>,
    words: Vec<BrakeWord>,
}

/// What is to be told or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::launch) enum BrakeWord {
    /// Nothing more of the run is sent; why.
    Halt(String),
    /// Nothing more of one job is sent: its number in the plan; why.
    HaltJob(u32, String),
    /// Something worth knowing.
    Tell(String),
}

/// Whether a new launch goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admittance {
    Goes,
    /// It comes back by [`Brakes::take_held`].
    Held,
    /// It is not sent by this process.
    Dropped,
}

impl Brakes {
    /// Those of `plan`.
    pub(super) fn of(plan: &Plan) -> Self {
        let run = plan.run_follow_up();
        let jobs = || plan.jobs().map(|job| (job.number, job.follow_up));
        let job_limits = jobs().filter_map(|(number, follow_up)| Some((number, follow_up.fail_fast?.0)));
        let ramps = jobs().filter_map(|(number, follow_up)| Some((number, RampRule::new(follow_up.ramp.clone()?))));
        Self {
            fail_fast: FailFastRule::new(run.fail_fast.map(|limit| limit.0), job_limits),
            breaker: run.breaker.clone().map(BreakerRule::new),
            ramp: run.ramp.clone().map(RampRule::new),
            ramp_by_job: ramps.collect(),
            ..Self::default()
        }
    }

    /// When any new launch may go.
    pub(super) fn gate(&self, now: Moment) -> Next {
        let ramp = self.ramp.as_ref().map_or(Next::Now, |ramp| ramp.next(now));
        self.breaker_gate(now).max(ramp)
    }

    /// When any launch may go that no ramp counts.
    pub(super) fn breaker_gate(&self, now: Moment) -> Next {
        self.breaker.as_ref().map_or(Next::Now, |breaker| breaker.next(now))
    }

    /// Whether nothing more of `job` goes.
    pub(super) fn has_stopped(&self, job: u32) -> bool {
        self.stopped_jobs.contains(&job)
    }

    /// Whether launches wait for the ramps of their jobs.
    pub(super) fn has_held(&self) -> bool {
        self.held.values().any(|held| !held.is_empty())
    }

    /// A retry goes, which no ramp counts.
    pub(super) fn note_retried(&mut self, ordinal: Ordinal) {
        if let Some(breaker) = &mut self.breaker {
            breaker.note_taken(ordinal);
        }
    }

    /// When one may go that waits for the ramp of its job.
    pub(super) fn next_held(&self, now: Moment) -> Next {
        let waiting = self.held.iter().filter(|(_, held)| !held.is_empty());
        let next = waiting.map(|(job, _)| self.ramp_by_job.get(job).map_or(Next::Now, |ramp| ramp.next(now)));
        next.min().unwrap_or(Next::Nothing)
    }

    /// One that waited for the ramp of its job, and goes as far as that is concerned.
    pub(super) fn take_held(&mut self, now: Moment) -> Option<Ordinal> {
        for (job, held) in &mut self.held {
            let Some(ramp) = self.ramp_by_job.get(job) else { continue };
            if !held.is_empty() && ramp.next(now) == Next::Now {
                return held.pop_front();
            }
        }
        None
    }

    /// Whether so many wait that no new launch is considered.
    pub(super) fn is_full(&self) -> bool {
        self.held.values().map(VecDeque::len).sum::<usize>() >= MAX_HELD
    }

    /// Whether a new launch of `job` goes, as far as its job is concerned. Others may hold it all the same: it is counted when
    /// it goes, by [`Brakes::note_taken`].
    pub(super) fn admits(&mut self, ordinal: Ordinal, job: u32, now: Moment) -> Admittance {
        if self.stopped_jobs.contains(&job) {
            return Admittance::Dropped;
        }
        let Some(ramp) = self.ramp_by_job.get(&job) else { return Admittance::Goes };
        let held = self.held.entry(job).or_default();
        if held.is_empty() && ramp.next(now) == Next::Now {
            return Admittance::Goes;
        }
        held.push_back(ordinal);
        Admittance::Held
    }

    /// A new launch of `job` goes.
    pub(super) fn note_taken(&mut self, ordinal: Ordinal, job: u32, now: Moment) {
        for ramp in self.ramp.iter_mut().chain(self.ramp_by_job.get_mut(&job)) {
            ramp.note_taken(now);
        }
        self.note_retried(ordinal);
    }

    /// Takes in what came of a launch as it was sent.
    pub(super) fn hear_sent(&mut self, progress: &LaunchProgress<'_>, now: Moment) {
        // What nobody asks about is not kept: there may be 100,000 launches under way.
        let Some(breaker) = &mut self.breaker else { return };
        let Some(end) = self.sent.take(progress) else { return };
        match breaker.take(&end, now) {
            Some(BreakerWord::Stop(why)) => self.words.push(BrakeWord::Halt(why)),
            Some(BreakerWord::Opened(why)) => self.words.push(BrakeWord::Tell(why)),
            Some(BreakerWord::ClosedAgain) => {
                self.words
                    .push(BrakeWord::Tell("breaker: the launch that tried ended well: the others go on".to_owned()));
            }
            None => {}
        }
    }

    /// Takes in what came of a launch of the plan; `job_of` tells its job. The jobs that are stopped by it: nothing more of them
    /// goes.
    pub(super) fn hear_of_launch(
        &mut self,
        progress: &LaunchProgress<'_>,
        job_of: impl Fn(Ordinal) -> u32,
        now: Moment,
    ) -> Vec<u32> {
        let mut stopped = Vec::new();
        if self.fail_fast.is_idle() && self.ramp.is_none() && self.ramp_by_job.is_empty() {
            return stopped;
        }
        let Some(end) = self.launches.take(progress) else { return stopped };
        let job = job_of(end.ordinal);
        for step in self.fail_fast.take(&end, job) {
            match step {
                FailFastStep::StopRun(why) => self.words.push(BrakeWord::Halt(why)),
                FailFastStep::StopJob(job, why) => stopped.extend(self.stop_job(job, &why)),
            }
        }
        if let Some(why) = self.ramp.as_mut().and_then(|ramp| ramp.take(&end, now)) {
            self.words.push(BrakeWord::Halt(why));
        }
        if let Some(why) = self.ramp_by_job.get_mut(&job).and_then(|ramp| ramp.take(&end, now)) {
            stopped.extend(self.stop_job(job, &why));
        }
        stopped
    }

    /// What is to be told or done, once.
    pub(super) fn take_words(&mut self) -> Vec<BrakeWord> {
        std::mem::take(&mut self.words)
    }

    /// The job, where it was not stopped before.
    fn stop_job(&mut self, job: u32, why: &str) -> Option<u32> {
        self.held.remove(&job);
        let is_new = self.stopped_jobs.insert(job);
        is_new.then(|| {
            self.words.push(BrakeWord::HaltJob(job, why.to_owned()));
            job
        })
    }
}
