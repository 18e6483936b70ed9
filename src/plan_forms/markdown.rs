//! For a pull request: what the plan comes to, and a table of its launches. Every cell is escaped, since a manifest may come from a
//! stranger.

use std::io::{self, Write};

use serde_json::Value;

use super::grouped_markdown;
use super::shared_fields::SharedFields;
use super::summary::{PlanSummary, counted};
use super::view::{self, PlanView};
use crate::diagnostic::markdown::{cell, code};
use crate::plan::{ParamValue, PlanEntry};

/// Maximum characters of the whole: GitHub takes 65,536 in a comment or a description.
const MAX_CHARS: usize = 65_000;
/// What is kept of them for the words behind the table.
const RESERVED: usize = 500;
/// Maximum lines of what the plan comes to by job.
const MAX_LINES: usize = 50;
/// Maximum characters of the params.
const MAX_PARAMS: usize = 2_000;

pub(super) fn write(shown: &PlanView<'_>, out: &mut dyn Write) -> io::Result<()> {
    match SharedFields::of(shown) {
        Some(fields) => grouped(shown, &fields, out),
        None => one_by_one(shown, out),
    }
}

/// What the plan comes to, and for each job what its launches share and how they differ.
fn grouped(shown: &PlanView<'_>, fields: &SharedFields, out: &mut dyn Write) -> io::Result<()> {
    let mut summary = PlanSummary::default();
    for planned in shown.planned() {
        summary.add(&planned);
    }
    let mut text = top(shown, &summary);
    let room = (MAX_CHARS - RESERVED).saturating_sub(text.chars().count());
    let (tables, listed) = grouped_markdown::tables(shown, fields, room);
    text.push_str(&tables);
    say_left_out(shown, shown.plan.len() - listed, &mut text);
    out.write_all(text.as_bytes())
}

fn one_by_one(shown: &PlanView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut summary = PlanSummary::default();
    let (mut rows, mut shown_rows) = (String::new(), 0);
    let mut chars = 0;
    for (index, planned) in shown.planned().enumerate() {
        summary.add(&planned);
        // The first row that has no room is the last that is tried: what is left out is the end.
        if shown_rows == index && index < shown.most() {
            let row = row(shown, &planned);
            let length = row.chars().count();
            if chars + length <= MAX_CHARS / 4 * 3 {
                chars += length;
                rows.push_str(&row);
                shown_rows += 1;
            }
        }
    }
    let mut text = top(shown, &summary);
    let room = MAX_CHARS - RESERVED;
    let mut left_out = shown.plan.len() - shown_rows;
    if shown_rows > 0 {
        text.push_str("\n| launch | folder | release | strategy | arguments | other fields |\n");
        text.push_str("| --- | --- | --- | --- | --- | --- |\n");
        let mut chars = text.chars().count();
        for row in rows.split_inclusive('\n') {
            chars += row.chars().count();
            if chars > room {
                left_out += 1;
            } else {
                text.push_str(row);
            }
        }
    }
    say_left_out(shown, left_out, &mut text);
    out.write_all(text.as_bytes())
}

fn say_left_out(shown: &PlanView<'_>, left_out: usize, text: &mut String) {
    if left_out > 0 {
        let them = counted(left_out, "launch");
        let more = if left_out == shown.plan.len() { "not listed" } else { "more, not listed" };
        text.push_str(&format!("\n{them} {more}: `sortie plan --format json` has them all.\n"));
    }
}

/// What the plan comes to, and what it was made of.
fn top(shown: &PlanView<'_>, summary: &PlanSummary) -> String {
    let PlanView { plan, inputs, .. } = shown;
    let limits = plan.limits();
    let mut text = format!("**{}** of {} at {}\n\n", view::counted(plan), cell(plan.name()), inputs.time);
    text.push_str("| | |\n| --- | --- |\n");
    let mut fact = |name: &str, value: &str| text.push_str(&format!("| {name} | {value} |\n"));
    fact("in all", &summary.words());
    match (inputs.profile.as_str(), inputs.origin.as_str()) {
        ("", _) => {}
        (profile, "") => fact("profile", &cell(profile)),
        (profile, origin) => fact("profile", &format!("{} at {}", cell(profile), code(origin))),
    }
    if !inputs.params.is_empty() {
        let given = inputs.params.iter().map(|(name, value)| match value {
            ParamValue::Text(text) => format!("{name}={text}"),
            ParamValue::Json(json) => format!("{name}:={json}"),
        });
        let params = given.collect::<Vec<_>>().join(" ");
        let params = shown.redactor.redact_output(&params).into_owned();
        let is_long = params.chars().count() > MAX_PARAMS;
        let cut: String = params.chars().take(MAX_PARAMS).collect();
        fact("params", &format!("{}{}", code(&cut), if is_long { " .." } else { "" }));
    }
    for (name, origin) in shown.secrets() {
        fact("secret", &format!("{} from {}", cell(name), code(&origin)));
    }
    fact("pace", &format!("{}, burst {}, {} at once", shown.rate(), limits.pace.burst(), limits.concurrency));
    fact("digest", &code(&plan.digest().to_string()));
    if summary.lines().len() > 1 {
        text.push_str("\n| job | release | folder | launches | robot jobs |\n| --- | --- | --- | --- | --- |\n");
        for line in summary.lines().iter().take(MAX_LINES) {
            let skipped =
                if line.count.skipped == 0 { String::new() } else { format!(" ({} skipped)", line.count.skipped) };
            text.push_str(&format!(
                "| {} | {} | {} | {}{skipped} | {} |\n",
                cell(&short(&line.job)),
                cell(&short(&line.release)),
                cell(&short(&line.folder)),
                line.count.launches,
                line.count.robot_jobs(),
            ));
        }
        let more = summary.lines().len().saturating_sub(MAX_LINES);
        if more > 0 || summary.unlisted() > 0 {
            text.push_str(&format!("\nand {} more of such lines\n", more.max(1)));
        }
    }
    text
}

/// A name that is not too long for a summary.
fn short(name: &str) -> String {
    name.chars().take(100).collect()
}

fn row(shown: &PlanView<'_>, planned: &PlanEntry) -> String {
    let launch = match planned {
        PlanEntry::Launch(launch) => launch,
        PlanEntry::Skipped(skipped) => {
            let why = format!("skipped: {}", skipped.why);
            return format!("| {} | | | | | {} |\n", cell(skipped.id.as_str()), cell(&why));
        }
    };
    let mut fields = shown.start_info(launch);
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
    let needs = shown.needs(launch);
    let needs = (!needs.is_empty()).then(|| format!("needs {}", needs.join(", ")));
    let more: Vec<String> =
        needs.into_iter().chain(fields.into_iter().map(|(name, value)| format!("{name}: {}", text(&value)))).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        cell(launch.id.as_str()),
        cell(&launch.folder.to_string()),
        cell(&release),
        cell(&strategy),
        code(&arguments),
        cell(&more.join(", ")),
    )
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
