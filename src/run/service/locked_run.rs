//! A run of the ledger that this process alone is at.

use super::RunService;
use crate::ids::RunId;
use crate::ledger::Store;
use crate::plan::Plan;
use crate::run::connector::Connector;
use crate::run::error::RunServiceError;
use crate::run::locks::{RunLocks, lock_manifest_of_run, lock_run};
use crate::run::stored_run::{PlanUnavailable, StoredRun};
use crate::source::Sources;

/// A run of the ledger that this process alone is at, until this value goes.
#[derive(Debug)]
pub struct LockedRun<L> {
    /// The run.
    pub stored: StoredRun,
    /// Its plan, made again; `None` before [`RunService::lock_manifest`].
    pub(super) made: Option<Result<(Sources, Plan), PlanUnavailable>>,
    pub(super) run: L,
    pub(super) manifest: Option<L>,
}

impl<L> LockedRun<L> {
    /// Its plan; `None` before [`RunService::lock_manifest`], or if it cannot be made again.
    pub fn plan(&self) -> Option<&Plan> {
        self.made.as_ref()?.as_ref().ok().map(|(_, plan)| plan)
    }

    /// Refuses a run whose slot was passed over: it was never begun, and it is not a typed `resume` that begins it.
    pub fn refuse_skipped(&self) -> Result<(), RunServiceError> {
        if !self.stored.is_skipped() {
            return Ok(());
        }
        let record = &self.stored.record;
        Err(RunServiceError::WasSkipped { run: record.id, slot: record.slot.clone().unwrap_or_default() })
    }

    /// What is known of it, and its locks.
    pub(super) fn into_parts(self) -> (StoredRun, Result<(Sources, Plan), PlanUnavailable>, RunLocks<L>) {
        let made = self.made.unwrap_or_else(|| self.stored.plan());
        (self.stored, made, RunLocks::new(self.run, self.manifest))
    }
}

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// Takes the lock of `run`, and reads it.
    ///
    /// Errors: there is no such run, or another process is at it.
    pub async fn lock(&self, run: RunId) -> Result<LockedRun<S::Lock>, RunServiceError> {
        let lock = lock_run(self.store, run, None).await?;
        let stored = StoredRun::read(self.store, run).await?;
        RunServiceError::refuse_imported(&stored.record)?;
        Ok(LockedRun { stored, made: None, run: lock, manifest: None })
    }

    /// Makes the plan of `locked` again, and takes the lock of its manifest where its runs must not go side by side.
    ///
    /// Errors: another run of the manifest is going on.
    pub async fn lock_manifest(&self, locked: &mut LockedRun<S::Lock>) -> Result<(), RunServiceError> {
        let made = locked.stored.plan();
        // Without a plan nothing will be sent.
        if let Ok((_, plan)) = &made {
            locked.manifest = lock_manifest_of_run(self.store, &locked.stored, plan).await?;
        }
        locked.made = Some(made);
        Ok(())
    }
}
