//! The profile `env`: the whole of it from environment variables, by the names that other UiPath tools read.
//!
//! In: an environment. Out: a profile, or what is missing from it. Never: a value of a config file, or a secret's text.

use std::path::PathBuf;
use std::time::Duration;

use super::environment::Environment;
use super::error::ProfileError;
use super::secret_location::SecretLocation;
use super::settings::{Auth, NetworkSettings, Profile, ProxyChoice, TokenKeeping};
use super::spans::{DEFAULT_KEY_HORIZON, DEFAULT_SETTLE, days, default_ration, ration, span};
use crate::ids::{FolderId, FolderRef};
use crate::orchestrator::Timeouts;
use crate::orchestrator::auth::SecretMethod;
use crate::orchestrator::base_url::Origin;
use crate::orchestrator::classify::ThrottlePolicy;
use crate::orchestrator::network::Proxy;
use crate::pace::Pace;
use crate::run::GuardRails;
use crate::spec::LargeArguments;
use crate::wait::SingleJobs;

/// The profile's name.
pub(super) const NAME: &str = "env";

const URL: [&str; 2] = ["UIPATH_URL", "UIPATH_URI"];
const TENANT: [&str; 2] = ["UIPATH_TENANT", "UIPATH_TENANT_NAME"];
const TOKEN: [&str; 2] = ["UIPATH_ACCESS_TOKEN", "UIPATH_PAT"];
/// The variables that hold secrets: the redactor knows their values from the start.
pub const SECRETS: [&str; 3] = ["UIPATH_ACCESS_TOKEN", "UIPATH_PAT", "UIPATH_CLIENT_SECRET"];

/// Whether the environment is meant to say where to connect.
pub(super) fn is_meant(environment: &Environment) -> bool {
    environment.first_of(&URL).is_some()
}

/// What to say where no address is set although something else of a login is.
pub(super) fn incomplete(environment: &Environment) -> Option<ProfileError> {
    let (name, _) = environment.first_of(&SECRETS).or_else(|| environment.first_of(&["UIPATH_CLIENT_ID"]))?;
    Some(ProfileError::Incomplete { name: name.to_owned() })
}

/// The profile that the environment forms.
///
/// A token rules over client credentials, since the vendor's tools leave both behind; of several folders the path.
pub(super) fn profile(environment: &Environment) -> Result<Profile, ProfileError> {
    let (url, tenant) = address(environment)?;
    let settle = environment.get("SORTIE_SETTLE").map_or(Ok(DEFAULT_SETTLE), span);
    Ok(Profile {
        name: NAME.to_owned(),
        url,
        tenant,
        folder: folder(environment)?,
        auth: auth(environment),
        identity_url: environment.get("UIPATH_IDENTITY_URI").map(str::to_owned),
        network: way(environment)?,
        token_cache: TokenKeeping::Kept,
        timeouts: Timeouts::default(),
        settle: settle.map_err(|what| error(format!("SORTIE_SETTLE: {what}")))?,
        list_ration: list_ration(environment)?.unwrap_or_else(default_ration),
        single_jobs: SingleJobs::default(),
        key_horizon: key_horizon(environment)?.unwrap_or(DEFAULT_KEY_HORIZON),
        allowed_origins: allowed_origins(environment)?.unwrap_or_default(),
        throttled: ThrottlePolicy::Unsent,
        large_arguments: large_arguments(environment)?.unwrap_or_default(),
        policies: Vec::new(),
        guard_rails: GuardRails::default(),
    })
}

/// `SORTIE_LIST_RATION`, where it is set.
pub(super) fn list_ration(environment: &Environment) -> Result<Option<Pace>, ProfileError> {
    let ration = environment.get("SORTIE_LIST_RATION").map(ration).transpose();
    ration.map_err(|what| error(format!("SORTIE_LIST_RATION: {what}")))
}

/// `SORTIE_KEY_HORIZON`, where it is set.
pub(super) fn key_horizon(environment: &Environment) -> Result<Option<Duration>, ProfileError> {
    let horizon = environment.get("SORTIE_KEY_HORIZON").map(days).transpose();
    horizon.map_err(|what| error(format!("SORTIE_KEY_HORIZON: {what}")))
}

/// `SORTIE_ALLOWED_ORIGINS`, where it is set: origins with commas between.
pub(super) fn allowed_origins(environment: &Environment) -> Result<Option<Vec<Origin>>, ProfileError> {
    let Some(text) = environment.get("SORTIE_ALLOWED_ORIGINS") else { return Ok(None) };
    let origins = text.split(',').map(|part| super::connection::origin(part.trim()));
    let origins: Result<Vec<Origin>, String> = origins.collect();
    origins.map(Some).map_err(|what| error(format!("SORTIE_ALLOWED_ORIGINS: {what}")))
}

/// `SORTIE_LARGE_ARGUMENTS`, where it is set.
pub(super) fn large_arguments(environment: &Environment) -> Result<Option<LargeArguments>, ProfileError> {
    match environment.get("SORTIE_LARGE_ARGUMENTS") {
        None => Ok(None),
        Some("refuse") => Ok(Some(LargeArguments::Refuse)),
        Some("attach") => Ok(Some(LargeArguments::Attach)),
        Some(_) => Err(error("SORTIE_LARGE_ARGUMENTS: write `refuse` or `attach`".to_owned())),
    }
}

