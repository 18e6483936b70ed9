//! What the ledger holds of a run that is resumed: which launches are over, and which are not.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashSet};
use std::rc::Rc;
use std::time::Duration;

use super::clocks::{Clocks, SendTime};
use super::known_jobs::KnownJobs;
use crate::clock::{TimePoint, Timestamp};
use crate::ids::{AttemptNo, FolderRef, JobId, LaunchId, Ordinal, OrdinalSet, ReleaseKey, RunId};
use crate::ledger::event::{Intent, LaunchEvent, RetryOrigin};
use crate::ledger::state::chains::{Chains, RunRetries};
use crate::ledger::state::{DoubtOutcome, Evidence, LaunchState, Verdict, fold};
use crate::ledger::{EventLog, LedgerError, Rations, TenantState};
use crate::outcome::JobEnd;
use crate::pace::{Pace, Stream};
use crate::plan::Plan;
use crate::robot_job::{RobotJob, server_time};
use crate::wait::LearntSpans;

mod faulted_job;

pub(in crate::launch) use faulted_job::FaultedJob;

/// Maximum launches read from the ledger at once.
const PAGE: usize = 1000;

/// A run's launches as its ledger has them.
#[derive(Debug, Default)]
pub struct RunHistory {
    /// Launches that have events.
    pub touched: OrdinalSet,
    /// Launches of the plan that are over, by verdict.
    pub ended: BTreeMap<Verdict, u32>,
    /// Retries that are over, by verdict.
    pub(super) ended_retries: BTreeMap<Verdict, u32>,
    /// Of what each retry is one.
    pub(super) retry_origins: BTreeMap<Ordinal, Rc<RetryOrigin>>,
    /// Robot jobs that faulted, of launches that were started as they asked.
    faults: Vec<FaultedJob>,
    /// Launches that are known by the server's list alone, and whose robot jobs another ledger may know, retries too.
    pub(super) adopted: HashSet<Ordinal>,
    /// Launches that were started otherwise than they asked, retries too.
    pub(super) odd: HashSet<Ordinal>,
    /// Launches that others need, and of which a retry was started otherwise than it asked.
    pub(super) needed_odd: Vec<(Ordinal, Verdict)>,
    /// Launches that have events and are not over, retries too: to be settled, sent or counted once more.
    pub unfinished: BTreeMap<Ordinal, LaunchState>,
    /// The robot jobs that are known to belong to its launches.
    pub(super) known: KnownJobs,
    /// Launches that others need, with what is known of them; where a plan was asked.
    pub(super) needed: Vec<(Ordinal, LaunchState)>,
    /// Launches that claim a robot job which another launch claims, too.
    pub(super) disputed: BTreeSet<Ordinal>,
    /// How far the clocks are apart, by its robot jobs.
    pub(super) clocks: Clocks,
    /// The latest send times, in no order: what the pace must still count.
    pub(super) latest_sends: BinaryHeap<Reverse<Timestamp>>,
    /// What the server asked for, and how often the run read its lists.
    pub(super) rations: TenantState,
    /// How far the server's `Date` is ahead of our clock, in milliseconds, as lists told that were read just now.
    pub(super) server_ahead_ms: Option<i64>,
    /// How many sendings were repeated.
    pub(super) retries: u32,
    /// Robot jobs of launches that were started, and that are not over for good, or whose outputs could not be read.
    pub(super) unfinished_jobs: Vec<UnfinishedJob>,
    /// How long robot jobs usually live, by earlier runs.
    pub(super) learnt: LearntSpans,
}

/// A robot job that was started, and is not over for good. Small: there may be a hundred thousand.
#[derive(Debug)]
pub(super) struct UnfinishedJob {
    pub(super) ordinal: Ordinal,
    pub(super) attempt: AttemptNo,
    pub(super) folder: Rc<FolderRef>,
    pub(super) release: ReleaseKey,
    pub(super) id: JobId,
    /// `CreationTime`.
    pub(super) created: Option<Timestamp>,
    /// `ReleaseVersionId` when it was started.
    pub(super) release_version: Option<i64>,
    /// Whether it was waited for until it was too late.
    pub(super) is_late: bool,
    /// Whether it was seen to run.
    pub(super) has_begun: bool,
    /// `StartTime`, where that was shown.
    pub(super) start: Option<Timestamp>,
}

/// Whether a robot job that was not over in time counts as over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateJobs {
    /// It does: nobody waits for it by itself.
    Over,
    /// It does not: whoever asks waits on.
    Open,
}

/// Maximum send times that are kept: no burst is larger.
const MAX_LATEST_SENDS: usize = 1000;

