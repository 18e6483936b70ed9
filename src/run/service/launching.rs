//! What every run that sends or settles does alike: sign in, resolve names, launch, count.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use super::RunService;
use super::finished::{EndedRun, FinishedRun, ReportedLaunches};
use super::interrupt::unless_interrupted;
use crate::ids::RunId;
use crate::launch::{
    self, AdoptionError, LaunchSettings, Launcher, Preflight, RecountScope, RequestSource, SendMode, StopReason,
};
use crate::ledger::{ListMinute, RunRecord, Store, steered};
use crate::orchestrator::call_error::CallError;
use crate::pace::Pace;
use crate::plan::Plan;
use crate::report::delivery;
use crate::resolve::{self, Directory, Requests};
use crate::run::attach::attach;
use crate::run::connector::Connector;
use crate::run::error::{InvalidPlan, RunServiceError};
use crate::run::execution::{self, LaunchedRun, RunError, RunStart, look_up};
use crate::run::observer::{ListBudget, RunNotice};
use crate::run::snapshot::RunSnapshot;
use crate::saved_plan::Approval;
use crate::source::Sources;

/// What lists are counted by.
const MINUTE: Duration = Duration::from_secs(60);

/// Between two ticks for whoever listens.
const TICK: Duration = Duration::from_secs(1);

