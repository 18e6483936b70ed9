//! For machines: each launch that differs, field by field, one at a time. Readers ignore keys that they do not know.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::compared::{DiffHead, DiffTotals, InvalidManifest, ManifestPair};
use crate::ids::{LaunchId, Ordinal};
use crate::plan_diff::{DiffSide, FieldChange, PlanDiff, RenamedJob, changed_fields};
use crate::secret::Redactor;

/// The version of the form.
const VERSION: u32 = 1;

/// A launch that differs.
#[derive(Serialize)]
struct ChangedLaunch<'a> {
    id: &'a LaunchId,
    changes: Vec<FieldChange>,
}

pub(super) fn begin(head: &DiffHead<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (from, to) = (Value::from(head.from), Value::from(head.to));
    write!(out, "{{\"version\":{VERSION},\"from\":{from},\"to\":{to},\"manifests\":[")
}

pub(super) fn write(
    pair: &ManifestPair<'_>,
    diff: &PlanDiff,
    is_first: bool,
    redactor: &Redactor,
    out: &mut dyn Write,
) -> io::Result<()> {
    if !is_first {
        out.write_all(b",")?;
    }
    let side = |side: Option<DiffSide<'_>>| {
        side.map(|side| json!({ "launches": side.plan.len(), "plan-digest": side.plan.digest() }))
    };
    write!(out, "\n{{\"name\":{}", Value::from(pair.name))?;
    write!(out, ",\"before\":{},\"after\":{}", json!(side(pair.before)), json!(side(pair.after)))?;
    list(out, "added", diff.added.iter().filter_map(|at| pair.after.map(|side| side.plan.launch_id(*at))))?;
    list(out, "removed", diff.removed.iter().filter_map(|at| pair.before.map(|side| side.plan.launch_id(*at))))?;
    write!(out, ",\"changed\":[")?;
    let of = |side: Option<DiffSide<'_>>, ordinal: Ordinal| side.map(|side| side.plan.planned(ordinal));
    for (index, (first, second)) in diff.changed.iter().enumerate() {
        let (Some(earlier), Some(later)) = (of(pair.before, *first), of(pair.after, *second)) else { continue };
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        let launch = ChangedLaunch { id: later.id(), changes: changed_fields::of_launches(&earlier, &later, redactor) };
        serde_json::to_writer(&mut *out, &launch)?;
    }
    write!(out, "],\"settings\":{}", serde_json::to_string(&diff.settings)?)?;
    let (moved, renamed) = (jobs(&diff.moved), jobs(&diff.renamed));
    write!(out, ",\"moved\":{moved},\"renamed\":{renamed},\"unchanged\":{}}}", diff.unchanged)
}

pub(super) fn end(invalid: &[InvalidManifest], totals: &DiffTotals, out: &mut dyn Write) -> io::Result<()> {
    let (invalid, totals) = (serde_json::to_string(invalid)?, serde_json::to_string(totals)?);
    writeln!(out, "],\"invalid\":{invalid},\"totals\":{totals}}}")
}

fn jobs(renamed: &[RenamedJob]) -> Value {
    let job = |it: &RenamedJob| json!({ "from": it.from, "to": it.to, "launches": it.launches, "once": it.once });
    renamed.iter().map(job).collect()
}

fn list(out: &mut dyn Write, name: &str, ids: impl Iterator<Item = LaunchId>) -> io::Result<()> {
    write!(out, ",\"{name}\":[")?;
    for (index, id) in ids.enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        serde_json::to_writer(&mut *out, &id)?;
    }
    out.write_all(b"]")
}
