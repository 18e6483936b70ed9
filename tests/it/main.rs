//! The one integration binary; each module is a subject.

mod hostile;
mod layering;
mod ledger;
mod manifest;
mod policy;
