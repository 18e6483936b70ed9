//! A run and its reruns: which of its launches succeeded in the end, and which a further rerun would take.
//!
//! In: an open ledger and any run of the family. Out: the runs in order, and a choice of launches. Never: sends, or
//! opens a run. Each run of a family but the last is closed to sending, so that no launch is sent by two of them.
//! Source: launch protocol, section 4.

use std::collections::{BTreeMap, HashMap};

use super::recalled::{PlanLost, Recalled};
use crate::ids::{LaunchId, Ordinal, RunId};
use crate::ledger::state::{LaunchState, Verdict};
use crate::ledger::{Ledger, LedgerError};
use crate::plan::Plan;

/// So many launches are read from the ledger at once.
const PAGE: usize = 1000;

/// A run and its reruns.
#[derive(Debug)]
pub struct Family {
    /// The first run, then each rerun; at least one.
    pub runs: Vec<Recalled>,
    /// A rerun that was announced and never opened, because sortie was cut off in between: its id is still free.
    pub announced: Option<RunId>,
}

/// Which launches a rerun takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Those that were rejected, skipped or not sent.
    Failed,
    /// Those of this run, whatever came of them.
    AllOf(RunId),
}

/// What a rerun would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A run of these launches, in the order of the first run's plan.
    Launches(Vec<LaunchId>),
    /// Nothing: every launch succeeded.
    Nothing,
    /// Not yet: so many launches are unknown, or partial and not closed, the first of them in this run.
    Unsettled {
        /// How many.
        launches: usize,
        /// A run with such a launch.
        run: RunId,
    },
}

/// Why nothing can be said of a family.
#[derive(Debug, thiserror::Error)]
pub enum FamilyError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A run's plan cannot be made again, so its launches have no names.
    #[error(transparent)]
    Plan(#[from] PlanLost),
}

impl Family {
    /// The family of `run`. Errors: [`LedgerError::NoRun`] where there is no such run.
    pub async fn of<L: Ledger>(ledger: &L, run: RunId) -> Result<Self, LedgerError> {
        let mut first = Recalled::read(ledger, run).await?;
        while let Some(source) = first.kept.as_ref().and_then(|kept| kept.rerun_of) {
            match Recalled::find(ledger, source).await? {
                Some(source) => first = source,
                None => break,
            }
        }
        let mut family = Self { runs: vec![first], announced: None };
        while let Some(next) = family.last().successor() {
            let Some(found) = Recalled::find(ledger, next).await? else {
                family.announced = Some(next);
                break;
            };
            family.runs.push(found);
        }
        Ok(family)
    }

    /// The first run: the one whose plan the family shares.
    #[must_use]
    pub fn first(&self) -> &Recalled {
        self.runs.first().expect("a family has a run")
    }

    /// The last run: the only one that may still send.
    #[must_use]
    pub fn last(&self) -> &Recalled {
        self.runs.last().expect("a family has a run")
    }

    /// The launches that a further rerun takes; what failed is counted over the whole family.
    pub async fn choose<L: Ledger>(&self, ledger: &L, taken: Taken) -> Result<Choice, FamilyError> {
        let (_, plan) = self.first().plan()?;
        let mut place_by_launch = HashMap::with_capacity(plan.len());
        let mut launches: Vec<Told> = Vec::with_capacity(plan.len());
        for ordinal in (0..plan.len()).map(Ordinal::from) {
            let id = plan.planned(ordinal).id().clone();
            place_by_launch.insert(id.clone(), launches.len());
            let run = self.first().record.id;
            launches.push(Told { id, outcome: Outcome::Untouched, run, is_named: taken == Taken::AllOf(run) });
        }
        for (number, run) in self.runs.iter().enumerate() {
            let own;
            let plan = if number == 0 {
                &plan
            } else {
                own = run.plan()?.1;
                &own
            };
            let mut outcomes = outcomes(ledger, run.record.id).await?;
            for ordinal in (0..plan.len()).map(Ordinal::from) {
                if let Some(place) = place_by_launch.get(plan.planned(ordinal).id()) {
                    launches[*place].outcome = outcomes.remove(&ordinal).unwrap_or(Outcome::Untouched);
                    launches[*place].run = run.record.id;
                    launches[*place].is_named |= taken == Taken::AllOf(run.record.id);
                }
            }
        }
        Ok(choice(&plan, launches, taken))
    }
}

/// A launch of the family, as its latest run left it.
struct Told {
    id: LaunchId,
    outcome: Outcome,
    run: RunId,
    /// The run of [`Taken::AllOf`] has it.
    is_named: bool,
}

/// What came of a launch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It has no event.
    Untouched,
    /// It is to be started once, and another run surely started it.
    Elsewhere,
    /// Somebody said that another number of its robot jobs exists than was asked for, and has dealt with it.
    Closed,
    /// It was sent, or was meant to be.
    Verdict(Verdict),
}

fn choice(plan: &Plan, launches: Vec<Told>, taken: Taken) -> Choice {
    let mut unsettled =
        launches.iter().filter(|told| matches!(told.outcome, Outcome::Verdict(Verdict::Unknown | Verdict::Partial)));
    if let Some(told) = unsettled.next() {
        return Choice::Unsettled { launches: unsettled.count() + 1, run: told.run };
    }
    let mut can_change = false;
    let mut chosen = Vec::new();
    for (ordinal, Told { id, outcome, is_named, .. }) in launches.into_iter().enumerate() {
        let is_asked_for = |has_failed: bool| match taken {
            Taken::Failed => has_failed,
            Taken::AllOf(_) => is_named,
        };
        let (has_failed, may_change) = match outcome {
            // What the plan itself skips, it skips again.
            Outcome::Untouched => (true, !plan.skips(Ordinal::from(ordinal))),
            Outcome::Elsewhere => (true, false),
            Outcome::Verdict(Verdict::Rejected | Verdict::Skipped | Verdict::NotSent) => (true, true),
            Outcome::Closed
            | Outcome::Verdict(Verdict::Started | Verdict::Unknown | Verdict::Partial | Verdict::Duplicate) => {
                (false, true)
            }
        };
        if is_asked_for(has_failed) {
            can_change |= may_change;
            chosen.push(id);
        }
    }
    if can_change { Choice::Launches(chosen) } else { Choice::Nothing }
}

/// What came of the launches of `run` that have events.
async fn outcomes<L: Ledger>(ledger: &L, run: RunId) -> Result<BTreeMap<Ordinal, Outcome>, LedgerError> {
    let mut outcomes = BTreeMap::new();
    let mut from = Ordinal(0);
    loop {
        let page = ledger.read_states(run, from, PAGE).await?;
        let whole = page.len() < PAGE;
        let last = page.last().map(|(ordinal, _)| *ordinal);
        outcomes.extend(page.into_iter().map(|(ordinal, state)| {
            let outcome = match &state {
                LaunchState::StartedElsewhere { certain: true, .. } => Outcome::Elsewhere,
                LaunchState::Declared { verdict: Verdict::Partial | Verdict::Duplicate, .. } => Outcome::Closed,
                LaunchState::Planned
                | LaunchState::Open(_)
                | LaunchState::Unsent { .. }
                | LaunchState::Started { .. }
                | LaunchState::Rejected { .. }
                | LaunchState::InDoubt { .. }
                | LaunchState::Declared { .. }
                | LaunchState::StartedElsewhere { certain: false, .. } => Outcome::Verdict(state.verdict()),
            };
            (ordinal, outcome)
        }));
        match last {
            Some(last) if !whole => from = Ordinal(last.0 + 1),
            Some(_) | None => return Ok(outcomes),
        }
    }
}
