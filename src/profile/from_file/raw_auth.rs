//! `auth`: one login, whole, or what is wrong with it.

use serde::Deserialize;
use serde_yaml::Spanned;

use super::config_error::ConfigError;
use super::raw_secret::RawSecret;
use crate::orchestrator::auth::SecretMethod;
use crate::profile::secret_location::SecretLocation;
use crate::profile::settings::Auth;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawAuth {
    token: Option<RawSecret>,
    client_id: Option<String>,
    client_secret: Option<RawSecret>,
    scopes: Option<Vec<String>>,
    method: Option<SecretMethod>,
    user: Option<String>,
    password: Option<RawSecret>,
    user_key: Option<RawSecret>,
}

const LOGINS: &str =
    "one of `token`; `client-id` and `client-secret`; `user` and `password`; `client-id` and `user-key`";

impl RawAuth {
    /// Where its secrets are kept.
    pub(super) fn into_sources(self) -> impl Iterator<Item = SecretLocation> {
        let Self { token, client_secret, password, user_key, .. } = self;
        [token, client_secret, password, user_key].into_iter().flatten().map(|secret| secret.0)
    }

    /// The login that stands here. Errors: none, two, or half of one.
    pub(super) fn login(raw: Spanned<Self>) -> Result<Auth, ConfigError> {
        let place = raw.referenced;
        let fault = |what: String| Err(ConfigError(place, what));
        let Self { token, client_id, client_secret, scopes, method, user, password, user_key } = raw.value;
        let present: Vec<&str> = [
            ("token", token.is_some()),
            ("client-id", client_id.is_some()),
            ("client-secret", client_secret.is_some()),
            ("user", user.is_some()),
            ("password", password.is_some()),
            ("user-key", user_key.is_some()),
        ]
        .into_iter()
        .filter_map(|(key, stands)| stands.then_some(key))
        .collect();
        let of_an_application = [("scopes", scopes.is_some()), ("method", method.is_some())];
        let auth = match (token, client_id, client_secret, user, password, user_key) {
            (Some(token), None, None, None, None, None) => Auth::Token(token.0),
            (None, Some(id), Some(secret), None, None, None) => {
                let (scopes, method) = (scopes.unwrap_or_default(), method.unwrap_or_default());
                return Ok(Auth::Client { id, secret: secret.0, scopes, method });
            }
            (None, None, None, Some(user), Some(password), None) => Auth::Password { user, password: password.0 },
            (None, Some(id), None, None, None, Some(key)) => Auth::UserKey { id, key: key.0 },
            _ => return fault(complaint(&present)),
        };
        match of_an_application.into_iter().find(|(_, stands)| *stands) {
            Some((key, _)) => fault(format!("`{key}` goes with `client-id` and `client-secret` alone")),
            None => Ok(auth),
        }
    }
}

/// What is wrong with a login of these keys.
fn complaint(present: &[&str]) -> String {
    match present {
        [] => format!("`auth` says no login\n  help: write {LOGINS}; a secret is {{env: NAME}}"),
        ["client-id"] => "`auth` has a `client-id`, and neither a `client-secret` nor a `user-key`".to_owned(),
        ["client-secret" | "user-key"] => format!("`auth` has a `{}` and no `client-id`", present[0]),
        ["user"] => "`auth` has a `user` and no `password`".to_owned(),
        ["password"] => "`auth` has a `password` and no `user`".to_owned(),
        _ => format!("`auth` has {}, which are not one login\n  help: keep {LOGINS}", quoted(present)),
    }
}

fn quoted(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use expect_test::{Expect, expect};

    use crate::profile::from_file::profile;

    #[test]
    fn each_login_is_read_and_half_of_one_is_explained() {
        let auth = |auth: &str| {
            let text = format!("profiles:\n  prod:\n    url: https://example.com\n    auth: {auth}\n");
            match profile(Path::new("/etc/sortie/config.yaml"), &text, None) {
                Ok(profile) => format!("{:?}", profile.auth),
                Err(error) => error.to_string(),
            }
        };
        let check = |text: &str, expected: Expect| expected.assert_eq(&auth(text));
        check("{ user: ada, password: { env: P } }", expect![[r#"Password { user: "ada", password: Env("P") }"#]]);
        check(
            "{ client-id: x, user-key: { command: [pass, show, uipath] } }",
            expect![[r#"UserKey { id: "x", key: Command(["pass", "show", "uipath"]) }"#]],
        );
        check(
            "{ client-id: x, client-secret: { file: secret }, method: basic }",
            expect![[r#"Client { id: "x", secret: File("/etc/sortie/secret"), scopes: [], method: Basic }"#]],
        );
        check("{ token: { file: /run/secrets/token } }", expect![[r#"Token(File("/run/secrets/token"))"#]]);
        check(
            "{ client-id: x, client-secret: { env: S }, method: hunter2 }",
            expect!["/etc/sortie/config.yaml:4:62: expected one of form, basic"],
        );
        check(
            "{ client-id: x, user-key: { env: K }, scopes: [OR.Jobs] }",
            expect!["/etc/sortie/config.yaml:4:11: `scopes` goes with `client-id` and `client-secret` alone"],
        );
        check(
            "{ token: { env: T }, method: basic }",
            expect!["/etc/sortie/config.yaml:4:11: `method` goes with `client-id` and `client-secret` alone"],
        );
        check("{ user: ada }", expect!["/etc/sortie/config.yaml:4:11: `auth` has a `user` and no `password`"]);
        check(
            "{ password: { env: P } }",
            expect!["/etc/sortie/config.yaml:4:11: `auth` has a `password` and no `user`"],
        );
        check(
            "{ user-key: { env: K } }",
            expect!["/etc/sortie/config.yaml:4:11: `auth` has a `user-key` and no `client-id`"],
        );
        check(
            "{ client-secret: { env: K } }",
            expect!["/etc/sortie/config.yaml:4:11: `auth` has a `client-secret` and no `client-id`"],
        );
        check(
            "{ user: ada, password: { env: P }, user-key: { env: K } }",
            expect![[r#"
            /etc/sortie/config.yaml:4:11: `auth` has `user`, `password`, `user-key`, which are not one login
              help: keep one of `token`; `client-id` and `client-secret`; `user` and `password`; `client-id` and `user-key`"#]],
        );
        check(
            "{ user: ada, password: hunter2 }",
            expect![[r#"
            /etc/sortie/config.yaml:4:34: a secret never stands in the file itself
              help: write {env: NAME}, {file: PATH} or {command: [PROGRAM, ...]}"#]],
        );
        check("{ token: { command: pass } }", expect!["/etc/sortie/config.yaml:4:31: expected a list, `[a, b]`"]);
        check(
            "{ token: { command: [] } }",
            expect![
                "/etc/sortie/config.yaml:4:20: a secret from a `command` needs a program: [PROGRAM, ARGUMENT, ...]"
            ],
        );
        check(
            "{ token: { command: [pass], env: T } }",
            expect!["/etc/sortie/config.yaml:4:20: a secret has one source: keep one of `env`, `file` and `command`"],
        );
    }
}
