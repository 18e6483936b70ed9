//! For a pull request: a table. Every cell is escaped, since a manifest may come from a stranger.

use std::io::{self, Write};

use serde_json::Value;

use super::view::{PlanView, counted};
use crate::diagnostic::markdown::{cell, code};
use crate::plan::PlanEntry;

pub(super) fn write(shown: &PlanView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let PlanView { plan, inputs, .. } = shown;
    writeln!(out, "**{}** of {} at {}\n", counted(plan), cell(plan.name()), inputs.time)?;
    writeln!(out, "| launch | folder | release | strategy | arguments | more |")?;
    writeln!(out, "| --- | --- | --- | --- | --- | --- |")?;
    for planned in shown.planned() {
        let launch = match planned {
            PlanEntry::Launch(launch) => launch,
            PlanEntry::Skipped(skipped) => {
                let why = format!("skipped: {}", skipped.why);
                writeln!(out, "| {} | | | | | {} |", cell(skipped.id.as_str()), cell(&why))?;
                continue;
            }
        };
        let mut fields = shown.start_info(&launch);
        let mut take = |name: &str| fields.shift_remove(name).as_ref().map(text).unwrap_or_default();
        let mut release = [take("ReleaseName"), take("ReleaseKey")].concat();
        if let Some(version) = launch.release.version() {
            release.push_str(&format!(" {version}"));
        }
        let mut strategy = take("Strategy");
        for name in ["JobsCount", "NoOfRobots", "RobotIds"] {
            let value = take(name);
            if !value.is_empty() {
                strategy.push_str(&format!(" {value}"));
            }
        }
        let arguments = take("InputArguments");
        take("Reference");
        let needs = shown.needs(&launch);
        let needs = (!needs.is_empty()).then(|| format!("needs {}", needs.join(", ")));
        let more: Vec<String> = needs
            .into_iter()
            .chain(fields.into_iter().map(|(name, value)| format!("{name}: {}", text(&value))))
            .collect();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            cell(launch.id.as_str()),
            cell(&launch.folder.to_string()),
            cell(&release),
            cell(&strategy),
            code(&arguments),
            cell(&more.join(", ")),
        )?;
    }
    Ok(())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
