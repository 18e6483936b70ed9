//! The declarations under `secrets`, and which of them a job uses.
//!
//! In: nodes. Out: [`SecretSpec`]s; names of secrets; a warning where one lands in the clear.
//! Never: reads a secret, or looks for one: that is `run`'s alone.

use std::collections::{BTreeSet, HashSet};

use super::model::{JobSpec, SecretOrigin, SecretSpec, Spec};
use crate::diagnostic::{Code, Diagnostic};
use crate::format::{Field, Job, SecretFrom, is_hidden};
use crate::manifest::{Document, NodeId, NodeKind, from_node};
use crate::template::{self, ExpressionCache};

/// Reads every declaration; one that is not in order is left out.
pub(super) fn lower(document: &Document, node: NodeId, complaints: &mut Vec<Diagnostic>) -> Vec<SecretSpec> {
    let mut secrets = Vec::new();
    for entry in document.entries(node) {
        // What does not fit the format is the schema's to report.
        let Ok(SecretFrom { env, file, command }) = from_node(document, entry.value) else { continue };
        let sources = [env.map(SecretOrigin::Env), file.map(SecretOrigin::File), command.map(SecretOrigin::Command)];
        let mut sources = sources.into_iter().flatten();
        let (Some(from), None) = (sources.next(), sources.next()) else {
            // An unknown key is the schema's to report, and says all.
            let is_strange = |key: &str| !["env", "file", "command"].contains(&key) && !key.starts_with("x-");
            if document.entries(entry.value).any(|entry| is_strange(entry.key)) {
                continue;
            }
            let what = format!("secret `{}` does not come from exactly one place", entry.key);
            let help = "write one of `env: NAME`, `file: PATH` and `command: [PROGRAM, ARGUMENT]`";
            complaints.push(Diagnostic::error(Code::Conflict, entry.key_place, what).help(help).confidential());
            continue;
        };
        let is_empty = match &from {
            SecretOrigin::Env(text) | SecretOrigin::File(text) => text.is_empty(),
            SecretOrigin::Command(words) => words.first().is_none_or(String::is_empty),
        };
        if let SecretOrigin::File(path) = &from
            && is_hidden(path)
        {
            let what = format!(
                "secret `{}` comes from a file whose name, or whose folder's name, begins with a dot",
                entry.key
            );
            let help =
                "no manifest reads what other programs keep to themselves: put the secret into a file of its own";
            complaints.push(Diagnostic::error(Code::Secret, entry.key_place, what).help(help).confidential());
            continue;
        }
        if is_empty {
            let what = format!("secret `{}` comes from nowhere: its source is empty", entry.key);
            complaints.push(Diagnostic::error(Code::WrongForm, entry.key_place, what).confidential());
            continue;
        }
        secrets.push(SecretSpec { name: entry.key.into(), place: entry.key_place, from });
    }
    secrets
}

/// A warning for each value of `arguments` that takes a secret: Orchestrator keeps arguments in the clear.
pub(super) fn warn_of_arguments(
    document: &Document,
    node: NodeId,
    expressions: &ExpressionCache,
    declared: &[Box<str>],
    complaints: &mut Vec<Diagnostic>,
) {
    match document.kind(node) {
        NodeKind::Seq(items) => {
            for item in items {
                warn_of_arguments(document, *item, expressions, declared, complaints);
            }
        }
        NodeKind::Map(entries) => {
            entries.for_each(|entry| warn_of_arguments(document, entry.value, expressions, declared, complaints));
        }
        NodeKind::Text(_) => {
            let (names, _) = template::members_used(document, node, "secrets", expressions);
            if let Some(name) = names.iter().find(|name| declared.contains(name)) {
                let what = format!("secret `{name}` lands in `arguments`, which Orchestrator keeps in the clear");
                complaints.push(
                    Diagnostic::warning(Code::Secret, document.place(node), what)
                        .help("a credential asset of Orchestrator, which the robot reads, is seen by nobody"),
                );
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Int(_) | NodeKind::UInt(_) | NodeKind::Float(_) => {}
    }
}

fn node<T>(field: Option<Field<T>>) -> Option<NodeId> {
    field.map(|field| field.node)
}

/// The secrets that `job` over the defaults takes.
#[must_use]
pub fn secrets_of(spec: &Spec, job: &JobSpec) -> BTreeSet<Box<str>> {
    let mut names = BTreeSet::new();
    if spec.secrets.is_empty() {
        return names;
    }
    let document = &spec.document;
    let Ok(own) = from_node::<Job>(document, job.node) else { return names };
    let mut add = |node| names.extend(template::members_used(document, node, "secrets", &spec.expressions).0);
    let at = |own: Option<NodeId>, default: Option<NodeId>, add: &mut dyn FnMut(NodeId)| {
        let covered: HashSet<&str> =
            own.into_iter().flat_map(|own| document.entries(own).map(|entry| entry.key)).collect();
        if let Some(default) = default {
            match document.kind(default) {
                NodeKind::Map(entries) => {
                    entries.filter(|entry| !covered.contains(entry.key)).for_each(|entry| add(entry.value));
                }
                NodeKind::Null
                | NodeKind::Bool(_)
                | NodeKind::Int(_)
                | NodeKind::UInt(_)
                | NodeKind::Float(_)
                | NodeKind::Text(_)
                | NodeKind::Seq(_) => add(default),
            }
        }
        own.into_iter().for_each(add);
    };
    let defaults = spec.defaults.as_ref();
    at(node(own.arguments), defaults.and_then(|job| node(job.arguments)), &mut add);
    at(node(own.environment), defaults.and_then(|job| node(job.environment)), &mut add);
    names
}
