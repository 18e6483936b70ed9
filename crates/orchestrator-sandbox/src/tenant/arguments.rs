//! `InputArguments` against a package's signature, where the world's switch says that the server compares them.
//!
//! Source of the types: `docs/orchestrator-api.md`, section 10. What is refused, and how it is worded, is ours.

use serde_json::Value;

use crate::refusal::Refusal;
use crate::world::Signature;

/// Refuses arguments that the signature does not have, of a type that it does not take, or that lack a required one.
///
/// A package without a signature takes anything.
pub(super) fn check(signature: Option<&Signature>, text: &[u8]) -> Result<(), Refusal> {
    let Some(signature) = signature else { return Ok(()) };
    let Ok(Value::Object(given)) = serde_json::from_slice::<Value>(text) else {
        return Err(Refusal::argument("The input arguments are not a JSON object."));
    };
    for (name, value) in &given {
        let Some(argument) = signature.input.get(name) else {
            return Err(Refusal::argument(format!("The process has no input argument `{}`.", name.escape_debug())));
        };
        if !takes(&argument.r#type, value) {
            let message = format!("The input argument `{name}` is of the type {}.", bare(&argument.r#type));
            return Err(Refusal::argument(message));
        }
    }
    let missing = |(name, argument): &(&String, &crate::world::Argument)| {
        argument.required && !argument.has_default && !given.contains_key(*name)
    };
    match signature.input.iter().find(missing) {
        Some((name, _)) => Err(Refusal::argument(format!("The input argument `{name}` is required."))),
        None => Ok(()),
    }
}

/// A .NET type's name without its assembly.
fn bare(r#type: &str) -> &str {
    r#type.split(',').next().unwrap_or_default().trim()
}

/// Whether a type takes a JSON value; null is every type's default, and types that are not listed take anything.
fn takes(r#type: &str, value: &Value) -> bool {
    let whole = |least: i64, most: i64| value.as_i64().is_some_and(|number| (least..=most).contains(&number));
    value.is_null()
        || match bare(r#type) {
            "System.String" | "System.DateTime" => value.is_string(),
            "System.Boolean" => value.is_boolean(),
            "System.Int16" => whole(i16::MIN.into(), i16::MAX.into()),
            "System.Int32" => whole(i32::MIN.into(), i32::MAX.into()),
            "System.Int64" => value.is_i64(),
            "System.Single" | "System.Double" | "System.Decimal" => value.is_number(),
            _ => true,
        }
}
