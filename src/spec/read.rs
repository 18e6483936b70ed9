//! One reader for each field of a job: JSON, fixed or rendered, -> a value of our types.
//!
//! In: a field's JSON. Out: the value, or what is wrong with it. Never: looks at another field.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::ReleaseRef;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::ids::{FolderId, FolderRef, Reference, ReferenceMark, ReleaseKey, RobotId};
use crate::launch_terms::AmbiguityPolicy;
use crate::schema::format::IdOrName;
use crate::source::Place;
use crate::start_info::{self, LaunchPriority, MAX_JOBS_PER_CALL, PRIORITIES, RUNTIMES, RobotRef, STRATEGIES};

mod parts;

pub(super) use parts::{
    InputFile, environment, input_file, machine_robots, machines, sessions, stop, variable, variable_name,
};

/// What is wrong with a field's value. Never shows the value itself where it may be an argument.
#[derive(Debug)]
pub struct FieldError {
    /// The situation.
    pub code: Code,
    /// The complaint, whole.
    pub what: String,
    /// A next step.
    pub help: Option<String>,
}

impl FieldError {
    pub(super) fn new(code: Code, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), help: None }
    }

    /// The complaint at its place.
    #[must_use]
    pub fn at(self, place: Place) -> Diagnostic {
        Diagnostic::error(self.code, place, self.what).maybe_help(self.help)
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    fn maybe_help(self, help: Option<String>) -> Self {
        Self { help, ..self }
    }
}

/// What is said of a key that this version cannot carry out.
pub(super) fn not_yet(key: &str) -> String {
    format!("`{key}` is not in this version of sortie yet")
}

/// A release: text is a name, or a key where it is a GUID; else one of `{name}`, `{key}` and `{package}`, of which the
/// first and the last may assert a `version`.
pub(super) fn release(value: &Value) -> Result<ReleaseRef, FieldError> {
    match value {
        Value::String(text) if text.is_empty() => Err(FieldError::new(Code::WrongForm, "`release` must not be empty")),
        Value::String(text) => {
            printable("the name of a release", text)?;
            Ok(guid(text).map_or_else(
                || ReleaseRef::Name { name: text.clone(), version: None },
                |key| ReleaseRef::Key(ReleaseKey(key)),
            ))
        }
        Value::Object(entries) => {
            let version = match entries.get("version") {
                None => None,
                Some(Value::String(version)) if !version.is_empty() => Some(version.clone()),
                Some(_) => {
                    return Err(FieldError::new(Code::WrongType, "`version` of `release` must be text")
                        .help("put it in quotes: `1.10` is the number 1.1"));
                }
            };
            for (part, value) in entries {
                value.as_str().map_or(Ok(()), |text| printable(&format!("`{part}` of `release`"), text))?;
            }
            match only_entry("release", &["name", "key", "package"], entries)? {
                ("name", Value::String(name)) if !name.is_empty() => {
                    Ok(ReleaseRef::Name { name: name.clone(), version })
                }
                ("package", Value::String(package)) if !package.is_empty() => {
                    Ok(ReleaseRef::Package { package: package.clone(), version })
                }
                ("key", _) if version.is_some() => {
                    Err(FieldError::new(Code::Conflict, "`version` of `release` stands beside `key`")
                        .help("a version is asserted of a `name` or a `package`"))
                }
                ("key", Value::String(text)) if guid(text).is_some() => {
                    Ok(ReleaseRef::Key(ReleaseKey(guid(text).expect("just parsed"))))
                }
                ("key", _) => Err(FieldError::new(Code::WrongForm, "`key` of `release` must be a GUID")),
                (part, _) => Err(FieldError::new(Code::WrongType, format!("`{part}` of `release` must be text"))),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            Err(FieldError::new(Code::WrongType, "`release` must be a name, a key or a mapping"))
        }
    }
}

/// A folder: text is a path; else one of `{path}`, `{id}`, `{key}`. A slash before or behind a path means nothing: the
/// server knows `Shared`, and neither `/Shared` nor `Shared/`.
pub fn folder(value: &Value) -> Result<FolderRef, FieldError> {
    let path = |text: &str| {
        let trimmed = text.trim_matches('/');
        if trimmed.trim().is_empty() {
            return Err(FieldError::new(Code::WrongForm, "`folder` must not be empty"));
        }
        printable("the path of a folder", text)?;
        let parts: Vec<&str> = trimmed.split('/').map(str::trim).collect();
        if parts.iter().any(|part| part.is_empty()) || trimmed.split('/').any(|part| part != part.trim()) {
            let meant: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            let what = "a folder's path has one slash between two names, without blanks around it";
            return Err(FieldError::new(Code::WrongForm, what).help(format!("write `{}`", meant.join("/"))));
        }
        Ok(FolderRef::Path(trimmed.to_owned()))
    };
    match value {
        Value::String(text) => path(text),
        Value::Object(entries) => match only_entry("folder", &["path", "id", "key"], entries)? {
            ("path", Value::String(text)) => path(text),
            ("id", id) if id.as_i64().is_some_and(|id| id > 0) => {
                Ok(FolderRef::Id(FolderId(id.as_i64().expect("just read"))))
            }
            ("key", Value::String(text)) if guid(text).is_some() => {
                Ok(FolderRef::Key(guid(text).expect("just parsed")))
            }
            ("id", _) => Err(FieldError::new(Code::WrongType, "`id` of `folder` must be a whole number above 0")),
            ("key", _) => Err(FieldError::new(Code::WrongForm, "`key` of `folder` must be a GUID")),
            (_, _) => Err(FieldError::new(Code::WrongType, "`path` of `folder` must be text")),
        },
        Value::Number(number) => Err(FieldError::new(Code::WrongType, "`folder` as text is a path; a number is an id")
            .help(format!("write `folder: {{ id: {number} }}`"))),
        Value::Null | Value::Bool(_) | Value::Array(_) => {
            Err(FieldError::new(Code::WrongType, "`folder` must be a path or a mapping"))
        }
    }
}

/// A strategy's name, as the API spells it.
pub(super) fn strategy(value: &Value) -> Result<&'static str, FieldError> {
    word("strategy", STRATEGIES, value)
}

