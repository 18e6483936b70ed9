//! `proxy`: `environment`, an address, or an address with its login and exceptions.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_yaml::Spanned;

use super::config_error::ConfigError;
use super::raw_secret::RawSecret;
use crate::orchestrator::network::Proxy;
use crate::profile::secret_location::SecretLocation;
use crate::profile::settings::ProxyChoice;

/// What stands under `proxy`.
pub(super) enum RawProxy {
    Text(String),
    Parts(RawParts),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct RawParts {
    url: String,
    user: Option<String>,
    password: Option<RawSecret>,
    #[serde(default)]
    except: Vec<String>,
}

impl RawProxy {
    /// Where its password is kept.
    pub(super) fn into_source(self) -> Option<SecretLocation> {
        match self {
            Self::Text(_) => None,
            Self::Parts(parts) => parts.password.map(|secret| secret.0),
        }
    }

    /// The choice that stands here. Errors: an address that is none, half a login.
    pub(super) fn choice(raw: Spanned<Self>) -> Result<ProxyChoice, ConfigError> {
        let place = raw.referenced;
        let fault = |what: String| ConfigError(place, what);
        let parts = match raw.value {
            Self::Text(text) if text == "environment" => return Ok(ProxyChoice::OfEnvironment),
            Self::Text(url) => RawParts { url, user: None, password: None, except: Vec::new() },
            Self::Parts(parts) => parts,
        };
        Proxy::parse(&parts.url).map_err(|error| fault(error.to_string()))?;
        let login = match (parts.user, parts.password) {
            (Some(user), Some(password)) => Some((user, password.0)),
            (None, None) => None,
            (Some(_), None) => return Err(fault("`proxy` has a `user` and no `password`".to_owned())),
            (None, Some(_)) => return Err(fault("`proxy` has a `password` and no `user`".to_owned())),
        };
        Ok(ProxyChoice::At { url: parts.url, login, except: parts.except })
    }
}

impl<'de> Deserialize<'de> for RawProxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ProxyVisitor)
    }
}

struct ProxyVisitor;

impl<'de> Visitor<'de> for ProxyVisitor {
    type Value = RawProxy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`environment`, an address, or {url, user, password, except}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawProxy, E> {
        Ok(RawProxy::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawProxy, A::Error> {
        RawParts::deserialize(MapAccessDeserializer::new(map)).map(RawProxy::Parts)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use expect_test::{Expect, expect};

    use crate::profile::from_file::profile;

    /// A profile with `lines` beside its address and login.
    fn with(lines: &str) -> String {
        format!("profiles:\n  prod:\n    url: https://example.com\n    auth: {{ token: {{ env: TOKEN }} }}\n{lines}")
    }

    #[test]
    fn certificates_and_proxies_are_read_and_paths_are_meant_from_the_files_folder() {
        let way = |lines: &str| match profile(Path::new("/etc/sortie/config.yaml"), &with(lines), None) {
            Ok(profile) => format!("{:?} {:?}", profile.network, profile.token_cache),
            Err(error) => error.to_string(),
        };
        let check = |text: &str, expected: Expect| expected.assert_eq(&way(text));
        check("", expect!["NetworkSettings { ca: None, client_certificate: None, proxy: Straight } Kept"]);
        check(
            "    ca: corp.pem\n    client-certificate: /run/secrets/me.pem\n",
            expect![[
                r#"NetworkSettings { ca: Some("/etc/sortie/corp.pem"), client_certificate: Some("/run/secrets/me.pem"), proxy: Straight } Kept"#
            ]],
        );
        check(
            "    proxy: environment\n    token-cache: false\n",
            expect!["NetworkSettings { ca: None, client_certificate: None, proxy: OfEnvironment } Off"],
        );
        check(
            "    proxy: http://proxy.corp:3128\n",
            expect![[
                r#"NetworkSettings { ca: None, client_certificate: None, proxy: At { url: "http://proxy.corp:3128", login: None, except: [] } } Kept"#
            ]],
        );
        check(
            "    proxy: { url: http://proxy.corp:3128, user: ada, password: { file: proxy }, except: [corp] }\n",
            expect![[
                r#"NetworkSettings { ca: None, client_certificate: None, proxy: At { url: "http://proxy.corp:3128", login: Some(("ada", File("/etc/sortie/proxy"))), except: ["corp"] } } Kept"#
            ]],
        );
        check(
            "    proxy: { url: http://proxy.corp:3128, user: ada }\n",
            expect!["/etc/sortie/config.yaml:5:12: `proxy` has a `user` and no `password`"],
        );
        check(
            "    proxy: { url: http://proxy.corp:3128, password: hunter2 }\n",
            expect![[r#"
            /etc/sortie/config.yaml:5:53: a secret never stands in the file itself
              help: write {env: NAME}, {file: PATH} or {command: [PROGRAM, ...]}"#]],
        );
        check(
            "    proxy: http://ada:hunter2@proxy.corp\n",
            expect![
                "/etc/sortie/config.yaml:5:12: the proxy's address holds a user name or password before `@`; write `user` and `password` beside it"
            ],
        );
        check(
            "    proxy: socks5://proxy.corp\n",
            expect!["/etc/sortie/config.yaml:5:12: only proxies of `http:` and `https:` can be used"],
        );
        check(
            "    proxy: hunter2 hunter2\n",
            expect!["/etc/sortie/config.yaml:5:12: write the proxy as `http://host:port`, without a path"],
        );
        check(
            "    proxy: [hunter2]\n",
            expect![
                "/etc/sortie/config.yaml:5:5: expected `environment`, an address, or {url, user, password, except}"
            ],
        );
        check(
            "    proxy: { uri: hunter2 }\n",
            expect![[r#"
            /etc/sortie/config.yaml:5:14: there is no key `uri` here
              help: did you mean `url`?"#]],
        );
        check("    ca: [hunter2]\n", expect!["/etc/sortie/config.yaml:5:9: expected text"]);
        check(
            "    verify: false\n",
            expect![[r#"
                /etc/sortie/config.yaml:5:5: there is no key `verify` here
                  help: known are url, tenant, folder, auth, identity-url, timeouts, settle, throttled, ca, client-certificate, proxy, token-cache, large-arguments, list-ration, single-jobs, key-horizon, allowed-origins, policies, protected, confirm-above, batch-execution-key"#]],
        );
    }
}
