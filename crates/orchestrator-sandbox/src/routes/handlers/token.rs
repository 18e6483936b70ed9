//! The identity server's token endpoint: client credentials, by form or by HTTP Basic.
//!
//! Source: the identity server's OpenAPI description; `docs/orchestrator-api.md`, section 2.1.

use axum::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::refusal::Refusal;
use crate::routes::target::{Plus, decode, pairs};
use crate::routes::{Answer, Call, Form, Live};

/// What the service answers to a body that is not a form: a page, and no token.
const PAGE: &str = "<!DOCTYPE html><html><head><title>UiPath Identity</title></head><body>Sign in</body></html>";

/// Issues a token for the sandbox's own client.
///
/// Errors: `invalid_client` with a status of the world's; 400 with `unsupported_grant_type` or `invalid_scope`.
pub(in crate::routes) fn issue(call: &Call<'_>, live: &mut Live) -> Result<Answer, Refusal> {
    let content_type = call.header(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    if !content_type.to_ascii_lowercase().starts_with(b"application/x-www-form-urlencoded") {
        return Ok(Answer::new(200, Form::Html, PAGE.into()));
    }
    let form = std::str::from_utf8(call.body).ok().and_then(pairs);
    let form = form.ok_or_else(|| Refusal::oauth("invalid_request"))?;
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let status = live.tenant.switches.wrong_client_status;
    let wrong = || Refusal::wrong_client(status);
    let (id, secret) = match call.header(header::AUTHORIZATION.as_str()) {
        Some(basic) => credentials(basic).ok_or_else(wrong)?,
        None => {
            (field("client_id").unwrap_or_default().to_owned(), field("client_secret").unwrap_or_default().to_owned())
        }
    };
    let known = &live.tokens.credentials;
    if id != known.client_id || secret != known.client_secret {
        return Err(wrong());
    }
    if field("grant_type") != Some("client_credentials") {
        return Err(Refusal::oauth("unsupported_grant_type"));
    }
    let scope = field("scope").map(str::trim).filter(|scope| !scope.is_empty());
    // `offline_access` is refused in this flow; other names are the Orchestrator's.
    if scope.is_some_and(|scope| !scope.split(' ').all(|name| name.starts_with("OR."))) {
        return Err(Refusal::oauth("invalid_scope"));
    }
    let (token, seconds) = live.tokens.mint(scope, call.now);
    let body = serde_json::json!({
        "access_token": token, "expires_in": seconds, "token_type": "Bearer", "scope": scope.unwrap_or("OR.Default"),
    });
    Ok(Answer::new(200, Form::Json, body.to_string().into_bytes()))
}

/// Id and secret of `Basic <base64 of id:secret>`, each form-encoded.
fn credentials(header: &[u8]) -> Option<(String, String)> {
    let (scheme, encoded) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    let text = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok())??;
    let text = String::from_utf8(text).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decode(id, Plus::Space)?, decode(secret, Plus::Space)?))
}
