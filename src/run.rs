//! Runs: which one is meant, who may work on it, and its way from its record in the ledger to its end.
//!
//! In: plain values (a plan and its inputs, or a run of the ledger), a store, a way to the server. Out: a
//! [`FinishedRun`], from which a report is written. What couples launching with waiting, retries and needs belongs here.
//! Never: prints, writes a file, or knows a flag.
//!
//! [`RunService`] is the door: [`RunService::start`], [`RunService::resume`], [`RunService::reconcile`],
//! [`RunService::declare`], [`RunService::rerun`]. It launches where a [`Connector`] leads, and tells an [`Observer`] what it does.

mod attach;
mod connector;
mod error;
mod execution;
mod identity;
mod intent_requests;
mod locks;
mod observer;
mod overrides;
pub mod reporting;
mod rerun_chain;
mod secret_source;
mod service;
mod snapshot;
mod stored_run;

pub use attach::attach;
pub use connector::{ConnectError, Connector, GuardRails, LaunchDestination, ServerTimeouts, throttle_policy};
pub use error::{InvalidPlan, RunServiceError, another};
pub use execution::{AdoptionScope, LaunchedRun, RunError, RunStart, apply_notes, look_up, run};
pub use identity::{IdentityError, RequestedIdentity, RunIdentity, SlotSource, parse_logical_time};
pub use intent_requests::IntentRequests;
pub use locks::RunLocks;
pub use observer::{
    DiagnosedText, EVENTS_SCHEMA, EventLine, LaunchWords, ListBudget, MissedNotice, MissedSpan, Observer, OverReason,
    OverWord, RunEvent, RunNotice, SignalWord,
};
pub use overrides::Overrides;
pub use rerun_chain::{LeftBehind, RerunChain, RerunChainError, RerunChoice, RerunSelection};
pub use secret_source::{NoSecrets, SecretSource, refuse_secrets, secret_in};
pub use service::RunService;
pub use service::begin::pending_send::{NoYes, PendingAnswer, PendingSend, SendAnswer, SendConfirmation, Unconfirmed};
pub use service::declare::{Answer, LaunchSelection};
pub use service::finished::{EndedRun, FinishedRun, ReportedLaunches};
pub use service::interrupt::{InterruptReceiver, unless_interrupted};
pub use service::locked_run::LockedRun;
pub use service::pending_launches::PendingLaunches;
pub use service::rerun::{LockedChain, RerunStep};
pub use service::select::{SelectError, ShortIds, find_run, find_run_to_change};
pub use service::start::RunRequest;
pub use service::steer::SteeredRun;
pub use service::steer::cancel::CancelledRun;
pub use service::steer::cancellation::Cancellation;
pub use snapshot::RunSnapshot;
pub use stored_run::count::RunCount;
pub use stored_run::export::{RunExportError, export_run};
pub use stored_run::file_check::{RunFileContradiction, check_run_file};
pub use stored_run::filter::{FilteredLaunches, RunFilter, ShownOnly};
pub use stored_run::import::{Imported, RunImportError, import_run};
pub use stored_run::prune::{KeptReason, PruneChoice, choose_prunable};
pub use stored_run::renamed_jobs::renamed_jobs;
pub use stored_run::status::RunStatus;
pub use stored_run::{MAX_SLOT_LEAD, PlanUnavailable, StoredRun, is_done, skipped_because_of};
