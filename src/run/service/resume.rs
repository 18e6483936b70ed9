//! A run that goes on: what is in doubt is settled, and what was never sent is sent.

use std::path::Path;

use super::RunService;
use super::begin::left_to_send;
use super::finished::{EndedRun, FinishedRun, ReportedLaunches};
use super::launching::counting;
use super::locked_run::LockedRun;
use super::pending_launches;
use crate::launch::{LateJobs, LaunchSettings, Proof, RunHistory, SendMode, WaitOverride};
use crate::ledger::{RunEnd, RunNote, Store};
use crate::plan::Plan;
use crate::report::delivery;
use crate::run::connector::Connector;
use crate::run::error::RunServiceError;
use crate::run::execution::{AdoptionScope, LaunchedRun, RunStart, apply_notes};
use crate::run::intent_requests::IntentRequests;
use crate::run::observer::RunNotice;
use crate::run::service::interrupt::unless_interrupted;
use crate::run::stored_run::waiting::{judge_run, still_waits};
use crate::run::stored_run::{PlanUnavailable, StoredRun, is_done};
use crate::source::Sources;
use crate::spec::LaunchLimits;

/// How a run is taken up.
pub(super) struct ResumedRun {
    /// Whether what was never sent is sent.
    pub(super) sending: SendMode,
    /// How far another ledger is looked for that has begun it.
    pub(super) reach: AdoptionScope,
    /// The limits of the manifest at hand; `None` if only the ledger is: then those that it was begun with.
    pub(super) limits: Option<LaunchLimits>,
}

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// Goes on with a run: settles what is in doubt, and sends what was never sent. A run with nothing left to do is closed
    /// where it was cut off before that was recorded, and no server is asked. Where a person must agree, the run's locks are free while
    /// they are asked.
    ///
    /// `proof`: whether finding nothing that another ledger started must be proved.
    pub async fn resume(
        &self,
        locked: LockedRun<S::Lock>,
        proof: Proof,
    ) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let (stored, made, locks) = Box::pin(self.agreed(locked)).await?.into_parts();
        // A run that is over needs no server.
        if let Ok((_, plan)) = &made
            && self.is_finished(&stored, plan).await?
        {
            let (_, plan) = made.expect("it was just looked at");
            self.tell_what_is_left(&stored).await?;
            return Ok(self.close_done(stored, plan).await?.holding(locks));
        }
        let reach = self.destination(Some(&stored.record))?.reach(&stored, proof);
        self.lift_hold(stored.record.id, &stored.steered()).await?;
        let resumed = ResumedRun { sending: SendMode::On, reach, limits: None };
        Ok(Box::pin(self.go_on(stored, made, resumed)).await?.holding(locks))
    }

    /// Goes on with a run whose locks the caller holds, and whose plan is `made` again.
    pub(super) async fn go_on(
        &self,
        stored: StoredRun,
        made: Result<(Sources, Plan), PlanUnavailable>,
        resumed: ResumedRun,
    ) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let ResumedRun { sending, reach, limits } = resumed;
        let destination = self.destination(Some(&stored.record))?;
        self.lift_pauses(destination).await?;
        let id = stored.record.id;
        let history = match sending {
            SendMode::On => RunHistory::read(self.store, id).await?,
            SendMode::Off => RunHistory::read_with_held(self.store, id).await?,
        };
        let (sources, plan) = match made {
            Ok(made) => made,
            Err(lost) => {
                self.tell(RunNotice::PlanLost { lost: &lost, is_settled: true });
                let launches = ReportedLaunches::EventsOnly { launches: stored.record.launches };
                let launched = Box::pin(self.settle(stored, limits.unwrap_or_default(), None)).await?;
                return self.counted(launched, launches).await;
            }
        };
        let limits = limits.unwrap_or(plan.limits());
        let waits = still_waits(&plan, self.wait_of(&stored), &history, LateJobs::Open);
        if sending == SendMode::On && is_done(&stored.record, &history, plan.skipped()) && !waits {
            self.tell_what_is_left(&stored).await?;
            return self.close_done(stored, plan).await;
        }
        if let Some(by) = stored.successor() {
            self.tell(RunNotice::TakenOver { run: id, by });
        }
        if sending == SendMode::Off || stored.successor().is_some() {
            let launched = Box::pin(self.settle(stored, limits, Some(&plan))).await?;
            return self.counted(launched, ReportedLaunches::of_plan(plan, id, None)).await;
        }
        let over: u32 = history.ended.values().sum::<u32>() + plan.skipped();
        let left = stored.record.launches.saturating_sub(over);
        let settings = counting(apply_notes(self.settings(destination, limits, SendMode::On), &stored.notes), &plan);
        let settings = LaunchSettings { wait: self.wait_of(&stored), ..settings };
        let StoredRun { record, snapshot, .. } = stored;
        let snapshot = snapshot.expect("the plan was made from it");
        self.permit(destination, &plan, (&sources, &snapshot.inputs), &left_to_send(&history, &plan)).await?;
        let folder = snapshot.folder.as_deref().unwrap_or(Path::new(""));
        let secrets = self.secrets.read_secrets(&plan, folder);
        let plan = self.value_of(&sources, secrets.and_then(|secrets| plan.reveal(secrets)), false)?;
        let (requests, _) = self.resolve(plan, &sources, &snapshot, id, &settings, None).await?;
        let launched = self.launch(RunStart::Resumed { record, reach }, &requests, left, &settings).await?;
        self.counted(launched, ReportedLaunches::of_plan(requests.into_plan(), id, None)).await
    }

    /// Settles what is in doubt, and sends nothing: neither names nor secrets are needed.
    async fn settle(
        &self,
        stored: StoredRun,
        limits: LaunchLimits,
        plan: Option<&Plan>,
    ) -> Result<LaunchedRun, RunServiceError> {
        let id = stored.record.id;
        let history = RunHistory::read_with_held(self.store, id).await?;
        let settings = self.settings(self.destination(Some(&stored.record))?, limits, SendMode::Off);
        let client = self.client(&settings)?;
        let signed_in = async { Ok::<_, RunServiceError>(client.sign_in().await?) };
        unless_interrupted(&self.interrupts, signed_in).await?;
        let settings = LaunchSettings { wait: self.wait_of(&stored), ..settings };
        let requests = IntentRequests::of(stored.record.launches, &history).judged_by(plan);
        let left = u32::try_from(history.unfinished.len()).unwrap_or(u32::MAX);
        self.launch(RunStart::SettleOnly(stored.record), &requests, left, &settings).await
    }

    /// Whether nothing is left to send, to settle, to count or to wait for.
    pub(super) async fn is_finished(&self, stored: &StoredRun, plan: &Plan) -> Result<bool, RunServiceError> {
        let history = RunHistory::read(self.store, stored.record.id).await?;
        Ok(is_done(&stored.record, &history, plan.skipped())
            && !still_waits(plan, self.wait_of(stored), &history, LateJobs::Open))
    }

    /// What rules over the plan's `wait`: what this call asks for, and what the run was begun with where it asks for nothing.
    pub(super) fn wait_of(&self, stored: &StoredRun) -> WaitOverride {
        let earlier = stored.snapshot.as_ref().map(|snapshot| snapshot.wait);
        self.overrides.wait.or(earlier.unwrap_or_default())
    }

    async fn tell_what_is_left(&self, stored: &StoredRun) -> Result<(), RunServiceError> {
        let run = stored.record.id;
        let pending = pending_launches::count(self.store, run).await?;
        self.tell(RunNotice::Left { run, pending });
        Ok(())
    }

    /// A run that is over, as it is in the ledger. One that was cut off between its last outcome and its end is closed
    /// first.
    pub(super) async fn close_done(
        &self,
        stored: StoredRun,
        plan: Plan,
    ) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let id = stored.record.id;
        let judged = judge_run(self.store, id, Some(&plan), self.wait_of(&stored)).await?;
        let launches = ReportedLaunches::of_plan(plan, id, stored.why_skipped());
        let totals = delivery::totals(self.store, id, &launches).await?;
        let exit = totals.exit().worse(judged.exit);
        let end = stored.end.unwrap_or(RunEnd { ended: self.clock.utc(), exit, totals });
        if stored.end.is_none() {
            if !judged.policies.is_empty() {
                self.store.note(id, RunNote::Judged { policies: judged.policies }).await?;
            }
            self.store.close_run(id, end).await?;
        }
        Ok(FinishedRun::ended(stored.record, launches, EndedRun::found(end, totals)))
    }
}
