//! A run and its reruns: which of its launches succeeded in the end, and which a further rerun would take.
//!
//! In: an open ledger and any run of the chain. Out: the runs in order, and a choice of launches. Never: sends, or
//! opens a run. Each run of a chain but the last is closed to sending, so that no launch is sent by two of them.
//! Source: `docs/exactly-once.md`, section 4.

mod needs;

use std::collections::{BTreeMap, HashMap, HashSet};

pub use self::needs::LeftBehind;
use self::needs::{NeededFate, leave_behind};
use super::stored_run::{PlanUnavailable, StoredRun};
use crate::ids::{LaunchId, Ordinal, RunId};
use crate::ledger::state::chains::{Chains, RunRetries};
use crate::ledger::state::{LaunchState, Verdict};
use crate::ledger::{EventLog, LedgerError, RunRecord, RunStore};
use crate::outcome::JobOutcome;
use crate::plan::Plan;

/// Maximum launches read from the ledger at once.
const MAX_PAGE: usize = 1000;

/// A run and its reruns.
#[derive(Debug)]
pub struct RerunChain {
    /// The first run, then each rerun; at least one.
    pub runs: Vec<StoredRun>,
    /// A rerun that was announced and never opened, because sortie was cut off in between: its id is still free.
    pub announced: Option<RunId>,
}

/// Which launches a rerun takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RerunSelection {
    /// Those that were rejected, faulted, stopped, skipped or not sent.
    Failed,
    /// Those of this run, whatever came of them.
    AllOf(RunId),
}

/// What a rerun would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RerunChoice {
    /// A run of these launches, in the order of the first run's plan.
    Launches {
        /// Those that go.
        launches: Vec<LaunchId>,
        /// Those that would, were it not for what they need.
        left_behind: Vec<LeftBehind>,
    },
    /// Nothing: every launch succeeded.
    Nothing,
    /// Nothing: what is left needs launches that are neither where they must be nor run again. At least one.
    LeftBehind(Vec<LeftBehind>),
    /// Not yet: launches are unknown, or partial and not closed, the first of them in this run.
    Unsettled {
        /// How many.
        launches: usize,
        /// A run with such a launch.
        run: RunId,
    },
}

/// Why nothing can be said of a chain.
#[derive(Debug, thiserror::Error)]
pub enum RerunChainError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A run's plan cannot be made again, so its launches have no names.
    #[error(transparent)]
    Plan(#[from] PlanUnavailable),
}

impl RerunChain {
    /// The chain of `run`. Errors: [`LedgerError::NoRun`] where there is no such run.
    pub async fn of<L: RunStore>(ledger: &L, run: RunId) -> Result<Self, LedgerError> {
        let mut first = StoredRun::read(ledger, run).await?;
        while let Some(source) = first.snapshot.as_ref().and_then(|snapshot| snapshot.rerun_of) {
            match StoredRun::find(ledger, source).await? {
                Some(source) => first = source,
                None => break,
            }
        }
        let mut chain = Self { runs: vec![first], announced: None };
        while let Some(next) = chain.last().successor() {
            let Some(found) = StoredRun::find(ledger, next).await? else {
                chain.announced = Some(next);
                break;
            };
            chain.runs.push(found);
        }
        Ok(chain)
    }

    /// The first run: the one whose plan the chain shares.
    #[must_use]
    pub fn first(&self) -> &StoredRun {
        self.runs.first().expect("a chain has a run")
    }

    /// The last run: the only one that may still send.
    #[must_use]
    pub fn last(&self) -> &StoredRun {
        self.runs.last().expect("a chain has a run")
    }

