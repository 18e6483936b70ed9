//! How a secret shows where an expression uses it.

use std::sync::Arc;

use crate::secret::Secrets;

/// How expressions that use a secret are rendered.
#[derive(Clone, Debug, Default)]
pub enum SecretView {
    /// As expressions, closed: `${{ secrets.key ~ row.id }}` is shown as `${{ secrets.key ~ "INV-001" }}`. So whatever a
    /// launch depends on is seen, except for the secret.
    #[default]
    AsWritten,
    /// As [`MASK`](crate::secret::MASK).
    Masked,
    /// By their values: for what is sent.
    Revealed(Arc<Secrets>),
}

/// The root that holds the secrets.
pub(super) const SECRETS: &str = "secrets";