impl RunHistory {
    /// Reads it. A run that was only just opened has an empty history. Launches that are held are over.
    pub async fn read<L: EventLog + Rations>(ledger: &L, run: RunId) -> Result<Self, LedgerError> {
        Self::read_by(ledger, run, is_over).await
    }

    /// The same for whoever asks once more: launches that are held are in doubt like others, and may have come to exist.
    pub async fn read_with_held<L: EventLog + Rations>(ledger: &L, run: RunId) -> Result<Self, LedgerError> {
        Self::read_by(ledger, run, |state| is_over(state) && !matches!(state, LaunchState::InDoubt { .. })).await
    }

    async fn read_by<L: EventLog + Rations>(
        ledger: &L,
        run: RunId,
        is_over: fn(&LaunchState) -> bool,
    ) -> Result<Self, LedgerError> {
        let mut history = Self { rations: ledger.read_tenant(run).await?, ..Self::default() };
        let mut from = Ordinal(0);
        loop {
            let page = ledger.read_states(run, from, PAGE).await?;
            let last = page.last().map(|(ordinal, _)| *ordinal);
            let whole = page.len() < PAGE;
            for (ordinal, state) in page {
                let over = is_over(&state);
                history.take(ordinal, state, over);
            }
            match last {
                Some(last) if !whole => from = Ordinal(last.0 + 1),
                Some(_) | None => return Ok(history),
            }
        }
    }

    /// The same with what is known of launches that others of `plan` need. To be asked last, once nothing is recorded any more
    /// before sending.
    pub async fn with_needed<L: EventLog>(
        mut self,
        ledger: &L,
        run: RunId,
        plan: Option<&Plan>,
    ) -> Result<Self, LedgerError> {
        let Some(plan) = plan.filter(|plan| plan.has_needs()) else { return Ok(self) };
        let needed: BTreeSet<u32> = plan.jobs().flat_map(|job| job.needs.iter().map(|need| need.job)).collect();
        let launches = u32::try_from(plan.len()).expect("a plan holds fewer than 2^32 launches");
        let retries = RunRetries::read(ledger, run, launches).await?;
        let open: HashSet<JobId> = self.open_faults().iter().map(|fault| fault.job).collect();
        let mut from = Ordinal(0);
        loop {
            let page = ledger.read_states(run, from, PAGE).await?;
            let last = page.last().map(|(ordinal, _)| *ordinal);
            let whole = page.len() < PAGE;
            let is_needed = |ordinal: Ordinal| ordinal.0 < launches && needed.contains(&plan.job_number(ordinal));
            let page = page.into_iter().filter(|(ordinal, _)| is_needed(*ordinal));
            for (ordinal, state) in page {
                let retries = retries.of(ordinal);
                let odd = retries
                    .iter()
                    .map(LaunchState::verdict)
                    .find(|verdict| matches!(verdict, Verdict::Partial | Verdict::Duplicate));
                self.needed_odd.extend(odd.map(|verdict| (ordinal, verdict)));
                self.needed.push((ordinal, as_needed(state, retries, &open)));
            }
            match last {
                Some(last) if !whole => from = Ordinal(last.0 + 1),
                Some(_) | None => return Ok(self),
            }
        }
    }

    /// The same, where lists told how far the server's `Date` is ahead of our clock, in milliseconds.
    #[must_use]
    pub fn with_server_ahead(self, server_ahead_ms: Option<i64>) -> Self {
        Self { server_ahead_ms, ..self }
    }

    /// The same, where an earlier run told how long robot jobs usually live.
    #[must_use]
    pub(crate) fn with_learnt(self, learnt: LearntSpans) -> Self {
        Self { learnt, ..self }
    }

    /// How far the clock of `CreationTime` was behind `Date`, at most; `None` if that was never learnt.
    #[must_use]
    pub fn created_behind(&self) -> Option<Duration> {
        let least_ms = self.rations.clock_difference?.least_ms;
        Some(Duration::from_millis(least_ms.min(0).unsigned_abs()))
    }

    /// How many launches are in doubt, or may have been sent by a process that is gone.
    #[must_use]
    pub fn in_doubt(&self) -> u32 {
        self.in_doubt_of(|_, _| true)
    }

    /// The same of those that `is_meant` names, by a launch and its place in the plan, or that of the launch that it is a retry of.
    #[must_use]
    pub fn in_doubt_of(&self, is_meant: impl Fn(&LaunchId, Ordinal) -> bool) -> u32 {
        let is_in_doubt = |(ordinal, state): &(&Ordinal, &LaunchState)| match state {
            LaunchState::Open(attempts) | LaunchState::InDoubt { attempts, .. } => {
                is_meant(&attempts.intent.launch, self.planned(**ordinal))
            }
            LaunchState::Planned
            | LaunchState::Unsent { .. }
            | LaunchState::Started { .. }
            | LaunchState::Rejected { .. }
            | LaunchState::Declared { .. }
            | LaunchState::StartedElsewhere { .. }
            | LaunchState::LeftOut { .. }
            | LaunchState::Due(_) => false,
        };
        u32::try_from(self.unfinished.iter().filter(is_in_doubt).count()).unwrap_or(u32::MAX)
    }

