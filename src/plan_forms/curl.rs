//! For a shell: each launch as the curl command that it stands for. The token is `$TOKEN`, never a value.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::view::{PlanView, counted};
use crate::diagnostic::escape::{escape, escape_json};
use crate::diagnostic::shell::quoted;
use crate::orchestrator::folder_header::{folder_header, spelled};
use crate::plan::PlanEntry;
use crate::start_info::Input;

pub(super) fn write(shown: &PlanView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let PlanView { plan, inputs, base, .. } = shown;
    writeln!(out, "#!/bin/sh\n# {} of {}. Set TOKEN to an access token.", counted(plan), escape(plan.name()))?;
    writeln!(out, "# Nothing here keeps a launch from being started twice: sortie does.")?;
    if base.is_none() {
        writeln!(out, "# Set URL to Orchestrator's address, such as https://cloud.uipath.com/acme/prod/orchestrator_")?;
    }
    if !plan.secrets().is_empty() {
        writeln!(
            out,
            "# Values that use a secret stand as ${{{{ expressions }}}}, which only `sortie run` evaluates."
        )?;
    }
    for planned in shown.planned() {
        let launch = match planned {
            PlanEntry::Launch(launch) => launch,
            PlanEntry::Skipped(skipped) => {
                writeln!(out, "\n# {}: skipped", escape(skipped.id.as_str()))?;
                continue;
            }
        };
        let fields = shown.start_info(&launch);
        writeln!(out, "\n# {}", escape(launch.id.as_str()))?;
        let needs = shown.needs(&launch);
        if !needs.is_empty() {
            writeln!(out, "# It goes only behind what it needs: {}.", escape(&needs.join(", ")))?;
        }
        if shown.is_made_late(&launch) {
            writeln!(out, "# Its ${{{{ needs... }}}} has no value before that: `sortie run` fills it in.")?;
        }
        if fields.contains_key("ReleaseName") {
            writeln!(out, "# The release is named; older servers want its key, as ReleaseKey.")?;
        }
        if let Some(version) = launch.release.version() {
            writeln!(out, "# The release must have version {}; nothing here asks.", escape(version))?;
        }
        let is_named = |name: &str| fields.get(name).is_some_and(holds_name);
        if is_named("RobotIds") || is_named("MachineRobots") {
            writeln!(out, "# Robots and machines are named; the server wants their ids.")?;
        }
        if launch.start_info.input.as_ref().is_some_and(Input::is_uploaded) {
            writeln!(out, "# The input file is uploaded first; the server wants the attachment's id.")?;
        }
        let address = match base {
            Some(base) => quoted(&format!("{base}{PATH}")),
            None => format!("\"$URL\"{PATH}"),
        };
        let (name, value) = folder_header(&launch.folder);
        let (name, value) = (spelled(&name), value.to_str().unwrap_or_default().to_owned());
        writeln!(out, "curl -X POST {address} \\")?;
        writeln!(out, "  -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'Content-Type: application/json' \\")?;
        if !inputs.tenant.is_empty() {
            writeln!(out, "  -H {} \\", quoted(&format!("X-UIPATH-TenantName: {}", inputs.tenant)))?;
        }
        writeln!(out, "  -H {} \\", quoted(&format!("{name}: {value}")))?;
        writeln!(out, "  -d {}", quoted(&escape_json(&json!({ "startInfo": fields }).to_string())))?;
    }
    Ok(())
}

const PATH: &str = "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs";

/// Whether text stands where the server wants numbers.
fn holds_name(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(items) => items.iter().any(holds_name),
        Value::Object(entries) => entries.values().any(holds_name),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
