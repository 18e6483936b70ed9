//! Everything that a plan depends on: the same inputs make the same plan, byte for byte.
//!
//! In: what the command line, the environment and the profile gave. Out: [`Inputs`], which the ledger keeps, and the
//! scope that expressions see. Never: reads clock, environment or disk itself, and never holds a secret's value.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::diagnostic::{Code, Complaints, Diagnostic, HiddenCount, MAX_SUGGESTIONS, Severity, nearest};
use crate::format::ParamType;
use crate::ids::{Digest, FolderRef, LaunchId};
use crate::source::Packed;
use crate::spec::{LargeArguments, ParamSpec, Spec, VariableSpec, expected_type, fit};
use crate::template::{InexactValue, Rendered, Scope, Template, exact_json, members_used};

/// Maximum params that are listed.
const MAX_LISTED: usize = 12;

/// Everything that a plan depends on. Its JSON form is what the ledger keeps: keys are added, never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Inputs {
    /// The version of sortie that made the plan.
    pub sortie: String,
    /// The manifest's name for people: a path as it was given, or `<stdin>`.
    pub manifest: String,
    /// The manifest's text.
    pub text: String,
    /// The params that were given, by name.
    #[serde(default)]
    pub params: BTreeMap<String, ParamValue>,
    /// The environment variables that the manifest may read and that are set.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// The logical time: the only clock that expressions see, as `run.time`.
    pub time: Timestamp,
    /// The slot that the run stands for.
    #[serde(default)]
    pub slot: Option<Timestamp>,
    /// The profile's name.
    pub profile: String,
    /// Where the profile connects to: scheme and authority. Empty for a plan without a profile.
    #[serde(default)]
    pub origin: String,
    /// The profile's tenant; empty where there is none.
    #[serde(default)]
    pub tenant: String,
    /// The profile's folder, for launches that name none.
    #[serde(default)]
    pub folder: Option<FolderRef>,
    /// What the profile says about arguments above the API's limit, and about input files; `None` if no profile is.
    #[serde(default)]
    pub large_arguments: Option<LargeArguments>,
    /// Only these jobs; empty: all.
    #[serde(default)]
    pub only: Vec<String>,
    /// Only the launches for which this condition holds; `None`: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Only these launches: what a rerun takes. None: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launches: Option<Vec<LaunchId>>,
    /// The files beside the manifest that it reads, by their paths as it names them.
    #[serde(default)]
    pub files: BTreeMap<String, Packed>,
    /// Rows in place of those that the manifest names, by job.
    #[serde(default)]
    pub data: BTreeMap<String, RowsInput>,
    /// Arguments laid over those of the manifest, by job.
    #[serde(default)]
    pub arguments: BTreeMap<String, Map<String, Value>>,
}

impl Inputs {
    /// The digest of all of them: who has the same has the same plan.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(self).expect("inputs hold only text and numbers"))
    }

    /// A manifest's text and nothing else: no params, no profile, the beginning of 1970.
    #[must_use]
    pub fn of_manifest(name: &str, text: &str) -> Self {
        Self {
            sortie: env!("CARGO_PKG_VERSION").to_owned(),
            manifest: name.to_owned(),
            text: text.to_owned(),
            params: BTreeMap::new(),
            env: BTreeMap::new(),
            time: Timestamp::UNIX_EPOCH,
            slot: None,
            profile: String::new(),
            origin: String::new(),
            tenant: String::new(),
            folder: None,
            large_arguments: None,
            only: Vec::new(),
            filter: None,
            launches: None,
            files: BTreeMap::new(),
            data: BTreeMap::new(),
            arguments: BTreeMap::new(),
        }
    }
}

/// Rows that were given at run time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RowsInput {
    /// The file's name for people, or `<stdin>`. Its ending says which form the rows have; else they have that of the
    /// manifest's own.
    pub name: String,
    /// The text.
    pub text: Packed,
}

