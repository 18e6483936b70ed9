//! One field's value, as expressions make it.

use crate::diagnostic::Diagnostic;
use crate::manifest::NodeId;
use crate::spec::{FieldValue, Spec};
use crate::template::{self, Rendered, Scope, Template};

/// The value at `node` as expressions of `scope` make it.
pub(super) fn value_of(spec: &Spec, scope: &Scope, node: NodeId, complaints: &mut Vec<Diagnostic>) -> FieldValue {
    if !template::has_expressions(&spec.document, node) {
        return FieldValue::Value(spec.document.to_json(node));
    }
    let template = Template::compile(&spec.document, node, &spec.expressions);
    match template.render(&spec.document, scope, complaints) {
        Rendered::Value(value) => FieldValue::Value(value),
        Rendered::Omitted => FieldValue::Omitted,
        Rendered::Failed => FieldValue::Deferred,
    }
}
