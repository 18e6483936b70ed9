//! Launches that wait for those of other jobs: which may go, which wait, and which never can any more.
//!
//! In: what a plan's jobs need of each other, and what came of launches. Out: whether a launch may go, what it is made of, and
//! launches that are left out. Never: sends, or forgets a launch: what waits goes, is left out, or is not sent when the run ends.

mod fate;
mod graph;
#[cfg(test)]
mod tests;
mod values;
mod waiting;

use std::collections::{HashMap, VecDeque};

use serde_json::{Map, Value};

use self::fate::{Fate, Fates, Oddity};
use self::graph::{NeedGraph, ResolvedNeed};
use super::progress::LaunchProgress;
use crate::format::NeedCondition;
use crate::ids::{JobId, Ordinal, OrdinalSet};
use crate::ledger::event::LeftOutCause;
use crate::ledger::state::{LaunchState, Verdict};
use crate::outcome::{JobEnd, JobOutcome};
use crate::plan::Plan;

/// Whether a launch may go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NeedAdmission {
    /// What it needs is met.
    Goes,
    /// What it needs is not known yet.
    Waits,
    /// What it needs cannot be met any more: it was left out.
    LeftOut,
}

/// A launch that is left out, and why.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::launch) struct LeftOutLaunch {
    pub(in crate::launch) ordinal: Ordinal,
    pub(in crate::launch) cause: LeftOutCause,
    pub(in crate::launch) why: String,
}

/// How a need stands.
enum NeedState {
    Met,
    Open,
    /// It cannot be met any more; what came of the needed job.
    Never(String),
}

/// A launch whose robot jobs are under way.
#[derive(Debug)]
struct RunningLaunch {
    jobs: usize,
    ended: Vec<JobId>,
    worst: JobOutcome,
    output: Option<String>,
}

/// What the launches of a run need of each other.
#[derive(Debug, Default)]
pub(super) struct LaunchNeeds {
    graph: NeedGraph,
    /// What came of each launch that others need.
    fates: Fates,
    running: HashMap<Ordinal, RunningLaunch>,
    /// The outputs of launches of one robot job, as text, where others use them.
    outputs: HashMap<Ordinal, Box<str>>,
    /// Launches that ended well, and whose outputs others use and nobody could read.
    unread: OrdinalSet,
    /// Launches that wait.
    held: OrdinalSet,
    left_out: VecDeque<LeftOutLaunch>,
}

impl LaunchNeeds {
    /// Those of `plan`.
    pub(super) fn of(plan: &Plan) -> Self {
        if !plan.has_needs() {
            return Self::default();
        }
        let mut graph = NeedGraph::of(plan);
        let mut fates = Fates::new(plan.len());
        for job in graph.jobs.iter_mut().filter(|job| !job.dependents.is_empty()) {
            for ordinal in job.ordinals.clone().map(Ordinal).filter(|ordinal| plan.skips(*ordinal)) {
                fates.set(ordinal, Fate::SkippedByPlan, &mut job.counts);
            }
        }
        Self { graph, fates, ..Self::default() }
    }

    /// Whether the launch may go; one that waits is released by [`LaunchNeeds::hear`] some time.
    pub(super) fn admit(&mut self, ordinal: Ordinal) -> NeedAdmission {
        let Some(job) = self.graph.job_of(ordinal) else { return NeedAdmission::Goes };
        let mut waits = false;
        for need in &job.needs {
            match self.state(need, ordinal.0 - job.ordinals.start) {
                NeedState::Met => {}
                NeedState::Open => waits = true,
                NeedState::Never(why) => {
                    let why = format!("needs `{}` {}, and {why}", need.name, wanted(need.condition));
                    self.leave_out(ordinal, LeftOutCause::Needs, why);
                    return NeedAdmission::LeftOut;
                }
            }
        }
        if waits || self.unread_need(ordinal).is_some() {
            self.held.insert(ordinal);
            return NeedAdmission::Waits;
        }
        NeedAdmission::Goes
    }

    /// What the launch is made of beside its plan, by the names of the jobs that it needs; `None` where it uses nothing of it.
    pub(super) fn values(&self, ordinal: Ordinal) -> Option<Map<String, Value>> {
        let job = self.graph.job_of(ordinal).filter(|job| job.uses_needs)?;
        let value = |need: &ResolvedNeed| {
            let launches = need.launches_of(ordinal.0 - job.ordinals.start);
            (need.name.to_string(), values::of(launches, &self.fates, &self.outputs))
        };
        Some(job.needs.iter().map(value).collect())
    }

    /// The launch is left out for good; those that need it hear of it.
    pub(super) fn leave_out(&mut self, ordinal: Ordinal, cause: LeftOutCause, why: String) {
        self.held.remove(ordinal);
        self.left_out.push_back(LeftOutLaunch { ordinal, cause, why });
    }

