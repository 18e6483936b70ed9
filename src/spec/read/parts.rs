//! The readers of machines, stopping, environment variables and input files.
//!
//! In: a field's JSON. Out: the value, or what is wrong with it. Never: shows a value that may hold a secret.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{FieldError, guid, id_or_name, is_repetitive, not_empty, robot, word};
use crate::diagnostic::{Code, nearest};
use crate::ids::{AttachmentId, MachineId};
use crate::schema::format::{IdOrName, TimeSpan};
use crate::spec::fan_out::data_path;
use crate::start_info::{MachinePair, MachineRef, RobotRef, STOP_STRATEGIES, StopRule};

/// `input-file`, as it is written.
#[derive(Debug)]
pub(in crate::spec) enum InputFile {
    /// A GUID: what Orchestrator has.
    Attachment(AttachmentId),
    /// A file beside the manifest.
    Path(String),
}

/// A GUID, or the path of a file beside the manifest.
pub(in crate::spec) fn input_file(value: &Value) -> Result<InputFile, FieldError> {
    match value {
        Value::String(text) => match guid(text) {
            Some(id) => Ok(InputFile::Attachment(AttachmentId(id))),
            None => data_path(text).map(|()| InputFile::Path(text.clone())),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(FieldError::new(
            Code::WrongType,
            "`input-file` must be the path of a file, or the GUID of an attachment",
        )),
    }
}

/// A mapping of variables, made by an expression.
pub(in crate::spec) fn environment(value: &Value) -> Result<Map<String, Value>, FieldError> {
    let entries = super::mapping("environment", value.clone())?;
    let entries = entries.iter().map(|(key, value)| {
        variable_name(key)?;
        Ok((key.clone(), Value::String(variable(key, value)?)))
    });
    entries.collect()
}

/// The name of an environment variable. Windows allows far more than letters, so only what would break a line is refused.
pub(in crate::spec) fn variable_name(name: &str) -> Result<(), FieldError> {
    let is_name = !name.is_empty() && name.trim() == name && !name.contains(|c: char| c == '=' || c.is_control());
    if is_name {
        return Ok(());
    }
    Err(FieldError::new(Code::WrongForm, format!("`{}` is no name of an environment variable", name.escape_debug()))
        .help("it has no `=`, no line end and no space around it"))
}

/// The value of the variable `name`, as text.
pub(in crate::spec) fn variable(name: &str, value: &Value) -> Result<String, FieldError> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            let what = format!("environment variable `{name}` must be text, a number, true or false");
            return Err(
                FieldError::new(Code::WrongType, what).help("`| tojson` makes text of anything; `omit` leaves it out")
            );
        }
    };
    if text.contains(['\n', '\r', '\0']) {
        let what = format!("environment variable `{name}` holds a line end; the API takes one line for each");
        return Err(FieldError::new(Code::WrongForm, what).help("pass it in `arguments`, or encode it"));
    }
    Ok(text)
}

/// Machines by number or name, without repetition.
pub(in crate::spec) fn machines(value: &Value) -> Result<Vec<MachinePair<MachineRef, RobotRef>>, FieldError> {
    let Value::Array(items) = value else {
        return Err(FieldError::new(Code::WrongType, "`machines` must be a list of ids and names"));
    };
    not_empty("machines", items)?;
    let pair = |item| Ok(MachinePair { machine: machine(item)?, robot: None });
    let pairs = items.iter().map(pair).collect::<Result<Vec<_>, FieldError>>()?;
    if is_repetitive(&pairs) {
        return Err(FieldError::new(Code::Conflict, "a machine stands twice in `machines`").help("name each once"));
    }
    Ok(pairs)
}

/// Pairs of machine and robot, without repetition.
pub(in crate::spec) fn machine_robots(value: &Value) -> Result<Vec<MachinePair<MachineRef, RobotRef>>, FieldError> {
    let wrong = || {
        FieldError::new(Code::WrongType, "`machine-robots` must be a list of pairs")
            .help("write each as `{ machine: VM-01, robot: ETL-01 }`, by names or ids")
    };
    let Value::Array(items) = value else { return Err(wrong()) };
    not_empty("machine-robots", items)?;
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let (Some(one), Some(other)) = (item.get("machine"), item.get("robot")) else { return Err(wrong()) };
        let pair = MachinePair { machine: machine(one)?, robot: Some(robot(other)?) };
        pairs.push(pair);
    }
    if is_repetitive(&pairs) {
        return Err(FieldError::new(Code::Conflict, "a pair stands twice in `machine-robots`").help("name each once"));
    }
    Ok(pairs)
}

