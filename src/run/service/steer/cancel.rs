//! A run is cancelled: nothing more of it leaves, and its robot jobs that are not over are stopped.
//!
//! In: a run, a job of it, or launches that a filter took. Out: what came of its robot jobs. The process that is at the run does it; where none is, or it
//! ends before it has, this one takes the run's lock and does it itself. Never: starts anything.
//! Source: `docs/exactly-once.md`, section 4.

use std::time::Duration;

use super::cancellation::Cancellation;
use super::{RunService, SteeredRun};
use crate::diagnostic::Diagnosed;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::launch::{LaunchSettings, RunHistory, SendMode};
use crate::ledger::{LaunchRanges, LockName, Steering, StopTally, Store};
use crate::report::FromPlan;
use crate::run::connector::Connector;
use crate::run::error::RunServiceError;
use crate::run::execution::{LaunchedRun, RunStart};
use crate::run::intent_requests::IntentRequests;
use crate::run::observer::RunNotice;
use crate::run::service::interrupt::unless_interrupted;
use crate::run::stored_run::StoredRun;
use crate::run::stored_run::filter::{FilteredLaunches, RunFilter};

/// So often it is looked whether the process that is at the run has done it.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// A run that was cancelled.
#[derive(Debug)]
pub struct CancelledRun {
    /// The run, and what held of it before.
    pub steered: SteeredRun,
    /// What came of its robot jobs.
    pub tally: StopTally,
    /// How many of the launches that were cancelled are still in doubt: robot jobs of theirs may run.
    pub in_doubt: u32,
}

impl CancelledRun {
    /// What to exit with: [`ExitStatus::Unknown`] where robot jobs of launches in doubt may run, [`ExitStatus::Rejected`] where
    /// the server did not stop some.
    #[must_use]
    pub fn exit(&self) -> ExitStatus {
        let refused = if self.tally.refused > 0 { ExitStatus::Rejected } else { ExitStatus::Success };
        if self.in_doubt > 0 { refused.worse(ExitStatus::Unknown) } else { refused }
    }
}

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// The launches of `run`, or of `job` of it, that `filter` takes, as they are at this moment: what becomes of them later changes
    /// nothing. Nothing is noted.
    ///
    /// Errors: the run cannot be cancelled, has no such job, or its plan cannot be made again; the filter cannot be read, or takes no
    /// launch.
    pub async fn choose_to_cancel(
        &self,
        run: RunId,
        filter: &RunFilter,
        job: Option<&str>,
    ) -> Result<FilteredLaunches, RunServiceError> {
        let stored = self.read_to_cancel(run).await?;
        let job = job.map(|job| self.find_job(&stored, job)).transpose()?;
        let Ok((_, plan)) = stored.plan() else {
            return self.value_of(filter.sources(), Diagnosed::failed(vec![filter.without_plan_to_cancel()]), false);
        };
        let launches = FromPlan { plan: &plan, run, skipped: stored.why_skipped() };
        let chosen = filter.choose(self.store, &launches).await.map_err(RunServiceError::Totals)?;
        let chosen = self.value_of(filter.sources(), chosen, false)?;
        match job {
            None => Ok(chosen),
            Some(job) => self.value_of(filter.sources(), filter.of_job(chosen, &plan, &job), false),
        }
    }

    /// The run, where it can be cancelled.
    async fn read_to_cancel(&self, run: RunId) -> Result<StoredRun, RunServiceError> {
        let stored = StoredRun::read(self.store, run).await?;
        RunServiceError::refuse_imported(&stored.record)?;
        if stored.is_skipped() {
            // Nothing of it was begun; the run that was in its way is another one.
            let slot = stored.record.slot.clone().unwrap_or_default();
            return Err(RunServiceError::WasSkipped { run, slot });
        }
        Ok(stored)
    }

    /// Cancels `run`, a job of it, or launches of it: also one that is over, whose robot jobs still run. Typed again, it asks once more. A signal
    /// ends it; what was asked holds all the same, and is done by the process that is at the run, or by the next call.
    pub async fn cancel(&self, run: RunId, what: &Cancellation) -> Result<CancelledRun, RunServiceError> {
        let stored = self.read_to_cancel(run).await?;
        let job = what.job.as_ref().map(|job| self.find_job(&stored, job)).transpose()?;
        let (at, kill) = (self.clock.utc(), what.kill);
        let steering = match &what.launches {
            None => Steering::Cancel { at, job, kill },
            Some(FilteredLaunches { filter, taken, .. }) => {
                Steering::CancelLaunches { at, filter: filter.clone(), launches: LaunchRanges::from(taken), kill }
            }
        };
        let steered = self.note_steering(stored, steering).await?;
        let wanted = steered.after.cancels;
        self.tell(RunNotice::Cancelling { run, what, is_live: steered.is_live });
        let lock = unless_interrupted(&self.interrupts, async {
            loop {
                if let Some(lock) = self.store.lock(LockName::Run(run)).await? {
                    return Ok::<_, RunServiceError>(Some(lock));
                }
                if StoredRun::read(self.store, run).await?.steered().carried_out >= wanted {
                    return Ok(None);
                }
                self.clock.sleep(BETWEEN_LOOKS).await;
            }
        })
        .await?;
        let stored = StoredRun::read(self.store, run).await?;
        if lock.is_some() && stored.steered().carried_out < wanted {
            Box::pin(self.stop_robot_jobs(stored)).await?;
        }
        drop(lock);
        let after = StoredRun::read(self.store, run).await?.steered();
        if after.carried_out < wanted {
            return Err(RunServiceError::NotStopped { run });
        }
        let history = RunHistory::read_with_held(self.store, run).await?;
        let is_cancelled = |launch: &_, planned| steered.after.cancels(launch, planned).is_some();
        let in_doubt = history.in_doubt_of(is_cancelled);
        Ok(CancelledRun { steered, tally: after.tally.unwrap_or_default(), in_doubt })
    }

    /// Settles what is in doubt, and stops what was started. Neither names nor secrets of the manifest are needed, nor its plan.
    async fn stop_robot_jobs(&self, stored: StoredRun) -> Result<LaunchedRun, RunServiceError> {
        let id = stored.record.id;
        let plan = stored.plan().ok().map(|(_, plan)| plan);
        let limits = plan.as_ref().map(crate::plan::Plan::limits).unwrap_or_default();
        let history = RunHistory::read(self.store, id).await?;
        let settings = self.settings(self.destination(Some(&stored.record))?, limits, SendMode::Off);
        let settings = LaunchSettings { wait: self.wait_of(&stored), ..settings };
        let client = self.client(&settings)?;
        let signed_in = async { Ok::<_, RunServiceError>(client.sign_in().await?) };
        unless_interrupted(&self.interrupts, signed_in).await?;
        let requests = IntentRequests::of(stored.record.launches, &history).judged_by(plan.as_ref());
        let left = u32::try_from(history.unfinished.len()).unwrap_or(u32::MAX);
        self.launch(RunStart::Cancelled(stored.record), &requests, left, &settings).await
    }

    /// The name that the ids of the launches of `job` begin with. Refuses a job that the run has not.
    fn find_job(&self, stored: &StoredRun, job: &str) -> Result<String, RunServiceError> {
        // What cannot be planned any more is cancelled all the same.
        let Ok((_, plan)) = stored.plan() else { return Ok(job.to_owned()) };
        if let Some(found) = plan.id_name_of(job) {
            return Ok(found.to_owned());
        }
        Err(RunServiceError::NoSuchLaunch {
            run: stored.record.id,
            what: format!("no job `{job}`"),
            ledger_flags: self.flags.ledger.clone(),
        })
    }
}
