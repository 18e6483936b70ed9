//! The rows that were launched, as they were given, each with what came of it.
//!
//! In: a job's table and the launches in the plan's order. Out: CSV as the table was written, every row byte for byte, with
//! further columns; rows of another form as JSON Lines. Or only the rows that failed, with nothing added, so that they can
//! be launched again. Never: a row that may have been started among those that failed.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use serde_json::Value;

use super::inert::{csv_cell, cut};
use crate::diagnostic::escape::{escape_json, escape_lines};
use crate::ids::{Ordinal, OrdinalSet};
use crate::outcome::{FaultClass, JobOutcome};
use crate::plan::{GivenRows, InputTable, LaunchedRows};
use crate::report::failure_groups::why;
use crate::report::not_begun::NotBegunReport;
use crate::report::{Head, LaunchReport, ReportWriter};
use crate::secret::Redactor;
use crate::words::Words as _;

mod cells;
mod returned;

use cells::{AddedCell, MAX_CELL, has_failed, outputs};
pub use returned::{ReturnedRows, RowsError, RowsSurvey, RowsSurveyor};

/// The columns that are added, but for outputs.
pub(super) const COLUMNS: [&str; 5] = ["verdict", "outcome", "job", "fault", "info"];

/// Writes the rows of a table to `out`.
pub struct RowsWriter<'a, W> {
    out: W,
    table: InputTable<'a>,
    outputs: BTreeSet<String>,
    only_failed: bool,
    is_shown: bool,
    redactor: Redactor,
    /// The columns that are added, by the names that they have here.
    names: Vec<String>,
    line_end: &'static str,
    /// The launches whose rows are wanted; `None`: all, and rows without a launch.
    taken: Option<Arc<OrdinalSet>>,
    /// The launch that comes next.
    next: Ordinal,
    walk: Option<RowWalk<'a>>,
}

/// The way through the table, once for each combination of the matrix.
struct RowWalk<'a> {
    combination: u32,
    rows: GivenRows<'a>,
    /// The row that `rows` gives next.
    next: u32,
}

impl<'a, W: Write> RowsWriter<'a, W> {
    /// A writer of the rows of `table` that has written nothing yet.
    pub fn new(out: W, table: InputTable<'a>, rows: ReturnedRows<'a>, redactor: &Redactor) -> Self {
        let ReturnedRows { table: _, survey: RowsSurvey { outputs, .. }, only_failed, is_shown, taken } = rows;
        let added = COLUMNS.iter().map(ToString::to_string);
        let added = added.chain(table.matrix_names().iter().map(|name| format!("matrix.{name}")));
        let added: Vec<String> = added.chain(outputs.iter().map(|name| format!("out.{name}"))).collect();
        let names = without_collision(&added, table.columns());
        let redactor = redactor.clone();
        Self {
            out,
            table,
            outputs,
            only_failed,
            is_shown,
            taken,
            redactor,
            names,
            line_end: "\n",
            next: Ordinal(0),
            walk: None,
        }
    }

    /// Writes rows up to number `until`, those without a launch, and then that one with what came of its `launch`.
    fn rows(&mut self, combination: u32, until: u32, launch: Option<&LaunchReport>) -> io::Result<()> {
        let mut walk = match self.walk.take() {
            Some(walk) if walk.combination == combination => walk,
            Some(_) | None => RowWalk { combination, rows: self.table.rows(), next: 0 },
        };
        while walk.next < until {
            let Some(row) = walk.rows.next() else { break };
            walk.next += 1;
            self.row(&row, combination, None)?;
        }
        if let Some(launch) = launch
            && let Some(row) = walk.rows.next()
        {
            walk.next += 1;
            let taken = self.taken.as_ref();
            let is_taken = taken.is_none_or(|taken| taken.contains(Ordinal(self.next.0 - 1)));
            self.row(&row, combination, Some(launch).filter(|_| is_taken))?;
        }
        self.walk = Some(walk);
        Ok(())
    }

    fn row(&mut self, row: &str, combination: u32, launch: Option<&LaunchReport>) -> io::Result<()> {
        if self.taken.is_some() && launch.is_none() {
            return Ok(());
        }
        let mut row = self.redactor.redact_output(row);
        if self.is_shown {
            row = escape_lines(&row).into_owned().into();
        }
        if self.only_failed {
            return match launch {
                Some(launch) if has_failed(launch) => write!(self.out, "{row}{}", self.line_end),
                Some(_) | None => Ok(()),
            };
        }
        let values = self.values(combination, launch);
        let line = if let Some(delimiter) = self.table.delimiter() {
            let mut line = row.into_owned();
            for value in values {
                line.push(char::from(delimiter));
                line.push_str(&value.csv());
            }
            line
        } else {
            let members = self.names.iter().zip(values).map(|(name, value)| {
                let value = match value {
                    AddedCell::Nothing => "null".to_owned(),
                    AddedCell::Text(text) => Value::from(text).to_string(),
                    AddedCell::Json(text) => text,
                };
                format!("{}:{value}", Value::from(name.as_str()))
            });
            let added = members.collect::<Vec<_>>().join(",");
            // As it came, but for what follows.
            let before = row.strip_suffix('}').unwrap_or(&row);
            let comma = if before.ends_with('{') { "" } else { "," };
            format!("{before}{comma}{}}}", escape_json(&added))
        };
        write!(self.out, "{line}{}", self.line_end)
    }

