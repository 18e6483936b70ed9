//! What a server says when it refuses, in every shape that was ever seen.
//!
//! In: an answer that is no success. Out: Orchestrator's message, code and trace id, or our words where it sent none.
//! The shapes: Orchestrator's own in either case of letters, the ABP envelope, OData's envelope, ProblemDetails,
//! the identity server's, plain text, HTML, nothing. Source: `docs/orchestrator-api.md`, section 7.

use reqwest::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use serde_json::{Map, Value};

use super::http::observed::{HttpReply, ReplyBody};
use crate::robot_job::{ServerError, status_text};

/// A refusal, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorBody {
    /// What to show.
    pub error: ServerError,
    /// Orchestrator's code where it is a word, as in some of its documents.
    word: Option<String>,
    /// The body is a page for a browser.
    pub html: bool,
    /// The body says `"success": false`, as no gateway does.
    denies: bool,
    /// The body is in none of the forms in which Orchestrator refuses, an empty one among them: a page, text, other JSON, or cut.
    is_foreign: bool,
}

impl ErrorBody {
    /// Reads `reply`; never fails.
    #[must_use]
    pub fn read(reply: &HttpReply) -> Self {
        let (bytes, cut) = match &reply.body {
            ReplyBody::Whole(bytes) => (bytes.as_slice(), false),
            ReplyBody::Cut(bytes, _) => (bytes.as_slice(), true),
            ReplyBody::TooLong(_) => (&[][..], true),
        };
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut read = Self {
            error: ServerError { status: reply.status, ..ServerError::default() },
            word: None,
            html: is_html(text, reply.header(CONTENT_TYPE)),
            denies: false,
            is_foreign: cut || !text.is_empty(),
        };
        let message = match serde_json::from_str(text) {
            _ if read.html => html_message(text),
            Ok(Value::Object(fields)) => read.take_object(&fields),
            Ok(Value::String(message)) => message,
            Ok(_) | Err(_) => text.to_owned(),
        };
        // Not cut here: only a whole secret is known as one.
        message.trim().clone_into(&mut read.error.message);
        if read.error.message.is_empty() {
            read.error.message = match reply.header(WWW_AUTHENTICATE) {
                Some(challenge) => format!("{} ({challenge})", status_text(reply.status)),
                None if cut => format!("{} (the rest of the answer is lost)", status_text(reply.status)),
                None => status_text(reply.status),
            };
        }
        read
    }

    /// Whether Orchestrator itself signed the refusal. Code 0 does not count: frameworks put it where they know nothing.
    #[must_use]
    pub fn is_coded(&self) -> bool {
        self.error.code.is_some_and(|code| code != 0) || self.word.is_some()
    }

    /// Whether Orchestrator's own code ran and said no, whatever the status: older servers answer a wrong password by 500.
    pub(super) fn is_denial(&self) -> bool {
        self.is_coded() || self.denies
    }

    /// Whether somebody on the way may have put it in the place of the server's own answer, after the work was done.
    pub(super) fn is_foreign(&self) -> bool {
        self.is_foreign
    }

    /// 1100: folder unknown or not ours; 1101: no folder named.
    #[must_use]
    pub fn refuses_folder(&self) -> bool {
        matches!(self.error.code, Some(1100 | 1101))
    }

    fn take_object(&mut self, fields: &Map<String, Value>) -> String {
        let inner = get(fields, "error").or_else(|| get(fields, "odata.error")).and_then(Value::as_object);
        self.denies = get(fields, "success") == Some(&Value::Bool(false));
        self.error.trace_id = text(fields, "traceId").map(str::to_owned);
        let code = get(fields, "errorCode");
        self.error.code = code.and_then(number);
        if self.error.code.is_none() {
            self.word = code.and_then(Value::as_str).filter(|word| !word.trim().is_empty()).map(str::to_owned);
        }
        if self.error.code.is_none() && self.word.is_none() {
            self.error.code = inner.and_then(|inner| number(get(inner, "code")?));
        }
        let message = own_message(fields)
            .or_else(|| own_message(inner?))
            .or_else(|| identity_message(fields))
            .or_else(|| problem_message(fields))
            .unwrap_or_default();
        // ABP's outer message says what, its inner details say why.
        let details = inner.and_then(|inner| text(inner, "details")).or_else(|| text(fields, "details"));
        self.is_foreign = message.is_empty() && !self.is_denial() && self.error.code.is_none();
        let mut message = match details {
            Some(details) if !message.contains(details) => join(&message, details),
            Some(_) | None => message,
        };
        if let Some(word) = &self.word {
            message = join(word, &message);
        }
        message
    }
}

/// `message` or `errorMessage`; OData 3 wraps it in `{lang, value}`.
fn own_message(fields: &Map<String, Value>) -> Option<String> {
    if let Some(message) = text(fields, "message").or_else(|| text(fields, "errorMessage")) {
        return Some(message.to_owned());
    }
    text(get(fields, "message")?.as_object()?, "value").map(str::to_owned)
}

/// `{"error": "invalid_client", "error_description": ".."}`.
fn identity_message(fields: &Map<String, Value>) -> Option<String> {
    let error = text(fields, "error")?;
    Some(text(fields, "error_description").map_or_else(|| error.to_owned(), |words| join(error, words)))
}

/// `{"title", "detail", "errors": {field: [..]}}`.
fn problem_message(fields: &Map<String, Value>) -> Option<String> {
    let mut parts: Vec<String> =
        ["title", "detail"].into_iter().filter_map(|key| text(fields, key)).map(str::to_owned).collect();
    if let Some(errors) = get(fields, "errors").and_then(Value::as_object) {
        for (field, complaints) in errors {
            let complaints: Vec<&str> = match complaints {
                Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
                Value::String(one) => vec![one],
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
            };
            parts.push(join(field, &complaints.join(" ")));
        }
    }
    if parts.is_empty() { None } else { Some(parts.join("; ")) }
}

/// The field `name`, whatever the case of its letters.
fn get<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).or_else(|| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    get(fields, name)?.as_str().filter(|text| !text.trim().is_empty())
}

/// A number, also where it stands in quotes.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn join(left: &str, right: &str) -> String {
    match (left.is_empty(), right.is_empty()) {
        (true, _) => right.to_owned(),
        (false, true) => left.to_owned(),
        (false, false) => format!("{left}: {right}"),
    }
}

/// Whether `text` is a page for a browser.
pub(super) fn is_html(text: &str, content_type: Option<&str>) -> bool {
    text.starts_with('<')
        || content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// Our words for a page, with its title.
pub(super) fn html_message(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|start| {
        let start = start + lower[start..].find('>')? + 1;
        let end = start + lower[start..].find("</title")?;
        Some(page[start..end].split_whitespace().collect::<Vec<_>>().join(" "))
    });
    match title.filter(|title| !title.is_empty()) {
        Some(title) => format!("a web page came back (`{title}`): is the address right?"),
        None => "a web page came back: is the address right?".to_owned(),
    }
}
