//! Robot jobs that faulted: whether a retry is made in their place, and who hears of what.
//!
//! In: ends, and what came of retries. Out: retries in the ledger and the queue; what those hear who wait for a launch. Never:
//! decides two for one fault, or one for what may have done work that its author did not name. No I/O and no clock.

use std::rc::Rc;

use crate::clock::{Moment, TimePoint, later};
use crate::ids::{JobId, Ordinal};
use crate::launch::dispatcher::Dispatcher;
use crate::launch::history::FaultedJob;
use crate::launch::notice::Notice;
use crate::launch::queue::progress::LaunchProgress;
use crate::launch::request_source::RequestSource;
use crate::launch::settings::SendMode;
use crate::ledger::event::{LaunchEvent, RetryOrigin};
use crate::ledger::state::{LaunchState, Verdict};
use crate::outcome::{JobEnd, JobOutcome};
use crate::resolve::NoRequest;
use crate::spec::JobFollowUp;

/// Whether a retry leaves now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::launch::dispatcher) enum RetryAdmission {
    Goes,
    /// Its launch is being counted.
    Waits,
    /// It does not: its launch was started otherwise than it asked.
    Dropped,
}

/// What follows from a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FaultFate {
    /// A retry is made in its place.
    Retried,
    /// None is, and none will be.
    Stands,
    /// Nothing is decided: its launch must be counted first, or whoever goes on with the run decides.
    Open,
}

