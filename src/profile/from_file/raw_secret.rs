//! A secret in the config file: where it is kept, never its text.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use crate::profile::secret_location::SecretLocation;

/// How every sentence of this file begins, so that the reader of errors knows it as ours.
pub(super) const WORDS: &str = "a secret ";

/// A secret's source, from `{env: NAME}`, `{file: PATH}` or `{command: [PROGRAM, ...]}`.
pub(super) struct RawSecret(pub(super) SecretLocation);

impl<'de> Deserialize<'de> for RawSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

struct SecretVisitor;

impl SecretVisitor {
    /// serde's own words for a wrong type would show the value, which is the secret.
    fn refuse<E: de::Error>() -> Result<RawSecret, E> {
        Err(E::custom(
            "a secret never stands in the file itself\n  help: write {env: NAME}, {file: PATH} or {command: [PROGRAM, ...]}",
        ))
    }
}

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = RawSecret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{env: NAME}, {file: PATH} or {command: [PROGRAM, ...]}")
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
                "env" => SecretLocation::Env(map.next_value()?),
                "file" => SecretLocation::File(map.next_value::<String>()?.into()),
                "command" => SecretLocation::Command(command(map.next_value()?)?),
                _ => return Err(de::Error::custom("a secret has one key: `env`, `file` or `command`")),
            };
            if source.replace(found).is_some() {
                return Err(de::Error::custom("a secret has one source: keep one of `env`, `file` and `command`"));
            }
        }
        source.map(RawSecret).ok_or_else(|| de::Error::custom("a secret needs one of `env`, `file` and `command`"))
    }
}

/// A program and its arguments.
fn command<E: de::Error>(words: Vec<String>) -> Result<Vec<String>, E> {
    if words.first().is_none_or(String::is_empty) {
        return Err(E::custom("a secret from a `command` needs a program: [PROGRAM, ARGUMENT, ...]"));
    }
    Ok(words)
}
