//! The profile `env`: the whole of it from environment variables, by the names that other UiPath tools read.
//!
//! In: an environment. Out: a profile, or what is missing from it. Never: a value of a config file, or a secret's text.

use crate::cli::environment::Environment;
use crate::cli::profile::{Auth, DEFAULT_SETTLE, Profile, ProfileError, SecretSource, span};
use crate::ids::{FolderId, FolderRef};
use crate::orchestrator::Timeouts;
use crate::orchestrator::verdict::Throttled;

/// The profile's name.
pub(super) const NAME: &str = "env";

const URL: [&str; 2] = ["UIPATH_URL", "UIPATH_URI"];
const TENANT: [&str; 2] = ["UIPATH_TENANT", "UIPATH_TENANT_NAME"];
const TOKEN: [&str; 2] = ["UIPATH_ACCESS_TOKEN", "UIPATH_PAT"];
/// The variables that hold secrets: the redactor knows their values from the start.
pub(crate) const SECRETS: [&str; 3] = ["UIPATH_ACCESS_TOKEN", "UIPATH_PAT", "UIPATH_CLIENT_SECRET"];

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
        timeouts: Timeouts::default(),
        settle: settle.map_err(|what| error(format!("SORTIE_SETTLE: {what}")))?,
        throttled: Throttled::Unsent,
    })
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
    match (segments.as_slice(), organization, tenant) {
        ([], Some(organization), Some(tenant)) => Ok((format!("{base}/{organization}/{tenant}/orchestrator_"), None)),
        ([], Some(_), None) => {
            Err(error("UIPATH_ORGANIZATION is set and UIPATH_TENANT is not\n  help: set both, or neither".to_owned()))
        }
        ([], None, tenant) | ([_], _, tenant) => Ok((base.to_owned(), tenant.map(str::to_owned))),
        ([own_organization, own_tenant, ..], organization, tenant) => {
            let other =
                organization.filter(|name| !name.eq_ignore_ascii_case(own_organization)).map(|_| "UIPATH_ORGANIZATION");
            let other = other.or(tenant.filter(|name| !name.eq_ignore_ascii_case(own_tenant)).map(|_| "UIPATH_TENANT"));
            match other {
                Some(other) => Err(error(format!(
                    "{name} and {other} name different ones\n  help: unset {other}: the address holds it already"
                ))),
                None if segments.len() == 2 => Ok((format!("{base}/orchestrator_"), None)),
                None => Ok((base.to_owned(), None)),
            }
        }
    }
}

