//! How a field of a job is read: its node, of the job itself or else of the defaults; its value; its type.
//!
//! In: a job, the defaults, and a way to get a node's value. Out: [`ReadField`], or a complaint at its place.
//! Never: judges one field by another.

use super::job_fields::FieldValue;
use crate::diagnostic::Diagnostic;
use crate::format::{Field, FieldError, FromValue, Job};
use crate::manifest::{Document, NodeId};
use crate::source::Place;

/// Something is not known yet, or a complaint was made about it.
pub(super) struct ValueDeferred;

/// A field that was read.
pub(in crate::spec) enum ReadField<T> {
    Absent,
    Value(T, NodeId),
    Deferred,
}

impl<T> ReadField<T> {
    /// Where its value stands; `None` if it has none.
    pub(in crate::spec) fn node(&self) -> Option<NodeId> {
        if let Self::Value(_, node) = self { Some(*node) } else { None }
    }

    /// Whether its value is not known.
    pub(in crate::spec) fn is_later(&self) -> bool {
        matches!(self, Self::Deferred)
    }

    /// Its value; `None` if it has none.
    pub(in crate::spec) fn value(self) -> Option<T> {
        if let Self::Value(value, _) = self { Some(value) } else { None }
    }
}

/// A way to get a node's value, or to complain of it.
pub type NodeValues<'a> = dyn FnMut(NodeId, &mut Vec<Diagnostic>) -> FieldValue + 'a;

/// A job over the defaults, and how its values are got.
pub(in crate::spec) struct JobReader<'a> {
    pub(in crate::spec) document: &'a Document,
    pub(in crate::spec) job: &'a Job,
    pub(in crate::spec) defaults: Option<&'a Job>,
    pub(in crate::spec) value_of: &'a mut NodeValues<'a>,
    pub(in crate::spec) complaints: &'a mut Vec<Diagnostic>,
}

impl JobReader<'_> {
    /// The value of `node`, or a complaint.
    pub(in crate::spec) fn value(&mut self, node: NodeId) -> FieldValue {
        (self.value_of)(node, self.complaints)
    }

    /// Complains at `place`.
    pub(in crate::spec) fn complain(&mut self, place: Place, wrong: FieldError) {
        self.complaints.push(wrong.at(place));
    }

    /// The nodes of a field: the job's own, and that of the defaults.
    pub(in crate::spec) fn layers<T>(&self, field: fn(&Job) -> Option<Field<T>>) -> [Option<NodeId>; 2] {
        [field(self.job), self.defaults.and_then(field)].map(|field| field.map(|field| field.node))
    }

    /// The node of a field, of the job itself or else of the defaults.
    pub(in crate::spec) fn node<T>(&self, field: fn(&Job) -> Option<Field<T>>) -> Option<NodeId> {
        let [own, default] = self.layers(field);
        own.or(default)
    }

    /// The value of a field, which an author writes as `key`.
    pub(in crate::spec) fn field<T: FromValue>(
        &mut self,
        key: &str,
        field: fn(&Job) -> Option<Field<T>>,
    ) -> ReadField<T> {
        self.node(field).map_or(ReadField::Absent, |node| self.read(key, node))
    }

    /// The value at `node`, which stands under `key`.
    pub(in crate::spec) fn read<T: FromValue>(&mut self, key: &str, node: NodeId) -> ReadField<T> {
        match self.value(node) {
            FieldValue::Deferred => ReadField::Deferred,
            FieldValue::Omitted => ReadField::Absent,
            FieldValue::Value(value) => match T::from_value(key, &value) {
                Ok(value) => ReadField::Value(value, node),
                Err(wrong) => {
                    self.complain(self.document.place(node), wrong);
                    ReadField::Deferred
                }
            },
        }
    }
}
