//! What a client is made of: a profile whose secrets are read.
//!
//! In: an address, a login, a way and times. Out: a [`Connection`], of which [`Client::new`](super::Client::new) makes
//! a client. Never: anything that a manifest may say.

use std::sync::Arc;
use std::time::Duration;

use super::auth::{Login, TokenStore, UnusableToken};
use super::base_url::BaseUrl;
use super::classify::ThrottlePolicy;
use super::http::network::{Network, NetworkError};
use crate::clock::SharedClock;
use crate::secret::Redactor;

/// Where and as whom to connect: a profile, ready for use.
#[derive(Clone)]
pub struct Connection {
    /// Where Orchestrator is.
    pub base: BaseUrl,
    /// `X-UIPATH-TenantName`, sent only where it is given.
    pub tenant: Option<String>,
    /// As whom to sign in.
    pub login: Login,
    /// Where tokens outlive this process; none: nowhere.
    pub tokens: Option<Arc<dyn TokenStore>>,
    /// The way there: certificates and proxy.
    pub network: Network,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// What a 429 means.
    pub throttled: ThrottlePolicy,
    /// How many calls will be open at once: as many idle connections are kept.
    pub senders: usize,
    /// The seed of the jitter between repeated look-ups.
    pub seed: u64,
    /// Where time comes from.
    pub clock: SharedClock,
    /// Learns every secret that the client comes to know.
    pub redactor: Redactor,
}

/// How long one attempt may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection stands, TLS included. At most half of `attempt` is used: a handshake that hangs until the
    /// end of the attempt would be in doubt, while one that is given up before is surely unsent.
    pub connect: Duration,
    /// From the start until the answer's last byte.
    pub attempt: Duration,
}

impl Default for Timeouts {
    /// 5 s and 60 s.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), attempt: Duration::from_secs(60) }
    }
}

/// Why no client can be made of a [`Connection`]. The profile's fault, or the machine's.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The tenant's name holds characters that no header can.
    #[error("the tenant `{tenant}` holds characters other than visible ASCII")]
    Tenant {
        /// The tenant given.
        tenant: String,
    },
    /// The ready token is no token.
    #[error(transparent)]
    Token(#[from] UnusableToken),
    /// The profile's certificates cannot be used.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The system's certificates cannot be loaded.
    #[error("the system's certificate store cannot be read")]
    Certificates(#[source] reqwest::Error),
}