/// The base address, and the tenant where the address does not hold it.
///
/// Both shapes that the vendor's tools use: a bare authority beside organization and tenant, or one address with both.
/// Their own paths have two segments; the `orchestrator_` that those tools add is added here.
fn address(environment: &Environment) -> Result<(String, Option<String>), ProfileError> {
    let Some((name, url)) = environment.first_of(&URL) else {
        return Err(error("the profile `env` needs UIPATH_URL, Orchestrator's address".to_owned()));
    };
    let organization = environment.get("UIPATH_ORGANIZATION");
    let tenant = environment.first_of(&TENANT).map(|(_, tenant)| tenant);
    let base = url.trim_end_matches('/');
    let path = base.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let at_odds = |other: &str| {
        Err(error(format!(
            "{name} and {other} name different ones\n  help: unset {other}: the address holds it already"
        )))
    };
    let differs = |given: Option<&str>, own: &str| given.is_some_and(|given| !given.eq_ignore_ascii_case(own));
    match (segments.as_slice(), organization, tenant) {
        ([], Some(organization), Some(tenant)) => Ok((format!("{base}/{organization}/{tenant}/orchestrator_"), None)),
        ([], Some(_), None) => {
            Err(error("UIPATH_ORGANIZATION is set and UIPATH_TENANT is not\n  help: set both, or neither".to_owned()))
        }
        ([own, ..], organization, _) if segments.len() > 1 && differs(organization, own) => {
            at_odds("UIPATH_ORGANIZATION")
        }
        ([_, own, ..], _, tenant) if differs(tenant, own) => at_odds("UIPATH_TENANT"),
        ([_, _], ..) => Ok((format!("{base}/orchestrator_"), None)),
        ([_, _, ..], ..) => Ok((base.to_owned(), None)),
        // One segment is an organization in the cloud, or where it is called so; else a standalone server's own path.
        ([own], organization, tenant)
            if is_cloud(base) || organization.is_some_and(|name| !differs(Some(name), own)) =>
        {
            match tenant {
                _ if differs(organization, own) => at_odds("UIPATH_ORGANIZATION"),
                Some(tenant) => Ok((format!("{base}/{tenant}/orchestrator_"), None)),
                None => {
                    Err(error(format!("{name} names an organization and no tenant\n  help: set UIPATH_TENANT too")))
                }
            }
        }
        ([] | [_], _, tenant) => Ok((base.to_owned(), tenant.map(str::to_owned))),
    }
}

/// Whether `base` is an address of UiPath's own cloud.
fn is_cloud(base: &str) -> bool {
    let authority = base.split_once("://").map_or(base, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let host = authority.split(':').next().unwrap_or_default().to_ascii_lowercase();
    host.ends_with(".uipath.com")
}

/// The login; where it is not whole, what a run will say. A plan needs none.
fn auth(environment: &Environment) -> Auth {
    if let Some((name, _)) = environment.first_of(&TOKEN) {
        return Auth::Token(SecretLocation::Env(name.to_owned()));
    }
    match (environment.get("UIPATH_CLIENT_ID"), environment.get("UIPATH_CLIENT_SECRET")) {
        (Some(id), Some(_)) => {
            let scopes = environment.get("UIPATH_AUTH_SCOPES").unwrap_or_default();
            Auth::Client {
                id: id.to_owned(),
                secret: SecretLocation::Env("UIPATH_CLIENT_SECRET".to_owned()),
                scopes: scopes.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
                method: SecretMethod::Form,
            }
        }
        (Some(_), None) => Auth::Missing("UIPATH_CLIENT_ID is set and UIPATH_CLIENT_SECRET is not".to_owned()),
        (None, Some(_)) => Auth::Missing("UIPATH_CLIENT_SECRET is set and UIPATH_CLIENT_ID is not".to_owned()),
        (None, None) => Auth::Missing(
            "UIPATH_URL is set and no login is\n  \
             help: set UIPATH_ACCESS_TOKEN or UIPATH_PAT, or UIPATH_CLIENT_ID and UIPATH_CLIENT_SECRET"
                .to_owned(),
        ),
    }
}

/// Certificates and proxy. `HTTPS_PROXY` alone is not asked for: half the machines have it set for something else.
fn way(environment: &Environment) -> Result<NetworkSettings, ProfileError> {
    let path = |name| environment.get(name).map(PathBuf::from);
    let proxy = match environment.get("SORTIE_PROXY") {
        None => ProxyChoice::Straight,
        Some("environment") => ProxyChoice::OfEnvironment,
        Some(url) => {
            Proxy::parse(url).map_err(|what| error(format!("SORTIE_PROXY: {what}")))?;
            ProxyChoice::At { url: url.to_owned(), login: None, except: Vec::new() }
        }
    };
    Ok(NetworkSettings { ca: path("SORTIE_CA"), client_certificate: path("SORTIE_CLIENT_CERTIFICATE"), proxy })
}

fn folder(environment: &Environment) -> Result<Option<FolderRef>, ProfileError> {
    if let Some(path) = environment.get("UIPATH_FOLDER_PATH") {
        // The server knows `Shared`, and neither `/Shared` nor `Shared/`.
        let path = path.trim_matches('/');
        if path.is_empty() {
            return Err(error("UIPATH_FOLDER_PATH names no folder".to_owned()));
        }
        return Ok(Some(FolderRef::Path(path.to_owned())));
    }
    if let Some(key) = environment.get("UIPATH_FOLDER_KEY") {
        let key = key.parse().map_err(|_| error("UIPATH_FOLDER_KEY is not a GUID".to_owned()))?;
        return Ok(Some(FolderRef::Key(key)));
    }
    let id = environment.get("UIPATH_FOLDER_ID").map(str::parse).transpose();
    Ok(id.map_err(|_| error("UIPATH_FOLDER_ID is not a number".to_owned()))?.map(|id| FolderRef::Id(FolderId(id))))
}

fn error(what: String) -> ProfileError {
    ProfileError::Environment { what }
}

#[cfg(test)]
mod tests;
