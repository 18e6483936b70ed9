//! Where a command launches and what it keeps: a profile's Orchestrator or a sandbox, the ledger's place, secrets.

pub(crate) mod confirmation;
pub(crate) mod connector;
pub(crate) mod ledger_place;
#[cfg(feature = "sandbox")]
pub(crate) mod sandbox_clock;
#[cfg(feature = "sandbox")]
pub(crate) mod sandbox_world;
pub(crate) mod secrets;
pub(crate) mod target;
