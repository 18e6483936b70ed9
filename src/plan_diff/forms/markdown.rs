//! For a comment on a pull request: what it comes to first, then a table for each manifest, cut honestly where a comment holds
//! no more.

use std::io::{self, Write};

use super::compared::{ComparedSide, DiffHead, DiffTotals, InvalidManifest, ManifestPair};
use super::words;
use crate::diagnostic::markdown::{cell, code};
use crate::plan_diff::PlanDiff;

/// Maximum characters of a comment on GitHub.
const MAX_COMMENT_CHARS: usize = 65_536;

/// What is kept free for the head and for what is said of the rest, in characters.
const RESERVED_CHARS: usize = 10_000;

/// Maximum characters of a name, before it is escaped.
const MAX_NAME_CHARS: usize = 100;

/// Maximum manifests that are named as not valid.
const MAX_INVALID: usize = 5;

/// A comment as far as it came.
#[derive(Default)]
pub(super) struct Comment {
    text: String,
    chars: usize,
    left_out: usize,
}

impl Comment {
    /// Adds what changed in one manifest, as far as there is room.
    pub(super) fn add(&mut self, pair: &ManifestPair<'_>, diff: &PlanDiff) {
        let title = format!("\n#### {} ({})\n\n", short(pair.name), cell(&words::counts(pair)));
        let head = format!(
            "{title}| | launches | field | before | after | such as |\n| --- | ---: | --- | --- | --- | --- |\n"
        );
        let mut rows = rows(diff).into_iter().peekable();
        let notes = notes(diff);
        // What is left out is the end. A table without a row would say that nothing changed.
        let first = rows.peek().map_or(0, |row| head.chars().count() + row.chars().count());
        if self.left_out > 0 || !self.has_room(title.chars().count() + first) {
            self.left_out += rows.count() + notes.len();
            return;
        }
        self.push(if first > 0 { &head } else { &title });
        for line in rows.chain(notes) {
            if self.left_out == 0 && self.has_room(line.chars().count()) {
                self.push(&line);
            } else {
                self.left_out += 1;
            }
        }
        if diff.ungrouped > 0 {
            self.left_out += usize::try_from(diff.ungrouped).unwrap_or(usize::MAX);
        }
    }

    /// Writes the whole comment.
    pub(super) fn write(
        self,
        head: &DiffHead<'_>,
        invalid: &[InvalidManifest],
        totals: &DiffTotals,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        writeln!(out, "### Launches: {}\n", words::totals(totals))?;
        writeln!(out, "From {} to {}.", short(head.from), short(head.to))?;
        for manifest in invalid.iter().take(MAX_INVALID) {
            let side = |side: &ComparedSide| match side {
                ComparedSide::Before => short(head.from),
                ComparedSide::After => short(head.to),
            };
            let sides = manifest.sides.iter().map(side).collect::<Vec<_>>().join(", nor in ");
            writeln!(out, "\n:x: {} is not valid in {sides}: it is not compared.", short(&manifest.name))?;
        }
        out.write_all(self.text.as_bytes())?;
        if self.left_out > 0 {
            let lines =
                if self.left_out == 1 { "1 line is".to_owned() } else { format!("{} lines are", self.left_out) };
            writeln!(out, "\n**{lines} left out here**: a comment holds no more. `sortie diff` shows all of it.")?;
        }
        Ok(())
    }

    fn has_room(&self, chars: usize) -> bool {
        self.chars + chars + RESERVED_CHARS <= MAX_COMMENT_CHARS
    }

    fn push(&mut self, text: &str) {
        self.chars += text.chars().count();
        self.text.push_str(text);
    }
}

/// A name that leaves room for the rest.
fn short(name: &str) -> String {
    let mut chars = MAX_NAME_CHARS;
    loop {
        let shown = cell(&name.chars().take(chars).collect::<String>());
        if shown.chars().count() <= 3 * MAX_NAME_CHARS {
            return shown;
        }
        chars /= 2;
    }
}

/// What is said below the table.
fn notes(diff: &PlanDiff) -> Vec<String> {
    let moved = diff.moved.iter().map(|job| format!("\n{}\n", cell(&words::moved(job))));
    let renamed = diff.renamed.iter().map(|job| {
        let (what, line) = words::renamed(job);
        format!("\n:warning: {}. If it is the same job, {} keeps its launches' ids.\n", cell(&what), code(&line))
    });
    moved.chain(renamed).collect()
}

/// A row for each group: sign, launches, field, before, after, ids.
fn rows(diff: &PlanDiff) -> Vec<String> {
    let row = |sign: &str, count: &str, field: &str, before: &str, after: &str, ids: &str| {
        format!("| {sign} | {count} | {} | {before} | {after} | {} |\n", cell(field), cell(ids))
    };
    let shown = |from: Option<&serde_json::Value>, to: Option<&serde_json::Value>| {
        let (from, to) = words::values(from, to);
        (from.map(|from| code(&from)).unwrap_or_default(), to.map(|to| code(&to)).unwrap_or_default())
    };
    let added = diff.added_jobs.iter().map(|group| ("added", group));
    let removed = diff.removed_jobs.iter().map(|group| ("removed", group));
    let mut rows: Vec<String> = added
        .chain(removed)
        .map(|(sign, group)| {
            let ids = words::examples(&group.examples, group.launches);
            row(sign, &group.launches.to_string(), &format!("job {}", group.job), "", "", &ids)
        })
        .collect();
    rows.extend(diff.changes.iter().map(|group| {
        let sign = if group.is_various { "changed, in various ways" } else { "changed" };
        let ids = words::examples(&group.examples, group.launches);
        let (from, to) = shown(group.from.as_ref(), group.to.as_ref());
        row(sign, &group.launches.to_string(), &group.path, &from, &to, &ids)
    }));
    rows.extend(diff.settings.iter().map(|change| {
        let (from, to) = shown(change.from.as_ref(), change.to.as_ref());
        row("setting", "", &change.path, &from, &to, "")
    }));
    rows
}
