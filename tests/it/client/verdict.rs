//! The protocol's table, row by row: what one sending means.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sortie::clock::Timestamp;
use sortie::orchestrator::classify::{AnswerClass, NextSend, PriorAttempts, StopScope, ThrottlePolicy, classify};
use sortie::orchestrator::observed::{HttpReply, NotSent, Observed, ReplyBody, TokenFailure};
use sortie::robot_job::ServerError;

const CODED: &str = r#"{"message":"no","errorCode":1002,"traceId":"00-ab"}"#;
const PROBLEM: &str =
    r#"{"title":"One or more validation errors occurred.","status":400,"errors":{"startInfo":["bad"]}}"#;
const HTML: &str = "<!DOCTYPE html><html><head><title>Welcome to nginx!</title></head></html>";
const ONE_JOB: &str = r#"{"@odata.context":"x","value":[{"Id":7,"Key":"k","State":"Pending"}]}"#;

fn now() -> Timestamp {
    "2026-01-31T12:00:00Z".parse().expect("a timestamp")
}

fn answer(status: u16, headers: &[(&'static str, &str)], body: &[u8]) -> Observed {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header's value")))
        .collect();
    Observed::Answer(HttpReply { status, headers, body: ReplyBody::Whole(body.to_vec()) })
}

/// A class in a few words, so that a row of the table is one line.
fn words(class: &AnswerClass) -> String {
    match class {
        AnswerClass::Started(jobs) => {
            format!("started {:?}", jobs.iter().map(|listed| listed.job.id.0).collect::<Vec<_>>())
        }
        AnswerClass::Unsigned(error) => format!("unsigned {:?} {}", error.code, error.message),
        AnswerClass::Rejected(error) => format!("rejected {:?} {}", error.code, error.message),
        AnswerClass::Unsent { next, .. } => match next {
            NextSend::Backoff => "unsent, back off".to_owned(),
            NextSend::Now => "unsent, now".to_owned(),
            NextSend::Throttled(hold) => format!("unsent, throttled {hold:?}"),
        },
        AnswerClass::Stopped { stop, error } => format!("stopped {stop:?}: {}", error.message),
        AnswerClass::InDoubt { hold: None, .. } => "in doubt".to_owned(),
        AnswerClass::InDoubt { hold: Some(hold), .. } => format!("in doubt, hold {hold:?}"),
    }
}

#[track_caller]
fn check(observed: &Observed, expected: &str) {
    check_with(observed, PriorAttempts::default(), ThrottlePolicy::Unsent, expected);
}

#[track_caller]
fn check_with(observed: &Observed, history: PriorAttempts, throttled: ThrottlePolicy, expected: &str) {
    assert_eq!(words(&classify(observed, history, throttled, now())), expected, "{observed:?}");
}

#[test]
fn row_1_a_call_that_never_left_is_sent_again_except_past_a_bad_certificate() {
    for (cause, expected) in [
        (NotSent::UnknownHost, "unsent, back off"),
        (NotSent::NoConnection, "unsent, back off"),
        (NotSent::ConnectTimeout, "unsent, back off"),
        (NotSent::Handshake, "unsent, back off"),
        (NotSent::ProxyRefused, "unsent, back off"),
        (NotSent::Certificate, "stopped Connection: why"),
        (NotSent::ClientCertificate, "stopped Connection: why"),
        (NotSent::Unbuilt, "stopped Connection: why"),
    ] {
        check(&Observed::NotSent { cause, detail: "why".to_owned() }, expected);
    }
}

#[test]
fn rows_2_and_3_a_whole_answer_names_what_was_started_whatever_was_asked() {
    check(&answer(201, &[], ONE_JOB.as_bytes()), "started [7]");
    check(&answer(200, &[], ONE_JOB.as_bytes()), "started [7]");
    check(&answer(201, &[], br#"{"value":[{"Id":9},{"Id":8},{"Id":10}]}"#), "started [9, 8, 10]");
    // A byte-order mark, and fields of types that we do not expect, hide no job.
    let odd = "\u{feff}{\"value\":[{\"Id\":7,\"Key\":5,\"Info\":{\"a\":[1]},\"StartingScheduleId\":\"x\"}]}";
    check(&answer(201, &[], odd.as_bytes()), "started [7]");
}

#[test]
fn row_2_keeps_every_field_of_the_recorded_answer() {
    let body = r#"{"value":[{"Key":"b618cdfd","StartTime":null,"EndTime":null,"State":"Pending","Source":"Manual",
        "SourceType":"Manual","BatchExecutionKey":"abbbb5de","Info":null,"CreationTime":"2018-09-21T13:28:31.1449691Z",
        "StartingScheduleId":4,"ReleaseName":"Heyyo_playground","Type":"Unattended","InputArguments":"{}",
        "OutputArguments":null,"Id":160856}]}"#;
    let observed = answer(201, &[], body.as_bytes());
    let AnswerClass::Started(jobs) = classify(&observed, PriorAttempts::default(), ThrottlePolicy::Unsent, now())
    else {
        panic!("a whole answer");
    };
    expect_test::expect![[r#"{"id":160856,"key":"b618cdfd","state":"Pending","creation-time":"2018-09-21T13:28:31.1449691Z","start-time":null,"end-time":null,"release-name":"Heyyo_playground","type":"Unattended","source":"Manual","source-type":"Manual","batch-execution-key":"abbbb5de","starting-schedule-id":4,"release-version":null,"info":null,"output":null}"#]]
    .assert_eq(&serde_json::to_string(&jobs[0].job).expect("JSON"));
}

#[test]
fn row_4_a_success_that_names_no_job_surely_is_in_doubt() {
    for body in [
        &b""[..],
        b"  ",
        br#"{"value":[]}"#,
        b"{}",
        b"[]",
        b"null",
        br#"{"value":null}"#,
        br#"{"value":[{"Key":"k"}]}"#,
        br#"{"value":[{"Id":null}]}"#,
        br#"{"value":[{"Id":"7"}]}"#,
        br#"{"value":[{"Id":7.5}]}"#,
        br#"{"value":[{"Id":7},{"Id":99999999999999999999}]}"#,
        br#"{"value":[{"Id":7},{}]}"#,
        br#"{"value":[{"Id":7},{"Id":7}]}"#,
        br#"[[{"Id":7}]]"#,
        br#"{"value":[[7]]}"#,
        br#"{"value":[{"Id":7}]"#,
        br#"{"value":[{"Id":7}]} trailing"#,
        b"{\"value\":[{\"Id\":7,\"Other\":\"\xff\xfe\"}]}",
        HTML.as_bytes(),
        b"OK",
    ] {
        check(&answer(201, &[], body), "in doubt");
    }
    check(&answer(204, &[], b""), "in doubt");
    let cut = ReplyBody::Cut(ONE_JOB.as_bytes().to_vec(), "end of file".to_owned());
    for body in [cut, ReplyBody::TooLong(1 << 20)] {
        check(&Observed::Answer(HttpReply { status: 201, headers: HeaderMap::new(), body }), "in doubt");
    }
}

#[test]
fn rows_5_and_6_a_refusal_of_the_request_is_final_and_one_of_a_stranger_is_counted() {
    for status in [400, 404, 405, 406, 413, 415, 422] {
        check(&answer(status, &[], CODED.as_bytes()), "rejected Some(1002) no");
        check(
            &answer(status, &[], PROBLEM.as_bytes()),
            "rejected None One or more validation errors occurred.; startInfo: bad",
        );
        check(
            &answer(status, &[], HTML.as_bytes()),
            "unsigned None a web page came back (`Welcome to nginx!`): is the address right?",
        );
        check(&answer(status, &[], b"Blocked."), "unsigned None Blocked.");
        let list =
            classify(&answer(status, &[], ONE_JOB.as_bytes()), PriorAttempts::default(), ThrottlePolicy::Unsent, now());
        assert!(matches!(list, AnswerClass::Unsigned(_)), "{list:?}");
    }
    check(&answer(404, &[], b""), "rejected None 404 Not Found");
    let body = ReplyBody::Cut(Vec::new(), "reset".to_owned());
    check(
        &Observed::Answer(HttpReply { status: 400, headers: HeaderMap::new(), body }),
        "unsigned None 400 Bad Request (the rest of the answer is lost)",
    );
}

#[test]
fn row_7_a_401_is_sent_again_with_a_fresh_token_or_stops_the_run() {
    check(&Observed::Renewed { detail: String::new() }, "unsent, now");
    check(&answer(401, &[], b""), "stopped Login: 401 Unauthorized");
    check(
        &answer(401, &[("www-authenticate", "Bearer error=\"invalid_token\"")], b""),
        "stopped Login: 401 Unauthorized (Bearer error=\"invalid_token\")",
    );
    let error = ServerError::of_network("why");
    check(&Observed::NoToken { failure: TokenFailure::Unreachable, error: error.clone() }, "unsent, back off");
    check(&Observed::NoToken { failure: TokenFailure::Refused, error }, "stopped Login: why");
}

#[test]
fn row_8_a_403_is_final_and_a_refused_folder_stops_that_folder() {
    check(&answer(403, &[], b""), "rejected None 403 Forbidden");
    check(
        &answer(403, &[], HTML.as_bytes()),
        "unsigned None a web page came back (`Welcome to nginx!`): is the address right?",
    );
    check(
        &answer(403, &[], br#"{"message":"You are not authorized!","errorCode":0,"success":false}"#),
        "rejected Some(0) You are not authorized!",
    );
    check(
        &answer(403, &[], br#"{"errorMessage":"Scope(s) 'OR.Jobs' is(are) invalid."}"#),
        "rejected None Scope(s) 'OR.Jobs' is(are) invalid.",
    );
    for status in [400, 403, 404, 409, 418, 422] {
        let observed = answer(status, &[], br#"{"message":"A folder is required","errorCode":1101}"#);
        check(&observed, "stopped Folder: A folder is required");
        let observed = answer(status, &[], br#"{"Message":"Folder does not exist","ErrorCode":"1100"}"#);
        check(&observed, "stopped Folder: Folder does not exist");
    }
}

#[test]
fn row_9_a_redirect_is_never_followed() {
    for (status, words) in
        [(301, "Moved Permanently"), (302, "Found"), (307, "Temporary Redirect"), (308, "Permanent Redirect")]
    {
        check(
            &answer(status, &[("location", "https://evil.example/x")], b""),
            &format!(
                "stopped Connection: {status} {words}: redirected to `https://evil.example/x`, which is never followed"
            ),
        );
    }
    check(&answer(302, &[], b""), "stopped Connection: 302 Found, without saying where to");
    // These may come once the work is done.
    check(
        &answer(303, &[("location", "https://evil.example/x")], b""),
        "unsigned None 303 See Other: redirected to `https://evil.example/x`, which is never followed",
    );
    for (status, words) in [(300, "Multiple Choices"), (304, "Not Modified"), (305, "Use Proxy")] {
        check(&answer(status, &[], b""), &format!("unsigned None {status} {words}, without saying where to"));
    }
}

#[test]
fn row_10_a_proxy_that_wants_credentials_stops_the_run() {
    check(&answer(407, &[], b""), "stopped Login: 407 Proxy Authentication Required");
    check(&Observed::NotSent { cause: NotSent::ProxyLogin, detail: "why".to_owned() }, "stopped Login: why");
}

#[test]
fn row_11_a_conflict_is_final_only_where_orchestrator_signed_it() {
    let doubted = PriorAttempts { doubted_before: true };
    for status in [409, 400] {
        let busy = answer(status, &[], br#"{"message":"already have pending jobs","errorCode":1670}"#);
        check(&busy, "rejected Some(1670) already have pending jobs");
        check_with(&busy, doubted, ThrottlePolicy::Unsent, "in doubt");
    }
    let other = answer(409, &[], br#"{"message":"no machine","errorCode":2818}"#);
    check(&other, "rejected Some(2818) no machine");
    check_with(&other, doubted, ThrottlePolicy::Unsent, "rejected Some(2818) no machine");
    check(
        &answer(409, &[], br#"{"message":"no user","errorCode":"InvalidStartJobRobotIds"}"#),
        "rejected None InvalidStartJobRobotIds: no user",
    );
    for body in ["", PROBLEM, HTML, r#"{"message":"no","errorCode":0}"#, r#"{"message":"no"}"#] {
        check(&answer(409, &[], body.as_bytes()), "in doubt");
    }
}

#[test]
fn row_12_other_client_errors_are_final_only_with_a_code() {
    for status in [408, 425, 499] {
        check(&answer(status, &[], b""), "in doubt");
        check(&answer(status, &[], CODED.as_bytes()), "in doubt");
    }
    for status in [402, 410, 411, 412, 414, 416, 417, 418, 421, 423, 424, 426, 428, 431, 444, 451] {
        check(&answer(status, &[], b""), "in doubt");
        check(&answer(status, &[], HTML.as_bytes()), "in doubt");
        check(&answer(status, &[], CODED.as_bytes()), "rejected Some(1002) no");
    }
}

#[test]
fn row_13_a_429_is_unsent_or_ambiguous_as_the_profile_says() {
    let later = "Sat, 31 Jan 2026 12:02:00 GMT";
    let skewed = [("retry-after", later), ("date", "Sat, 31 Jan 2026 11:59:00 GMT")];
    for (headers, unsent, ambiguous) in [
        (&[][..], "unsent, throttled None", "in doubt"),
        (&[("retry-after", "30")], "unsent, throttled Some(30s)", "in doubt, hold 30s"),
        (&[("retry-after", later)], "unsent, throttled Some(120s)", "in doubt, hold 120s"),
        (&[("retry-after", "soon")], "unsent, throttled None", "in doubt"),
        // The server's own clock counts where it shows it: ours may be wrong.
        (&skewed, "unsent, throttled Some(180s)", "in doubt, hold 180s"),
    ] {
        let observed = answer(429, headers, b"");
        check(&observed, unsent);
        check_with(&observed, PriorAttempts::default(), ThrottlePolicy::Ambiguous, ambiguous);
    }
}

#[test]
fn rows_14_and_15_a_server_that_fails_may_have_started_the_job() {
    for status in [500, 501, 502, 503, 504, 507, 520, 521, 522, 523, 524, 525, 526, 527, 530, 599] {
        for body in ["", CODED, HTML] {
            check(&answer(status, &[], body.as_bytes()), "in doubt");
        }
        check(&answer(status, &[("retry-after", "7")], b""), "in doubt, hold 7s");
    }
    check(&answer(101, &[], b""), "in doubt");
    check(&answer(600, &[], b""), "in doubt");
}

#[test]
fn row_16_a_failure_after_the_first_byte_is_in_doubt() {
    check(&Observed::Broken { detail: "connection reset".to_owned() }, "in doubt");
}

#[test]
fn row_17_a_stream_that_the_server_did_not_take_is_sent_again() {
    check(&Observed::NotSent { cause: NotSent::NotTaken, detail: String::new() }, "unsent, back off");
}

#[test]
fn a_doubt_and_a_stop_say_what_came_back() {
    let class = classify(&answer(503, &[], CODED.as_bytes()), PriorAttempts::default(), ThrottlePolicy::Unsent, now());
    let why = "HTTP 503, errorCode 1002: no (traceId 00-ab)".to_owned();
    assert_eq!(class, AnswerClass::InDoubt { why, hold: None::<Duration> });
    let class = classify(&answer(302, &[], b""), PriorAttempts::default(), ThrottlePolicy::Unsent, now());
    assert!(matches!(class, AnswerClass::Stopped { stop: StopScope::Connection, error } if error.status == 302));
}
