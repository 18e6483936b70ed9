//! Who may call: the ready token, the tokens of the identity endpoint, and their scopes and lifetimes.

use std::collections::HashMap;
use std::time::Duration;

use uuid::Uuid;

use super::refusal::Refusal;
use crate::clock::Moment;

/// Whom the sandbox knows: one application and one person.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) ready: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) user_key: String,
}

/// The sandbox's own credentials, and every token that it gave out.
pub(super) struct Tokens {
    pub(super) credentials: Credentials,
    lifetime: Duration,
    is_ready_good: bool,
    minted: HashMap<String, Minted>,
    count: u64,
    /// What the addresses of blobs are signed with.
    seal: Uuid,
}

struct Minted {
    number: u64,
    ends: Moment,
    bearer: Bearer,
}

/// A token that is good now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bearer {
    who: Who,
    /// Separated by spaces; none stands for all that the client may have.
    scope: Option<String>,
}

/// For whom a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// An external application.
    Application,
    /// A person, by password, user key or the ready token.
    User,
}

/// How long a token by user and password is good: the default of servers.
pub(super) const PASSWORD_LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How long a token by user key is good.
pub(super) const USER_KEY_LIFETIME: Duration = Duration::from_secs(24 * 3600);

impl Tokens {
    /// No token given out yet but the ready one.
    pub(super) fn new(credentials: Credentials, lifetime: Duration) -> Self {
        let (minted, seal) = (HashMap::new(), Uuid::new_v4());
        Self { credentials, lifetime, is_ready_good: true, minted, count: 0, seal }
    }

    /// Makes a token of an application; returns its text and lifetime in seconds.
    pub(super) fn mint(&mut self, scope: Option<&str>, now: Moment) -> (String, u64) {
        let bearer = Bearer { who: Who::Application, scope: scope.map(str::to_owned) };
        (self.mint_for(bearer, self.lifetime, now), self.lifetime.as_secs())
    }

    /// Makes a token of a person; returns its text.
    pub(super) fn mint_for_user(&mut self, lifetime: Duration, now: Moment) -> String {
        self.mint_for(Bearer { who: Who::User, scope: None }, lifetime, now)
    }

    fn mint_for(&mut self, bearer: Bearer, lifetime: Duration, now: Moment) -> String {
        self.count += 1;
        let text = format!("sandbox-{}", Uuid::new_v4().simple());
        self.minted.insert(text.clone(), Minted { number: self.count, ends: now.after(lifetime), bearer });
        text
    }

    /// What the address of a blob ends with for one method: nobody can guess it.
    pub(super) fn sign(&self, method: &str, blob: Uuid) -> String {
        Uuid::new_v5(&self.seal, format!("{method} {blob}").as_bytes()).simple().to_string()
    }

    /// Ends every token given out so far; the ready one stays good for the sandbox's own pages.
    pub(super) fn expire(&mut self) {
        self.is_ready_good = false;
        self.minted.clear();
    }

    /// The bearer of an `Authorization` header. Errors: 401 where there is none, or its token is not good now.
    pub(super) fn check(&self, header: Option<&[u8]>, now: Moment) -> Result<Bearer, Refusal> {
        let token = header.and_then(bearer_token).ok_or_else(Refusal::unauthorized)?;
        if token == self.credentials.ready && self.is_ready_good {
            return Ok(Bearer { who: Who::User, scope: None });
        }
        match self.minted.get(token) {
            Some(minted) if now < minted.ends => Ok(minted.bearer.clone()),
            Some(_) | None => Err(Refusal::unauthorized()),
        }
    }

    /// Whether a header carries the ready token, good or expired.
    pub(super) fn is_ready(&self, header: Option<&[u8]>) -> bool {
        header.and_then(bearer_token).is_some_and(|token| token == self.credentials.ready)
    }

    /// The header without its token, for the record: `Bearer (ready)`, `Bearer (minted 1)`.
    pub(super) fn name(&self, header: Option<&[u8]>) -> String {
        match header.and_then(bearer_token) {
            Some(token) if token == self.credentials.ready => "Bearer (ready)".to_owned(),
            Some(token) => match self.minted.get(token) {
                Some(minted) => format!("Bearer (minted {})", minted.number),
                None => "Bearer (unknown)".to_owned(),
            },
            None => "(not a bearer token)".to_owned(),
        }
    }
}

impl Bearer {
    /// Refuses an application where only a person will do.
    pub(super) fn check_user(&self) -> Result<(), Refusal> {
        match self.who {
            Who::User => Ok(()),
            Who::Application => Err(Refusal::not_a_user()),
        }
    }

    /// Refuses a token without one of the scopes `wanted`, with `status`.
    pub(super) fn check_scope(&self, wanted: &[&str], status: u16) -> Result<(), Refusal> {
        let Some(scope) = self.scope.as_deref() else { return Ok(()) };
        // `OR.Default` stands for whatever the application's roles allow.
        let may = scope.split(' ').any(|own| own == "OR.Default" || wanted.contains(&own));
        if may { Ok(()) } else { Err(Refusal::lacks_scope(scope, wanted, status)) }
    }
}

/// The token of `Bearer <token>`, the first word in any letter case: a client in use sends it in lower case.
fn bearer_token(header: &[u8]) -> Option<&str> {
    let (scheme, token) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
