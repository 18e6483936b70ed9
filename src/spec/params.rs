//! The declarations under `params`, and whether a value is of a param's type.
//!
//! In: the nodes of `params`. Out: [`ParamSpec`]s whose defaults and choices are of their types. Never: reads inputs.

use serde_json::Value;

use super::model::ParamSpec;
use crate::diagnostic::{Code, Diagnostic};
use crate::format;
use crate::format::ParamType;
use crate::manifest::{Document, NodeId, from_node};

/// Reads every declaration; one that is not in order is left out.
pub(super) fn lower(document: &Document, node: NodeId, complaints: &mut Vec<Diagnostic>) -> Vec<ParamSpec> {
    let mut params = Vec::new();
    for entry in document.entries(node) {
        // What does not fit the format is the schema's to report.
        let Ok(declared) = from_node::<format::Param>(document, entry.value) else { continue };
        let place_of =
            |key: &str| document.entry(entry.value, key).map_or(entry.key_place, |entry| document.place(entry.value));
        let kind = declared.kind;
        let mut choices = Vec::new();
        for (index, choice) in declared.choices.into_iter().flatten().enumerate() {
            match fit(kind, &choice.0) {
                Ok(choice) => choices.push(choice),
                Err(wanted) => {
                    let items =
                        document.entry(entry.value, "enum").map_or(&[][..], |entry| document.items(entry.value));
                    let place = items.get(index).map_or(entry.key_place, |item| document.place(*item));
                    let what = format!("this choice of param `{}` is not {wanted}", entry.key);
                    let help = "every item of `enum` is of the param's `type`";
                    complaints.push(Diagnostic::error(Code::Parameter, place, what).help(help));
                }
            }
        }
        let default = declared.default.and_then(|default| match fit(kind, &default.0) {
            Err(wanted) => {
                let what = format!("the default of param `{}` is not {wanted}", entry.key);
                let is_text = default.0.is_string();
                let help = match kind {
                    ParamType::String => "put it in quotes",
                    ParamType::Integer | ParamType::Number | ParamType::Boolean if is_text => {
                        "write it without quotes, or declare another `type`"
                    }
                    ParamType::Integer | ParamType::Number | ParamType::Boolean | ParamType::Json => {
                        "change it, or declare another `type`"
                    }
                };
                complaints.push(Diagnostic::error(Code::Parameter, place_of("default"), what).help(help));
                None
            }
            Ok(default) if !choices.is_empty() && !choices.contains(&default) => {
                let what = format!("the default of param `{}` is not one of its choices", entry.key);
                let help = "add it to `enum`, or choose one of those";
                complaints.push(Diagnostic::error(Code::Parameter, place_of("default"), what).help(help));
                None
            }
            Ok(default) => Some(default),
        });
        if declared.required == Some(true) && default.is_some() {
            let what = format!("param `{}` is required, so its default is never used", entry.key);
            complaints.push(Diagnostic::warning(Code::Conflict, place_of("default"), what).help("drop one of the two"));
        }
        params.push(ParamSpec {
            name: entry.key.into(),
            place: entry.key_place,
            kind,
            choices,
            is_required: declared.required.unwrap_or(default.is_none()),
            default,
        });
    }
    params
}

/// `value` as a value of type `kind`.
///
/// Errors: what is wanted, in words.
pub fn fit(kind: ParamType, value: &Value) -> Result<Value, &'static str> {
    let fits = match kind {
        ParamType::String => value.is_string(),
        // 5.0 is a number with a fraction, as it is in YAML.
        ParamType::Integer => value.is_i64() || value.is_u64(),
        ParamType::Number => value.is_number(),
        ParamType::Boolean => value.is_boolean(),
        ParamType::Json => true,
    };
    if fits { Ok(value.clone()) } else { Err(expected_type(kind)) }
}

/// A type in words, as in "it must be an integer".
#[must_use]
pub fn expected_type(kind: ParamType) -> &'static str {
    match kind {
        ParamType::String => "text",
        ParamType::Integer => "an integer",
        ParamType::Number => "a number",
        ParamType::Boolean => "true or false",
        ParamType::Json => "JSON",
    }
}