impl<R: RequestSource> Dispatcher<'_, R> {
    /// A robot job of the launch at `ordinal` is over, or not waited for any longer; that is on its way to the ledger.
    pub(super) fn follow_end(&mut self, ordinal: Ordinal, end: &JobEnd, now: TimePoint) {
        let origin = self.requests.retry_origin(ordinal);
        let fault = FaultedJob::of(ordinal, origin.as_deref(), end);
        let fate = fault.map_or(FaultFate::Stands, |fault| self.decide_fault(fault, now));
        if fate == FaultFate::Stands && (origin.is_none() || self.faults.is_heard(ordinal, end.job)) {
            let ordinal = origin.map_or(ordinal, |origin| origin.of);
            self.hear_of_launch(&LaunchProgress::JobEnded { ordinal, end }, now);
        }
    }

    /// Decides what an earlier process left undecided, and what can be decided now that a launch is counted.
    pub(in crate::launch::dispatcher) fn decide_faults(&mut self, faults: Vec<FaultedJob>, now: TimePoint) {
        for fault in faults {
            if self.decide_fault(fault, now) == FaultFate::Stands {
                self.hear_of_launch(&LaunchProgress::JobEnded { ordinal: fault.of, end: &fault.end() }, now);
            }
        }
    }

    /// Decides what an earlier process left undecided, once it is known what was asked of the run.
    pub(in crate::launch) fn restore_faults(&mut self, now: TimePoint) {
        for fault in std::mem::take(&mut self.undecided) {
            match self.decide_fault(fault, now) {
                // Whoever counts launches counted it then.
                FaultFate::Stands => self.queue.recall_end(fault.of, &fault.end()),
                FaultFate::Retried => self.expect_chain(fault.of, now),
                FaultFate::Open => {}
            }
        }
    }

    /// Tells of jobs whose `retry` is not made use of, since nobody waits for their robot jobs.
    pub(in crate::launch) fn tell_unused_retries(&mut self) {
        let is_overruled = self.settings.sending == SendMode::On && self.settings.wait.waits == Some(false);
        let Some(plan) = self.requests.plan().filter(|_| is_overruled) else { return };
        let is_unused = |follow_up: &JobFollowUp| follow_up.retry.is_some() && !follow_up.is_needed;
        let unused = plan.jobs().filter(|job| is_unused(job.follow_up)).map(|job| format!("`{}`", job.name));
        let jobs: Vec<String> = unused.collect();
        if !jobs.is_empty() {
            self.outbox.tell(Notice::Watched(format!(
                "`retry` of {} is not made use of: with --no-wait nobody sees that a robot job faulted",
                jobs.join(", ")
            )));
        }
    }

    /// One more robot job is to end for the launch of the plan at `of`: that in the place of one that ended in an earlier process.
    pub(in crate::launch::dispatcher) fn expect_chain(&mut self, of: Ordinal, now: TimePoint) {
        self.hear_of_launch(&LaunchProgress::Started { ordinal: of, jobs: 1 }, now);
    }

    /// Something came of a retry as it was sent: what that means for its launch.
    pub(in crate::launch::dispatcher) fn hear_of_retry(
        &mut self,
        origin: &RetryOrigin,
        progress: &LaunchProgress<'_>,
        now: TimePoint,
    ) {
        let LaunchProgress::NotStarted { verdict, .. } = progress else { return };
        match verdict {
            // Nothing came in the robot job's place: it faulted, and that is that.
            Verdict::Rejected => {
                if let Some(job) = origin.replaces {
                    let end = JobEnd::new(job, JobOutcome::Faulted);
                    self.hear_of_launch(&LaunchProgress::JobEnded { ordinal: origin.of, end: &end }, now);
                }
            }
            Verdict::Partial | Verdict::Duplicate => {
                self.hear_of_launch(&LaunchProgress::NotStarted { ordinal: origin.of, verdict: *verdict }, now);
            }
            // Nobody knows yet: whoever waits for the launch waits on.
            Verdict::Started | Verdict::Unknown | Verdict::Skipped | Verdict::NotSent => {}
        }
    }

    /// What follows from the fault; a retry is decided here, and is on its way to the ledger behind the fault itself.
    fn decide_fault(&mut self, fault: FaultedJob, now: TimePoint) -> FaultFate {
        let Some(terms) = self.requests.retry_terms(fault.of).filter(|terms| fault.is_retried(terms)) else {
            return FaultFate::Stands;
        };
        if self.faults.is_replaced(fault.job) {
            return FaultFate::Retried;
        }
        if self.faults.is_excluded(&fault) {
            return FaultFate::Stands;
        }
        if self.settings.sending == SendMode::Off
            || self.gate.is_stopped()
            || self.faults.is_uncounted(fault.ordinal)
            || !self.is_waited_for(fault.of)
            || self.queue.has_stopped(fault.of)
        {
            return FaultFate::Open;
        }
        // How many robot jobs it has must be sure.
        if self.outbox.state(fault.ordinal).is_some() || self.doubts.is_to_be_recalled(fault.ordinal) {
            self.faults.defer(fault);
            return FaultFate::Open;
        }
        let request = match self.queue.made(fault.of) {
            Ok(request) => request,
            Err(NoRequest::Skipped(why) | NoRequest::Unfit(why)) => return self.not_retried(&why),
        };
        if self.steered.blocks(&request.launch, fault.of) {
            return FaultFate::Open;
        }
        let (ordinal, number) = self.faults.next(fault.of);
        let launch = request.launch.retry(number);
        let longest = terms.wait_before(fault.depth + 1);
        let wait = if terms.has_jitter() { longest.mul_f64(self.random.f64()) } else { longest };
        if self.is_out_of_time(fault.of, now.moment.after(wait)) {
            self.tell_out_of_time();
            return FaultFate::Open;
        }
        let origin = RetryOrigin {
            of: fault.of,
            replaces: Some(fault.job),
            number,
            depth: fault.depth + 1,
            reference: request.reference.of_retry(&launch),
            launch,
            due: later(now.utc, wait),
        };
        if let Err(NoRequest::Skipped(why) | NoRequest::Unfit(why)) = self.queue.retry_of(ordinal, &origin) {
            return self.not_retried(&why);
        }
        self.faults.add(&origin);
        self.outbox.append(ordinal, LaunchEvent::RetryDecided(origin.clone()), now);
        self.outbox.tell(Notice::Retried { retry: origin.launch.clone(), class: fault.class(), wait });
        self.requests.note_retry(ordinal, Rc::new(origin));
        self.queue.retry_fault_at(ordinal, now.moment.after(wait));
        self.doubts.count_anew();
        FaultFate::Retried
    }

    /// Whether the wait for launches such as that of the plan at `of` is over by `moment`, and none of them is still to be sent.
    fn is_out_of_time(&self, of: Ordinal, moment: Moment) -> bool {
        self.watching.watcher.is_up_by(self.requests.wait_terms(of), moment) && !self.queue.has_new()
    }

    /// Says, once, that a retry is left to whoever goes on with the run.
    fn tell_out_of_time(&mut self) {
        if !std::mem::replace(&mut self.faults.is_told_late, true) {
            let words = "a robot job faulted, and there is no time left to start it again: `sortie resume` does";
            self.outbox.tell(Notice::Watched(words.to_owned()));
        }
    }

    /// Nothing can be made in the robot job's place; why is said once.
    fn not_retried(&mut self, why: &str) -> FaultFate {
        if !std::mem::replace(&mut self.faults.is_told, true) {
            self.outbox.tell(Notice::Watched(format!("a robot job faulted and is not started again: {why}")));
        }
        FaultFate::Stands
    }

    /// The launch is over, as `state` was: what faulted of it meanwhile is decided.
    pub(in crate::launch::dispatcher) fn close_faults(
        &mut self,
        ordinal: Ordinal,
        verdict: Verdict,
        (is_uncounted, kept): (bool, Vec<JobId>),
        now: TimePoint,
    ) {
        let is_odd = verdict != Verdict::Started;
        let mut faults = self.faults.close(ordinal, is_odd, is_uncounted);
        // The count may have found that a robot job is another launch's.
        faults.retain(|fault| kept.contains(&fault.job));
        self.decide_faults(faults, now);
    }

    /// Whether the retry may leave as it was decided: its launch has as many robot jobs as it asked for, and that which it replaces is
    /// one of them. What is being counted is waited for.
    ///
    /// Before its first sending they are counted once more, by the list: a person may have started the robot job again by hand.
    pub(in crate::launch::dispatcher) fn admits_retry(
        &mut self,
        ordinal: Ordinal,
        origin: &RetryOrigin,
        now: Moment,
    ) -> RetryAdmission {
        if self.is_out_of_time(origin.of, now) {
            self.tell_out_of_time();
            return RetryAdmission::Dropped;
        }
        let owner = origin.replaces.and_then(|job| self.doubts.known().owner(job));
        let is_foreign = owner.is_some_and(|owner| self.requests.planned(owner) != origin.of);
        let launches = [Some(origin.of), owner];
        let launches = || launches.iter().flatten();
        let is_first = matches!(self.outbox.state(ordinal), Some(LaunchState::Due(_)));
        if is_first && self.faults.is_to_be_checked(ordinal) {
            for launch in launches().copied().collect::<Vec<_>>() {
                self.doubts.count_again(launch);
                self.faults.note_counting(launch);
            }
            return RetryAdmission::Waits;
        }
        // Where they could not be counted, whoever goes on with the run tries again.
        let is_unsure = |launch: &Ordinal| self.faults.is_odd(*launch) || self.faults.is_uncounted(*launch);
        if is_foreign || launches().any(is_unsure) {
            RetryAdmission::Dropped
        } else if launches().any(|at| self.outbox.state(*at).is_some() || self.doubts.is_to_be_recalled(*at)) {
            RetryAdmission::Waits
        } else {
            RetryAdmission::Goes
        }
    }

    /// The retry at `ordinal` was decided by an earlier process, and is not sent yet.
    pub(in crate::launch::dispatcher) fn restore_retry(
        &mut self,
        ordinal: Ordinal,
        origin: &RetryOrigin,
        now: TimePoint,
    ) {
        // A clock that was set back meanwhile must not hold it for longer than it was to wait.
        let longest = self.requests.retry_terms(origin.of).map(|terms| terms.wait_before(origin.depth));
        let latest = now.moment.after(longest.unwrap_or_default());
        self.queue.retry_fault_at(ordinal, now.moment_at(origin.due).clamp(now.moment, latest));
    }
}

/// Whether a launch in this state was to be counted once more, and its robot jobs.
pub(in crate::launch::dispatcher) fn counted(state: Option<&LaunchState>) -> (bool, Vec<JobId>) {
    let is_uncounted = state.is_some_and(LaunchState::wants_recount);
    let Some(LaunchState::Started { jobs, .. }) = state else { return (is_uncounted, Vec::new()) };
    (is_uncounted, jobs.iter().map(|job| job.id).collect())
}
