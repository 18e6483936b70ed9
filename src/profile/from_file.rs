//! The config file: YAML text -> one [`Profile`].
//!
//! In: the file's text and the wanted profile's name. Out: a valid profile, or the first thing that is wrong, at its
//! line and column. Never: shows a value of the file, since someone may have written a secret there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_yaml::{Location, Spanned};

use super::error::ProfileError;
use super::secret_location::SecretLocation;
use super::settings::{Auth, NetworkSettings, Profile, ProxyChoice, TokenKeeping};
use super::spans::{DEFAULT_KEY_HORIZON, DEFAULT_SETTLE, days, default_ration, ration, span};
use crate::diagnostic::nearest;
use crate::ids::{FolderId, FolderRef};
use crate::orchestrator::Timeouts;
use crate::orchestrator::base_url::Origin;
use crate::orchestrator::classify::ThrottlePolicy;
use crate::run::GuardRails;
use crate::spec::LargeArguments;
use crate::wait::SingleJobs;

mod config_error;
mod policies;
mod raw_auth;
mod raw_proxy;
mod raw_secret;

use config_error::ConfigError;
use raw_auth::RawAuth;
use raw_proxy::RawProxy;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawConfig {
    default: Option<Spanned<String>>,
    #[serde(default)]
    profiles: BTreeMap<String, Spanned<RawProfile>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawProfile {
    url: Spanned<String>,
    tenant: Option<String>,
    folder: Option<RawFolder>,
    auth: Spanned<RawAuth>,
    identity_url: Option<String>,
    timeouts: Option<RawTimeouts>,
    settle: Option<Spanned<String>>,
    #[serde(default)]
    throttled: ThrottlePolicy,
    ca: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    proxy: Option<Spanned<RawProxy>>,
    token_cache: Option<bool>,
    #[serde(default)]
    large_arguments: LargeArguments,
    list_ration: Option<Spanned<String>>,
    #[serde(default)]
    single_jobs: SingleJobs,
    key_horizon: Option<Spanned<String>>,
    #[serde(default)]
    allowed_origins: Vec<Spanned<String>>,
    // Read apart, where the places within are kept.
    #[serde(default, deserialize_with = "given")]
    policies: Option<Spanned<Option<IgnoredAny>>>,
    #[serde(default)]
    protected: bool,
    confirm_above: Option<u32>,
    // Known to the format, and refused until a version carries it out: what is ignored in silence is worse.
    batch_execution_key: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(untagged, rename_all = "kebab-case")]
enum RawFolder {
    Path(String),
    Id { id: i64 },
    Key { key: uuid::Uuid },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawTimeouts {
    connect: Option<Spanned<String>>,
    attempt: Option<Spanned<String>>,
}

/// The profile `wanted` of the config file `file`; without a name the file's `default`, or its only profile.
pub(super) fn profile(file: &Path, text: &str, wanted: Option<&str>) -> Result<Profile, ProfileError> {
    let invalid = |ConfigError(place, what): ConfigError| ProfileError::Invalid {
        file: file.to_owned(),
        line: place.line().max(1),
        column: place.column().max(1),
        what,
    };
    let config = read(text).map_err(|error| invalid(fault(&error)))?;
    let RawConfig { default, mut profiles } = config;
    let known: Vec<String> = profiles.keys().cloned().collect();
    let name = match (wanted, &default, known.as_slice()) {
        (Some(name), _, _) => name.to_owned(),
        (None, Some(default), _) => default.value.clone(),
        (None, None, [only]) => only.clone(),
        (None, None, _) if known.is_empty() => return Err(ProfileError::Nowhere { file: Some(file.to_owned()) }),
        (None, None, _) => return Err(ProfileError::NoDefault { file: file.to_owned(), known }),
    };
    if let Some(raw) = profiles.remove(&name) {
        let has_policies = match &raw.value.policies {
            // A list that somebody emptied, or commented out, would forbid nothing, and nobody would be told.
            Some(Spanned { value: None, referenced, .. }) => {
                let what = "`policies` has no rule behind it: write one, or leave the key out";
                return Err(invalid(ConfigError(*referenced, what.to_owned())));
            }
            Some(Spanned { value: Some(_), .. }) => true,
            None => false,
        };
        let mut profile = valid(name, raw.value).map_err(invalid)?;
        profile.policies.extend(has_policies.then(|| policies::of(file, text, &profile.name)));
        beside(file.parent().unwrap_or(Path::new("")), &mut profile);
        return Ok(profile);
    }
    let near = nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
    Err(ProfileError::Unknown { file: file.to_owned(), name, near, known })
}

/// Where the secrets of all profiles in the config file `file` are kept; `None` if its text is not in order.
pub(super) fn login_sources(file: &Path, text: &str) -> Vec<SecretLocation> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let Ok(RawConfig { profiles, .. }) = read(text) else { return Vec::new() };
    let mut sources = Vec::new();
    for RawProfile { auth, proxy, client_certificate, .. } in profiles.into_values().map(|raw| raw.value) {
        sources.extend(auth.value.into_sources());
        sources.extend(proxy.and_then(|proxy| proxy.value.into_source()));
        sources.extend(client_certificate.map(SecretLocation::File));
    }
    for source in &mut sources {
        match source {
            SecretLocation::File(path) => *path = folder.join(&*path),
            SecretLocation::Env(_) | SecretLocation::Command(_) => {}
        }
    }
    sources
}

/// The names of the profiles in a config file of this text, sorted; none if it is not in order.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = read(text).map(|config| config.profiles.into_keys().collect()).unwrap_or_default();
    names.sort();
    names
}

