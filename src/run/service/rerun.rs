//! What did not succeed over a run and its reruns, as a new run: the last of them is closed to sending first.

use super::RunService;
use super::begin::NewRun;
use super::finished::FinishedRun;
use super::resume::ResumedRun;
use crate::diagnostic::Diagnosed;
use crate::ids::{LaunchId, RunId};
use crate::launch::{Proof, RunHistory, SendMode};
use crate::ledger::Store;
use crate::ledger::state::LaunchState;
use crate::plan::{self, Inputs, Plan};
use crate::run::connector::Connector;
use crate::run::error::RunServiceError;
use crate::run::locks::{RunLocks, lock_manifest_of_run, lock_run};
use crate::run::observer::RunNotice;
use crate::run::rerun_chain::{RerunChain, RerunChainError, RerunChoice, RerunSelection};
use crate::run::snapshot::RunSnapshot;
use crate::run::stored_run::StoredRun;
use crate::run::stored_run::filter::RunFilter;
use crate::source::Sources;

/// A run and its reruns, to which this process alone can add, until this value goes.
#[derive(Debug)]
pub struct LockedChain<L> {
    /// The runs.
    pub chain: RerunChain,
    /// The plan of the first run, which they share; `None` before [`RunService::lock_chain_manifest`].
    pub plan: Option<Plan>,
    last: L,
    manifest: Option<L>,
}

