//! How each login asks for a token: one request, built once, and the reading of its answer.
//!
//! In: a [`Login`], the profile's address and tenant. Out: a [`Grant`], or why there is none. Never: sends credentials
//! anywhere but to the one server that the login names (a password: to the profile's own `url`).
//! Source: `docs/orchestrator-api.md`, section 2; RFC 6749, sections 2.3.1 and 4.4.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};

use super::super::base_url::{BaseUrl, Origin, Scheme};
use super::super::call_error::CallError;
use super::super::error_body::{ErrorBody, html_message, is_html};
use super::super::http::observed::{HttpReply, ReplyBody};
use super::super::http::retrying_client::{CallContext, CallPlace, MAX_TRIES, RetryingClient};
use super::super::wire::{AuthenticateDto, TokenDto, read_object};
use super::login::{ClientCredentials, LoginKind, SecretMethod, UserKey, UserPassword};
use super::store::TokenKey;
use super::token::AccessToken;
use crate::robot_job::ServerError;
use crate::secret::{Redactor, Secret};

const WHAT: &str = "asking for a token";

/// A login that can be asked for tokens.
pub(in super::super) struct SignIn {
    pub kind: LoginKind,
    /// What its tokens are kept under.
    pub key: TokenKey,
    pub origin: Origin,
    url: Url,
    headers: HeaderMap,
    body: Secret,
    answer: AnswerForm,
    /// The scopes that are asked for, as they are sent.
    scopes: String,
    /// The life of a token whose answer names none.
    usual_lifetime: Option<Duration>,
}

/// How a server hands out a token.
#[derive(Clone, Copy)]
enum AnswerForm {
    /// `{"access_token", "expires_in"}`.
    OAuth,
    /// `{"result", "success", "error"}`, the `AjaxResponse` of Orchestrator's own login.
    Ajax,
}

/// A token that a server gave out.
pub(super) struct Grant {
    pub token: AccessToken,
    /// From the asking on; `None` if nobody knows.
    pub lifetime: Option<Duration>,
}

/// Where tokens will be used: a kept one goes to no other server.
pub(super) struct TokenAudience<'a> {
    pub base: &'a BaseUrl,
    /// From the profile, else from the address.
    pub tenant: Option<&'a str>,
}

