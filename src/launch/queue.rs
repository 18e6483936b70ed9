//! What is to be sent next, and when: rules that each answer that for their own launches, asked in one order.
//!
//! In: requests, and what came of others. Out: launches for senders. Never: sends, or knows how fast; no I/O and no clock.
//! A new rule is a file of `queue/` and its line in `Queue::rules`.

use std::collections::VecDeque;
use std::rc::Rc;

use self::active::Active;
pub(super) use self::brakes::BrakeWord;
use self::brakes::{Admittance, Brakes};
use self::fault_retries::FaultRetries;
use self::needs::{LaunchNeeds, LeftOutLaunch, NeedAdmission};
use self::order::Order;
use self::pending::PendingLaunch;
use self::progress::LaunchProgress;
use self::retry::Retries;
use self::rule::{Candidate, Next, QueueRule};
use self::warm_up::WarmUp;
use super::request_source::RequestSource;
use crate::clock::Moment;
use crate::ids::{FolderRef, Ordinal, OrdinalSet, ReleaseKey};
use crate::ledger::event::{LeftOutCause, RetryOrigin};
use crate::ledger::state::{LaunchState, Verdict};
use crate::outcome::JobEnd;
use crate::resolve::{NoRequest, Request};

mod active;
mod brakes;
mod breaker;
mod fail_fast;
mod fault_retries;
mod launch_ends;
pub(super) mod needs;
mod order;
pub(super) mod pending;
pub(super) mod progress;
mod ramp;
mod retry;
pub(super) mod rule;
pub(super) mod warm_up;

/// Maximum launches considered in one turn while rules hold them back.
const MAX_CONSIDERED: usize = 64;
/// Maximum launches looked at in one turn while they wait for others: those are not made.
const MAX_LOOKED_AT: usize = 4096;

/// The launches of a run that are still to be sent.
pub(super) struct Queue<'a, R> {
    requests: &'a R,
    retries: Retries,
    fault_retries: FaultRetries,
    order: Order<'a, R>,
    needs: LaunchNeeds,
    warm_up: WarmUp,
    active: Active,
    brakes: Brakes,
}

impl<'a, R: RequestSource> Queue<'a, R> {
    /// All of `requests` are new but those that were `touched`.
    pub(super) fn new(requests: &'a R, touched: OrdinalSet, warm_up: WarmUp) -> Self {
        let limits = requests.plan().and_then(|plan| plan.run_follow_up().active).unwrap_or_default();
        let brakes = requests.plan().map(Brakes::of).unwrap_or_default();
        let needs = requests.plan().map_or_else(LaunchNeeds::default, LaunchNeeds::of);
        let (active, order) = (Active::new(limits), Order::new(requests, touched));
        let (retries, fault_retries) = (Retries::default(), FaultRetries::default());
        Self { requests, retries, fault_retries, order, needs, warm_up, active, brakes }
    }

    /// The rules that may hold new launches back, in the order in which they are asked.
    fn rules(&self) -> [&dyn QueueRule; 2] {
        [&self.warm_up, &self.active]
    }

    /// The same, to be asked for launches.
    fn rules_mut(&mut self) -> [&mut dyn QueueRule; 2] {
        [&mut self.warm_up, &mut self.active]
    }

    /// Whether a rule holds back so many that no new launch is looked at.
    fn is_full(&self) -> bool {
        self.brakes.is_full() || self.rules().iter().any(|rule| rule.is_full())
    }

    /// When a launch may go, if nothing else happens.
    pub(super) fn next(&self, now: Moment) -> Next {
        let is_full = self.is_full();
        let new = if is_full { Next::Nothing } else { self.order.next() };
        let of_ramps = if self.active.is_full() { Next::Nothing } else { self.brakes.next_held(now) };
        let held = self.rules().into_iter().map(|rule| rule.next(now));
        let fresh = held.fold(new.min(of_ramps), Next::min).max(self.brakes.gate(now));
        fresh.min(self.retries.next(now)).min(self.next_fault_retry(now))
    }

