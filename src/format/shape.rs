//! How a key's type shows in the schema: the transforms that every object of the format shares.
//!
//! In: schemas as `schemars` derives them. Out: schemas with free `x-` keys, without null, and with room for expressions.
//! Never: reads a manifest.

use schemars::Schema;
use serde_json::{Map, Value, json};

/// The transform of an object in which no expression stands: `x-` keys are free, a key without a value is an error.
pub(super) fn keys(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for (key, property) in properties.iter_mut() {
            without_null(property);
            named_keys(property);
            // Editors show it above the text: else hover does not say of which key it speaks.
            if let Value::Object(property) = property {
                property.entry("title").or_insert_with(|| Value::from(key.as_str()));
            }
        }
        object.insert("patternProperties".to_owned(), json!({ "^x-": true }));
        object.entry("additionalProperties").or_insert(Value::Bool(false));
    }
}

/// The transform of an object in which expressions may stand for values: as [`keys`], and each value may be one.
pub(super) fn open_keys(schema: &mut Schema) {
    keys(schema);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(open);
    }
}

/// The transform of a choice in which expressions may stand inside each branch.
pub(super) fn open_branches(schema: &mut Schema) {
    if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
        for branch in branches {
            named_keys(branch);
            open_inside(branch);
        }
    }
}

/// The transform of a choice without expressions.
pub(super) fn branches(schema: &mut Schema) {
    if let Some(Value::Array(branches)) = schema.get_mut("anyOf") {
        branches.iter_mut().for_each(named_keys);
    }
}

/// Lets an expression stand in place of the value, and of each value in it.
pub(super) fn open(value: &mut Value) {
    open_inside(value);
    if let Ok(schema) = <&mut Schema>::try_from(value) {
        or_expression(schema);
    }
}

fn open_inside(value: &mut Value) {
    let Value::Object(object) = value else { return };
    for key in ["items", "additionalProperties"] {
        if let Some(inner @ Value::Object(_)) = object.get_mut(key) {
            open(inner);
        }
    }
}

/// Lets an expression stand in place of the value, unless any text may.
fn or_expression(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    let notes: Map<String, Value> = ["title", "description", "default", "examples"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), object.get(key)?.clone())))
        .collect();
    let is_constrained = object.keys().any(|key| !notes.contains_key(key));
    let is_free_text = object.get("type").is_some_and(|kind| kind == "string")
        && !["pattern", "enum", "const", "format", "maxLength"].iter().any(|key| object.contains_key(*key));
    if is_free_text || !is_constrained {
        return;
    }
    let expression = json!({ "$ref": "#/$defs/Expression" });
    if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
        if !branches.contains(&expression) {
            branches.push(expression);
        }
        return;
    }
    let typed: Map<String, Value> =
        std::mem::take(object).into_iter().filter(|(key, _)| !notes.contains_key(key)).collect();
    *object = notes;
    object.insert("anyOf".to_owned(), Value::Array(vec![Value::Object(typed), expression]));
}

/// A map whose keys have a form: said by `propertyNames`, so that a wrong key is told apart from an unknown one.
pub(super) fn named_keys(value: &mut Value) {
    let Value::Object(object) = value else { return };
    if object.get("additionalProperties") != Some(&Value::Bool(false)) {
        return;
    }
    let Some(Value::Object(patterns)) = object.get("patternProperties") else { return };
    let Some((pattern, values)) = patterns.iter().next().map(|(pattern, values)| (pattern.clone(), values.clone()))
    else {
        return;
    };
    object.remove("patternProperties");
    object.insert("propertyNames".to_owned(), json!({ "pattern": pattern }));
    object.insert("additionalProperties".to_owned(), values);
}

fn without_null(property: &mut Value) {
    let Value::Object(object) = property else { return };
    if let Some(Value::Array(kinds)) = object.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = object.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
        branches.retain(|branch| branch.get("type").is_none_or(|kind| kind != "null"));
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (key, value) in only {
                object.entry(key).or_insert(value);
            }
        }
    }
}
