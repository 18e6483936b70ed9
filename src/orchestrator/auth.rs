//! Logins, and the one token that all calls share.
//!
//! In: a [`Login`] of the profile. Out: the `Authorization` header, renewed before it runs out and on a 401, once for
//! all who wait. Never: where credentials come from, or any host but the identity server that the profile names.
//! Source: Orchestrator API notes, section 2; launch protocol, row 7.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, Either, FutureExt as _, Shared, select};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};

use super::base_url::IdentityServer;
use super::call_error::CallError;
use super::error_body::{html_message, is_html};
use super::repeat::{Purpose, Repeater};
use super::seen::{Body, Reply};
use super::verdict::ServerError;
use super::wire::TokenDto;
use crate::clock::Moment;
use crate::secret::{Redactor, Secret};

/// As whom a profile signs in.
#[derive(Clone)]
pub enum Login {
    /// A bearer token that somebody else obtained: a ready token, or a personal access token. It cannot be renewed.
    Token(Secret),
    /// An external application: `grant_type=client_credentials`.
    ClientCredentials(ClientCredentials),
}

/// An external application's credentials, and where they may go.
#[derive(Clone)]
pub struct ClientCredentials {
    /// The only server that sees them.
    pub identity: IdentityServer,
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: Secret,
    /// `scope`, joined by spaces; none asks for all that the application has.
    pub scopes: Vec<String>,
}

/// What a token is used for. A server may take it for one and answer 401 to the other, where a scope is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Look-ups.
    Read,
    /// `StartJobs`.
    Start,
}

/// One token's life.
pub(super) struct Token {
    generation: u64,
    /// `Bearer ..`, marked sensitive.
    pub header: HeaderValue,
    /// From here on it is renewed beside other work; none where nobody knows when it runs out.
    renew_at: Option<Moment>,
    /// From here on it is not sent any more.
    stale_at: Option<Moment>,
    /// The refusal that it was made for.
    made_for: Option<Use>,
    read: AtomicBool,
    started: AtomicBool,
}

impl Token {
    fn accepted(&self, by: Use) -> &AtomicBool {
        match by {
            Use::Read => &self.read,
            Use::Start => &self.started,
        }
    }

    /// Whether a 401 to it says that no token will do: it was fresh.
    fn is_fresh(&self, by: Use) -> bool {
        let never = |by| !self.accepted(by).load(Ordering::Relaxed);
        never(by) && (self.made_for == Some(by) || never(Use::Read) && never(Use::Start))
    }
}

type Renewal = Shared<BoxFuture<'static, Result<Arc<Token>, CallError>>>;

/// The current token, and the renewal under way.
pub(super) struct Tokens {
    login: Login,
    repeater: Arc<Repeater>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Token>>,
    renewal: Option<(u64, Renewal)>,
    generation: u64,
    /// After a failed renewal beside other work, the next one starts no sooner.
    rest_until: Moment,
}

/// Between two renewals that failed while the old token still holds.
const REST: Duration = Duration::from_secs(10);

