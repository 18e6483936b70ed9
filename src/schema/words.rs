//! The schema's terms in words: types, lists of choices, what a key of the API is called here.

use serde_json::Value;

use super::rules::ValueType;
use crate::manifest::NodeKind;

/// What a value is: "text", "a list".
pub(super) fn found(kind: &NodeKind<'_>) -> &'static str {
    match kind {
        NodeKind::Null => "nothing",
        NodeKind::Bool(_) => "`true` or `false`",
        NodeKind::Int(_) | NodeKind::UInt(_) => "a whole number",
        NodeKind::Float(_) => "a number with a fraction",
        NodeKind::Text(_) => "text",
        NodeKind::Seq(_) => "a list",
        NodeKind::Map(_) => "a mapping",
    }
}

/// What a type of JSON is called here.
pub(super) fn wanted(kind: ValueType) -> &'static str {
    match kind {
        ValueType::Array => "a list",
        ValueType::Boolean => "`true` or `false`",
        ValueType::Integer => "a whole number",
        ValueType::Null => "`null`",
        ValueType::Number => "a number",
        ValueType::Object => "a mapping",
        ValueType::String => "text",
    }
}

/// `a`, `b` or `c`.
pub(super) fn any_of<T: AsRef<str>>(words: &[T]) -> String {
    match words {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", first.join(", "), last.as_ref())
        }
    }
}

/// A value of the schema in backticks.
pub(super) fn spelled(value: &Value) -> String {
    match value {
        // A tab as an author writes it, in double quotes.
        Value::String(text) => format!("`{}`", text.replace('\t', "\\t")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => format!("`{value}`"),
    }
}

/// A description of the schema as it stands in the middle of a sentence.
pub(super) fn inner(description: &str) -> String {
    let sentence = description.replace('\n', " ");
    let sentence = sentence.strip_suffix('.').unwrap_or(&sentence);
    let mut letters = sentence.chars();
    match letters.next() {
        // `GUID` keeps its capitals.
        Some(first) if !letters.as_str().starts_with(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        Some(_) | None => sentence.to_owned(),
    }
}

/// What the manifest calls a field of the API, or a word that people use for it.
pub(crate) fn own_word(key: &str) -> Option<&'static str> {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    Some(match plain.as_str() {
        "releasekey" | "releasename" | "process" | "processname" => "release",
        "robotids" | "robot" => "robots",
        "inputarguments" | "args" | "inputs" | "input" => "arguments",
        "jobscount" | "noofrobots" | "instances" => "count",
        "jobpriority" | "specificpriorityvalue" => "priority",
        "runtimetype" => "runtime",
        "environmentvariables" => "environment",
        "folderpath" | "organizationunit" => "folder",
        "dependson" => "needs",
        "job" | "steps" | "tasks" => "jobs",
        "foreach" | "rows" => "for-each",
        "parameters" => "params",
        "variables" => "vars",
        "machinerobots" => "machine-robots",
        "machinesessionids" => "machine-sessions",
        _ => return None,
    })
}

/// What people write for a choice of the format.
pub(super) fn own_choice(typed: &str) -> Option<&'static str> {
    Some(match typed.to_ascii_lowercase().as_str() {
        "int" | "int32" | "int64" | "long" => "integer",
        "str" | "text" | "date" | "datetime" | "time" | "uuid" | "guid" => "string",
        "bool" => "boolean",
        "float" | "double" | "decimal" | "currency" | "money" => "number",
        "object" | "list" | "array" | "map" | "dict" | "any" => "json",
        "soft" | "stop" => "SoftStop",
        "urgent" | "critical" | "highest" => "High",
        "lowest" => "Low",
        "medium" | "default" => "Normal",
        "xml" => "junit",
        "md" => "markdown",
        "retry" | "send" => "resend",
        "queue" => "wait",
        _ => return None,
    })
}

/// A value of JSON as people write it in YAML, on one line.
pub(super) fn in_yaml(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => {
            let is_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.contains(|c: char| c.is_ascii_alphabetic())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./ ".contains(c));
            if is_plain { text.clone() } else { value.to_string() }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(in_yaml).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key}: {}", in_yaml(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_well() {
        assert_eq!(any_of(&["a", "b", "c"]), "a, b or c");
        assert_eq!(any_of(&["a"]), "a");
        assert_eq!(inner("A job's name: letters."), "a job's name: letters");
        assert_eq!(inner("GUIDs of things"), "GUIDs of things");
        assert_eq!(own_word("ReleaseKey"), Some("release"));
        assert_eq!(own_word("for_each"), Some("for-each"));
        assert_eq!(own_word("x"), None);
    }
}
