//! What a profile says: addresses, login, network, patience. Secrets are still where they are kept.
//!
//! In: what the config file or the environment holds. Out: a [`Profile`]. Never: a secret's value.

use std::path::PathBuf;
use std::time::Duration;

use super::secret_location::SecretLocation;
use crate::ids::FolderRef;
use crate::orchestrator::Timeouts;
use crate::orchestrator::auth::SecretMethod;
use crate::orchestrator::base_url::Origin;
use crate::orchestrator::classify::ThrottlePolicy;
use crate::pace::Pace;
use crate::policy::PolicyText;
use crate::run::GuardRails;
use crate::spec::LargeArguments;
use crate::wait::SingleJobs;

/// Where and as whom to connect. Secrets are still where they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name in the config file; `env` where the environment forms it.
    pub name: String,
    /// The base address, as it was written: `BASE/odata/...` is what is called.
    pub url: String,
    /// `X-UIPATH-TenantName`, where the server wants it.
    pub tenant: Option<String>,
    /// The folder of manifests that name none.
    pub folder: Option<FolderRef>,
    /// How to log in.
    pub auth: Auth,
    /// The identity server's base address; none: as the base address implies.
    pub identity_url: Option<String>,
    /// Certificates and proxy.
    pub network: NetworkSettings,
    /// Whether tokens are kept between processes, outside of CI.
    pub token_cache: TokenKeeping,
    /// How long an answer may take.
    pub timeouts: Timeouts,
    /// How long after a lost answer the server may still start the robot job.
    pub settle: Duration,
    /// How often all runs of this tenant may read its job list, together.
    pub list_ration: Pace,
    /// Whether asking this server for one robot job counts as a list.
    pub single_jobs: SingleJobs,
    /// How far back the server's list is searched for a run key that this ledger does not know.
    pub key_horizon: Duration,
    /// Where manifests may send word of their runs (`on-finish`).
    pub allowed_origins: Vec<Origin>,
    /// What a 429 to `StartJobs` means on this server.
    pub throttled: ThrottlePolicy,
    /// Whether this server takes input files, and so arguments above the API's limit.
    pub large_arguments: LargeArguments,
    /// The rules that every launch must keep.
    pub policies: Vec<PolicyText>,
    /// Where somebody is asked before anything is sent.
    pub guard_rails: GuardRails,
}

/// How to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// None: enough for a plan. What a run says about it.
    Missing(String),
    /// A ready access token, or a personal access token.
    Token(SecretLocation),
    /// An external application's client credentials.
    Client {
        /// The application's id.
        id: String,
        /// Its secret.
        secret: SecretLocation,
        /// The scopes to ask for; empty: the application's own.
        scopes: Vec<String>,
        /// How id and secret are sent.
        method: SecretMethod,
    },
    /// A user of a standalone Orchestrator.
    Password {
        /// The user's name or mail address.
        user: String,
        /// The password.
        password: SecretLocation,
    },
    /// A legacy user key of the cloud.
    UserKey {
        /// The id beside the key.
        id: String,
        /// The key.
        key: SecretLocation,
    },
}

/// The way to the servers, before any file is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkSettings {
    /// More authorities than the system's: a file of PEM.
    pub ca: Option<PathBuf>,
    /// Certificate and key to show to servers that ask: a private file of PEM.
    pub client_certificate: Option<PathBuf>,
    /// Through which proxy.
    pub proxy: ProxyChoice,
}

/// Through which proxy a profile goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// None, whatever the environment names.
    #[default]
    Straight,
    /// The one that `HTTPS_PROXY` names, but for the hosts of `NO_PROXY`.
    OfEnvironment,
    /// This one.
    At {
        /// `http://host:port`.
        url: String,
        /// As whom.
        login: Option<(String, SecretLocation)>,
        /// The hosts that are reached straight.
        except: Vec<String>,
    },
}

/// Whether tokens are kept between processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKeeping {
    /// In a private file, but never in CI.
    Kept,
    /// Nowhere.
    Off,
}