fn read(text: &str) -> Result<RawConfig, serde_yaml::Error> {
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! { max_nodes: 20_000, max_depth: 16, max_documents: 1, max_aliases: 100 },
        strict_booleans: true,
        with_snippet: false
    };
    serde_yaml::from_str_with_options(text, options)
}

/// What stands behind a key that is there, also where that is nothing.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

fn valid(name: String, raw: RawProfile) -> Result<Profile, ConfigError> {
    if let Some(Spanned { value: true, referenced, .. }) = raw.batch_execution_key {
        return Err(not_in_this_version(referenced, "batch-execution-key: true"));
    }
    let defaults = Timeouts::default();
    let timeouts = raw.timeouts.map_or(Ok(defaults), |raw| {
        let connect = span_or(raw.connect, defaults.connect)?;
        Ok(Timeouts { connect, attempt: span_or(raw.attempt, defaults.attempt)? })
    })?;
    Ok(Profile {
        name,
        url: raw.url.value,
        tenant: raw.tenant,
        folder: raw.folder.map(|folder| match folder {
            RawFolder::Path(path) => FolderRef::Path(path.trim_matches('/').to_owned()),
            RawFolder::Id { id } => FolderRef::Id(FolderId(id)),
            RawFolder::Key { key } => FolderRef::Key(key),
        }),
        auth: RawAuth::login(raw.auth)?,
        identity_url: raw.identity_url,
        network: NetworkSettings {
            ca: raw.ca,
            client_certificate: raw.client_certificate,
            proxy: raw.proxy.map(RawProxy::choice).transpose()?.unwrap_or_default(),
        },
        token_cache: if raw.token_cache.unwrap_or(true) { TokenKeeping::Kept } else { TokenKeeping::Off },
        timeouts,
        settle: span_or(raw.settle, DEFAULT_SETTLE)?,
        list_ration: raw.list_ration.map_or(Ok(default_ration()), |text| {
            ration(&text.value).map_err(|what| ConfigError(text.referenced, what))
        })?,
        single_jobs: raw.single_jobs,
        key_horizon: raw.key_horizon.map_or(Ok(DEFAULT_KEY_HORIZON), |text| {
            days(&text.value).map_err(|what| ConfigError(text.referenced, what))
        })?,
        allowed_origins: raw.allowed_origins.into_iter().map(allowed_origin).collect::<Result<_, _>>()?,
        throttled: raw.throttled,
        large_arguments: raw.large_arguments,
        policies: Vec::new(),
        guard_rails: GuardRails { is_protected: raw.protected, confirm_above: raw.confirm_above },
    })
}

