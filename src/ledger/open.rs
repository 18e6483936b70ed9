//! The door to a store: which one a ledger is, and what lies at its place.
//!
//! In: where a ledger is. Out: a store, of which callers know the roles and nothing else. Never: chooses the place;
//! that is `cli`'s.

use std::path::{Path, PathBuf};

use super::error::LedgerError;
use super::run_record::PrunedRun;
use super::sqlite::{FileLock, SqliteLedger};
use super::store::{LockName, Locks};
use crate::clock::Timestamp;

pub use super::sqlite::{HeldLock, Migrated, Pruned};

/// The store that [`open`] opens. There is one kind so far; with a second one this becomes an enum that passes every
/// role on.
pub type AnyStore = SqliteLedger;

/// A lock of [`AnyStore`].
pub type AnyLock = <AnyStore as Locks>::Lock;

/// Opens the ledger at `place`, to write and to read; makes its folder (0700) and file (0600) where they are missing. It blocks for as long as
/// other processes write: at most half a minute.
///
/// Errors: [`LedgerError::Unopened`], [`LedgerError::NotAFile`], [`LedgerError::ReadOnly`],
/// [`LedgerError::NetworkDisk`], [`LedgerError::Foreign`], [`LedgerError::TooNew`], [`LedgerError::TooOld`],
/// [`LedgerError::Outdated`],
/// [`LedgerError::Linked`], [`LedgerError::Mounted`], [`LedgerError::OfAnother`], [`LedgerError::LinkBeside`],
/// [`LedgerError::Unsound`], [`LedgerError::Unread`].
pub async fn open(place: &Path) -> Result<AnyStore, LedgerError> {
    SqliteLedger::open(place)
}

/// As [`open`], to read: a ledger of an older form is taken as it is. What would write to it is refused with
/// [`LedgerError::Outdated`].
pub async fn open_to_read(place: &Path) -> Result<AnyStore, LedgerError> {
    SqliteLedger::open_to_read(place)
}

/// Takes the ledger at `place` along to the form that this version writes, with all that it holds; it has that form then,
/// or is as it was, whatever ends the process meanwhile. An older sortie refuses it afterwards.
///
/// Errors: as of [`open`]; [`LedgerError::InUse`] where a process is at a run of it; damage, with its place.
pub async fn migrate(place: &Path) -> Result<Migrated, LedgerError> {
    SqliteLedger::migrate(place)
}

/// Takes `runs` out of the ledger at `place`, for good; those that a process is at, or that went on since they were chosen,
/// stay. Then the file gives its room back. A process that ends in whatever way meanwhile leaves a ledger that is whole, with
/// some of them or none.
///
/// Errors: as of [`open`].
pub async fn prune(place: &Path, runs: &[PrunedRun], at: Timestamp) -> Result<Pruned, LedgerError> {
    SqliteLedger::prune(place, runs, at)
}

/// The lock `name` of the ledger at `place`, where a process holds it. Needs no open ledger, nor one that is there, so
/// that a hundred may ask at once.
pub fn find_holder(place: &Path, name: &LockName) -> Result<Option<HeldLock>, LedgerError> {
    FileLock::held(place, name).map_err(|source| LedgerError::Unlockable { path: place.to_owned(), source })
}

/// What a store keeps on the disk beside the file of its ledger: nobody else may write there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SideFiles {
    /// Parts of the ledger. They come and go.
    pub files: Vec<PathBuf>,
    /// The folder of its locks.
    pub locks: PathBuf,
}

/// What the store of the ledger at `place` keeps beside it, whether or not it is there.
#[must_use]
pub fn side_files(place: &Path) -> SideFiles {
    SideFiles { files: SqliteLedger::side_files(place), locks: FileLock::folder(place) }
}
