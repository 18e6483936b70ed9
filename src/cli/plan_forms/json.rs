//! For machines: one object, launches in order, one to a line. `version` changes with a change of meaning.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Shown, start_info};

/// The version of the form that is written here.
const VERSION: u32 = 1;

pub(super) fn write(shown: &Shown<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Shown { plan, inputs, .. } = shown;
    let limits = plan.limits();
    let limits = json!({
        "interval-ns": u64::try_from(limits.pace.interval().as_nanos()).unwrap_or(u64::MAX),
        "burst": limits.pace.burst(),
        "concurrency": limits.concurrency,
    });
    let inputs = json!({
        "manifest": inputs.manifest,
        "params": inputs.params,
        "env": inputs.env,
        "time": inputs.time,
        "profile": inputs.profile,
        "origin": inputs.origin,
        "tenant": inputs.tenant,
        "folder": inputs.folder,
        "only": inputs.only,
    });
    writeln!(out, "{{\"version\": {VERSION},\n \"name\": {},", json!(plan.name()))?;
    writeln!(out, " \"digest\": {},\n \"inputs\": {inputs},\n \"limits\": {limits},", json!(plan.digest()))?;
    write!(out, " \"launches\": [")?;
    for (index, launch) in shown.launches().enumerate() {
        let key = if launch.key.is_empty() { Value::Null } else { Value::Object(launch.key.clone()) };
        let fields = json!({
            "id": launch.id,
            "job": launch.job,
            "key": key,
            "folder": launch.folder,
            "body": { "startInfo": start_info(&launch) },
        });
        write!(out, "{}\n  {fields}", if index == 0 { "" } else { "," })?;
    }
    writeln!(out, "]}}")
}