    /// Whether no launch has an event.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.ended.is_empty() && self.ended_retries.is_empty() && self.unfinished.is_empty()
    }

    /// When lists may be read, after those that were.
    pub(super) fn polls(&self, pace: Pace, now: TimePoint) -> Stream {
        let mut stream = Stream::idle(pace);
        for at in &self.rations.lists {
            stream.take(now.moment_at(*at).min(now.moment));
        }
        stream.at_most_a_burst_ahead(now.moment)
    }

    /// The number of the next attempt of a launch that may be sent; `None` if it may not.
    pub(super) fn next_attempt(&self, ordinal: Ordinal) -> Option<AttemptNo> {
        if !self.touched.contains(ordinal) {
            return Some(AttemptNo::FIRST);
        }
        let state = self.unfinished.get(&ordinal)?;
        state.may_be_sent().then(|| state.next_attempt())
    }

    /// Takes in an event that may follow.
    pub(super) fn apply(&mut self, ordinal: Ordinal, event: LaunchEvent) {
        let state = self.unfinished.remove(&ordinal).unwrap_or_default();
        let state = fold(state, event).expect("only what may follow is applied");
        let over = is_over(&state);
        self.take(ordinal, state, over);
    }

    /// The place in the plan of the launch at `ordinal`: its own, or that of the launch that it is a retry of.
    fn planned(&self, ordinal: Ordinal) -> Ordinal {
        self.retry_origins.get(&ordinal).map_or(ordinal, |origin| origin.of)
    }

    fn note_unfinished(&mut self, ordinal: Ordinal, intent: &Intent, jobs: &[RobotJob], ends: &[JobEnd]) {
        let is_final = |id| ends.iter().any(|end| end.job == id && end.outcome.is_final() && !end.lacks_output());
        for job in jobs.iter().filter(|job| !is_final(job.id)) {
            let latest = self.unfinished_jobs.last().map(|last| &last.folder);
            let folder = latest.filter(|folder| ***folder == intent.folder).cloned();
            self.unfinished_jobs.push(UnfinishedJob {
                ordinal,
                attempt: intent.attempt,
                folder: folder.unwrap_or_else(|| Rc::new(intent.folder.clone())),
                release: intent.release,
                id: job.id,
                created: job.created(),
                release_version: job.release_version,
                is_late: ends.iter().any(|end| end.job == job.id),
                has_begun: job.has_begun(),
                start: job.start_time.as_deref().and_then(server_time),
            });
        }
    }

    /// Whether a robot job of a launch that `is_waited_for` is not over; `late` says whether one that came too late is.
    #[must_use]
    pub fn is_waiting(&self, late: LateJobs, is_waited_for: impl Fn(Ordinal) -> bool) -> bool {
        let counts = |job: &&UnfinishedJob| late == LateJobs::Open || !job.is_late;
        self.unfinished_jobs.iter().filter(counts).any(|job| is_waited_for(self.planned(job.ordinal)))
    }

    /// The robot jobs that faulted, and in whose place no retry was decided.
    pub(super) fn open_faults(&self) -> Vec<FaultedJob> {
        let origins = || self.retry_origins.values();
        let replaced: HashSet<JobId> = origins().filter_map(|origin| origin.replaces).collect();
        // Where nobody knows in whose place a retry was made, there is no other one.
        let unplaced: HashSet<Ordinal> =
            origins().filter(|origin| origin.replaces.is_none()).map(|origin| origin.of).collect();
        // Nor where whoever started it may be about to make one.
        let is_others = |fault: &FaultedJob| unplaced.contains(&fault.of) || self.adopted.contains(&fault.ordinal);
        let is_open = |fault: &&FaultedJob| !replaced.contains(&fault.job) && !is_others(fault);
        self.faults.iter().filter(is_open).copied().collect()
    }

    /// Whether a robot job that faulted, of a launch that `is_waited_for`, is to be started again by `plan`, and nothing of that
    /// was decided.
    #[must_use]
    pub fn wants_retries(&self, plan: &Plan, is_waited_for: impl Fn(Ordinal) -> bool) -> bool {
        self.open_faults().iter().any(|fault| {
            let is_asked = plan.follow_up(fault.of).retry.as_ref().is_some_and(|terms| fault.is_retried(terms));
            is_asked && is_waited_for(fault.of) && plan.starts_again(fault.of)
        })
    }

    /// The launches of `plan` of which a retry may still be sent: decided and not sent, to be decided, or of a robot job that is not
    /// over, and may fault.
    #[must_use]
    pub fn may_start_again(&self, plan: &Plan) -> BTreeSet<Ordinal> {
        let terms = |of: Ordinal| plan.follow_up(of).retry.as_ref();
        let decided = self.unfinished.keys().filter_map(|ordinal| Some(self.retry_origins.get(ordinal)?.of));
        let faulted =
            self.open_faults().into_iter().filter(|fault| terms(fault.of).is_some_and(|terms| fault.is_retried(terms)));
        let open = self.unfinished_jobs.iter().map(|job| self.planned(job.ordinal)).filter(|of| terms(*of).is_some());
        decided.chain(faulted.map(|fault| fault.of)).chain(open).collect()
    }

    fn take(&mut self, ordinal: Ordinal, state: LaunchState, is_over: bool) {
        self.touched.insert(ordinal);
        if let Some(origin) = state.retry() {
            self.retry_origins.insert(ordinal, Rc::new(origin.clone()));
        }
        if let Some(attempts) = state.attempts() {
            self.retries += attempts.sent.saturating_sub(1);
            self.latest_sends.push(Reverse(attempts.intent.not_before));
            if self.latest_sends.len() > MAX_LATEST_SENDS {
                self.latest_sends.pop();
            }
        }
        if let LaunchState::Started { attempts, jobs, ends, evidence, .. } = &state {
            self.note_unfinished(ordinal, &attempts.intent, jobs, ends);
            if *evidence == Evidence::List && !attempts.doubted {
                self.adopted.insert(ordinal);
            }
            if state.verdict() == Verdict::Started {
                let is_its = |end: &&JobEnd| jobs.iter().any(|job| job.id == end.job);
                let faults = ends.iter().filter(is_its).filter_map(|end| FaultedJob::of(ordinal, state.retry(), end));
                self.faults.extend(faults);
            } else {
                self.odd.insert(ordinal);
            }
            if let Some(other) = self.known.add(ordinal, &attempts.intent, jobs, None) {
                self.disputed.extend([ordinal, other]);
            }
            let created = jobs.first().and_then(RobotJob::created);
            if let Some(created) = created {
                self.clocks.note_sent(created, SendTime::of(&attempts.intent));
            }
        }
        if let LaunchState::Rejected { attempts, .. } = &state {
            self.known.add_launch(ordinal, &attempts.intent);
        }
        if is_over && state.retry().is_some() {
            *self.ended_retries.entry(state.verdict()).or_default() += 1;
        } else if is_over {
            *self.ended.entry(state.verdict()).or_default() += 1;
        } else {
            self.unfinished.insert(ordinal, state);
        }
    }
}

