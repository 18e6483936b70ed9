//! The values of params, from everywhere: `--param` rules over `--params-file`, that over `SORTIE_PARAM_*`, and all of
//! them over the manifest's defaults.
//!
//! In: flags, a file, the environment, and what the manifest declares. Out: values as they were given; what they must be
//! is the plan's to judge. Never: a value that is shown, since it may be private.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::args::{self, ParamArg};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::manifest_files;
use crate::diagnostic::{Code, Diagnosed, Diagnostic, nearest};
use crate::exit::ExitStatus;
use crate::manifest::{self, MAX_VALUE_NODES, NodeKind};
use crate::plan::ParamValue;
use crate::profile::Environment;
use crate::source::{Place, SourceId, Sources, Span};
use crate::spec::Spec;
use crate::template::exact_json;

/// What the name of such a variable begins with.
const PREFIX: &str = "SORTIE_PARAM_";

/// Whether variables of the environment give params.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParamVariables {
    /// `SORTIE_PARAM_NAME` does.
    Taken,
    /// None does: what is checked is the same wherever it is.
    Ignored,
}

/// Every value that was given for a param of `spec`.
pub(crate) fn gather(
    context: &CommandContext,
    flags: &args::InputArgs,
    variables: ParamVariables,
    sources: &mut Sources,
    spec: &Spec,
) -> Result<Diagnosed<BTreeMap<String, ParamValue>>, Failure> {
    let mut params = match variables {
        ParamVariables::Taken => of_variables(context, spec),
        ParamVariables::Ignored => BTreeMap::new(),
    };
    let typed = typed(&flags.params)?;
    let from_file = match &flags.params_file {
        Some(path) => of_file(sources, path)?,
        None => Diagnosed::new(BTreeMap::new(), Vec::new()),
    };
    Ok(from_file.and_then(|from_file| {
        params.extend(from_file);
        params.extend(typed);
        Diagnosed::new(params, Vec::new())
    }))
}

/// The values in the environment; variables that name no param are warned of.
fn of_variables(context: &CommandContext, spec: &Spec) -> BTreeMap<String, ParamValue> {
    let declared: Vec<&str> = spec.params.iter().map(|param| param.name.as_ref()).collect();
    let (params, strange) = of_environment(&context.environment, &declared);
    for UnknownVariable { variable, near } in strange {
        let hint = near.map(|near| format!("; did you mean {PREFIX}{near}?")).unwrap_or_default();
        context.warn(&format!("{variable} is set, and this manifest declares no such param{hint}"));
    }
    params
}

/// A variable that names no param of the manifest.
struct UnknownVariable<'e> {
    variable: &'e str,
    /// The param that may be meant.
    near: Option<&'e str>,
}

/// The values in the environment, and the variables that name no param.
///
/// A variable names a param as it is written, or in capitals where no other param differs in letter case alone.
fn of_environment<'e>(
    environment: &'e Environment,
    declared: &[&'e str],
) -> (BTreeMap<String, ParamValue>, Vec<UnknownVariable<'e>>) {
    let mut params = BTreeMap::new();
    let mut strange = Vec::new();
    // Names come in order, capitals first, so that a name as it is written rules over its capitals.
    for (variable, value) in environment.with_prefix(PREFIX) {
        let name = &variable[PREFIX.len()..];
        let in_capitals: Vec<&str> =
            declared.iter().copied().filter(|declared| declared.to_ascii_uppercase() == name).collect();
        let found = match (declared.contains(&name), in_capitals.as_slice()) {
            (true, _) => Some(name),
            (false, [only]) => Some(*only),
            (false, _) => None,
        };
        match found {
            Some(name) => drop(params.insert(name.to_owned(), ParamValue::Text(value.to_owned()))),
            None => strange.push(UnknownVariable { variable, near: nearest(name, declared.iter().copied()) }),
        }
    }
    (params, strange)
}

