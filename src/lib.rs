//! sortie launches batches of robot jobs on UiPath Orchestrator from YAML manifests, exactly once each.
//!
//! The program is a row of stages, each of which takes the former's product by value:
//!
//! ```text
//! text -> Document -> Spec -> Plan -> Requests -> attempts in the ledger -> Report
//!        manifest    format   plan    resolve       launch + ledger         report
//!                    spec     template
//! ```
//!
//! Everything up to `Requests`, every decision of the launcher and every report is pure; network, disk, clock and
//! terminal are touched in `orchestrator`, `ledger`, `clock`, `profile` and `cli` only. The modules stand in the order of the flow.

pub mod clock;
pub mod exit;
pub mod ids;
pub mod secret;
pub mod words;

pub mod launch_terms;
pub mod pace;
pub mod pauses;
pub mod robot_job;
pub mod source;

pub mod diagnostic;
pub mod ledger;

pub mod manifest;

pub mod start_info;
pub mod template;

pub mod format;

pub mod schema;

pub mod spec;

pub mod plan;

pub mod resolve;

pub mod orchestrator;

mod job_list;

pub mod launch;

pub mod run;

pub mod report;

pub mod plan_forms;
pub mod profile;

#[cfg(feature = "sandbox")]
pub use orchestrator_sandbox as sandbox;

pub mod cli;