    /// The launches that a further rerun takes, of those that are `filtered` where some are; what failed is counted over the
    /// whole chain.
    pub async fn choose<L: EventLog>(
        &self,
        ledger: &L,
        selection: RerunSelection,
        filtered: Option<&HashSet<LaunchId>>,
    ) -> Result<RerunChoice, RerunChainError> {
        let (_, plan) = self.first().plan()?;
        let mut place_by_launch = HashMap::with_capacity(plan.len());
        let mut launches: Vec<ChainLaunch> = Vec::with_capacity(plan.len());
        for ordinal in (0..plan.len()).map(Ordinal::from) {
            let id = plan.planned(ordinal).id().clone();
            place_by_launch.insert(id.clone(), launches.len());
            let run = self.first().record.id;
            launches.push(ChainLaunch {
                id,
                outcome: LaunchOutcome::Untouched,
                fate: NeededFate::untouched(plan.skips(ordinal)),
                run,
                is_named: selection == RerunSelection::AllOf(run),
            });
        }
        for (number, run) in self.runs.iter().enumerate() {
            let own;
            let plan = if number == 0 {
                &plan
            } else {
                own = run.plan()?.1;
                &own
            };
            let mut outcomes = outcomes(ledger, &run.record).await?;
            for ordinal in (0..plan.len()).map(Ordinal::from) {
                if let Some(place) = place_by_launch.get(plan.planned(ordinal).id()) {
                    let untouched = NeededFate::untouched(plan.skips(ordinal));
                    let (outcome, fate) = outcomes.remove(&ordinal).unwrap_or((LaunchOutcome::Untouched, untouched));
                    launches[*place].outcome = outcome;
                    launches[*place].fate = fate;
                    launches[*place].run = run.record.id;
                    launches[*place].is_named |= selection == RerunSelection::AllOf(run.record.id);
                }
            }
        }
        Ok(choice(&plan, launches, selection, filtered))
    }
}

/// A launch of the chain, as its latest run left it.
struct ChainLaunch {
    id: LaunchId,
    outcome: LaunchOutcome,
    /// What it is for those that need it.
    fate: NeededFate,
    run: RunId,
    /// The run of [`RerunSelection::AllOf`] has it.
    is_named: bool,
}

/// What came of a launch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LaunchOutcome {
    /// It has no event.
    Untouched,
    /// It is to be started once, and another run surely started it.
    Elsewhere,
    /// Somebody said that another number of its robot jobs exists than was asked for, and has dealt with it.
    Closed,
    /// It was sent, or was meant to be.
    Verdict(Verdict),
    /// It was started, and its robot jobs came to nothing: they faulted, or were stopped.
    Failed,
}

fn choice(
    plan: &Plan,
    launches: Vec<ChainLaunch>,
    selection: RerunSelection,
    filtered: Option<&HashSet<LaunchId>>,
) -> RerunChoice {
    let mut unsettled = launches
        .iter()
        .filter(|launch| matches!(launch.outcome, LaunchOutcome::Verdict(Verdict::Unknown | Verdict::Partial)));
    if let Some(launch) = unsettled.next() {
        return RerunChoice::Unsettled { launches: unsettled.count() + 1, run: launch.run };
    }
    let mut chosen = Vec::with_capacity(launches.len());
    let mut may_change = Vec::with_capacity(launches.len());
    for (ordinal, ChainLaunch { id, outcome, is_named, .. }) in launches.iter().enumerate() {
        let is_asked_for = |has_failed: bool| match selection {
            RerunSelection::Failed => has_failed,
            RerunSelection::AllOf(_) => *is_named,
        };
        let (has_failed, can_change) = match outcome {
            // What the plan itself skips, it skips again.
            LaunchOutcome::Untouched => (true, !plan.skips(Ordinal::from(ordinal))),
            LaunchOutcome::Elsewhere => (true, false),
            LaunchOutcome::Failed | LaunchOutcome::Verdict(Verdict::Rejected | Verdict::Skipped | Verdict::NotSent) => {
                (true, true)
            }
            LaunchOutcome::Closed
            | LaunchOutcome::Verdict(Verdict::Started | Verdict::Unknown | Verdict::Partial | Verdict::Duplicate) => {
                (false, true)
            }
        };
        // What the plan leaves out would be all that is there of a needed job of which everything else went well.
        let is_left_out = plan.has_needs() && !can_change && *outcome == LaunchOutcome::Untouched;
        let is_filtered = filtered.is_none_or(|filtered| filtered.contains(id));
        chosen.push(is_asked_for(has_failed) && is_filtered && !is_left_out);
        may_change.push(can_change);
    }
    let fates: Vec<NeededFate> = launches.iter().map(|launch| launch.fate).collect();
    let left_behind = if plan.has_needs() { leave_behind(plan, &fates, &mut chosen) } else { Vec::new() };
    let can_change = chosen.iter().zip(may_change).any(|(is_chosen, may_change)| *is_chosen && may_change);
    if can_change {
        let launches = launches.into_iter().zip(chosen).filter(|(_, is_chosen)| *is_chosen);
        RerunChoice::Launches { launches: launches.map(|(launch, _)| launch.id).collect(), left_behind }
    } else if left_behind.is_empty() {
        RerunChoice::Nothing
    } else {
        RerunChoice::LeftBehind(left_behind)
    }
}

