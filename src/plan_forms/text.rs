//! For people: a head, then each launch with what is sent for it, and at the end what the plan comes to.

use std::io::{self, Write};

use super::grouped_text::GroupedLines;
use super::shared_fields::SharedFields;
use super::summary::{PlanSummary, counted};
use super::view::{self, PlanView};
use crate::diagnostic::escape::escape;
use crate::diagnostic::styles::paint;
use crate::ids::Ordinal;
use crate::plan::PlanEntry;

/// Maximum lines of what the plan comes to by job.
const MAX_LINES: usize = 50;
/// Maximum width of a column of what the plan comes to.
const MAX_COLUMN: usize = 40;

pub(super) fn write(shown: &PlanView<'_>, out: &mut dyn Write) -> io::Result<()> {
    let PlanView { plan, inputs, styles, .. } = shown;
    let limits = plan.limits();
    writeln!(out, "{}", paint(styles.strong, format!("{} of {}", view::counted(plan), escape(plan.name()))))?;
    writeln!(out, "  run.time  {}", inputs.time)?;
    match (inputs.profile.as_str(), inputs.origin.as_str()) {
        ("", _) => {}
        // A stand-in has its address when it is started.
        (profile, "") => writeln!(out, "  profile   {}", escape(profile))?,
        (profile, origin) => writeln!(out, "  profile   {} at {}", escape(profile), escape(origin))?,
    }
    if let Some(filter) = &shown.inputs.filter {
        writeln!(out, "  filter    {}", escape(filter))?;
    }
    for (name, origin) in shown.secrets() {
        writeln!(out, "  secret    {} from {}", escape(name), escape(&origin))?;
    }
    let (rate, burst, concurrency) = (shown.rate(), limits.pace.burst(), limits.concurrency);
    writeln!(out, "  pace      {rate}, burst {burst}, {concurrency} at once")?;
    writeln!(out, "  digest    {}", plan.digest())?;
    let (mut summary, most) = (PlanSummary::default(), shown.most());
    let mut grouped = SharedFields::of(shown).map(GroupedLines::of);
    for (index, planned) in shown.planned().enumerate() {
        summary.add(&planned);
        match &mut grouped {
            _ if index >= most => {}
            Some(grouped) => grouped.write(shown, plan.job_number(Ordinal::from(index)), &planned, out)?,
            None => entry(shown, &planned, out)?,
        }
    }
    let more = plan.len().saturating_sub(most);
    match more {
        0 => {}
        _ if most == 0 => {}
        1 => writeln!(out, "\nand 1 more launch")?,
        more => writeln!(out, "\nand {more} more launches")?,
    }
    closing(shown, &summary, out)
}

fn entry(shown: &PlanView<'_>, planned: &PlanEntry, out: &mut dyn Write) -> io::Result<()> {
    let styles = shown.styles;
    writeln!(out, "\n{}", paint(styles.strong, escape(planned.id().as_str())))?;
    let launch = match planned {
        PlanEntry::Launch(launch) => launch,
        PlanEntry::Skipped(skipped) => {
            return writeln!(out, "  {:<22} {}", "skipped", paint(styles.dim, escape(&skipped.why)));
        }
    };
    writeln!(out, "  {:<22} {}", "folder", escape(&launch.folder.to_string()))?;
    let needs = shown.needs(launch);
    if !needs.is_empty() {
        writeln!(out, "  {:<22} {}", "needs", escape(&needs.join(", ")))?;
    }
    if let Some(version) = launch.release.version() {
        writeln!(out, "  {:<22} {}", "release version", escape(version))?;
    }
    for (name, value) in shown.start_info(launch) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        writeln!(out, "  {name:<22} {}", escape(&value))?;
    }
    Ok(())
}

/// What the plan comes to: by job where there are several, and in all.
fn closing(shown: &PlanView<'_>, summary: &PlanSummary, out: &mut dyn Write) -> io::Result<()> {
    let lines = summary.lines();
    if lines.len() > 1 {
        writeln!(out, "\n{}", paint(shown.styles.strong, "By job, release and folder"))?;
        let texts: Vec<(String, String)> = lines
            .iter()
            .take(MAX_LINES)
            .map(|line| {
                let what = if line.release.is_empty() {
                    "skipped".to_owned()
                } else {
                    format!("{} in {}", escape(&line.release), escape(&line.folder))
                };
                (escape(&line.job).into_owned(), what)
            })
            .collect();
        let width = |of: fn(&(String, String)) -> &String| {
            texts.iter().map(|texts| of(texts).chars().count()).max().unwrap_or_default().min(MAX_COLUMN)
        };
        let (job, what) = (width(|texts| &texts.0), width(|texts| &texts.1));
        for (texts, line) in texts.iter().zip(lines) {
            writeln!(out, "  {:<job$}  {:<what$}  {}", texts.0, texts.1, line.count.words())?;
        }
        if lines.len() > MAX_LINES {
            writeln!(out, "  and {} more of them", counted(lines.len() - MAX_LINES, "line"))?;
        }
    }
    writeln!(out, "\n{}", paint(shown.styles.strong, summary.words()))
}