/// A runtime's name, as the API spells it.
pub(super) fn runtime(value: &Value) -> Result<&'static str, FieldError> {
    word("runtime", RUNTIMES, value)
}

/// What follows once a launch in doubt was surely not started.
pub(super) fn on_ambiguous(value: &Value) -> Result<AmbiguityPolicy, FieldError> {
    Ok(match word("on-ambiguous", &["resend", "hold"], value)? {
        "hold" => AmbiguityPolicy::Hold,
        _ => AmbiguityPolicy::Resend,
    })
}

/// Whether a launch is started once, whatever the run.
pub(super) fn once(value: &Value) -> Result<bool, FieldError> {
    value.as_bool().ok_or_else(|| FieldError::new(Code::WrongType, "`once` must be `true` or `false`"))
}

/// How many robot jobs one launch starts.
pub(super) fn count(value: &Value) -> Result<u32, FieldError> {
    match value.as_u64().and_then(|count| u32::try_from(count).ok()) {
        Some(count) if (1..=MAX_JOBS_PER_CALL).contains(&count) => Ok(count),
        _ if value.is_number() => Err(FieldError::new(
            Code::OutOfRange,
            format!("`count` must be a whole number from 1 to {MAX_JOBS_PER_CALL}"),
        )),
        _ => Err(FieldError::new(
            Code::WrongType,
            format!("`count` must be a whole number from 1 to {MAX_JOBS_PER_CALL}"),
        )
        .help("`| int` makes a number of text")),
    }
}

/// Robots by number or name, without repetition.
pub(super) fn robots(value: &Value) -> Result<Vec<RobotRef>, FieldError> {
    let Value::Array(items) = value else {
        return Err(FieldError::new(Code::WrongType, "`robots` must be a list of ids and names"));
    };
    not_empty("robots", items)?;
    let robots = items.iter().map(robot).collect::<Result<Vec<RobotRef>, FieldError>>()?;
    if is_repetitive(&robots) {
        return Err(FieldError::new(Code::Conflict, "a robot stands twice in `robots`")
            .help("one launch starts one robot job on each robot; for more, use `count` or another job"));
    }
    Ok(robots)
}

/// Whether one of `items` stands twice; found without comparing each with each.
fn is_repetitive<T: Ord>(items: &[T]) -> bool {
    let mut seen = BTreeSet::new();
    !items.iter().all(|item| seen.insert(item))
}

