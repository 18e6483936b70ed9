//! A run that begins, or whose slot is passed over.

use std::path::PathBuf;

mod agreement;
mod asking;
pub(in crate::run) mod pending_send;
mod permission;

pub(in crate::run::service) use agreement::Agreements;
pub(in crate::run::service) use permission::left_to_send;

use super::RunService;
use super::finished::{EndedRun, FinishedRun, ReportedLaunches};
use super::launching::counting;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::launch::{LaunchSettings, Preflight, ResendPolicy, SendMode};
use crate::ledger::totals::Totals;
use crate::ledger::{RunEnd, RunNote, Store};
use crate::plan::Plan;
use crate::run::connector::Connector;
use crate::run::error::RunServiceError;
use crate::run::execution::{AdoptionScope, RunStart};
use crate::run::observer::RunNotice;
use crate::run::snapshot::RunSnapshot;
use crate::run::stored_run::skipped_because_of;
use crate::saved_plan::Approval;
use crate::source::Sources;

/// A run that is to begin.
pub(super) struct NewRun {
    /// Its id.
    pub(super) id: RunId,
    /// The slot that it stands for, as text.
    pub(super) slot: Option<String>,
    /// Its plan.
    pub(super) plan: Plan,
    /// The texts that the plan was made from.
    pub(super) sources: Sources,
    /// How it is made; its names are looked up.
    pub(super) snapshot: RunSnapshot,
    /// The manifest's folder as it was typed, which files with secrets are relative to.
    pub(super) folder: PathBuf,
    /// How far another ledger is looked for that has begun it; `None` if none can have.
    pub(super) reach: Option<AdoptionScope>,
    /// The run that it repeats, first of its chain; `None` if it is no rerun.
    pub(super) repeats: Option<RunId>,
    /// The run that sends nothing any more once this one is begun.
    pub(super) supersedes: Option<RunId>,
    /// What a saved plan was approved for.
    pub(super) approved: Option<Approval>,
}

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// Begins a run, and sees it to its end. Nothing is recorded or sent before every step that can fail has succeeded.
    /// Reading a secret may run a command: that comes once everything else is in order.
    pub(super) async fn begin(&self, new_run: NewRun) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let NewRun { id, slot, plan, sources, snapshot, folder, reach, repeats, supersedes, approved } = new_run;
        let destination = self.destination(None)?;
        self.permit(destination, &plan, (&sources, &snapshot.inputs), &|_| true).await?;
        let settings = self.settings(destination, plan.limits(), SendMode::On);
        let settings = LaunchSettings { wait: snapshot.wait, ..counting(settings, &plan) };
        let secrets = self.secrets.read_secrets(&plan, &folder);
        let plan = self.value_of(&sources, secrets.and_then(|secrets| plan.reveal(secrets)), false)?;
        let (requests, names) = self.resolve(plan, &sources, &snapshot, id, &settings, approved.as_ref()).await?;
        self.lift_pauses(destination).await?;
        let preflight = if reach.is_none() && settings.resends == ResendPolicy::AsAsked {
            self.check_lists(requests.plan(), &sources, &settings).await?
        } else {
            Preflight::default()
        };
        let snapshot = RunSnapshot { names: Some(names), ..snapshot };
        let record = self.record(id, slot, requests.plan(), &snapshot)?;
        let opening = match reach {
            None => RunStart::New { record, preflight },
            Some(reach) => RunStart::Named { record, reach },
        };
        // In this order: were it cut off in between, nobody could send what both have.
        if let Some(source) = supersedes {
            self.store.note(source, RunNote::Superseded { by: id }).await?;
        }
        if let Some(first) = repeats {
            self.tell(RunNotice::Repeats { run: id, launches: requests.len(), first });
        }
        let left = u32::try_from(requests.len()).expect("a plan holds fewer than 2^32 launches");
        let launched = self.launch(opening, &requests, left, &settings).await?;
        self.counted(launched, ReportedLaunches::of_plan(requests.into_plan(), id, None)).await
    }

    /// Records a run whose slot is passed over, because `live` (where it is known) is being run.
    pub(super) async fn skip(
        &self,
        new_run: NewRun,
        live: Option<RunId>,
    ) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let NewRun { id, slot, plan, snapshot, .. } = new_run;
        self.client(&self.settings(self.destination(None)?, plan.limits(), SendMode::Off))?;
        self.refuse_secrets(&snapshot)?;
        let record = self.record(id, slot, &plan, &snapshot)?;
        let totals = Totals { launches: record.launches, skipped: record.launches, ..Totals::default() };
        let end = RunEnd { ended: record.started, exit: ExitStatus::Success, totals };
        self.store.open_run(record.clone()).await?;
        self.store.note(id, RunNote::Skipped { live }).await?;
        self.store.close_run(id, end).await?;
        let launches = ReportedLaunches::of_plan(plan, id, Some(skipped_because_of(live)));
        Ok(FinishedRun::ended(record, launches, EndedRun::found(end, totals)))
    }
}
