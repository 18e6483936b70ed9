//! The rows that were launched, as they were given, each with what came of it.
//!
//! In: a job's table and the launches in the plan's order. Out: CSV as the table was written, every row byte for byte, with
//! further columns; rows of another form as JSON Lines. Or only the rows that failed, with nothing added, so that they can
//! be launched again. Never: a row that may have been started among those that failed.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::inert::{csv_cell, cut};
use crate::diagnostic::escape::{escape, escape_json, escape_lines};
use crate::ids::Ordinal;
use crate::ledger::state::Verdict;
use crate::outcome::{FaultClass, JobOutcome};
use crate::plan::{GivenRows, InputTable, LaunchRow, Plan, minified};
use crate::report::failure_groups::why;
use crate::report::not_begun::NotBegunReport;
use crate::report::{Head, LaunchReport, ReportWriter};
use crate::secret::Redactor;
use crate::words::Words as _;

/// The columns that are added, but for outputs.
pub(super) const COLUMNS: [&str; 5] = ["verdict", "outcome", "job", "fault", "info"];

/// Maximum characters of an added cell that are written: a spreadsheet takes 32,767, escapes counted.
const MAX_CELL: usize = 8_000;

/// Maximum outputs that have a column.
const MAX_OUTPUTS: usize = 200;

/// The rows of one job that are given back.
#[derive(Clone)]
pub struct ReturnedRows<'a> {
    /// The table; `None` where the job makes no launch, so that nothing came of any row.
    pub table: Option<InputTable<'a>>,
    /// What is known of all launches.
    pub survey: RowsSurvey,
    /// Whether only rows that failed are wanted, with nothing added.
    pub only_failed: bool,
    /// Whether a person sees them on a terminal, which nothing in them may steer.
    pub is_shown: bool,
}

/// Why no rows can be given back.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// There are none.
    #[error("no job of this manifest takes rows (`for-each`), so there are none to give back")]
    None,
    /// Several jobs have rows.
    #[error(
        "each of the jobs {} has rows, and only those of one are given back\n  help: `sortie rows RUN --job {}`",
        jobs.join(", "),
        jobs.first().map(String::as_str).unwrap_or_default()
    )]
    Several {
        /// The jobs.
        jobs: Vec<String>,
    },
    /// The job that was named has none.
    #[error("job `{job}` takes no rows; {} does", jobs.join(", "))]
    NotThisJob {
        /// The job.
        job: String,
        /// Those that do.
        jobs: Vec<String>,
    },
    /// The rows that failed would bring back more launches than failed.
    #[error(
        "job `{job}` has each row once for each combination of its matrix: the rows that failed would launch others again\n  \
         help: `sortie rerun RUN --failed` launches what failed, and nothing else"
    )]
    Matrix {
        /// The job.
        job: String,
    },
}

impl<'a> ReturnedRows<'a> {
    /// The rows of `job`, or of the only job of `plan` that has some; nothing is known of its launches yet.
    pub fn of(plan: &'a Plan, job: Option<&str>, only_failed: bool) -> Result<Self, RowsError> {
        let (tables, jobs) = (plan.input_tables(), plan.jobs_with_rows());
        let names = |names: &[&str]| names.iter().map(|name| escape(name).into_owned()).collect();
        let table = match (job, tables.as_slice()) {
            _ if jobs.is_empty() => return Err(RowsError::None),
            (Some(job), tables) if jobs.contains(&job) => tables.iter().find(|table| table.job() == job).copied(),
            (Some(job), _) => {
                return Err(RowsError::NotThisJob { job: escape(job).into_owned(), jobs: names(&jobs) });
            }
            (None, [] | [_]) => tables.first().copied(),
            (None, several) => {
                let several: Vec<&str> = several.iter().map(InputTable::job).collect();
                return Err(RowsError::Several { jobs: names(&several) });
            }
        };
        if let Some(table) = table.filter(|table| only_failed && !table.matrix_names().is_empty()) {
            return Err(RowsError::Matrix { job: escape(table.job()).into_owned() });
        }
        Ok(Self { table, survey: RowsSurvey::default(), only_failed, is_shown: false })
    }
}

/// What must be known of all launches before the first row is written.
#[derive(Clone, Debug, Default)]
pub struct RowsSurvey {
    /// The names of the outputs that some robot job gave.
    pub outputs: BTreeSet<String>,
    /// How many launches nobody knows the end of, or have another number of robot jobs than was asked for.
    pub in_doubt: u32,
    /// How many were not sent, which `resume` would send.
    pub not_sent: u32,
    /// How many rows failed.
    pub failed: u32,
}

/// Looks at the launches of one job before its rows are written.
pub struct RowsSurveyor {
    job: String,
    survey: Rc<RefCell<RowsSurvey>>,
}

impl RowsSurveyor {
    /// Looks at the launches of `job`, and keeps what it finds in `survey`.
    pub fn new(job: &str, survey: &Rc<RefCell<RowsSurvey>>) -> Self {
        Self { job: job.to_owned(), survey: Rc::clone(survey) }
    }
}