fn typed(params: &[ParamArg]) -> Result<BTreeMap<String, ParamValue>, Failure> {
    let mut values = BTreeMap::new();
    for param in params {
        let (name, value) = match param {
            ParamArg::Text(name, text) => (name, ParamValue::Text(text.clone())),
            ParamArg::Json(name, json) => (name, ParamValue::Json(json.clone())),
        };
        if values.insert(name.clone(), value).is_some() {
            return Err(Failure::with_message(ExitStatus::Usage, format!("--param {name} is given twice")));
        }
    }
    Ok(values)
}

/// The mapping in the file at `path`, YAML or JSON; every value exact, every complaint at its place.
fn of_file(sources: &mut Sources, path: &Path) -> Result<Diagnosed<BTreeMap<String, ParamValue>>, Failure> {
    let file = manifest_files::read(path)?;
    let text = manifest::decode(sources, &file.name, file.bytes);
    Ok(text.and_then(|source| {
        // JSON is read as JSON: YAML forbids some of its escapes.
        match exact_json(sources.get(source).text()) {
            Ok(serde_json::Value::Object(entries)) => {
                let values = entries.into_iter().map(|(name, value)| (name, ParamValue::Json(value.to_string())));
                Diagnosed::new(values.collect(), Vec::new())
            }
            Ok(_) => Diagnosed::failed(vec![no_mapping(Place { source, span: Span::new(0, 1) })]),
            Err(_) => of_yaml(sources, source),
        }
    }))
}

fn of_yaml(sources: &Sources, source: SourceId) -> Diagnosed<BTreeMap<String, ParamValue>> {
    manifest::parse(sources, source).and_then(|document| {
        if document.weight() > MAX_VALUE_NODES {
            let what = format!("the params hold more than {MAX_VALUE_NODES} values: this costs too much");
            let place = document.place(document.root());
            return Diagnosed::failed(vec![Diagnostic::error(Code::Budget, place, what)]);
        }
        let NodeKind::Map(entries) = document.kind(document.root()) else {
            return Diagnosed::failed(vec![no_mapping(document.place(document.root()))]);
        };
        let value = |node| ParamValue::Json(document.to_json(node).to_string());
        let values = entries.map(|entry| (entry.key.to_owned(), value(entry.value)));
        Diagnosed::new(values.collect(), Vec::new())
    })
}

fn no_mapping(place: Place) -> Diagnostic {
    Diagnostic::error(Code::WrongType, place, "a params file is a mapping")
        .help("write `name: value`, one parameter a line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, &str)], declared: &[&str], expected: &[(&str, &str)], strange: &[&str]) {
        let environment: Environment = variables.iter().copied().collect();
        let (params, found) = of_environment(&environment, declared);
        let expected: BTreeMap<String, ParamValue> =
            expected.iter().map(|(name, value)| ((*name).to_owned(), ParamValue::Text((*value).to_owned()))).collect();
        assert_eq!(params, expected, "{variables:?}");
        assert_eq!(found.iter().map(|strange| strange.variable).collect::<Vec<_>>(), strange, "{variables:?}");
    }

    #[test]
    fn a_variable_names_a_param_as_written_or_in_capitals() {
        check(&[("SORTIE_PARAM_region", "apac")], &["region"], &[("region", "apac")], &[]);
        check(&[("SORTIE_PARAM_REGION", "apac"), ("OTHER", "x")], &["region"], &[("region", "apac")], &[]);
        check(&[("SORTIE_PARAM_REGION", "a"), ("SORTIE_PARAM_region", "b")], &["region"], &[("region", "b")], &[]);
        check(&[("SORTIE_PARAM_A", "1")], &["a", "A"], &[("A", "1")], &[]);
        check(&[("SORTIE_PARAM_AB", "1")], &["aB", "ab"], &[], &["SORTIE_PARAM_AB"]);
        check(&[("SORTIE_PARAM_regoin", "x")], &["region"], &[], &["SORTIE_PARAM_regoin"]);
        check(&[("SORTIE_PARAM_region", "")], &["region"], &[], &[]);
        check(&[("SORTIE_PARAM_Region", "x")], &["region"], &[], &["SORTIE_PARAM_Region"]);
    }
}
