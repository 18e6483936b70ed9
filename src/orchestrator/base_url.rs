//! The one address of a profile: where Orchestrator is, which tenant that names, and where its identity server is.
//!
//! In: the text of a profile or an environment variable. Out: a [`BaseUrl`] to which paths are appended, its
//! [`Origin`], and the [`TenantIdentity`] that locks and run ids belong to. Never: the network.
//! Source: `docs/orchestrator-api.md`, section 1; `docs/exactly-once.md`, section 1.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::ids::{SANDBOX_TENANT, fold_tenant};

/// Where Orchestrator is: `https://host[:port][/path]`, without a final slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    origin: Origin,
    scheme: Scheme,
    /// Path segments before organization and tenant: a gateway's own prefix, or a standalone server's.
    prefix: Vec<String>,
    tenant: Option<String>,
    /// `orchestrator_` is the last segment.
    suffixed: bool,
}

/// Scheme, host and port: where a token may go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Origin(String);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Origin {
    pub(super) fn of(url: &Url) -> Self {
        Self(url.origin().ascii_serialization())
    }
}

/// What locks, slots, the list ration and Retry-After belong to: one tenant of one server, however it is spelled.
///
/// Text: the base URL without `/orchestrator_`, and where the tenant stands in a header, `#` and the tenant; all of it in
/// lower case, since servers do not tell organizations and tenants apart by letter case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantIdentity(String);

impl TenantIdentity {
    /// The identity of a sandbox inside a process, told from all others by `number`: each is a tenant of its own, whatever
    /// port it has.
    #[must_use]
    pub fn of_sandbox(number: u64) -> Self {
        Self(format!("{SANDBOX_TENANT}{number:016x}"))
    }

    /// The identity as text, as run ids are made from it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether the wire is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `https`.
    Https,
    /// `http`, to this machine only.
    LoopbackHttp,
}

/// Why a text is no address of Orchestrator. Never echoes the text where it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not `scheme://host`.
    #[error("`{text}` is no address: write it as `https://host/...`")]
    NotAUrl {
        /// What was given.
        text: String,
    },
    /// Whitespace, control characters or backslashes, which parsers drop or turn.
    #[error("the address holds a space, a control character or a backslash")]
    Unclean,
    /// Another scheme than https.
    #[error(
        "the address begins with `{scheme}:`, and only `https:` keeps a token secret (`http:` to this machine is allowed)"
    )]
    NotHttps {
        /// The scheme given.
        scheme: String,
    },
    /// `user:password@host`.
    #[error("the address holds a user name or password before `@`; logins belong under `auth`")]
    UserInfo,
    /// `?...`.
    #[error("the address holds a query (`?...`); leave it out")]
    Query,
    /// `#...`.
    #[error("the address holds a fragment (`#...`); leave it out")]
    Fragment,
    /// `host.`, which is another name for the same server.
    #[error("the host's name ends in a dot; leave it out")]
    DottedHost,
    /// `//` inside the path.
    #[error("the path holds an empty segment (`//`)")]
    EmptySegment,
    /// A page of the cloud's portal, or another service's address.
    #[error("this is {what}, and not Orchestrator's own address: write `{instead}`")]
    Portal {
        /// What the address is.
        what: &'static str,
        /// What to write, with what the address names of it.
        instead: String,
    },
    /// An operation's address, or a page of the web interface.
    #[error("the path goes on with `{rest}`; end the address before it")]
    TooLong {
        /// The segment that does not belong.
        rest: String,
    },
}