impl ReportWriter for RowsSurveyor {
    fn begin(&mut self, _: &Head) -> io::Result<()> {
        Ok(())
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        if launch.job != self.job {
            return Ok(());
        }
        let mut survey = self.survey.borrow_mut();
        for name in outputs(launch).keys() {
            if survey.outputs.len() < MAX_OUTPUTS && !survey.outputs.contains(name) {
                survey.outputs.insert(name.clone());
            }
        }
        match launch.verdict {
            Verdict::Unknown | Verdict::Partial | Verdict::Duplicate => survey.in_doubt += 1,
            Verdict::NotSent => survey.not_sent += 1,
            Verdict::Started | Verdict::Rejected | Verdict::Skipped => {}
        }
        survey.failed += u32::from(has_failed(launch));
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

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
        let ReturnedRows { table: _, survey: RowsSurvey { outputs, .. }, only_failed, is_shown } = rows;
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
            self.row(&row, combination, Some(launch))?;
        }
        self.walk = Some(walk);
        Ok(())
    }

    fn row(&mut self, row: &str, combination: u32, launch: Option<&LaunchReport>) -> io::Result<()> {
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

/// A value that is added to a row.
#[derive(Clone, Debug)]
enum AddedCell {
    Nothing,
    Text(String),
    /// A number, `true`, a list or an object, as it was written: no digit of it is lost.
    Json(String),
}

impl AddedCell {
    /// The value whose JSON text this is.
    fn of(json: String) -> Self {
        match serde_json::from_str(&json) {
            Ok(Value::String(text)) => Self::Text(cut(&text, MAX_CELL).into_owned()),
            Ok(Value::Null) => Self::Nothing,
            Ok(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) | Err(_) => Self::Json(json),
        }
    }

    /// It as a cell of CSV: a number, which computes nothing, as it is.
    fn csv(&self) -> String {
        match self {
            Self::Nothing => "\"\"".to_owned(),
            Self::Text(text) => csv_cell(text, MAX_CELL),
            Self::Json(json) if json.starts_with(['[', '{']) => csv_cell(json, MAX_CELL),
            Self::Json(json) => format!("\"{json}\""),
        }
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
        let Some(LaunchRow { combination, row }) = self.table.row_of(ordinal) else { return Ok(()) };
        if let Some(walk) = &self.walk
            && walk.combination != combination
        {
            self.rows(walk.combination, u32::MAX, None)?;
        }
        self.rows(combination, row, Some(launch))
    }

    fn end(&mut self) -> io::Result<()> {
        let combination = self.walk.as_ref().map_or(0, |walk| walk.combination);
        self.rows(combination, u32::MAX, None)?;
        self.out.flush()
    }
}

/// Whether the work of `launch` surely was not done, or not to its end, and nothing of it may be started by somebody else:
/// what is in doubt and what `resume` sends is not meant.
fn has_failed(launch: &LaunchReport) -> bool {
    match launch.verdict {
        Verdict::Rejected => true,
        Verdict::Started => matches!(launch.outcome, Some(JobOutcome::Faulted | JobOutcome::Stopped)),
        Verdict::Unknown | Verdict::Partial | Verdict::Duplicate | Verdict::Skipped | Verdict::NotSent => false,
    }
}

/// The outputs of the last robot job of `launch` that gave some, each as JSON text.
fn outputs(launch: &LaunchReport) -> BTreeMap<String, String> {
    let jobs: Vec<_> = launch.every_robot_job().collect();
    let mut given = jobs.iter().rev().filter_map(|job| members(job.output.as_deref()?));
    given.find(|outputs| !outputs.is_empty()).unwrap_or_default()
}

/// The members of an object's JSON text, each as it was written, without the blanks between its parts; `None` if it is none.
fn members(text: &str) -> Option<BTreeMap<String, String>> {
    let _: Map<String, Value> = serde_json::from_str(text).ok()?;
    let text = minified(text.as_bytes());
    let inner = text.strip_prefix(b"{")?.strip_suffix(b"}")?;
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    let mut members = BTreeMap::new();
    let mut member = Vec::new();
    for byte in inner.iter().chain(b",") {
        if *byte == b',' && depth == 0 && !is_text {
            let written = String::from_utf8(std::mem::take(&mut member)).ok()?;
            let mut name = serde_json::Deserializer::from_str(&written).into_iter::<String>();
            if let Some(Ok(key)) = name.next() {
                let value = written[name.byte_offset()..].strip_prefix(':')?.to_owned();
                members.insert(key, value);
            }
            continue;
        }
        match byte {
            b'"' if !is_escaped => is_text = !is_text,
            b'[' | b'{' if !is_text => depth += 1,
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_escaped = is_text && *byte == b'\\' && !is_escaped;
        member.push(*byte);
    }
    Some(members)
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
