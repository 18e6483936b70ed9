//! What a command, a board or a program asks of runs: start, resume, reconcile, rerun.
//!
//! In: plain values, a store, a way to the server, secrets. Out: runs that are over, with their locks; notices on the way.
//! Never: prints, or writes a report.

pub(super) mod begin;
pub(super) mod declare;
pub(super) mod finished;
pub(super) mod interrupt;
pub(super) mod launching;
pub(super) mod locked_run;
pub(super) mod missed_slots;
pub(super) mod pending_launches;
pub(super) mod reconcile;
pub(super) mod rerun;
pub(super) mod resume;
pub(super) mod select;
pub(super) mod start;
pub(super) mod steer;

use std::cell::OnceCell;

use tokio::sync::watch;

use self::begin::Agreements;
use self::begin::pending_send::SendConfirmation;
use super::connector::{Connector, LaunchDestination};
use super::error::{InvalidPlan, RunServiceError};
use super::observer::{Observer, RunNotice};
use super::overrides::Overrides;
use super::reporting::RepeatedFlags;
use super::secret_source::{SecretSource, refuse_secrets};
use super::snapshot::RunSnapshot;
use crate::clock::SharedClock;
use crate::diagnostic::Diagnosed;
use crate::ids::RunId;
use crate::launch::{LaunchSettings, Notice, ResendPolicy, RunSignals, SendMode};
use crate::ledger::{LedgerError, RunNote, RunRecord, Steered, Steering, Store, steered};
use crate::orchestrator::Client;
use crate::policy::PolicyText;
use crate::source::Sources;
use crate::spec::LaunchLimits;

/// Carries runs out. It is of one task and one server: make one for each run that is asked for.
pub struct RunService<'a, S, C> {
    store: &'a S,
    connector: &'a C,
    secrets: &'a dyn SecretSource,
    observer: &'a dyn Observer,
    overrides: Overrides,
    flags: RepeatedFlags,
    /// Rules of this call, beside those of the server's profile.
    policies: Vec<PolicyText>,
    confirmation: &'a dyn SendConfirmation,
    /// What somebody agreed to before locks were taken.
    agreements: Agreements,
    clock: SharedClock,
    interrupts: interrupt::InterruptReceiver,
    destination: OnceCell<LaunchDestination>,
    client: OnceCell<Client>,
    /// The same for runs of which nothing is sent again: it takes another view of a 429.
    client_at_most_once: OnceCell<Client>,
}

impl<'a, S: Store, C: Connector> RunService<'a, S, C> {
    /// A service that records in `store`, launches where `connector` leads, and has done nothing yet. Nobody listens, and
    /// nobody interrupts it.
    pub fn new(store: &'a S, connector: &'a C, secrets: &'a dyn SecretSource, clock: SharedClock) -> Self {
        Self {
            store,
            connector,
            secrets,
            observer: &(),
            overrides: Overrides::default(),
            flags: RepeatedFlags::default(),
            policies: Vec::new(),
            confirmation: &(),
            agreements: Agreements::default(),
            clock,
            interrupts: watch::channel(None).1,
            destination: OnceCell::new(),
            client: OnceCell::new(),
            client_at_most_once: OnceCell::new(),
        }
    }

    /// The same, which tells `observer` what it does.
    #[must_use]
    pub fn with_observer(self, observer: &'a dyn Observer) -> Self {
        Self { observer, ..self }
    }

    /// The same, whose `overrides` rule over manifests.
    #[must_use]
    pub fn with_overrides(self, overrides: Overrides) -> Self {
        Self { overrides, ..self }
    }

    /// The same, which a signal ends: no new sends, and a short wait for the answers of those that are open.
    #[must_use]
    pub fn with_interrupts(self, interrupts: interrupt::InterruptReceiver) -> Self {
        Self { interrupts, ..self }
    }

    /// The same, in whose help commands carry `flags`.
    #[must_use]
    pub fn with_flags(self, flags: RepeatedFlags) -> Self {
        Self { flags, ..self }
    }

    /// The same, whose launches keep these rules too.
    #[must_use]
    pub fn with_policies(self, policies: Vec<PolicyText>) -> Self {
        Self { policies, ..self }
    }

    /// The same, which asks `confirmation` where the profile says so; by itself it finds nobody there, and sends nothing then.
    #[must_use]
    pub fn with_confirmation(self, confirmation: &'a dyn SendConfirmation) -> Self {
        Self { confirmation, ..self }
    }

    fn tell(&self, notice: RunNotice<'_>) {
        self.observer.on_notice(&notice);
    }