    /// Whether launches of the plan are still to be sent for the first time, those that a rule holds back among them.
    pub(super) fn has_new(&self) -> bool {
        self.order.next() != Next::Nothing
            || !self.warm_up.folders().is_empty()
            || self.active.has_held()
            || self.brakes.has_held()
    }

    /// When a retry of a robot job that faulted may go.
    fn next_fault_retry(&self, now: Moment) -> Next {
        if self.active.is_used_up() {
            Next::Nothing
        } else {
            self.fault_retries.next(now).max(self.brakes.breaker_gate(now))
        }
    }

    /// The next launch that may go: what is due again first, then retries of robot jobs that faulted, then new ones, then one that is
    /// held back.
    ///
    /// None does not mean that there is none: [`Queue::next`] knows.
    pub(super) fn take(&mut self, now: Moment) -> Option<PendingLaunch> {
        if let Some(again) = self.retries.take(now) {
            return self.pending(again);
        }
        if let Some(retry) = self.take_fault_retry(now) {
            return Some(retry);
        }
        if self.brakes.gate(now) != Next::Now {
            return None;
        }
        let fresh = self.take_fresh(now)?;
        let ordinal = fresh.request.ordinal;
        self.brakes.note_taken(ordinal, self.job_of(ordinal), now);
        Some(fresh)
    }

    fn take_fault_retry(&mut self, now: Moment) -> Option<PendingLaunch> {
        while self.next_fault_retry(now) == Next::Now {
            let retry = self.fault_retries.take(now)?;
            let (job, ordinal) = (self.job_of(retry.1), retry.1);
            // What is dropped here, or cannot be made any more, stays as it is: not sent.
            if self.brakes.has_stopped(job) {
                continue;
            }
            let Some(pending) = self.pending(Candidate::New(ordinal)) else { continue };
            if self.active.take_if_there_is(&pending) {
                self.brakes.note_retried(ordinal);
                return Some(pending);
            }
            self.fault_retries.refuse(retry);
        }
        None
    }

    fn take_fresh(&mut self, now: Moment) -> Option<PendingLaunch> {
        let mut considered = 0;
        for _ in 0..MAX_LOOKED_AT {
            if considered == MAX_CONSIDERED || self.active.is_full() {
                break;
            }
            let ordinal = match self.brakes.take_held(now) {
                Some(ordinal) => ordinal,
                None if self.is_full() => break,
                None => {
                    let Some(ordinal) = self.order.take() else { break };
                    if self.needs.admit(ordinal) != NeedAdmission::Goes {
                        continue;
                    }
                    match self.brakes.admits(ordinal, self.job_of(ordinal), now) {
                        Admittance::Goes => ordinal,
                        Admittance::Held | Admittance::Dropped => continue,
                    }
                }
            };
            considered += 1;
            let job = self.job_of(ordinal);
            let Some(new) = self.pending(Candidate::New(ordinal)) else { continue };
            if self.rules_mut().into_iter().all(|rule| rule.admits(&new, job, now)) {
                return Some(new);
            }
        }
        self.take_held_back(now)
    }

    /// One that a rule held back until now, and that may go as far as its job and the rules behind that one are concerned.
    fn take_held_back(&mut self, now: Moment) -> Option<PendingLaunch> {
        for _ in 0..MAX_CONSIDERED {
            let taken = |(place, rule): (usize, &mut dyn QueueRule)| Some((place, rule.take(now)?));
            let (place, candidate) = self.rules_mut().into_iter().enumerate().find_map(taken)?;
            let ordinal = match candidate {
                Candidate::New(ordinal) => ordinal,
                Candidate::Again(again) => return Some(again),
            };
            let job = self.job_of(ordinal);
            let goes = self.brakes.admits(ordinal, job, now) == Admittance::Goes;
            let held = if goes { self.pending(Candidate::New(ordinal)) } else { None };
            if let Some(held) = held {
                if self.rules_mut().into_iter().skip(place + 1).all(|rule| rule.admits(&held, job, now)) {
                    return Some(held);
                }
                continue;
            }
            // What it was given by the rule that let it go is free again.
            let dropped = LaunchProgress::NotStarted { ordinal, verdict: Verdict::NotSent };
            self.rules_mut().into_iter().take(place + 1).for_each(|rule| rule.hear(&dropped, now));
            self.fault_retries.note_room();
        }
        None
    }

