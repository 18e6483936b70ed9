//! What every verb that launches or settles does alike: log in, resolve, begin or resume a run, report.
//!
//! In: an open ledger, a target, a plan. Out: the run's end, and its reports. The caller holds the run's lock.
//! Never: decides whether a run may begin; that is the verbs' own.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::pin;

use crate::cli::args::RepeatedFlags;
use crate::cli::connect::secrets;
use crate::cli::connect::target::{self, Target};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::inputs;
use crate::cli::interrupt::{InterruptReceiver, unless_interrupted};
use crate::cli::output::diagnostics;
use crate::cli::output::progress::{self, Progress};
use crate::cli::output::report_output::{self, ReportOutput};
use crate::cli::overrides::Overrides;
use crate::cli::pending_launches;
use crate::cli::run_activity::ActivityPhase;
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::launch::{
    self, AdoptionError, Counting, LaunchSettings, Launcher, Notice, Preflight, RequestSource, Resends, RunHistory,
    Sending, StopReason,
};
use crate::ledger::totals::Totals;
use crate::ledger::{AnyStore, EventLog as _, LedgerError, Rations as _, RunEnd, RunNote, RunRecord, RunStore as _};
use crate::orchestrator::Client;
use crate::orchestrator::call_error::CallError;
use crate::plan::Plan;
use crate::report::delivery;
use crate::report::{EventsOnly, FromPlan, PlannedLaunches};
use crate::resolve::{self, Directory, Requests};
use crate::run::{
    self, AdoptionScope, FinishedRun, IntentRequests, RunError, RunSnapshot, RunStart, StoredRun, is_done,
};
use crate::source::Sources;
use crate::spec::LaunchLimits;

/// Where and how a verb works.
pub(crate) struct RunService<'a> {
    context: &'a CommandContext,
    ledger: &'a AnyStore,
    target: &'a Target,
    overrides: &'a Overrides,
    clock: SharedClock,
    interrupts: InterruptReceiver,
    client: OnceCell<Client>,
}

/// A run that is to begin.
pub(crate) struct NewRun {
    /// Its id.
    pub(crate) id: RunId,
    /// The slot that it stands for, as text.
    pub(crate) slot: Option<String>,
    /// Its plan.
    pub(crate) plan: Plan,
    /// The texts that the plan was made from.
    pub(crate) sources: Sources,
    /// How it is made; its names are looked up.
    pub(crate) snapshot: RunSnapshot,
    /// The manifest's folder as it was typed, which files with secrets are relative to.
    pub(crate) folder: PathBuf,
    /// How far another ledger is looked for that has begun it; `None` if none can have.
    pub(crate) reach: Option<AdoptionScope>,
    /// The run that sends nothing any more once this one is begun.
    pub(crate) supersedes: Option<RunId>,
    /// What is said of it once nothing more stands in its way.
    pub(crate) message: Option<String>,
}

/// How a run is taken up.
pub(crate) struct ResumedRun {
    /// Whether what was never sent is sent.
    pub(crate) sending: Sending,
    /// How far another ledger is looked for that has begun it.
    pub(crate) reach: AdoptionScope,
    /// The limits of the manifest at hand; `None` if only the ledger is: then those that it was begun with.
    pub(crate) limits: Option<LaunchLimits>,
}

impl<'a> RunService<'a> {
    /// Work that has not begun.
    pub(crate) fn new(
        context: &'a CommandContext,
        ledger: &'a AnyStore,
        target: &'a Target,
        overrides: &'a Overrides,
        clock: SharedClock,
        interrupts: InterruptReceiver,
    ) -> Self {
        Self { context, ledger, target, overrides, clock, interrupts, client: OnceCell::new() }
    }

