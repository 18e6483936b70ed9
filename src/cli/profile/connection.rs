//! Profile -> [`Connection`]: addresses are judged, and secrets are read, at last.
//!
//! In: a profile, the environment. Out: what a client is made of. Never: sends anything.

use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::profile::{Auth, Profile};
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
use crate::orchestrator::Connection;
use crate::orchestrator::auth::{ClientCredentials, Login, SecretMethod};
use crate::orchestrator::base_url::{BaseUrl, BaseUrlError, IdentityServer};
use crate::orchestrator::route::Route;
use crate::secret::Redactor;

impl Profile {
    /// Where Orchestrator is.
    ///
    /// Errors: the profile's `url` is no address that a token may go to; exit 3.
    pub(crate) fn base(&self) -> Result<BaseUrl, Failure> {
        BaseUrl::parse(&self.url).map_err(|error| self.invalid("url", &error))
    }

    /// What a client is made of: for `senders` calls open at once, with jitter from `seed`.
    ///
    /// Errors: an address that is none (exit 3), a secret that cannot be had (exit 2).
    pub(crate) fn connection(
        &self,
        environment: &Environment,
        redactor: &Redactor,
        clock: SharedClock,
        senders: usize,
        seed: u64,
    ) -> Result<Connection, Failure> {
        let base = self.base()?;
        let identity = match &self.identity_url {
            Some(url) => IdentityServer::parse(url).map_err(|error| self.invalid("identity-url", &error))?,
            None => base.identity_server(),
        };
        let login = match &self.auth {
            Auth::Missing(words) => return Err(Failure::said(ExitStatus::Usage, words)),
            Auth::Token(source) => Login::Token(source.read(environment, redactor)?),
            Auth::Client { id, secret, scopes } => Login::ClientCredentials(ClientCredentials {
                identity,
                client_id: id.clone(),
                client_secret: secret.read(environment, redactor)?,
                scopes: scopes.clone(),
                method: SecretMethod::Form,
            }),
        };
        Ok(Connection {
            base,
            tenant: self.tenant.clone(),
            login,
            tokens: None,
            route: Route::default(),
            timeouts: self.timeouts,
            throttled: self.throttled,
            senders,
            seed,
            clock,
            redactor: redactor.clone(),
        })
    }

    fn invalid(&self, key: &str, error: &BaseUrlError) -> Failure {
        Failure::said(ExitStatus::Usage, format!("`{key}` of profile `{}`: {error}", self.name))
    }
}
