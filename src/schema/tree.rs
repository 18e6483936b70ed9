//! A document as the validator sees it: in place, so that no second tree is built.
//!
//! In: nodes of a [`Document`]. Out: what `jsonschema` asks of a JSON value. Never: hands out a value for an error's
//! text, so no message of the validator can echo one; only the names of keys go out.

use std::borrow::Cow;
use std::cell::Cell;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object, cmp, unique};
use serde_json::{Number, Value};

use crate::manifest::{Document, MappingEntries, NodeId, NodeKind};

/// One pass of the validator over a document. Once it has found `limit` violations, lists and mappings look shorter to
/// it, so that a hostile text cannot make it gather millions.
pub(super) struct ValidationPass<'a> {
    document: &'a Document,
    found: Cell<usize>,
    limit: usize,
}

impl<'a> ValidationPass<'a> {
    pub(super) fn new(document: &'a Document, limit: usize) -> Self {
        Self { document, found: Cell::new(0), limit }
    }

    pub(super) fn root(&'a self) -> TreeNode<'a> {
        TreeNode::Value(self, self.document.root())
    }

    /// Whether it has found as many violations as it looks for.
    pub(super) fn is_over(&self) -> bool {
        self.found.get() >= self.limit
    }
}

/// The representation that the validator is built for.
pub(super) struct Tree;

/// A node, or a key that is judged as text.
#[derive(Clone, Copy)]
pub(super) enum TreeNode<'a> {
    Value(&'a ValidationPass<'a>, NodeId),
    Key(&'a str),
}

impl Json for Tree {
    type Node<'a> = TreeNode<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    // A lookup walks the entries, so one walk over the members is never dearer.
    const KEYS_PER_LOOKUP: usize = 1 << 16;
    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(TreeNode<'_>) -> T) -> T {
        f(TreeNode::Key(string))
    }
}

impl<'a> TreeNode<'a> {
    fn kind(&self) -> NodeKind<'a> {
        match *self {
            Self::Value(pass, node) => pass.document.kind(node),
            Self::Key(text) => NodeKind::Text(text),
        }
    }
}

impl<'a> Node<'a, Tree> for TreeNode<'a> {
    type Object = TreeMembers<'a>;
    type Array = TreeElements<'a>;
    type Number = TreeNumber;

    fn as_object(&self) -> Option<TreeMembers<'a>> {
        match (*self, self.kind()) {
            (Self::Value(pass, _), NodeKind::Map(entries)) => Some(TreeMembers { pass, entries }),
            (_, _) => None,
        }
    }

    fn as_array(&self) -> Option<TreeElements<'a>> {
        match (*self, self.kind()) {
            (Self::Value(pass, _), NodeKind::Seq(items)) => Some(TreeElements { pass, items }),
            (_, _) => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        if let NodeKind::Text(text) = self.kind() { Some(Cow::Borrowed(text)) } else { None }
    }

    fn as_number(&self) -> Option<TreeNumber> {
        match self.kind() {
            NodeKind::Int(value) => Some(TreeNumber::Int(value)),
            NodeKind::UInt(value) => Some(TreeNumber::UInt(value)),
            NodeKind::Float(value) => Some(TreeNumber::Float(value)),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Text(_) | NodeKind::Seq(_) | NodeKind::Map(_) => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        if let NodeKind::Bool(value) = self.kind() { Some(value) } else { None }
    }

    fn is_null(&self) -> bool {
        matches!(self.kind(), NodeKind::Null)
    }

    fn json_type(&self) -> JsonType {
        match self.kind() {
            NodeKind::Null => JsonType::Null,
            NodeKind::Bool(_) => JsonType::Boolean,
            NodeKind::Int(_) | NodeKind::UInt(_) | NodeKind::Float(_) => JsonType::Number,
            NodeKind::Text(_) => JsonType::String,
            NodeKind::Seq(_) => JsonType::Array,
            NodeKind::Map(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        match self.kind() {
            NodeKind::Null => expected.is_null(),
            NodeKind::Bool(value) => expected.as_bool() == Some(value),
            NodeKind::Int(_) | NodeKind::UInt(_) | NodeKind::Float(_) => {
                let number = self.as_number().map(|number| Value::Number(number.to_json()));
                number.is_some_and(|number| cmp::equal(&number, expected))
            }
            NodeKind::Text(text) => expected.as_str() == Some(text),
            NodeKind::Seq(_) => expected.is_array() && cmp::equal(&self.copied(), expected),
            NodeKind::Map(_) => expected.is_object() && cmp::equal(&self.copied(), expected),
        }
    }

    /// Asked for once for each violation; the value itself is never told.
    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(match *self {
            Self::Value(pass, _) => {
                pass.found.set(pass.found.get() + 1);
                Value::Null
            }
            Self::Key(text) => Value::String(text.to_owned()),
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        match *self {
            Self::Value(pass, node) => {
                Some(NodeIdentity::tagged(std::ptr::from_ref::<Document>(pass.document) as usize, node.0))
            }
            Self::Key(_) => None,
        }
    }
}

impl TreeNode<'_> {
    fn copied(&self) -> Value {
        match *self {
            Self::Value(pass, node) => pass.document.to_json(node),
            Self::Key(text) => Value::String(text.to_owned()),
        }
    }
}

/// The entries of a mapping.
pub(super) struct TreeMembers<'a> {
    pass: &'a ValidationPass<'a>,
    entries: MappingEntries<'a>,
}

impl<'a> Object<'a, Tree> for TreeMembers<'a> {
    type Node = TreeNode<'a>;
    type MemberName = &'a str;
    type MembersIter = MembersIter<'a>;

    fn len(&self) -> usize {
        self.entries.len()
    }

    fn get(&self, key: &String) -> Option<TreeNode<'a>> {
        let found = self.entries.clone().find(|entry| entry.key == key)?;
        Some(TreeNode::Value(self.pass, found.value))
    }

    fn members(&self) -> MembersIter<'a> {
        MembersIter { pass: self.pass, entries: self.entries.clone() }
    }
}