    /// Begins a run, and sees it to its end. Nothing is recorded or sent before every step that can fail has succeeded.
    /// Reading a secret may run a command: that comes once everything else is in order.
    pub(crate) async fn begin(&self, new_run: NewRun, out: ReportOutput) -> Result<ExitStatus, Failure> {
        let NewRun { id, slot, plan, sources, snapshot, folder, reach, supersedes, message: words } = new_run;
        let terms = counting(self.terms(plan.limits(), Sending::On), &plan);
        let plan = secrets::reveal(self.context, &sources, plan, &folder)?;
        let (requests, names) = self.resolve(plan, &sources, &snapshot, id, &terms).await?;
        self.lift_pauses().await?;
        let preflight = if reach.is_none() && terms.resends == Resends::AsAsked {
            self.check_lists(requests.plan(), &sources, &terms).await?
        } else {
            Preflight::default()
        };
        let snapshot = RunSnapshot { names: Some(names), ..snapshot };
        let record = self.record(id, slot, requests.plan(), &snapshot);
        let opening = match reach {
            None => RunStart::New { record, preflight },
            Some(reach) => RunStart::Named { record, reach },
        };
        // In this order: were it cut off in between, nobody could send what both have.
        if let Some(source) = supersedes {
            self.ledger.note(source, RunNote::Superseded { by: id }).await?;
        }
        if let Some(words) = words {
            self.context.tell(&words);
        }
        let left = u32::try_from(requests.len()).expect("a plan holds fewer than 2^32 launches");
        let ran = self.launch(opening, &requests, id, left, &terms).await?;
        self.report(&ran, &FromPlan { plan: requests.plan(), run: id, skipped: None }, out).await
    }

    /// Goes on with a run: settles what is in doubt and, where `sending` is on, sends what was never sent.
    ///
    /// A run with nothing left to do is only reported, and no server is asked.
    pub(crate) async fn resume(
        &self,
        stored: StoredRun,
        resumed: ResumedRun,
        out: ReportOutput,
    ) -> Result<ExitStatus, Failure> {
        let ResumedRun { sending, reach, limits } = resumed;
        self.lift_pauses().await?;
        let id = stored.record.id;
        let history = match sending {
            Sending::On => RunHistory::read(self.ledger, id).await?,
            Sending::Off => RunHistory::read_with_held(self.ledger, id).await?,
        };
        let (sources, plan) = match stored.plan() {
            Ok(made) => made,
            Err(lost) => {
                self.context.tell(&format!("{lost}; nothing of it is sent, and what is in doubt is settled"));
                let plans = EventsOnly { launches: stored.record.launches };
                let ran = Box::pin(self.settle(stored, limits.unwrap_or_default())).await?;
                return self.report(&ran, &plans, out).await;
            }
        };
        let limits = limits.unwrap_or(plan.limits());
        if sending == Sending::On && is_done(&stored.record, &history, plan.skipped()) {
            return self.report_done(stored, &plan, out).await;
        }
        if let Some(by) = stored.successor() {
            self.context.tell(&format!("run {id} was taken over by run {by}: nothing more of it is sent"));
        }
        if sending == Sending::Off || stored.successor().is_some() {
            let plans = FromPlan { plan: &plan, run: id, skipped: None };
            let ran = Box::pin(self.settle(stored, limits)).await?;
            return self.report(&ran, &plans, out).await;
        }
        let over: u32 = history.ended.values().sum::<u32>() + plan.skipped();
        let left = stored.record.launches.saturating_sub(over);
        let terms = counting(run::apply_notes(self.terms(limits, Sending::On), &stored.notes), &plan);
        let StoredRun { record, snapshot, .. } = stored;
        let snapshot = snapshot.expect("the plan was made from it");
        let folder = snapshot.folder.as_deref().unwrap_or(Path::new(""));
        let plan = secrets::reveal(self.context, &sources, plan, folder)?;
        let (requests, _) = self.resolve(plan, &sources, &snapshot, id, &terms).await?;
        let ran = self.launch(RunStart::Resumed { record, reach }, &requests, id, left, &terms).await?;
        self.report(&ran, &FromPlan { plan: requests.plan(), run: id, skipped: None }, out).await
    }

