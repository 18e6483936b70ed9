//! The one integration binary; each module is a subject.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(unreachable_pub, reason = "nobody imports a test binary")]

#[cfg(feature = "sandbox")]
mod cli;
mod client;
mod launch;
mod ledger;
mod manifest;
mod plan;
mod report;
mod repository;
#[cfg(feature = "sandbox")]
mod run_service;
mod simulation;
mod support;
