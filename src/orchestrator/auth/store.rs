//! Tokens that outlive the process, as a trait: this folder speaks to the network and touches no disk.
//!
//! In: a token that a login obtained. Out: the same token, to a later process with the same login. Whether there is a
//! store at all, and where it keeps its files, is `cli`'s to say. Source: `docs/connection.md`, "Kept tokens".

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::secret::Secret;

/// Where tokens are kept between processes. Never fails: a token that cannot be kept is fetched again.
///
/// Called a few times in an hour, from the thread that sends; an implementation may block for a file's time.
pub trait TokenStore: Send + Sync {
    /// The token kept under `key`.
    fn find(&self, key: &TokenKey) -> Option<KeptToken>;

    /// Keeps `token` under `key`, in place of any other.
    fn keep(&self, key: &TokenKey, token: &KeptToken);

    /// Drops the token under `key` if it is `token`, and not one that another process has put there since.
    fn forget(&self, key: &TokenKey, token: &Secret);
}

/// Which login a token belongs to: a digest of server, client, tenant and scopes, and of no secret.
///
/// Text: 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenKey(String);

impl TokenKey {
    /// The key that stands for `parts`; how they are cut matters.
    pub fn of(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Self(format!("{:x}", digest.finalize()))
    }

    /// The key's text, which can be a file's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token and its life.
#[derive(Clone)]
pub struct KeptToken {
    /// The token's text.
    pub token: Secret,
    /// When it was asked for, by our own clock.
    pub obtained: Timestamp,
    /// How long it lasts from then on.
    pub lifetime: Duration,
}

impl KeptToken {
    /// How long before `now` it was asked for; none where that lies in the future, so that a clock was set back.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<Duration> {
        Duration::try_from(now.duration_since(self.obtained)).ok()
    }
}
