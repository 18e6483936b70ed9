//! What a run still waits for, and whether it met its outcome policies.
//!
//! In: a plan, what rules over its `wait`, the ledger's states. Out: whether robot jobs are not over, and judgements. Never:
//! waits, or looks at a server.

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

/// Holds the launches of `run` against the policies of its plan; `None` where nothing is waited for.
///
/// Errors: the ledger cannot be read.
pub(in crate::run) async fn judge_run<L: EventLog>(
    ledger: &L,
    run: RunId,
    plan: &Plan,
    over: WaitOverride,
) -> Result<Option<JudgedRun>, LedgerError> {
    let waits = WaitPlan::new(plan.follow_ups(), Vec::new()).overridden(over);
    let jobs: Vec<_> = plan.jobs().collect();
    if !jobs.iter().any(|job| waits.waits(plan.follow_up_number(Ordinal(job.ordinals.start)))) {
        return Ok(None);
    }
    let mut rest = OutcomeTally::default();
    let mut judged = Vec::new();
    let mut totals = Totals::default();
    for job in &jobs {
        let is_waited_for = waits.waits(plan.follow_up_number(Ordinal(job.ordinals.start)));
        let mut own = OutcomeTally::default();
        let tally = if job.follow_up.outcome.is_some() { &mut own } else { &mut rest };
        let mut count = |ordinal: Ordinal, state: &LaunchState| {
            let is_skipped = *state == LaunchState::Planned && plan.skips(ordinal);
            let verdict = if is_skipped { Verdict::Skipped } else { state.verdict() };
            let outcome = state.outcome().filter(|_| is_waited_for);
            outcome.into_iter().for_each(|outcome| totals.count_outcome(outcome));
            tally.count(LaunchEnding { verdict, is_waited_for, outcome, is_flaky: false });
        };
        let mut next = job.ordinals.start;
        while next < job.ordinals.end {
            let page = ledger.read_states(run, Ordinal(next), MAX_PAGE).await?;
            let is_last = page.len() < MAX_PAGE;
            for (ordinal, state) in page {
                while next < ordinal.0.min(job.ordinals.end) {
                    count(Ordinal(next), &LaunchState::Planned);
                    next += 1;
                }
                if ordinal.0 >= job.ordinals.end {
                    break;
                }
                count(ordinal, &state);
                next += 1;
            }
            while is_last && next < job.ordinals.end {
                count(Ordinal(next), &LaunchState::Planned);
                next += 1;
            }
        }
        if let Some(policy) = &job.follow_up.outcome {
            judged.push(JudgedJob { name: job.name, policy, tally: own });
        }
    }
    let judgement = judge(plan.run_follow_up().outcome.as_ref(), &rest, &judged);
    Ok(Some(JudgedRun { policies: judgement.policies, exit: judgement.exit, totals }))
}
