//! The two older logins, and what a token of a user may do that one of an application may not.

use std::time::Duration;

use orchestrator_sandbox::Options;
use orchestrator_sandbox::world::Switches;
use serde_json::{Value, json};

use super::{Stand, answer};

async fn sign_in(stand: &Stand, base: &str, body: &Value) -> super::Answer {
    answer(stand.http.post(format!("{}{base}/api/Account/Authenticate", stand.sandbox.url())).json(body)).await
}

async fn status_with(stand: &Stand, token: &str, target: &str) -> u16 {
    answer(stand.http.get(format!("{}{target}", stand.sandbox.url())).bearer_auth(token)).await.0
}

#[tokio::test]
async fn user_and_password_buy_a_token_for_half_an_hour() {
    let options = Options { user: "ops".to_owned(), password: Some("pass".to_owned()), ..Options::default() };
    let stand = Stand::with(&super::world(), options);
    // In the letter case of the documentation, of an old client, and without the tenant.
    let bodies = [
        json!({"tenancyName": "Default", "usernameOrEmailAddress": "ops", "password": "pass"}),
        json!({"TenancyName": "default", "UsernameOrEmailAddress": "ops", "Password": "pass"}),
        json!({"usernameOrEmailAddress": "ops", "password": "pass"}),
    ];
    for body in bodies {
        let (status, answered) = sign_in(&stand, "", &body).await;
        assert_eq!((status, &answered["success"], &answered["__abp"]), (200, &json!(true), &json!(true)));
        let token = answered["result"].as_str().unwrap();
        assert_eq!(status_with(&stand, token, "/odata/Folders").await, 200);
        stand.clock.advance(Duration::from_secs(30 * 60));
        assert_eq!(status_with(&stand, token, "/odata/Folders").await, 401);
    }
}

#[tokio::test]
async fn a_wrong_password_has_the_status_of_the_switch_and_is_in_no_record() {
    let wrong = [
        json!({"tenancyName": "Default", "usernameOrEmailAddress": "sandbox", "password": "wr0ng"}),
        json!({"tenancyName": "Default", "usernameOrEmailAddress": "nobody", "password": "wr0ng"}),
        json!({"tenancyName": "Nothing", "usernameOrEmailAddress": "sandbox", "password": "wr0ng"}),
        json!({}),
    ];
    for status in [400, 401] {
        let stand = Stand::switched(Switches { wrong_password_status: status, ..Switches::default() });
        for body in &wrong {
            let (answered, body) = sign_in(&stand, "", body).await;
            assert_eq!((answered, &body["errorCode"]), (status, &json!(1000)));
            assert_eq!(body["message"], "Invalid credentials, failed to login.");
        }
        assert!(!serde_json::to_string(&stand.sandbox.record()).unwrap().contains("wr0ng"));
    }
}

#[tokio::test]
async fn a_user_key_buys_a_token_for_a_day() {
    let stand = Stand::new();
    let post = |key: &str| {
        let body = json!({"grant_type": "refresh_token", "client_id": "any", "refresh_token": key});
        let request = stand.http.post(format!("{}/oauth/token", stand.sandbox.url())).json(&body);
        answer(request.header("X-UIPATH-TenantName", "Default"))
    };
    let (status, body) = post(stand.sandbox.user_key()).await;
    assert_eq!((status, &body["expires_in"], &body["token_type"]), (200, &json!(86_400), &json!("Bearer")));
    let token = body["access_token"].as_str().unwrap();
    stand.clock.advance(Duration::from_secs(86_399));
    assert_eq!(status_with(&stand, token, "/odata/Folders").await, 200);
    stand.clock.advance(Duration::from_secs(1));
    assert_eq!(status_with(&stand, token, "/odata/Folders").await, 401);
    assert_eq!(post("wrong").await, (403, json!({"error": "invalid_grant"})));
    let other = json!({"grant_type": "password", "client_id": "any"});
    let other = stand.http.post(format!("{}/oauth/token", stand.sandbox.url())).json(&other);
    assert_eq!(answer(other).await, (400, json!({"error": "unsupported_grant_type"})));
}

#[tokio::test]
async fn an_application_may_not_navigate_folders_and_a_user_may() {
    let stand = Stand::new();
    let navigate = "/api/FoldersNavigation/GetFoldersForCurrentUser";
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "sandbox"),
        ("client_secret", stand.sandbox.client_secret()),
    ];
    let token = answer(stand.http.post(format!("{}/connect/token", stand.sandbox.identity_url())).form(&form)).await.1;
    let token = token["access_token"].as_str().unwrap();
    let request = stand.http.get(format!("{}{navigate}", stand.sandbox.url())).bearer_auth(token);
    let (status, body) = answer(request).await;
    assert_eq!((status, &body["unAuthorizedRequest"], &body["__abp"]), (403, &json!(true), &json!(true)));

    let password = stand.sandbox.password();
    let body = json!({"usernameOrEmailAddress": stand.sandbox.user(), "password": password});
    let token = sign_in(&stand, "/acme/Default/orchestrator_", &body).await.1;
    assert_eq!(status_with(&stand, token["result"].as_str().unwrap(), navigate).await, 200);
    assert_eq!(status_with(&stand, stand.sandbox.token(), navigate).await, 200);
}

#[tokio::test]
async fn a_wrong_client_has_the_status_of_the_switch() {
    let stand = Stand::switched(Switches { wrong_client_status: 401, ..Switches::default() });
    let form = [("grant_type", "client_credentials"), ("client_id", "sandbox"), ("client_secret", "wrong")];
    let request = stand.http.post(format!("{}/connect/token", stand.sandbox.identity_url())).form(&form);
    assert_eq!(answer(request).await, (401, json!({"error": "invalid_client"})));
}