/// The login; where it is not whole, what a run will say. A plan needs none.
fn auth(environment: &Environment) -> Auth {
    if let Some((name, _)) = environment.first_of(&TOKEN) {
        return Auth::Token(SecretSource::Env(name.to_owned()));
    }
    match (environment.get("UIPATH_CLIENT_ID"), environment.get("UIPATH_CLIENT_SECRET")) {
        (Some(id), Some(_)) => {
            let scopes = environment.get("UIPATH_AUTH_SCOPES").unwrap_or_default();
            Auth::Client {
                id: id.to_owned(),
                secret: SecretSource::Env("UIPATH_CLIENT_SECRET".to_owned()),
                scopes: scopes.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect(),
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

fn folder(environment: &Environment) -> Result<Option<FolderRef>, ProfileError> {
    if let Some(path) = environment.get("UIPATH_FOLDER_PATH") {
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
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Profile, String> {
        profile(&pairs.iter().copied().collect()).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn check_address(pairs: &[(&str, &str)], expected: Result<(&str, Option<&str>), &str>) {
        let found = of(&[pairs, &[("UIPATH_PAT", "t")]].concat()).map(|profile| (profile.url, profile.tenant));
        assert_eq!(
            found.as_ref().map(|(url, tenant)| (url.as_str(), tenant.as_deref())).map_err(String::as_str),
            expected.as_ref().map(|pair| *pair).map_err(|what| *what),
            "{pairs:?}"
        );
    }

    #[test]
    fn both_shapes_of_an_address_are_read() {
        let cloud = "https://cloud.uipath.com";
        let full = "https://cloud.uipath.com/acme/prod/orchestrator_";
        check_address(
            &[("UIPATH_URI", cloud), ("UIPATH_ORGANIZATION", "acme"), ("UIPATH_TENANT", "prod")],
            Ok((full, None)),
        );
        check_address(&[("UIPATH_URL", "https://cloud.uipath.com/acme/prod")], Ok((full, None)));
        check_address(&[("UIPATH_URL", full)], Ok((full, None)));
        check_address(&[("UIPATH_URL", full), ("UIPATH_TENANT_NAME", "Prod")], Ok((full, None)));
        check_address(
            &[("UIPATH_URL", "https://orch.corp/"), ("UIPATH_TENANT", "Default")],
            Ok(("https://orch.corp", Some("Default"))),
        );
        check_address(&[("UIPATH_URL", "https://orch.corp")], Ok(("https://orch.corp", None)));
    }

    #[test]
    fn an_address_at_odds_with_its_companions_is_refused() {
        check_address(
            &[("UIPATH_URL", "https://cloud.uipath.com/acme/prod"), ("UIPATH_TENANT", "test")],
            Err(
                "UIPATH_URL and UIPATH_TENANT name different ones\n  help: unset UIPATH_TENANT: the address holds it already",
            ),
        );
        check_address(
            &[("UIPATH_URL", "https://cloud.uipath.com"), ("UIPATH_ORGANIZATION", "acme")],
            Err("UIPATH_ORGANIZATION is set and UIPATH_TENANT is not\n  help: set both, or neither"),
        );
    }

    #[test]
    fn a_login_is_whole_or_what_is_missing_is_named() {
        let url = ("UIPATH_URL", "https://orch.corp");
        let auth = |pairs: &[(&str, &str)]| of(&[&[url], pairs].concat()).map(|profile| profile.auth);
        assert_eq!(auth(&[("UIPATH_PAT", "t")]), Ok(Auth::Token(SecretSource::Env("UIPATH_PAT".to_owned()))));
        assert_eq!(
            auth(&[
                ("UIPATH_CLIENT_ID", "a"),
                ("UIPATH_CLIENT_SECRET", "s"),
                ("UIPATH_AUTH_SCOPES", "OR.Jobs, OR.Folders")
            ]),
            Ok(Auth::Client {
                id: "a".to_owned(),
                secret: SecretSource::Env("UIPATH_CLIENT_SECRET".to_owned()),
                scopes: vec!["OR.Jobs".to_owned(), "OR.Folders".to_owned()],
            })
        );
        let missing = |pairs: &[(&str, &str)]| match auth(pairs) {
            Ok(Auth::Missing(words)) => words,
            other => panic!("{other:?}"),
        };
        assert_eq!(missing(&[("UIPATH_CLIENT_ID", "a")]), "UIPATH_CLIENT_ID is set and UIPATH_CLIENT_SECRET is not");
        assert!(missing(&[]).starts_with("UIPATH_URL is set and no login is"));
    }

    #[test]
    fn of_several_folders_the_path_is_taken() {
        let base = [("UIPATH_URL", "https://orch.corp"), ("UIPATH_PAT", "t"), ("UIPATH_FOLDER_ID", "7")];
        let folder = |pairs: &[(&str, &str)]| of(&[&base[..], pairs].concat()).map(|profile| profile.folder);
        assert_eq!(folder(&[]), Ok(Some(FolderRef::Id(FolderId(7)))));
        assert_eq!(folder(&[("UIPATH_FOLDER_PATH", "A/B")]), Ok(Some(FolderRef::Path("A/B".to_owned()))));
        assert_eq!(folder(&[("UIPATH_FOLDER_KEY", "x")]), Err("UIPATH_FOLDER_KEY is not a GUID".to_owned()));
    }
}
