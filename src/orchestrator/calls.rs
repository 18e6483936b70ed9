//! The operations of the API, one file for each kind.
//!
//! In: ids and texts. Out: what the server has, or why it did not say. Never: a header, a token or a retry of their own.

mod attachments;
mod call;
mod folders;
mod look_up;
mod one_job;
mod release_details;
mod robot_log;
mod start;
mod stop;
