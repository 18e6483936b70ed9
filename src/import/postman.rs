//! A Postman collection, or one item of one.
//!
//! In: its JSON. Out: the requests that start robot jobs. Never: runs a script, or reads a saved answer.

use serde_json::{Map, Value};

use super::draft::Draft;
use super::error::{ImportError, JsonProblem};
use super::found::FoundRequest;
use super::headers::{base_of, is_start_jobs, take_header};
use super::json;
use super::secret_words::{is_secret_form, is_secret_name};

/// Whether `object` is a collection, a folder of one, or an item.
pub(super) fn is_postman(object: &Map<String, Value>) -> bool {
    object.get("item").is_some_and(Value::is_array)
        || object.get("request").is_some_and(Value::is_object)
        || object.get("collection").is_some_and(Value::is_object)
}

/// The requests of `object` that start robot jobs.
pub(super) fn read(mut object: Map<String, Value>, draft: &mut Draft<'_>) -> Result<Vec<FoundRequest>, ImportError> {
    // As Postman's own API hands it out.
    if let Some(Value::Object(inner)) = object.remove("collection") {
        object = inner;
    }
    draft.origin = if object.contains_key("item") { "a Postman collection" } else { "a Postman item" };
    variables(&object, draft);
    // Tokens first: a body may hold the same.
    logins(&Value::Object(object.clone()), draft);
    let mut found = Vec::new();
    walk(&object, draft, &mut found)?;
    if draft.passed_over > 0 && !found.is_empty() {
        let count = draft.passed_over;
        draft.note(match count {
            1 => "1 request that is no StartJobs call was left out".to_owned(),
            more => format!("{more} requests that are no StartJobs calls were left out"),
        });
    }
    Ok(found)
}

/// Remembers what variables of the collection stand for, but for secrets.
fn variables(object: &Map<String, Value>, draft: &mut Draft<'_>) {
    for variable in list(object.get("variable")) {
        let (Some(key), Some(value)) = (field(variable, "key"), field(variable, "value")) else { continue };
        let is_marked = variable.get("type").and_then(Value::as_str) == Some("secret");
        if is_marked || is_secret_name(key) || is_secret_form(value) {
            draft.learn(value);
        } else if !value.is_empty() {
            draft.defaults.insert(key.to_owned(), value.to_owned());
        }
    }
}

/// Learns what `auth` blocks and headers hold, wherever they stand.
fn logins(value: &Value, draft: &mut Draft<'_>) {
    match value {
        Value::Object(entries) => {
            if let Some(Value::Object(auth)) = entries.get("auth") {
                let kind = auth.get("type").and_then(Value::as_str).unwrap_or("login");
                if kind != "noauth" {
                    draft.note(format!("the login (`auth`, {kind}) was left out: it belongs into a profile"));
                    for entry in auth.values().filter_map(Value::as_array).flatten() {
                        let (key, value) = (field(entry, "key").unwrap_or_default(), field(entry, "value"));
                        // Others say where it goes and what it is called.
                        let is_secret = key == "value" || key != "addTokenTo" && is_secret_name(key);
                        if let Some(secret) = value.filter(|_| is_secret) {
                            draft.learn(secret);
                        }
                    }
                }
            }
            // A saved answer is no request, and what it holds is not carried anyway.
            entries.iter().filter(|(key, _)| *key != "response").for_each(|(_, value)| logins(value, draft));
        }
        Value::Array(items) => items.iter().for_each(|item| logins(item, draft)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn walk(object: &Map<String, Value>, draft: &mut Draft<'_>, found: &mut Vec<FoundRequest>) -> Result<(), ImportError> {
    if list(object.get("event")).next().is_some() {
        draft.note("scripts (before a request, or tests behind it) were left out");
    }
    if list(object.get("response")).next().is_some() {
        draft.note("saved answers were left out");
    }
    if let Some(Value::Object(request)) = object.get("request") {
        match read_request(object, request, draft)? {
            Some(request) => found.push(request),
            None => draft.passed_over += 1,
        }
    }
    for item in list(object.get("item")) {
        if let Value::Object(item) = item {
            walk(item, draft, found)?;
        }
    }
    Ok(())
}

fn read_request(
    item: &Map<String, Value>,
    request: &Map<String, Value>,
    draft: &mut Draft<'_>,
) -> Result<Option<FoundRequest>, ImportError> {
    let title = item.get("name").and_then(Value::as_str).map(str::to_owned);
    let address = address(request.get("url"));
    let is_call = is_start_jobs(&address);
    let body = request.get("body").and_then(|body| body.get("raw")).and_then(Value::as_str);
    let Some(body) = body else { return Ok(None) };
    let body = match json::parse(body) {
        Ok(body) => body,
        Err(problem) if is_call => return Err(ImportError::Body { title: title.map(|t| draft.shown(&t)), problem }),
        Err(_) => return Ok(None),
    };
    let Ok(mut found) = FoundRequest::of_body(body) else {
        if is_call {
            let problem = JsonProblem::Kind("it has no `startInfo`");
            return Err(ImportError::Body { title: title.map(|t| draft.shown(&t)), problem });
        }
        return Ok(None);
    };
    found.title = title;
    found.target.base = base_of(&address);
    for header in list(request.get("header")) {
        if header.get("disabled").and_then(Value::as_bool) == Some(true) {
            continue;
        }
        if let (Some(name), Some(value)) = (field(header, "key"), field(header, "value")) {
            take_header(&mut found, name, value, draft);
        }
    }
    Ok(Some(found))
}

/// The address of a request, however it is written.
fn address(url: Option<&Value>) -> String {
    match url {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(parts)) => match parts.get("raw").and_then(Value::as_str) {
            Some(raw) => raw.to_owned(),
            None => list(parts.get("path")).filter_map(Value::as_str).collect::<Vec<_>>().join("/"),
        },
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => String::new(),
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