/// What came of the launches of `run` that have events.
async fn outcomes<L: EventLog>(
    ledger: &L,
    record: &RunRecord,
) -> Result<BTreeMap<Ordinal, (LaunchOutcome, NeededFate)>, LedgerError> {
    let run = record.id;
    let retries = RunRetries::read(ledger, run, record.launches).await?;
    let mut outcomes = BTreeMap::new();
    let mut from = Ordinal(0);
    loop {
        let page = ledger.read_states(run, from, MAX_PAGE).await?;
        let whole = page.len() < MAX_PAGE;
        let last = page.last().map(|(ordinal, _)| *ordinal);
        outcomes.extend(page.into_iter().map(|(ordinal, state)| {
            let chains = Chains { state: &state, retries: retries.of(ordinal) };
            let came_to = chains.outcome();
            let outcome = match &state {
                LaunchState::Started { .. } if chains.retries.iter().any(is_unsettled) => {
                    LaunchOutcome::Verdict(Verdict::Unknown)
                }
                // One of too many may have done the work: as with any launch of which there are too many.
                LaunchState::Started { .. } if chains.retries.iter().any(is_duplicate) => {
                    LaunchOutcome::Verdict(Verdict::Duplicate)
                }
                LaunchState::StartedElsewhere { certain: true, .. } => LaunchOutcome::Elsewhere,
                LaunchState::Declared { verdict: Verdict::Partial | Verdict::Duplicate, .. } => LaunchOutcome::Closed,
                LaunchState::Started { .. }
                    if state.verdict() == Verdict::Started
                        && matches!(came_to, Some(JobOutcome::Faulted | JobOutcome::Stopped)) =>
                {
                    LaunchOutcome::Failed
                }
                LaunchState::Planned
                | LaunchState::Open(_)
                | LaunchState::Unsent { .. }
                | LaunchState::Started { .. }
                | LaunchState::Rejected { .. }
                | LaunchState::InDoubt { .. }
                | LaunchState::Declared { .. }
                | LaunchState::StartedElsewhere { certain: false, .. }
                | LaunchState::LeftOut { .. }
                | LaunchState::Due(_) => LaunchOutcome::Verdict(state.verdict()),
            };
            (ordinal, (outcome, NeededFate::of(&state, came_to)))
        }));
        match last {
            Some(last) if !whole => from = Ordinal(last.0 + 1),
            Some(_) | None => return Ok(outcomes),
        }
    }
}

/// Whether more robot jobs of a retry exist than it asked for.
fn is_duplicate(retry: &LaunchState) -> bool {
    retry.verdict() == Verdict::Duplicate
}

/// Whether a retry must be settled, or closed by somebody, before anything is run again.
fn is_unsettled(retry: &LaunchState) -> bool {
    let is_closed = matches!(retry, LaunchState::Declared { .. });
    !is_closed && matches!(retry.verdict(), Verdict::Unknown | Verdict::Partial)
}