/// Keys with their values.
pub(super) struct MembersIter<'a> {
    pass: &'a ValidationPass<'a>,
    entries: MappingEntries<'a>,
}

impl<'a> Iterator for MembersIter<'a> {
    type Item = (&'a str, TreeNode<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next().filter(|_| !self.pass.is_over())?;
        Some((entry.key, TreeNode::Value(self.pass, entry.value)))
    }
}

/// The items of a list.
pub(super) struct TreeElements<'a> {
    pass: &'a ValidationPass<'a>,
    items: &'a [NodeId],
}

impl<'a> Array<'a, Tree> for TreeElements<'a> {
    type Node = TreeNode<'a>;
    type ElementsIter = ElementsIter<'a>;

    fn len(&self) -> usize {
        self.items.len()
    }

    fn elements(&self) -> ElementsIter<'a> {
        ElementsIter { pass: self.pass, items: self.items.iter() }
    }

    fn is_unique(&self) -> bool {
        let values: Vec<Value> = self.items.iter().map(|item| self.pass.document.to_json(*item)).collect();
        unique::is_unique(&values)
    }
}

/// The items one by one.
pub(super) struct ElementsIter<'a> {
    pass: &'a ValidationPass<'a>,
    items: std::slice::Iter<'a, NodeId>,
}

impl<'a> Iterator for ElementsIter<'a> {
    type Item = TreeNode<'a>;

    fn next(&mut self) -> Option<TreeNode<'a>> {
        let item = self.items.next().filter(|_| !self.pass.is_over())?;
        Some(TreeNode::Value(self.pass, *item))
    }
}

/// A number of a document.
#[derive(Clone, Copy)]
pub(super) enum TreeNumber {
    Int(i64),
    UInt(u64),
    Float(f64),
}

impl TreeNumber {
    fn to_json(self) -> Number {
        match self {
            Self::Int(value) => value.into(),
            Self::UInt(value) => value.into(),
            Self::Float(value) => Number::from_f64(value).expect("the loader lets only finite numbers in"),
        }
    }
}

impl JsonNumber for TreeNumber {
    fn as_u64(&self) -> Option<u64> {
        self.to_json().as_u64()
    }

    fn as_i64(&self) -> Option<i64> {
        self.to_json().as_i64()
    }

    fn as_f64(&self) -> Option<f64> {
        self.to_json().as_f64()
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Owned(self.to_json().to_string())
    }

    fn to_number(&self) -> Cow<'_, Number> {
        Cow::Owned(self.to_json())
    }

    /// `1.0` is no whole number here: serde, which reads the document next, tells them apart too.
    fn is_integer(&self) -> bool {
        match self {
            Self::Int(_) | Self::UInt(_) => true,
            Self::Float(_) => false,
        }
    }

    fn is_written_as_integer(&self) -> bool {
        self.is_integer()
    }
}