    /// From now on so many robot jobs may be unfinished at once.
    pub(super) fn set_active(&mut self, total: u32) {
        self.active.set_total(total);
        self.fault_retries.note_room();
    }

    /// Robot jobs of a launch that an earlier process started are under way.
    pub(super) fn restore_active(&mut self, ordinal: Ordinal, folder: &FolderRef, release: ReleaseKey) {
        let mut active = std::mem::take(&mut self.active);
        active.restore(ordinal, folder, release, || self.made_again(ordinal));
        self.active = active;
    }

    /// What the launch at `ordinal`, of the plan or a retry, was started with; `None` where that cannot be made again.
    fn made_again(&self, ordinal: Ordinal) -> Option<Request> {
        self.requests.plan()?;
        match self.requests.retry_origin(ordinal) {
            Some(origin) => self.retry_of(ordinal, &origin).ok(),
            None => self.made(ordinal).ok(),
        }
    }

    /// What rules have to tell, or want to be done.
    pub(super) fn take_words(&mut self) -> Vec<BrakeWord> {
        self.brakes.take_words()
    }

    /// The name that the ids of the launches of the job with this number in the plan begin with.
    pub(super) fn job_name(&self, number: u32) -> Option<String> {
        let plan = self.requests.plan()?;
        plan.id_name_of(plan.jobs().find(|job| job.number == number)?.name).map(str::to_owned)
    }

    fn job_of(&self, ordinal: Ordinal) -> u32 {
        let planned = self.requests.planned(ordinal);
        self.requests.plan().map_or(0, |plan| plan.job_number(planned))
    }

    /// Whether a rule stopped the job of the launch of the plan at `ordinal`: nothing more of it is sent.
    pub(super) fn has_stopped(&self, ordinal: Ordinal) -> bool {
        self.brakes.has_stopped(self.job_of(ordinal))
    }

    /// The retry at `ordinal` is to be sent, not before `due`.
    pub(super) fn retry_fault_at(&mut self, ordinal: Ordinal, due: Moment) {
        self.fault_retries.add(ordinal, due);
    }

    /// The launch is to be sent again, not before `due`.
    pub(super) fn retry_at(&mut self, pending: PendingLaunch, due: Moment) {
        self.retries.add(pending, due);
    }

    /// The launch at `ordinal` is to be sent again at once, as if it had never failed.
    pub(super) fn retry_anew(&mut self, ordinal: Ordinal, now: Moment) {
        // What cannot be made of its needs any more stays as it is: not sent.
        if let Some(pending) = self.pending(Candidate::New(ordinal)) {
            self.retries.add(pending, now);
        }
    }

    /// An answer from the folder was lost.
    pub(super) fn lost(&mut self, folder: &FolderRef, now: Moment) {
        self.warm_up.lost(folder, now);
    }

    /// Something showed that the folder's server is alive: what was held back may go.
    pub(super) fn alive(&mut self, folder: &FolderRef) {
        let released: VecDeque<Ordinal> = self.warm_up.alive(folder);
        self.order.release(released);
    }

    /// What an earlier process saw of a launch that others need.
    pub(super) fn recall(&mut self, ordinal: Ordinal, state: &LaunchState) {
        self.needs.recall(ordinal, state);
    }

    /// The next launch that is left out by its needs and is not recorded yet; those that need it may be looked at again.
    pub(super) fn take_left_out(&mut self) -> Option<LeftOutLaunch> {
        let launch = self.needs.take_left_out()?;
        let released = self.needs.note_left_out(&launch);
        self.order.release(released.into());
        Some(launch)
    }

    /// Why launches that need others still wait, where that is worth a sentence.
    pub(super) fn told_waiting(&self) -> Vec<String> {
        self.needs.told_waiting()
    }

