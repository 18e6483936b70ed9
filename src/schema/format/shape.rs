//! How a key's type shows in the schema: fields that hold a node, and the transforms that every object of the format shares.
//!
//! In: schemas as `schemars` derives them. Out: schemas with free `x-` keys, without null, and with room for expressions.
//! Never: reads a manifest.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::manifest::{NodeId, NodeRef};

/// A value of type `T`, or an expression in its place or inside it. Holds the node; who needs the value renders it.
#[derive(Debug, PartialEq, Eq)]
pub struct Field<T> {
    /// The value's node.
    pub node: NodeId,
    wanted: PhantomData<fn() -> T>,
}

/// A value of type `T`, in whose place no expression may stand. Holds the node, so that it can be read when its turn comes.
#[derive(Debug, PartialEq, Eq)]
pub struct Fixed<T> {
    /// The value's node.
    pub node: NodeId,
    wanted: PhantomData<fn() -> T>,
}

impl<T> Clone for Field<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Field<T> {}

impl<T> Clone for Fixed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Fixed<T> {}

impl<'de, T> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        NodeRef::deserialize(deserializer).map(|NodeRef(node)| Self { node, wanted: PhantomData })
    }
}

impl<'de, T> Deserialize<'de> for Fixed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        NodeRef::deserialize(deserializer).map(|NodeRef(node)| Self { node, wanted: PhantomData })
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("FieldOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<T>().to_value();
        generator.subschema_for::<Expression>();
        named_keys(&mut schema);
        open(&mut schema);
        Schema::try_from(schema).expect("an object stays one")
    }
}

impl<T: JsonSchema> JsonSchema for Fixed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// Text with a `${{ }}` in it: what may stand in place of a typed value. Only the schema knows this type.
pub struct Expression;

impl JsonSchema for Expression {
    fn schema_name() -> Cow<'static, str> {
        "Expression".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "\\$\\{\\{",
            "description": "An expression, which must give a value of the type that the key takes.",
            "examples": ["${{ params.region }}"],
        })
    }
}

/// Any value, with or without expressions in it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Anything(pub Value);

impl JsonSchema for Anything {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Anything".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }
}

/// The transform of an object in which no expression stands: `x-` keys are free, a key without a value is an error.
pub(super) fn keys(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        for property in properties.values_mut() {
            without_null(property);
            named_keys(property);
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

/// The transform of an enum of words: one plain `enum`, whose descriptions editors show too.
pub(super) fn words(schema: &mut Schema) {
    let Some(Value::Array(choices)) = schema.remove("oneOf") else { return };
    let mut names = Vec::new();
    let mut descriptions = Vec::new();
    for choice in choices {
        let description = choice.get("description").cloned().unwrap_or_default();
        match choice.get("enum") {
            Some(Value::Array(several)) => names.extend(several.iter().cloned()),
            Some(_) | None => names.extend(choice.get("const").cloned()),
        }
        descriptions.resize(names.len(), description);
    }
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), Value::Array(names));
    schema.insert("enumDescriptions".to_owned(), Value::Array(descriptions));
}

fn open(value: &mut Value) {
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
fn named_keys(value: &mut Value) {
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
