//! The one integration binary; each module is a subject.

mod layering;
mod policy;
mod ledger;
