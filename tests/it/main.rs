//! The one integration binary; each module is a subject.

mod layering;
mod ledger;
mod policy;
