//! A secret in the config file: where it is kept, never its text.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::cli::profile::SecretSource;

/// How every sentence of this file begins, so that the reader of errors knows it as ours.
pub(super) const WORDS: &str = "a secret ";

/// A secret's source, from `{env: NAME}` or `{file: PATH}`.
pub(super) struct RawSecret(pub(super) SecretSource);

impl<'de> Deserialize<'de> for RawSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

struct SecretVisitor;

impl SecretVisitor {
    /// serde's own words for a wrong type would show the value, which is the secret.
    fn refuse<E: de::Error>() -> Result<RawSecret, E> {
        Err(E::custom("a secret never stands in the file itself\n  help: write {env: NAME} or {file: PATH}"))
    }
}

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = RawSecret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{env: NAME} or {file: PATH}")
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<RawSecret, E> {
        Self::refuse()
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<RawSecret, E> {
        Self::refuse()
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<RawSecret, E> {
        Self::refuse()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<RawSecret, E> {
        Self::refuse()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<RawSecret, E> {
        Self::refuse()
    }

    fn visit_unit<E: de::Error>(self) -> Result<RawSecret, E> {
        Self::refuse()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawSecret, A::Error> {
        let mut source = None;
        while let Some(key) = map.next_key::<String>()? {
            let found = match key.as_str() {
                "env" => SecretSource::Env(map.next_value()?),
                "file" => SecretSource::File(map.next_value::<String>()?.into()),
                "command" => return Err(de::Error::custom("a secret from a `command` is not in this version yet")),
                _ => return Err(de::Error::custom("a secret has one key: {env: NAME} or {file: PATH}")),
            };
            if source.replace(found).is_some() {
                return Err(de::Error::custom("a secret has one source: keep `env` or `file`"));
            }
        }
        source.map(RawSecret).ok_or_else(|| de::Error::custom("a secret needs {env: NAME} or {file: PATH}"))
    }
}
