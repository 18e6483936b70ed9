//! The schema of what is named by text, or by a mapping that says which property names it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::format::shape::open_branches;

/// The schema of text that is not empty, described by `of_text`, or of a `By`.
pub(super) fn text_or<By: JsonSchema>(generator: &mut SchemaGenerator, about: &str, of_text: &str) -> Schema {
    let mut by = generator.subschema_for::<By>();
    by.insert("description".to_owned(), "By one of its properties.".into());
    let mut schema = json_schema!({
        "anyOf": [{ "type": "string", "minLength": 1, "description": of_text }],
        "description": about,
    });
    // Not within the macro, which would sort its keys.
    if let Some(branches) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        branches.push(by.to_value());
    }
    open_branches(&mut schema);
    schema
}
