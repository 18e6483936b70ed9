//! The config file: YAML text -> one [`Profile`].
//!
//! In: the file's text and the wanted profile's name. Out: a valid profile, or the first thing that is wrong, at its
//! line and column. Never: shows a value of the file, since someone may have written a secret there.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_yaml::{Location, Spanned};

use super::{Auth, DEFAULT_SETTLE, Profile, ProfileError, span};
use crate::diagnostic::nearest;
use crate::ids::{FolderId, FolderRef};
use crate::orchestrator::Timeouts;
use crate::orchestrator::verdict::Throttled;

mod raw_secret;

use raw_secret::RawSecret;

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
    throttled: Throttled,
    // Known to the format, and refused until a version carries them out: what is ignored in silence is worse.
    batch_execution_key: Option<Spanned<bool>>,
    ca: Option<Spanned<IgnoredAny>>,
    client_certificate: Option<Spanned<IgnoredAny>>,
    proxy: Option<Spanned<IgnoredAny>>,
    large_arguments: Option<Spanned<IgnoredAny>>,
    list_ration: Option<Spanned<IgnoredAny>>,
    protected: Option<Spanned<IgnoredAny>>,
    confirm_above: Option<Spanned<IgnoredAny>>,
    ping_origins: Option<Spanned<IgnoredAny>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RawAuth {
    token: Option<RawSecret>,
    client_id: Option<String>,
    client_secret: Option<RawSecret>,
    #[serde(default)]
    scopes: Vec<String>,
    method: Option<Spanned<String>>,
    user: Option<Spanned<IgnoredAny>>,
    password: Option<Spanned<IgnoredAny>>,
    user_key: Option<Spanned<IgnoredAny>>,
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

/// One sentence about a place of the file.
struct Fault(Location, String);

/// The profile `wanted` of the config file `file`; without a name the file's `default`, or its only profile.
pub(super) fn profile(file: &Path, text: &str, wanted: Option<&str>) -> Result<Profile, ProfileError> {
    let invalid = |Fault(place, what): Fault| ProfileError::Invalid {
        file: file.to_owned(),
        line: place.line().max(1),
        column: place.column().max(1),
        what,
    };
    let options = serde_yaml::options! {
        budget: serde_yaml::budget! { max_nodes: 20_000, max_depth: 16, max_documents: 1, max_aliases: 100 },
        strict_booleans: true,
        with_snippet: false,
    };
    let config: RawConfig = serde_yaml::from_str_with_options(text, options).map_err(|error| invalid(fault(&error)))?;
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
        return valid(name, raw.value).map_err(invalid);
    }
    let near = nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
    Err(ProfileError::Unknown { file: file.to_owned(), name, near, known })
}

fn valid(name: String, raw: RawProfile) -> Result<Profile, Fault> {
    let later = [
        ("ca", &raw.ca),
        ("client-certificate", &raw.client_certificate),
        ("proxy", &raw.proxy),
        ("large-arguments", &raw.large_arguments),
        ("list-ration", &raw.list_ration),
        ("protected", &raw.protected),
        ("confirm-above", &raw.confirm_above),
        ("ping-origins", &raw.ping_origins),
    ];
    for (key, value) in later {
        not_yet(key, value.as_ref())?;
    }
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
            RawFolder::Path(path) => FolderRef::Path(path),
            RawFolder::Id { id } => FolderRef::Id(FolderId(id)),
            RawFolder::Key { key } => FolderRef::Key(key),
        }),
        auth: auth(raw.auth)?,
        identity_url: raw.identity_url,
        timeouts,
        settle: span_or(raw.settle, DEFAULT_SETTLE)?,
        throttled: raw.throttled,
    })
}

fn auth(raw: Spanned<RawAuth>) -> Result<Auth, Fault> {
    let place = raw.referenced;
    let raw = raw.value;
    for (key, value) in [("user", &raw.user), ("password", &raw.password), ("user-key", &raw.user_key)] {
        not_yet(&format!("auth.{key}"), value.as_ref())?;
    }
    if let Some(method) = raw.method.filter(|method| method.value != "form") {
        return Err(not_in_this_version(method.referenced, "an `auth.method` other than `form`"));
    }
    match (raw.token, raw.client_id, raw.client_secret) {
        (Some(token), None, None) if raw.scopes.is_empty() => Ok(Auth::Token(token.0)),
        (None, Some(id), Some(secret)) => Ok(Auth::Client { id, secret: secret.0, scopes: raw.scopes }),
        (None, Some(_), None) => Err(Fault(place, "`auth` has a `client-id` and no `client-secret`".to_owned())),
        (None, None, Some(_)) => Err(Fault(place, "`auth` has a `client-secret` and no `client-id`".to_owned())),
        (None, None, None) => Err(Fault(
            place,
            "`auth` says no login\n  help: write `token: {env: NAME}`, or `client-id`, `client-secret` and `scopes`"
                .to_owned(),
        )),
        (Some(_), _, _) => {
            Err(Fault(place, "`auth` has a `token` and client credentials\n  help: keep one of the two".to_owned()))
        }
    }
}

fn span_or(text: Option<Spanned<String>>, default: Duration) -> Result<Duration, Fault> {
    text.map_or(Ok(default), |text| span(&text.value).map_err(|what| Fault(text.referenced, what)))
}

fn not_yet(key: &str, value: Option<&Spanned<IgnoredAny>>) -> Result<(), Fault> {
    value.map_or(Ok(()), |value| Err(not_in_this_version(value.referenced, &format!("`{key}`"))))
}

fn not_in_this_version(place: Location, what: &str) -> Fault {
    Fault(place, format!("{what} is not in this version yet"))
}

/// What the reader says, in words that show no value of the file.
#[expect(clippy::wildcard_enum_match_arm, reason = "the reader's own list, open to its next version")]
fn fault(error: &serde_yaml::Error) -> Fault {
    use serde_yaml::Error;
    let error = error.without_snippet();
    let place = error.location().unwrap_or(Location::UNKNOWN);
    let what = match error {
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            format!("expected {expected}")
        }
        Error::Unexpected { expected, .. } => match *expected {
            "mapping start" => "expected a mapping, `key: value`".to_owned(),
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
    Fault(place, what)
}

fn plain(key: &str) -> String {
    key.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(60).collect()
}

#[cfg(test)]
mod tests;
