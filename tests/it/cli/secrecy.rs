//! Logins and secrets: what is taken, and what nobody may see.

mod connection;
mod logins;
mod redaction;
pub(super) mod secret_leaks;
mod secrets;