/// Refuses an empty list of what a launch may run on: nobody means by it what leaving it out means.
fn not_empty(key: &str, items: &[Value]) -> Result<(), FieldError> {
    if !items.is_empty() {
        return Ok(());
    }
    let what = format!("`{key}` is an empty list, and a launch on none of them cannot be");
    Err(FieldError::new(Code::OutOfRange, what).help(format!(
        "leave `{key}` out where any may run it (`${{{{ omit }}}}` does so in an expression); `if` skips the launch"
    )))
}

/// `Low`, `Normal`, `High`, or a number from 1 to 100.
pub(super) fn priority(value: &Value) -> Result<LaunchPriority, FieldError> {
    match value {
        Value::Number(number) => match number.as_u64().and_then(|number| u8::try_from(number).ok()) {
            Some(number @ 1..=100) => Ok(LaunchPriority::Value(number)),
            Some(_) | None => Err(FieldError::new(Code::OutOfRange, "`priority` as a number must be from 1 to 100")),
        },
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            word("priority", PRIORITIES, value).map(|level| LaunchPriority::Level(level.into())).map_err(|wrong| {
                FieldError { help: wrong.help.map(|help| format!("{help}; or a number from 1 to 100")), ..wrong }
            })
        }
    }
}

/// The author's part of the Reference.
pub(super) fn reference(value: &Value) -> Result<String, FieldError> {
    let longest = Reference::MAX_PREFIX_CHARS;
    match value {
        Value::String(text) if text.is_empty() => {
            Err(FieldError::new(Code::WrongForm, "`reference` must not be empty"))
        }
        Value::String(text) if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
            Err(FieldError::new(Code::WrongForm, "`reference` may hold printable ASCII characters only"))
        }
        Value::String(text) if text.len() > longest => Err(FieldError::new(
            Code::OutOfRange,
            format!("`reference` may be at most {longest} characters long; this one has {}", text.len()),
        )
        .help(format!("with sortie's own part it must fit the API's {}", Reference::MAX_CHARS))),
        Value::String(text) if text.trim() != text || text.contains("  ") => {
            let meant = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let what = "`reference` may not begin or end with a blank, nor hold two in a row: servers drop such blanks, and a \
                        launch is then not found by it";
            Err(FieldError::new(Code::WrongForm, what).help(format!("write `{meant}`")))
        }
        Value::String(text) if ReferenceMark::find(text).is_some() => {
            let what = "`reference` holds a text of the form of sortie's own part: the robot job could pass for another \
                        launch's";
            Err(FieldError::new(Code::WrongForm, what).help("give the id of a parent in an argument instead"))
        }
        Value::String(text) => Ok(text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(FieldError::new(Code::WrongType, "`reference` must be text").help("put it in quotes"))
        }
    }
}

/// A mapping, such as `arguments`.
pub(super) fn mapping(key: &str, value: Value) -> Result<Map<String, Value>, FieldError> {
    match value {
        Value::Object(entries) => Ok(entries),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(FieldError::new(Code::WrongType, format!("`{key}` must be a mapping")))
        }
    }
}

/// One field of `start-info`; `value` is `None` if only its name can be judged yet.
pub(super) fn start_info(name: &str, value: Option<&Value>) -> Result<(), FieldError> {
    let field = start_info::find(name);
    field
        .and_then(|field| value.map_or(Ok(()), |value| start_info::check(field, value)))
        .map_err(|start_info::StartInfoError { what, help }| FieldError { code: Code::RequestField, what, help })
}

