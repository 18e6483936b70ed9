//! Every shape in which a refusal was ever seen.

use expect_test::{Expect, expect};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use sortie::orchestrator::error_body::ErrorBody;
use sortie::orchestrator::observed::{HttpReply, ReplyBody};

#[track_caller]
fn check(body: &str, expected: Expect) {
    let reply = HttpReply { status: 400, headers: HeaderMap::new(), body: ReplyBody::Whole(body.as_bytes().to_vec()) };
    let read = ErrorBody::read(&reply);
    let coded = if read.is_coded() { "coded" } else { "uncoded" };
    expected.assert_eq(&format!("{} [{coded}]", read.error));
}

#[test]
fn orchestrators_own_in_either_case() {
    check(
        r#"{"message":"Folder does not exist or the user does not have access to the folder.","errorCode":1100,"traceId":"00-1-2-00"}"#,
        expect![
            "HTTP 400, errorCode 1100: Folder does not exist or the user does not have access to the folder. (traceId 00-1-2-00) [coded]"
        ],
    );
    check(
        r#"{"message":"Invalid credentials, failed to login.","errorCode":1000,"resourceIds":null}"#,
        expect!["HTTP 400, errorCode 1000: Invalid credentials, failed to login. [coded]"],
    );
    check(
        r#"{"Message":"X does not exist.","ErrorCode":1002,"TraceId":"t","ResourceIds":[1],"Details":"look again"}"#,
        expect!["HTTP 400, errorCode 1002: X does not exist.: look again (traceId t) [coded]"],
    );
    check(
        r#"{"message":"startInfo must not be null","errorCode":0}"#,
        expect!["HTTP 400, errorCode 0: startInfo must not be null [uncoded]"],
    );
    check(
        r#"{"message":"No robots.","errorCode":"InvalidStartJobRobotIds"}"#,
        expect!["HTTP 400: InvalidStartJobRobotIds: No robots. [coded]"],
    );
}

#[test]
fn scopes_that_a_token_lacks() {
    check(
        r#"{"errorMessage":"Scope(s) 'OR.Jobs' is(are) invalid. Expect to have 'OR.Jobs' or 'OR.Jobs.Write'. "}"#,
        expect!["HTTP 400: Scope(s) 'OR.Jobs' is(are) invalid. Expect to have 'OR.Jobs' or 'OR.Jobs.Write'. [uncoded]"],
    );
}

#[test]
fn the_abp_envelope() {
    check(
        r#"{"message":"You are not authorized!","errorCode":0,"result":null,"success":false,"error":{"code":0,"message":"You are not authorized!","details":"You are not allowed to perform this operation.","validationErrors":null},"unAuthorizedRequest":true,"__abp":true}"#,
        expect![
            "HTTP 400, errorCode 0: You are not authorized!: You are not allowed to perform this operation. [uncoded]"
        ],
    );
    check(
        r#"{"result":null,"success":false,"error":{"code":1009,"message":"Your request is not valid!","details":null},"__abp":true}"#,
        expect!["HTTP 400, errorCode 1009: Your request is not valid! [coded]"],
    );
}

#[test]
fn odata_envelopes() {
    check(
        r#"{"error":{"code":"","message":"The query specified in the URI is not valid.","innererror":{"message":"x"}}}"#,
        expect!["HTTP 400: The query specified in the URI is not valid. [uncoded]"],
    );
    check(
        r#"{"odata.error":{"code":"1000","message":{"lang":"en-US","value":"Invalid OData query options."}}}"#,
        expect!["HTTP 400, errorCode 1000: Invalid OData query options. [coded]"],
    );
}

#[test]
fn problem_details() {
    check(
        r#"{"type":"x","title":"One or more validation errors occurred.","status":400,"errors":{"startInfo.JobsCount":["too many","not a number"]},"traceId":"00-9"}"#,
        expect![
            "HTTP 400: One or more validation errors occurred.; startInfo.JobsCount: too many not a number (traceId 00-9) [uncoded]"
        ],
    );
    check(
        r#"{"title":"Bad Request","detail":"nothing to do"}"#,
        expect!["HTTP 400: Bad Request; nothing to do [uncoded]"],
    );
}

#[test]
fn the_identity_server() {
    check(r#"{"error":"invalid_client"}"#, expect!["HTTP 400: invalid_client [uncoded]"]);
    check(
        r#"{"error":"invalid_scope","error_description":"offline_access is not for machines"}"#,
        expect!["HTTP 400: invalid_scope: offline_access is not for machines [uncoded]"],
    );
}

#[test]
fn no_json_at_all() {
    check("", expect!["400 Bad Request [uncoded]"]);
    check("{}", expect!["400 Bad Request [uncoded]"]);
    check("null", expect!["HTTP 400: null [uncoded]"]);
    check("\"plain words\"", expect!["HTTP 400: plain words [uncoded]"]);
    check("upstream said no\n", expect!["HTTP 400: upstream said no [uncoded]"]);
    check(
        "<html><TITLE>\n 502 Bad\n Gateway </TITLE></html>",
        expect!["HTTP 400: a web page came back (`502 Bad Gateway`): is the address right? [uncoded]"],
    );
    check("<p>", expect!["HTTP 400: a web page came back: is the address right? [uncoded]"]);
}

#[test]
fn a_page_is_known_by_its_type_too() {
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("Text/HTML; charset=utf-8"))].into_iter().collect();
    let read = ErrorBody::read(&HttpReply { status: 404, headers, body: ReplyBody::Whole(b"gone".to_vec()) });
    assert!(read.html);
}
