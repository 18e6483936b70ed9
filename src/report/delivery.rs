//! A run's report, from ledger and plan to the writers: one pass, one launch in memory.
//!
//! In: the ledger's states and the plan made again. Out: whole reports, or why not. The verdicts are counted on the
//! way and held against the head's totals, so that a report cannot quietly disagree with the ledger.

use std::collections::HashMap;
use std::io;

use super::{ErrorReport, Head, LaunchRemark, LaunchReport, PlannedLaunches, ReportWriter, Totals};
use crate::ids::{Ordinal, RunId};
use crate::ledger::state::LaunchState;
use crate::ledger::state::chains::{Chains, RunRetries};
use crate::ledger::story::LaunchStory;
use crate::ledger::{EventLog, LedgerError};

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A place could not be written.
    #[error("a report could not be written")]
    Unwritten(#[from] io::Error),
    /// The verdicts in the ledger are not those that were counted while launching. Our bug.
    #[error("the ledger holds {found} where {counted} were counted: this is a bug of sortie, please report it")]
    Miscounted {
        /// What was counted.
        counted: Box<Totals>,
        /// What the ledger holds.
        found: Box<Totals>,
    },
}

/// Maximum launches read from the ledger at once.
const MAX_PAGE: usize = 1000;

/// Maximum times that the other launch is named which has the same robot job.
const MAX_NAMED: usize = 100;

/// Writes the report of `run` to all `writers`, in one pass over the ledger; returns how many launches have a robot
/// job that an earlier one has too: a server that answers so may have started one for both.
///
/// Errors: [`ReportError::Miscounted`] where the ledger does not hold the totals of `head`; the report is then whole,
/// but its totals are wrong.
pub async fn write<L: EventLog>(
    ledger: &L,
    run: RunId,
    head: &Head,
    plan: &impl PlannedLaunches,
    writers: &mut [Box<dyn ReportWriter + '_>],
) -> Result<usize, ReportError> {
    writers.iter_mut().try_for_each(|writer| writer.begin(head))?;
    let mut found = Totals::default();
    let (mut owner_by_job, mut shared) = (HashMap::new(), 0);
    let mut run_retries = RunRetries::read(ledger, run, plan.count()).await?;
    let stories = async |from| ledger.read_stories(run, from, MAX_PAGE).await;
    walk(stories, plan.count(), |ordinal, LaunchStory { state, steps }| {
        if !plan.shows(ordinal) {
            return Ok(());
        }
        let retries = run_retries.take(ordinal);
        found.retries += u32::try_from(retries.len()).unwrap_or(u32::MAX);
        Chains { state: &state, retries: &retries }.count(&mut found);
        let Some(planned) = plan.planned(ordinal, &state) else {
            found.count(state.verdict());
            return Ok(());
        };
        found.count(planned.verdict(&state));
        let mut launch = LaunchReport::new(planned, state, retries).with_steps(&steps);
        match plan.remark(ordinal) {
            None => {}
            Some(LaunchRemark::Worth(words)) => launch.trace.remark = Some(words),
            Some(LaunchRemark::Doubtful(message)) => {
                launch.trace.is_doubtful = launch.error.is_none();
                launch.error.get_or_insert(ErrorReport { status: None, code: None, message, trace_id: None });
            }
        }
        if let Some((job, owner)) = claimed_before(&mut owner_by_job, (plan.tenant(ordinal), ordinal), &launch) {
            shared += 1;
            // Rendered again: it hardly ever happens.
            let other = plan.planned(owner, &LaunchState::Planned).map(|other| format!(" `{}`", other.id));
            let other = other.filter(|_| shared <= MAX_NAMED).unwrap_or_default();
            launch.trace.is_doubtful |= launch.error.is_none();
            launch.error.get_or_insert_with(|| shared_with(job, &other));
        }
        writers.iter_mut().try_for_each(|writer| writer.launch(&launch))
    })
    .await?;
    writers.iter_mut().try_for_each(|writer| writer.end())?;
    if found == head.totals {
        Ok(shared)
    } else {
        Err(ReportError::Miscounted { counted: Box::new(head.totals), found: Box::new(found) })
    }
}

/// Notes the robot jobs of `launch` on its tenant; the first that an earlier launch has too, with that launch.
fn claimed_before(
    owner_by_job: &mut HashMap<(usize, i64), Ordinal>,
    (tenant, ordinal): (usize, Ordinal),
    launch: &LaunchReport,
) -> Option<(i64, Ordinal)> {
    let mut before = None;
    let of_retries = launch.retries.iter().flat_map(|retry| &retry.robot_jobs);
    for job in launch.robot_jobs.iter().chain(of_retries) {
        let owner = *owner_by_job.entry((tenant, job.id)).or_insert(ordinal);
        if owner != ordinal {
            before.get_or_insert((job.id, owner));
        }
    }
    before
}

fn shared_with(job: i64, other: &str) -> ErrorReport {
    let message =
        format!("the server named robot job {job} for launch{other} too: one of the two may have started nothing");
    ErrorReport { status: None, code: None, message, trace_id: None }
}

/// Counts the launches of `run` by verdict, as `plan` and the ledger have them.
pub async fn totals<L: EventLog>(ledger: &L, run: RunId, plan: &impl PlannedLaunches) -> Result<Totals, ReportError> {
    Ok(count(ledger, run, plan).await?.totals)
}

/// The launches of a run, counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct LaunchCounts {
    /// By verdict.
    pub totals: Totals,
    /// Of the unknown ones, those whose request has no outcome yet: while a process is at the run, it waits for the answers.
    pub open: u32,
}

