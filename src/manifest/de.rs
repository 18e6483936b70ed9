//! A serde `Deserializer` over a [`Document`], so that the manifest's format is plain types that derive.
//!
//! In: a node. Out: a value of the type that is asked for; [`NodeRef`] and [`WithNode`] in it keep places.
//! Never: judges; what is wrong with a manifest is `schema`'s to say, so an error here is one that the schema let by.
//!
//! The two carry a node's number through serde by names that no other format knows. Serde's `untagged` and
//! `flatten` copy what they read and lose those names: write a `Visitor` over `deserialize_any` instead, and hand
//! its map on through `MapAccessDeserializer`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::U32Deserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

use super::document::{Document, MappingEntries, NodeId, NodeKind};

const AT: &str = "$sortie::at";
const HERE: &str = "$sortie::here";

/// Reads the value of type `T` that stands at `node`.
///
/// Errors: [`DeError`] where the node is not a `T`; a document that passed the schema gives none.
pub fn from_node<T: DeserializeOwned>(document: &Document, node: NodeId) -> Result<T, DeError> {
    T::deserialize(NodeDeserializer { document, node })
}

/// A node, whatever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeRef(pub NodeId);

/// A value and the node that it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithNode<T> {
    /// Where it stands.
    pub node: NodeId,
    /// What it is.
    pub value: T,
}

/// A node is not what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct DeError {
    /// The innermost node that could not be read.
    pub node: Option<NodeId>,
    /// What was expected. The value is left out, unless a type's own message holds it.
    pub message: String,
}

impl de::Error for DeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { node: None, message: message.to_string() }
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("expected one of {}", expected.join(", ")))
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'a> {
    document: &'a Document,
    node: NodeId,
}

impl NodeDeserializer<'_> {
    /// The result, whose error names this node unless it already names an inner one.
    fn located<T>(self, result: Result<T, DeError>) -> Result<T, DeError> {
        result.map_err(|error| DeError { node: error.node.or(Some(self.node)), ..error })
    }
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = DeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.located(match self.document.kind(self.node) {
            NodeKind::Null => visitor.visit_unit(),
            NodeKind::Bool(value) => visitor.visit_bool(value),
            NodeKind::Int(value) => visitor.visit_i64(value),
            NodeKind::UInt(value) => visitor.visit_u64(value),
            NodeKind::Float(value) => visitor.visit_f64(value),
            NodeKind::Text(text) => visitor.visit_str(text),
            NodeKind::Seq(items) => visitor.visit_seq(SequenceAccess { document: self.document, items: items.iter() }),
            NodeKind::Map(entries) => {
                visitor.visit_map(MappingAccess { document: self.document, entries, value: None })
            }
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.located(match self.document.kind(self.node) {
            NodeKind::Null => visitor.visit_none(),
            NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::UInt(_)
            | NodeKind::Float(_)
            | NodeKind::Text(_)
            | NodeKind::Seq(_)
            | NodeKind::Map(_) => visitor.visit_some(self),
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, DeError> {
        self.located(if name == AT { visitor.visit_u32(self.node.0) } else { visitor.visit_newtype_struct(self) })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        if name == HERE {
            return self.located(visitor.visit_seq(WithNodeAccess { reader: self, next: 0 }));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        self.located(match self.document.kind(self.node) {
            NodeKind::Text(text) => visitor.visit_enum(IntoDeserializer::<DeError>::into_deserializer(text)),
            NodeKind::Map(mut entries) => match (entries.next(), entries.next()) {
                (Some(entry), None) => {
                    let content = NodeDeserializer { document: self.document, node: entry.value };
                    visitor.visit_enum(NodeVariantAccess { name: entry.key, content })
                }
                (_, _) => Err(de::Error::custom("expected a mapping with one key")),
            },
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::UInt(_)
            | NodeKind::Float(_)
            | NodeKind::Seq(_) => Err(de::Error::custom("expected text or a mapping with one key")),
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        map struct identifier ignored_any
    }
}

struct SequenceAccess<'a> {
    document: &'a Document,
    items: std::slice::Iter<'a, NodeId>,
}

impl<'de> SeqAccess<'de> for SequenceAccess<'_> {
    type Error = DeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DeError> {
        let document = self.document;
        self.items.next().map(|node| seed.deserialize(NodeDeserializer { document, node: *node })).transpose()
    }
}

struct MappingAccess<'a> {
    document: &'a Document,
    entries: MappingEntries<'a>,
    value: Option<NodeId>,
}

impl<'de> MapAccess<'de> for MappingAccess<'_> {
    type Error = DeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DeError> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.value = Some(entry.value);
        let result = seed.deserialize(IntoDeserializer::<DeError>::into_deserializer(entry.key)).map(Some);
        result.map_err(|error| DeError { node: Some(entry.value), ..error })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DeError> {
        let node = self.value.take().expect("serde asks for a value after its key");
        seed.deserialize(NodeDeserializer { document: self.document, node })
    }
}

struct NodeVariantAccess<'a> {
    name: &'a str,
    content: NodeDeserializer<'a>,
}

impl<'a, 'de> EnumAccess<'de> for NodeVariantAccess<'a> {
    type Error = DeError;
    type Variant = NodeDeserializer<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, NodeDeserializer<'a>), DeError> {
        Ok((seed.deserialize(IntoDeserializer::<DeError>::into_deserializer(self.name))?, self.content))
    }
}

impl<'de> VariantAccess<'de> for NodeDeserializer<'_> {
    type Error = DeError;

    fn unit_variant(self) -> Result<(), DeError> {
        <()>::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DeError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_any(visitor)
    }
}

/// A node's number, then its value.
struct WithNodeAccess<'a> {
    reader: NodeDeserializer<'a>,
    next: u8,
}

impl<'de> SeqAccess<'de> for WithNodeAccess<'_> {
    type Error = DeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DeError> {
        self.next += 1;
        match self.next {
            1 => seed.deserialize(U32Deserializer::new(self.reader.node.0)).map(Some),
            2 => seed.deserialize(self.reader).map(Some),
            _ => Ok(None),
        }
    }
}

impl<'de> Deserialize<'de> for NodeRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NodeIdVisitor;
        impl Visitor<'_> for NodeIdVisitor {
            type Value = NodeRef;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a node of a document")
            }
            fn visit_u32<E>(self, number: u32) -> Result<NodeRef, E> {
                Ok(NodeRef(NodeId(number)))
            }
        }
        deserializer.deserialize_newtype_struct(AT, NodeIdVisitor)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for WithNode<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (node, value) = deserializer.deserialize_tuple_struct(HERE, 2, WithNodeVisitor(PhantomData))?;
        Ok(Self { node, value })
    }
}

struct WithNodeVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for WithNodeVisitor<T> {
    type Value = (NodeId, T);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a node of a document")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let missing = || de::Error::custom("only a document's nodes have numbers");
        let number: u32 = items.next_element()?.ok_or_else(missing)?;
        Ok((NodeId(number), items.next_element()?.ok_or_else(missing)?))
    }
}
