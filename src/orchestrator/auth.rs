//! The one token that all calls share: fetched, renewed before it runs out and on a 401, once for all who wait.
//!
//! In: a [`Login`] of the profile. Out: the `Authorization` header. Never: where credentials come from, any host but
//! the one that the login names, or a disk: a [`TokenStore`] keeps tokens, where the profile wants that.
//! Source: `docs/orchestrator-api.md`, section 2; `docs/exactly-once.md`, row 7.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, Either, FutureExt as _, Shared, select};

use super::base_url::{BaseUrl, Origin, Scheme};
use super::call_error::CallError;
use super::http::retrying_client::RetryingClient;
use crate::clock::Moment;
use crate::robot_job::ServerError;
use crate::secret::Redactor;

mod login;
mod sign_in;
mod store;
mod token;

pub use login::{ClientCredentials, Login, LoginKind, SecretMethod, UserKey, UserPassword};
use sign_in::{SignIn, TokenAudience};
pub use store::{KeptToken, TokenKey, TokenStore};
pub use token::UnusableToken;
pub(super) use token::{AccessToken, TokenUse};
use token::{Provenance, renewal_age};

/// The current token, and the renewal under way.
pub(super) struct Tokens {
    source: TokenSource,
    /// Where a renewal is asked for.
    retrying: Arc<RetryingClient>,
    state: Mutex<TokenState>,
}

/// Where tokens come from.
#[derive(Clone)]
pub(super) enum TokenSource {
    /// The profile holds the one there is.
    Profile,
    /// A server, and perhaps a store before it.
    Server(Arc<SignIn>, Option<Arc<dyn TokenStore>>),
}

#[derive(Default)]
struct TokenState {
    current: Option<Arc<AccessToken>>,
    renewal: Option<(u64, Renewal)>,
    generation: u64,
    /// After a failed renewal beside other work, the next one starts no sooner.
    rest_until: Moment,
    /// A password that was refused is not sent again: accounts are locked after a few wrong ones.
    refused: Option<CallError>,
}

type Renewal = Shared<BoxFuture<'static, Result<Arc<AccessToken>, CallError>>>;

/// Minimum time between two renewals that failed while the old token still holds.
const MIN_RENEWAL_GAP: Duration = Duration::from_secs(10);

impl TokenSource {
    /// How `login` comes to tokens for `base`; `redactor` learns its secrets.
    pub(super) fn of(
        login: &Login,
        base: &BaseUrl,
        tenant: Option<&str>,
        store: Option<Arc<dyn TokenStore>>,
        redactor: &Redactor,
    ) -> Self {
        let place = TokenAudience { base, tenant: tenant.or(base.tenant()) };
        let sign_in = match login {
            Login::Token(_) => return Self::Profile,
            Login::ClientCredentials(login) => SignIn::with_client_credentials(login, &place, redactor),
            Login::Password(login) => SignIn::with_password(login, &place, redactor),
            Login::UserKey(login) => SignIn::with_user_key(login, &place, redactor),
        };
        Self::Server(Arc::new(sign_in), store)
    }

    /// Whether the wire to that server is encrypted.
    pub(super) fn scheme(&self) -> Option<Scheme> {
        match self {
            Self::Profile => None,
            Self::Server(sign_in, _) => Some(sign_in.scheme()),
        }
    }

    /// The server that gives out tokens.
    pub(super) fn origin(&self) -> Option<&Origin> {
        match self {
            Self::Profile => None,
            Self::Server(sign_in, _) => Some(&sign_in.origin),
        }
    }
}

impl Tokens {
    /// The tokens of `login`, whose `source` asks through `retrying`.
    ///
    /// Errors: the ready token cannot stand in a header.
    pub(super) fn new(
        login: &Login,
        source: TokenSource,
        retrying: Arc<RetryingClient>,
    ) -> Result<Self, UnusableToken> {
        let mut state = TokenState::default();
        if let Login::Token(secret) = login {
            state.current = Some(Arc::new(AccessToken::pasted(secret.expose(), &retrying.redactor)?));
        }
        Ok(Self { source, retrying, state: Mutex::new(state) })
    }

    /// Which login they come by.
    pub(super) fn login(&self) -> LoginKind {
        match &self.source {
            TokenSource::Profile => LoginKind::Token,
            TokenSource::Server(sign_in, _) => sign_in.kind,
        }
    }

