//! Our table of the request's fields, and the words of the manifest's schema, against the published description.

use serde_json::Value;
use sortie::schema;
use sortie::start_info::{FIELDS, FieldKind, PriorityLevel, Runtime, StartInfoField, StopStrategy, Strategy};
use sortie::words::Words as _;

const DESCRIPTION: &str = include_str!("../../../crates/orchestrator-sandbox/tests/openapi/openapi-launch.yaml");

fn described() -> Value {
    let budget = serde_yaml::budget! { max_nodes: 10_000_000, max_events: 10_000_000 };
    let options = serde_yaml::options! { budget: budget };
    let whole: Value = serde_yaml::from_str_with_options(DESCRIPTION, options).unwrap();
    whole["components"]["schemas"].clone()
}

/// What is different between `field` and `described`, where something is.
fn difference(schemas: &Value, field: &StartInfoField, described: &Value) -> Option<String> {
    let described = match described["$ref"].as_str() {
        Some(name) => &schemas[name.rsplit('/').next().unwrap()],
        None => described,
    };
    let kind = described["type"].as_str().unwrap();
    let same = match &field.kind {
        FieldKind::Text(longest) => kind == "string" && described["maxLength"].as_u64().unwrap_or(0) == *longest as u64,
        FieldKind::Guid => kind == "string" && described["format"] == "uuid",
        FieldKind::Bool => kind == "boolean",
        FieldKind::Integer(least, most) => {
            let (low, high) = match described["format"].as_str() {
                Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
                _ => (i64::MIN, i64::MAX),
            };
            let limit = |key: &str, or: i64| described[key].as_i64().unwrap_or(or);
            kind == "integer" && (limit("minimum", low), limit("maximum", high)) == (*least, *most)
        }
        FieldKind::Words(words) => described["enum"] == serde_json::json!(words),
        FieldKind::List(inner) => {
            let inner = StartInfoField { name: field.name, kind: **inner, key: None };
            return difference(schemas, &inner, &described["items"]);
        }
        FieldKind::Object(required, fields) => {
            let names: Vec<&str> = fields[..*required].iter().map(|field| field.name).collect();
            let is_required =
                described.get("required").map_or(names.is_empty(), |list| *list == serde_json::json!(names));
            return (!is_required)
                .then(|| format!("{}: required", field.name))
                .or_else(|| fields_differ(schemas, fields, &described["properties"]));
        }
    };
    (!same).then(|| format!("{}: {:?} is not {described}", field.name, field.kind))
}

fn fields_differ(schemas: &Value, fields: &[StartInfoField], properties: &Value) -> Option<String> {
    let ours: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let theirs: Vec<&str> = properties.as_object().unwrap().keys().map(String::as_str).collect();
    if ours != theirs {
        return Some(format!("{ours:?} are not {theirs:?}"));
    }
    fields.iter().find_map(|field| difference(schemas, field, &properties[field.name]))
}

#[test]
fn the_table_of_fields_is_the_published_description() {
    let schemas = described();
    assert_eq!(fields_differ(&schemas, FIELDS, &schemas["StartProcessDto"]["properties"]), None);
}

#[test]
fn the_manifests_words_are_the_apis() {
    let schema = schema::generate();
    for (name, words) in [
        ("Strategy", Strategy::NAMES),
        ("Runtime", Runtime::NAMES),
        ("PriorityLevel", PriorityLevel::NAMES),
        ("StopStrategy", StopStrategy::NAMES),
    ] {
        assert_eq!(schema["$defs"][name]["enum"], serde_json::json!(words), "{name}");
    }
}
