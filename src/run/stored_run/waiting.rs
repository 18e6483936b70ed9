//! What a run still waits for, and whether it met its outcome policies.
//!
//! In: a plan, what rules over its `wait`, the ledger's states. Out: whether robot jobs are not over, and judgements. Never:
//! waits, or looks at a server.

use crate::exit::ExitStatus;
use crate::ids::{Ordinal, RunId};
use crate::launch::{LateJobs, RunHistory, WaitOverride, WaitPlan};
use crate::ledger::state::chains::{Chains, RunRetries};
use crate::ledger::state::{LaunchState, Verdict};
use crate::ledger::totals::Totals;
use crate::ledger::{EventLog, LedgerError};
use crate::outcome::Judgement;
use crate::plan::Plan;
use crate::wait::outcome_policy::{JudgedJob, LaunchEnding, OutcomeTally, judge};

/// Maximum launches read from the ledger at once.
const MAX_PAGE: usize = 1000;

/// What came of the launches of a run that waits.
#[derive(Clone, Debug)]
pub(in crate::run) struct JudgedRun {
    /// Each policy that launches were held against, the manifest's first.
    pub(in crate::run) policies: Vec<Judgement>,
    /// The exit status that outcomes and verdicts give.
    pub(in crate::run) exit: ExitStatus,
    /// How the launches that were waited for ended.
    pub(in crate::run) totals: Totals,
}

/// Whether any launch is waited for.
#[must_use]
pub(in crate::run) fn waits_for_any(plan: &Plan, over: WaitOverride) -> bool {
    let waits = WaitPlan::new(plan.follow_ups(), Vec::new()).overridden(over);
    plan.jobs().any(|job| waits.waits(plan.follow_up_number(Ordinal(job.ordinals.start))))
}

/// Whether a robot job of a launch that is waited for is not over, or is still to be started again; `late` says whether one that
/// came too late is over.
#[must_use]
pub(in crate::run) fn still_waits(plan: &Plan, over: WaitOverride, history: &RunHistory, late: LateJobs) -> bool {
    let waits = WaitPlan::new(plan.follow_ups(), Vec::new()).overridden(over);
    let is_waited_for = |ordinal| waits.waits(plan.follow_up_number(ordinal));
    history.is_waiting(late, is_waited_for) || history.wants_retries(plan, is_waited_for)
}

/// Holds the launches of `run` against the policies of its plan, and counts how they ended. Without a plan they are counted alone.
///
/// Errors: the ledger cannot be read.
pub(in crate::run) async fn judge_run<L: EventLog>(
    ledger: &L,
    run: RunId,
    plan: Option<&Plan>,
    over: WaitOverride,
) -> Result<JudgedRun, LedgerError> {
    let mut totals = Totals::default();
    let waits = plan.map(|plan| WaitPlan::new(plan.follow_ups(), Vec::new()).overridden(over));
    let (Some(plan), Some(waits)) = (plan, waits) else {
        // Nobody knows how many launches there are: those that are retries say so themselves.
        let mut retries = RunRetries::default();
        visit(ledger, run, None, |_, state| {
            if state.retry().is_some() {
                retries.add(state.clone());
            }
        })
        .await?;
        totals.retries = retries.count();
        visit(ledger, run, None, |ordinal, state| {
            if state.retry().is_none() {
                Chains { state, retries: retries.of(ordinal) }.count(&mut totals);
            }
        })
        .await?;
        return Ok(JudgedRun { policies: Vec::new(), exit: retries.exit(), totals });
    };
    // In one pass, since a plan may have as many jobs as launches: those of a job are neighbours.
    let mut jobs: Vec<_> = plan.jobs().map(|job| (job, OutcomeTally::default())).collect();
    let mut rest = OutcomeTally::default();
    let mut at = 0;
    let launches = u32::try_from(plan.len()).expect("a plan holds fewer than 2^32 launches");
    let retries = RunRetries::read(ledger, run, launches).await?;
    totals.retries = retries.count();
    visit(ledger, run, Some(launches), |ordinal, state| {
        let chains = Chains { state, retries: retries.of(ordinal) };
        chains.count(&mut totals);
        while jobs.get(at).is_some_and(|(job, _)| job.ordinals.end <= ordinal.0) {
            at += 1;
        }
        let Some((job, own)) = jobs.get_mut(at) else { return };
        let tally = if job.follow_up.outcome.is_some() { own } else { &mut rest };
        let is_skipped = *state == LaunchState::Planned && plan.skips(ordinal);
        let verdict = if is_skipped { Verdict::Skipped } else { state.verdict() };
        // Nobody waits for what a person answered for, or for what turned out to be nobody's.
        let has_jobs = matches!(state, LaunchState::Started { jobs, .. } if !jobs.is_empty());
        let is_waited_for = waits.waits(plan.follow_up_number(ordinal)) && has_jobs && !chains.is_declared();
        let outcome = chains.outcome().filter(|_| is_waited_for);
        tally.count(LaunchEnding { verdict, is_waited_for, outcome, is_flaky: chains.is_flaky() });
    })
    .await?;
    if !waits_for_any(plan, over) {
        return Ok(JudgedRun { policies: Vec::new(), exit: retries.exit(), totals });
    }
    let judged = jobs
        .into_iter()
        .filter_map(|(job, tally)| Some(JudgedJob { name: job.name, policy: job.follow_up.outcome.as_ref()?, tally }));
    let judgement = judge(plan.run_follow_up().outcome.as_ref(), &rest, &judged.collect::<Vec<_>>());
    Ok(JudgedRun { policies: judgement.policies, exit: judgement.exit.worse(retries.exit()), totals })
}

/// Visits the launches of `run` in order: all of so many, or, where nobody knows how many there are, those that have events.
async fn visit<L: EventLog>(
    ledger: &L,
    run: RunId,
    launches: Option<u32>,
    mut visit: impl FnMut(Ordinal, &LaunchState),
) -> Result<(), LedgerError> {
    let mut next = 0;
    loop {
        let page = ledger.read_states(run, Ordinal(next), MAX_PAGE).await?;
        let is_planned = |ordinal: Ordinal| launches.is_none_or(|launches| ordinal.0 < launches);
        let is_last = page.len() < MAX_PAGE || page.last().is_some_and(|last| !is_planned(last.0));
        // What lies behind the plan's launches are retries.
        for (ordinal, state) in page.into_iter().filter(|(ordinal, _)| is_planned(*ordinal)) {
            if launches.is_some() {
                (next..ordinal.0).for_each(|between| visit(Ordinal(between), &LaunchState::Planned));
            }
            visit(ordinal, &state);
            next = ordinal.0 + 1;
        }
        if is_last {
            (next..launches.unwrap_or(next)).for_each(|rest| visit(Ordinal(rest), &LaunchState::Planned));
            return Ok(());
        }
    }
}