    /// Settles what is in doubt, and sends nothing: neither names nor secrets are needed.
    async fn settle(&self, stored: StoredRun, limits: LaunchLimits) -> Result<FinishedRun, Failure> {
        let id = stored.record.id;
        let history = RunHistory::read_with_held(self.ledger, id).await?;
        let terms = self.terms(limits, Sending::Off);
        let client = self.client(&terms)?;
        unless_interrupted(&self.interrupts, async { Ok(client.sign_in().await?) }).await?;
        let requests = IntentRequests::of(stored.record.launches, &history);
        let left = u32::try_from(history.unfinished.len()).unwrap_or(u32::MAX);
        self.launch(RunStart::SettleOnly(stored.record), &requests, id, left, &terms).await
    }

    /// Records a run whose slot is passed over, because `live` (where it is known) is being run; and reports it.
    pub(crate) async fn skip(
        &self,
        new_run: NewRun,
        live: Option<RunId>,
        why: &str,
        out: ReportOutput,
    ) -> Result<ExitStatus, Failure> {
        let NewRun { id, slot, plan, snapshot, .. } = new_run;
        self.client(&self.terms(plan.limits(), Sending::Off))?;
        self.refuse_secrets(&snapshot)?;
        let record = self.record(id, slot, &plan, &snapshot);
        let totals = Totals { launches: record.launches, skipped: record.launches, ..Totals::default() };
        let end = RunEnd { ended: record.started, exit: ExitStatus::Success, totals };
        self.ledger.open_run(record.clone()).await?;
        self.ledger.note(id, RunNote::Skipped { live }).await?;
        self.ledger.close_run(id, end).await?;
        let plans = FromPlan { plan: &plan, run: id, skipped: Some(why.to_owned()) };
        let reported = report_output::write(self.context, self.ledger, &record, Some(end), totals, &plans, out).await;
        Ok(end.exit.worse(reported))
    }

    /// Reports a run with nothing left to do, and closes it where it was cut off before that was recorded.
    async fn report_done(&self, stored: StoredRun, plan: &Plan, out: ReportOutput) -> Result<ExitStatus, Failure> {
        self.context.tell(&pending_launches::describe(self.ledger, stored.record.id).await?);
        report_output::write_finished(self.context, self.ledger, stored, plan, self.clock.utc(), out).await
    }

    /// Forgets what the server asked for, where somebody says so.
    async fn lift_pauses(&self) -> Result<(), Failure> {
        if self.overrides.ignores_pause() {
            self.ledger.lift_pauses(self.target.tenant().as_str()).await?;
        }
        Ok(())
    }

    /// The terms for a manifest with `limits`.
    fn terms(&self, limits: LaunchLimits, sending: Sending) -> LaunchSettings {
        self.overrides.apply_to(limits, self.target.timeouts(), sending)
    }

    /// The client, made when it is first needed: making it reads the profile's secrets.
    fn client(&self, terms: &LaunchSettings) -> Result<&Client, Failure> {
        if self.client.get().is_none() {
            let client = self.target.client(self.context, terms, &self.clock)?;
            // Nobody else can have set it: there is one thread, and no await.
            drop(self.client.set(client));
        }
        Ok(self.client.get().expect("it was just made"))
    }

    /// The ledger keeps inputs, so they must hold none of the secrets that are known by now.
    fn refuse_secrets(&self, snapshot: &RunSnapshot) -> Result<(), Failure> {
        inputs::refuse_secrets(self.context, &snapshot.inputs)
    }

    /// Logs in, gives every name of the plan its id (the one that is kept, else the one that the server
    /// says), and uploads what launches need.
    async fn resolve(
        &self,
        plan: Plan,
        sources: &Sources,
        snapshot: &RunSnapshot,
        id: RunId,
        terms: &LaunchSettings,
    ) -> Result<(Requests, Directory), Failure> {
        let client = self.client(terms)?;
        self.refuse_secrets(snapshot)?;
        let names = snapshot.names.clone();
        let names = unless_interrupted(&self.interrupts, async {
            client.sign_in().await?;
            match names {
                Some(names) => Ok(names),
                None => Ok(run::look_up(client, &plan).await?),
            }
        })
        .await?;
        let requests = resolve::resolve(plan, &names, id);
        let requests = diagnostics::value_or_print(&self.context.console, self.context.verbosity, sources, requests);
        let is_refused = !names.refused_by_folder.is_empty();
        let requests =
            requests.map_err(|failure| if is_refused { Failure::silent(ExitStatus::Login) } else { failure })?;
        let requests = unless_interrupted(&self.interrupts, async { Ok(run::attach(client, requests).await?) }).await?;
        Ok((requests, names))
    }

