//! The one integration binary; each module is a subject.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(unreachable_pub, reason = "nobody imports a test binary")]

mod attachments;
mod base_url;
mod budgets;
#[cfg(feature = "sandbox")]
mod checked;
mod circles;
#[cfg(feature = "sandbox")]
mod cli;
#[cfg(feature = "sandbox")]
mod client_against_sandbox;
mod corpus;
mod crashes;
mod digits;
#[cfg(feature = "sandbox")]
mod docs;
mod document;
mod error_body;
mod error_budgets;
mod expressions;
mod fan_out;
mod launch;
mod layering;
mod ledger;
mod login;
mod login_kinds;
mod look_first;
mod look_up;
mod manifest;
mod manifest_secrets;
mod names;
#[cfg(feature = "sandbox")]
mod pace_over_http;
mod plan;
mod policy;
mod proxies;
mod report_schema;
mod resolve;
mod restarts;
#[cfg(feature = "sandbox")]
mod rows;
#[cfg(feature = "sandbox")]
mod run_service;
mod scalars;
mod schema;
mod schema_places;
mod secrets;
mod settle;
#[cfg(feature = "sandbox")]
mod sheets;
mod simulation;
mod skipped;
mod source_files;
mod spellings;
mod start_fields;
mod start_info;
mod support;
mod syntax;
mod tls;
mod token_store;
mod trial;
mod verdict;
mod wire;
