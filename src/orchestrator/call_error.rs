//! Why a sign-in or a look-up failed, in the words that somebody needs at 3 a.m.
//!
//! In: situations. Out: a message (what happened), a help line (what to do) and the exit status that it means.
//! `StartJobs` never fails this way: its answers are classed by `classify.rs`.

use std::time::Duration;

use super::auth::LoginKind;
use super::base_url::Origin;
use super::http::observed::TokenFailure;
use crate::exit::ExitStatus;
use crate::ids::FolderRef;
use crate::robot_job::ServerError;

/// A call that may be repeated, and failed for good. `what` is the purpose, as in "listing releases".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No connection, or a broken one, each time.
    #[error("{what}: cannot reach `{origin}`: {detail}")]
    Unreachable {
        /// The purpose.
        what: &'static str,
        /// The server.
        origin: Origin,
        /// What the network said.
        detail: String,
    },
    /// The TLS certificate is not trusted.
    #[error("{what}: the certificate of `{origin}` is not trusted: {detail}")]
    Certificate {
        /// The purpose.
        what: &'static str,
        /// The server.
        origin: Origin,
        /// What TLS said.
        detail: String,
    },
    /// The server wants a client certificate, or refuses ours.
    #[error("{what}: `{origin}` wants another client certificate: {detail}")]
    ClientCertificate {
        /// The purpose.
        what: &'static str,
        /// The server.
        origin: Origin,
        /// What TLS said.
        detail: String,
    },
    /// A proxy wants credentials.
    #[error("{what}: a proxy wants credentials: {error}")]
    ProxyLogin {
        /// The purpose.
        what: &'static str,
        /// What the proxy said.
        error: ServerError,
    },
    /// The token, or the credentials for one, are refused.
    #[error("{what}: the login is refused: {error}")]
    LoginRefused {
        /// The purpose.
        what: &'static str,
        /// Which login.
        login: LoginKind,
        /// What the server said.
        error: ServerError,
    },
    /// The login holds, and may not do this.
    #[error("{what}: not permitted: {error}")]
    Permission {
        /// The purpose.
        what: &'static str,
        /// What the server said.
        error: ServerError,
    },
    /// The folder is unknown, or hidden from this login.
    #[error("{what}: folder `{folder}` is refused: {error}")]
    FolderRefused {
        /// The purpose.
        what: &'static str,
        /// The folder.
        folder: FolderRef,
        /// What the server said.
        error: ServerError,
    },
    /// A redirect, which is never followed.
    #[error("{what}: `{origin}` redirects (HTTP {status}) to `{location}`, and redirects are never followed")]
    Redirect {
        /// The purpose.
        what: &'static str,
        /// The server.
        origin: Origin,
        /// The HTTP status.
        status: u16,
        /// Where to.
        location: String,
    },
    /// Something else than Orchestrator answers there.
    #[error("{what}: `{origin}` does not answer as Orchestrator does: HTTP {status}: {detail}")]
    NotOrchestrator {
        /// The purpose.
        what: &'static str,
        /// The server.
        origin: Origin,
        /// The HTTP status.
        status: u16,
        /// What came instead.
        detail: String,
    },
    /// No token endpoint is where tokens are asked for.
    #[error("{what}: `{address}` is no address for tokens: {error}")]
    NoTokenEndpoint {
        /// The purpose.
        what: &'static str,
        /// Where it was asked.
        address: String,
        /// What came instead.
        error: ServerError,
    },
    /// 429, each time, or for longer than anybody wants to wait.
    #[error("{what}: throttled: {error}{}", until(*hold))]
    Throttled {
        /// The purpose.
        what: &'static str,
        /// What the server said.
        error: ServerError,
        /// Its `Retry-After`.
        hold: Option<Duration>,
    },
    /// 5xx, each time.
    #[error("{what}: server error: {error}")]
    Failing {
        /// The purpose.
        what: &'static str,
        /// What the server said at last.
        error: ServerError,
    },
    /// An incomplete list.
    #[error("{what}: incomplete list: received {seen}{} entries", announced.map_or_else(String::new, |count| format!(" of {count}")))]
    Endless {
        /// The purpose.
        what: &'static str,
        /// How many different entries came.
        seen: usize,
        /// How many the server says that there are.
        announced: Option<usize>,
    },
    /// A page of robot jobs as long as was asked for is refused; shorter ones are asked for from now on.
    #[error("{what}: pages of so many robot jobs are refused: {error}")]
    PageRefused {
        /// The purpose.
        what: &'static str,
        /// What the server said.
        error: ServerError,
    },
    /// Any other refusal.
    #[error("{what}: refused: {error}")]
    Refused {
        /// The purpose.
        what: &'static str,
        /// What the server said.
        error: ServerError,
    },
}

fn until(hold: Option<Duration>) -> String {
    hold.map_or_else(String::new, |hold| format!(" (wait {} s)", hold.as_secs()))
}

