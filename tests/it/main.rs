//! The one integration binary; each module is a subject.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod hostile;
mod layering;
mod ledger;
mod manifest;
mod policy;
mod report_schema;
