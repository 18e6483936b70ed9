//! For people: a manifest in a few lines, what comes first, then what goes, then what changes.

use std::io::{self, Write};

use super::compared::ManifestPair;
use super::words;
use crate::diagnostic::escape::{escape, escape_commands};
use crate::diagnostic::styles::{Style, Styles, paint};
use crate::plan_diff::{ChangeGroup, FieldChange, JobGroup, PlanDiff};

/// Maximum lines of one kind for a manifest: more than that nobody reads on a screen.
const MAX_LINES: usize = 40;

pub(super) fn write(pair: &ManifestPair<'_>, diff: &PlanDiff, styles: &Styles, out: &mut dyn Write) -> io::Result<()> {
    // A name may begin with what a build server takes for a command.
    let name = escape(pair.name);
    writeln!(out, "{}: {}", paint(styles.strong, escape_commands(&name)), words::counts(pair))?;
    lines(out, styles.good, diff.added_jobs.iter().map(|group| format!("+ {}", job(group))), 0)?;
    lines(out, styles.error, diff.removed_jobs.iter().map(|group| format!("- {}", job(group))), 0)?;
    lines(out, styles.warning, diff.changes.iter().map(change), diff.ungrouped)?;
    lines(out, styles.note, diff.settings.iter().map(setting), 0)?;
    lines(out, styles.note, diff.moved.iter().map(|job| format!("= {}", words::moved(job))), 0)?;
    for job in diff.renamed.iter().take(MAX_LINES) {
        let (what, moved) = words::renamed(job);
        writeln!(out, "  {}", paint(styles.warning, format!("! {}", escape(&what))))?;
        writeln!(out, "    help: if it is the same job, `{}` keeps its launches' ids", escape(&moved))?;
    }
    writeln!(out)
}

/// Each of `lines` with its sign in its colour, as many as people read; `more` are not among them.
fn lines(
    out: &mut dyn Write,
    style: Style,
    mut lines: impl ExactSizeIterator<Item = String>,
    more: u64,
) -> io::Result<()> {
    for line in lines.by_ref().take(MAX_LINES) {
        let (sign, rest) = line.split_at(1);
        writeln!(out, "  {}{}", paint(style, sign), escape(rest))?;
    }
    match lines.len() as u64 + more {
        0 => Ok(()),
        left => writeln!(out, "    and {left} more of this kind: `--format json` has all"),
    }
}

fn job(group: &JobGroup) -> String {
    let ids = words::examples(&group.examples, group.launches);
    if group.launches == 1 {
        return ids;
    }
    format!("{} of {}: {ids}", words::launches(group.launches), group.job)
}

fn change(group: &ChangeGroup) -> String {
    let change = step(group.from.as_ref(), group.to.as_ref());
    let change = if group.is_various { format!("various, such as {change}") } else { change };
    let ids = words::examples(&group.examples, group.launches);
    if group.launches == 1 {
        return format!("~ {}: {change} in {ids}", group.path);
    }
    let whose = format!("{} of {}", words::launches(group.launches), words::jobs(group));
    format!("~ {}: {change} in {whose} ({ids})", group.path)
}

fn setting(change: &FieldChange) -> String {
    let sign = match (&change.from, &change.to) {
        (None, _) => '+',
        (Some(_), None) => '-',
        (Some(_), Some(_)) => '~',
    };
    match words::values(change.from.as_ref(), change.to.as_ref()) {
        (Some(from), Some(to)) => format!("{sign} {}: {from} -> {to}", change.path),
        (Some(value), None) | (None, Some(value)) => format!("{sign} {}: {value}", change.path),
        (None, None) => format!("{sign} {}", change.path),
    }
}

/// `10 -> 12`; one value alone where the other is not there.
fn step(from: Option<&serde_json::Value>, to: Option<&serde_json::Value>) -> String {
    match words::values(from, to) {
        (Some(from), Some(to)) => format!("{from} -> {to}"),
        (None, Some(to)) => format!("added, {to}"),
        (Some(from), None) => format!("gone, was {from}"),
        (None, None) => String::new(),
    }
}
