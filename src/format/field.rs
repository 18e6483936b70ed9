//! Fields that hold a node: the value that it stands for is read when its turn comes.
//!
//! In: a node of the document. Out: [`Field`], in whose place an expression may stand, and [`Fixed`], where none may; the
//! schema of both. Never: renders.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::shape::{named_keys, open};
use crate::manifest::{Document, NodeId, NodeRef, from_node};

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

impl<T: DeserializeOwned> Fixed<T> {
    /// The value; `None` if it has another form, which the schema says.
    #[must_use]
    pub fn read(self, document: &Document) -> Option<T> {
        from_node(document, self.node).ok()
    }
}

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