    /// What is added to a row, in the order of `names`.
    fn values(&self, combination: u32, launch: Option<&LaunchReport>) -> Vec<AddedCell> {
        let Some(launch) = launch else { return vec![AddedCell::Nothing; self.names.len()] };
        let (class, message) = why(launch);
        let ids: Vec<String> = launch.every_robot_job().map(|job| job.id.to_string()).collect();
        let text = |text: &str| {
            if text.is_empty() { AddedCell::Nothing } else { AddedCell::Text(cut(text, MAX_CELL).into_owned()) }
        };
        let mut values = vec![
            text(launch.verdict.as_str()),
            text(launch.outcome.map(JobOutcome::word).unwrap_or_default()),
            text(&ids.join(" ")),
            text(class.map(FaultClass::word).unwrap_or_default()),
            text(&message),
        ];
        let combination = self.table.combination(combination);
        let value = |name: &str| combination.iter().find(|(own, _)| own == name).map(|(_, value)| value.to_string());
        let matrix = self.table.matrix_names().iter().map(|name| value(name).map_or(AddedCell::Nothing, AddedCell::of));
        values.extend(matrix);
        let mut outputs = outputs(launch);
        let output = |name: &String| outputs.remove(name).map_or(AddedCell::Nothing, AddedCell::of);
        values.extend(self.outputs.iter().map(output));
        values
    }
}

impl<W: Write> ReportWriter for RowsWriter<'_, W> {
    fn begin(&mut self, _: &Head) -> io::Result<()> {
        let Some(delimiter) = self.table.delimiter() else { return Ok(()) };
        let (head, line_end) = self.table.head();
        self.line_end = line_end;
        let head = if self.is_shown { escape_lines(&head) } else { head.as_str().into() };
        write!(self.out, "{head}")?;
        if !self.only_failed {
            for name in &self.names {
                write!(self.out, "{}{}", char::from(delimiter), csv_cell(name, MAX_CELL))?;
            }
        }
        write!(self.out, "{line_end}")
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        let ordinal = self.next;
        self.next = Ordinal(ordinal.0 + 1);
        let Some(LaunchedRows { combination, rows }) = self.table.rows_of(ordinal) else { return Ok(()) };
        if let Some(walk) = &self.walk
            && walk.combination != combination
        {
            self.rows(walk.combination, u32::MAX, None)?;
        }
        rows.into_iter().try_for_each(|row| self.rows(combination, row, Some(launch)))
    }

    fn end(&mut self) -> io::Result<()> {
        let combination = self.walk.as_ref().map_or(0, |walk| walk.combination);
        self.rows(combination, u32::MAX, None)?;
        self.out.flush()
    }
}

/// `added` with one prefix before all of them, where one of them would be called as a column is: `sortie-`, else
/// `sortie-2-` and so on.
fn without_collision(added: &[String], columns: &[Box<str>]) -> Vec<String> {
    let columns: BTreeSet<&str> = columns.iter().map(AsRef::as_ref).collect();
    let prefixes = std::iter::once(String::new())
        .chain(std::iter::once("sortie-".to_owned()))
        .chain((2..).map(|number| format!("sortie-{number}-")));
    let mut named = prefixes.map(|prefix| added.iter().map(|name| format!("{prefix}{name}")).collect::<Vec<_>>());
    named.find(|names| names.iter().all(|name| !columns.contains(name.as_str()))).unwrap_or_default()
}

/// Stands for a table whose job makes no launch: writes the names of the columns alone.
pub struct NoRowsWriter<W> {
    out: W,
}

impl<W: Write> NoRowsWriter<W> {
    /// A writer that has written nothing yet.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> ReportWriter for NoRowsWriter<W> {
    fn begin(&mut self, _: &Head) -> io::Result<()> {
        write_names(&mut self.out)
    }

    fn launch(&mut self, _: &LaunchReport) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn write_names(out: &mut impl Write) -> io::Result<()> {
    let names: Vec<String> = COLUMNS.iter().map(|name| format!("\"{name}\"")).collect();
    writeln!(out, "{}", names.join(","))
}

/// Writes the names of the columns, and one row that says why nothing was begun.
pub(super) fn write_not_begun(report: &NotBegunReport, mut out: impl Write) -> io::Result<()> {
    write_names(&mut out)?;
    writeln!(out, "\"not-begun\",\"\",\"\",\"\",{}", csv_cell(&report.not_begun.reason, MAX_CELL))?;
    out.flush()
}
