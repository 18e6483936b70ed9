//! Secrets, and the one redactor that stands before every sink.
//!
//! In: a secret's text, from the environment or a file. Out: a value that nothing can print, and a [`Redactor`]
//! that takes known secrets out of any text. Never: where a secret comes from, or who may use it.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;

/// A secret's text: no `Debug`, no `Display`, no `Serialize`; wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(secrecy::SecretString);

impl Secret {
    /// Takes `text` out of sight.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// Secrets shorter than this (in bytes) are not searched for: masking every `a` would hide more than it protects.
const SHORTEST: usize = 4;

/// Replaces every known secret, in each of its usual spellings, by [`MASK`]. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    spellings: Arc<RwLock<Vec<Secret>>>,
}

impl Redactor {
    /// Learns `secret`: its text, and that text in base64, URL-escaped and JSON-escaped.
    pub fn learn(&self, secret: &Secret) {
        let text = secret.expose();
        if text.len() < SHORTEST {
            return;
        }
        let json = serde_json::to_string(text).expect("a string has a JSON form");
        let mut forms = vec![
            text.to_owned(),
            json[1..json.len() - 1].to_owned(),
            percent_encoded(text, false),
            percent_encoded(text, true),
            STANDARD.encode(text),
            STANDARD_NO_PAD.encode(text),
            URL_SAFE_NO_PAD.encode(text),
        ];
        // The longest first: an escaped form may hold the plain one.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        let mut spellings = self.spellings.write().unwrap_or_else(PoisonError::into_inner);
        spellings.extend(forms.into_iter().map(Secret::new));
        spellings.sort_by_key(|form| std::cmp::Reverse(form.expose().len()));
    }

    /// Returns `text` with every known secret masked; borrowed where there was none.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let spellings = self.spellings.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for spelling in spellings.iter() {
            if text.contains(spelling.expose()) {
                text = Cow::Owned(text.replace(spelling.expose(), MASK));
            }
        }
        text
    }

    /// Whether `text` holds a known secret in any spelling.
    #[must_use]
    pub fn finds_in(&self, text: &str) -> bool {
        matches!(self.redact(text), Cow::Owned(_))
    }
}

fn percent_encoded(text: &str, plus_for_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' if plus_for_space => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_spelling_is_masked() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("p\"ss w/rd€".to_owned()));
        for spelling in
            ["p\"ss w/rd€", "p\\\"ss w/rd€", "p%22ss%20w%2Frd%E2%82%AC", "p%22ss+w%2Frd%E2%82%AC", "cCJzcyB3L3Jk4oKs"]
        {
            let text = format!("before {spelling} after");
            assert_eq!(redactor.redact(&text), "before *** after", "{spelling}");
        }
        assert!(!redactor.finds_in("nothing here"));
    }

    #[test]
    fn a_secret_inside_a_longer_secret_leaves_nothing_of_it() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("hunter".to_owned()));
        redactor.learn(&Secret::new("hunter2hunter".to_owned()));
        assert_eq!(redactor.redact("hunter2hunter"), "***");
    }
}