fn word(key: &str, words: &[&'static str], value: &Value) -> Result<&'static str, FieldError> {
    let Value::String(text) = value else {
        return Err(FieldError::new(Code::WrongType, format!("`{key}` must be text"))
            .help(format!("one of {}", words.join(", "))));
    };
    words.iter().find(|word| *word == text).copied().ok_or_else(|| {
        FieldError::new(Code::NotOneOf, format!("`{text}` is not a {key}")).help(
            match nearest(text, words.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("one of {}", words.join(", ")),
            },
        )
    })
}

fn only_entry<'v>(
    key: &str,
    parts: &[&str],
    entries: &'v Map<String, Value>,
) -> Result<(&'v str, &'v Value), FieldError> {
    let mut known = entries.iter().filter(|(part, _)| parts.contains(&part.as_str()));
    if let (Some((part, value)), None) = (known.next(), known.next()) {
        return Ok((part, value));
    }
    let listed: Vec<String> = parts.iter().map(|part| format!("`{part}`")).collect();
    let what = format!("`{key}` takes exactly one of {}", listed.join(", "));
    // An unknown key is what is wrong then.
    let is_misspelled =
        entries.keys().any(|key| !parts.contains(&key.as_str()) && key != "version" && !key.starts_with("x-"));
    let code = if is_misspelled { Code::UnknownKey } else { Code::Conflict };
    Err(FieldError::new(code, what).help(format!("write `{key}: {{ {}: ... }}`", parts[0])))
}

fn robot(value: &Value) -> Result<RobotRef, FieldError> {
    Ok(match id_or_name("robot", value)? {
        IdOrName::Id(id) => RobotRef::Id(RobotId(id)),
        IdOrName::Name(name) => RobotRef::Name(name),
    })
}

fn id_or_name(kind: &str, value: &Value) -> Result<IdOrName, FieldError> {
    match (value, value.as_i64()) {
        (_, Some(id)) if id < 1 => {
            Err(FieldError::new(Code::OutOfRange, format!("the id of a {kind} is a number above 0, and this is {id}"))
                .help("if it is a name, put it in quotes"))
        }
        (_, Some(id)) => Ok(IdOrName::Id(id)),
        (Value::String(name), None) if !name.is_empty() => {
            printable(&format!("the name of a {kind}"), name)?;
            Ok(IdOrName::Name(name.clone()))
        }
        (_, None) => Err(FieldError::new(Code::WrongType, format!("a {kind} must be an id or a name"))),
    }
}

/// Refuses a name with a control character: nothing is called so, and in double quotes `\t` and `\n` are such.
pub(super) fn printable(subject: &str, name: &str) -> Result<(), FieldError> {
    match name.chars().find(|c| c.is_control()) {
        None => Ok(()),
        Some(control) => {
            let what = format!("{subject} holds the control character U+{:04X}", u32::from(control));
            Err(FieldError::new(Code::WrongForm, what).help(
                "in double quotes a backslash begins an escape (`\\t` is a tab): double it, or use single quotes",
            ))
        }
    }
}

fn guid(text: &str) -> Option<uuid::Uuid> {
    if text.len() == 36 { uuid::Uuid::try_parse(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cmp::Ordering;

    use super::*;

    /// Counts how often two of its kind are compared.
    struct Counted<'a>(u32, &'a Cell<u64>);

    impl Ord for Counted<'_> {
        fn cmp(&self, other: &Self) -> Ordering {
            self.1.set(self.1.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted<'_> {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other) == Ordering::Equal
        }
    }

    impl Eq for Counted<'_> {}

    #[test]
    fn a_long_list_is_not_compared_each_with_each() {
        let compared = Cell::new(0);
        let list =
            |length: u32, last: u32| (0..length).chain([last]).map(|number| Counted(number, &compared)).collect();
        let (distinct, repetitive): (Vec<_>, Vec<_>) = (list(100_000, 100_000), list(100_000, 7));
        assert!(!is_repetitive(&distinct) && is_repetitive(&repetitive));
        assert!(compared.get() < 20_000_000, "{} comparisons", compared.get());
    }

    #[test]
    fn what_stands_twice_is_refused_wherever_it_stands() {
        let twice = serde_json::json!(["a", 1, "b", "c", 1]);
        let pairs = serde_json::json!([{"machine": "m", "robot": 1}, {"machine": "m", "robot": 2}, {"machine": "m", "robot": 1}]);
        let said = |wrong: Option<FieldError>| wrong.map(|wrong| wrong.what).unwrap_or_default();
        assert_eq!(said(robots(&twice).err()), "a robot stands twice in `robots`");
        assert_eq!(said(machines(&twice).err()), "a machine stands twice in `machines`");
        assert_eq!(said(machine_robots(&pairs).err()), "a pair stands twice in `machine-robots`");
        assert_eq!(said(sessions(&serde_json::json!([1, 2, 1])).err()), "a session stands twice in `machine-sessions`");
    }
}