    /// Refuses a new run of which no lost answer could ever be settled; what the lists told that were read for it.
    async fn check_lists(&self, plan: &Plan, sources: &Sources, terms: &LaunchSettings) -> Result<Preflight, Failure> {
        let client = self.client(terms)?;
        let folders = plan.required_names().keys().cloned();
        unless_interrupted(&self.interrupts, async {
            let tenant = self.target.tenant();
            let observe =
                &mut |notice| progress::tell(&self.context.console, self.context.verbosity, &*self.clock, &notice);
            let looked =
                launch::check_list_access(client, self.ledger, tenant.as_str(), &*self.clock, folders, *terms, observe)
                    .await;
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
                diagnostics::print_all(&self.context.console, sources, &resolve::refused_folders(plan, &directory));
                return Err(Failure::silent(ExitStatus::Login));
            }
            let AdoptionError::Unlisted(call) = error else { return Err(RunError::Adoption(error).into()) };
            let words = format!(
                "the list of robot jobs cannot be read, by which a lost answer is settled: {call}\n  help: {}; or \
                 pass --at-most-once, which launches without it and never sends anything again",
                call.help()
            );
            Err(Failure::with_message(call.exit(), words))
        })
        .await
    }

    fn record(&self, id: RunId, slot: Option<String>, plan: &Plan, snapshot: &RunSnapshot) -> RunRecord {
        RunRecord {
            id,
            name: plan.name().to_owned(),
            slot,
            profile: snapshot.inputs.profile.clone(),
            tenant: self.target.tenant().to_string(),
            started: self.clock.utc(),
            plan_digest: plan.digest(),
            launches: u32::try_from(plan.len()).expect("a plan holds fewer than 2^32 launches"),
            inputs: snapshot.to_bytes(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    async fn launch<R: RequestSource>(
        &self,
        opening: RunStart,
        requests: &R,
        run: RunId,
        left: u32,
        terms: &LaunchSettings,
    ) -> Result<FinishedRun, Failure> {
        let console = &self.context.console;
        let client = self.client(terms)?;
        tracing::info!("run {run}: {left} launches to see to");
        let launcher = Launcher { server: client, ledger: self.ledger, requests, run, clock: self.clock.clone() };
        let progress = RefCell::new(Progress::begin(console, self.context.verbosity, self.clock.clone(), left));
        let interrupts = self.interrupts.clone();
        let at_work = &self.context.at_work;
        at_work.set(ActivityPhase::Launching {
            run,
            resume_command: self.again(&opening, run, terms.sending),
            requests: 0,
        });
        let mut observe = |notice| {
            if let Notice::Outlook(outlook) = &notice {
                at_work.set_requests(outlook.requests);
            }
            progress.borrow_mut().on_notice(&notice);
        };
        let ran = {
            let mut running = pin!(run::run(opening, &launcher, *terms, interrupts, &mut observe));
            loop {
                tokio::select! {
                    biased;
                    ran = &mut running => break ran,
                    () = self.clock.sleep(progress::REFRESH_INTERVAL) => progress.borrow_mut().refresh()
                }
            }
        };
        progress.into_inner().end();
        at_work.set(ActivityPhase::Before);
        tracing::debug!("ledger commits: {}", self.ledger.commits());
        let ran = ran?;
        self.complain(&ran);
        Ok(ran)
    }

    /// The command that goes on with `run` where it is left at once; `None` if its server goes with this process.
    fn again(&self, opening: &RunStart, run: RunId, sending: Sending) -> Option<String> {
        let record = match opening {
            RunStart::New { record, .. }
            | RunStart::Named { record, .. }
            | RunStart::Resumed { record, .. }
            | RunStart::SettleOnly(record) => record,
        };
        let verb = if sending == Sending::On { "resume" } else { "reconcile" };
        let RepeatedFlags { ledger, connection } = &self.context.repeated;
        (!target::is_in_process(record)).then(|| format!("sortie {verb} {run}{ledger}{connection}"))
    }

    /// Says what ended the sending early, and what the ledger could not keep.
    fn complain(&self, ran: &FinishedRun) {
        let console = &self.context.console;
        match &ran.launched.stop {
            Some(stop @ StopReason::Interrupt(_)) => console.say(&format!("{stop}: {}", ran.end.totals)),
            Some(stop) => {
                let ended =
                    matches!(stop, StopReason::Refused { exit: ExitStatus::Login, error } if error.status == 401);
                let help = self.target.login_ended().filter(|_| ended);
                let help = help.map_or_else(String::new, |help| format!("\n  help: {help}"));
                console.say(&format!("error: no more was sent: {stop}{help}"));
            }
            None => {}
        }
        for (folder, error) in &ran.launched.closed_folders {
            console.say(&format!("error: folder {folder} is refused: {}", error.message));
        }
        for (folder, why) in &ran.launched.uncounted_folders {
            console.say(&format!(
                "error: folder {folder}: the robot jobs of this run could not be counted: {why}\n  help: `sortie \
                 reconcile {}` counts them again, and starts nothing",
                ran.record.id
            ));
        }
        // That a ledger which failed takes nothing more is no news.
        let is_told =
            matches!((&ran.unclosed, &ran.launched.stop), (Some(LedgerError::Closed), Some(StopReason::Ledger(_))));
        if let Some(error) = ran.unclosed.as_ref().filter(|_| !is_told) {
            console.say(&format!("error: {}", Failure::new(ExitStatus::Fault, error).message.unwrap_or_default()));
        }
    }

    async fn report(
        &self,
        ran: &FinishedRun,
        plans: &impl PlannedLaunches,
        out: ReportOutput,
    ) -> Result<ExitStatus, Failure> {
        let is_broken = ran.unclosed.is_some() || matches!(ran.launched.stop, Some(StopReason::Ledger(_)));
        // What the ledger could not take is not known to any report: its totals must not know it either.
        let totals = if is_broken {
            let totals = delivery::totals(self.ledger, ran.record.id, plans).await;
            totals.map_err(|error| Failure::from(error).after_sending())?
        } else {
            Totals::of_launches(&ran.launched.launches_by_verdict)
        };
        let reported =
            report_output::write(self.context, self.ledger, &ran.record, Some(ran.end), totals, plans, out).await;
        Ok(ran.end.exit.worse(reported))
    }
}

/// `overrides`, by which every robot job is counted if `plan` asks for it.
fn counting(terms: LaunchSettings, plan: &Plan) -> LaunchSettings {
    if plan.verifies() { LaunchSettings { counting: Counting::All, ..terms } } else { terms }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::with_message(error.exit(), format!("{error}\n  help: {}", error.help()))
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Ledger(error) | RunError::Adoption(AdoptionError::Ledger(error)) => error.into(),
            RunError::Adoption(error @ AdoptionError::HeldTooLong(_)) => Self::new(ExitStatus::NotSent, &error),
            RunError::Adoption(error @ (AdoptionError::Contradicted | AdoptionError::Incomplete(_))) => {
                Self::new(ExitStatus::Fault, &error)
            }
            RunError::Adoption(error @ AdoptionError::Unproven { .. }) => Self::new(ExitStatus::Unknown, &error),
            RunError::Adoption(AdoptionError::Unlisted(call)) => {
                let words = format!(
                    "cannot check which robot jobs this run has already started: {call}\n  help: {}",
                    call.help()
                );
                Self::with_message(call.exit(), words)
            }
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::new(ExitStatus::Fault, &error)
    }
}
