//! The token endpoint, and who is let in with what.

use std::time::Duration;

use orchestrator_sandbox::Options;
use serde_json::{Value, json};

use super::{Answer, Stand, answer};

async fn token(stand: &Stand, fields: &[(&str, &str)]) -> Answer {
    answer(stand.http.post(format!("{}/connect/token", stand.sandbox.identity_url())).form(fields)).await
}

async fn folders(stand: &Stand, authorization: Option<&str>) -> Answer {
    let request = stand.http.get(format!("{}/odata/Folders", stand.sandbox.url()));
    answer(match authorization {
        Some(value) => request.header("Authorization", value),
        None => request,
    })
    .await
}

#[tokio::test]
async fn client_credentials_buy_a_token_that_ends_after_its_lifetime() {
    let options = Options { token_lifetime: Duration::from_mins(1), ..Options::default() };
    let stand = Stand::with(&super::world(), options);
    let secret = stand.sandbox.client_secret();
    let form = [("grant_type", "client_credentials"), ("client_id", "sandbox"), ("client_secret", secret)];
    let (status, body) = token(&stand, &form).await;
    assert_eq!((status, &body["expires_in"], &body["token_type"]), (200, &json!(60), &json!("Bearer")));
    let bearer = format!("bearer {}", body["access_token"].as_str().unwrap());
    assert_eq!(folders(&stand, Some(&bearer)).await.0, 200, "the scheme in lower case");
    stand.clock.advance(Duration::from_mins(1));
    assert_eq!(folders(&stand, Some(&bearer)).await, (401, Value::Null));
}

#[tokio::test]
async fn http_basic_and_both_identity_addresses_do_as_well() {
    let stand = Stand::new();
    for path in ["/identity/connect/token", "/identity_/connect/token", "/acme/identity_/connect/token"] {
        let request = stand
            .http
            .post(format!("{}{path}", stand.sandbox.url()))
            .basic_auth("sandbox", Some(stand.sandbox.client_secret()))
            .form(&[("grant_type", "client_credentials"), ("scope", "OR.Jobs OR.Folders.Read")]);
        let (status, body) = answer(request).await;
        assert_eq!((status, &body["scope"]), (200, &json!("OR.Jobs OR.Folders.Read")), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_login_is_refused_in_the_identity_servers_words() {
    let stand = Stand::new();
    let secret = stand.sandbox.client_secret();
    let cases = [
        (vec![("grant_type", "client_credentials")], "invalid_client"),
        (vec![("client_id", "sandbox"), ("client_secret", "wrong")], "invalid_client"),
        (vec![("client_id", "other"), ("client_secret", secret)], "invalid_client"),
        (vec![("client_id", "sandbox"), ("client_secret", secret)], "unsupported_grant_type"),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", "sandbox"),
                ("client_secret", secret),
                ("scope", "OR.Jobs offline_access"),
            ],
            "invalid_scope",
        ),
    ];
    for (fields, expected) in cases {
        assert_eq!(token(&stand, &fields).await, (400, json!({ "error": expected })));
    }
    let json = stand.http.post(format!("{}/connect/token", stand.sandbox.identity_url())).json(&json!({}));
    let (status, page) = answer(json).await;
    assert!(status == 200 && page.as_str().unwrap().starts_with("<!DOCTYPE html>"), "{page}");
}

#[tokio::test]
async fn without_a_good_token_the_answer_is_401_and_empty() {
    let stand = Stand::new();
    for authorization in [None, Some(""), Some("Bearer"), Some("Bearer wrong"), Some("Basic c2FuZGJveDo=")] {
        assert_eq!(folders(&stand, authorization).await, (401, Value::Null), "{authorization:?}");
    }
    let ready = format!("BEARER {}", stand.sandbox.token());
    assert_eq!(folders(&stand, Some(&ready)).await.0, 200);
    stand.sandbox.expire_tokens();
    assert_eq!(folders(&stand, Some(&ready)).await, (401, Value::Null), "expired in the middle");
    assert_eq!(answer(stand.get("/api/Status/Get")).await.0, 200, "the status needs no token");
}

#[tokio::test]
async fn a_token_without_the_scope_is_told_which_one() {
    let stand = Stand::new();
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", "sandbox"),
        ("client_secret", stand.sandbox.client_secret()),
        ("scope", "OR.Jobs.Read"),
    ];
    let (_, body) = token(&stand, &fields).await;
    let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
    let message = "Scope(s) 'OR.Jobs.Read' is(are) invalid. Expect to have 'OR.Folders' or 'OR.Folders.Read'. ";
    assert_eq!(folders(&stand, Some(&bearer)).await, (403, json!({ "errorMessage": message })));
}