/// What a rerun does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RerunStep {
    /// It goes on with the last run of the chain, a rerun that is not finished.
    GoesOn,
    /// It is a new run, or none.
    Choice(RerunChoice),
}

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// Takes the lock of the last run of the chain of `run`, so that nobody else can add to it.
    ///
    /// Errors: another process is at it.
    pub async fn lock_chain(&self, run: RunId) -> Result<LockedChain<S::Lock>, RunServiceError> {
        let last = RerunChain::of(self.store, run).await?.last().record.id;
        let lock = lock_run(self.store, last, None).await?;
        let chain = RerunChain::of(self.store, run).await?;
        chain.runs.iter().try_for_each(|run| RunServiceError::refuse_imported(&run.record))?;
        if chain.last().record.id != last {
            return Err(RunServiceError::JustRerun);
        }
        Ok(LockedChain { chain, plan: None, last: lock, manifest: None })
    }

    /// Makes the plan of the first run again, and takes the lock of its manifest where its runs must not go side by side.
    ///
    /// Errors: the plan cannot be made again, or another run of the manifest is going on.
    pub async fn lock_chain_manifest(&self, locked: &mut LockedChain<S::Lock>) -> Result<(), RunServiceError> {
        let first = locked.chain.first();
        let (_, plan) = first.plan().map_err(RerunChainError::from)?;
        locked.manifest = lock_manifest_of_run(self.store, first, &plan).await?;
        locked.plan = Some(plan);
        Ok(())
    }

    /// What a rerun of `selection` would do, of the launches that `filter` takes; nothing is begun.
    ///
    /// Errors: the chain leads to another server, or cannot be read; the filter takes no launch; or a rerun with another filter
    /// is not finished.
    pub async fn next_rerun(
        &self,
        locked: &LockedChain<S::Lock>,
        selection: RerunSelection,
        filter: Option<&RunFilter>,
    ) -> Result<RerunStep, RunServiceError> {
        let chain = &locked.chain;
        self.destination(Some(&chain.last().record))?;
        if chain.runs.len() > 1 && !self.is_over(chain.last()).await? {
            let last = chain.last();
            let begun = last.snapshot.as_ref().and_then(|snapshot| snapshot.rerun_filter.as_deref());
            if let Some(filter) = filter.filter(|filter| begun != Some(filter.text())) {
                let said = Diagnosed::failed(vec![filter.of_another_rerun(last.record.id, &self.flags.ledger)]);
                return self.value_of(filter.sources(), said, false);
            }
            return Ok(RerunStep::GoesOn);
        }
        let filtered = match filter {
            None => None,
            Some(filter) => {
                let named = match selection {
                    RerunSelection::AllOf(run) => Some(run),
                    RerunSelection::Failed => None,
                };
                let taken = filter.choose_of_chain(self.store, &chain.runs, named).await?;
                Some(self.value_of(filter.sources(), taken, false)?)
            }
        };
        Ok(RerunStep::Choice(chain.choose(self.store, selection, filtered.as_ref()).await?))
    }

    /// Takes `step`, chosen with `filter`; `None` if nothing is left to be run again. Where a person must agree,
    /// [`RunService::agree_to_rerun`] comes before: else they are asked while the locks are held.
    ///
    /// Errors: launches of the chain must be settled first.
    pub async fn rerun(
        &self,
        locked: LockedChain<S::Lock>,
        step: RerunStep,
        filter: Option<&RunFilter>,
    ) -> Result<Option<FinishedRun<S::Lock>>, RunServiceError> {
        let LockedChain { chain, last, manifest, .. } = locked;
        let locks = RunLocks::new(last, manifest);
        let launches = match step {
            RerunStep::GoesOn => {
                let last = chain.last().record.id;
                self.tell(RunNotice::RerunGoesOn { run: last });
                let stored = StoredRun::read(self.store, last).await?;
                let reach = self.destination(Some(&stored.record))?.reach(&stored, Proof::Unneeded);
                let made = stored.plan();
                let resumed = ResumedRun { sending: SendMode::On, reach, limits: None };
                return Ok(Some(Box::pin(self.go_on(stored, made, resumed)).await?.holding(locks)));
            }
            RerunStep::Choice(RerunChoice::Nothing) => return Ok(None),
            RerunStep::Choice(RerunChoice::Unsettled { launches, run }) => {
                let ledger_flags = self.flags.ledger.clone();
                return Err(RunServiceError::Unsettled { launches, run, ledger_flags });
            }
            RerunStep::Choice(RerunChoice::LeftBehind(left)) => {
                let launches = left.len();
                let first = left.into_iter().next().expect("at least one is left behind");
                return Err(RunServiceError::LeftBehind { launches, first });
            }
            RerunStep::Choice(RerunChoice::Launches { launches, left_behind }) => {
                if !left_behind.is_empty() {
                    self.tell(RunNotice::LeftBehind { launches: &left_behind });
                }
                launches
            }
        };
        let id = chain.announced.unwrap_or_else(|| self.new_run_id());
        let new = lock_run(self.store, id, None).await?;
        let new_run = self.repeating(&chain, id, launches, filter)?;
        let finished = Box::pin(self.begin(new_run)).await?;
        Ok(Some(finished.holding(locks.with(new))))
    }

    /// Whether nothing of a run is left to send, and it has ended.
    async fn is_over(&self, stored: &StoredRun) -> Result<bool, RunServiceError> {
        let (_, plan) = stored.plan().map_err(RerunChainError::from)?;
        let history = RunHistory::read(self.store, stored.record.id).await?;
        let open = history.unfinished.values().filter(|state| state.retry().is_none()).count();
        let begun = history.ended.values().sum::<u32>() + u32::try_from(open).unwrap_or(u32::MAX);
        let is_left = begun + plan.skipped() < stored.record.launches || history.wants_retries(&plan, |_| true);
        Ok(stored.end.is_some() && !is_left && !history.unfinished.values().any(LaunchState::may_be_sent))
    }

    /// The run of these launches: as the first of the chain was made, and nothing else of it.
    fn repeating(
        &self,
        chain: &RerunChain,
        id: RunId,
        launches: Vec<LaunchId>,
        filter: Option<&RunFilter>,
    ) -> Result<NewRun, RunServiceError> {
        let first = chain.first();
        let snapshot = first.snapshot.as_ref().expect("its plan was made from it");
        let (inputs, sources, plan) = repeated(chain, launches);
        let plan = self.value_of(&sources, plan, false)?;
        let last = chain.last().record.id;
        Ok(NewRun {
            id,
            slot: first.record.slot.clone(),
            plan,
            sources,
            folder: snapshot.folder.clone().unwrap_or_default(),
            // Whoever waited for the robot jobs of a run waits for those that are started in their place.
            snapshot: RunSnapshot {
                inputs,
                names: None,
                rerun_of: Some(last),
                rerun_filter: filter.map(|filter| filter.text().to_owned()),
                wait: self.wait_of(chain.last()),
                ..snapshot.clone()
            },
            reach: None,
            repeats: Some(first.record.id),
            approved: None,
            supersedes: if chain.announced.is_none() { Some(last) } else { None },
        })
    }
}

/// The inputs of a run of these launches, as the first of the chain was made, and its plan.
pub(super) fn repeated(chain: &RerunChain, launches: Vec<LaunchId>) -> (Inputs, Sources, Diagnosed<Plan>) {
    let snapshot = chain.first().snapshot.as_ref().expect("its plan was made from it");
    let inputs =
        Inputs { sortie: env!("CARGO_PKG_VERSION").to_owned(), launches: Some(launches), ..snapshot.inputs.clone() };
    let (sources, plan) = plan::make(&inputs);
    (inputs, sources, plan)
}