    /// The next launch that is left out and is not recorded yet.
    pub(super) fn take_left_out(&mut self) -> Option<LeftOutLaunch> {
        self.left_out.pop_front()
    }

    /// What an earlier process saw of a launch.
    pub(super) fn recall(&mut self, ordinal: Ordinal, state: &LaunchState) {
        match state {
            LaunchState::Started { jobs, ends, .. } => {
                self.hear(&LaunchProgress::Started { ordinal, jobs: jobs.len() });
                for end in ends {
                    self.hear(&LaunchProgress::JobEnded { ordinal, end });
                }
                let verdict = state.verdict();
                if verdict != Verdict::Started {
                    self.hear(&LaunchProgress::NotStarted { ordinal, verdict });
                }
            }
            LaunchState::LeftOut { cause, .. } => {
                self.settle(ordinal, fate_of(*cause));
            }
            LaunchState::Declared {
                verdict: verdict @ (Verdict::Started | Verdict::Partial | Verdict::Duplicate),
                ..
            } => {
                self.settle(ordinal, Fate::Declared);
                self.hear(&LaunchProgress::NotStarted { ordinal, verdict: *verdict });
            }
            LaunchState::Rejected { .. } | LaunchState::Declared { .. } | LaunchState::StartedElsewhere { .. } => {
                self.hear(&LaunchProgress::NotStarted { ordinal, verdict: state.verdict() });
            }
            // They are taken up again, and heard of then.
            LaunchState::Planned
            | LaunchState::Due(_)
            | LaunchState::Open(_)
            | LaunchState::Unsent { .. }
            | LaunchState::InDoubt { .. } => {}
        }
    }

    /// Something came of a launch. Returns those that waited for it and are to be looked at again.
    pub(super) fn hear(&mut self, progress: &LaunchProgress<'_>) -> Vec<Ordinal> {
        match *progress {
            LaunchProgress::Started { ordinal, jobs } => {
                if !self.graph.is_needed(ordinal) || self.fates.of(ordinal) != Fate::Waiting {
                    return Vec::new();
                }
                let running = RunningLaunch { jobs, ended: Vec::new(), worst: JobOutcome::Successful, output: None };
                self.running.insert(ordinal, running);
                self.settle(ordinal, Fate::Started)
            }
            LaunchProgress::JobEnded { ordinal, end } => self.job_ended(ordinal, end),
            // What the launch has instead may run still, and nobody who needs it goes by what is left: they wait, and go once a
            // later process has read the whole of it.
            LaunchProgress::JobDropped { .. } => Vec::new(),
            LaunchProgress::NotStarted { ordinal, verdict } => match verdict {
                Verdict::Rejected if self.fates.of(ordinal) == Fate::Waiting => self.settle(ordinal, Fate::Rejected),
                Verdict::Skipped if self.fates.of(ordinal) == Fate::Waiting => {
                    self.settle(ordinal, Fate::StartedElsewhere)
                }
                Verdict::Partial => self.note_odd(ordinal, Oddity::Partial),
                Verdict::Duplicate => self.note_odd(ordinal, Oddity::Duplicate),
                // Nobody knows yet: whoever waits for it waits on.
                Verdict::Started | Verdict::Rejected | Verdict::Skipped | Verdict::Unknown | Verdict::NotSent => {
                    Vec::new()
                }
            },
        }
    }

    /// The launch was left out, and that is on its way to the ledger.
    pub(super) fn note_left_out(&mut self, launch: &LeftOutLaunch) -> Vec<Ordinal> {
        self.settle(launch.ordinal, fate_of(launch.cause))
    }

    fn job_ended(&mut self, ordinal: Ordinal, end: &JobEnd) -> Vec<Ordinal> {
        if self.unread.contains(ordinal) && end.outcome == JobOutcome::Successful && !end.lacks_output() {
            return self.output_read(ordinal, end);
        }
        let Some(running) = self.running.get_mut(&ordinal).filter(|running| !running.ended.contains(&end.job)) else {
            return Vec::new();
        };
        if end.outcome == JobOutcome::Late {
            // It may still end well: that decides what goes behind it.
            return self.settle(ordinal, Fate::Late);
        }
        running.ended.push(end.job);
        running.worst = running.worst.max(end.outcome);
        if running.jobs == 1 {
            running.output.clone_from(&end.output);
            if end.lacks_output() && self.graph.keeps_outputs(ordinal) {
                self.unread.insert(ordinal);
            }
        }
        if running.ended.len() < running.jobs {
            return Vec::new();
        }
        let Some(running) = self.running.remove(&ordinal) else { return Vec::new() };
        if let Some(output) = running.output.filter(|_| self.graph.keeps_outputs(ordinal)) {
            self.outputs.insert(ordinal, output.into());
        }
        self.settle(ordinal, Fate::of_outcome(running.worst))
    }

