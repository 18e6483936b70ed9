//! A job's fields, merged with the defaults, -> [`JobFields`]: what one launch asks for. The rules across fields.
//!
//! In: a job, the defaults, and a way to get a field's value. Out: a draft, or complaints at their places.
//! Used twice: by `lower`, which knows fixed values only and finds what is wrong whatever the inputs, and by
//! planning, which renders every value. Source of the rules: `docs/orchestrator-api.md`, section 4.2.

use serde_json::{Map, Value};

use super::model::JobSpec;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::format::Job;
use crate::manifest::{Document, NodeId, from_node};
use crate::schema::own_word;
use crate::start_info::StartInfo;

mod hosts;
mod job_fields;
mod payload;
mod reader;

pub use job_fields::{ArgumentLayers, FieldNodes, FieldValue, JobFields, LargeArguments};
pub use reader::NodeValues;

pub(super) use reader::JobReader;
use reader::ReadField;

/// Maximum keys of a job among which one is looked for that was meant by a missing one.
const MAX_COMPARED: usize = 1000;

/// The arguments of the job at `spec` alone, as [`read_job`] reads them; `None` if a value is not known, or was complained of. No
/// arguments are an empty mapping.
pub fn read_arguments(
    document: &Document,
    spec: &JobSpec,
    defaults: Option<&Job>,
    layers: ArgumentLayers<'_>,
    value_of: &mut dyn FnMut(NodeId, &mut Vec<Diagnostic>) -> FieldValue,
    complaints: &mut Vec<Diagnostic>,
) -> Option<Map<String, Value>> {
    let job: Job = from_node(document, spec.node).ok()?;
    let mut reader = JobReader { document, job: &job, defaults, value_of, complaints };
    let [own, default] = reader.layers(|job| job.arguments);
    reader.arguments(own, default, layers).ok().map(Option::unwrap_or_default)
}

/// Reads the job at `spec` over `defaults`. `value_of` gives a node's value, or complains.
///
/// A draft is given exactly when every field is known and in order.
pub fn read_job(
    document: &Document,
    spec: &JobSpec,
    defaults: Option<&Job>,
    layers: ArgumentLayers<'_>,
    value_of: &mut dyn FnMut(NodeId, &mut Vec<Diagnostic>) -> FieldValue,
    complaints: &mut Vec<Diagnostic>,
) -> Option<JobFields> {
    // A job that is no mapping is the schema's to report.
    let job: Job = from_node(document, spec.node).ok()?;
    let before = complaints.len();
    let mut reader = JobReader { document, job: &job, defaults, value_of, complaints };

    let release = reader.field("release", |job| job.release);
    let folder = reader.field("folder", |job| job.folder);
    let reference = reader.field("reference", |job| job.reference);
    let runtime = reader.field("runtime", |job| job.runtime);
    let priority = reader.field("priority", |job| job.priority);
    let on_ambiguous = reader.field("on-ambiguous", |job| job.on_ambiguous);
    let once = reader.field("once", |job| job.once);
    let others = reader.start_info(reader.node(|job| job.start_info));
    let [own, default] = reader.layers(|job| job.arguments);
    let arguments = reader.arguments(own, default, layers);
    let arguments_place = own.or(default).map_or(spec.place, |node| document.place(node));
    let input = reader.input(arguments, arguments_place, layers.when_long);
    let environment = reader.environment();
    let machines = reader.machines();
    let sessions = reader.field("machine-sessions", |job| job.machine_sessions);
    let stop = reader.field("stop", |job| job.stop);
    let robots_node = reader.node(|job| job.robots);
    let strategy = reader.strategy();
    // A key that was meant to be `release`, or has no value, is the schema's to report.
    let is_release =
        |key: &str| !key.starts_with("x-") && (nearest(key, ["release"]).is_some() || own_word(key) == Some("release"));
    let is_misspelled = || document.entries(spec.node).take(MAX_COMPARED).any(|entry| is_release(entry.key));
    if matches!(release, ReadField::Absent) && !is_misspelled() {
        reader.complaints.push(
            Diagnostic::error(Code::MissingKey, spec.place, format!("job `{}` names no release", spec.name))
                .help("write `release:` in the job or in `defaults`"),
        );
    }
    let ReadField::Value(release, release_node) = release else { return None };
    let is_known = !(folder.is_later()
        || reference.is_later()
        || runtime.is_later()
        || priority.is_later()
        || machines.is_later()
        || sessions.is_later()
        || stop.is_later()
        || on_ambiguous.is_later()
        || once.is_later());
    if let Some(strategy) = &strategy {
        reader.classic_machines(strategy, machines.node());
        reader.retry_on_all(strategy);
    }
    let (strategy, others, input, environment) = (strategy?, others?, input.ok()?, environment.ok()?);
    let (input, input_file) = input;
    let nodes =
        FieldNodes { release: release_node, folder: folder.node(), robots: robots_node, machines: machines.node() };
    (is_known && reader.complaints.len() == before).then(|| JobFields {
        folder: folder.value(),
        release,
        reference: reference.value().map(|prefix| prefix.0),
        start_info: StartInfo {
            strategy,
            runtime: runtime.value(),
            priority: priority.value(),
            input,
            environment,
            machines: machines.value().unwrap_or_default(),
            sessions: sessions.value().unwrap_or_default(),
            stop: stop.value(),
            others,
        },
        on_ambiguous: on_ambiguous.value().unwrap_or_default(),
        is_once: once.value().unwrap_or_default(),
        input_file,
        nodes,
    })
}
