//! What several subjects need: servers on free ports, clients that talk to them, clocks.

pub mod brisk_clock;
pub mod certificates;
#[cfg(feature = "sandbox")]
pub mod checker;
pub mod raw_server;
pub mod tls_server;
pub mod tunnel;
