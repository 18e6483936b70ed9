//! One secret's text, out of sight.
//!
//! In: the text. Out: the text, for the one place that must send it. Never: printed, compared or kept by anybody else.

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