fn machine(value: &Value) -> Result<MachineRef, FieldError> {
    Ok(match id_or_name("machine", value)? {
        IdOrName::Id(id) => MachineRef::Id(MachineId(id)),
        IdOrName::Name(name) => MachineRef::Name(name),
    })
}

/// Machine sessions by number, without repetition.
pub(in crate::spec) fn sessions(value: &Value) -> Result<Vec<i64>, FieldError> {
    let wrong = || {
        FieldError::new(Code::WrongType, "`machine-sessions` must be a list of numbers")
            .help("a session has no name; to choose by name, write `machines`")
    };
    let sessions: Option<Vec<i64>> = value.as_array().and_then(|items| items.iter().map(Value::as_i64).collect());
    let sessions = sessions.ok_or_else(wrong)?;
    not_empty("machine-sessions", value.as_array().map_or(&[], Vec::as_slice))?;
    if let Some(id) = sessions.iter().find(|id| **id < 1) {
        let what = format!("the id of a session is a number above 0, and this is {id}");
        return Err(FieldError::new(Code::OutOfRange, what));
    }
    if is_repetitive(&sessions) {
        return Err(
            FieldError::new(Code::Conflict, "a session stands twice in `machine-sessions`").help("name each once")
        );
    }
    Ok(sessions)
}

const STOP_KEYS: [&str; 3] = ["after", "strategy", "kill-after"];

/// `stop`: after how long, how, and when the robot job is killed.
pub(in crate::spec) fn stop(value: &Value) -> Result<StopRule, FieldError> {
    let Value::Object(entries) = value else {
        return Err(FieldError::new(Code::WrongType, "`stop` must be a mapping").help("write `stop: { after: 2h }`"));
    };
    if let Some(unknown) = entries.keys().find(|key| !STOP_KEYS.contains(&key.as_str()) && !key.starts_with("x-")) {
        return Err(FieldError::new(Code::UnknownKey, format!("`stop` has no key `{unknown}`"))
            .maybe_help(nearest(unknown, STOP_KEYS).map(|near| format!("did you mean `{near}`?"))));
    }
    let Some(after) = entries.get("after") else {
        return Err(FieldError::new(Code::MissingKey, "`stop` does not say after how long").help("write `after: 2h`"));
    };
    let strategy =
        entries.get("strategy").map(|value| word("strategy of stopping", STOP_STRATEGIES, value)).transpose()?;
    let kill_after = entries.get("kill-after").map(|value| seconds("kill-after", value)).transpose()?;
    if strategy == Some("Kill") && kill_after.is_some() {
        return Err(FieldError::new(
            Code::Conflict,
            "`kill-after` stands beside `strategy: Kill`, which kills at once",
        )
        .help("drop one of the two; `SoftStop` gives the robot job time to end"));
    }
    Ok(StopRule { after: seconds("after", after)?, strategy: strategy.map(Into::into), kill_after })
}

/// A span of whole seconds, at least one: the API takes their number.
fn seconds(key: &str, value: &Value) -> Result<Duration, FieldError> {
    let Value::String(text) = value else {
        return Err(FieldError::new(Code::DurationUnit, format!("`{key}` of `stop` needs a unit"))
            .help("write `30s`, `30m` or `2h`"));
    };
    let Some(span) = TimeSpan::parse(text).map(TimeSpan::duration) else {
        let what = format!("`{key}` of `stop` must be a span of time with its unit");
        return Err(FieldError::new(Code::WrongForm, what).help("write `30s`, `30m` or `2h`"));
    };
    if span.as_secs() == 0 || span.subsec_nanos() != 0 {
        return Err(FieldError::new(Code::OutOfRange, format!("`{key}` of `stop` must be whole seconds, at least 1s")));
    }
    Ok(span)
}
