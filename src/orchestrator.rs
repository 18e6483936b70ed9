//! The client: one method for each call of the API, and the [`Server`] trait behind which a simulation can stand.
//!
//! In: requests by id. Out: answers, already classed by the protocol's table (`orchestrator/verdict.rs`).
//! Never: sends a `StartJobs` twice; whether to send again is the launcher's decision, made from the ledger.

use std::future::Future;

use crate::clock::Timestamp;
use crate::resolve::Request;

pub mod verdict;

use verdict::{Class, History};

/// What came of one sending of a launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its class by the protocol's table.
    pub class: Class,
    /// The server's own time, where its answer carried a `Date`.
    pub server_time: Option<Timestamp>,
}

/// The calls that launching needs.
pub trait Server {
    /// Sends `request` once, now, and classes what came back. Never sends twice; never fails.
    ///
    /// Ends within the profile's attempt timeout. Dropping the future closes the connection: the launch is then in doubt.
    /// Source: Orchestrator OpenAPI, operation `Jobs_StartJobs`; launch protocol, section 2.
    fn start_jobs(&self, request: &Request, history: History) -> impl Future<Output = Answer>;
}
