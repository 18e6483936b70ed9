//! The client, against servers that are right, wrong and gone.

mod attachments;
mod base_url;
#[cfg(feature = "sandbox")]
mod client_against_sandbox;
mod error_body;
mod login;
mod login_kinds;
mod look_up;
#[cfg(feature = "sandbox")]
mod pace_over_http;
mod proxies;
mod resolve;
mod tls;
mod token_store;
mod verdict;
mod waited_jobs;
pub(crate) mod wire;