/// A param's value as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParamValue {
    /// `k=text`: read by the param's type.
    Text(String),
    /// `k:=json`, or from a file: JSON text.
    Json(String),
}

/// What is done about a value that nobody gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MissingValuePolicy {
    /// It is an error.
    Refused,
    /// What depends on it is left open; so many rows of a table are tried.
    LeftOpen { max_rows: u32 },
}

impl MissingValuePolicy {
    /// Maximum launches that are looked at.
    pub(super) fn max_launches(self) -> usize {
        match self {
            Self::Refused => usize::MAX,
            Self::LeftOpen { max_rows } => max_rows as usize,
        }
    }
}

/// The values that expressions see before there are launches; complaints are located where the names are declared.
pub(super) fn scope(spec: &Spec, inputs: &Inputs, gaps: MissingValuePolicy, complaints: &mut Vec<Diagnostic>) -> Scope {
    let before = complaints.len();
    let params = params(spec, inputs, gaps, complaints);
    let is_allowed = |name: &String| spec.env.iter().any(|allowed| allowed.as_ref() == name);
    let env = inputs.env.iter().filter(|(name, _)| is_allowed(name));
    let env = env.map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
    let mut run = Map::new();
    run.insert("time".to_owned(), inputs.time.to_string().into());
    run.insert("name".to_owned(), spec.name.clone().into());
    if let Some(slot) = inputs.slot {
        run.insert("slot".to_owned(), slot.to_string().into());
    }
    let scope = Scope::new(params, env, run);
    let scope = match gaps {
        MissingValuePolicy::Refused => scope,
        MissingValuePolicy::LeftOpen { max_rows } => scope.with_gaps(max_rows),
    };
    lacking_params(spec, inputs).for_each(|param| scope.leave_open("params", &param.name));
    let unset = spec.env.iter().filter(|name| !inputs.env.contains_key(name.as_ref()));
    unset.for_each(|name| scope.unset("env", name));
    if inputs.slot.is_none() {
        scope.unset("run", "slot");
    }
    // A param without a value would only be complained about again by every variable that uses it.
    if complaints.len() == before {
        define_vars(spec, &scope, complaints);
    }
    scope
}

/// The params that must be given and are not.
pub(super) fn lacking_params<'a>(spec: &'a Spec, inputs: &'a Inputs) -> impl Iterator<Item = &'a ParamSpec> {
    spec.params.iter().filter(|param| param.is_required && !inputs.params.contains_key(param.name.as_ref()))
}

fn define_vars(spec: &Spec, scope: &Scope, complaints: &mut Vec<Diagnostic>) {
    let mut failed: HashSet<&str> = HashSet::new();
    for VariableSpec { name, node } in &spec.vars {
        let (used, _) = members_used(&spec.document, *node, "vars", &spec.expressions);
        if used.iter().any(|used| failed.contains(used.as_ref())) {
            failed.insert(name);
            scope.leave_open("vars", name);
            continue;
        }
        match Template::compile(&spec.document, *node, &spec.expressions).render(&spec.document, scope, complaints) {
            Rendered::Value(value) if scope.has_room_for(&value) => scope.define(name, value),
            Rendered::Value(_) => {
                complaints.push(
                    Diagnostic::error(
                        Code::Budget,
                        spec.document.place(*node),
                        "the variables become too large in all",
                    )
                    .help("a variable that takes another twice doubles it; large lists belong into data files"),
                );
                return;
            }
            Rendered::Omitted => {}
            Rendered::Failed => {
                failed.insert(name);
                scope.leave_open("vars", name);
            }
        }
    }
}

