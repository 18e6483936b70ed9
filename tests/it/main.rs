//! The one integration binary; each module is a subject.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
#![allow(unreachable_pub, reason = "nobody imports a test binary")]

#[cfg(feature = "sandbox")]
#[cfg(feature = "sandbox")]
mod bad;
mod base_url;
mod document;
mod error_body;
mod expressions;
mod hostile;
mod launch;
mod layering;
mod ledger;
mod login;
mod look_up;
mod manifest;
mod meeting;
mod mutations;
mod pace_over_http;
mod plan;
mod policy;
mod report_schema;
mod resolve;
mod sandbox;
mod scalars;
mod schema;
mod schema_places;
mod simulation;
mod start_info;
mod support;
mod syntax;
mod verdict;
mod wire;
