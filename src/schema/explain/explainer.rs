//! What explaining knows: the document and its schema; and the words that the schema has.

use serde_json::Value;

use crate::manifest::Document;
use crate::schema::words;

/// Maximum keys of a mapping that are listed.
pub(super) const MAX_LISTED: usize = 12;

/// What explaining needs to know.
pub(in crate::schema) struct Explainer<'a> {
    pub(in crate::schema) document: &'a Document,
    pub(in crate::schema) schema: &'a Value,
}

impl Explainer<'_> {
    /// What a branch of a choice takes, in words.
    pub(super) fn branch(&self, branch: &Value) -> String {
        let target = self.target(branch);
        if let Some(choices) = target.get("enum").and_then(Value::as_array) {
            return words::any_of(&choices.iter().map(words::spelled).collect::<Vec<_>>());
        }
        if target.get("pattern").is_some()
            && let Some(description) = target.get("description").and_then(Value::as_str)
        {
            return words::inner(description);
        }
        match target.get("type").and_then(Value::as_str) {
            Some("string") => "text".to_owned(),
            Some("integer") => "a whole number".to_owned(),
            Some("number") => "a number".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("array") => "a list".to_owned(),
            Some("object") => match target.get("properties").and_then(Value::as_object) {
                Some(properties) if properties.len() <= 5 => {
                    let keys: Vec<String> = properties.keys().map(|key| format!("`{key}`")).collect();
                    format!("a mapping with {}", words::any_of(&keys))
                }
                Some(_) | None => "a mapping".to_owned(),
            },
            Some(_) | None => "another value".to_owned(),
        }
    }

    /// The schema that `branch` refers to, or itself.
    pub(super) fn target<'s>(&'s self, branch: &'s Value) -> &'s Value {
        let reference = branch.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
        reference.and_then(|pointer| self.schema.pointer(pointer)).unwrap_or(branch)
    }

    pub(super) fn example(&self, schema: &Value) -> Option<String> {
        self.example_value(schema).map(|example| format!("for example: `{example}`"))
    }

    pub(super) fn example_value(&self, schema: &Value) -> Option<String> {
        let first = |schema: &Value| schema.pointer("/examples/0").cloned();
        let own = first(schema).or_else(|| first(self.target(schema)));
        let choice = || self.target(schema).pointer("/enum/0").cloned();
        let value = own.or_else(choice)?;
        Some(match value {
            Value::String(text) => text,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                words::in_yaml(&value)
            }
        })
    }

    /// An example of what stands at `path`.
    pub(super) fn example_at(&self, path: &str) -> Option<String> {
        let tokens: Vec<&str> = path.split('/').skip(1).collect();
        match tokens.as_slice() {
            ["jobs", _] => return Some("write its keys below it, such as `release: Invoice Loader`".to_owned()),
            ["params", _] => return Some("write its type below it: `{ type: string, default: ... }`".to_owned()),
            _ => {}
        }
        let schema = tokens.iter().try_fold(self.schema, |schema, token| self.child(schema, token))?;
        self.example(schema)
    }

    /// The schema of the key or item `token` in what `schema` describes.
    pub(super) fn child<'s>(&'s self, schema: &'s Value, token: &str) -> Option<&'s Value> {
        let of_object = |schema: &'s Value| {
            schema
                .get("properties")
                .and_then(|properties| properties.get(token))
                .or_else(|| schema.get("additionalProperties").filter(|values| values.is_object()))
                .or_else(|| schema.get("items").filter(|_| token.parse::<usize>().is_ok()))
        };
        let target = self.target(schema);
        of_object(target).or_else(|| {
            let branches = target.get("anyOf").and_then(Value::as_array)?;
            branches.iter().find_map(|branch| self.child(branch, token))
        })
    }
}

/// What the value at `path` is called: its key in backticks, or its number in its list.
pub(super) fn subject(path: &str) -> String {
    let tokens: Vec<String> =
        path.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    match tokens.as_slice() {
        [] => "the manifest".to_owned(),
        [jobs, name] if jobs == "jobs" => format!("job `{name}`"),
        [.., list, index] if index.parse::<usize>().is_ok() => {
            format!("item {} of `{list}`", index.parse::<usize>().map_or(0, |index| index.saturating_add(1)))
        }
        [.., key] => format!("`{key}`"),
    }
}

/// What a text of a certain form is, in words.
pub(super) fn form(schema: &Value) -> String {
    if schema.get("pattern").is_some_and(|pattern| pattern == "^[ -~]*$") {
        return "ASCII text, without line breaks".to_owned();
    }
    let description = schema.get("description").and_then(Value::as_str);
    description.map_or_else(|| "of another form".to_owned(), words::inner)
}
