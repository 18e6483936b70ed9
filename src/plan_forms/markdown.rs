//! For a pull request: a table. Every cell is escaped, since a manifest may come from a stranger.

use std::io::{self, Write};

use serde_json::Value;

use super::view::{PlanView, counted};
use crate::diagnostic::escape::escape;
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

/// `text` inert in a Markdown cell: nothing in it makes a link, an image, a mention, a tag or another cell.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in escape(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A mention notifies people; between them and the sign stands a character of no width.
            '@' => out.push_str("@\u{2060}"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' | ':' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// `text` as code in a cell: `<code>`, since backticks end at a backtick.
fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<code>{}</code>", cell(text)) }
}
