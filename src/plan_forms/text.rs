//! For people: a head, then each launch with what is sent for it.

use std::io::{self, Write};

use super::view::{PlanView, counted};
use crate::diagnostic::escape::escape;
use crate::plan::PlanEntry;

pub(super) fn write(shown: &PlanView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let PlanView { plan, inputs, .. } = shown;
    let limits = plan.limits();
    writeln!(out, "{} of {}", counted(plan), escape(plan.name()))?;
    writeln!(out, "  run.time  {}", inputs.time)?;
    if !inputs.profile.is_empty() {
        writeln!(out, "  profile   {} at {}", escape(&inputs.profile), escape(&inputs.origin))?;
    }
    let each = limits.pace.interval().as_secs_f64();
    let rate = if each <= 1.0 { format!("{:.6}/s", 1.0 / each) } else { format!("{:.6}/min", 60.0 / each) };
    let rate = rate.replace("000000/", "/").replace("./", "/");
    writeln!(out, "  pace      {rate}, burst {}, {} at once", limits.pace.burst(), limits.concurrency)?;
    writeln!(out, "  digest    {}", plan.digest())?;
    for planned in shown.planned() {
        writeln!(out, "\n{}", escape(planned.id().as_str()))?;
        let launch = match planned {
            PlanEntry::Launch(launch) => launch,
            PlanEntry::Skipped(skipped) => {
                writeln!(out, "  {:<22} {}", "skipped", escape(&skipped.why))?;
                continue;
            }
        };
        writeln!(out, "  {:<22} {}", "folder", escape(&launch.folder.to_string()))?;
        let needs = shown.needs(&launch);
        if !needs.is_empty() {
            writeln!(out, "  {:<22} {}", "needs", escape(&needs.join(", ")))?;
        }
        if let Some(version) = launch.release.version() {
            writeln!(out, "  {:<22} {}", "release version", escape(version))?;
        }
        for (name, value) in shown.start_info(&launch) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            writeln!(out, "  {name:<22} {}", escape(&value))?;
        }
    }
    Ok(())
}
