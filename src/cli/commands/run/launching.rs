//! The part of `run` that touches the world: log in, resolve, open the ledger, launch, report.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use tokio::sync::watch;

use crate::cli::args;
use crate::cli::commands::Context;
use crate::cli::commands::run::connect::Connected;
use crate::cli::failure::Failure;
use crate::cli::masked::Fault;
use crate::cli::progress::Progress;
use crate::cli::report_files::{ReportFileError, ReportFiles};
use crate::cli::stages;
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::launch::{Interrupt, Launcher, Resends, Sending, Terms};
use crate::ledger::RunRecord;
use crate::ledger::sqlite::SqliteLedger;
use crate::orchestrator::call_error::CallError;
use crate::pace::Pace;
use crate::plan::{Inputs, Plan};
use crate::report::delivery::{self, ReportError};
use crate::report::{Head, RunHead, Totals};
use crate::resolve::{self, Requests};
use crate::run::{self, Opening, Ran, RunError};
use crate::schema::format::Rate;
use crate::source::Sources;
use crate::spec::Limits;

/// How often the job list is read, at most. Source: DESIGN, section 2, `limits.poll`.
const POLLS_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");

/// How long a server is given.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// After a connection was closed, until an absence counts.
    pub(super) settle: Duration,
    /// For one attempt.
    pub(super) attempt: Duration,
}

/// `--rate`, `--burst`, `--concurrency` and `--at-most-once`, which rule over the manifest.
pub(super) struct Overrides {
    rate: Option<Rate>,
    burst: Option<NonZeroU32>,
    concurrency: Option<NonZeroUsize>,
    resends: Resends,
}

impl Overrides {
    /// What `flags` say.
    pub(super) fn of(flags: &args::Run) -> Result<Self, Failure> {
        let rate = flags.rate.as_deref().map(|text| {
            let words = "--rate is no rate\n  help: write 10/s, 90/min or 500/h";
            Rate::parse(text).ok_or_else(|| Failure::said(ExitStatus::Usage, words))
        });
        let concurrency = flags.concurrency.and_then(|count| NonZeroUsize::new(usize::try_from(count).ok()?));
        let resends = if flags.at_most_once { Resends::Never } else { Resends::AsAsked };
        Ok(Self { rate: rate.transpose()?, burst: flags.burst.and_then(NonZeroU32::new), concurrency, resends })
    }

    /// The terms that follow, for a manifest with `limits` and a server with this `patience`.
    pub(super) fn over(&self, limits: Limits, patience: Patience) -> Terms {
        let own_burst = NonZeroU32::new(limits.pace.burst()).expect("a pace has a burst");
        let burst = self.burst.unwrap_or(own_burst);
        let (count, period) = match self.rate {
            Some(rate) => (NonZeroU32::new(rate.amount).expect("a rate is never 0"), rate.per),
            None => (NonZeroU32::MIN, limits.pace.interval()),
        };
        Terms {
            pace: Pace::new(count, period, burst),
            concurrency: self.concurrency.unwrap_or(limits.concurrency),
            poll: Pace::at_most(POLLS_A_MINUTE, Duration::from_secs(60)),
            settle: patience.settle,
            attempt: patience.attempt,
            sending: Sending::On,
            resends: self.resends,
            seed: fastrand::u64(..),
        }
    }
}

/// Everything that a run needs beside its plan.
pub(super) struct Launching<'a> {
    pub(super) context: &'a Context,
    pub(super) flags: &'a args::Run,
    pub(super) sources: &'a Sources,
    pub(super) connected: &'a Connected,
    pub(super) terms: Terms,
    pub(super) clock: SharedClock,
}

