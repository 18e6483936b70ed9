//! Secrets, and the one redactor that stands before every sink.
//!
//! In: a secret's text, from the environment or a file. Out: a value that nothing can print, and a [`Redactor`]
//! that takes known secrets out of any text. Never: where a secret comes from, or who may use it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

mod decode;
mod redactor;
mod shapes;
mod value;
mod words;

pub use redactor::{MASK, MIN_SEARCHED_CHARS, Redactor, Weakness};
pub use value::Secret;

/// Parts of secrets below this, in characters, are not learnt: a single letter is everywhere.
const MIN_LEARNT_CHARS: usize = 4;

/// Secrets by name. What shows it shows the names only.
#[derive(Clone, Default)]
pub struct Secrets {
    secrets_by_name: BTreeMap<String, Secret>,
    redactor: Redactor,
}

impl Secrets {
    /// The secret called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.secrets_by_name.get(name)
    }

    /// The same secrets; `redactor` learns what is made of them.
    #[must_use]
    pub fn with_redactor(self, redactor: Redactor) -> Self {
        Self { redactor, ..self }
    }

    /// Learns `value`, which an expression made with the secrets `used` (a name for each use): an echo of it would show
    /// them as well as their own text does, in other letters or in part. What holds each of them as it is needs no
    /// learning, for it is masked where it stands.
    pub fn learn_made(&self, value: &Value, used: &[&str]) {
        match value {
            Value::String(text) => {
                let holds = |name: &str, uses| {
                    self.get(name).is_some_and(|secret| {
                        !secret.expose().is_empty() && text.matches(secret.expose()).count() >= uses
                    })
                };
                let is_plain = used.iter().all(|name| holds(name, used.iter().filter(|other| *other == name).count()));
                if !is_plain && text.chars().count() >= MIN_LEARNT_CHARS {
                    self.redactor.learn(&Secret::new(text.clone()));
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_made(item, used)),
            Value::Object(entries) => entries.values().for_each(|value| self.learn_made(value, used)),
            // Digits are learnt where they are enough of them to be a secret, and no count.
            Value::Number(number) => {
                let secret = Secret::new(number.to_string());
                if Weakness::of(&secret).is_none() {
                    self.redactor.learn(&secret);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.secrets_by_name.keys().map(String::as_str)
    }
}

impl FromIterator<(String, Secret)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (String, Secret)>>(secrets: I) -> Self {
        Self { secrets_by_name: secrets.into_iter().collect(), redactor: Redactor::default() }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_secrets_shows_their_names() {
        let secrets = Secrets::from_iter([("api".to_owned(), Secret::new("hunter2".to_owned()))]);
        assert_eq!(format!("{secrets:?}"), "{\"api\"}");
        assert_eq!(secrets.get("api").map(Secret::expose), Some("hunter2"));
    }
}
