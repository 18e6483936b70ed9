//! Profile -> [`Connection`]: addresses are judged, and secrets are read, at last.
//!
//! In: a profile, the environment. Out: what a client is made of. Never: sends anything.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use super::certificate_file::{self, CertificateForm};
use super::environment::Environment;
use super::error::ProfileError;
use super::secret_location::{SecretError, SecretLocation, read_pem};
use super::settings::{Auth, NetworkSettings, Profile, ProxyChoice, TokenKeeping};
use super::token_cache::{self, TokenCache};
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
use crate::orchestrator::auth::{ClientCredentials, Login, TokenStore, UserKey, UserPassword};
use crate::orchestrator::base_url::{BaseUrl, BaseUrlError, IdentityServer, Origin};
use crate::orchestrator::network::{Network, Proxy};
use crate::orchestrator::notification::{Notifier, origin_of};
use crate::orchestrator::{Connection, ConnectionError};
use crate::secret::{Redactor, Weakness};

/// Why a profile leads to no client.
#[derive(Debug, thiserror::Error)]
pub enum ProfileConnectionError {
    /// What it says cannot be used: one sentence, with help.
    #[error("{0}")]
    Invalid(String),
    /// There is no profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// No client can be made of it.
    #[error(transparent)]
    Client(#[from] ConnectionError),
    /// A secret cannot be had.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl ProfileConnectionError {
    /// Whose fault it is.
    pub fn exit(&self) -> ExitStatus {
        match self {
            Self::Invalid(_) | Self::Profile(_) | Self::Client(_) => ExitStatus::Usage,
            Self::Secret(_) => ExitStatus::Login,
        }
    }
}

impl Profile {
    /// Where Orchestrator is.
    ///
    /// Errors: the profile's `url` is no address that a token may go to; exit 3.
    pub fn base(&self) -> Result<BaseUrl, ProfileConnectionError> {
        BaseUrl::parse(&self.url).map_err(|error| self.invalid("url", &error))
    }

    /// What a client is made of: for `senders` calls open at once, with jitter from `seed`.
    ///
    /// Errors: an address that is none (exit 3), a secret that cannot be had (exit 2).
    pub fn connection(
        &self,
        environment: &Environment,
        redactor: &Redactor,
        clock: SharedClock,
        senders: usize,
        seed: u64,
    ) -> Result<Connection, ProfileConnectionError> {
        let base = self.base()?;
        let login = self.login(&base, environment, redactor)?;
        let network = self.network.to_network(&self.name, environment, redactor)?;
        Ok(Connection {
            base,
            tenant: self.tenant.clone(),
            login,
            tokens: self.token_cache(environment),
            network,
            timeouts: self.timeouts,
            throttled: self.throttled,
            senders,
            seed,
            clock,
            redactor: redactor.clone(),
        })
    }

    fn login(
        &self,
        base: &BaseUrl,
        environment: &Environment,
        redactor: &Redactor,
    ) -> Result<Login, ProfileConnectionError> {
        let read = |source: &SecretLocation| {
            let secret = source.read(environment, redactor)?;
            if is_quoted(secret.expose()) {
                return Err(SecretError::Quoted { source_name: source.name() });
            }
            if let Some(weakness) = Weakness::of(&secret) {
                tracing::warn!("the secret in {} {weakness}: it is masked only as a whole value", source.name());
            }
            Ok(secret)
        };
        let identity = |usual: IdentityServer| match &self.identity_url {
            Some(url) => IdentityServer::parse(url).map_err(|error| self.invalid("identity-url", &error)),
            None => Ok(usual),
        };
        Ok(match &self.auth {
            Auth::Missing(words) => return Err(ProfileConnectionError::Invalid(words.clone())),
            Auth::Token(source) => Login::Token(read(source)?),
            Auth::Client { id, secret, scopes, method } => Login::ClientCredentials(ClientCredentials {
                identity: identity(base.identity_server())?,
                client_id: id.clone(),
                client_secret: read(secret)?,
                scopes: scopes.clone(),
                method: *method,
            }),
            Auth::Password { user, password } => {
                Login::Password(UserPassword { user: user.clone(), password: read(password)? })
            }
            Auth::UserKey { id, key } => Login::UserKey(UserKey {
                accounts: identity(IdentityServer::cloud_accounts())?,
                client_id: id.clone(),
                user_key: read(key)?,
            }),
        })
    }