/// Paths of the file are meant from its own folder: a scheduler runs us from anywhere.
fn beside(folder: &Path, profile: &mut Profile) {
    let from_here = |path: &mut PathBuf| *path = folder.join(&*path);
    let NetworkSettings { ca, client_certificate, proxy } = &mut profile.network;
    [ca, client_certificate].into_iter().flatten().for_each(from_here);
    let in_secret = |secret: &mut SecretLocation| match secret {
        SecretLocation::File(path) => from_here(path),
        SecretLocation::Env(_) | SecretLocation::Command(_) => {}
    };
    match proxy {
        ProxyChoice::At { login: Some((_, password)), .. } => in_secret(password),
        ProxyChoice::At { login: None, .. } | ProxyChoice::OfEnvironment | ProxyChoice::Straight => {}
    }
    match &mut profile.auth {
        Auth::Missing(_) => {}
        Auth::Token(secret)
        | Auth::Client { secret, .. }
        | Auth::Password { password: secret, .. }
        | Auth::UserKey { key: secret, .. } => in_secret(secret),
    }
}

fn allowed_origin(text: Spanned<String>) -> Result<Origin, ConfigError> {
    super::connection::origin(&text.value).map_err(|what| ConfigError(text.referenced, what))
}

fn span_or(text: Option<Spanned<String>>, default: Duration) -> Result<Duration, ConfigError> {
    text.map_or(Ok(default), |text| span(&text.value).map_err(|what| ConfigError(text.referenced, what)))
}

fn not_in_this_version(place: Location, what: &str) -> ConfigError {
    ConfigError(place, format!("{what} is not in this version yet"))
}

/// What the reader says, in words that show no value of the file.
#[expect(clippy::wildcard_enum_match_arm, reason = "the reader's own list, open to its next version")]
fn fault(error: &serde_yaml::Error) -> ConfigError {
    use serde_yaml::Error;
    let error = error.without_snippet();
    let place = error.location().unwrap_or(Location::UNKNOWN);
    let what = match error {
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            format!("expected {expected}")
        }
        Error::Unexpected { expected, .. } => match *expected {
            "mapping start" => "expected a mapping, `key: value`".to_owned(),
            "sequence start" => "expected a list, `[a, b]`".to_owned(),
            "string scalar" => "expected text".to_owned(),
            expected => format!("expected {expected}"),
        },
        Error::SerdeUnknownField { field, expected, .. } => match nearest(field, expected.iter().copied()) {
            Some(near) => format!("there is no key `{}` here\n  help: did you mean `{near}`?", plain(field)),
            None => format!("there is no key `{}` here\n  help: known are {}", plain(field), expected.join(", ")),
        },
        Error::SerdeUnknownVariant { expected, .. } => format!("expected one of {}", expected.join(", ")),
        Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        Error::DuplicateMappingKey { .. } => "a key stands twice".to_owned(),
        Error::InvalidBooleanStrict { .. } => "expected true or false".to_owned(),
        Error::Budget { .. } => "the file is larger or deeper than a config file may be".to_owned(),
        // Our own words come this way; what serde adds for an untagged choice holds no value either.
        Error::Message { msg, .. } if msg.starts_with(raw_secret::WORDS) => msg.clone(),
        Error::Message { .. } => "the value is not of a form that this key takes".to_owned(),
        // The rest, of a type that is not ours, is about YAML's own form.
        _ => "this is not well-formed YAML here".to_owned(),
    };
    ConfigError(place, what)
}

fn plain(key: &str) -> String {
    key.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(60).collect()
}

#[cfg(test)]
mod tests;
