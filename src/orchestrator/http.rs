//! Messages over the network: sent once, or again where that is harmless.
//!
//! In: requests and a way to the server. Out: what was seen of the answer. Never: knows an operation of the API.

mod http_date;
pub mod network;
pub mod notification;
pub mod observed;
pub(super) mod retrying_client;
pub(super) mod tally;
pub(super) mod transport;
mod tunnel;

pub use http_date::retry_after;