impl BaseUrl {
    /// Reads `text`, in any shape of `docs/orchestrator-api.md`, section 1: cloud, older cloud, Automation Suite,
    /// standalone.
    ///
    /// Errors: [`BaseUrlError`], each a mistake of the profile's author.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        if let Some(error) = portal(text.trim()) {
            return Err(error);
        }
        let url = clean_url(text)?;
        let mut segments: Vec<String> =
            url.path_segments().into_iter().flatten().map(without_needless_escapes).collect();
        while segments.last().is_some_and(String::is_empty) {
            segments.pop();
        }
        if segments.iter().any(String::is_empty) {
            return Err(BaseUrlError::EmptySegment);
        }
        let after_suffix = segments.iter().position(|segment| is_suffix(segment)).map(|place| place + 1);
        let operation = segments
            .iter()
            .position(|segment| ["odata", "api", "swagger"].iter().any(|name| segment.eq_ignore_ascii_case(name)));
        let too_long = [after_suffix, operation].into_iter().flatten().min();
        if let Some(rest) = too_long.and_then(|place| segments.get(place)) {
            return Err(BaseUrlError::TooLong { rest: rest.clone() });
        }

        let origin = Origin::of(&url);
        let text = segments.iter().fold(origin.0.clone(), |text, segment| format!("{text}/{segment}"));
        let suffixed = after_suffix.is_some();
        if suffixed {
            segments.pop();
        }
        let tenant = if segments.len() >= 2 { segments.pop() } else { None };
        if tenant.is_some() {
            segments.pop();
        }
        let scheme = if url.scheme() == "https" { Scheme::Https } else { Scheme::LoopbackHttp };
        Ok(Self { text, origin, scheme, prefix: segments, tenant, suffixed })
    }

    /// The address, without a final slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether the wire is encrypted.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The tenant, where the path names organization and tenant.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// The tenant identity, where the profile's tenant (for the header) is `header`.
    pub fn tenant_identity(&self, header: Option<&str>) -> TenantIdentity {
        let base = match self.text.rsplit_once('/') {
            Some((base, _)) if self.suffixed => base,
            Some(_) | None => &self.text,
        };
        TenantIdentity(match header {
            Some(tenant) if self.tenant.is_none() && !tenant.is_empty() => fold_tenant(&format!("{base}#{tenant}")),
            Some(_) | None => fold_tenant(base),
        })
    }

    /// Whether requests to both may come to one tenant, where the profiles' tenants (for the header) are `header` and `other_header`:
    /// a tenant that is not named is the server's to choose, and this machine has several names.
    #[must_use]
    pub fn may_share_tenant(&self, header: Option<&str>, other: &Self, other_header: Option<&str>) -> bool {
        let place = |address: &Self, header: Option<&str>| {
            let identity = address.tenant_identity(header.filter(|tenant| !tenant.is_empty())).0;
            let (base, tenant) = match identity.split_once('#') {
                Some((base, tenant)) => (base.to_owned(), Some(tenant.to_owned())),
                None => (identity, address.tenant.as_deref().map(fold_tenant)),
            };
            let host = fold_tenant(&address.origin.0);
            let is_here = Url::parse(&host).is_ok_and(|url| is_loopback(&url));
            let port = Url::parse(&host).ok().and_then(|url| url.port_or_known_default());
            let path = base.strip_prefix(&host).unwrap_or(&base).to_owned();
            (if is_here { format!("loopback:{port:?}") } else { host }, path, tenant)
        };
        let ((host, path, tenant), (other_host, other_path, other_tenant)) =
            (place(self, header), place(other, other_header));
        let tenants = (tenant, other_tenant);
        host == other_host && path == other_path && !matches!(tenants, (Some(one), Some(two)) if one != two)
    }

    /// The identity server that belongs to this address: `/identity_` beside organizations, `/identity` on a standalone server.
    pub fn identity_server(&self) -> IdentityServer {
        let name = if self.tenant.is_some() || self.suffixed { "identity_" } else { "identity" };
        let mut text = self.prefix.iter().fold(self.origin.0.clone(), |text, segment| format!("{text}/{segment}"));
        text.push('/');
        text.push_str(name);
        IdentityServer { text, origin: self.origin.clone() }
    }

    /// The address of `path`, which begins with a slash.
    pub(super) fn join(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.text)).expect("a path of the API appended to a valid address is valid")
    }
}

/// Where tokens are asked for: `{identity}/connect/token`, or for a user key `{accounts}/oauth/token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityServer {
    text: String,
    origin: Origin,
}

impl IdentityServer {
    /// The server of the cloud's legacy user keys.
    #[must_use]
    pub fn cloud_accounts() -> Self {
        Self::parse("https://account.uipath.com").expect("a fixed address is valid")
    }

    /// Reads the identity server's own address, with or without the path of its token endpoint.
    ///
    /// Errors: as [`BaseUrl::parse`].
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = clean_url(text)?;
        let text = url.as_str().trim_end_matches('/');
        let endpoint = ["/connect/token", "/oauth/token"].into_iter().find_map(|path| text.strip_suffix(path));
        let text = endpoint.unwrap_or(text).trim_end_matches('/').to_owned();
        Ok(Self { text, origin: Origin::of(&url) })
    }

    /// The address, without a final slash.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The address of `path`, which begins with a slash.
    pub(super) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.text)).expect("a path appended to a valid address is valid")
    }
}

