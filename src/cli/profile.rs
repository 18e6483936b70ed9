//! Where and as whom to connect: a [`Profile`], from the config file or wholly from the environment.
//!
//! In: flags, environment, the config file's text. Out: one profile whose secrets are named, not yet read.
//! Never: mixes file and environment (a stray variable must not send one profile's secret to another's host),
//! touches the network, or reads a secret before [`SecretSource::read`] is called.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::args::ConnectionArgs;
use crate::cli::environment::Environment;
use crate::format::Rate;
use crate::ids::FolderRef;
use crate::orchestrator::Timeouts;
use crate::orchestrator::auth::SecretMethod;
use crate::orchestrator::classify::ThrottlePolicy;
use crate::pace::Pace;
use crate::spec::LargeArguments;

mod certificate_file;
mod connection;
mod from_environment;
mod from_file;
mod secret_source;
mod token_cache;

pub(super) use from_environment::SECRETS as SECRET_NAMES;
pub(crate) use secret_source::{SecretError, SecretSource};
pub(crate) use token_cache::folder as token_folder;

/// Where and as whom to connect. Secrets are still where they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    /// Its name in the config file; `env` where the environment forms it.
    pub(crate) name: String,
    /// The base address, as it was written: `BASE/odata/...` is what is called.
    pub(crate) url: String,
    /// `X-UIPATH-TenantName`, where the server wants it.
    pub(crate) tenant: Option<String>,
    /// The folder of manifests that name none.
    pub(crate) folder: Option<FolderRef>,
    /// How to log in.
    pub(crate) auth: Auth,
    /// The identity server's base address; none: as the base address implies.
    pub(crate) identity_url: Option<String>,
    /// Certificates and proxy.
    pub(crate) network: NetworkSettings,
    /// Whether tokens are kept between processes, outside of CI.
    pub(crate) token_cache: TokenKeeping,
    /// How long an answer may take.
    pub(crate) timeouts: Timeouts,
    /// How long after a lost answer the server may still start the robot job.
    pub(crate) settle: Duration,
    /// How often all runs of this tenant may read its job list, together.
    pub(crate) list_ration: Pace,
    /// How far back the server's list is searched for a run key that this ledger does not know.
    pub(crate) key_horizon: Duration,
    /// What a 429 to `StartJobs` means on this server.
    pub(crate) throttled: ThrottlePolicy,
    /// Whether this server takes input files, and so arguments above the API's limit.
    pub(crate) large_arguments: LargeArguments,
}

/// How to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// None: enough for a plan. What a run says about it.
    Missing(String),
    /// A ready access token, or a personal access token.
    Token(SecretSource),
    /// An external application's client credentials.
    Client {
        /// The application's id.
        id: String,
        /// Its secret.
        secret: SecretSource,
        /// The scopes to ask for; empty: the application's own.
        scopes: Vec<String>,
        /// How id and secret are sent.
        method: SecretMethod,
    },
    /// A user of a standalone Orchestrator.
    Password {
        /// The user's name or mail address.
        user: String,
        /// The password.
        password: SecretSource,
    },
    /// A legacy user key of the cloud.
    UserKey {
        /// The id beside the key.
        id: String,
        /// The key.
        key: SecretSource,
    },
}

/// The way to the servers, before any file is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NetworkSettings {
    /// More authorities than the system's: a file of PEM.
    pub(crate) ca: Option<PathBuf>,
    /// Certificate and key to show to servers that ask: a private file of PEM.
    pub(crate) client_certificate: Option<PathBuf>,
    /// Through which proxy.
    pub(crate) proxy: ProxyChoice,
}

/// Through which proxy a profile goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ProxyChoice {
    /// None, whatever the environment names.
    #[default]
    Straight,
    /// The one that `HTTPS_PROXY` names, but for the hosts of `NO_PROXY`.
    OfEnvironment,
    /// This one.
    At {
        /// `http://host:port`.
        url: String,
        /// As whom.
        login: Option<(String, SecretSource)>,
        /// The hosts that are reached straight.
        except: Vec<String>,
    },
}

/// Whether tokens are kept between processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKeeping {
    /// In a private file, but never in CI.
    Kept,
    /// Nowhere.
    Off,
}

/// The default of `settle`. Source: `docs/exactly-once.md`, step 7.
pub(crate) const DEFAULT_SETTLE: Duration = Duration::from_secs(120);