/// The same, with how many of them are open.
pub async fn count<L: EventLog>(
    ledger: &L,
    run: RunId,
    plan: &impl PlannedLaunches,
) -> Result<LaunchCounts, ReportError> {
    let (mut totals, mut open) = (Totals::default(), 0);
    let retries = RunRetries::read(ledger, run, plan.count()).await?;
    let states = async |from| ledger.read_states(run, from, MAX_PAGE).await;
    walk(states, plan.count(), |ordinal, state| {
        if !plan.shows(ordinal) {
            return Ok(());
        }
        totals.retries += u32::try_from(retries.of(ordinal).len()).unwrap_or(u32::MAX);
        open += u32::from(matches!(state, LaunchState::Open(_)));
        let planned = if state == LaunchState::Planned { plan.planned(ordinal, &state) } else { None };
        totals.count(planned.map_or_else(|| state.verdict(), |planned| planned.verdict(&state)));
        Chains { state: &state, retries: retries.of(ordinal) }.count(&mut totals);
        Ok(())
    })
    .await?;
    Ok(LaunchCounts { totals, open })
}

/// Calls `visit` with every launch of `run` of which something is known, in the plan's order.
pub async fn each<L: EventLog>(
    ledger: &L,
    run: RunId,
    plan: &impl PlannedLaunches,
    mut visit: impl FnMut(Ordinal, &LaunchReport),
) -> Result<(), ReportError> {
    let mut retries = RunRetries::read(ledger, run, plan.count()).await?;
    let states = async |from| ledger.read_states(run, from, MAX_PAGE).await;
    walk(states, plan.count(), |ordinal, state| {
        if let Some(planned) = plan.planned(ordinal, &state) {
            visit(ordinal, &LaunchReport::new(planned, state, retries.take(ordinal)));
        }
        Ok(())
    })
    .await
}

/// Visits all launches in the plan's order, as pages from `read` tell them; also those that have no event.
async fn walk<T: Default>(
    read: impl AsyncFn(Ordinal) -> Result<Vec<(Ordinal, T)>, LedgerError>,
    launches: u32,
    mut visit: impl FnMut(Ordinal, T) -> io::Result<()>,
) -> Result<(), ReportError> {
    let mut next = 0;
    while next < launches {
        let page = read(Ordinal(next)).await?;
        let whole = page.len() < MAX_PAGE || page.last().is_some_and(|last| last.0.0 >= launches);
        // What lies behind the plan's launches are retries.
        for (ordinal, launch) in page.into_iter().filter(|(ordinal, _)| ordinal.0 < launches) {
            while next < ordinal.0 {
                visit(Ordinal(next), T::default())?;
                next += 1;
            }
            visit(ordinal, launch)?;
            next += 1;
        }
        while whole && next < launches {
            visit(Ordinal(next), T::default())?;
            next += 1;
        }
    }
    Ok(())
}
