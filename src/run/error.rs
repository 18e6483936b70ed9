//! Why the service did not do what was asked: what happened, whose fault it is, and what to do.
//!
//! In: errors of the layers below, and refusals of the service's own. Out: a [`RunServiceError`], with its exit status and
//! help as methods. Never: prints.

use crate::clock::Timestamp;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::launch::{AdoptionError, Interrupt};
use crate::ledger::{LedgerError, RunRecord};
use crate::orchestrator::call_error::CallError;
use crate::report::delivery::ReportError;
use crate::saved_plan::after_stale;
use crate::source::Sources;

use super::connector::ConnectError;
use super::execution::RunError;
use super::rerun_chain::{LeftBehind, RerunChainError};
use super::service::begin::pending_send::Unconfirmed;
use super::service::select::SelectError;
use super::stored_run::{PlanUnavailable, skipped_because_of};

/// Why the service did not do what was asked.
///
/// Its words are those of `Display`, with the causes behind them ([`std::error::Error::source`]); what to do about it is
/// in [`RunServiceError::help`], or follows the words on lines of its own.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum RunServiceError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The server cannot be asked.
    #[error(transparent)]
    Call(Box<CallError>),
    /// There is no way to the server.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// What was started before cannot be told.
    #[error(transparent)]
    Adoption(AdoptionError),
    /// The job lists, by which what was started before is looked for, cannot be read.
    #[error("cannot check which robot jobs this run has already started: {0}")]
    Unlisted(Box<CallError>),
    /// The job lists cannot be read, so no lost answer could ever be settled; nothing was begun.
    #[error("the list of robot jobs cannot be read, by which a lost answer is settled: {0}")]
    NothingListed(Box<CallError>),
    /// The manifest, its secrets or its names are not in order.
    #[error("the manifest cannot be launched")]
    Invalid(Box<InvalidPlan>),
    /// The inputs hold the value of a secret, and the ledger would keep them.
    #[error("{what}")]
    HoldsSecret {
        /// What holds it.
        what: String,
        /// What to do.
        help: &'static str,
    },
    /// The run was launched by another ledger, and is only shown here.
    #[error(
        "run {run} was imported{}: only the ledger that launched it can send, settle or stop anything of it",
        host.as_ref().map_or(String::new(), |host| format!(" from `{}`", escape(host)))
    )]
    Imported {
        /// The run.
        run: RunId,
        /// The machine that exported it, where that has a name.
        host: Option<String>,
    },
    /// A signal came before anything was sent.
    #[error("ended before anything was sent")]
    Interrupted(Interrupt),
    /// No run, or several, is what somebody named.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// Another process is at the run.
    #[error("run {run}{} is in use by another process", parenthesized(identity.as_deref()))]
    InUse {
        /// The run.
        run: RunId,
        /// What it stands for; `None` if it stands for itself.
        identity: Option<String>,
    },
    /// Another run of the manifest is going on, which must not go beside it.
    #[error("{} is going on", another(name, *live))]
    ManifestInUse {
        /// The manifest's name.
        name: String,
        /// That run, where it is known.
        live: Option<RunId>,
    },
    /// The manifest's runs go one at a time.
    #[error("`{name}` runs one at a time, and {}", skipped_because_of(*live))]
    Exclusive {
        /// The manifest's name.
        name: String,
        /// The run that is going on, where it is known.
        live: Option<RunId>,
    },
    /// What the slot or key stands for was begun, done or skipped with other launches.
    #[error("{words}")]
    AnotherPlan {
        /// That run.
        run: RunId,
        /// What is different, in lines.
        words: String,
        /// What to do.
        help: String,
    },
    /// A saved plan is not what it was when it was approved, so that nothing of it was begun.
    #[error("the saved plan is stale: nothing {}was started{}", if begun.is_some() { "more " } else { "" }, indented(lines))]
    StalePlan {
        /// What is different, a line each.
        lines: Vec<String>,
        /// The run that was begun with it while it held.
        begun: Option<RunId>,
    },
    /// The plan of a run that is shown cannot be made again.
    #[error(transparent)]
    PlanUnavailable(PlanUnavailable),
    /// The plan of a run that is over cannot be made again, although it was a moment ago.
    #[error(transparent)]
    PlanGone(PlanUnavailable),
    /// Nothing of a run can be run again, since its plan cannot be made again.
    #[error("{0}, so nothing of it can be run again")]
    Unrepeatable(PlanUnavailable),
    /// The slot began too long ago.
    #[error("slot {slot} is too late: `schedule.max-lateness` is {most}")]
    TooLate {
        /// The slot.
        slot: Timestamp,
        /// The limit, as the manifest writes it.
        most: String,
    },
    /// A slot that was missed ended in a way after which nothing is begun.
    #[error("{identity} was not begun: a slot before it, which --catch-up ran first, ended with exit code {}", exit.code())]
    AfterMissed {
        /// What was to be run.
        identity: String,
        /// How the slot before it ended.
        exit: ExitStatus,
    },
    /// The run's slot was passed over, so that nothing of it was begun.
    #[error("run {run} was skipped, and nothing of it was begun")]
    WasSkipped {
        /// The run.
        run: RunId,
        /// The slot.
        slot: String,
    },
    /// The profile asks before anything is sent, and nobody said yes.
    #[error(transparent)]
    Unconfirmed(#[from] Unconfirmed),
    /// Nothing of a run is left that could be steered.
    #[error("run {run} {why}: nothing of it is left to steer")]
    NothingToSteer {
        /// The run.
        run: RunId,
        /// Why.
        why: String,
        /// The flags that lead to its ledger.
        ledger_flags: String,
    },
    /// Robot jobs of a run that is cancelled could not be stopped, and it is not known which.
    #[error("nothing more of run {run} is sent, and it is not known whether its robot jobs are stopped")]
    NotStopped {
        /// The run.
        run: RunId,
    },
    /// Launches must be settled before anything is run again.
    #[error("{} unknown or partial: nothing is started again before that is settled", launches_are(*launches))]
    Unsettled {
        /// How many.
        launches: usize,
        /// The run of the first of them.
        run: RunId,
        /// The flags that name the ledger in a command.
        ledger_flags: String,
    },
    /// All that is left to be run again needs launches that are not where they must be, and are not run again.
    #[error("nothing is run again: `{}` {}{}", first.launch, first.why, others_left(*launches))]
    LeftBehind {
        /// How many.
        launches: usize,
        /// The first of them.
        first: LeftBehind,
    },
    /// Another process was quicker.
    #[error("another process has just rerun it")]
    JustRerun,
    /// An answer is about launches that the run has not.
    #[error("run {run} has {what}")]
    NoSuchLaunch {
        /// The run.
        run: RunId,
        /// What it has not.
        what: String,
        /// The flags that name the ledger in a command.
        ledger_flags: String,
    },
    /// An answer cannot be about a launch.
    #[error("{0}")]
    NotDeclarable(String),
    /// The launches cannot be counted.
    #[error(transparent)]
    Totals(#[from] ReportError),
    /// The launches cannot be counted, and some may have been sent.
    #[error(transparent)]
    TotalsAfterSending(ReportError),
}

/// What is wrong with what the manifest's author wrote.
#[derive(Debug)]
pub struct InvalidPlan {
    /// The texts.
    pub sources: Sources,
    /// What is said of them; at least one is an error.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether it is the login that may not do what it is to do.
    pub is_refused: bool,
}

impl RunServiceError {
    /// What to exit with.
    pub fn exit(&self) -> ExitStatus {
        match self {
            Self::Ledger(LedgerError::RunPruned { .. }) => ExitStatus::Usage,
            Self::Ledger(_) | Self::PlanGone(_) => ExitStatus::Fault,
            Self::Call(call) | Self::Unlisted(call) | Self::NothingListed(call) => call.exit(),
            Self::Connect(error) => error.exit,
            Self::Select(error) => error.exit(),
            Self::Adoption(error) => of_adoption(error),
            Self::Invalid(invalid) if invalid.is_refused => ExitStatus::Login,
            Self::Invalid(_)
            | Self::HoldsSecret { .. }
            | Self::Imported { .. }
            | Self::TooLate { .. }
            | Self::WasSkipped { .. }
            | Self::Unconfirmed(_)
            | Self::NothingToSteer { .. }
            | Self::NoSuchLaunch { .. }
            | Self::NotDeclarable(_) => ExitStatus::Usage,
            Self::Interrupted(Interrupt::Interrupted) => ExitStatus::Interrupted,
            Self::Interrupted(Interrupt::Terminated) => ExitStatus::Terminated,
            Self::InUse { .. } | Self::ManifestInUse { .. } | Self::Exclusive { .. } | Self::JustRerun => {
                ExitStatus::Held
            }
            Self::AnotherPlan { .. } | Self::StalePlan { .. } | Self::PlanUnavailable(_) | Self::Unrepeatable(_) => {
                ExitStatus::Stale
            }
            Self::AfterMissed { exit, .. } => *exit,
            Self::LeftBehind { .. } => ExitStatus::NotSent,
            Self::Unsettled { .. } | Self::NotStopped { .. } => ExitStatus::Unknown,
            Self::Totals(error) | Self::TotalsAfterSending(error) => match error {
                ReportError::Ledger(_) | ReportError::Miscounted { .. } => ExitStatus::Fault,
                ReportError::Unwritten(_) => ExitStatus::Report,
            },
        }
    }

    /// Refuses a run that another ledger launched: a lock of this one keeps nobody out of it, and what was sent since is not known
    /// here.
    pub(super) fn refuse_imported(record: &RunRecord) -> Result<(), Self> {
        if !record.is_imported() {
            return Ok(());
        }
        Err(Self::Imported { run: record.id, host: record.imported_from().map(str::to_owned) })
    }

    /// What to do; `None` if the words say it, or nothing can be done.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Call(call) | Self::Unlisted(call) => call.help().to_owned(),
            Self::NothingListed(call) => format!(
                "{}; or pass --at-most-once, which launches without it and never sends anything again",
                call.help()
            ),
            Self::HoldsSecret { help, .. } => (*help).to_owned(),
            Self::Imported { .. } => {
                "do it there: a lock of this ledger would keep nobody out, and launches might be started twice".to_owned()
            }
            Self::Select(error) => return error.help(),
            Self::InUse { .. } => "wait for it; `sortie runs` shows when it is done".to_owned(),
            Self::ManifestInUse { .. } => "wait for it".to_owned(),
            Self::AnotherPlan { help, .. } => help.clone(),
            Self::StalePlan { begun, .. } => after_stale(*begun),
            Self::Unrepeatable(lost) => format!("use sortie {}", lost.version),
            Self::TooLate { .. } => "`--run-key TEXT` runs it all the same, as a run of its own".to_owned(),
            Self::Unconfirmed(_) => "`--yes` says that it is meant".to_owned(),
            Self::WasSkipped { slot, .. } => format!("`sortie run MANIFEST --slot {slot}` runs it now"),
            Self::Unsettled { run, ledger_flags, .. } => {
                format!("`sortie report {run}{ledger_flags}` says what to do about each")
            }
            Self::NothingToSteer { run, ledger_flags, .. } => {
                format!("`sortie report {run}{ledger_flags}` shows what became of it")
            }
            Self::NotStopped { run } => format!("`sortie cancel {run}` asks once more"),
            Self::LeftBehind { .. } => {
                "`sortie resume RUN` waits on for what is not over; `sortie rerun RUN --all` starts what it needs once more"
                    .to_owned()
            }
            Self::JustRerun => "`sortie runs` shows the rerun".to_owned(),
            Self::NoSuchLaunch { run, ledger_flags, .. } => {
                format!("`sortie report {run}{ledger_flags}` lists its launches")
            }
            Self::Ledger(_)
            | Self::Connect(_)
            | Self::Adoption(_)
            | Self::Invalid(_)
            | Self::Interrupted(_)
            | Self::Exclusive { .. }
            | Self::PlanUnavailable(_)
            | Self::PlanGone(_)
            | Self::AfterMissed { .. }
            | Self::NotDeclarable(_)
            | Self::Totals(_)
            | Self::TotalsAfterSending(_) => return None,
        })
    }

    /// The run that is in the way.
    pub fn run(&self) -> Option<RunId> {
        if let Self::InUse { run, .. } | Self::AnotherPlan { run, .. } = self { Some(*run) } else { None }
    }

    /// Whether something may have been sent before it.
    pub fn may_have_sent(&self) -> bool {
        matches!(self, Self::TotalsAfterSending(_))
    }
}

