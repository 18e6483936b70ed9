//! Who may call: the ready token, the tokens of the identity endpoint, and their scopes and lifetimes.

use std::collections::HashMap;
use std::time::Duration;

use uuid::Uuid;

use super::refusal::Refusal;
use crate::clock::Moment;
use crate::secret::Secret;

/// The sandbox's own credentials, and every token that it gave out.
pub(super) struct Tokens {
    pub(super) ready: Secret,
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    lifetime: Duration,
    is_ready_good: bool,
    minted: HashMap<String, Minted>,
    count: u64,
}

struct Minted {
    number: u64,
    ends: Moment,
    /// Separated by spaces; none stands for all that the client may have.
    scope: Option<String>,
}

/// A token that is good now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bearer {
    scope: Option<String>,
}

impl Tokens {
    pub(super) fn new(ready: Secret, client_id: String, client_secret: Secret, lifetime: Duration) -> Self {
        Self { ready, client_id, client_secret, lifetime, is_ready_good: true, minted: HashMap::new(), count: 0 }
    }

    /// Makes a token; returns its text and lifetime in seconds.
    pub(super) fn mint(&mut self, scope: Option<&str>, now: Moment) -> (String, u64) {
        self.count += 1;
        let text = format!("sandbox-{}", Uuid::new_v4().simple());
        let ends = now.after(self.lifetime);
        self.minted.insert(text.clone(), Minted { number: self.count, ends, scope: scope.map(str::to_owned) });
        (text, self.lifetime.as_secs())
    }

    /// Ends every token given out so far; the ready one stays good for the sandbox's own pages.
    pub(super) fn expire(&mut self) {
        self.is_ready_good = false;
        self.minted.clear();
    }

    /// The bearer of an `Authorization` header. Errors: 401 where there is none, or its token is not good now.
    pub(super) fn check(&self, header: Option<&[u8]>, now: Moment) -> Result<Bearer, Refusal> {
        let token = header.and_then(bearer_token).ok_or_else(Refusal::unauthorized)?;
        if token == self.ready.expose() && self.is_ready_good {
            return Ok(Bearer { scope: None });
        }
        match self.minted.get(token) {
            Some(minted) if now < minted.ends => Ok(Bearer { scope: minted.scope.clone() }),
            Some(_) | None => Err(Refusal::unauthorized()),
        }
    }

    /// Whether a header carries the ready token, good or expired.
    pub(super) fn is_ready(&self, header: Option<&[u8]>) -> bool {
        header.and_then(bearer_token).is_some_and(|token| token == self.ready.expose())
    }

    /// The header without its token, for the record: `Bearer (ready)`, `Bearer (minted 1)`.
    pub(super) fn name(&self, header: Option<&[u8]>) -> String {
        match header.and_then(bearer_token) {
            Some(token) if token == self.ready.expose() => "Bearer (ready)".to_owned(),
            Some(token) => match self.minted.get(token) {
                Some(minted) => format!("Bearer (minted {})", minted.number),
                None => "Bearer (unknown)".to_owned(),
            },
            None => "(not a bearer token)".to_owned(),
        }
    }
}

impl Bearer {
    /// Refuses a token without one of the scopes `wanted`; none wanted: any token will do.
    pub(super) fn check_scope(&self, wanted: &[&str]) -> Result<(), Refusal> {
        let Some(scope) = self.scope.as_deref().filter(|_| !wanted.is_empty()) else { return Ok(()) };
        // `OR.Default` stands for whatever the application's roles allow.
        let may = scope.split(' ').any(|own| own == "OR.Default" || wanted.contains(&own));
        if may { Ok(()) } else { Err(Refusal::lacks_scope(scope, wanted)) }
    }
}

/// The token of `Bearer <token>`, the first word in any letter case: a client in use sends it in lower case.
fn bearer_token(header: &[u8]) -> Option<&str> {
    let (scheme, token) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
