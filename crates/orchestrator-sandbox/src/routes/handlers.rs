//! The operations of the API, one file for each kind of thing.
//!
//! In: an admitted call, and the tenant. Out: an answer, or a refusal. Never: asks who may send it; that is admission's.

pub(super) mod folders;
pub(super) mod jobs;
pub(super) mod login;
pub(super) mod machines;
pub(super) mod queues;
pub(super) mod releases;
pub(super) mod robots;
pub(super) mod start_jobs;
pub(super) mod steer;
pub(super) mod stores;
pub(super) mod token;