/// A launch that others need as they are to know it, with its `retries`; of the faults in `open` they hear once those are decided.
fn as_needed(mut state: LaunchState, retries: &[LaunchState], open: &HashSet<JobId>) -> LaunchState {
    let chains = Chains { state: &state, retries };
    let (heard, is_unclear) = (chains.heard_ends(|end| open.contains(&end.job)), chains.is_unclear());
    match &mut state {
        // Somebody answered for what came in the place of a robot job, or nobody knows in whose place that was: how it ended, nobody
        // will know.
        LaunchState::Started { attempts, jobs, .. } if is_unclear => {
            LaunchState::Declared { attempts: attempts.clone(), verdict: Verdict::Started, jobs: std::mem::take(jobs) }
        }
        LaunchState::Started { ends, .. } => {
            *ends = heard;
            state
        }
        LaunchState::Planned
        | LaunchState::Due(_)
        | LaunchState::Open(_)
        | LaunchState::Unsent { .. }
        | LaunchState::Rejected { .. }
        | LaunchState::InDoubt { .. }
        | LaunchState::Declared { .. }
        | LaunchState::StartedElsewhere { .. }
        | LaunchState::LeftOut { .. } => state,
    }
}

/// Whether nothing more is done about a launch in this state by itself, but to wait for its robot jobs.
fn is_over(state: &LaunchState) -> bool {
    match state {
        LaunchState::Rejected { .. }
        | LaunchState::Declared { .. }
        | LaunchState::StartedElsewhere { .. }
        | LaunchState::LeftOut { .. } => true,
        LaunchState::Started { .. } => !state.wants_recount(),
        LaunchState::InDoubt { outcome, .. } => matches!(outcome, Some(DoubtOutcome::Held(_))),
        LaunchState::Planned | LaunchState::Due(_) | LaunchState::Open(_) | LaunchState::Unsent { .. } => false,
    }
}
