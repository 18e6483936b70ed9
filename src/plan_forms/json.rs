//! For machines: one object, launches in order, one to a line. `version` changes with a change of meaning.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::view::PlanView;
use crate::diagnostic::escape::escape_json;
use crate::ids::Digest;
use crate::plan::PlanEntry;
use crate::source::Packed;

/// The version of the form that is written here.
const VERSION: u32 = 1;

pub(super) fn write(shown: &PlanView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let PlanView { plan, inputs, .. } = shown;
    let limits = plan.limits();
    let limits = json!({
        "rate": shown.rate(),
        "interval-ns": u64::try_from(limits.pace.interval().as_nanos()).unwrap_or(u64::MAX),
        "burst": limits.pace.burst(),
        "concurrency": limits.concurrency,
    });
    let filter = inputs.filter.clone();
    let mut inputs = json!({
        // Its text is the input: the path depends on where somebody stands.
        "manifest": Digest::of(inputs.text.as_bytes()),
        "params": inputs.params,
        "env": inputs.env,
        "time": inputs.time,
        "profile": inputs.profile,
        "origin": inputs.origin,
        "tenant": inputs.tenant,
        "folder": inputs.folder,
        "large-arguments": inputs.large_arguments,
        "only": inputs.only,
        "files": digests(inputs.files.iter()),
        "data": digests(inputs.data.iter().map(|(job, rows)| (job, &rows.text))),
        "arguments": inputs.arguments,
    });
    let secrets: Map<String, Value> = shown.secrets().map(|(name, origin)| (name.to_owned(), origin.into())).collect();
    if !secrets.is_empty() {
        inputs["secrets"] = secrets.into();
    }
    if let Some(filter) = filter {
        inputs["filter"] = filter.into();
    }
    writeln!(out, "{{\"version\": {VERSION},\n \"name\": {},", escape_json(&json!(plan.name()).to_string()))?;
    writeln!(
        out,
        " \"digest\": {},\n \"inputs\": {},\n \"limits\": {limits},",
        json!(plan.digest()),
        escape_json(&inputs.to_string())
    )?;
    write!(out, " \"launches\": [")?;
    let or_null = |key: &Map<String, Value>| if key.is_empty() { Value::Null } else { Value::Object(key.clone()) };
    for (index, planned) in shown.planned().enumerate() {
        let mut fields = match &planned {
            PlanEntry::Launch(launch) => json!({
                "id": launch.id,
                "job": launch.job,
                "key": or_null(&launch.key),
                "folder": launch.folder,
                "body": { "startInfo": shown.start_info(launch) },
            }),
            PlanEntry::Skipped(skipped) => json!({
                "id": skipped.id,
                "job": skipped.job,
                "key": or_null(&skipped.key),
                "skipped": skipped.why,
            }),
        };
        // What the release must have, which no field of the request says.
        if let PlanEntry::Launch(launch) = &planned
            && let Some(version) = launch.release.version()
        {
            fields["release-version"] = version.into();
        }
        let text = fields.to_string();
        write!(out, "{}\n  {}", if index == 0 { "" } else { "," }, escape_json(&text))?;
    }
    writeln!(out, "]}}")
}

/// The SHA-256 of each text.
fn digests<'a>(texts: impl Iterator<Item = (&'a String, &'a Packed)>) -> Map<String, Value> {
    texts.map(|(name, text)| (name.clone(), json!(text.digest()))).collect()
}
