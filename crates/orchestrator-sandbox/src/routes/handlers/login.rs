//! The two older logins: user and password, and the user key of the old cloud.
//!
//! Source: `docs/orchestrator-api.md`, sections 2.3 and 2.4.

use serde_json::{Value, json};

use crate::refusal::Refusal;
use crate::routes::body::Members;
use crate::routes::{Answer, Call, Form, Live};
use crate::tokens::{PASSWORD_LIFETIME, USER_KEY_LIFETIME};
use crate::world::switches::{Switches, UnknownProperties};

/// `POST /api/Account/Authenticate`. Errors: a status of the world's, 1000, where tenant, user or password is wrong.
pub(in crate::routes) fn by_password(call: &Call<'_>, live: &mut Live) -> Result<Answer, Refusal> {
    let names = ["tenancyName", "usernameOrEmailAddress", "password"];
    let mut body = Members::of_body(call, "loginModel", &names, &lenient(&live.tenant.switches))?;
    let wrong = || Refusal::wrong_password(live.tenant.switches.wrong_password_status);
    let tenant = body.text("tenancyName", usize::MAX)?.filter(|name| !name.is_empty());
    live.tenant.check_name(tenant.as_deref().or(call.target.tenant.as_deref())).map_err(|_| wrong())?;
    let (user, password) = (body.text("usernameOrEmailAddress", usize::MAX)?, body.text("password", usize::MAX)?);
    let known = &live.tokens.credentials;
    if user.as_deref() != Some(known.user.as_str()) || password.as_deref() != Some(known.password.as_str()) {
        return Err(wrong());
    }
    let token = live.tokens.mint_for_user(PASSWORD_LIFETIME, call.now);
    Ok(json_answer(&json!({
        "result": token, "targetUrl": null, "success": true, "error": null, "unAuthorizedRequest": false, "__abp": true,
    })))
}

/// `POST /oauth/token`. Any client id will do: that of the old cloud was one for all.
pub(in crate::routes) fn by_user_key(call: &Call<'_>, live: &mut Live) -> Result<Answer, Refusal> {
    let names = ["grant_type", "client_id", "refresh_token"];
    let mut body = Members::of_body(call, "grant_type", &names, &lenient(&live.tenant.switches))
        .map_err(|_| Refusal::oauth("invalid_request"))?;
    let mut field = |name: &str| body.text(name, usize::MAX).ok().flatten().unwrap_or_default();
    if field("grant_type") != "refresh_token" {
        return Err(Refusal::oauth("unsupported_grant_type"));
    }
    if field("client_id").is_empty() {
        return Err(Refusal::oauth("invalid_request"));
    }
    if field("refresh_token") != live.tokens.credentials.user_key {
        return Err(Refusal::wrong_user_key());
    }
    let token = live.tokens.mint_for_user(USER_KEY_LIFETIME, call.now);
    Ok(json_answer(&json!({
        "access_token": token, "id_token": format!("{token}-id"), "scope": "openid profile offline_access",
        "expires_in": USER_KEY_LIFETIME.as_secs(), "token_type": "Bearer",
    })))
}

/// A login may carry what another server wants.
fn lenient(switches: &Switches) -> Switches {
    Switches { unknown_properties: UnknownProperties::Ignore, ..switches.clone() }
}

fn json_answer(value: &Value) -> Answer {
    Answer::new(200, Form::Json, value.to_string().into_bytes())
}
