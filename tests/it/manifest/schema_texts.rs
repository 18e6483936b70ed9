//! What an editor shows of each key on hover and completion.

use serde_json::Value;
use sortie::schema;

/// Hover and completion of an editor teach by these alone.
#[test]
fn every_key_has_a_title_a_text_and_what_may_be_written() {
    let schema = serde_json::to_value(schema::generate()).expect("JSON");
    let definitions = schema["$defs"].as_object().expect("definitions");
    let objects = definitions.iter().map(|(name, of)| (name.as_str(), of)).chain([("Manifest", &schema)]);
    let mut keys = 0;
    for (object, of) in objects {
        for (key, property) in of["properties"].as_object().into_iter().flatten() {
            keys += 1;
            assert_eq!(property["title"], key.as_str(), "{object}");
            let text = property["description"].as_str().unwrap_or_default();
            assert!(text.len() > 10 && text.ends_with('.'), "{object}.{key}: {text:?}");
            assert!(key == "description" || shows_a_value(property, definitions, 3), "{object}.{key} has no example");
            let literal = ["Default: no.", "Default: yes.", "Default: 0."].iter().any(|end| text.ends_with(end));
            assert!(!literal || !property["default"].is_null(), "{object}.{key} has no default");
        }
    }
    assert!(keys > 120, "{keys} keys");
}

/// Whether `schema` or what it refers to, `levels` deep, has an example, a default or a list of choices.
fn shows_a_value(schema: &Value, definitions: &serde_json::Map<String, Value>, levels: usize) -> bool {
    let shows = ["examples", "enum", "default"].iter().any(|word| schema.get(word).is_some());
    let target =
        schema["$ref"].as_str().and_then(|to| to.strip_prefix("#/$defs/")).filter(|name| *name != "Expression");
    let inner = schema["anyOf"].as_array().into_iter().flatten().chain(target.map(|name| &definitions[name]));
    let is_boolean = schema["type"] == "boolean";
    shows || is_boolean || (levels > 0 && inner.into_iter().any(|inner| shows_a_value(inner, definitions, levels - 1)))
}