/// A form, since a JSON body would be answered by a web page.
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl SignIn {
    /// `POST {identity}/connect/token`.
    pub(super) fn with_client_credentials(
        login: &ClientCredentials,
        place: &TokenAudience<'_>,
        redactor: &Redactor,
    ) -> Self {
        redactor.learn(&login.client_secret);
        let mut scopes = login.scopes.clone();
        let scope = scopes.join(" ");
        scopes.sort_unstable();
        let mut fields = vec![("grant_type", "client_credentials")];
        let mut headers = headers(FORM);
        match login.method {
            SecretMethod::Form => {
                fields.push(("client_id", &login.client_id));
                fields.push(("client_secret", login.client_secret.expose()));
            }
            SecretMethod::Basic => {
                headers.insert(AUTHORIZATION, basic(&login.client_id, &login.client_secret, redactor));
            }
        }
        if !scope.is_empty() {
            fields.push(("scope", &scope));
        }
        let url = login.identity.url("/connect/token");
        let client = ["client-credentials", &login.client_id, &scopes.join(" ")];
        Self {
            kind: LoginKind::ClientCredentials,
            key: key(&url, place, &client),
            origin: login.identity.origin().clone(),
            url,
            headers,
            body: Secret::new(form(&fields)),
            answer: AnswerForm::OAuth,
            scopes: scope,
            usual_lifetime: None,
        }
    }

    /// `POST {url}/api/Account/Authenticate`.
    pub(super) fn with_password(login: &UserPassword, place: &TokenAudience<'_>, redactor: &Redactor) -> Self {
        redactor.learn(&login.password);
        let mut fields = serde_json::Map::new();
        if let Some(tenant) = place.tenant {
            fields.insert("tenancyName".to_owned(), tenant.into());
        }
        fields.insert("usernameOrEmailAddress".to_owned(), login.user.as_str().into());
        fields.insert("password".to_owned(), login.password.expose().into());
        let url = place.base.join("/api/Account/Authenticate");
        Self {
            kind: LoginKind::Password,
            key: key(&url, place, &["password", &login.user]),
            origin: place.base.origin().clone(),
            url,
            headers: headers(JSON),
            body: Secret::new(serde_json::Value::Object(fields).to_string()),
            answer: AnswerForm::Ajax,
            scopes: String::new(),
            usual_lifetime: Some(Duration::from_secs(30 * 60)),
        }
    }

    /// `POST {accounts}/oauth/token`.
    pub(super) fn with_user_key(login: &UserKey, place: &TokenAudience<'_>, redactor: &Redactor) -> Self {
        redactor.learn(&login.user_key);
        let mut headers = headers(JSON);
        if let Some(tenant) = place.tenant.and_then(|tenant| HeaderValue::from_str(tenant).ok()) {
            headers.insert(HeaderName::from_static("x-uipath-tenantname"), tenant);
        }
        let body = serde_json::json!({
            "grant_type": "refresh_token",
            "client_id": login.client_id,
            "refresh_token": login.user_key.expose(),
        });
        let url = login.accounts.url("/oauth/token");
        Self {
            kind: LoginKind::UserKey,
            key: key(&url, place, &["user-key", &login.client_id]),
            origin: login.accounts.origin().clone(),
            url,
            headers,
            body: Secret::new(body.to_string()),
            answer: AnswerForm::OAuth,
            scopes: String::new(),
            usual_lifetime: Some(Duration::from_secs(24 * 60 * 60)),
        }
    }

    /// Whether the wire is encrypted.
    pub(super) fn scheme(&self) -> Scheme {
        if self.url.scheme() == "https" { Scheme::Https } else { Scheme::LoopbackHttp }
    }

    /// Asks for a token, again where that may help.
    ///
    /// Errors: why there is none.
    pub(super) async fn ask(&self, retrying: &RetryingClient) -> Result<Grant, CallError> {
        let context = CallContext { what: WHAT, origin: &self.origin, login: self.kind, place: CallPlace::Login };
        for number in 1.. {
            let called = retrying.call(context, || self.request()).await;
            let (error, may_pass) = match called {
                Err(error) => {
                    let is_page = matches!(error, CallError::NotOrchestrator { .. });
                    (self.explained(error), is_page)
                }
                Ok(reply) => match self.read(&reply, &retrying.redactor) {
                    Ok(grant) => return Ok(grant),
                    Err(Unread::Refused) => {
                        let error = retrying.redacted(ErrorBody::read(&reply).error);
                        return Err(CallError::LoginRefused { what: WHAT, login: self.kind, error });
                    }
                    Err(Unread::NoToken(detail)) => {
                        let error = CallError::NotOrchestrator {
                            what: WHAT,
                            origin: self.origin.clone(),
                            status: reply.status,
                            detail: retrying.masked(&detail),
                        };
                        (self.explained(error), true)
                    }
                },
            };
            // A page or a broken answer is some gateway's, and may pass. A password is sent once: accounts are locked.
            if !may_pass || self.kind == LoginKind::Password || number == MAX_TRIES {
                return Err(error);
            }
            retrying.rest(number).await;
        }
        unreachable!("the last try returns")
    }

    /// `error` with what this login knows of its cause: the address that was asked, the scopes that were asked for.
    fn explained(&self, error: CallError) -> CallError {
        // It is Orchestrator itself that takes passwords.
        if self.kind == LoginKind::Password {
            return error;
        }
        let elsewhere = |error| CallError::NoTokenEndpoint { what: WHAT, address: self.url.to_string(), error };
        if let CallError::NotOrchestrator { status, detail, .. } = error {
            return elsewhere(ServerError { status, message: detail, ..ServerError::default() });
        }
        let CallError::LoginRefused { what, login, mut error } = error else { return error };
        if matches!(error.status, 404 | 405) {
            return elsewhere(error);
        }
        if error.message.contains("invalid_scope") {
            let asked = if self.scopes.is_empty() { "none by name" } else { &self.scopes };
            error.message = format!("{} (the scopes asked for: {asked})", error.message);
        }
        CallError::LoginRefused { what, login, error }
    }

    fn request(&self) -> Request {
        let mut request = Request::new(Method::POST, self.url.clone());
        request.headers_mut().clone_from(&self.headers);
        *request.body_mut() = Some(self.body.expose().to_owned().into());
        request
    }

    fn read(&self, reply: &HttpReply, redactor: &Redactor) -> Result<Grant, Unread> {
        let bytes: &[u8] = match &reply.body {
            ReplyBody::Whole(bytes) | ReplyBody::Cut(bytes, _) => bytes,
            ReplyBody::TooLong(_) => &[],
        };
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        if is_html(text, reply.header(CONTENT_TYPE)) {
            return Err(Unread::NoToken(html_message(text)));
        }
        let no_object = |_| Unread::NoToken("the answer is no JSON object".to_owned());
        let (token, lifetime, field) = match self.answer {
            AnswerForm::OAuth => {
                let answer: TokenDto = read_object(text).map_err(no_object)?;
                let seconds = answer.expires_in.and_then(|seconds| u64::try_from(seconds).ok());
                (answer.access_token, seconds.filter(|seconds| *seconds > 0), "access_token")
            }
            AnswerForm::Ajax => {
                let answer: AuthenticateDto = read_object(text).map_err(no_object)?;
                if answer.success == Some(false) {
                    return Err(Unread::Refused);
                }
                (answer.result, None, "result")
            }
        };
        let token = token.filter(|token| !token.is_empty()).ok_or_else(|| {
            Unread::NoToken(format!("the answer holds no `{field}`: is this the address of a login?"))
        })?;
        let token = AccessToken::new(&token, redactor).map_err(|error| Unread::NoToken(error.to_string()))?;
        Ok(Grant { token, lifetime: lifetime.map(Duration::from_secs).or(self.usual_lifetime) })
    }
}

/// Why a success holds no token.
enum Unread {
    /// It is a refusal after all.
    Refused,
    /// Something else came.
    NoToken(String),
}

fn headers(content_type: HeaderValue) -> HeaderMap {
    [(CONTENT_TYPE, content_type), (ACCEPT, JSON)].into_iter().collect()
}

fn key(url: &Url, place: &TokenAudience<'_>, client: &[&str]) -> TokenKey {
    let place = [url.as_str(), place.base.as_str(), place.tenant.unwrap_or_default()];
    TokenKey::of(&[&place, client].concat())
}

/// `name=value&..`, escaped.
fn form(fields: &[(&str, &str)]) -> String {
    let form = Url::parse_with_params("http://form/", fields).expect("a fixed address with a query is valid");
    form.query().unwrap_or_default().to_owned()
}

/// `Basic ..`: id and secret each escaped as in a form, then joined by a colon.
fn basic(id: &str, secret: &Secret, redactor: &Redactor) -> HeaderValue {
    let escaped = |text| form(&[("", text)]).split_off(1);
    let pair = Secret::new(format!("{}:{}", escaped(id), escaped(secret.expose())));
    // Its base64 form is not the secret's own.
    redactor.learn(&pair);
    let mut value =
        HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair.expose()))).expect("base64 is visible ASCII");
    value.set_sensitive(true);
    value
}
