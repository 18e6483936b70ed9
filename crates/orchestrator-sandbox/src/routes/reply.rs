//! What a client is told in place of a healthy answer, from the bytes of a page to nothing at all.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::endpoint::Endpoint;
use super::{Answer, Form};
use crate::clock::SharedClock;
use crate::faults::line::Line;
use crate::faults::{Cut, Fault, Part, Reply, RetryAfter, Status, Then};
use crate::refusal::Refusal;
use crate::world::switches::DateHeader;

/// What goes out.
pub(super) enum Said {
    /// A whole answer.
    Whole(Answer),
    /// An answer cut short.
    Cut(Answer, Cut),
    /// An answer whose declared length is off by so much.
    Length(Answer, i64, Then),
    /// Nothing.
    Nothing(Then),
}

/// What `fault` has said of a request whose work is `done`, or was not done at all; `number` is its line in the record.
pub(super) fn reply(
    fault: &Fault,
    done: Option<Result<Answer, Refusal>>,
    endpoint: Option<Endpoint>,
    number: u64,
) -> Said {
    let done = done.map(|done| done.unwrap_or_else(|refusal| Answer::refused(&refusal, number)));
    let usual = match (&done, endpoint) {
        (Some(done), _) => done.status,
        (None, Some(Endpoint::StartJobs)) => 201,
        (None, _) => 200,
    };
    let odata = |body: &[u8]| Answer::new(usual, Form::OData, body.to_vec());
    // What is cut may be anything, as long as it looks as if it were going to be an answer.
    let healthy = done.unwrap_or_else(|| odata(br#"{"@odata.context":"http://127.0.0.1/odata/$metadata","value":[]}"#));
    let answer = match &fault.reply {
        Reply::AsItShould => healthy,
        Reply::Claim => claimed(healthy),
        Reply::Without(names) => without(healthy, names),
        Reply::Status(status) => of_status(status, number),
        Reply::Html(status) => page(*status),
        Reply::Redirect(to) => redirect(to),
        Reply::EmptyBody => Answer::empty(usual),
        Reply::EmptyList => odata(br#"{"@odata.context":"http://127.0.0.1/odata/$metadata","value":[]}"#),
        Reply::Garbage => odata(br#"{"@odata.context":"http://127.0.0.1/odata/$metadata","value":[{"Id":1608"#),
        Reply::WrongIds => odata(br#"{"value":[{"Id":"the first","Key":7,"State":"Pending"}]}"#),
        Reply::NotUtf8 => odata(b"{\"value\":[{\"Id\":160856,\"Info\":\"caf\xe9\",\"State\":\"Pending\"}]}"),
        Reply::RefuseFilter(text) => refused_filter(text, number),
        Reply::Reset | Reply::ResetUnread => return Said::Nothing(Then::Reset),
        Reply::Close => return Said::Nothing(Then::Close),
        Reply::Never => return Said::Nothing(Then::Never),
        Reply::Cut(cut) => return Said::Cut(healthy, *cut),
        Reply::ContentLength(off, then) => return Said::Length(healthy, *off, *then),
    };
    Said::Whole(answer)
}

fn of_status(status: &Status, number: u64) -> Answer {
    let mut answer = match &status.error {
        Some((code, message)) => Answer::refused(&Refusal::error(status.status, *code, message.clone()), number),
        None if status.body.is_empty() => Answer::empty(status.status),
        None => Answer::new(status.status, Form::Text, status.body.clone().into_bytes()),
    };
    answer.retry_after = status.retry_after;
    answer
}

fn page(status: u16) -> Answer {
    let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Sign in");
    let page = format!(
        "<!DOCTYPE html>\n<html><head><title>{status} {title}</title></head>\n<body><h1>{title}</h1></body></html>\n"
    );
    Answer::new(status, Form::Html, page.into_bytes())
}

fn redirect(to: &str) -> Answer {
    let mut answer = Answer::empty(307);
    answer.headers.extend(HeaderValue::from_str(to).ok().map(|to| (header::LOCATION, to)));
    answer
}

fn refused_filter(text: &str, number: u64) -> Answer {
    let details = format!("The property '{text}' cannot be used in the $filter query option.");
    Answer::refused(&Refusal::bad_query(details), number)
}

/// The answer with as many rows as were asked for: rows too many are left out, rows too few are made up.
fn claimed(answer: Answer) -> Answer {
    let asked = answer.asked;
    with_rows(answer, |rows| {
        rows.truncate(asked);
        for number in rows.len()..asked {
            let mut ghost = rows.first().cloned().unwrap_or_else(|| json!({"State": "Pending"}));
            // Far from the ids of real ones.
            ghost["Id"] = json!(1_000_000_000 + number);
            ghost["Key"] = json!(crate::tenant::guid_of("ghost", &number.to_string()));
            rows.push(ghost);
        }
    })
}

/// The rows of a list, or the one entity that the answer is, without these properties.
fn without(mut answer: Answer, names: &[String]) -> Answer {
    let strip = |row: &mut Value| {
        if let Some(row) = row.as_object_mut() {
            row.retain(|key, _| !names.iter().any(|name| name.eq_ignore_ascii_case(key)));
        }
    };
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if let Some(rows) = body.get_mut("value").and_then(Value::as_array_mut) {
        rows.iter_mut().for_each(strip);
    } else if body.is_object() {
        strip(&mut body);
    } else {
        return answer;
    }
    answer.body = body.to_string().into_bytes();
    answer
}

/// The answer with its rows changed; as it is where it has none.
fn with_rows(mut answer: Answer, change: impl FnOnce(&mut Vec<Value>)) -> Answer {
    let mut body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if let Some(rows) = body.get_mut("value").and_then(Value::as_array_mut) {
        change(rows);
        answer.body = body.to_string().into_bytes();
    }
    answer
}

impl From<Answer> for Said {
    fn from(answer: Answer) -> Self {
        Self::Whole(answer)
    }
}

impl Said {
    /// The answer that goes out, whole or not.
    pub(super) fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Whole(answer) | Self::Cut(answer, _) | Self::Length(answer, ..) => Some(answer),
            Self::Nothing(_) => None,
        }
    }

    /// Sends it: a whole answer by HTTP's own means, anything else as bytes on the line.
    pub(super) async fn into_http(self, line: &Line, clock: &SharedClock, date: DateHeader) -> Response<Body> {
        match self {
            Self::Whole(answer) if date == DateHeader::Present => return answer.into_http(clock),
            // HTTP's own means would add a date.
            Self::Whole(answer) => {
                let (head, body) = bytes(dated(answer.into_http(clock), date), 0).await;
                line.say_instead([head, body].concat(), Then::Close);
            }
            Self::Nothing(then) => line.say_instead(Vec::new(), then),
            Self::Cut(answer, cut) => {
                let (head, body) = bytes(dated(answer.into_http(clock), date), 0).await;
                let half = |part: &Vec<u8>| cut.after_bytes.unwrap_or(part.len() / 2).min(part.len());
                let bytes = match cut.part {
                    Part::Head => head[..half(&head)].to_vec(),
                    Part::Body => [&head[..], &body[..half(&body)]].concat(),
                };
                line.say_instead(bytes, cut.then);
            }
            Self::Length(answer, off, then) => {
                let (head, body) = bytes(dated(answer.into_http(clock), date), off).await;
                line.say_instead([head, body].concat(), then);
            }
        }
        Response::default()
    }
}

/// The answer with its date; or without one, and as the last on its connection.
fn dated(mut response: Response<Body>, date: DateHeader) -> Response<Body> {
    if date == DateHeader::Absent {
        response.headers_mut().remove(header::DATE);
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Head and body of an answer as HTTP/1.1 writes them, the length off by so much.
async fn bytes(response: Response<Body>, off: i64) -> (Vec<u8>, Vec<u8>) {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map(Vec::from).unwrap_or_default();
    let reason = parts.status.canonical_reason().unwrap_or_default();
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16()).into_bytes();
    for (name, value) in &parts.headers {
        head.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let length = (body.len() as u64).saturating_add_signed(off);
    head.extend_from_slice(format!("content-length: {length}\r\n\r\n").as_bytes());
    (head, body)
}

/// `Retry-After`, by the sandbox's clock.
pub(super) fn retry_after(retry_after: RetryAfter, clock: &SharedClock) -> Option<(HeaderName, HeaderValue)> {
    let text = match retry_after {
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::Date(span) => {
            let then = clock.utc().saturating_add(span).ok()?;
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&then).ok()?
        }
    };
    Some((header::RETRY_AFTER, HeaderValue::from_str(&text).ok()?))
}