/// Ticks between two looks at how often lists were read.
const TICKS_PER_LIST_LOOK: u32 = 5;

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// Signs in, gives every name of the plan its id (the one that is kept, else the one that the server says), and uploads
    /// what launches need. Before anything is uploaded, the plan must be what was `approved`.
    pub(super) async fn resolve(
        &self,
        plan: Plan,
        sources: &Sources,
        snapshot: &RunSnapshot,
        id: RunId,
        settings: &LaunchSettings,
        approved: Option<&Approval>,
    ) -> Result<(Requests, Directory), RunServiceError> {
        let client = self.client(settings)?;
        self.refuse_secrets(snapshot)?;
        let names = snapshot.names.clone();
        let names = unless_interrupted(&self.interrupts, async {
            client.sign_in().await?;
            match names {
                Some(names) => Ok(names),
                None => Ok::<_, RunServiceError>(look_up(client, &plan).await?),
            }
        })
        .await?;
        let is_refused = !names.refused_by_folder.is_empty();
        if let Some(approved) = approved.filter(|_| !is_refused) {
            self.still_holds(approved, &plan, &names)?;
        }
        let requests = self.value_of(sources, resolve::resolve(plan, &names, id), is_refused)?;
        let attached = async { Ok::<_, RunServiceError>(attach(client, requests).await?) };
        Ok((unless_interrupted(&self.interrupts, attached).await?, names))
    }

    /// Refuses a plan that is not what was `approved` any more, before a run that was passed over is begun with it.
    pub(super) async fn check_approved(&self, approved: &Approval, plan: &Plan) -> Result<(), RunServiceError> {
        let client = self.client(&self.settings(self.destination(None)?, plan.limits(), SendMode::On))?;
        let names = unless_interrupted(&self.interrupts, async {
            client.sign_in().await?;
            Ok::<_, RunServiceError>(look_up(client, plan).await?)
        });
        self.still_holds(approved, plan, &names.await?)
    }

    /// Refuses `plan` where the clock, or what the server has under its names, is not what was `approved`.
    fn still_holds(&self, approved: &Approval, plan: &Plan, names: &Directory) -> Result<(), RunServiceError> {
        let lines = approved.differences(self.clock.utc(), &resolve::resolved_names(plan, names));
        if lines.is_empty() { Ok(()) } else { Err(RunServiceError::StalePlan { lines, begun: None }) }
    }

    /// Refuses a new run of which no lost answer could ever be settled; what the lists told that were read for it.
    pub(super) async fn check_lists(
        &self,
        plan: &Plan,
        sources: &Sources,
        settings: &LaunchSettings,
    ) -> Result<Preflight, RunServiceError> {
        let client = self.client(settings)?;
        let destination = self.destination(None)?;
        let folders = plan.required_names().keys().cloned();
        unless_interrupted(&self.interrupts, async {
            let observe = &mut |notice| self.tell(RunNotice::Preflight(&notice));
            let tenant = destination.tenant.as_str();
            let looked =
                launch::check_list_access(client, self.store, tenant, &*self.clock, folders, *settings, observe).await;
            let error = match looked {
                Ok(told) => return Ok(told),
                Err(error) => error,
            };
            if let AdoptionError::Unlisted(call) = &error
                && let CallError::FolderRefused { folder, error, .. } = &**call
            {
                let refused_by_folder = BTreeMap::from([(folder.clone(), error.to_string())]);
                let folder_paths = client.folder_paths().await;
                let directory = Directory { refused_by_folder, folder_paths, ..Directory::default() };
                let diagnostics = resolve::refused_folders(plan, &directory);
                self.tell(RunNotice::Diagnosed { sources, diagnostics: &diagnostics });
                let invalid = InvalidPlan { sources: sources.clone(), diagnostics, is_refused: true };
                return Err(RunServiceError::Invalid(Box::new(invalid)));
            }
            let AdoptionError::Unlisted(call) = error else { return Err(RunError::Adoption(error).into()) };
            Err(RunServiceError::NothingListed(call))
        })
        .await
    }

    /// The record of a run that is to begin.
    pub(super) fn record(
        &self,
        id: RunId,
        slot: Option<String>,
        plan: &Plan,
        snapshot: &RunSnapshot,
    ) -> Result<RunRecord, RunServiceError> {
        Ok(RunRecord {
            id,
            name: plan.name().to_owned(),
            slot,
            profile: snapshot.inputs.profile.clone(),
            tenant: self.destination(None)?.tenant.to_string(),
            started: self.clock.utc(),
            plan_digest: plan.digest(),
            launches: u32::try_from(plan.len()).expect("a plan holds fewer than 2^32 launches"),
            inputs: snapshot.to_bytes(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        })
    }

    /// Sends and settles, `left` launches in all, and tells how that goes.
    pub(super) async fn launch<R: RequestSource>(
        &self,
        opening: RunStart,
        requests: &R,
        left: u32,
        settings: &LaunchSettings,
    ) -> Result<LaunchedRun, RunServiceError> {
        let record = opening.record();
        let (run, is_resumable) = (record.id, !record.is_of_a_sandbox());
        let client = self.client(settings)?;
        tracing::info!("run {run}: {left} launches to send or to settle");
        let launcher = Launcher { server: client, ledger: self.store, requests, run, clock: self.clock.clone() };
        self.tell(RunNotice::Launching {
            run,
            launches: left,
            sending: settings.sending,
            is_resumable,
            plan: requests.plan(),
        });
        let mut observe = |notice| self.tell(RunNotice::Launch(&notice));
        // What was asked of the run before holds from the beginning.
        let (steered, signals) = self.signals(steered(&self.store.read_notes(run).await?));
        let launched = {
            let work = execution::run(opening, &launcher, *settings, signals, &mut observe);
            let mut running = pin!(work);
            let (mut ticks, mut budget, mut is_told) = (0, None, false);
            loop {
                tokio::select! {
                    biased;
                    launched = &mut running => break launched,
                    () = self.clock.sleep(TICK) => {
                        self.observer.on_tick();
                        self.look_at_notes(run, &steered, &mut is_told).await;
                        ticks += 1;
                        if ticks % TICKS_PER_LIST_LOOK == 0 {
                            self.tell_lists(run, settings.list_ration, &mut budget).await;
                        }
                    }
                }
            }
        };
        self.tell(RunNotice::LaunchingEnded);
        tracing::debug!("ledger commits: {}", self.store.commits());
        let launched = launched?;
        self.tell(RunNotice::Launched(&launched));
        Ok(launched)
    }

    /// Tells how often lists were read in this minute where that is not what `told` says. It is talk, and fails in silence.
    async fn tell_lists(&self, run: RunId, ration: Pace, told: &mut Option<ListBudget>) {
        let Ok(minutes) = self.store.read_list_minutes(run).await else { return };
        let now = ListMinute::beginning(self.clock.utc());
        let read = minutes.last().filter(|last| last.minute == now).map_or(0, |last| last.lists);
        let budget = ListBudget { read, most: ration.most_in(MINUTE) };
        let is_news = if read == 0 { told.is_some_and(|told| told.read > 0) } else { *told != Some(budget) };
        if is_news {
            *told = Some(budget);
            self.tell(RunNotice::Lists(budget));
        }
    }

    /// The run that was launched so, for its report.
    pub(super) async fn counted(
        &self,
        launched: LaunchedRun,
        launches: ReportedLaunches,
    ) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let LaunchedRun { record, end, launched: summary, unclosed } = launched;
        let is_broken = unclosed.is_some() || matches!(summary.stop, Some(StopReason::Ledger(_)));
        // What the ledger could not take is not known to any report: its totals must not know it either.
        let totals = if is_broken {
            let totals = delivery::totals(self.store, record.id, &launches).await;
            totals.map_err(RunServiceError::TotalsAfterSending)?
        } else {
            end.totals
        };
        Ok(FinishedRun::ended(record, launches, EndedRun { end, totals, summary: Some(summary), unclosed }))
    }
}

/// `settings`, by which every robot job is counted if `plan` asks for it.
pub(super) fn counting(settings: LaunchSettings, plan: &Plan) -> LaunchSettings {
    if plan.verifies() { LaunchSettings { counting: RecountScope::All, ..settings } } else { settings }
}