    /// Something came of a launch as it was sent, of a retry like of any other: whoever counts robot jobs, or looks for how well
    /// they fare, hears of it.
    pub(super) fn hear_sent(&mut self, progress: &LaunchProgress<'_>, now: Moment) {
        self.rules_mut().into_iter().for_each(|rule| rule.hear(progress, now));
        self.fault_retries.note_room();
        self.brakes.hear_sent(progress, now);
    }

    /// Something came of a launch of the plan, with all that came in the place of its robot jobs: whoever counts launches, or waits
    /// for them, hears of it.
    pub(super) fn hear_of_launch(&mut self, progress: &LaunchProgress<'_>, now: Moment) {
        let released = self.needs.hear(progress);
        self.order.release(released.into());
        let requests = self.requests;
        let job_of = |ordinal| requests.plan().map_or(0, |plan| plan.job_number(ordinal));
        let stopped = self.brakes.hear_of_launch(progress, job_of, now);
        if !stopped.is_empty() {
            let is_stopped = |ordinal| stopped.contains(&job_of(ordinal));
            self.warm_up.drop_held(is_stopped);
            self.active.drop_held(is_stopped);
        }
    }

    /// A robot job of the launch of the plan at `ordinal` ended so in an earlier process, and nothing comes in its place: whoever waits
    /// for the launch hears of it.
    pub(super) fn recall_end(&mut self, ordinal: Ordinal, end: &JobEnd) {
        let released = self.needs.hear(&LaunchProgress::JobEnded { ordinal, end });
        self.order.release(released.into());
    }

    /// A retry of the launch of the plan at `ordinal` has this verdict, since an earlier process: more robot jobs than it asked for.
    pub(super) fn recall_odd(&mut self, ordinal: Ordinal, verdict: Verdict) {
        let released = self.needs.hear(&LaunchProgress::NotStarted { ordinal, verdict });
        self.order.release(released.into());
    }

    /// Nothing goes to the folder any more.
    pub(super) fn close(&mut self, folder: &FolderRef) {
        // Whoever takes them drops them, and all rules hear of it.
        self.alive(folder);
    }

    /// The folders that lost every answer, or have given none, and of which launches are held back.
    pub(super) fn waiting_folders(&self) -> Vec<FolderRef> {
        self.warm_up.folders()
    }

    /// The launch as it is sent; `None` where it cannot be made of what it needs, and is left out.
    fn pending(&mut self, candidate: Candidate) -> Option<PendingLaunch> {
        let ordinal = match candidate {
            Candidate::New(ordinal) => ordinal,
            Candidate::Again(pending) => return Some(pending),
        };
        if let Some(origin) = self.requests.retry_origin(ordinal) {
            let made = self.retry_of(ordinal, &origin).ok()?;
            return Some(PendingLaunch { request: Rc::new(made), failures: 0 });
        }
        match self.made(ordinal) {
            Ok(request) => Some(PendingLaunch { request: Rc::new(request), failures: 0 }),
            Err(NoRequest::Skipped(why)) => {
                self.needs.leave_out(ordinal, LeftOutCause::Condition, why);
                None
            }
            Err(NoRequest::Unfit(why)) => {
                let why = format!("it cannot be made of what it needs: {why}");
                self.needs.leave_out(ordinal, LeftOutCause::Unfit, why);
                None
            }
        }
    }

    /// The request of a launch of the plan, behind what it needs.
    pub(super) fn made(&self, ordinal: Ordinal) -> Result<Request, NoRequest> {
        match self.needs.values(ordinal) {
            None => Ok(self.requests.request(ordinal)),
            Some(needs) => self.requests.request_behind(ordinal, &needs),
        }
    }

    /// The request of the retry at `ordinal`, behind what its launch needs.
    pub(super) fn retry_of(&self, ordinal: Ordinal, origin: &RetryOrigin) -> Result<Request, NoRequest> {
        self.requests.retry(ordinal, origin, self.needs.values(origin.of).as_ref())
    }
}

#[cfg(test)]
mod tests;
