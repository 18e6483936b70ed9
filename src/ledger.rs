//! The durable record of runs: events in the order in which they happened, and what they amount to.
//!
//! In: a run's inputs, and events about its launches. Out: the same again, after any crash. An event is durable
//! when its `append` returns, and never before. Never: knows a manifest or a plan; a run's inputs are bytes to it.

mod block;
mod error;
pub mod event;
pub mod note;
mod open;
pub mod pause;
pub mod ration;
mod run_record;
mod sqlite;
pub mod state;
mod store;
mod tenant;
pub mod totals;
mod verdict;

pub use error::LedgerError;
pub use note::launch_ranges::{LaunchRanges, NoRanges};
pub use note::steering::{RunHold, Steered, SteeredRate, SteeredTerms, Steering, StopTally};
pub use note::{
    RunNote, clocks_apart_ms, is_skipped, judgements, paced, paces, skipped_for, steered, successor, uncounted,
};
pub use open::{
    AnyLock, AnyStore, HeldLock, Migrated, Pruned, SideFiles, find_holder, migrate, open, open_to_read, prune,
    side_files,
};
pub use run_record::{IMPORTED_TENANT, OtherRunLaunch, PrunedRun, RunEnd, RunRecord, RunSummary};
pub use state::story;
pub use store::{EventLog, LockName, Locks, Rations, RecordMark, RunStore, Store};
pub use tenant::{ClockDifference, Endpoint, ListMinute, ListPermit, ListReader, TenantState};
