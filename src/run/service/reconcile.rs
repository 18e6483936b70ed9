//! Settling by hand: the server is asked once more, or somebody says what became of launches. Nothing is started.

use std::time::Duration;

use super::RunService;
use super::declare::{Answer, LaunchSelection, declare};
use super::finished::{EndedRun, FinishedRun, ReportedLaunches};
use super::locked_run::LockedRun;
use super::resume::ResumedRun;
use crate::clock::Timestamp;
use crate::launch::{Proof, RunHistory, SendMode};
use crate::ledger::state::{LaunchState, Verdict};
use crate::ledger::{RunEnd, Store};
use crate::report::delivery;
use crate::run::connector::Connector;
use crate::run::error::RunServiceError;
use crate::run::observer::RunNotice;
use crate::run::stored_run::StoredRun;
use crate::run::stored_run::waiting::judge_run;

/// Maximum age of a run whose robot jobs are counted once more.
const MAX_COUNTED_AGE: Duration = Duration::from_secs(24 * 3600);

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// Asks the server once more about everything in doubt, and starts nothing. Where nothing is, no server is asked.
    pub async fn reconcile(&self, locked: LockedRun<S::Lock>) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let id = locked.stored.record.id;
        let history = RunHistory::read_with_held(self.store, id).await?;
        let has_started = history.ended.iter().any(|(verdict, count)| *count > 0 && has_robot_jobs(*verdict));
        if history.unfinished.values().all(LaunchState::may_be_sent)
            && !(has_started && is_recent(&locked.stored, self.clock.utc()))
        {
            self.tell(RunNotice::NothingInDoubt { run: id });
            return self.close(locked).await;
        }
        drop(history);
        let reach = self.destination(Some(&locked.stored.record))?.reach(&locked.stored, Proof::Unneeded);
        let (stored, made, locks) = locked.into_parts();
        let resumed = ResumedRun { sending: SendMode::Off, reach, limits: None };
        Ok(Box::pin(self.go_on(stored, made, resumed)).await?.holding(locks))
    }

    /// Records what somebody says of the launches that are `chosen`, all or none; asks no server.
    pub async fn declare(
        &self,
        locked: LockedRun<S::Lock>,
        chosen: &LaunchSelection,
        answer: Answer,
    ) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let declared =
            declare(self.store, &locked.stored, chosen, answer, self.clock.utc(), &self.flags.ledger).await?;
        self.tell(RunNotice::Declared {
            recorded: declared.recorded,
            named: declared.named,
            verdict: answer.verdict(),
        });
        self.close(locked).await
    }

    /// Records how the run is now.
    async fn close(&self, locked: LockedRun<S::Lock>) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let (stored, made, locks) = locked.into_parts();
        let stored = StoredRun::read(self.store, stored.record.id).await?;
        let lost = match made {
            Ok((_, plan)) => return Ok(self.close_done(stored, plan).await?.holding(locks)),
            Err(lost) => lost,
        };
        self.tell(RunNotice::PlanLost { lost: &lost, is_settled: false });
        let id = stored.record.id;
        let launches = ReportedLaunches::EventsOnly { launches: stored.record.launches };
        let totals = delivery::totals(self.store, id, &launches).await?;
        let exit = totals.exit().worse(judge_run(self.store, id, None, self.wait_of(&stored)).await?.exit);
        let end = stored.end.unwrap_or(RunEnd { ended: self.clock.utc(), exit, totals });
        self.store.close_run(id, end).await?;
        Ok(FinishedRun::ended(stored.record, launches, EndedRun::found(end, totals)).holding(locks))
    }
}

/// Whether robot jobs of a launch with this verdict are known, which the job list may show more of.
fn has_robot_jobs(verdict: Verdict) -> bool {
    match verdict {
        Verdict::Started | Verdict::Partial | Verdict::Duplicate => true,
        Verdict::Rejected | Verdict::Unknown | Verdict::Skipped | Verdict::NotSent => false,
    }
}

/// Whether the run is not older than job lists surely are: they are purged.
fn is_recent(stored: &StoredRun, now: Timestamp) -> bool {
    let ended = stored.end.map_or(now, |end| end.ended);
    Duration::try_from(now.duration_since(ended)).is_ok_and(|age| age < MAX_COUNTED_AGE)
}
