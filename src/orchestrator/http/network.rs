//! The way to the servers: whose certificates are trusted, which one is shown, and through which proxy.
//!
//! In: PEM texts and a proxy's address, secrets read. Out: settings of the HTTP stack. Never: an unverified
//! certificate, a proxy that nobody asked for, or a file. Source: `docs/connection.md`, "Certificates" and "Proxies".

use reqwest::{Certificate, ClientBuilder, Identity, Url};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::secret::{Redactor, Secret};

mod exceptions;

use exceptions::Exceptions;

/// The way to the servers. The default trusts the system's roots, shows no certificate and goes straight.
#[derive(Clone, Default)]
pub struct Network {
    /// More authorities than the system's, as PEM.
    pub authorities: Option<String>,
    /// The certificate to show to servers that ask for one, and its key, as one PEM.
    pub client_certificate: Option<Secret>,
    /// Through which proxy.
    pub proxy: Option<Proxy>,
}

/// An HTTP proxy. It is asked for a tunnel (`CONNECT`) and sees no request: addresses of plain `http:`, which are on
/// this machine, never go through it.
#[derive(Clone)]
pub struct Proxy {
    url: Url,
    login: Option<(String, Secret)>,
    except: Vec<String>,
}

/// Why a text is no proxy's address. Never echoes the text, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// Not `http://host:port` nor `https://host:port`.
    #[error("write the proxy as `http://host:port`, without a path")]
    NotAUrl,
    /// SOCKS and others.
    #[error("only proxies of `http:` and `https:` can be used")]
    Scheme,
    /// `user:password@` where a secret has its own key.
    #[error("the proxy's address holds a user name or password before `@`; write `user` and `password` beside it")]
    UserInfo,
}

impl Proxy {
    /// Reads `http://host:port`, as a profile has it.
    ///
    /// Errors: [`ProxyError`].
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        let proxy = Self::parse_with_login(text)?;
        if proxy.login.is_some() { Err(ProxyError::UserInfo) } else { Ok(proxy) }
    }

    /// Reads `[http://][user[:password]@]host[:port]`, as the environment has it.
    ///
    /// Errors: [`ProxyError`].
    pub fn parse_with_login(text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&whole).map_err(|_| ProxyError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ProxyError::Scheme);
        }
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !is_bare || whole.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(ProxyError::NotAUrl);
        }
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((unescaped(user), Secret::new(unescaped(password.unwrap_or_default())))),
        };
        let is_cut = url.set_username("").and_then(|()| url.set_password(None));
        is_cut.map_err(|()| ProxyError::NotAUrl)?;
        Ok(Self { url, login, except: Vec::new() })
    }

    /// Shows these credentials to the proxy.
    #[must_use]
    pub fn with_login(mut self, user: String, password: Secret) -> Self {
        self.login = Some((user, password));
        self
    }

    /// Goes straight to these hosts: names (with all below them, also as `.name` or `*.name`), addresses, `address/bits`,
    /// `host:port`, or `*`; several in one entry with commas or blanks between them.
    #[must_use]
    pub fn except(mut self, hosts: impl IntoIterator<Item = String>) -> Self {
        self.except.extend(hosts);
        self
    }

    /// Host and port, where it speaks no TLS itself.
    pub(in crate::orchestrator) fn plain_authority(&self) -> Option<(&str, u16)> {
        let host = self.url.host_str()?.trim_start_matches('[').trim_end_matches(']');
        (self.url.scheme() == "http").then_some((host, self.url.port_or_known_default()?))
    }

    /// As whom it is asked.
    pub(in crate::orchestrator) fn login(&self) -> Option<(&str, &Secret)> {
        self.login.as_ref().map(|(user, password)| (user.as_str(), password))
    }

    /// Its address, which holds no credentials.
    pub fn address(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }
}

/// What `%XX` stands for in a part of an address.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let code = text.get(place + 1..place + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = code.filter(|_| bytes[place] == b'%') {
            out.push(byte);
            place += 3;
        } else {
            out.push(bytes[place]);
            place += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Why a [`Network`] cannot be taken. The profile's fault.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// No authority can be read from the text.
    #[error("the extra certificate authorities cannot be used: {why}")]
    Authorities {
        /// What is wrong, with the certificate's number where one is at fault.
        why: String,
    },
    /// Certificate and key do not make an identity.
    #[error("the client certificate cannot be used: {why}")]
    ClientCertificate {
        /// What is wrong, without the key.
        why: String,
    },
}