    fn note_odd(&mut self, ordinal: Ordinal, oddity: Oddity) -> Vec<Ordinal> {
        if !self.graph.is_needed(ordinal) {
            return Vec::new();
        }
        if let Some(place) = self.graph.place_of(ordinal) {
            self.fates.note_odd(ordinal, oddity, &mut self.graph.jobs[place].counts);
        }
        self.wake(ordinal)
    }

    /// The launch has this fate. Returns those that waited for it and are to be looked at again.
    fn settle(&mut self, ordinal: Ordinal, fate: Fate) -> Vec<Ordinal> {
        if !self.graph.is_needed(ordinal) {
            return Vec::new();
        }
        if let Some(place) = self.graph.place_of(ordinal) {
            self.fates.set(ordinal, fate, &mut self.graph.jobs[place].counts);
        }
        self.wake(ordinal)
    }

    /// The launches that wait for the one at `ordinal` and need not wait any more.
    fn wake(&mut self, ordinal: Ordinal) -> Vec<Ordinal> {
        let Some(place) = self.graph.place_of(ordinal) else { return Vec::new() };
        let index = (ordinal.0 - self.graph.jobs[place].ordinals.start) as usize;
        let mut concerned = Vec::new();
        for dependents in 0..self.graph.jobs[place].dependents.len() {
            let of = &self.graph.jobs[place].dependents[dependents];
            match &of.by_twin {
                Some(by_twin) => concerned.extend(by_twin[index].filter(|twin| self.held.contains(*twin))),
                None if of.is_decided => {}
                None => {
                    // Most news of a job as a whole decide nothing, and there may be many launches behind it.
                    let first = of.ordinals.start;
                    let need = self.graph.job_of(Ordinal(first)).and_then(|job| job.needs.get(of.need));
                    if need.is_some_and(|need| !matches!(self.state(need, 0), NeedState::Open)) {
                        concerned.extend(of.ordinals.clone().map(Ordinal).filter(|at| self.held.contains(*at)));
                        self.graph.jobs[place].dependents[dependents].is_decided = true;
                    }
                }
            }
        }
        concerned.retain(|at| !self.still_waits(*at));
        for at in &concerned {
            self.held.remove(*at);
        }
        concerned
    }

    fn still_waits(&self, ordinal: Ordinal) -> bool {
        let Some(job) = self.graph.job_of(ordinal) else { return false };
        let states = job.needs.iter().map(|need| self.state(need, ordinal.0 - job.ordinals.start));
        let mut is_open = false;
        for state in states {
            match state {
                NeedState::Met => {}
                NeedState::Open => is_open = true,
                NeedState::Never(_) => return false,
            }
        }
        is_open
    }

    fn state(&self, need: &ResolvedNeed, index: u32) -> NeedState {
        let launches = need.launches_of(index);
        // A job without launches in this plan has done all that it had to; a part of a plan has what is left of it.
        if launches.is_empty() {
            return NeedState::Met;
        }
        let counts = match (need.job, &need.twins) {
            (Some(job), None) => self.graph.jobs[job].counts,
            (_, Some(_)) | (None, None) => self.fates.count(launches),
        };
        let never = |what: String| NeedState::Never(what);
        let met = |is_met| if is_met { NeedState::Met } else { NeedState::Open };
        let all_skipped = counts.neutral == counts.all;
        let is_declared = counts.of(Fate::Declared) > 0;
        match need.condition {
            NeedCondition::Finished | NeedCondition::Failed if is_declared => {
                never("it was declared to be started: how it ended, nobody knows".to_owned())
            }
            NeedCondition::Finished => met(counts.over == counts.all),
            NeedCondition::Succeeded if counts.unsuccessful > 0 => never(counts.told_failures()),
            NeedCondition::Started if counts.unstarted > 0 => never(counts.told_unstarted()),
            NeedCondition::Succeeded | NeedCondition::Started if all_skipped => never("it is skipped".to_owned()),
            NeedCondition::Succeeded => met(counts.successful + counts.neutral == counts.all),
            NeedCondition::Started => met(counts.started + counts.neutral == counts.all),
            NeedCondition::Failed if counts.over < counts.all => NeedState::Open,
            NeedCondition::Failed if counts.failed > 0 => NeedState::Met,
            NeedCondition::Failed => never("nothing of it failed".to_owned()),
        }
    }
}

fn wanted(condition: NeedCondition) -> &'static str {
    match condition {
        NeedCondition::Succeeded => "to succeed",
        NeedCondition::Finished => "to finish",
        NeedCondition::Failed => "to fail",
        NeedCondition::Started => "to be started",
    }
}

fn fate_of(cause: LeftOutCause) -> Fate {
    match cause {
        LeftOutCause::Needs => Fate::SkippedByNeeds,
        LeftOutCause::Condition => Fate::SkippedByPlan,
        LeftOutCause::Unfit => Fate::Rejected,
    }
}
