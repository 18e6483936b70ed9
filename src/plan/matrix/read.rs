//! The node of `matrix` -> its values, expressions evaluated.
//!
//! In: a node, and a way to get a node's value. Out: [`MatrixSource`], or complaints. Values are scalars; an axis without
//! values makes no launch.

use serde_json::Value;

use super::{MatrixAxis, MatrixEntry, MatrixSource};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Document, NodeId, NodeKind};
use crate::source::Place;
use crate::spec::FieldValue;

/// Reads the matrix at `node`. `value_of` gives a node's value, or complains, or does not know it: then there is none.
pub(in crate::plan) fn read(
    document: &Document,
    node: NodeId,
    value_of: &mut dyn FnMut(NodeId, &mut Vec<Diagnostic>) -> FieldValue,
    complaints: &mut Vec<Diagnostic>,
) -> Option<MatrixSource> {
    let before = complaints.len();
    let mut written = MatrixSource::default();
    let mut is_open = false;
    if let NodeKind::Map(entries) = document.kind(node) {
        for entry in entries.filter(|entry| !entry.key.starts_with("x-")) {
            match value_of(entry.value, complaints) {
                FieldValue::Value(value) => {
                    written.part(entry.key, value, &ItemPlaces { document, node: entry.value }, complaints);
                }
                FieldValue::Omitted => {}
                FieldValue::Deferred => is_open = true,
            }
        }
    } else {
        let places = ItemPlaces { document, node };
        match value_of(node, complaints) {
            FieldValue::Value(Value::Object(parts)) => {
                parts.into_iter().for_each(|(name, value)| written.part(&name, value, &places, complaints));
            }
            FieldValue::Value(_) => {
                let what = "`matrix` must be a mapping of names to lists of values";
                complaints.push(Diagnostic::error(Code::WrongType, places.whole(), what));
            }
            FieldValue::Omitted => {}
            FieldValue::Deferred => is_open = true,
        }
    }
    (complaints.len() == before && !is_open).then_some(written)
}

/// Where the items of a list stand: each by itself, or all where an expression makes the list.
struct ItemPlaces<'a> {
    document: &'a Document,
    node: NodeId,
}

impl ItemPlaces<'_> {
    fn whole(&self) -> Place {
        self.document.place(self.node)
    }

    fn item(&self, index: usize, count: usize) -> Place {
        let items = self.document.items(self.node);
        let item = items.get(index).filter(|_| items.len() == count);
        self.document.place(item.copied().unwrap_or(self.node))
    }
}

impl MatrixSource {
    fn part(&mut self, name: &str, value: Value, places: &ItemPlaces<'_>, complaints: &mut Vec<Diagnostic>) {
        let Value::Array(items) = value else {
            let what = format!("`{name}` of `matrix` must be a list");
            complaints.push(Diagnostic::error(Code::WrongType, places.whole(), what));
            return;
        };
        let count = items.len();
        let placed = items.into_iter().enumerate().map(|(index, item)| (item, places.item(index, count)));
        if name == "include" || name == "exclude" {
            let entries: Vec<MatrixEntry> =
                placed.filter_map(|(item, place)| entry(name, item, place, complaints)).collect();
            *(if name == "include" { &mut self.include } else { &mut self.exclude }) = entries;
            return;
        }
        let values: Vec<(Value, Place)> = placed.collect();
        let wrong = values.iter().find(|(value, _)| !is_scalar(value));
        complaints.extend(wrong.map(|(_, place)| not_scalar(name, *place)));
        self.axes.push(MatrixAxis { name: name.into(), values });
    }
}

fn entry(part: &str, item: Value, place: Place, complaints: &mut Vec<Diagnostic>) -> Option<MatrixEntry> {
    let before = complaints.len();
    let Value::Object(values) = item else {
        let what = format!("an entry of `{part}` must be a mapping of names to values");
        complaints.push(Diagnostic::error(Code::WrongType, place, what));
        return None;
    };
    let wrong = values.iter().filter(|(_, value)| !is_scalar(value));
    complaints.extend(wrong.map(|(name, _)| not_scalar(name, place)));
    if values.is_empty() {
        complaints.push(Diagnostic::error(Code::WrongForm, place, format!("an entry of `{part}` must not be empty")));
    }
    (complaints.len() == before).then_some(MatrixEntry { values, place })
}

fn is_scalar(value: &Value) -> bool {
    !value.is_array() && !value.is_object()
}

fn not_scalar(name: &str, place: Place) -> Diagnostic {
    let what = format!("a value of `{name}` must be text, a number, a boolean or null");
    Diagnostic::error(Code::WrongType, place, what).help("several values belong together in `include` or in rows")
}
