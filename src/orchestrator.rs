//! The client: one method for each call of the API, and the [`Server`] trait behind which a simulation can stand.
//!
//! In: requests by id. Out: answers, already classed by the protocol's table (`orchestrator/classify.rs`).
//! Never: sends a `StartJobs` twice; whether to send again is the launcher's decision, made from the ledger.

pub mod auth;
pub mod base_url;
pub mod call_error;
mod calls;
pub mod classify;
mod client;
mod connection;
pub mod error_body;
pub mod folder_header;
mod http;
mod job_pages;
mod jobs_by_reference;
mod odata;
mod server;
mod wire;

pub use client::Client;
pub use connection::{Connection, ConnectionError, Timeouts};
pub use http::tally::{RequestCount, RequestKind, RequestTally};
pub use http::{network, notification, observed};
pub use job_pages::{
    ChangeFilter, ChangedJobs, JobPage, JobWindow, JobsById, ListedJob, MAX_IDS, PendingReasons, ReleaseDetails,
    ShownFields, WaitEvent,
};
pub use jobs_by_reference::JobsByReference;
pub use server::{Server, StartAnswer};