impl Launching<'_> {
    /// From a plan to its reports. Nothing is sent before every step that can fail has succeeded.
    pub(super) async fn carry_out(
        self,
        plan: Plan,
        inputs: &Inputs,
        mut interrupt: watch::Receiver<Option<Interrupt>>,
        reports: ReportFiles,
    ) -> Result<ExitStatus, Failure> {
        let console = &self.context.console;
        let ledger = SqliteLedger::open(&self.connected.ledger.path())?;
        let run = self.new_run_id();
        let requests = tokio::select! {
            requests = self.resolve(plan, run) => requests?,
            signal = first_signal(&mut interrupt) => {
                return Err(Failure::said(crate::cli::signals::exit(signal), "ended before anything was sent"));
            }
        };
        let record = self.record(run, &requests, inputs);
        tracing::info!("run {run}: {} launches, ledger {}", record.launches, self.connected.ledger.path().display());
        let client = &self.connected.client;
        let launcher =
            Launcher { server: client, ledger: &ledger, requests: &requests, run, clock: self.clock.clone() };
        let mut progress = Progress::begin(console, self.context.talk, self.clock.clone(), record.launches);
        let ran =
            run::run(Opening::New(record), &launcher, self.terms, interrupt, &mut |notice| progress.note(&notice))
                .await;
        progress.end();
        tracing::debug!("ledger commits: {}", ledger.commits());
        let ran = ran?;
        self.complain(&ran);
        let reported = self.report(&ran, &requests, &ledger, reports).await;
        Ok(ran.end.exit.worse(reported))
    }

    /// Logs in, gives every name of the plan its id, and uploads what launches need.
    async fn resolve(&self, plan: Plan, id: RunId) -> Result<Requests, Failure> {
        let client = &self.connected.client;
        client.sign_in().await?;
        let directory = run::look_up(client, &plan).await?;
        let requests = resolve::resolve(plan, &directory, id);
        let requests = stages::or_complain(&self.context.console, self.context.talk, self.sources, requests)?;
        Ok(run::attach(client, requests).await?)
    }

    fn record(&self, id: RunId, requests: &Requests, inputs: &Inputs) -> RunRecord {
        let plan = requests.plan();
        RunRecord {
            id,
            name: plan.name().to_owned(),
            slot: None,
            profile: inputs.profile.clone(),
            tenant: self.connected.client.tenant().to_string(),
            started: self.clock.utc(),
            plan_digest: plan.digest(),
            launches: u32::try_from(plan.len()).expect("a plan holds fewer than 2^32 launches"),
            inputs: serde_json::to_vec(inputs).expect("inputs hold only text and numbers"),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    fn new_run_id(&self) -> RunId {
        let mut random = [0; 10];
        fastrand::fill(&mut random);
        let unix_ms = u64::try_from(self.clock.utc().as_millisecond()).expect("the present is after 1970");
        RunId::new_at(unix_ms, random)
    }

    /// Says what ended the sending early, and what the ledger could not keep.
    fn complain(&self, ran: &Ran) {
        let console = &self.context.console;
        if let Some(stop) = &ran.launched.stop {
            console.say(&format!("error: no more was sent: {stop}"));
        }
        for (folder, error) in &ran.launched.closed_folders {
            console.say(&format!("error: folder {folder} is refused: {}", error.message));
        }
        if let Some(error) = &ran.unclosed {
            console.say(&format!("error: {}", Failure::new(ExitStatus::Fault, error).words.unwrap_or_default()));
        }
    }

    /// Writes every report, also of a run that failed; the status of what could not be written.
    async fn report(
        &self,
        ran: &Ran,
        requests: &Requests,
        ledger: &SqliteLedger,
        mut files: ReportFiles,
    ) -> ExitStatus {
        let console = &self.context.console;
        let totals = Totals::of_launches(&ran.launched.launches_by_verdict);
        let head = Head { run: RunHead::new(&ran.record, Some(ran.end)), totals };
        let stdout_fault = Fault::default();
        let mut exit = ExitStatus::Success;
        let written = {
            let mut writers = files.writers(self.flags.format, &stdout_fault, console.redactor());
            delivery::write(ledger, ran.record.id, &head, requests, &mut writers).await
        };
        if let Err(error) = written {
            let status = match &error {
                ReportError::Ledger(_) | ReportError::Miscounted { .. } => ExitStatus::Fault,
                ReportError::Unwritten(_) => ExitStatus::Report,
            };
            console.say(&format!("error: {}", Failure::new(status, &error).words.unwrap_or_default()));
            exit = exit.worse(status);
        }
        for error in files.keep() {
            console.say(&format!("error: {}", Failure::new(ExitStatus::Report, &error).words.unwrap_or_default()));
            exit = exit.worse(ExitStatus::Report);
        }
        // A reader of stdout that has gone away has seen enough; anything else there is a report not written.
        if let Some(error) = stdout_fault.take().filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe) {
            console.say(&format!("error: the report on stdout cannot be written: {error}"));
            exit = exit.worse(ExitStatus::Report);
        }
        exit
    }
}

async fn first_signal(interrupt: &mut watch::Receiver<Option<Interrupt>>) -> Interrupt {
    match interrupt.wait_for(Option::is_some).await {
        Ok(signal) => signal.unwrap_or(Interrupt::Interrupted),
        // Nobody can send any more: there will be no signal.
        Err(_) => std::future::pending().await,
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self::said(error.exit(), format!("{error}\n  help: {}", error.help()))
    }
}

impl From<ReportFileError> for Failure {
    fn from(error: ReportFileError) -> Self {
        Self::new(ExitStatus::Usage, &error)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Ledger(error) => error.into(),
            RunError::Look(error) => Self::new(ExitStatus::Fault, &error),
        }
    }
}

impl From<crate::ledger::LedgerError> for Failure {
    fn from(error: crate::ledger::LedgerError) -> Self {
        Self::new(ExitStatus::Fault, &error)
    }
}
