//! What every store promises: each promise of the roles is one test, and each kind of store is held to all of them.
//!
//! A new store needs a [`Kind`] and a line in `of_every_store`.

mod events;
mod locks;
mod rations;
mod runs;

use sortie::clock::HandClock;
use sortie::clock::Timestamp;
use sortie::ledger::{self, AnyStore, Store};
use tempfile::TempDir;

use crate::simulation::MemoryLedger;

/// A kind of store.
trait Kind {
    /// What it is used by.
    type Opened: Store;

    /// An empty one.
    fn new() -> Self;

    /// The same store each time, as another process opens it.
    async fn open(&self) -> Self::Opened;
}

/// A file of SQLite's.
struct Sqlite(TempDir);

impl Kind for Sqlite {
    type Opened = AnyStore;

    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> AnyStore {
        ledger::open(&self.0.path().join("new/ledger.db")).await.unwrap()
    }
}

/// The simulation's.
struct Memory(MemoryLedger);

impl Kind for Memory {
    type Opened = MemoryLedger;

    fn new() -> Self {
        Self(MemoryLedger::empty(&HandClock::at(Timestamp::UNIX_EPOCH)))
    }

    async fn open(&self) -> MemoryLedger {
        self.0.another()
    }
}

/// A test of each promise for each kind of store.
macro_rules! of_every_store {
    ($($promise:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(<super::super::Sqlite as super::super::Kind>::new()).await;
            })+
        }
        mod memory {
            $(#[tokio::test]
            async fn $promise() {
                super::$promise(<super::super::Memory as super::super::Kind>::new()).await;
            })+
        }
    };
}
use of_every_store;
