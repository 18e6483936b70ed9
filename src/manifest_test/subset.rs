//! Whether a launch has what a test expects of it: whatever is written must be there, and there may be more.
//!
//! In: the expectation's node, and what is sent. Out: a complaint for each difference, at the value that was expected. Never: a
//! complaint about what the test does not name.

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Document, NodeId, NodeKind, is_same_value};

/// Maximum characters of a value.
const MAX_VALUE: usize = 200;

/// Adds what of the expectation at `node`, which is about `path` of `launch`, does not hold of `actual`.
pub(super) fn differences(
    document: &Document,
    node: NodeId,
    (launch, path): (&str, &str),
    actual: Option<&Value>,
    said: &mut Vec<Diagnostic>,
) {
    let complain = |what: String, label: &str| {
        Diagnostic::error(Code::TestFailed, document.place(node), what).label(label.to_owned())
    };
    let expected = document.to_json(node);
    let Some(actual) = actual else {
        said.push(complain(format!("`{launch}` has no `{path}`"), &format!("expected {}", shown(&expected))));
        return;
    };
    let is_collection = matches!(document.kind(node), NodeKind::Map(_) | NodeKind::Seq(_));
    match actual {
        Value::Object(fields) if is_collection && expected.is_object() => {
            for entry in document.entries(node) {
                let below = format!("{path}.{}", entry.key);
                differences(document, entry.value, (launch, &below), fields.get(entry.key), said);
            }
        }
        Value::Array(items) if is_collection && expected.is_array() => {
            let wanted = document.items(node);
            if wanted.len() != items.len() {
                let what = format!("`{launch}`: `{path}` has {} items, not {}", items.len(), wanted.len());
                said.push(complain(what, &format!("it is {}", shown(actual))));
                return;
            }
            for (index, (wanted, item)) in wanted.iter().zip(items).enumerate() {
                differences(document, *wanted, (launch, &format!("{path}[{index}]")), Some(item), said);
            }
        }
        _ if is_same_value(&expected, actual) => {}
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            let what = format!("`{launch}`: `{path}` is {}, not {}", shown(actual), shown(&expected));
            said.push(complain(what, &format!("it is {}", shown(actual))));
        }
    }
}

/// A value as JSON, so that text and numbers are told apart; cut where it is long.
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= MAX_VALUE {
        return format!("`{text}`");
    }
    let cut: String = text.chars().take(MAX_VALUE).collect();
    format!("`{cut} ..`")
}
