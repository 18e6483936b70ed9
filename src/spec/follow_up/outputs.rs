//! What jobs take from those that they need, as far as their expressions show it.
//!
//! In: a valid spec. Out: the values that are known late, the needed jobs whose outputs are used, and complaints where no output
//! can come. Never: evaluates.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::format::{Job, NeedCondition};
use crate::manifest::{Document, NodeId, NodeKind, from_node};
use crate::spec::model::{JobSpec, Spec};
use crate::template::need_paths;

/// The values of `job` over the defaults that may use what needed jobs gave.
#[must_use]
pub fn late_nodes(spec: &Spec, job: &JobSpec) -> Vec<NodeId> {
    let Ok(own) = from_node::<Job>(&spec.document, job.node) else { return Vec::new() };
    let of = |job: &Job| {
        [job.arguments.map(|it| it.node), job.environment.map(|it| it.node), job.r#if.map(|it| it.node)]
            .into_iter()
            .flatten()
    };
    of(&own).chain(spec.defaults.iter().flat_map(of)).collect()
}

/// The numbers of the jobs whose outputs are used by those that need them.
pub fn outputs_used(spec: &Spec, complaints: &mut Vec<Diagnostic>) -> BTreeSet<u32> {
    let mut used = BTreeSet::new();
    for job in spec.jobs.iter().filter(|job| !job.needs.is_empty()) {
        let nodes = late_nodes(spec, job);
        let mentioning = nodes.iter().filter(|node| mentions_output(&spec.document, **node));
        // One that is taken as a whole may be asked for its output by other means.
        let takes_output = |path: &Vec<Box<str>>| path.get(1).is_none_or(|member| member.as_ref() == "output");
        let paths = mentioning.flat_map(|node| need_paths(&spec.document, *node, &spec.expressions));
        let names: BTreeSet<Box<str>> = paths.filter(takes_output).filter_map(|path| path.into_iter().next()).collect();
        for need in &job.needs {
            let Some(other) = spec.jobs.get(need.job as usize).filter(|other| names.contains(&other.name)) else {
                continue;
            };
            used.insert(need.job);
            let has_many = other.fan_out.as_ref().is_some_and(|out| out.rows.is_some() || out.matrix.is_some());
            let name = &other.name;
            if need.condition == NeedCondition::Started {
                let what = format!("`{}` takes outputs of `{name}`, and begins once that is started", job.name);
                complaints.push(
                    Diagnostic::error(Code::Conflict, need.place, what)
                        .help(format!("write `needs: {{ {name}: succeeded }}`: outputs are there once it is over")),
                );
            } else if has_many && !need.is_same_row {
                let what = format!("`{}` takes outputs of `{name}`, which has many launches", job.name);
                complaints.push(Diagnostic::error(Code::Conflict, need.place, what).help(format!(
                    "write `needs: {{ {name}: same-row }}` to take those of the same row; counts are known of any job"
                )));
            } else if starts_several(spec, other) {
                let what = format!("`{}` takes outputs of `{name}`, whose launches start several robot jobs", job.name);
                complaints.push(
                    Diagnostic::error(Code::Conflict, need.place, what)
                        .help("outputs are known of one robot job; counts are known of any job"),
                );
            }
        }
    }
    used
}

/// Whether each launch of `job` starts more than one robot job, as far as that is written without an expression.
fn starts_several(spec: &Spec, job: &JobSpec) -> bool {
    let Ok(own) = from_node::<Job>(&spec.document, job.node) else { return false };
    let defaults = spec.defaults.as_ref();
    let count = own.count.as_ref().or(defaults.and_then(|job| job.count.as_ref())).map(|it| it.node);
    let robots = own.robots.as_ref().or(defaults.and_then(|job| job.robots.as_ref())).map(|it| it.node);
    let is_more = |node| match spec.document.kind(node) {
        NodeKind::Int(count) => count > 1,
        NodeKind::UInt(count) => count > 1,
        NodeKind::Seq(robots) => robots.len() > 1,
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Float(_) | NodeKind::Text(_) | NodeKind::Map(_) => false,
    };
    count.into_iter().chain(robots).any(is_more)
}

/// Whether some text below `node` speaks of outputs.
fn mentions_output(document: &Document, node: NodeId) -> bool {
    match document.kind(node) {
        NodeKind::Text(text) => text.contains("${{") && text.contains("output"),
        NodeKind::Seq(items) => items.iter().any(|item| mentions_output(document, *item)),
        NodeKind::Map(mut entries) => entries.any(|entry| mentions_output(document, entry.value)),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Int(_) | NodeKind::UInt(_) | NodeKind::Float(_) => false,
    }
}