impl From<CallError> for RunServiceError {
    fn from(error: CallError) -> Self {
        Self::Call(Box::new(error))
    }
}

impl From<RunError> for RunServiceError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Ledger(error) | RunError::Adoption(AdoptionError::Ledger(error)) => Self::Ledger(error),
            RunError::Adoption(AdoptionError::Unlisted(call)) => Self::Unlisted(call),
            RunError::Adoption(
                error @ (AdoptionError::HeldTooLong(_)
                | AdoptionError::Contradicted
                | AdoptionError::Incomplete(_)
                | AdoptionError::Unproven { .. }),
            ) => Self::Adoption(error),
        }
    }
}

impl From<RerunChainError> for RunServiceError {
    fn from(error: RerunChainError) -> Self {
        match error {
            RerunChainError::Ledger(error) => Self::Ledger(error),
            RerunChainError::Plan(lost) => Self::Unrepeatable(lost),
        }
    }
}

fn of_adoption(error: &AdoptionError) -> ExitStatus {
    match error {
        AdoptionError::HeldTooLong(_) => ExitStatus::NotSent,
        AdoptionError::Contradicted | AdoptionError::Incomplete(_) | AdoptionError::Ledger(_) => ExitStatus::Fault,
        AdoptionError::Unproven { .. } => ExitStatus::Unknown,
        AdoptionError::Unlisted(call) => call.exit(),
    }
}

/// Another run of `manifest`: `live`, where it is known which.
pub fn another(manifest: &str, live: Option<RunId>) -> String {
    match live {
        Some(run) => format!("run {run} of `{manifest}`"),
        None => format!("another run of `{manifest}`"),
    }
}

fn indented(lines: &[String]) -> String {
    lines.iter().flat_map(|line| ["\n  ", line]).collect()
}

fn parenthesized(identity: Option<&str>) -> String {
    identity.map(|identity| format!(" ({identity})")).unwrap_or_default()
}

fn others_left(launches: usize) -> String {
    match launches {
        1 => String::new(),
        2 => "; 1 launch more is left like it".to_owned(),
        _ => format!("; {} launches more are left like it", launches - 1),
    }
}

fn launches_are(launches: usize) -> String {
    if launches == 1 { "1 launch is".to_owned() } else { format!("{launches} launches are") }
}
