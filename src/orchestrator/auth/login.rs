//! As whom a profile signs in: each kind of login, with all that it needs.
//!
//! In: a profile's values, secrets read. Out: a [`Login`]. Never: asks for a token (`auth/sign_in.rs`). No type here
//! that holds a secret has a `Debug` form: [`Secret`] has none, so none can be derived.

use super::super::base_url::IdentityServer;
use crate::secret::Secret;

/// As whom a profile signs in.
#[derive(Clone)]
pub enum Login {
    /// A bearer token that somebody else obtained: a ready token, or a personal access token. It cannot be renewed.
    Token(Secret),
    /// An external application: `grant_type=client_credentials`.
    ClientCredentials(ClientCredentials),
    /// A user of a standalone Orchestrator; its own server is asked.
    Password(UserPassword),
    /// A legacy user key of the cloud: `grant_type=refresh_token`.
    UserKey(UserKey),
}

/// An external application's credentials, and where they may go.
#[derive(Clone)]
pub struct ClientCredentials {
    /// The only server that sees them.
    pub identity: IdentityServer,
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: Secret,
    /// `scope`, joined by spaces; none asks for all that the application has.
    pub scopes: Vec<String>,
    /// How id and secret are sent.
    pub method: SecretMethod,
}

/// How an application shows its id and secret. Source: RFC 6749, section 2.3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretMethod {
    /// As fields of the form, as UiPath's own documents have it.
    #[default]
    Form,
    /// As `Authorization: Basic`, for identity servers that take nothing else.
    Basic,
}

/// A user's name and password. They go to the profile's own `url` and nowhere else.
#[derive(Clone)]
pub struct UserPassword {
    /// `usernameOrEmailAddress`.
    pub user: String,
    /// `password`.
    pub password: Secret,
}

/// A user key of the cloud, made on its page "API Access".
#[derive(Clone)]
pub struct UserKey {
    /// The only server that sees it; [`IdentityServer::cloud_accounts`] but for a stand-in.
    pub accounts: IdentityServer,
    /// `client_id`, from the same page.
    pub client_id: String,
    /// `refresh_token`.
    pub user_key: Secret,
}

/// Which of the logins, for words about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginKind {
    /// [`Login::Token`].
    Token,
    /// [`Login::ClientCredentials`].
    ClientCredentials,
    /// [`Login::Password`].
    Password,
    /// [`Login::UserKey`].
    UserKey,
}

impl Login {
    /// Which of the logins this is.
    pub fn kind(&self) -> LoginKind {
        match self {
            Self::Token(_) => LoginKind::Token,
            Self::ClientCredentials(_) => LoginKind::ClientCredentials,
            Self::Password(_) => LoginKind::Password,
            Self::UserKey(_) => LoginKind::UserKey,
        }
    }
}

impl LoginKind {
    /// What to do where this login is refused, as a help line.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Token => {
                "the token has run out, was revoked or is of another tenant: get a new one; an external application \
                 (`client-id` and `client-secret`) renews its tokens by itself"
            }
            Self::ClientCredentials => {
                "check the profile's `auth`: `client-id`, secret and `scopes`; some identity servers want `method: basic`"
            }
            Self::Password => {
                "check the profile's `auth` (`user`, `password`) and `tenant`; they were sent once and are not tried \
                 again, lest the account be locked. Recent servers take passwords of host administrators alone: use \
                 an external application there"
            }
            Self::UserKey => {
                "check the profile's `auth` (`client-id`, `user-key`) and `tenant`; a user key ends when a new one is \
                 made, and an external application (`client-id`, `client-secret`) lasts longer"
            }
        }
    }
}
