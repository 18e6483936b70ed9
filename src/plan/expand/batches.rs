//! Rows into batches: as many in one launch as its arguments have room for.
//!
//! In: a job's rows, chosen, and what its arguments are made of. Out: the same, cut; or rows that are too long by themselves. Never: a
//! launch whose arguments, as far as they are known when it is planned, are longer than `batch` allows.

use serde_json::Value;

use super::super::arguments::ExternalArguments;
use super::super::field_value::value_of;
use super::super::job_expansion::{JobExpansion, ROWS};
use crate::diagnostic::Diagnostic;
use crate::spec::{self, ArgumentLayers, FanOut, FieldValue, JobSpec, Spec};
use crate::start_info::arguments_text;
use crate::template::Scope;

/// What measuring costs for each row beside the launch itself: the rows of a batch are rendered for each step of a search.
const MEASURES: u64 = 8;

/// Cuts the rows of `job` into batches, where it asks for them.
pub(super) fn cut(
    fan: &mut JobExpansion,
    spec: &Spec,
    job: &JobSpec,
    fan_out: &FanOut,
    scope: Option<&Scope>,
    outside: &ExternalArguments,
) -> Vec<Diagnostic> {
    let Some(limits) = fan_out.rows.as_ref().and_then(|rows| rows.batch) else { return Vec::new() };
    let Some(scope) = scope else { return Vec::new() };
    let rows = fan.len();
    scope.allow(rows.saturating_mul(MEASURES));
    // What is refused for its length need not be measured first.
    let is_too_long = rows.div_ceil(limits.rows.into()) > spec.limits.launches.into();
    let most = if is_too_long { 0 } else { u32::MAX };
    let scope = if job.needs.is_empty() { scope.clone() } else { scope.clone().with_late_needs() };
    let mut length = |scope: &Scope| length(spec, job, fan_out, scope, outside);
    fan.cut(limits, &spec.document, most, &scope, &mut length)
}

/// Whether `scope`, which leaves open what takes too long, leaves open how many batches the rows of `fan` make.
pub(super) fn are_open(fan: &JobExpansion, job: &JobSpec, fan_out: &FanOut, scope: Option<&Scope>) -> bool {
    let Some(scope) = scope.filter(|_| fan_out.is_batched()) else { return false };
    let are_too_many = scope.are_too_many(u32::try_from(fan.len()).unwrap_or(u32::MAX));
    if are_too_many {
        scope.miss(ROWS, &job.name);
    }
    are_too_many
}

/// How long the arguments of a launch are that sees `scope`, in the units in which the API counts; `None` if that is not known. What is wrong
/// with them is said when the launch is rendered.
fn length(spec: &Spec, job: &JobSpec, fan_out: &FanOut, scope: &Scope, outside: &ExternalArguments) -> Option<usize> {
    let mut unheard = Vec::new();
    let below = match fan_out.arguments_file.map(|node| value_of(spec, scope, node, &mut unheard)) {
        Some(FieldValue::Value(Value::String(path))) => Some(&outside.files.get(&path)?.entries),
        Some(FieldValue::Value(_) | FieldValue::Deferred) => return None,
        Some(FieldValue::Omitted) | None => None,
    };
    let layers = ArgumentLayers { below, above: outside.given.get(job.name.as_ref()), ..ArgumentLayers::default() };
    let mut value_of = |node, complaints: &mut _| value_of(spec, scope, node, complaints);
    let defaults = spec.defaults.as_ref();
    let arguments = spec::read_arguments(&spec.document, job, defaults, layers, &mut value_of, &mut unheard)?;
    Some(arguments_text(&arguments).encode_utf16().count())
}
