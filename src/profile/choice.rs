//! Which profile is meant: one of the config file, or the one that the environment forms.
//!
//! In: a choice, the environment, the config file's text. Out: a [`Profile`], or why there is none. Never: reads a secret.

use std::path::{Path, PathBuf};

use crate::orchestrator::base_url::BaseUrl;

use super::environment::Environment;
use super::error::ProfileError;
use super::secret_location::SecretLocation;
use super::settings::Profile;
use super::spans::span;
use super::{from_environment, from_file};

/// What somebody chose; what is `None` follows from the environment, else from the config file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChoice {
    /// The profile's name; `env` is the one that the environment forms.
    pub name: Option<String>,
    /// The config file.
    pub config: Option<PathBuf>,
}

/// Maximum config file, in bytes.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// The profile to connect with.
///
/// `choice` names one of the config file (`env`: the environment). Without it `UIPATH_URL` makes the environment
/// the profile, and where that is unset the file's `default` (or its only profile) is taken.
///
/// Errors: each says what to write where.
pub fn choose(choice: &ProfileChoice, environment: &Environment) -> Result<Profile, ProfileError> {
    let named = choice.name.as_deref().or_else(|| environment.get("SORTIE_PROFILE"));
    if named == Some(from_environment::NAME) || (named.is_none() && from_environment::is_meant(environment)) {
        return guarded(from_environment::profile(environment)?, choice, environment);
    }
    let given = given_file(choice, environment);
    let Some(file) = config_file(choice, environment) else {
        return Err(ProfileError::Nowhere { file: None });
    };
    // Opening a pipe would wait for its other end, also past a signal.
    if std::fs::metadata(&file).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(ProfileError::NotAFile { file });
    }
    let text = match read(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && given.is_none() && named.is_none() => {
            return Err(from_environment::incomplete(environment).unwrap_or(ProfileError::Nowhere { file: Some(file) }));
        }
        Err(source) => return Err(ProfileError::Unreadable { file, source }),
    };
    let mut profile = from_file::profile(&file, &text, named)?;
    if let Some(text) = environment.get("SORTIE_SETTLE") {
        profile.settle =
            span(text).map_err(|what| ProfileError::Environment { what: format!("SORTIE_SETTLE: {what}") })?;
    }
    if let Some(ration) = from_environment::list_ration(environment)? {
        profile.list_ration = ration;
    }
    if let Some(horizon) = from_environment::key_horizon(environment)? {
        profile.key_horizon = horizon;
    }
    if let Some(origins) = from_environment::allowed_origins(environment)? {
        profile.allowed_origins = origins;
    }
    if let Some(when_long) = from_environment::large_arguments(environment)? {
        profile.large_arguments = when_long;
    }
    Ok(profile)
}

/// `profile`, which the environment forms, with the rules and guard rails of the config file's profiles that may lead to the same tenant:
/// a stray variable must not be a way around them.
///
/// Errors: there is a config file, or one is named, and what it says of any profile cannot be told.
fn guarded(mut profile: Profile, choice: &ProfileChoice, environment: &Environment) -> Result<Profile, ProfileError> {
    let (Ok(own), Some(file)) = (profile.base(), config_file(choice, environment)) else { return Ok(profile) };
    match std::fs::metadata(&file) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(ProfileError::NotAFile { file }),
        Err(error) if is_absent(&error) && given_file(choice, environment).is_none() => return Ok(profile),
        Err(source) => return Err(ProfileError::Unreadable { file, source }),
    }
    let text = read(&file).map_err(|source| ProfileError::Unreadable { file: file.clone(), source })?;
    let names = from_file::names(&text);
    let is_blank = text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'));
    if names.is_empty()
        && !is_blank
        && let Err(error @ ProfileError::Invalid { .. }) = from_file::profile(&file, &text, None)
    {
        return Err(error);
    }
    for name in names {
        let other = from_file::profile(&file, &text, Some(&name))?;
        let is_same = |base: BaseUrl| own.may_share_tenant(profile.tenant.as_deref(), &base, other.tenant.as_deref());
        if other.base().is_ok_and(is_same) {
            profile.policies.extend(other.policies);
            let rails = &mut profile.guard_rails;
            rails.is_protected |= other.guard_rails.is_protected;
            rails.confirm_above = rails.confirm_above.into_iter().chain(other.guard_rails.confirm_above).min();
        }
    }
    Ok(profile)
}

/// Whether nothing is there, not even a folder that it would be in.
fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// Where the logins of all profiles are kept that `choice` and `environment` lead to, whichever of them is used. None are
/// known of a config file that cannot be read.
pub(super) fn login_sources(choice: &ProfileChoice, environment: &Environment) -> Vec<SecretLocation> {
    let Some(file) = config_file(choice, environment) else { return Vec::new() };
    // Opening a pipe would wait, and use it up.
    if !std::fs::metadata(&file).is_ok_and(|metadata| metadata.is_file()) {
        return Vec::new();
    }
    read(&file).map_or_else(|_| Vec::new(), |text| from_file::login_sources(&file, &text))
}

/// The names of the profiles that `choice` and `environment` lead to, sorted; none of a config file that cannot be read.
pub fn profile_names(choice: &ProfileChoice, environment: &Environment) -> Vec<String> {
    let Some(file) = config_file(choice, environment) else { return Vec::new() };
    // Opening a pipe would wait, and use it up.
    if !std::fs::metadata(&file).is_ok_and(|metadata| metadata.is_file()) {
        return Vec::new();
    }
    read(&file).map_or_else(|_| Vec::new(), |text| from_file::names(&text))
}

/// The config file that is named, else the usual one; whether it is there or not.
pub fn config_file(choice: &ProfileChoice, environment: &Environment) -> Option<PathBuf> {
    given_file(choice, environment).or_else(|| environment.xdg_path("XDG_CONFIG_HOME", ".config", "config.yaml"))
}

fn given_file(choice: &ProfileChoice, environment: &Environment) -> Option<PathBuf> {
    choice.config.clone().or_else(|| environment.get("SORTIE_CONFIG").map(PathBuf::from))
}

fn read(file: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(file)?.take(MAX_CONFIG_BYTES).read_to_string(&mut text)?;
    Ok(text)
}
