//! sortie launches batches of robot jobs on UiPath Orchestrator from YAML manifests, each launch exactly once.
//!
//! The program `sortie` is a thin command line over this library. What it does with runs, another program can do too:
//!
//! ```no_run
//! # async fn launch(connector: &impl sortie::run::Connector) -> Result<(), Box<dyn std::error::Error>> {
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use sortie::clock::SystemClock;
//! use sortie::ledger;
//! use sortie::plan::{self, Inputs};
//! use sortie::run::{NoSecrets, RunRequest, RunService};
//!
//! // Text -> plan: pure, and whatever is wrong is told at its place.
//! let inputs = Inputs::of_manifest("night.yaml", &std::fs::read_to_string("night.yaml")?);
//! let (sources, plan) = plan::make(&inputs);
//! let plan = plan.into_parts().0.ok_or("the manifest is not valid")?;
//! // Each launch is recorded here before it is sent.
//! let store = ledger::open(Path::new("ledger.db")).await?;
//! let secrets = NoSecrets::default();
//! let service = RunService::new(&store, connector, &secrets, Arc::new(SystemClock::new()));
//! let finished = service.start(RunRequest::new(sources, plan, inputs)).await?;
//! println!("exit status {}", finished.exit.code());
//! # Ok(())
//! # }
//! ```
//!
//! | to | see |
//! | --- | --- |
//! | start, resume, reconcile or rerun runs | [`run::RunService`] |
//! | lead it to an Orchestrator | [`run::Connector`]; [`profile`] reads the profiles of the program |
//! | be told what it does | [`run::Observer`] |
//! | know why it refused, with exit status and help | [`run::RunServiceError`] |
//! | write reports | [`run::reporting`], [`report`] |
//!
//! `examples/launch_and_print.rs` is a whole program. `docs/releasing.md` says what a version number promises of all this.
//!
//! Inside, the library is a row of stages, each of which takes the former's product by value:
//!
//! ```text
//! text -> Document -> Spec -> Plan -> Requests -> attempts in the ledger -> Report
//!        manifest    format   plan    resolve       launch + ledger         report
//!                    spec     template
//! ```
//!
//! Everything up to `Requests`, every decision of the launcher and every report is pure; network, disk, clock and
//! terminal are touched in `orchestrator`, `ledger`, `clock`, `profile` and `cli` only. The modules stand in the order of the
//! flow.

pub mod clock;
pub mod exit;
pub mod ids;
pub mod secret;
pub mod words;

pub mod launch_terms;
pub mod outcome;
pub mod pace;
pub mod pauses;
pub mod robot_job;
pub mod source;

pub mod diagnostic;
pub mod ledger;

pub mod manifest;
pub mod run_file;

pub mod start_info;
pub mod template;

pub mod format;

pub mod schema;

pub mod spec;

pub mod plan;

pub mod resolve;

pub mod saved_plan;

pub mod orchestrator;

mod job_list;

pub mod wait;

pub mod launch;
pub mod launch_scope;
pub mod policy;

pub mod report;

pub mod run;

pub mod board;
pub mod explain;
pub mod import;
pub mod manifest_test;
pub mod metrics;
pub mod plan_diff;
pub mod plan_forms;
pub mod profile;
#[cfg(feature = "otlp")]
pub mod traces;

#[cfg(feature = "sandbox")]
pub use orchestrator_sandbox as sandbox;

pub mod cli;