    fn state(&self) -> MutexGuard<'_, TokenState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        self.retrying.transport.clock().now()
    }

    /// The token, where one is at hand and not run out.
    pub(super) fn at_hand(&self) -> Option<Arc<AccessToken>> {
        let now = self.now();
        self.state().current.clone().filter(|token| token.stale_at.is_none_or(|stale| now < stale))
    }

    /// The token at hand, or a new one.
    ///
    /// Errors: why none can be had.
    pub(super) async fn get(&self) -> Result<Arc<AccessToken>, CallError> {
        match self.at_hand() {
            Some(token) => Ok(token),
            None => self.renewed(Provenance::Asked).await,
        }
    }

    /// A token in place of `refused`, which a server turned away: the one that came since, or a new one.
    ///
    /// Errors: `refused` was fresh or cannot be renewed (`said`: what the server said), or no new one can be had.
    pub(super) async fn replace(
        &self,
        refused: &AccessToken,
        by: TokenUse,
        said: ServerError,
    ) -> Result<Arc<AccessToken>, CallError> {
        let newer = self.at_hand().filter(|token| token.generation > refused.generation);
        if let Some(token) = newer {
            return Ok(token);
        }
        let dead = CallError::LoginRefused { what: "calling Orchestrator", login: self.login(), error: said };
        let TokenSource::Server(sign_in, store) = &self.source else { return Err(dead) };
        if let Some(store) = store {
            store.forget(&sign_in.key, &refused.text());
        }
        if refused.is_fresh(by) {
            return Err(dead);
        }
        self.renewed(Provenance::AskedAfter(by)).await
    }

    /// Awaits `work`, and where the token will soon run out, renews it meanwhile.
    pub(super) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        let work = pin!(work);
        if !self.is_due() {
            return work.await;
        }
        match select(work, pin!(self.renewed(Provenance::Asked))).await {
            Either::Left((done, _)) => done,
            Either::Right((Ok(_), work)) => work.await,
            Either::Right((Err(_), work)) => {
                // The old token still holds: its own end, or a 401, will tell loudly enough.
                self.state().rest_until = self.now().after(MIN_RENEWAL_GAP);
                work.await
            }
        }
    }

    fn is_due(&self) -> bool {
        let now = self.now();
        let state = self.state();
        let due = state.current.as_ref().and_then(|token| token.renew_at).is_some_and(|due| now >= due);
        due && now >= state.rest_until
    }

    /// The token of the renewal under way; begins one where there is none. Dropping this cancels it for nobody else.
    async fn renewed(&self, provenance: Provenance) -> Result<Arc<AccessToken>, CallError> {
        if let Some(error) = self.state().refused.clone() {
            return Err(error);
        }
        let (number, renewal) = self.renewal(provenance);
        let outcome = renewal.await;
        let mut state = self.state();
        // The first of the waiters settles it for all.
        if state.renewal.as_ref().is_some_and(|(under_way, _)| *under_way == number) {
            state.renewal = None;
            match &outcome {
                Ok(token) => state.current = Some(token.clone()),
                Err(error @ CallError::LoginRefused { login: LoginKind::Password, .. }) => {
                    state.refused = Some(error.clone());
                }
                Err(_) => {}
            }
        }
        outcome
    }

    fn renewal(&self, provenance: Provenance) -> (u64, Renewal) {
        let mut state = self.state();
        if let Some(under_way) = &state.renewal {
            return under_way.clone();
        }
        state.generation += 1;
        let generation = state.generation;
        let retrying = self.retrying.clone();
        let TokenSource::Server(sign_in, store) = self.source.clone() else {
            unreachable!("a ready token is at hand from the start and never runs out")
        };
        let renewal = async move {
            let kept = match (&store, provenance) {
                (Some(store), Provenance::Asked) => kept(&sign_in, &**store, &retrying),
                // The store's token may be the very one that was refused.
                (None, _) | (Some(_), Provenance::AskedAfter(_) | Provenance::Kept) => None,
            };
            let mut token = match kept {
                Some(token) => token,
                None => asked(&sign_in, store.as_deref(), provenance, &retrying).await?,
            };
            token.generation = generation;
            Ok(Arc::new(token))
        };
        let renewal = (generation, renewal.boxed().shared());
        state.renewal = Some(renewal.clone());
        renewal
    }
}

/// The token in `store`, where it is not yet due for renewal.
fn kept(sign_in: &SignIn, store: &dyn TokenStore, retrying: &RetryingClient) -> Option<AccessToken> {
    let clock = retrying.transport.clock();
    let kept = store.find(&sign_in.key)?;
    let age = kept.age(clock.utc()).filter(|age| *age < renewal_age(kept.lifetime))?;
    let mut token = AccessToken::new(kept.token.expose(), &retrying.redactor).ok()?;
    token.provenance = Provenance::Kept;
    token.lasts(kept.lifetime, age, clock.now());
    Some(token)
}

/// A new token; also put into `store`.
async fn asked(
    sign_in: &SignIn,
    store: Option<&dyn TokenStore>,
    provenance: Provenance,
    retrying: &RetryingClient,
) -> Result<AccessToken, CallError> {
    // Both taken before the request, so that our count of its life never exceeds the server's.
    let (moment, obtained) = (retrying.transport.clock().now(), retrying.transport.clock().utc());
    let mut grant = sign_in.ask(retrying).await?;
    grant.token.provenance = provenance;
    if let Some(lifetime) = grant.lifetime {
        grant.token.lasts(lifetime, Duration::ZERO, moment);
        if let Some(store) = store {
            store.keep(&sign_in.key, &KeptToken { token: grant.token.text(), obtained, lifetime });
        }
    }
    Ok(grant.token)
}