impl CallError {
    /// Whether asking again later may help, where Orchestrator answered before: then a strange page is a gateway's.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Throttled { .. }
            | Self::Failing { .. }
            | Self::NotOrchestrator { .. }
            | Self::PageRefused { .. } => true,
            Self::Certificate { .. }
            | Self::ClientCertificate { .. }
            | Self::ProxyLogin { .. }
            | Self::LoginRefused { .. }
            | Self::Permission { .. }
            | Self::FolderRefused { .. }
            | Self::Redirect { .. }
            | Self::NoTokenEndpoint { .. }
            | Self::Endless { .. }
            | Self::Refused { .. } => false,
        }
    }

    /// How long the server asked to be left alone, where it did.
    #[must_use]
    pub fn hold(&self) -> Option<Duration> {
        if let Self::Throttled { hold, .. } = self { *hold } else { None }
    }

    /// How a command that fails by this ends.
    #[must_use]
    pub fn exit(&self) -> ExitStatus {
        match self {
            Self::Unreachable { .. }
            | Self::Certificate { .. }
            | Self::ClientCertificate { .. }
            | Self::Redirect { .. }
            | Self::NotOrchestrator { .. }
            | Self::NoTokenEndpoint { .. }
            | Self::Endless { .. }
            | Self::PageRefused { .. }
            | Self::Refused { .. } => ExitStatus::Fault,
            Self::ProxyLogin { .. }
            | Self::LoginRefused { .. }
            | Self::Permission { .. }
            | Self::FolderRefused { .. } => ExitStatus::Login,
            Self::Throttled { .. } | Self::Failing { .. } => ExitStatus::NotSent,
        }
    }

    /// What to do about it, as a help line.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unreachable { detail, .. } if detail.contains("InvalidContentType") => {
                "no TLS is spoken there: the port may be one for http://, or belong to something else"
            }
            Self::Unreachable { detail, .. } if detail.starts_with("the proxy `") => {
                "have the proxy allow this host, or leave the host out: `except` under the profile's `proxy`, or NO_PROXY"
            }
            Self::Unreachable { .. } => {
                "check the profile's `url`, DNS, firewall and proxy; then run the command again"
            }
            Self::Certificate { .. } => {
                "name your company's CA in the profile (`ca: corp.pem`), or check the host name"
            }
            Self::ClientCertificate { .. } => {
                "name a certificate with its key that the server knows in the profile (`client-certificate: me.pem`)"
            }
            Self::ProxyLogin { .. } => {
                "give the proxy's credentials in the profile (`proxy: {url: .., user: .., password: {env: NAME}}`)"
            }
            Self::LoginRefused { error, .. } if error.message.contains("invalid_scope") => {
                "in the application's page (Admin, External Applications) add the scopes that the message names as \
                 *application* scopes, or take those that it lacks out of `scopes` (UIPATH_AUTH_SCOPES)"
            }
            Self::LoginRefused { login, .. } => login.help(),
            Self::Permission { .. } => {
                "the application needs OR.Jobs, OR.Execution.Read, OR.Folders.Read and OR.Robots.Read, and a role in the folder"
            }
            Self::FolderRefused { .. } => {
                "check the folder's spelling (its full path, `A/B`), and that this login has a role in it"
            }
            Self::Redirect { .. } => "set the profile's `url` to the address that finally answers, if you trust it",
            Self::NotOrchestrator { .. } => {
                "check the profile's `url`: https://cloud.uipath.com/ORG/TENANT/orchestrator_ in the cloud, https://HOST on a \
                 server of one's own, and nothing behind it (no /odata, no page's path); and its `identity-url`, where it has one"
            }
            Self::NoTokenEndpoint { .. } => {
                "set the profile's `identity-url` (UIPATH_IDENTITY_URI) to the identity server's address: \
                 https://cloud.uipath.com/identity_ in the cloud, https://HOST/identity on a server of one's own"
            }
            Self::Throttled { .. } => "other clients use up the tenant's ration; run the command again later",
            Self::Failing { .. } => "the service is in trouble; run the command again later",
            Self::Endless { .. } => {
                "its pages repeat each other (it may ignore `$skip`): name releases by key, robots and machines by id"
            }
            Self::PageRefused { .. } => "run the command again: shorter pages are asked for then",
            Self::Refused { .. } => "the server does not take this call; quote its traceId to its administrators",
        }
    }

    /// Whether asking again later may help.
    pub(super) fn token_failure(&self) -> TokenFailure {
        match self {
            Self::Unreachable { .. } | Self::Throttled { .. } | Self::Failing { .. } => TokenFailure::Unreachable,
            Self::Certificate { .. }
            | Self::ClientCertificate { .. }
            | Self::ProxyLogin { .. }
            | Self::LoginRefused { .. }
            | Self::Permission { .. }
            | Self::FolderRefused { .. }
            | Self::Redirect { .. }
            | Self::NotOrchestrator { .. }
            | Self::NoTokenEndpoint { .. }
            | Self::Endless { .. }
            | Self::PageRefused { .. }
            | Self::Refused { .. } => TokenFailure::Refused,
        }
    }
}
