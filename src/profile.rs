//! Where and as whom to connect: a [`Profile`], from the config file or wholly from the environment.
//!
//! In: a choice, the environment, the config file's text. Out: one profile whose secrets are named, not yet read.
//! Never: mixes file and environment (a stray variable must not send one profile's secret to another's host),
//! touches the network, or reads a secret before [`SecretLocation::read`] is called.

mod certificate_file;
mod choice;
mod connection;
mod connector;
mod environment;
mod error;
mod file_identity;
mod from_environment;
mod from_file;
mod logins;
mod plan_defaults;
mod secret_location;
mod settings;
mod spans;
mod token_cache;

pub use choice::{ProfileChoice, choose, config_file, profile_names};
pub use connection::ProfileConnectionError;
pub use connector::ProfileConnector;
pub use environment::Environment;
pub use error::ProfileError;
pub use file_identity::FileIdentity;
pub use from_environment::SECRETS as SECRET_NAMES;
pub use logins::Logins;
pub use plan_defaults::{ProfileDefaults, for_plan};
pub use secret_location::{SecretError, SecretLocation};
pub use settings::{Auth, NetworkSettings, Profile, ProxyChoice, TokenKeeping};
pub use spans::span;
