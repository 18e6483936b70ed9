//! Which expressions use secrets, and how those are rendered.
//!
//! In: an expression's uses. Out: the secrets among them. Never: reads a secret's value.

use std::sync::Arc;

use super::references::{MemberAccess, NameReference, ReferenceKind};
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

/// Whether an expression with these uses needs a secret.
pub(super) fn uses_secrets(uses: &[NameReference]) -> bool {
    uses.iter().any(|used| matches!(&used.what, ReferenceKind::Root { name, .. } if name.as_ref() == SECRETS))
}

/// The secrets that these uses take, one for each use.
pub(super) fn secrets_used(uses: &[NameReference]) -> Vec<&str> {
    let named = uses.iter().filter_map(|used| match &used.what {
        ReferenceKind::Root { name, member: MemberAccess::Named(member, _) } if name.as_ref() == SECRETS => {
            Some(member.as_ref())
        }
        ReferenceKind::Root { .. } | ReferenceKind::Filter(_) | ReferenceKind::Test(_) | ReferenceKind::Function(_) => {
            None
        }
    });
    named.collect()
}
