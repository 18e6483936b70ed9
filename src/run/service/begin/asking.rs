//! Who must be asked is asked while no lock is held: a question may stand open for hours, and others start slots meanwhile.
//!
//! In: what somebody wants to start, go on with or repeat. Out: the same, agreed to. Never: asks where nothing would be sent, or while
//! another process is at it: the locks say that.

use crate::format::Overlap;
use crate::ids::RunId;
use crate::launch::{LateJobs, RunHistory};
use crate::ledger::{LockName, Store};
use crate::plan::Plan;
use crate::run::connector::Connector;
use crate::run::error::RunServiceError;
use crate::run::rerun_chain::{RerunChoice, RerunSelection};
use crate::run::service::RunService;
use crate::run::service::begin::pending_send::{NoYes, Unconfirmed};
use crate::run::service::begin::permission::left_to_send;
use crate::run::service::locked_run::LockedRun;
use crate::run::service::rerun::{LockedChain, RerunStep, repeated};
use crate::run::service::start::RunRequest;
use crate::run::stored_run::filter::RunFilter;
use crate::run::stored_run::waiting::still_waits;
use crate::run::stored_run::{StoredRun, is_done};
use crate::source::Sources;

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// Asks about a run that is wanted; `id` is that of what it stands for.
    pub(in crate::run::service) async fn agree_to_start(
        &self,
        id: Option<RunId>,
        wanted: &RunRequest,
    ) -> Result<(), RunServiceError> {
        if !self.confirmation.may_take_long() || self.is_in_the_way(id, wanted).await? {
            return Ok(());
        }
        let found = match id {
            Some(id) => StoredRun::find(self.store, id).await?,
            None => None,
        };
        match found {
            None => {
                self.check_lateness(wanted)?;
                let (destination, texts) = (self.destination(None)?, (&wanted.sources, &wanted.inputs));
                self.agree(destination, &wanted.plan, texts, &|_| true).await
            }
            // Nobody but who names it lets it go on.
            Some(found) if found.steered().hold.is_some() => Ok(()),
            Some(found) => {
                let Ok((sources, plan)) = found.plan() else { return Ok(()) };
                self.agree_to_go_on(&found, (&sources, &plan)).await
            }
        }
    }

    /// Whether another process is at the run, or at one that it must not go beside, and is not waited for.
    async fn is_in_the_way(&self, id: Option<RunId>, wanted: &RunRequest) -> Result<bool, RunServiceError> {
        if let Some(id) = id
            && self.store.is_held(LockName::Run(id)).await?
        {
            return Ok(true);
        }
        match wanted.overlap() {
            None | Some(Overlap::Wait) => Ok(false),
            Some(Overlap::Skip | Overlap::Fail) => {
                let tenant = self.destination(None)?.tenant.as_str().to_owned();
                let name = LockName::Manifest { tenant, name: wanted.plan.name().to_owned() };
                Ok(self.store.is_held(name).await?)
            }
        }
    }

    /// Asks about what is left of `stored`.
    async fn agree_to_go_on(
        &self,
        stored: &StoredRun,
        (sources, plan): (&Sources, &Plan),
    ) -> Result<(), RunServiceError> {
        let Some(snapshot) = &stored.snapshot else { return Ok(()) };
        let destination = self.destination(Some(&stored.record))?;
        let history = RunHistory::read(self.store, stored.record.id).await?;
        let waits = still_waits(plan, self.wait_of(stored), &history, LateJobs::Open);
        if stored.successor().is_some() || (is_done(&stored.record, &history, plan.skipped()) && !waits) {
            return Ok(());
        }
        self.agree(destination, plan, (sources, &snapshot.inputs), &left_to_send(&history, plan)).await
    }

    /// `locked`, once somebody agreed to what is left of it; its locks are free while that is asked.
    ///
    /// Errors: nobody agreed; another process is at it by now; or somebody held it meanwhile.
    pub(in crate::run::service) async fn agreed(
        &self,
        locked: LockedRun<S::Lock>,
    ) -> Result<LockedRun<S::Lock>, RunServiceError> {
        if !self.confirmation.may_take_long() {
            return Ok(locked);
        }
        let LockedRun { stored, made, run, manifest } = locked;
        let made = made.unwrap_or_else(|| stored.plan());
        let (Ok((sources, plan)), Some(snapshot)) = (&made, &stored.snapshot) else {
            return Ok(LockedRun { stored, made: Some(made), run, manifest });
        };
        // A run that is over needs no server.
        if stored.successor().is_some() || self.is_finished(&stored, plan).await? {
            return Ok(LockedRun { stored, made: Some(made), run, manifest });
        }
        let destination = self.destination(Some(&stored.record))?;
        let history = RunHistory::read(self.store, stored.record.id).await?;
        let left = left_to_send(&history, plan);
        let Some(send) = self.must_agree(destination, plan, &snapshot.inputs, &left) else {
            drop(left);
            return Ok(LockedRun { stored, made: Some(made), run, manifest });
        };
        drop((run, manifest));
        self.agree(destination, plan, (sources, &snapshot.inputs), &left).await?;
        let mut again = self.lock(stored.record.id).await?;
        self.lock_manifest(&mut again).await?;
        let (before, now) = (stored.steered(), again.stored.steered());
        // Whoever said yes did not know of it.
        if (&now.hold, now.cancels) != (&before.hold, before.cancels) {
            return Err(Unconfirmed { send, why: NoYes::Held }.into());
        }
        Ok(again)
    }

    /// `locked` and `step`, chosen by `selection` and `filter`, once somebody agreed to it; its locks are free while that is asked, and
    /// the step is chosen again after that.
    ///
    /// Errors: nobody agreed; or as for [`RunService::lock_chain`] and [`RunService::next_rerun`].
    pub async fn agree_to_rerun(
        &self,
        locked: LockedChain<S::Lock>,
        step: RerunStep,
        selection: RerunSelection,
        filter: Option<&RunFilter>,
    ) -> Result<(LockedChain<S::Lock>, RerunStep), RunServiceError> {
        if !self.confirmation.may_take_long() {
            return Ok((locked, step));
        }
        let first = locked.chain.first().record.id;
        let destination = self.destination(Some(&locked.chain.last().record))?;
        match &step {
            RerunStep::GoesOn => {
                let last = locked.chain.last();
                let (Ok((sources, plan)), Some(snapshot)) = (last.plan(), last.snapshot.clone()) else {
                    return Ok((locked, step));
                };
                let history = RunHistory::read(self.store, last.record.id).await?;
                let left = left_to_send(&history, &plan);
                if self.must_agree(destination, &plan, &snapshot.inputs, &left).is_none() {
                    drop(left);
                    return Ok((locked, step));
                }
                drop(locked);
                self.agree(destination, &plan, (&sources, &snapshot.inputs), &left).await?;
            }
            RerunStep::Choice(RerunChoice::Launches { launches, .. }) => {
                let (inputs, sources, plan) = repeated(&locked.chain, launches.clone());
                // What is wrong with it is said where it is begun.
                let Some(plan) = plan.into_parts().0 else { return Ok((locked, step)) };
                if self.must_agree(destination, &plan, &inputs, &|_| true).is_none() {
                    return Ok((locked, step));
                }
                drop(locked);
                self.agree(destination, &plan, (&sources, &inputs), &|_| true).await?;
            }
            RerunStep::Choice(RerunChoice::Nothing | RerunChoice::LeftBehind(_) | RerunChoice::Unsettled { .. }) => {
                return Ok((locked, step));
            }
        }
        let mut again = self.lock_chain(first).await?;
        self.lock_chain_manifest(&mut again).await?;
        let step = self.next_rerun(&again, selection, filter).await?;
        Ok((again, step))
    }
}