/// What is wrong with `text` where it is an address that people copy from a browser; `None` if it is none of those.
fn portal(text: &str) -> Option<BaseUrlError> {
    // What stands before an `@` may be a password; that it stands there is another complaint.
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && !text.contains('@'))?;
    let host = url.host_str()?;
    let is_cloud = host == "uipath.com" || host.ends_with(".uipath.com");
    let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
    let is_service = |segment: &&str| segment.ends_with('_') && !is_suffix(segment);
    let service = segments.iter().position(is_service);
    let (organization, tenant) = match (service, segments.as_slice()) {
        (Some(0), _) | (_, []) => ("ORG", "TENANT"),
        (Some(1), [organization, ..]) | (_, [organization]) => (*organization, "TENANT"),
        (_, [organization, tenant, ..]) => (*organization, *tenant),
    };
    let has_page = url.query().is_some() || url.fragment().is_some();
    let what = if !is_cloud {
        service.map(|_| "the address of a page or of another service")?
    } else if matches!(host, "uipath.com" | "www.uipath.com" | "account.uipath.com") {
        "a web page of UiPath"
    } else if service.is_some() || segments.len() >= 2 && (has_page || segments.len() > 3) {
        "a page of the cloud's portal"
    } else if segments.is_empty() {
        "the cloud's address without organization and tenant"
    } else if segments.len() == 1 {
        "the cloud's address without a tenant"
    } else {
        return None;
    };
    let (host, organization, tenant) = match host {
        "uipath.com" | "www.uipath.com" | "account.uipath.com" => ("cloud.uipath.com", "ORG", "TENANT"),
        host => (host, organization, tenant),
    };
    Some(BaseUrlError::Portal { what, instead: format!("https://{host}/{organization}/{tenant}/orchestrator_") })
}

/// A segment of a path in the one spelling that RFC 3986 wants (section 6.2.2.2): `%61` is `a`, and nothing is another tenant by it.
fn without_needless_escapes(segment: &str) -> String {
    let mut parts = segment.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let letter = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).map(char::from);
        let (sign, rest) = match letter.filter(|letter| letter.is_ascii_alphanumeric() || "-._~".contains(*letter)) {
            Some(letter) => (letter, &part[2..]),
            None => ('%', part),
        };
        plain.push(sign);
        plain.push_str(rest);
    }
    plain
}

fn is_suffix(segment: &str) -> bool {
    segment.eq_ignore_ascii_case("orchestrator_")
}

/// The rules for every address that a secret may be sent to.
fn clean_url(text: &str) -> Result<Url, BaseUrlError> {
    let text = text.trim();
    // Before parsing: the parser removes tabs and line ends, and turns a backslash into a slash.
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(BaseUrlError::Unclean);
    }
    let not_a_url = || {
        // What stands before an `@` may be a password.
        let text = if text.contains('@') { "...".to_owned() } else { text.to_owned() };
        BaseUrlError::NotAUrl { text }
    };
    let (scheme, rest) = text.split_once("://").ok_or_else(not_a_url)?;
    if scheme.is_empty() || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) || rest.starts_with('/') {
        return Err(not_a_url());
    }
    let url = Url::parse(text).map_err(|_| not_a_url())?;
    if !url.username().is_empty() || url.password().is_some() || rest.split('/').next().is_some_and(|a| a.contains('@'))
    {
        return Err(BaseUrlError::UserInfo);
    }
    if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
        return Err(BaseUrlError::NotHttps { scheme: url.scheme().to_owned() });
    }
    if url.query().is_some() {
        return Err(BaseUrlError::Query);
    }
    if url.fragment().is_some() {
        return Err(BaseUrlError::Fragment);
    }
    if url.host_str().is_some_and(|host| host.ends_with('.')) {
        return Err(BaseUrlError::DottedHost);
    }
    Ok(url)
}

/// Whether `url` stays on this machine: `localhost`, 127.0.0.0/8 or `::1`.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    // The parser has normalized numeric forms such as `0x7f.1`, and writes IPv6 in brackets.
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    }
}