impl Network {
    /// `builder`, going this way. Learns the proxy's password.
    ///
    /// Errors: [`NetworkError`].
    pub(in crate::orchestrator) fn apply(
        &self,
        mut builder: ClientBuilder,
        redactor: &Redactor,
    ) -> Result<ClientBuilder, NetworkError> {
        if let Some(pem) = &self.authorities {
            let why = |why| NetworkError::Authorities { why };
            builder = builder.tls_certs_merge(authorities(pem).map_err(why)?);
        }
        if let Some(pem) = &self.client_certificate {
            let why = |why| NetworkError::ClientCertificate { why };
            builder = builder.identity(identity(pem).map_err(why)?);
        }
        // Whatever proxy the environment names: nobody asked for it.
        builder = builder.no_proxy();
        if let Some(proxy) = &self.proxy {
            let exceptions = Exceptions::parse(proxy.except.iter().map(String::as_str));
            let address = proxy.url.clone();
            let tunnel = reqwest::Proxy::custom(move |url| {
                (url.scheme() == "https" && !exceptions.hold(url)).then(|| address.clone())
            });
            builder = builder.proxy(match &proxy.login {
                None => tunnel,
                Some((user, password)) => {
                    redactor.learn(password);
                    redactor.learn(&Secret::new(format!("{user}:{}", password.expose())));
                    tunnel.basic_auth(user, password.expose())
                }
            });
        }
        Ok(builder)
    }
}

/// The certificates in `pem`, each one usable as a root.
fn authorities(pem: &str) -> Result<Vec<Certificate>, String> {
    let mut roots = rustls::RootCertStore::empty();
    let mut found = Vec::new();
    for (place, certificate) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
        let in_place = |error: &dyn std::fmt::Display| format!("certificate {}: {error}", place + 1);
        let certificate = certificate.map_err(|error| in_place(&error))?;
        found.push(Certificate::from_der(&certificate).map_err(|error| in_place(&error))?);
        roots.add(certificate).map_err(|error| in_place(&error))?;
    }
    if found.is_empty() { Err("there is no `BEGIN CERTIFICATE` in it".to_owned()) } else { Ok(found) }
}

fn identity(pem: &Secret) -> Result<Identity, String> {
    let text = pem.expose();
    let certificates: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let certificates = certificates.map_err(|_| "its PEM is damaged".to_owned())?;
    if certificates.is_empty() {
        return Err("there is no `BEGIN CERTIFICATE` in it".to_owned());
    }
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| {
        if text.contains("ENCRYPTED") {
            "its key is encrypted; `openssl pkey -in KEY` writes it in clear, for a file of mode 0600".to_owned()
        } else {
            "there is no private key in it; put certificate and key into one file".to_owned()
        }
    })?;
    let provider = CryptoProvider::get_default().expect("installed before any route is laid");
    CertifiedKey::from_der(certificates, key, provider).map_err(|error| {
        if matches!(error, rustls::Error::InconsistentKeys(_)) {
            "its key is of another certificate".to_owned()
        } else {
            error.to_string()
        }
    })?;
    Identity::from_pem(text.as_bytes())
        .map_err(|_| "its PEM holds something else beside certificates and a key".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `address`, or `address user password`.
    #[track_caller]
    fn check(text: &str, expected: Result<&str, ProxyError>) {
        let found = Proxy::parse_with_login(text).map(|proxy| match &proxy.login {
            Some((user, password)) => format!("{} {user} {}", proxy.address(), password.expose()),
            None => proxy.address().to_owned(),
        });
        assert_eq!(found.as_ref().map(String::as_str).map_err(|error| *error), expected, "{text}");
    }

    #[test]
    fn the_environments_form_of_a_proxy_is_read_and_its_login_cut_out() {
        check("http://proxy.corp:3128", Ok("http://proxy.corp:3128"));
        check(" proxy.corp:3128/ ", Ok("http://proxy.corp:3128"));
        check("https://proxy.corp", Ok("https://proxy.corp"));
        check("http://ada:p%40ss%3Aw@proxy.corp:1", Ok("http://proxy.corp:1 ada p@ss:w"));
        check("ada@proxy.corp:1", Ok("http://proxy.corp:1 ada "));
        check("http://ada:50%@proxy.corp:1", Ok("http://proxy.corp:1 ada 50%"));
        check("socks5://proxy.corp", Err(ProxyError::Scheme));
        for bad in ["", "http://", "http://proxy/path", "http://proxy?q", "http://pro xy", "http://proxy#f"] {
            check(bad, Err(ProxyError::NotAUrl));
        }
    }

    #[test]
    fn a_profiles_form_of_a_proxy_holds_no_login() {
        assert_eq!(Proxy::parse("http://ada:pass@proxy.corp:1").err(), Some(ProxyError::UserInfo));
        assert!(Proxy::parse("http://proxy.corp:1").is_ok());
    }
}
