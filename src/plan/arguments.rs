//! Files of arguments: the text of a JSON or YAML object -> its entries.
//!
//! In: text that was handed in. Out: entries in the order written, exact; or located complaints.
//! Never: looks for expressions in it: data are data.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::ids::Digest;
use crate::manifest::{self, MAX_BYTES, MAX_VALUE_NODES, NodeKind};
use crate::source::{Packed, Place, Sources, Span};
use crate::start_info::arguments_text;
use crate::template::{InexactValue, exact_json};

/// Arguments from outside of the manifest.
#[derive(Debug, Default)]
pub(super) struct ExternalArguments {
    /// What the files of `arguments-file` and `input-file` hold, by path as the manifest names it.
    pub(super) files: BTreeMap<String, ArgumentsFile>,
    /// What was given at run time, by job.
    pub(super) given: BTreeMap<String, Map<String, Value>>,
}

/// An object from a file.
#[derive(Debug)]
pub(super) struct ArgumentsFile {
    pub(super) entries: Map<String, Value>,
    /// Of its JSON text.
    pub(super) digest: Digest,
}

impl From<Map<String, Value>> for ArgumentsFile {
    fn from(entries: Map<String, Value>) -> Self {
        let digest = Digest::of(arguments_text(&entries).as_bytes());
        Self { entries, digest }
    }
}

/// The object that `text` holds, JSON or YAML. `name` is shown in complaints; its text joins `sources`.
pub fn read_arguments(sources: &mut Sources, name: &str, text: &Packed) -> Diagnosed<Map<String, Value>> {
    let read = manifest::decode(sources, name, text.slice(0..text.len().min(MAX_BYTES + 1)));
    let is_json = name.to_ascii_lowercase().ends_with(".json");
    read.and_then(|source| {
        let json = exact_json(sources.get(source).text());
        let place = |at| Place { source, span: Span::new(at, at + 1) };
        match json {
            // Every JSON text is read as JSON: YAML forbids some of its escapes.
            Ok(value) => entries(value, place(0)),
            // Read as YAML, a key that stands twice is told with both its places.
            Err(error) if is_json && !matches!(error, InexactValue::Repeated(_)) => {
                Diagnosed::failed(vec![not_json(&error, sources.get(source).text(), place)])
            }
            Err(_) => manifest::parse(sources, source).and_then(|document| {
                let root = document.root();
                match document.kind(root) {
                    NodeKind::Map(_) if document.weight() > MAX_VALUE_NODES => {
                        let what =
                            format!("the arguments hold more than {MAX_VALUE_NODES} values: this costs too much");
                        Diagnosed::failed(vec![Diagnostic::error(Code::Budget, document.place(root), what)])
                    }
                    NodeKind::Map(_) => entries(document.to_json(root), document.place(root)),
                    NodeKind::Null
                    | NodeKind::Bool(_)
                    | NodeKind::Int(_)
                    | NodeKind::UInt(_)
                    | NodeKind::Float(_)
                    | NodeKind::Text(_)
                    | NodeKind::Seq(_) => Diagnosed::failed(vec![no_object(document.place(root))]),
                }
            }),
        }
    })
}

fn entries(value: Value, place: Place) -> Diagnosed<Map<String, Value>> {
    match value {
        Value::Object(entries) => Diagnosed::new(entries, Vec::new()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Diagnosed::failed(vec![no_object(place)])
        }
    }
}

fn no_object(place: Place) -> Diagnostic {
    Diagnostic::error(Code::DataForm, place, "arguments are an object: names with values")
        .help("write `name: value` in each line, or a JSON object")
}

fn not_json(error: &InexactValue, text: &str, place: impl Fn(usize) -> Place) -> Diagnostic {
    let syntax = match error {
        InexactValue::Syntax(syntax) => syntax,
        InexactValue::Number(number) => {
            let place = Place { span: Span::new(number.range.start, number.range.end), ..place(0) };
            return Diagnostic::error(Code::Number, place, number.what());
        }
        InexactValue::TooMany => return Diagnostic::error(Code::Budget, place(0), error.to_string()),
        InexactValue::Repeated(_)
        | InexactValue::Integer(_)
        | InexactValue::Undefined
        | InexactValue::OmitInText
        | InexactValue::NotFinite
        | InexactValue::Kind(_) => return Diagnostic::error(Code::Number, place(0), error.to_string()),
    };
    let lines = text.split_inclusive('\n').take(syntax.line().saturating_sub(1));
    let at = lines.map(str::len).sum::<usize>() + syntax.column().saturating_sub(1);
    let words = syntax.to_string();
    let words = words.split_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    Diagnostic::error(Code::DataForm, place(at.min(text.len())), format!("this is not JSON: {words}"))
}
