//! What a run still waits for, and whether it met its outcome policies.
//!
//! In: a plan, what rules over its `wait`, the ledger's states. Out: whether robot jobs are not over, and judgements. Never:
//! waits, or looks at a server.

use std::ops::Range;

use crate::exit::ExitStatus;
use crate::ids::{Ordinal, RunId};
use crate::launch::{LateJobs, RunHistory, WaitOverride, WaitPlan};
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

/// Whether a robot job of a launch that is waited for is not over; `late` says whether one that came too late is.
#[must_use]
pub(in crate::run) fn still_waits(plan: &Plan, over: WaitOverride, history: &RunHistory, late: LateJobs) -> bool {
    let waits = WaitPlan::new(plan.follow_ups(), Vec::new()).overridden(over);
    history.is_waiting(late, |ordinal| waits.waits(plan.follow_up_number(ordinal)))
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
    let Some(plan) = plan else {
        visit(ledger, run, 0..u32::MAX, |_, state| count_outcome(&mut totals, state)).await?;
        return Ok(JudgedRun { policies: Vec::new(), exit: ExitStatus::Success, totals });
    };
    let waits = WaitPlan::new(plan.follow_ups(), Vec::new()).overridden(over);
    let waits_for = |start: u32| waits.waits(plan.follow_up_number(Ordinal(start)));
    if !plan.jobs().any(|job| waits_for(job.ordinals.start)) {
        // One pass: a plan may have as many jobs as launches.
        visit(ledger, run, 0..u32::MAX, |_, state| count_outcome(&mut totals, state)).await?;
        return Ok(JudgedRun { policies: Vec::new(), exit: ExitStatus::Success, totals });
    }
    let mut rest = OutcomeTally::default();
    let mut judged = Vec::new();
    for job in plan.jobs() {
        let waits_for_job = waits_for(job.ordinals.start);
        let mut own = OutcomeTally::default();
        let tally = if job.follow_up.outcome.is_some() { &mut own } else { &mut rest };
        visit(ledger, run, job.ordinals.clone(), |ordinal, state| {
            count_outcome(&mut totals, state);
            let is_skipped = *state == LaunchState::Planned && plan.skips(ordinal);
            let verdict = if is_skipped { Verdict::Skipped } else { state.verdict() };
            // Nobody waits for what a person answered for, or for what turned out to be nobody's.
            let has_jobs = matches!(state, LaunchState::Started { jobs, .. } if !jobs.is_empty());
            let is_waited_for = waits_for_job && has_jobs;
            let outcome = state.outcome().filter(|_| is_waited_for);
            tally.count(LaunchEnding { verdict, is_waited_for, outcome, is_flaky: false });
        })
        .await?;
        if let Some(policy) = &job.follow_up.outcome {
            judged.push(JudgedJob { name: job.name, policy, tally: own });
        }
    }
    let judgement = judge(plan.run_follow_up().outcome.as_ref(), &rest, &judged);
    Ok(JudgedRun { policies: judgement.policies, exit: judgement.exit, totals })
}

fn count_outcome(totals: &mut Totals, state: &LaunchState) {
    state.outcome().into_iter().for_each(|outcome| totals.count_outcome(outcome));
}

/// Visits the launches at `ordinals`; beyond the last that has an event only where `ordinals` have an end.
async fn visit<L: EventLog>(
    ledger: &L,
    run: RunId,
    ordinals: Range<u32>,
    mut visit: impl FnMut(Ordinal, &LaunchState),
) -> Result<(), LedgerError> {
    let Range { start: mut next, end } = ordinals;
    while next < end {
        let most = MAX_PAGE.min(usize::try_from(end - next).unwrap_or(MAX_PAGE));
        let page = ledger.read_states(run, Ordinal(next), most).await?;
        let is_last = page.len() < most;
        for (ordinal, state) in page.into_iter().take_while(|(ordinal, _)| ordinal.0 < end) {
            while next < ordinal.0 {
                visit(Ordinal(next), &LaunchState::Planned);
                next += 1;
            }
            visit(ordinal, &state);
            next += 1;
        }
        if is_last && end == u32::MAX {
            return Ok(());
        }
        while is_last && next < end {
            visit(Ordinal(next), &LaunchState::Planned);
            next += 1;
        }
    }
    Ok(())
}
