//! A plan of many launches for a pull request: what all launches of a job share in a line, and a table of what varies.
//!
//! In: a plan, and how much room there is. Out: Markdown, and how many launches are in it. Never: more than there is room for.

use super::shared_fields::{JobFieldUse, SharedFields, leaves, short, short_name};
use super::summary::counted;
use super::view::PlanView;
use crate::diagnostic::markdown::{cell, code};
use crate::ids::Ordinal;
use crate::plan::PlanEntry;

/// Maximum columns of what varies: the others stand in the last one.
const MAX_COLUMNS: usize = 6;
/// Maximum fields that are said to be shared.
const MAX_SHARED: usize = 30;
/// Maximum characters of a value.
const MAX_VALUE: usize = 60;
/// Maximum jobs of which launches are listed: the others are in what the plan comes to.
const MAX_JOBS: usize = 50;

/// The tables of the plan's jobs in at most `room` characters, each job with a fair part of it; and how many launches they list.
pub(super) fn tables(shown: &PlanView<'_>, fields: &SharedFields, room: usize) -> (String, usize) {
    let jobs: Vec<_> = shown.plan.jobs().take(MAX_JOBS).collect();
    let (mut text, mut left, mut listed) = (String::new(), room, 0);
    for (index, job) in jobs.iter().enumerate() {
        let Some(of_job) = fields.of_job(job.number) else { continue };
        let mut part = left / (jobs.len() - index);
        let head = head(job.name, of_job);
        let length = head.chars().count();
        if length > part {
            continue;
        }
        (part, left) = (part - length, left - length);
        text.push_str(&head);
        for ordinal in job.ordinals.clone().map(Ordinal) {
            if ordinal.index() >= shown.most() {
                break;
            }
            let row = row(shown, of_job, &shown.plan.planned(ordinal));
            let length = row.chars().count();
            if length > part {
                break;
            }
            (part, left) = (part - length, left - length);
            text.push_str(&row);
            listed += 1;
        }
    }
    (text, listed)
}

fn head(job: &str, of_job: &JobFieldUse) -> String {
    let mut text = format!("\n#### {} ({})\n\n", cell(job), counted(of_job.launches, "launch"));
    let shared = of_job.shared.iter().take(MAX_SHARED);
    let shared = shared.map(|(name, value)| format!("{} {}", cell(name), code(&short(value, MAX_VALUE))));
    text.push_str(&format!("Each: {}", shared.collect::<Vec<_>>().join(", ")));
    if let more @ 1.. = of_job.shared.len().saturating_sub(MAX_SHARED) {
        text.push_str(&format!(", and {}", counted(more, "more field")));
    }
    let mut columns: Vec<String> = of_job.varying().take(MAX_COLUMNS).map(|name| cell(short_name(name))).collect();
    if of_job.varying().count() > MAX_COLUMNS {
        columns.push("other fields".to_owned());
    }
    if columns.is_empty() {
        columns.push(String::new());
    }
    text.push_str(&format!("\n\n| launch | {} |\n| --- |{}\n", columns.join(" | "), " --- |".repeat(columns.len())));
    text
}

fn row(shown: &PlanView<'_>, of_job: &JobFieldUse, planned: &PlanEntry) -> String {
    let columns = of_job.varying().count().clamp(1, MAX_COLUMNS + 1);
    let launch = match planned {
        PlanEntry::Launch(launch) => launch,
        PlanEntry::Skipped(skipped) => {
            let why = cell(&format!("skipped: {}", skipped.why));
            return format!("| {} | {why} |{}\n", cell(skipped.id.as_str()), " |".repeat(columns - 1));
        }
    };
    let fields = leaves(shown, launch);
    let mut cells = Vec::new();
    let mut others = Vec::new();
    for (index, name) in of_job.varying().enumerate() {
        let value = fields.get(name).map(|value| short(value, MAX_VALUE));
        if index < MAX_COLUMNS {
            cells.push(value.map(|value| code(&value)).unwrap_or_default());
        } else if let Some(value) = value {
            others.push(format!("{}: {value}", short_name(name)));
        }
    }
    if of_job.varying().count() > MAX_COLUMNS {
        cells.push(cell(&others.join(", ")));
    }
    if cells.is_empty() {
        cells.push(String::new());
    }
    format!("| {} | {} |\n", cell(launch.id.as_str()), cells.join(" | "))
}