    /// Where it launches: where `run` was, or a new run is. The connector refuses a run that was launched elsewhere.
    fn destination(&self, run: Option<&RunRecord>) -> Result<&LaunchDestination, RunServiceError> {
        run.map_or(Ok(()), RunServiceError::refuse_imported)?;
        if run.is_some() || self.destination.get().is_none() {
            let destination = self.connector.destination(run)?;
            drop(self.destination.set(destination));
        }
        Ok(self.destination.get().expect("it was just asked for"))
    }

    /// The client for `settings`, made when it is first needed: making it reads secrets.
    fn client(&self, settings: &LaunchSettings) -> Result<&Client, RunServiceError> {
        let cell = match settings.resends {
            ResendPolicy::AsAsked => &self.client,
            ResendPolicy::Never => &self.client_at_most_once,
        };
        if cell.get().is_none() {
            // Nobody else can have set it: there is one task, and no await.
            drop(cell.set(self.connector.client(settings, &self.clock)?));
        }
        Ok(cell.get().expect("it was just made"))
    }

    /// The terms for a manifest with `limits`.
    fn settings(&self, destination: &LaunchDestination, limits: LaunchLimits, sending: SendMode) -> LaunchSettings {
        self.overrides.apply_to(limits, destination.timeouts, sending)
    }

    /// The value of `outcome`, of which everything is told; `is_refused`: what is wrong is what the login may do.
    fn value_of<T>(&self, sources: &Sources, outcome: Diagnosed<T>, is_refused: bool) -> Result<T, RunServiceError> {
        let (value, diagnostics) = outcome.into_parts();
        if !diagnostics.is_empty() {
            self.tell(RunNotice::Diagnosed { sources, diagnostics: &diagnostics });
        }
        value.ok_or_else(|| {
            RunServiceError::Invalid(Box::new(InvalidPlan { sources: sources.clone(), diagnostics, is_refused }))
        })
    }

    /// The ledger keeps inputs, so they must hold none of the secrets that are known by now.
    fn refuse_secrets(&self, snapshot: &RunSnapshot) -> Result<(), RunServiceError> {
        refuse_secrets(self.secrets.redactor(), &snapshot.inputs)
    }

    /// Forgets what the server asked for, where somebody says so.
    async fn lift_pauses(&self, destination: &LaunchDestination) -> Result<(), LedgerError> {
        if self.overrides.ignores_pause {
            self.store.lift_pauses(destination.tenant.as_str()).await?;
        }
        Ok(())
    }

    /// What reaches a run of which `holds` holds at its beginning, and how it is told of what holds later.
    fn signals(&self, holds: Steered) -> (watch::Sender<Steered>, RunSignals) {
        let (told, steered) = watch::channel(holds);
        (told, RunSignals { interrupt: self.interrupts.clone(), steered })
    }

    /// Tells the run what is asked of it by now. A ledger that cannot be read says so when it is written; what a newer sortie asks
    /// is said once, by `is_told`, and the run goes on: nobody knows here what it would be to heed it.
    async fn look_at_notes(&self, run: RunId, told: &watch::Sender<Steered>, is_told: &mut bool) {
        let notes = match self.store.read_notes(run).await {
            Ok(notes) => notes,
            Err(error @ LedgerError::UnknownNote { .. }) if !std::mem::replace(is_told, true) => {
                let words = format!("this process goes on, and hears nothing more that is asked of its run: {error}");
                return self.tell(RunNotice::Launch(&Notice::Steered(words)));
            }
            Err(_) => return,
        };
        let holds = steered(&notes);
        told.send_if_modified(|told| {
            let is_new = *told != holds;
            *told = holds;
            is_new
        });
    }

    /// Lets a run go on that was paused or cancelled, since somebody asks for it by name; and keeps what was typed of limits.
    async fn lift_hold(&self, run: RunId, holds: &Steered) -> Result<(), LedgerError> {
        if holds.is_held() {
            self.tell(RunNotice::Lifted { run, holds });
            self.store.note(run, RunNote::Steered(Steering::Continue { at: self.clock.utc() })).await?;
        }
        // What was just typed rules over what was set before.
        let terms = self.overrides.steered();
        if !holds.terms.is_empty() && !terms.is_empty() {
            self.store.note(run, RunNote::Steered(Steering::Set { at: self.clock.utc(), terms })).await?;
        }
        Ok(())
    }

    /// The id of a run that stands for itself.
    fn new_run_id(&self) -> RunId {
        let mut random = [0; 10];
        fastrand::fill(&mut random);
        let unix_ms = u64::try_from(self.clock.utc().as_millisecond()).expect("the present is after 1970");
        RunId::new_at(unix_ms, random)
    }
}