fn params(
    spec: &Spec,
    inputs: &Inputs,
    gaps: MissingValuePolicy,
    complaints: &mut Vec<Diagnostic>,
) -> Map<String, Value> {
    let mut values = Map::new();
    for param in &spec.params {
        let value = match inputs.params.get(param.name.as_ref()) {
            Some(given) => read(param, given, complaints),
            None if param.is_required && gaps != MissingValuePolicy::Refused => None,
            None if param.is_required => {
                complaints.push(
                    Diagnostic::error(Code::Parameter, param.place, format!("param `{}` needs a value", param.name))
                        .help(format!("give it: --param {}=...", param.name)),
                );
                None
            }
            None => param.default.clone(),
        };
        if let Some(value) = value {
            values.insert(param.name.to_string(), value);
        }
    }
    let declared: HashSet<&str> = spec.params.iter().map(|param| param.name.as_ref()).collect();
    let mut unknown = Complaints::default();
    for name in inputs.params.keys() {
        if !declared.contains(name.as_str()) {
            let place = spec.document.place(spec.document.root());
            if !unknown.has_room(Severity::Error) {
                unknown.count(Severity::Error, place, HiddenCount::ONE);
                continue;
            }
            let is_read = complaints.len() + unknown.len() < MAX_SUGGESTIONS;
            let near = is_read.then(|| nearest(name, spec.params.iter().map(|param| param.name.as_ref()))).flatten();
            unknown.add(
                Diagnostic::error(Code::Parameter, place, format!("this manifest declares no param `{name}`")).help(
                    match near {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if declared.is_empty() => "it declares none; leave it out".to_owned(),
                        None => {
                            let names: Vec<String> =
                                spec.params.iter().take(MAX_LISTED).map(|param| format!("`{}`", param.name)).collect();
                            format!("it declares {}", names.join(", "))
                        }
                    },
                ),
            );
        }
    }
    complaints.extend(unknown.into_vec());
    values
}

fn read(param: &ParamSpec, given: &ParamValue, complaints: &mut Vec<Diagnostic>) -> Option<Value> {
    let json = match (given, param.kind) {
        (ParamValue::Text(text), ParamType::String) => Ok(Value::String(text.clone())),
        (
            ParamValue::Text(text) | ParamValue::Json(text),
            ParamType::Integer | ParamType::Number | ParamType::Boolean | ParamType::Json,
        )
        | (ParamValue::Json(text), ParamType::String) => exact_json(text),
    };
    let is_inexact = matches!(json, Err(InexactValue::Number(_)));
    let value = match json {
        Ok(value) => fit(param.kind, &value).map_err(|wanted| format!("it must be {wanted}")),
        Err(error) if param.kind == ParamType::Json => Err(error.to_string()),
        Err(
            error @ (InexactValue::Integer(_)
            | InexactValue::Number(_)
            | InexactValue::Repeated(_)
            | InexactValue::TooMany),
        ) => Err(error.to_string()),
        Err(_) => Err(format!("it must be {}", expected_type(param.kind))),
    };
    match value {
        Ok(value) if param.choices.is_empty() || param.choices.contains(&value) => Some(value),
        Ok(_) => {
            let choices: Vec<String> = param.choices.iter().map(ToString::to_string).collect();
            complaints.push(
                Diagnostic::error(
                    Code::Parameter,
                    param.place,
                    format!("the value given for param `{}` is not one of its choices", param.name),
                )
                .help(format!("one of {}", choices.join(", "))),
            );
            None
        }
        Err(why) => {
            let what = format!("the value given for param `{}` does not fit: {why}", param.name);
            let help = if is_inexact {
                "a param of `type: string` keeps every digit".to_owned()
            } else {
                let example = match param.kind {
                    ParamType::Integer => "=5",
                    ParamType::Number => "=12.5",
                    ParamType::Boolean => "=true",
                    ParamType::String => "=TEXT",
                    ParamType::Json => ":='{\"a\": [1, 2]}'",
                };
                format!("its type is declared here: give it as in `--param {}{example}`", param.name)
            };
            complaints.push(Diagnostic::error(Code::Parameter, param.place, what).help(help));
            None
        }
    }
}
