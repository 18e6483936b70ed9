//! A run is steered: paused, let go on, or given other limits, whether a process is at it or not.
//!
//! In: a run of the ledger, what is asked of it. Out: what holds from now on, noted in the ledger: a process that is at the
//! run sees it within two seconds. Never: asks the server anything.

use super::RunService;
use crate::ids::RunId;
use crate::launch::RunHistory;
use crate::ledger::{LockName, RunNote, Steered, SteeredTerms, Steering, Store};
use crate::run::connector::Connector;
use crate::run::error::RunServiceError;
use crate::run::stored_run::{StoredRun, is_done};

pub(crate) mod cancel;
pub(crate) mod cancellation;

/// A run of which something was asked.
#[derive(Debug)]
pub struct SteeredRun {
    /// The run, as it was before.
    pub stored: StoredRun,
    /// Whether a process is at it, which sees what was asked.
    pub is_live: bool,
    /// What held before.
    pub before: Steered,
    /// What holds from now on.
    pub after: Steered,
}

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// Holds back everything of `run` that has not left; requests that are open are finished. It goes on by
    /// [`RunService::let_go_on`] or [`RunService::resume`], and by nothing else.
    pub async fn pause(&self, run: RunId) -> Result<SteeredRun, RunServiceError> {
        let at = self.clock.utc();
        self.steer(run, Steering::Pause { at, why: None }).await
    }

    /// Lets `run` go on after a pause. What a process held back that is still at it leaves at once; of a run that no process is
    /// at, nothing does before somebody resumes it, or starts its slot or key again. Of one whose process ends as it is cancelled,
    /// or as a rule of its manifest has it, nothing changes: it must be resumed.
    pub async fn let_go_on(&self, run: RunId) -> Result<SteeredRun, RunServiceError> {
        if self.store.is_held(LockName::Run(run)).await? {
            let stored = StoredRun::read(self.store, run).await?;
            let before = stored.steered();
            if before.is_ended() {
                return Ok(SteeredRun { stored, is_live: true, after: before.clone(), before });
            }
        }
        let at = self.clock.utc();
        self.steer(run, Steering::Continue { at }).await
    }

    /// Gives `run` other limits, which hold for every later process, too.
    pub async fn set_terms(&self, run: RunId, terms: SteeredTerms) -> Result<SteeredRun, RunServiceError> {
        let at = self.clock.utc();
        self.steer(run, Steering::Set { at, terms }).await
    }

    /// Notes `steering`. Errors: there is no such run, it is of another tenant, or nothing is left of it to steer.
    async fn steer(&self, run: RunId, steering: Steering) -> Result<SteeredRun, RunServiceError> {
        let stored = StoredRun::read(self.store, run).await?;
        RunServiceError::refuse_imported(&stored.record)?;
        if !self.store.is_held(LockName::Run(run)).await? {
            self.refuse_if_over(&stored).await?;
        }
        self.note_steering(stored, steering).await
    }

    /// Notes `steering`, also of a run that is over. Errors: it is of another tenant.
    async fn note_steering(&self, stored: StoredRun, steering: Steering) -> Result<SteeredRun, RunServiceError> {
        RunServiceError::refuse_imported(&stored.record)?;
        let run = stored.record.id;
        let is_live = self.store.is_held(LockName::Run(run)).await?;
        // Whoever is at a run in a sandbox of its own needs no server of ours.
        if !(is_live && stored.record.is_of_a_sandbox()) {
            self.destination(Some(&stored.record))?;
        }
        self.store.note(run, RunNote::Steered(steering)).await?;
        let before = stored.steered();
        let after = StoredRun::read(self.store, run).await?.steered();
        Ok(SteeredRun { stored, is_live, before, after })
    }

    /// Refuses a run that sends nothing more, whatever is asked of it.
    async fn refuse_if_over(&self, stored: &StoredRun) -> Result<(), RunServiceError> {
        let run = stored.record.id;
        let why = if let Some(by) = stored.successor() {
            format!("was taken over by run {by}")
        } else if stored.is_skipped() {
            "was skipped, and nothing of it was begun".to_owned()
        } else {
            let Ok((_, plan)) = stored.plan() else { return Ok(()) };
            let history = RunHistory::read(self.store, run).await?;
            if !is_done(&stored.record, &history, plan.skipped()) || history.wants_retries(&plan, |_| true) {
                return Ok(());
            }
            "is over".to_owned()
        };
        Err(RunServiceError::NothingToSteer { run, why, ledger_flags: self.flags.ledger.clone() })
    }
}