impl Tokens {
    /// Errors: the ready token cannot stand in a header.
    pub(super) fn new(login: Login, repeater: Arc<Repeater>) -> Result<Self, UnusableToken> {
        let mut state = State::default();
        match &login {
            Login::Token(secret) => {
                // People paste the whole header's value.
                let text = secret.expose().trim();
                let text = match text.split_once(char::is_whitespace) {
                    Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
                    None if text.eq_ignore_ascii_case("bearer") => "",
                    Some(_) | None => text,
                };
                state.current = Some(Arc::new(token(text, &repeater.redactor)?));
            }
            Login::ClientCredentials(credentials) => repeater.redactor.learn(&credentials.client_secret),
        }
        Ok(Self { login, repeater, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        self.repeater.exchange.clock().now()
    }

    /// The token, where one is at hand and not run out.
    pub(super) fn at_hand(&self) -> Option<Arc<Token>> {
        let now = self.now();
        self.state().current.clone().filter(|token| token.stale_at.is_none_or(|stale| now < stale))
    }

    /// The token at hand, or a new one.
    ///
    /// Errors: why none can be had.
    pub(super) async fn get(&self) -> Result<Arc<Token>, CallError> {
        match self.at_hand() {
            Some(token) => Ok(token),
            None => self.renewed(None).await,
        }
    }

    /// Remembers that a call was let in with `token`.
    pub(super) fn accept(token: &Token, by: Use) {
        token.accepted(by).store(true, Ordering::Relaxed);
    }

    /// A token in place of `refused`, to which a server answered 401: the one that came since, or a new one.
    ///
    /// Errors: `refused` was fresh or cannot be renewed (`said`: what the server said), or no new one can be had.
    pub(super) async fn replace(&self, refused: &Token, by: Use, said: ServerError) -> Result<Arc<Token>, CallError> {
        let newer = self.at_hand().filter(|token| token.generation > refused.generation);
        if let Some(token) = newer {
            return Ok(token);
        }
        if refused.is_fresh(by) || matches!(self.login, Login::Token(_)) {
            return Err(CallError::LoginRefused { what: "calling Orchestrator", error: said });
        }
        self.renewed(Some(by)).await
    }

    /// Awaits `work`, and where the token will soon run out, renews it meanwhile.
    pub(super) async fn beside<T>(&self, work: impl Future<Output = T>) -> T {
        let work = pin!(work);
        if !self.is_due() {
            return work.await;
        }
        match select(work, pin!(self.renewed(None))).await {
            Either::Left((done, _)) => done,
            Either::Right((Ok(_), work)) => work.await,
            Either::Right((Err(_), work)) => {
                // The old token still holds: its own end, or a 401, will tell loudly enough.
                self.state().rest_until = self.now().after(REST);
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
    async fn renewed(&self, made_for: Option<Use>) -> Result<Arc<Token>, CallError> {
        let (number, renewal) = self.renewal(made_for);
        let outcome = renewal.await;
        let mut state = self.state();
        // The first of the waiters settles it for all.
        if state.renewal.as_ref().is_some_and(|(under_way, _)| *under_way == number) {
            state.renewal = None;
            if let Ok(token) = &outcome {
                state.current = Some(token.clone());
            }
        }
        outcome
    }

    fn renewal(&self, made_for: Option<Use>) -> (u64, Renewal) {
        let mut state = self.state();
        if let Some(under_way) = &state.renewal {
            return under_way.clone();
        }
        state.generation += 1;
        let generation = state.generation;
        let login = self.login.clone();
        let repeater = self.repeater.clone();
        let renewal = async move {
            let mut token = match &login {
                Login::Token(_) => unreachable!("a ready token is at hand from the start and never runs out"),
                Login::ClientCredentials(credentials) => sign_in(&repeater, credentials).await?,
            };
            token.generation = generation;
            token.made_for = made_for;
            Ok(Arc::new(token))
        };
        let renewal = (generation, renewal.boxed().shared());
        state.renewal = Some(renewal.clone());
        renewal
    }
}

/// A token that no header can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is empty, or holds characters that no token has")]
pub struct UnusableToken;

fn token(text: &str, redactor: &Redactor) -> Result<Token, UnusableToken> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(UnusableToken);
    }
    redactor.learn(&Secret::new(text.to_owned()));
    let mut header = HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| UnusableToken)?;
    header.set_sensitive(true);
    Ok(Token {
        generation: 0,
        header,
        renew_at: None,
        stale_at: None,
        made_for: None,
        read: AtomicBool::new(false),
        started: AtomicBool::new(false),
    })
}

const WHAT: &str = "asking for a token";

/// `POST {identity}/connect/token`, as a form: a JSON body would be answered by a web page.
async fn sign_in(repeater: &Repeater, credentials: &ClientCredentials) -> Result<Token, CallError> {
    let asked_at = repeater.exchange.clock().now();
    let purpose = Purpose { what: WHAT, origin: credentials.identity.origin(), folder: None };
    let reply = repeater.call(purpose, || token_request(credentials)).await.map_err(refused)?;
    let read = read(&reply).and_then(|(text, lifetime)| match token(text.expose(), &repeater.redactor) {
        Ok(token) => Ok((token, lifetime)),
        Err(error) => Err(error.to_string()),
    });
    let (mut token, lifetime) = read.map_err(|detail| CallError::NotOrchestrator {
        what: WHAT,
        origin: credentials.identity.origin().clone(),
        status: reply.status,
        detail: repeater.redactor.redact(&detail).into_owned(),
    })?;
    // Counted from before the request, so that our count of its life never exceeds the server's.
    if let Some(lifetime) = lifetime {
        token.renew_at = Some(asked_at.after(lifetime.mul_f64(0.8)));
        token.stale_at = Some(asked_at.after(lifetime.saturating_sub((lifetime / 10).min(Duration::from_secs(5)))));
    }
    Ok(token)
}

fn token_request(credentials: &ClientCredentials) -> Request {
    let scope = credentials.scopes.join(" ");
    let mut fields = vec![
        ("grant_type", "client_credentials"),
        ("client_id", &credentials.client_id),
        ("client_secret", credentials.client_secret.expose()),
    ];
    if !scope.is_empty() {
        fields.push(("scope", &scope));
    }
    let form = reqwest::Url::parse_with_params("http://form/", fields).expect("a fixed address with a query is valid");
    let mut request = Request::new(Method::POST, credentials.identity.token_url());
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    request.headers_mut().insert(reqwest::header::ACCEPT, HeaderValue::from_static("application/json"));
    *request.body_mut() = Some(form.query().unwrap_or_default().to_owned().into());
    request
}

/// The token and its life, or what came in their place.
fn read(reply: &Reply) -> Result<(Secret, Option<Duration>), String> {
    let bytes: &[u8] = match &reply.body {
        Body::Whole(bytes) | Body::Cut(bytes, _) => bytes,
        Body::TooLong(_) => &[],
    };
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    if is_html(text, reply.header(CONTENT_TYPE)) {
        return Err(html_message(text));
    }
    let answer: TokenDto = serde_json::from_str(text).map_err(|_| "the answer is no JSON object".to_owned())?;
    let missing = || "the answer holds no `access_token`: is this the identity server's address?".to_owned();
    let token = answer.access_token.ok_or_else(missing)?;
    let lifetime = answer.expires_in.and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| *seconds > 0);
    Ok((Secret::new(token), lifetime.map(Duration::from_secs)))
}

/// Whatever the identity server refuses, it refuses the login.
fn refused(error: CallError) -> CallError {
    match error {
        CallError::Permission { what, error } | CallError::Refused { what, error } => {
            CallError::LoginRefused { what, error }
        }
        CallError::Unreachable { .. }
        | CallError::Certificate { .. }
        | CallError::ProxyLogin { .. }
        | CallError::LoginRefused { .. }
        | CallError::FolderRefused { .. }
        | CallError::Redirect { .. }
        | CallError::NotOrchestrator { .. }
        | CallError::Throttled { .. }
        | CallError::Failing { .. } => error,
    }
}