    /// Where tokens are kept. In CI nowhere: its disk may be another job's next.
    fn token_cache(&self, environment: &Environment) -> Option<Arc<dyn TokenStore>> {
        match self.token_cache {
            TokenKeeping::Kept if environment.get("CI").is_none() => {
                Some(Arc::new(TokenCache::new(token_cache::folder(environment)?)))
            }
            TokenKeeping::Kept | TokenKeeping::Off => None,
        }
    }

    /// What sends word of runs, by the way that this profile goes.
    ///
    /// Errors: its certificates or its proxy cannot be used.
    pub fn notifier(&self, environment: &Environment, redactor: &Redactor) -> Result<Notifier, ProfileConnectionError> {
        let network = self.network.to_network(&self.name, environment, redactor)?;
        Notifier::new(&network, redactor).map_err(|error| ProfileConnectionError::Invalid(error.to_string()))
    }

    fn invalid(&self, key: &str, error: &BaseUrlError) -> ProfileConnectionError {
        ProfileConnectionError::Invalid(format!("`{key}` of profile `{}`: {error}", self.name))
    }
}

impl NetworkSettings {
    /// Reads the files and secrets that it names.
    ///
    /// Errors: a file that cannot be read, a proxy that is none (exit 3), a secret that cannot be had (exit 2).
    fn to_network(
        &self,
        profile: &str,
        environment: &Environment,
        redactor: &Redactor,
    ) -> Result<Network, ProfileConnectionError> {
        let invalid = |key: &str, what: &dyn Display| {
            ProfileConnectionError::Invalid(format!("`{key}` of profile `{profile}`: {what}"))
        };
        let authorities = self.ca.as_deref().map(|path| {
            let bytes = read_public(path)
                .map_err(|error| invalid("ca", &format!("`{}` cannot be read: {error}", path.display())))?;
            certificate_file::pem(&bytes).map_err(|form| {
                let (path, convert) = (
                    path.display(),
                    match form {
                        CertificateForm::Pfx => "openssl pkcs12 -in FILE -nokeys -out corp.pem",
                        CertificateForm::P7b => "openssl pkcs7 -inform der -in FILE -print_certs -out corp.pem",
                        CertificateForm::Unknown => {
                            "openssl x509 -in FILE -out corp.pem, where it is a certificate at all"
                        }
                    },
                );
                invalid("ca", &format!("`{path}` cannot be used: {form}\n  help: convert it: {convert}"))
            })
        });
        let proxy = match &self.proxy {
            ProxyChoice::Straight => None,
            ProxyChoice::OfEnvironment => match environment.first_of(&HTTPS_PROXY) {
                None => None,
                Some((name, text)) => {
                    let except = environment.first_of(&NO_PROXY).map_or("", |(_, hosts)| hosts);
                    let proxy = Proxy::parse_with_login(text);
                    let proxy = proxy.map_err(|error| ProfileConnectionError::Invalid(format!("{name}: {error}")))?;
                    Some(proxy.except(except.split(',').map(str::to_owned)))
                }
            },
            ProxyChoice::At { url, login, except } => {
                let mut proxy = Proxy::parse(url).map_err(|error| invalid("proxy", &error))?;
                if let Some((user, password)) = login {
                    proxy = proxy.with_login(user.clone(), password.read(environment, redactor)?);
                }
                Some(proxy.except(except.iter().cloned()))
            }
        };
        Ok(Network {
            authorities: authorities.transpose()?,
            client_certificate: self.client_certificate.as_deref().map(read_pem).transpose()?,
            proxy,
        })
    }
}

/// The origin that `text` names, and nothing beyond it.
pub(super) fn origin(text: &str) -> Result<Origin, String> {
    let is_bare = text.split("://").nth(1).is_some_and(|rest| !rest.trim_end_matches('/').contains('/'));
    let origin = origin_of(text).filter(|_| is_bare);
    origin.ok_or_else(|| "an origin is scheme, host and port, such as https://watch.example".to_owned())
}

/// Whether `text` stands between quotes, which a file or a shell left there.
fn is_quoted(text: &str) -> bool {
    text.len() > 2 && ['"', '\''].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote))
}

const HTTPS_PROXY: [&str; 2] = ["HTTPS_PROXY", "https_proxy"];
const NO_PROXY: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// A file that is no secret; a bundle of all the world's authorities is a quarter of this.
fn read_public(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(1 << 20).read_to_end(&mut bytes)?;
    Ok(bytes)
}