/// Why there is no profile. The user's to mend: exit code 3.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    /// Neither file nor environment.
    #[error(
        "nothing says where to connect\n  help: set UIPATH_URL and UIPATH_ACCESS_TOKEN, or write {}, or try `--sandbox`",
        file.as_deref().map_or("a config file and pass it as --config".to_owned(), |file| format!("`{}`", file.display()))
    )]
    Nowhere {
        /// Where a config file would be looked for.
        file: Option<PathBuf>,
    },
    /// The named profile does not exist.
    #[error("`{}` has no profile `{name}`{}", file.display(), hint(near.as_deref(), known))]
    Unknown {
        /// The file.
        file: PathBuf,
        /// What was asked for.
        name: String,
        /// The nearest name.
        near: Option<String>,
        /// All names.
        known: Vec<String>,
    },
    /// The file has several profiles and no default.
    #[error("`{}` has several profiles and no `default`\n  help: pass --profile with one of {}", file.display(), quoted(known))]
    NoDefault {
        /// The file.
        file: PathBuf,
        /// All names.
        known: Vec<String>,
    },
    /// The file cannot be read.
    #[error("config file `{}` cannot be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A folder, a device, a pipe.
    #[error("config file `{}` is not a regular file", file.display())]
    NotAFile {
        /// The file.
        file: PathBuf,
    },
    /// The file's text is not a config file.
    #[error("{}:{line}:{column}: {what}", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: u64,
        /// From 1.
        column: u64,
        /// One sentence, with help; never a value of the file.
        what: String,
    },
    /// Nothing says where to connect, although something else of a login is set.
    #[error("{name} is set and UIPATH_URL is not\n  help: set UIPATH_URL to Orchestrator's address")]
    Incomplete {
        /// What is set.
        name: String,
    },
    /// The environment forms no whole profile.
    #[error("{what}")]
    Environment {
        /// One sentence, with help.
        what: String,
    },
}

/// Maximum config file, in bytes.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// The profile to connect with.
///
/// `--profile` names one of the config file (`env`: the environment). Without it `UIPATH_URL` makes the environment
/// the profile, and where that is unset the file's `default` (or its only profile) is taken.
///
/// Errors: each says what to write where.
pub(crate) fn choose(flags: &ConnectionArgs, environment: &Environment) -> Result<Profile, ProfileError> {
    let named = flags.profile.as_deref().or_else(|| environment.get("SORTIE_PROFILE"));
    if named == Some(from_environment::NAME) || (named.is_none() && from_environment::is_meant(environment)) {
        return from_environment::profile(environment);
    }
    let given = given_file(flags, environment);
    let Some(file) = config_file(flags, environment) else {
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
    if let Some(when_long) = from_environment::large_arguments(environment)? {
        profile.large_arguments = when_long;
    }
    Ok(profile)
}

/// Where the logins of all profiles are kept that `flags` and `environment` lead to, whichever of them is used. None are
/// known of a config file that cannot be read.
pub(crate) fn login_sources(flags: &ConnectionArgs, environment: &Environment) -> Vec<SecretSource> {
    let Some(file) = config_file(flags, environment) else { return Vec::new() };
    // Opening a pipe would wait, and use it up.
    if !std::fs::metadata(&file).is_ok_and(|metadata| metadata.is_file()) {
        return Vec::new();
    }
    read(&file).map_or_else(|_| Vec::new(), |text| from_file::login_sources(&file, &text))
}

/// The config file that is named, else the usual one; whether it is there or not.
pub(crate) fn config_file(flags: &ConnectionArgs, environment: &Environment) -> Option<PathBuf> {
    given_file(flags, environment).or_else(|| environment.xdg_path("XDG_CONFIG_HOME", ".config", "config.yaml"))
}

fn given_file(flags: &ConnectionArgs, environment: &Environment) -> Option<PathBuf> {
    flags.config.clone().or_else(|| environment.get("SORTIE_CONFIG").map(PathBuf::from))
}

fn read(file: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(file)?.take(MAX_CONFIG_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// The ration that `text` says, such as `100/min`.
pub(crate) fn ration(text: &str) -> Result<Pace, String> {
    let rate = Rate::parse(text).ok_or("no rate: write `100/min`, or another count that this server allows")?;
    Ok(Pace::at_most(NonZeroU32::new(rate.amount).expect("a rate is never 0"), rate.per))
}

/// The one limit of Orchestrator that is documented. Source: `docs/orchestrator-api.md`, section 8.
pub(crate) fn default_ration() -> Pace {
    const COUNT: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
    Pace::at_most(COUNT, Duration::from_secs(60))
}

/// A span of time with its unit, such as `90s`, `30m` or `1h 30m`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return Err(format!("a span of time carries its unit: `{text}s` or `{text}m`"));
    }
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|span| Duration::try_from(span).ok())
        .ok_or_else(|| "not a span of time, such as `500ms`, `30s`, `5m` or `2h`".to_owned())
}

/// How far back a key is looked for, where nobody says it.
pub(crate) const DEFAULT_KEY_HORIZON: Duration = Duration::from_secs(7 * DAY);

const DAY: u64 = 24 * 3600;

/// A span that may be told in days, such as `7d`.
pub(crate) fn days(text: &str) -> Result<Duration, String> {
    match text.strip_suffix('d').map(str::parse::<u32>) {
        Some(Ok(days)) => Ok(Duration::from_secs(u64::from(days) * DAY)),
        Some(Err(_)) | None => span(text).map_err(|_| "not a span of time, such as `7d` or `36h`".to_owned()),
    }
}

fn hint(near: Option<&str>, known: &[String]) -> String {
    match near {
        Some(near) => format!("\n  help: did you mean `{near}`?"),
        None if known.is_empty() => "\n  help: it has none at all; docs/connection.md shows one".to_owned(),
        None => format!("\n  help: it has {}", quoted(known)),
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
